import { nameOf, normalisePath } from '../path.ts'
import { asWords, invocationsIn } from './invocation.ts'

/** One command of a start: its words from the name of the program on, '' for one that is not known, and where it works. */
export interface StartedCommand {
  readonly words: readonly string[]
  /** Absolute. */
  readonly folder: string
}

/** The text of a file by its absolute path. */
type TextOf = (path: string) => string | null | undefined

/** The commands of an argv and of the text in it, each from the name of its program on; '' for a word that is not known. */
export function plainCommands(argv: readonly string[], { runners = true } = {}): readonly (readonly string[])[] {
  return invocationsIn(asWords(argv), { runners }).flatMap(({ words }) =>
    words.length === 0 ? [] : [words.map(({ value, text }) => value ?? (/[$`]/.test(text) ? '' : text))],
  )
}

/** Each behind the `cd`s before it. */
export function inTurn(commands: readonly (readonly string[])[], from: string): readonly StartedCommand[] {
  let folder = from === '' ? '/' : from
  return commands.map((words) => {
    const [name, to = ''] = words
    if (name === 'cd' && to !== '') folder = normalisePath(to, folder)
    return { words, folder }
  })
}

/** What is written down beside a program that is told a name: `npm start`, `make run`. */
export function scriptedCommands(
  { words, folder }: StartedCommand,
  textOf: TextOf,
  depth = 0,
): readonly StartedCommand[] {
  if (depth > DEEPEST) return []
  const program = nameOf(words[0] ?? '')
  const found = RUNNERS.test(program)
    ? npmScripts(words, folder, textOf)
    : RUN_SEVERAL.test(program)
      ? severalScripts(words, folder, textOf)
      : program === 'make'
        ? recipes(words, folder, textOf)
        : []
  return found.flatMap((command) => [command, ...scriptedCommands(command, textOf, depth + 1)])
}

const RUNNERS = /^(npm|yarn|pnpm|bun)$/
/** Deeper, scripts only call each other in circles. */
const DEEPEST = 4
/** An option that is told one package of several: pnpm, npm. */
const PACKAGE = /^(--filter|-F|-w|--workspace)$/

/** The commands of a line as a shell reads it, each where it works. */
function commandsOf(text: string, folder: string): readonly StartedCommand[] {
  return inTurn(plainCommands(['sh', '-c', text]), folder)
}

/** Of the package.json that the stage ships, in the folder that the command works in or is told. */
function npmScripts([, ...args]: readonly string[], folder: string, textOf: TextOf): readonly StartedCommand[] {
  const at = args.findIndex((word) => /^(--prefix|--cwd|--dir|-C)$/.test(word))
  const told = at < 0 ? args.flatMap((word) => /^--(?:prefix|cwd|dir)=(.+)$/.exec(word)?.[1] ?? [])[0] : args[at + 1]
  const place = told === undefined || told === '' ? folder : normalisePath(told, folder)
  const packages = args.flatMap((word, index) => {
    const [, value] = /^--(?:filter|workspace)=(.+)$/.exec(word) ?? []
    if (value !== undefined) return [value]
    return PACKAGE.test(word) || (word === 'workspace' && index === 0) ? [args[index + 1] ?? ''] : []
  })
  const [verb, name] = args.filter(
    (word, index) =>
      !word.startsWith('-') && (at < 0 || index !== at + 1) && word !== 'workspace' && !packages.includes(word),
  )
  const called = verb === 'run' || verb === 'run-script' ? name : verb
  if (called === undefined) return []
  if (packages.length > 0) return []
  const scripts = scriptsOf(textOf(normalisePath('package.json', place)))
  return [`pre${called}`, called, `post${called}`].flatMap((each) => commandsOf(scripts.get(each) ?? '', place))
}

/** The commands of `concurrently "npm start" "node worker.js"`, and scripts by their names or patterns. */
function severalScripts([, ...args]: readonly string[], folder: string, textOf: TextOf): readonly StartedCommand[] {
  const scripts = scriptsOf(textOf(normalisePath('package.json', folder)))
  const words = args.filter((word) => !word.startsWith('-'))
  return words.flatMap((word) =>
    /\s/.test(word)
      ? commandsOf(word, folder)
      : severalOf([word], scripts).flatMap((name) => commandsOf(scripts.get(name) ?? '', folder)),
  )
}

/** Each line has a shell of its own. */
function recipes([, ...args]: readonly string[], folder: string, textOf: TextOf): readonly StartedCommand[] {
  const recipe = recipeOf(args, folder, textOf)
  return recipe === null ? [] : recipe.lines.flatMap((line) => commandsOf(line, recipe.folder))
}

/** Scripts by their names, or by patterns of them: `npm-run-all watch:*`, `concurrently npm:watch:*`. */
const RUN_SEVERAL = /^(npm-run-all2?|run-s|run-p|concurrently)$/

function severalOf(words: readonly string[], scripts: ReadonlyMap<string, string>): readonly string[] {
  return words.flatMap((word) => {
    const wanted = word.replace(/^npm:/, '')
    const [start = '', end] = wanted.split('*')
    if (end === undefined) return scripts.has(wanted) ? [wanted] : []
    return [...scripts.keys()].filter((script) => script.startsWith(start) && script.length > start.length)
  })
}

function scriptsOf(text: string | null | undefined): ReadonlyMap<string, string> {
  try {
    const { scripts } = JSON.parse(text ?? '') as { readonly scripts?: Readonly<Record<string, unknown>> }
    return new Map(
      Object.entries(scripts ?? {}).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    )
  } catch {
    return new Map()
  }
}

/** The lines that one `make` runs in the folder of its Makefile. */
export interface Recipe {
  /** Absolute. */
  readonly folder: string
  /** Each has a shell of its own. */
  readonly lines: readonly string[]
}

/** No target has more above it. */
const MOST_TARGETS = 20

/**
 * The recipes of the targets that `make` is told, and of what those need; null where no Makefile is there. `args`: the words behind
 * `make`; `textOf`: of a file by its absolute path. `undefinedAs`: what a variable is that nothing sets; absent: it stays as written.
 * Source: GNU make, *Options Summary* and *How to Use Variables*.
 */
export function recipeOf(
  args: readonly string[],
  folder: string,
  textOf: (path: string) => string | null | undefined,
  undefinedAs?: '',
): Recipe | null {
  const valued = (option: string): string | undefined =>
    args.includes(option) ? args[args.indexOf(option) + 1] : undefined
  const place = normalisePath(valued('-C') ?? '.', folder)
  const named = valued('-f')
  const names = named === undefined ? ['GNUmakefile', 'makefile', 'Makefile'] : [named]
  const text = names.map((name) => textOf(normalisePath(name, place))).find((one) => one != null)
  if (text == null) return null
  const given = args.flatMap((word) => {
    const [, name, value = ''] = /^(\w+)=(.*)$/s.exec(word) ?? []
    return name === undefined ? [] : [[name, value] as const]
  })
  const rules = rulesOf(text, new Map(given), undefinedAs)
  const operands = args.filter((word, index) => !/^-|=/.test(word) && !/^-[Cf]$/.test(args[index - 1] ?? ''))
  const open =
    operands.length > 0 ? [...operands] : [...rules.keys()].filter((name) => !name.startsWith('.')).slice(0, 1)
  const seen = new Set<string>()
  const lines: string[] = []
  for (let name = open.shift(); name !== undefined && seen.size < MOST_TARGETS; name = open.shift()) {
    const rule = seen.has(name) ? undefined : rules.get(name)
    seen.add(name)
    if (rule === undefined) continue
    open.push(...rule.needs)
    lines.push(...rule.lines)
  }
  return { folder: place, lines }
}

interface Rule {
  readonly needs: readonly string[]
  readonly lines: readonly string[]
}

/** By target; variables that the command or the file gives one value are filled in. */
function rulesOf(text: string, given: ReadonlyMap<string, string>, undefinedAs?: ''): ReadonlyMap<string, Rule> {
  const values = new Map(given)
  const filled = (part: string): string =>
    part.replace(/\$[({](\w+)[)}]/g, (all, name: string) =>
      name === 'MAKE' ? 'make' : (values.get(name) ?? undefinedAs ?? all),
    )
  const rules = new Map<string, { needs: string[]; lines: string[] }>()
  let current: readonly string[] = []
  for (const line of text.replace(/\\\n/g, ' ').split('\n')) {
    if (line.startsWith('\t')) {
      const command = filled(line.trim().replace(/^[@+-]+/, ''))
      for (const name of current) {
        const rule = rules.get(name)
        rule?.lines.push(withAutomatic(command, name, rule.needs).replaceAll('$$', '$'))
      }
      continue
    }
    const [, variable, value = ''] = /^(?:export )?(\w+)\s*[:?]{0,2}=(.*)$/.exec(line) ?? []
    if (variable !== undefined) {
      if (!values.has(variable)) values.set(variable, filled(value.trim()))
      continue
    }
    const [, targets, needs = ''] = /^([^\s#:=][^#:=]*):{1,2}(?!=)([^=#;]*)/.exec(line) ?? []
    if (targets === undefined) continue
    current = filled(targets)
      .split(/\s+/)
      .filter((name) => name !== '')
    for (const name of current) {
      const rule = rules.get(name) ?? { needs: [], lines: [] }
      rule.needs.push(
        ...filled(needs)
          .split(/\s+/)
          .filter((each) => each !== '' && each !== '|'),
      )
      rules.set(name, rule)
    }
  }
  return rules
}

/** `$@` is the target, `$<` the first that it needs, and `$^` all of them. Source: GNU make, *Automatic Variables*. */
function withAutomatic(line: string, target: string, needs: readonly string[]): string {
  return line.replace(/(?<!\$)\$([@<^])/g, (_, sign: string) =>
    sign === '@' ? target : sign === '<' ? (needs[0] ?? '') : needs.join(' '),
  )
}
