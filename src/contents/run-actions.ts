import { bounds } from '../bounds.ts'
import { knownIn, type Step, says, shellCommands } from '../dockerfile/index.ts'
import { memoizeByObject } from '../memoize.ts'
import { baseName, looksLikeFile, normalisePath, parentOf } from '../places.ts'
import {
  type Action,
  actionsOf,
  followFolders,
  isCertain,
  type Puts,
  type ShellCommand,
  type Starts,
  staticValue,
  type Values,
  type Word,
} from '../shell/index.ts'
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
    return script.kind === 'parsed' ? effectsOf(script.commands, step, step.workdir, tooLong) : []
  })
  return { ...withFewPatterns(actions), tooLong: [...tooLong] }
}

/** The same for the stage's own scripts that a RUN starts. `textOf`: the text of a file at that point; null where it is unknown. */
export function scriptActions(step: Step, textOf: (path: string) => string | null): readonly RunAction[] {
  return runScripts(step, textOf, MENTIONS).flatMap(({ commands, folder }) =>
    // Patterns are counted where the Dockerfile has them.
    effectsOf(commands, step, folder, new Set()).filter(({ tool, paths }) => tool !== 'rm' || !paths.some(isPattern)),
  )
}

/** `from`: the folder that they start in; null where it is not known. */
function effectsOf(
  commands: readonly ShellCommand[],
  step: Step,
  from: string | null,
  tooLong: Set<number>,
): readonly RunAction[] {
  const { line } = step.instruction
  const own = new Map<string, string | undefined>()
  const variables = over(own, knownIn(step.environment))
  const folderOf = followFolders(from)
  // A file that another command of this RUN names may be its work: a touch then only sets its times.
  const named = new Set<string>()
  return commands.flatMap((command) => {
    for (const { name, value } of command.assignments) own.set(name, value ?? undefined)
    const folder = folderOf(command, variables)
    const read: ReadWord = (word) => wordValue(word, variables)
    const at = (text: string | null): string | null => {
      const path = text === null ? null : normalisePath(text, folder ?? '')
      if (path === null || path.length < bounds.pathLength) return path
      tooLong.add(line)
      return null
    }
    const pathOf: ReadWord = (word) => at(read(word))
    const found = actionsOf(command)
      .flatMap((action) => effects(action, { read, at, pathOf, folder }))
      .filter(({ paths }) => paths.length > 0)
    if (found.length === 0) for (const word of command.words) named.add(pathOf(word) ?? '')
    return found.flatMap((effect) => {
      const paths = effect.tool === 'touch' ? effect.paths.filter((path) => !named.has(path)) : effect.paths
      return paths.length === 0 ? [] : [{ ...effect, paths, certain: isCertain(command), line }]
    })
  })
}

/** The value of a word; null where the text does not tell. */
type ReadWord = (word: Word) => string | null

interface Place {
  readonly read: ReadWord
  /** The absolute path of a text. */
  readonly at: (text: string | null) => string | null
  readonly pathOf: ReadWord
  readonly folder: string | null
}

type Effect = Pick<RunAction, 'tool' | 'paths' | 'value' | 'recursive'>

/** What an action does to paths; without any where the text does not tell which. */
function effects(action: Action, place: Place): readonly Effect[] {
  const { read, pathOf, folder } = place
  const all = (words: readonly Word[]): readonly string[] => words.flatMap((word) => pathOf(word) ?? [])
  const one = (tool: RunAction['tool'], paths: readonly string[], value: Word | null = null): Effect => ({
    tool,
    paths,
    value: value === null ? null : read(value),
    recursive: false,
  })
  switch (action.kind) {
    case 'makes': {
      const made = one('mkdir', all(action.folders), action.mode)
      const owner = action.owner === null ? null : read(action.owner)
      return owner === null ? [made] : [made, { ...made, tool: 'chown', value: owner }]
    }
    case 'hands-over':
      return action.tool !== 'chown' || action.found || action.owner === null
        ? []
        : [{ ...one('chown', all(action.paths), action.owner), recursive: action.recursive }]
    case 'sets-mode':
      return action.found || action.mode === null
        ? []
        : [{ ...one('chmod', all(action.paths), action.mode), recursive: action.recursive }]
    case 'removes': {
      const paths = action.paths.flatMap((word) => place.at(read(word) ?? patternIn(word)) ?? [])
      return [{ ...one('rm', paths), recursive: action.recursive }]
    }
    case 'writes':
      if (action.isPrivate) return [one('key', all([action.path]))]
      return action.tool === 'touch' ? [one('touch', all([action.path]))] : []
    case 'unpacks': {
      const into = action.into === null ? folder : pathOf(action.into)
      return into === null ? [] : [one('unpack', [into])]
    }
    case 'puts':
      return action.tool === 'ln' ? linked(action, place) : placed(action, place)
    case 'starts':
      return sites(action, place)
    default:
      return []
  }
}

