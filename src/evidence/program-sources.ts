import { bounds } from '../bounds.ts'
import { runScripts } from '../contents/run-scripts.ts'
import type { CopiedPath, StageContents } from '../contents/stage-contents.ts'
import { knownIn, type Step, says, shellCommands } from '../dockerfile/index.ts'
import { baseName, isInside, normalisePath, parentOf } from '../places.ts'
import { followFolders, programIndex, type ShellCommand, type ShellWord, staticValue } from '../shell/index.ts'
import { type GoPackages, goPackages } from './go-packages.ts'
import type { StageView } from './provider.ts'

/** A stage that has Go sources. */
export interface SourceStage {
  readonly contents: StageContents
  /** Paths of all its files, read or not; absent: its entries. */
  readonly files?: Iterable<string>
  /** Folders of the Go programs that are built outside; absent where RUNs build them. */
  readonly released?: ReadonlySet<string>
}

/**
 * The stages, with only those Go sources that the started program is compiled from: the packages that its main package imports,
 * without tests and files for other systems. Sources that cannot be placed count. `names`: what is started; `partial`: some files
 * may not be listed.
 */
export function programSources(
  stages: readonly SourceStage[],
  names: ReadonlySet<string>,
  partial: boolean,
): readonly StageContents[] {
  const all = stages.map((stage) => sourcesOf(stage, partial))
  const isStarted = ({ outputs }: Candidate): boolean =>
    outputs !== null && [...outputs].some((name) => names.has(name))
  const isKnown = all.some((one) => one?.candidates.some(isStarted))
  return stages.map(({ contents }, index) => {
    const sources = all[index] ?? null
    if (sources === null) return contents
    const built = sources.candidates.filter((one) => one.built)
    const own = isKnown
      ? sources.candidates.filter(
          (one) => isStarted(one) || (one.built && (one.outputs === null || one.loaded === true)),
        )
      : built
    // A stage that names no program may build any.
    const roots = built.length > 0 || own.length > 0 ? new Set(own.map(({ folder }) => folder)) : sources.released
    const isOwn = filterFor(sources, roots)
    const kept = (texts: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
      new Map([...texts].filter(([path]) => isOwn(path)))
    return { ...contents, texts: kept(contents.texts), removedSources: kept(contents.removedSources) }
  })
}

/** The started programs, by their names where they were built. */
export function startedNames(
  { programs, launches }: Pick<StageView['start'], 'programs' | 'launches'>,
  argv: readonly string[],
  copies: readonly CopiedPath[],
): ReadonlySet<string> {
  // A start script is told what to run: `["/entrypoint.sh", "/bin/app"]`.
  const started = [
    ...programs,
    ...argv.filter((word) => word.startsWith('/')),
    ...launches.flatMap(({ words }) => words.slice(0, 1)),
  ]
  const names = new Set(started.map(baseName).filter((name) => name !== ''))
  for (const { source, destination } of copies) if (names.has(baseName(destination))) names.add(baseName(source))
  return names
}

interface Sources {
  readonly go: GoPackages
  /** Each file is known to be there, or not. */
  readonly isAll: boolean
  readonly candidates: readonly Candidate[]
  readonly released: ReadonlySet<string> | null
}

/** Null for a stage without any, or in which tests are what is built. */
function sourcesOf({ contents, files, released }: SourceStage, partial: boolean): Sources | null {
  const { texts, removedSources } = contents
  // Sources that a later RUN removes were built before.
  const sources = new Map([...removedSources, ...texts])
  if (![...sources.keys()].some((path) => path.endsWith('.go'))) return null
  const commands = buildCommands(contents)
  if (commands.some(({ words }) => words[0]?.text === 'test')) return null
  const go = goPackages(sources, new Set([...(files ?? contents.entries.keys()), ...sources.keys()]))
  return {
    go,
    isAll: !partial && removedSources.size === 0,
    candidates: released === undefined ? candidatesOf(go, commands) : [],
    released: released ?? null,
  }
}

/** A program that a stage makes, or may make. */
interface Candidate {
  /** The folder of its main package. */
  readonly folder: string
  /** What its file may be called; null where a variable decides it. */
  readonly outputs: ReadonlySet<string> | null
  /** A RUN says it. */
  readonly built: boolean
  /** Another program loads it. */
  readonly loaded?: true
}

function candidatesOf(go: GoPackages, commands: readonly BuildCommand[]): readonly Candidate[] {
  const built = commands.flatMap((command) => goBuild(command, go))
  if (built.length > 0) return built
  return go.mains.map((folder) => {
    const name = OF_CMD.exec(`${folder}/`)?.[1]
    return { folder, outputs: new Set(name === undefined ? [] : [name, go.nameOf(folder)]), built: false }
  })
}

/** Whether a file counts. `told`: folders that the program is built from; null where that is not known. */
function filterFor({ go, isAll }: Sources, told: ReadonlySet<string> | null): (path: string) => boolean {
  const roots = told ?? new Set(go.mains)
  const isOpen = told === null && roots.size === 0
  const reached = isOpen || !isAll ? null : go.reachedFrom(roots)
  // No other package can import the main package of another program.
  const isOwn = (folder: string): boolean =>
    reached === null ? isOpen || roots.has(folder) || !go.isMain(folder) : reached.has(folder)
  return (path) => {
    if (path.endsWith('.go')) return isOwn(parentOf(path)) && go.files.has(path)
    if (reached === null || baseName(path) !== 'go.mod') return true
    return [...reached].some((folder) => isInside(folder, parentOf(path)))
  }
}

const OF_CMD = /\/cmd\/([\w.-]{1,100})\//

/** A command of a RUN that compiles. */
interface BuildCommand {
  /** From the verb on; a value is null where a variable decides it. */
  readonly words: readonly Pick<ShellWord, 'text' | 'value'>[]
  /** Null where it is not known. */
  readonly folder: string | null
}

const BUILDS = /\bgo\b/
const VERBS = /^(?:build|install|test)$/

/** Build commands of RUN lines, of the scripts that they start, and of a Makefile. */
function buildCommands({ steps, texts }: Pick<StageContents, 'steps' | 'texts'>): readonly BuildCommand[] {
  const all = steps.flatMap((step) => {
    const { instruction, shell } = step
    if (instruction.keyword !== 'RUN') return []
    const run = says(instruction, BUILDS) ? shellCommands(instruction, shell) : null
    const scripts = runScripts(step, (path) => texts.get(path) ?? null, BUILDS)
    return [{ commands: run?.kind === 'parsed' ? run.commands : [], folder: step.workdir }, ...scripts].flatMap(
      ({ commands, folder }) => commandsIn(commands, { ...step, workdir: folder }),
    )
  })
  // With more of them the right one is unknown.
  return all.length > bounds.buildCommands ? [] : all
}

function commandsIn(commands: readonly ShellCommand[], { workdir, environment }: Step): readonly BuildCommand[] {
  const own = new Map<string, string | undefined>()
  for (const { assignments } of commands) for (const { name, value } of assignments) own.set(name, value ?? undefined)
  const outer = knownIn(environment)
  const variables = { get: (name: string) => (own.has(name) ? own.get(name) : outer.get(name)) }
  const folderOf = followFolders(workdir === '' || workdir === null ? '/' : workdir)
  return commands.flatMap((command): readonly BuildCommand[] => {
    const folder = folderOf(command, variables)
    const words = command.words.slice(programIndex(command.words))
    if (!/^(?:xx-|tiny)?go[\d.]{0,9}$/.test(baseName(words[0]?.value ?? ''))) return []
    const verb = 1
    if (!VERBS.test(words[verb]?.text ?? '')) return []
    // A test binary is not started, unless `-c` keeps it.
    if (words[verb]?.text === 'test' && !words.some(({ text }) => text === '-c')) return []
    return [
      {
        words: words.slice(verb).map(({ text, value }) => ({ text, value: value ?? staticValue(text, variables) })),
        folder,
      },
    ]
  })
}

/** Options of `go build` that take a word. Source: `go help build`. */
const GO_VALUED =
  /^--?(?:o|C|p|asmflags|buildmode|compiler|gccgoflags|gcflags|installsuffix|ldflags|mod|modfile|overlay|pgo|pkgdir|tags|toolexec|covermode|coverpkg)$/

/** The programs that one `go build` makes of packages in the stage. */
function goBuild({ words, folder }: BuildCommand, go: GoPackages): readonly Candidate[] {
  const { operands, options } = split(words.slice(1), GO_VALUED)
  const moved = options.get('C')
  const from = moved === undefined ? folder : moved === null || folder === null ? null : normalisePath(moved, folder)
  // `go build $FLAGS ./cmd/x`
  const plain = operands.filter(({ text, value }) => !/^["']?\$/.test(text) || /^[^-\s]\S*$/.test(value ?? ''))
  const named = plain.length > 0 || operands.length > 0 ? plain : [{ text: '.', value: '.' }]
  const isOpen = named.length === 0 || named.length > bounds.buildCommands
  const all = isOpen ? go.mains : named.flatMap((word) => mainsOf(word, from, go))
  const mains = [...new Set(all)].filter(go.isMain)
  const output = options.get('o')
  const mode = options.get('buildmode')
  const loaded = mode != null && !/^(?:default|exe|pie)$/.test(mode)
  return mains.map((main) => {
    const of = mains.length === 1 && output != null ? [baseName(normalisePath(output, '/') ?? '')] : []
    const outputs = output === null || from === null ? null : new Set([...of, go.nameOf(main)])
    return { folder: main, outputs, built: true, ...(loaded ? { loaded } : {}) }
  })
}

/** The folders that a word of `go build` may mean, some of which hold no program; every possible one where a variable decides. */
function mainsOf(
  { text, value }: BuildCommand['words'][number],
  from: string | null,
  go: GoPackages,
): readonly string[] {
  const said = value ?? text.replace(/^["']/, '').replace(/[$`*?[].*$/s, '')
  const path = said.replace(/@.*$/s, '').replace(/\/?\.\.\.$/, '')
  const isOpen = value === null || path !== said.replace(/@.*$/s, '')
  if (!/^(?:\.{1,2}(?:\/|$)|\/)/.test(said) && !/\.go["']?$/.test(text)) {
    const place = path === '' ? from : go.folderOf(path.replace(/\/$/, ''), from ?? '/')
    return place === null ? [] : isOpen ? go.mains.filter((main) => isInside(main, place)) : [place]
  }
  if (!path.startsWith('/') && from === null) return go.mains
  const place =
    normalisePath(/\.go["']?$/.test(text) ? `${path.slice(0, path.lastIndexOf('/') + 1)}.` : path, from ?? '/') ?? '/'
  if (/\.go["']?$/.test(text)) return [place]
  if (!isOpen) return [place]
  const above = value === null && !said.endsWith('/') ? parentOf(place) : place
  return go.mains.filter((main) => isInside(main, above))
}

interface SplitWords {
  readonly operands: BuildCommand['words']
  /** By name without its dashes the last value; '' for none, null where a variable decides it. */
  readonly options: ReadonlyMap<string, string | null>
}

function split(words: BuildCommand['words'], valued: RegExp): SplitWords {
  const operands: BuildCommand['words'][number][] = []
  const options = new Map<string, string | null>()
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]
    if (word === undefined) break
    const { text, value } = word
    if (!text.startsWith('-')) {
      operands.push(word)
      continue
    }
    const equals = text.indexOf('=')
    const option = equals < 0 ? text : text.slice(0, equals)
    const glued = value === null ? null : value.slice(equals + 1)
    const behind = equals < 0 && valued.test(option)
    if (behind) at += 1
    const said = equals >= 0 ? glued : behind ? (words[at]?.value ?? null) : ''
    options.set(option.replace(/^-+/, ''), said)
  }
  return { operands, options }
}
