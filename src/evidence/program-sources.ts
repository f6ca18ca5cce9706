import { bounds } from '../bounds.ts'
import { programIndex, type ShellCommand, type ShellWord } from '../command/index.ts'
import { runScripts } from '../contents/run-scripts.ts'
import type { CopiedPath, StageContents } from '../contents/stage-contents.ts'
import { knownIn, type Step, says, shellCommands } from '../dockerfile/index.ts'
import { foldersIn } from '../image/step-down/folders.ts'
import { staticValue } from '../image/step-down/static-text.ts'
import { baseName, isInside, normalisePath, parentOf } from '../places.ts'
import { type GoPackages, goPackages } from './go-packages.ts'
import type { StageView } from './provider.ts'
import { type RustCrates, rustCrates } from './rust-crates.ts'

/** A stage with sources of Go or Rust. */
export interface SourceStage {
  readonly contents: StageContents
  /** Paths of all its files, read or not; absent: its entries. */
  readonly files?: Iterable<string>
  /** Folders of the Go programs that are built outside; absent where RUNs build them. */
  readonly released?: ReadonlySet<string>
}

/**
 * The stages with the texts of Go and Rust alone that the started program is compiled from: of Go the packages that its main package
 * imports, of Rust the crates that its crate depends on, without tests and what is there for builds. What cannot be told counts as its
 * own. `names`: what is started; `partial`: there may be files that nobody listed.
 */
export function programSources(
  stages: readonly SourceStage[],
  names: ReadonlySet<string>,
  partial: boolean,
): readonly StageContents[] {
  const all = stages.map((stage) => sourcesOf(stage, partial))
  const filters = [GO, RUST].map((language) => filtersFor(language, all, names))
  return all.map((one, index) => {
    if (one.go === null && one.rust === null) return one.contents
    const kept = (texts: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
      new Map(
        [...texts].flatMap(([path, text]) => {
          let said: string | null = text
          for (const of of filters) if (said !== null) said = of[index]?.(path, said) ?? null
          return said === null ? [] : [[path, said] as const]
        }),
      )
    const { texts, removedSources } = one.contents
    return { ...one.contents, texts: kept(texts), removedSources: kept(removedSources) }
  })
}

/** What is started, by the names that it has where it was built. */
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
  readonly contents: StageContents
  /** Each file is known to be there, or not. */
  readonly isAll: boolean
  readonly go: GoPackages | null
  readonly rust: RustCrates | null
  readonly commands: readonly BuildCommand[]
  readonly released: ReadonlySet<string> | null
}

function sourcesOf({ contents, files, released }: SourceStage, partial: boolean): Sources {
  const { texts, removedSources } = contents
  // Those that a RUN takes away again are built before.
  const sources = new Map([...removedSources, ...texts])
  const has = (end: string): boolean => [...sources.keys()].some((path) => path.endsWith(end))
  const [isGo, isRust] = [has('.go'), has('.rs')]
  const commands = isGo || isRust ? buildCommands(contents) : []
  const listed = isGo || isRust ? new Set([...(files ?? contents.entries.keys()), ...sources.keys()]) : []
  // A test that is compiled is a program, and so is an example.
  const isAside = ({ words }: BuildCommand): boolean =>
    words[0]?.text === 'test' || words.some(({ text }) => /^--(?:example|bench|test)s?(?:=|$)/.test(text))
  const isFiltered = !commands.some(isAside)
  return {
    contents,
    isAll: !partial && removedSources.size === 0,
    go: isGo && isFiltered ? goPackages(sources, listed) : null,
    rust: isRust && isFiltered ? rustCrates(sources, listed) : null,
    commands,
    released: released ?? null,
  }
}

/** A program that a stage makes, or may make. */
interface Candidate {
  /** The folder of its main package, or of its crate. */
  readonly folder: string
  /** What its file may be called; null where a variable decides it. */
  readonly outputs: ReadonlySet<string> | null
  /** A RUN says it. */
  readonly built: boolean
  /** Another program loads it. */
  readonly loaded?: true
}

/** A text as it counts; null where it does not. */
type Filter = (path: string, text: string) => string | null

interface Language {
  readonly candidates: (sources: Sources) => readonly Candidate[]
  /** `roots`: folders that the program is built from; null where that is not known. */
  readonly filter: (sources: Sources, roots: ReadonlySet<string> | null) => Filter
  /** What starts another program. */
  readonly starts: string
}