/** A pattern that only a shell expands, with no variable in it. */
function patternIn({ text }: Word): string | null {
  return /^[\w./*?+:@%-]+$/.test(text) ? text : null
}

/** `ln -s TARGET AT`. */
function linked({ options, sources, to }: Puts, { read, pathOf }: Place): readonly Effect[] {
  const [target, ...more] = sources.map(read)
  const isSymbolic = options.some((option) => /^(-[a-rt-zA-Z]*s[a-zA-Z]*|--symbolic)$/.test(option))
  const at = pathOf(to)
  if (!isSymbolic || target == null || at === null || more.length > 0) return []
  const path = read(to)?.endsWith('/') === true ? `${at === '/' ? '' : at}/${baseName(target)}` : at
  return [{ tool: 'link', paths: [path], value: target, recursive: false }]
}

/** a2ensite(8) links a site of `sites-available`. */
function sites({ words: [program, ...sites] }: Starts, { read }: Place): readonly Effect[] {
  const tool = program?.value === 'a2ensite' ? 'link' : program?.value === 'a2dissite' ? 'rm' : null
  if (tool === null) return []
  return sites.flatMap((word) => {
    const site = word.text.startsWith('-') ? undefined : read(word)?.replace(/\.conf$/, '')
    if (site === undefined) return []
    const value = tool === 'link' ? `../sites-available/${site}.conf` : null
    return [{ tool, paths: [`/etc/apache2/sites-enabled/${site}.conf`], value, recursive: false }]
  })
}

/** An option that takes a word, or that names the folder first, changes the meaning. */
const SPECIAL = /^(-[a-zA-Z]*[tSgo]\b|--(?!recursive|force|verbose|archive|preserve|no-clobber))/

/**
 * What `mv`, `cp` and `install` put elsewhere; `value` is the destination, with a slash at its end where it is certainly a folder.
 * Nothing of one file that `runTexts` follows.
 */
function placed({ tool, options, sources, to: last, recursive, mode }: Puts, place: Place): readonly Effect[] {
  const to = place.read(last)
  const at = place.pathOf(last)
  if (tool === 'rsync' || to === null || at === null || options.some((option) => SPECIAL.test(option))) return []
  const found = sources.map((word) => {
    const source = place.read(word) ?? patternIn(word)
    return source === null ? null : normalisePath(source.replace(/\/\.$/, '/*'), place.folder ?? '')
  })
  const paths = found.flatMap((path) => path ?? [])
  if (paths.length < found.length) return []
  const isOne = paths.length === 1 && !paths.some(isPattern)
  if (isOne && tool !== 'install' && options.every((option) => /^-[afpv]+$/.test(option))) return []
  const isInto = paths.length > 1 || /(^|\/)\.?$/.test(to) || paths.some(isPattern)
  const value = isInto && at !== '/' ? `${at}/` : at
  const put: Effect = { tool: tool === 'mv' ? 'move' : 'copy', paths, value, recursive }
  const set = mode?.value == null ? null : installedMode(put, mode.value)
  return set === null ? [put] : [put, set]
}

/** `install -m 640 app.conf /etc/`: one file gets that mode, whatever it had. Null where it may be a folder that is named. */
function installedMode({ paths, value }: Effect, mode: string): Effect | null {
  const [source] = paths
  if (source === undefined || paths.length > 1 || value === null) return null
  const target = value.endsWith('/') ? `${value}${baseName(source)}` : value
  return looksLikeFile(target) || baseName(target) === baseName(source)
    ? { tool: 'chmod', paths: [target], value: mode, recursive: false }
    : null
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

/** `install` is the program where a command starts; with a word before it, it is what a package manager does. */
const MENTIONS =
  /\b(mkdir|chown|chmod|rm|touch|ln|mv|cp|a2(?:en|dis)site|openssl|ssh-keygen|certtool|mkcert|mosquitto_passwd|svnadmin|trac-admin|tar|bsdtar|unzip|clone|checkout|create-project)\b|\b(?:git|hg)\b(?:(?!\b(?:git|hg)\b)[^&|;\n])*\binit\b|(?:(?:^|[;&|({!]|\b(?:do|then|else|sudo))\s*|\n[^\S\n]*)install\s/

/** Variables that a command sets hide those from outside, and may be unknown. */
function over(own: ReadonlyMap<string, string | undefined>, outer: Values): Values {
  return { get: (name) => (own.has(name) ? own.get(name) : outer.get(name)) }
}

function wordValue(word: Word, variables: Values): string | null {
  const value = word.value ?? staticValue(word.text, variables)
  // A tilde is root's home, and braces are left to shells that know them.
  return value === null || /^~|[{}*?[\]$`]/.test(value) ? null : value
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
        else if (!patterns.has(path)) patterns.set(path, expressionOf(path))
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
function expressionOf(path: string): RegExp {
  const source = path
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\/(?=[*?])/g, String.raw`/(?!\.)`)
    .replaceAll('*', '[^/]*')
    .replaceAll(/(?<!\()\?/g, '[^/]')
  return new RegExp(`^${source}(?:/|$)`)
}
