import { bounds } from '../bounds.ts'
import { knownIn, type Step, says, shellCommands } from '../dockerfile/index.ts'
import { memoizeByObject } from '../memoize.ts'
import { baseName, looksLikeFile, normalisePath, parentOf } from '../places.ts'
import type { ShellCommand, ShellWord } from '../shell/index.ts'
import { staticValue, type Values } from '../shell/static-text.ts'
import { keysOf, linkActions, placedBy, unpackedInto } from './run-makes.ts'
import { runScripts } from './run-scripts.ts'

/** One thing that a RUN does to paths, as far as its text says so. */
export interface RunAction {
  readonly tool: 'mkdir' | 'chown' | 'chmod' | 'rm' | 'touch' | 'link' | 'key' | 'move' | 'copy' | 'unpack'
  /** Absolute; of an rm, a move and a copy also patterns with `*` and `?`, as a shell expands them. */
  readonly paths: readonly string[]
  /** `user[:group]` of a chown, the mode of a chmod or of `mkdir -m` and `install -m`, where a link leads and a file is put; null where there is none or a variable decides it. */
  readonly value: string | null
  readonly recursive: boolean
  /** It runs whenever the instruction does, and an account that it names is still the same at the end. */
  readonly certain: boolean
  /** Line of the instruction. */
  readonly line: number
}

const TOOLS = new Set(['mkdir', 'chown', 'chmod', 'rm', 'touch', 'install'])

export interface RunActions {
  readonly actions: readonly RunAction[]
  /** Lines of RUN instructions with paths that are too long to follow. */
  readonly tooLong: readonly number[]
  /** The first RUN whose `rm` of a pattern is one too many; null where none is. */
  readonly tooMany: number | null
}

/**
 * The paths that RUN lines make, hand over, open up and remove. Those that a variable, a pattern (except for rm) or an unknown
 * folder decides are left out.
 */
export function runActions(steps: readonly Step[]): RunActions {
  const tooLong = new Set<number>()
  const actions = steps.flatMap((step) => {
    if (step.instruction.keyword !== 'RUN' || !says(step.instruction, MENTIONS)) return []
    const script = shellCommands(step.instruction, step.shell)
    return script.kind === 'parsed' ? actionsOf(script.commands, step, step.workdir, tooLong) : []
  })
  return { ...withFewPatterns(actions), tooLong: [...tooLong] }
}

/** The same for the stage's own scripts that a RUN starts. `textOf`: the text of a file at that point; null where it is unknown. */
export function scriptActions(step: Step, textOf: (path: string) => string | null): readonly RunAction[] {
  return runScripts(step, textOf, MENTIONS).flatMap(({ commands, folder }) =>
    // Patterns are counted where the Dockerfile has them.
    actionsOf(commands, step, folder, new Set()).filter(({ tool, paths }) => tool !== 'rm' || !paths.some(isPattern)),
  )
}

/** `from`: the folder that they start in; null where it is not known. */
function actionsOf(
  commands: readonly ShellCommand[],
  step: Step,
  from: string | null,
  tooLong: Set<number>,
): readonly RunAction[] {
  const pathIn: PathIn = (text, folder) => {
    const path = text === null ? null : normalisePath(text, folder ?? '')
    if (path === null || path.length < bounds.pathLength) return path
    tooLong.add(step.instruction.line)
    return null
  }
  const own = new Map<string, string | undefined>()
  const variables = over(own, knownIn(step.environment))
  let folder = from
  // A file that another command of this RUN names may be its work: a touch then only sets its times.
  const named = new Set<string>()
  return commands.flatMap((command) => {
    for (const { name, value } of command.assignments) {
      own.set(name, value ?? undefined)
    }
    if (command.name === 'cd') {
      const to = wordValue(command.words[1], variables)
      folder = command.conditional ? null : pathIn(to, folder)
      return []
    }
    const { line } = step.instruction
    const links = linkActions(command, (word) => wordValue(word, variables), folder)
    const rest = { recursive: false, certain: isCertain(command), line }
    if (links.length > 0) return links.map((link) => ({ ...link, ...rest }))
    const keys = keysOf(command, (word) => wordValue(word, variables), folder)
    if (keys.length > 0) return [{ tool: 'key' as const, paths: keys, value: null, ...rest }]
    const unpacked = unpackedInto(command, (word) => wordValue(word, variables), folder)
    if (unpacked !== null) return [{ tool: 'unpack' as const, paths: [unpacked], value: null, ...rest }]
    const placed = placedBy(command, (word) => wordValue(word, variables), folder)
    if (placed !== null) {
      const action = { ...placed, certain: isCertain(command), line }
      const mode = installedMode(command, placed)
      return mode === null ? [action] : [action, { ...action, ...mode }]
    }
    const action = readAction(command, variables, (text) => pathIn(text, folder), line)
    if (action === null) {
      for (const word of command.words) {
        const path = pathIn(wordValue(word, variables), folder)
        if (path !== null) named.add(path)
      }
      return []
    }
    if (action.tool !== 'touch') return [action, ...installOwner(command, action, variables)]
    const paths = action.paths.filter((path) => !named.has(path))
    return paths.length === 0 ? [] : [{ ...action, paths }]
  })
}