function filtersFor(
  { candidates, filter, starts }: Language,
  stages: readonly Sources[],
  names: ReadonlySet<string>,
): readonly Filter[] {
  const all = stages.map(candidates)
  const started = new Set(names)
  const isStarted = ({ outputs }: Candidate): boolean =>
    outputs !== null && [...outputs].some((name) => started.has(name))
  const filtersNow = (): readonly Filter[] => {
    const isKnown = all.some((list) => list.some(isStarted))
    return stages.map((stage, index) => {
      const list = all[index] ?? []
      const built = list.filter((one) => one.built)
      const own = isKnown
        ? list.filter((one) => isStarted(one) || (one.built && (one.outputs === null || one.loaded === true)))
        : built
      // Of a stage that says nothing all may be.
      const isTold = built.length > 0 || own.length > 0
      return filter(stage, isTold ? new Set(own.map(({ folder }) => folder)) : null)
    })
  }
  let filters = filtersNow()
  // What the program starts in turn counts as well.
  for (let left = MOST_STARTED; left > 0; left -= 1) {
    const others = all.flat().flatMap((one) => (isStarted(one) ? [] : [...(one.outputs ?? [])]))
    if (others.length === 0 || !all.some((list) => list.some(isStarted))) break
    const called = new Set(
      stages.flatMap(({ contents }, index) =>
        [...contents.texts].flatMap(([path, text]) =>
          text.includes(starts) && filters[index]?.(path, text) != null
            ? [...text.matchAll(/["/]([\w.-]{1,100})"/g)].map(([, name = '']) => name)
            : [],
        ),
      ),
    )
    const found = others.filter((name) => called.has(name))
    if (found.length === 0) break
    for (const name of found) started.add(name)
    filters = filtersNow()
  }
  return filters
}

/** Programs that start each other, one behind the other. */
const MOST_STARTED = 5

const GO: Language = {
  candidates({ go, commands, released }) {
    if (go === null || released !== null) return []
    const built = commands.flatMap((command) => goBuild(command, go))
    if (built.length > 0) return built
    return go.mains.map((folder) => {
      const name = OF_CMD.exec(`${folder}/`)?.[1]
      return { folder, outputs: new Set(name === undefined ? [] : [name, go.nameOf(folder)]), built: false }
    })
  },
  filter({ go, isAll, released }, told) {
    if (go === null) return (_, text) => text
    const roots = told ?? released ?? new Set(go.mains.filter((folder) => !go.isGenerator(folder)))
    const isOpen = told === null && roots.size === 0
    const reached = isOpen || !isAll ? null : go.reachedFrom(roots)
    // No other package can import the main package of another program.
    const isOwn = (folder: string): boolean =>
      reached === null ? isOpen || roots.has(folder) || !go.isMain(folder) : reached.has(folder)
    return (path, text) => {
      if (path.endsWith('.go')) return isOwn(parentOf(path)) ? (go.sources.get(path) ?? null) : null
      if (reached === null || baseName(path) !== 'go.mod') return text
      return [...reached].some((folder) => isInside(folder, parentOf(path))) ? text : null
    }
  },
  starts: 'exec.',
}

const OF_CMD = /\/cmd\/([\w.-]{1,100})\//

const RUST: Language = {
  candidates({ rust, commands }) {
    if (rust === null) return []
    const builds = commands.map((command) => cargoBuild(command, rust)).filter((one) => one !== undefined)
    if (builds.length > 0 && !builds.includes(null)) return builds.flatMap((one) => one ?? [])
    return rust.folders.map((folder) => ({ folder, outputs: rust.programsOf(folder), built: false }))
  },
  filter({ rust }, roots) {
    if (rust === null) return (_, text) => text
    const reached = roots === null ? null : rust.reachedFrom(roots)
    return (path, text) => {
      const isSource = path.endsWith('.rs')
      if (!isSource && baseName(path) !== 'Cargo.toml') return text
      const crate = rust.crateOf(path)
      if (reached !== null && crate !== null && !reached.has(crate)) return null
      return isSource ? (rust.sources.get(path) ?? null) : text
    }
  },
  starts: 'Command',
}

/** A command of a RUN that compiles. */
interface BuildCommand {
  readonly tool: 'go' | 'cargo'
  /** From the verb on; a value is null where a variable decides it. */
  readonly words: readonly Pick<ShellWord, 'text' | 'value'>[]
  /** Null where it is not known. */
  readonly folder: string | null
}

const BUILDS = /\b(?:go|cargo|cross)\b/
const VERBS = /^(?:build|install|test|b|rustc|zigbuild)$/

/** Those of the RUNs, of the scripts that they start, and of a Makefile. */
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
  // Of more nobody can tell which of them is meant.
  return all.length > bounds.buildCommands ? [] : all
}

function commandsIn(commands: readonly ShellCommand[], { workdir, environment }: Step): readonly BuildCommand[] {
  const own = new Map<string, string | undefined>()
  for (const { assignments } of commands) for (const { name, value } of assignments) own.set(name, value ?? undefined)
  const outer = knownIn(environment)
  const variables = { get: (name: string) => (own.has(name) ? own.get(name) : outer.get(name)) }
  const folders = foldersIn({
    path: null,
    commands: commands.map((command) => ({ command })),
    variables,
    workdir: workdir ?? '',
  })
  return commands.flatMap((command): readonly BuildCommand[] => {
    const words = command.words.slice(programIndex(command.words))
    const [, isGo, isCargo] =
      /^(?:((?:xx-|tiny)?go[\d.]{0,9})|((?:xx-)?cargo|cross))$/.exec(baseName(words[0]?.value ?? '')) ?? []
    if (isGo === undefined && isCargo === undefined) return []
    // `cargo +nightly build`, `cargo auditable build`.
    const verb = words[1]?.text.startsWith('+') === true || words[1]?.text === 'auditable' ? 2 : 1
    if (!VERBS.test(words[verb]?.text ?? '')) return []
    // Nothing that is started comes of a test, if it is not kept.
    if (words[verb]?.text === 'test' && !words.some(({ text }) => /^(?:-c|--no-run)$/.test(text))) return []
    return [
      {
        tool: isGo === undefined ? 'cargo' : 'go',
        words: words.slice(verb).map(({ text, value }) => ({ text, value: value ?? staticValue(text, variables) })),
        folder: folders.get(command) ?? null,
      },
    ]
  })
}

/** Options of `go build` that take a word. Source: `go help build`. */
const GO_VALUED =
  /^--?(?:o|C|p|asmflags|buildmode|compiler|gccgoflags|gcflags|installsuffix|ldflags|mod|modfile|overlay|pgo|pkgdir|tags|toolexec|covermode|coverpkg)$/

/** The programs that one `go build` makes of packages in the stage. */
function goBuild({ tool, words, folder }: BuildCommand, go: GoPackages): readonly Candidate[] {
  if (tool !== 'go') return []
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

/** The folders that a word of `go build` means, of which some may hold no program; all that it may mean where a variable decides. */
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

/** Options of `cargo build` and `cargo install` that take a word. Source: *The Cargo Book*, "cargo build", "cargo install". */
const CARGO_VALUED =
  /^(?:-p|-F|-j|-Z|-C|--(?:package|bin|features|target|target-dir|profile|manifest-path|path|jobs|color|config|message-format|exclude|root|out-dir|artifact-dir|git|branch|tag|rev|version|registry|index))$/

/** The crates that one `cargo build` makes programs of; null where it may be all, undefined where it is none of the stage's. */
function cargoBuild({ tool, words, folder }: BuildCommand, rust: RustCrates): readonly Candidate[] | null | undefined {
  if (tool !== 'cargo') return undefined
  const [verb] = words
  const { operands, options, repeated } = split(words.slice(1), CARGO_VALUED)
  const value = (...names: readonly string[]): readonly (string | null)[] =>
    names.flatMap((name) => repeated.get(name) ?? [])
  const isInstall = verb?.text === 'install'
  if (isInstall && !options.has('path')) return undefined
  const manifest = options.get('manifest-path')
  const told = isInstall ? options.get('path') : manifest == null ? manifest : `${manifest}/..`
  const from = told === undefined ? folder : told === null ? null : normalisePath(told, folder ?? '')
  const packages = value('p', 'package')
  const bins = value('bin')
  if (packages.length + bins.length > bounds.buildCommands) return null
  if (from === null || [...packages, ...bins].includes(null) || operands.some((word) => word.value === null))
    return null
  const candidate = (crate: string, outputs = rust.programsOf(crate)): Candidate => ({
    folder: crate,
    outputs,
    built: true,
  })
  if (bins.length > 0) {
    const found = bins.flatMap((bin) =>
      rust.folders.flatMap((crate) =>
        rust.programsOf(crate).has(bin ?? '') ? [candidate(crate, new Set([bin ?? '']))] : [],
      ),
    )
    return found.length === 0 ? null : found
  }
  if (packages.length > 0) {
    const found = packages.flatMap((name) => rust.named((name ?? '').replace(/@.*$/s, '')))
    return found.length === 0 ? null : found.map((crate) => candidate(crate))
  }
  const only = options.has('workspace') || options.has('all') ? null : rust.defaultIn(from)
  return only === null ? null : [candidate(only)]
}

interface SplitWords {
  readonly operands: BuildCommand['words']
  /** By name without its dashes the last value; '' for none, null where a variable decides it. */
  readonly options: ReadonlyMap<string, string | null>
  /** All values. */
  readonly repeated: ReadonlyMap<string, readonly (string | null)[]>
}

function split(words: BuildCommand['words'], valued: RegExp): SplitWords {
  const operands: BuildCommand['words'][number][] = []
  const repeated = new Map<string, (string | null)[]>()
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
    const name = option.replace(/^-+/, '')
    const all = repeated.get(name)
    if (all === undefined) repeated.set(name, [said])
    else all.push(said)
  }
  return { operands, options: new Map([...repeated].map(([name, all]) => [name, all.at(-1) ?? null])), repeated }
}