function withFewPatterns(actions: readonly RunAction[]): Pick<RunActions, 'actions' | 'tooMany'> {
  let patterns = 0
  let tooMany: number | null = null
  const kept = actions.map((action) => {
    if (action.tool !== 'rm' || !action.paths.some(isPattern)) return action
    const paths = action.paths.filter((path) => {
      patterns += isPattern(path) ? 1 : 0
      return !isPattern(path) || patterns <= bounds.removedPatterns
    })
    if (patterns > bounds.removedPatterns) tooMany ??= action.line
    return { ...action, paths }
  })
  return { actions: kept, tooMany }
}

/** Null for an unknown path, a relative one in an unknown folder, and one that is too long to follow. */
type PathIn = (text: string | null, folder: string | null) => string | null

/** `install` is the program where a command starts; with a word before it, it is what a package manager does. */
const MENTIONS =
  /\b(mkdir|chown|chmod|rm|touch|ln|mv|cp|a2(?:en|dis)site|openssl|ssh-keygen|certtool|mkcert|mosquitto_passwd|svnadmin|trac-admin|tar|bsdtar|unzip|clone|checkout|create-project)\b|\b(?:git|hg)\b(?:(?!\b(?:git|hg)\b)[^&|;\n])*\binit\b|(?:(?:^|[;&|({!]|\b(?:do|then|else|sudo))\s*|\n[^\S\n]*)install\s/

/** Variables that a command sets hide those from outside, and may be unknown. */
function over(own: ReadonlyMap<string, string | undefined>, outer: Values): Values {
  return { get: (name) => (own.has(name) ? own.get(name) : outer.get(name)) }
}

function wordValue(word: ShellWord | undefined, variables: Values): string | null {
  if (word === undefined) return null
  const value = word.value ?? staticValue(word.text, variables)
  // A tilde is root's home, and braces are left to shells that know them.
  return value === null || /^~|[{}*?[\]$`]/.test(value) ? null : value
}

/** `install -m 640 app.conf /etc/`: one file gets that mode, whatever it had. Null where it may be a folder that is named. */
function installedMode(
  { name, words }: ShellCommand,
  { paths, value }: Pick<RunAction, 'paths' | 'value'>,
): Pick<RunAction, 'tool' | 'paths' | 'value' | 'recursive'> | null {
  const at = words.findIndex(({ text }) => /^(?:-[a-zA-Z]*m|--mode)$/.test(text))
  const mode = words[at + 1]?.value ?? null
  const [source] = paths
  if (name !== 'install' || at < 0 || mode === null || source === undefined || paths.length > 1 || value === null)
    return null
  const target = value.endsWith('/') ? `${value}${baseName(source)}` : value
  return looksLikeFile(target) || baseName(target) === baseName(source)
    ? { tool: 'chmod', paths: [target], value: mode, recursive: false }
    : null
}

/** `install -d -o srv`, `--owner=srv`: it hands over what it makes. */
function installOwner({ name, words }: ShellCommand, made: RunAction, variables: Values): readonly RunAction[] {
  if (name !== 'install') return []
  const at = words.findIndex(({ text }) => /^(-[a-zA-Z]*o|--owner)$/.test(text))
  const glued = words.flatMap(({ text }) => /^(?:--owner=|-o)(.+)$/.exec(text)?.[1] ?? [])[0]
  const value = at >= 0 ? wordValue(words[at + 1], variables) : (glued ?? null)
  return value === null || /[$"'\x60]/.test(value) ? [] : [{ ...made, tool: 'chown', value }]
}

/** A pattern that only a shell expands, with no variable in it. */
function patternIn(word: ShellWord | undefined): string | null {
  return word !== undefined && /^[\w./*?+:@%-]+$/.test(word.text) ? word.text : null
}

function readAction(
  command: ShellCommand,
  variables: Values,
  pathOf: (text: string | null) => string | null,
  line: number,
): RunAction | null {
  const { name } = command
  if (name === null || !TOOLS.has(name)) return null
  const words = command.words.slice(1)
  const options = words.filter((word) => /^-./.test(word.text))
  const letters = options.map((word) => (word.text.startsWith('--') ? '' : word.text.slice(1))).join('')
  if (options.some((word) => word.text.startsWith('--reference'))) return null
  const taken = new Set<ShellWord | undefined>()
  let value: string | null = null
  for (const [index, word] of words.entries()) {
    // `mkdir -m 755`, `install -o app -g app -m 755`: the option's value is no path.
    if (!/^(-[a-zA-Z]*[mog]|--(mode|owner|group))$/.test(word.text) || (name !== 'mkdir' && name !== 'install'))
      continue
    taken.add(words[index + 1])
    if (/^-\w*m$|^--mode$/.test(word.text)) value = wordValue(words[index + 1], variables)
  }
  let operands = words.filter((word) => !/^-./.test(word.text) && !taken.has(word))
  if (name === 'chown' || name === 'chmod') {
    value = wordValue(operands[0], variables)
    operands = operands.slice(1)
  }
  if (name === 'install' && !letters.includes('d')) return null
  const paths = operands.flatMap((word) => {
    const path = pathOf(wordValue(word, variables) ?? (name === 'rm' ? patternIn(word) : null))
    return path === null ? [] : [path]
  })
  if (paths.length === 0) return null
  const recursive = /[rR]/.test(letters) || options.some((word) => word.text === '--recursive')
  const tool = name === 'install' ? 'mkdir' : (name as RunAction['tool'])
  return { tool, paths, value, recursive, certain: isCertain(command), line }
}

function isCertain({ conditional, connector }: ShellCommand): boolean {
  return !conditional && /^(|;|&&)$/.test(connector)
}

/** Paths that RUN lines remove, by themselves, with a folder above them, or by a pattern (`rm /etc/nginx/conf.d/*`). */
export interface Removals {
  add(action: RunAction): void
  readonly has: (path: string) => boolean
}

export function removals(): Removals {
  const plain = new Set<string>()
  const patterns = new Map<string, RegExp>()
  return {
    add: ({ tool, paths }) => {
      if (tool !== 'rm') return
      for (const path of paths) {
        if (!isPattern(path)) plain.add(path)
        else if (!patterns.has(path)) patterns.set(path, patternOf(path))
      }
    },
    has: (path) => {
      if (plain.size > 0)
        for (let at = path; ; at = parentOf(at)) {
          if (plain.has(at)) return true
          if (at === '/') break
        }
      for (const pattern of patterns.values()) if (pattern.test(path)) return true
      return false
    },
  }
}

/** Asked for many paths. */
export const removedBy = memoizeByObject((actions: readonly RunAction[]): ((path: string) => boolean) => {
  const all = removals()
  for (const action of actions) all.add(action)
  return all.has
})

export function isPattern(path: string): boolean {
  return /[*?]/.test(path)
}

/** The files that a shell expands a pattern to, and everything below; names with a leading dot are left out. */
function patternOf(path: string): RegExp {
  const source = path
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\/(?=[*?])/g, String.raw`/(?!\.)`)
    .replaceAll('*', '[^/]*')
    .replaceAll(/(?<!\()\?/g, '[^/]')
  return new RegExp(`^${source}(?:/|$)`)
}
