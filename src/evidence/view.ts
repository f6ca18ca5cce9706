import type { VariantFacts } from '../../catalogue/entry.ts'
import type { BuildContext } from '../contents/build-context.ts'
import { type ContentsSources, isRemoved, type StageContents, stageContents } from '../contents/stage-contents.ts'
import type { Dockerfile, Stage } from '../dockerfile/model.ts'
import type { StageWalks } from '../dockerfile/stage-walk.ts'
import { findStage, sourcesOf } from '../dockerfile/stages.ts'
import { idOfName, resolveUser } from '../image/accounts.ts'
import type { ImageConfig, ImageFacts } from '../image/facts.ts'
import { createFileModel } from '../image/file-index.ts'
import type { FileEntry, FileModel } from '../image/file-model.ts'
import type { InTurn } from '../in-turn.ts'
import { baseName } from '../places.ts'
import { argvOf, waitsForInput } from '../shell/index.ts'
import { findStepDowns, type StartScript, type StepDownReport } from '../start/step-down.ts'
import { idleScripts } from './idle-scripts.ts'
import { programFiles } from './program-files.ts'
import { programSources, type SourceStage, startedNames } from './program-sources.ts'
import type { Catalogue, StageView } from './provider.ts'
import { broughtFiles, installedPackages, listedServers } from './servers.ts'
import type { SourceParsers } from './syntax.ts'
import { unreachedScripts } from './unreached.ts'

export interface ViewSources
  extends Pick<StageView, 'chain' | 'baseFiles' | 'built' | 'asBuilt' | 'startKnown' | 'entry' | 'listed' | 'runs'> {
  readonly dockerfile: Dockerfile
  readonly stage: Stage
  readonly walks: StageWalks
  readonly context: BuildContext | null
  /** The image as the stage leaves it, its files those of the base. */
  readonly facts: ImageFacts
  readonly parsers: SourceParsers
}

/** What a stage ships, whatever is started of it. */
export interface Shipped {
  readonly contents: StageContents
  /** Of the stages that it copies from. */
  readonly builders: readonly StageContents[]
}

export function* shippedIn(sources: ViewSources): InTurn<Shipped> {
  const shipping = contentsSources(sources)
  const contents = yield* stageContents(shipping, sources.stage.index)
  yield
  return { contents, builders: yield* buildersOf(sources.stage, shipping) }
}

/** Stops between its parts: each goes through all of a stage. */
export function* viewOf(
  sources: ViewSources,
  { contents: shipped, builders: stages }: Shipped,
  { packages }: Catalogue,
): InTurn<StageView> {
  const { facts, baseFiles, built, chain, asBuilt, startKnown, entry, listed, runs } = sources
  const own = built && facts.files.known ? facts.files.value : layered(facts, shipped)
  const startBy = (files: FileModel): StepDownReport =>
    findStepDowns({ config: facts.config, files: { known: true, value: files }, accounts: facts.accounts }, atStart)
  const atStart = startFolderScripts(entry, facts.config, own)
  const start = startBy(own)
  const started = start.folder === null ? facts.config : { ...facts.config, workdir: start.folder }
  yield
  const whole = withProgram(shipped, programFiles(facts.config, built ? own : (baseFiles ?? own), start), asBuilt)
  const installed = installedPackages(shipped.steps)
  const isOpen = startsUnknownScript(argvOf(facts.config), own)
  const servers = listedServers({
    rules: packages,
    installed,
    files: own,
    programs: start.programs,
    listed,
    opaque: start.unread.length > 0 || isOpen,
  })
  const released = releasedSources(sources.context, [whole, ...stages])
  const all = [whole, ...stages].map((each): SourceStage => ({ contents: each }))
  if (released !== null) all.push(released)
  const names = startedNames(
    start,
    argvOf(facts.config),
    all.flatMap((each) => each.contents.copies),
  )
  const read = startsTests(start)
    ? all.map((each) => each.contents)
    : programSources(all, names, sources.context?.partial === true)
  const [contents = whole, ...builders] = read
  yield
  const brought = broughtFiles(servers)
  const files = built || brought.size === 0 ? own : beneath(brought, own, contents, filesIn(facts))
  return {
    chain,
    facts: facts.files.known ? { ...facts, files: { known: true, value: files } } : facts,
    contents,
    builders,
    left: sources.context ?? {},
    idle: startsTests(start) ? new Set() : idleIn(read, start, { facts, own, entry, runs }),
    baseFiles,
    own,
    files,
    started,
    start,
    stepDowns: files === own ? start : startBy(files),
    built,
    asBuilt,
    startKnown,
    entry,
    listed,
    runs,
    installed,
    servers,
    parsers: sources.parsers,
  }
}

/** With the application that the image brings. Of a finished image it is all there is; else only its sources count, and none that the stage brings. */
function withProgram(
  contents: StageContents,
  { entries, texts, origins }: ReturnType<typeof programFiles>,
  asBuilt: boolean,
): StageContents {
  const isNew = ([path]: readonly [string, unknown]): boolean =>
    !contents.entries.has(path) && !isRemoved(contents, path)
  const more = [...texts].filter(isNew)
  if (asBuilt) return { ...contents, entries, texts, origins }
  if (more.length === 0) return contents
  return {
    ...contents,
    texts: new Map([...contents.texts, ...more]),
    origins: new Map([...more.map(([path]) => [path, path] as const), ...contents.origins]),
  }
}

/** Where all that is started is known: in a shell people start what they like. A vendor's own entrypoint starts what it is told to. */
function idleIn(
  stages: readonly StageContents[],
  { unread, launches }: StepDownReport,
  { facts, own, entry, runs }: Pick<StageView, 'facts' | 'own' | 'entry' | 'runs'>,
): ReadonlySet<string> {
  const { config } = facts
  const argv = argvOf(config)
  const vendors = new Set((entry?.config.entrypoint ?? []).map(baseName))
  const others = argv.filter((word) => !vendors.has(baseName(word)))
  const isUnread = unread.some(({ path }) => !vendors.has(baseName(path)))
  if (isUnread || others.length === 0 || waitsForInput(others) || startsUnknownScript(others, own)) return new Set()
  const started = [...others, ...launches.flatMap(({ words }) => words)]
  const told = [...config.env.values(), ...runs.flatMap(({ env }) => [...env.values()])]
  return new Set([
    ...idleScripts(stages, [...started, ...told.filter((word) => word !== null)]),
    ...unreachedScripts(stages, started, config.workdir),
  ])
}

function contentsSources({ dockerfile, walks, context, built, facts }: ViewSources): ContentsSources {
  return {
    dockerfile,
    walks,
    context,
    // Of an image that has been built the files are those that it ends with.
    base: built ? null : filesIn(facts),
    idsOf: (owner) => {
      if (/^\d+(:\d+)?$/.test(owner)) return numbers(owner)
      const resolved = facts.accounts.known ? resolveUser(owner.replace('.', ':'), facts.accounts.value) : null
      return resolved?.known === true ? resolved.value : named(owner)
    },
  }
}

/** Of an account that nobody has seen. */
function named(owner: string): { readonly uid: number; readonly gid: number } | null {
  const [user = '', group = user] = owner.split(/[:.]/)
  if (!/^[A-Za-z_][\w-]*$/.test(user) || group.includes('$')) return null
  return { uid: idOfName(user), gid: /^\d+$/.test(group) ? Number(group) : idOfName(group === '' ? user : group) }
}

function numbers(owner: string): { readonly uid: number; readonly gid: number } {
  const [uid = 0, gid] = owner.split(':').map(Number)
  return { uid, gid: gid ?? uid }
}

/** The stages that the stage copies from. */
function* buildersOf(stage: Stage, shipping: ContentsSources): InTurn<readonly StageContents[]> {
  const froms = stage.instructions.filter(({ keyword }) => keyword === 'COPY').flatMap(sourcesOf)
  const used = froms.flatMap((from) => findStage(shipping.dockerfile, from, stage.index)?.index ?? [])
  const builders: StageContents[] = []
  for (const index of new Set(used)) builders.push(yield* stageContents({ ...shipping, base: null }, index))
  return builders
}

/** What a program is made of that is built before it is copied, as if a stage had built it; null for none. */
function releasedSources(context: BuildContext | null, stages: readonly StageContents[]): SourceStage | null {
  const names = new Set(
    stages.flatMap(({ copies }) =>
      copies.flatMap(({ released, source }) => (released === true ? baseName(source) : [])),
    ),
  )
  const folders = new Set([...(context?.released ?? [])].flatMap(([name, folder]) => (names.has(name) ? [folder] : [])))
  if (context === null || folders.size === 0) return null
  const texts = new Map<string, string>()
  for (const [path, { text }] of context.entries) {
    if (text !== null && SOURCES.test(path)) texts.set(`/${path}`, text)
  }
  const origins = new Map([...texts.keys()].map((path) => [path, path.slice(1)]))
  return {
    contents: {
      entries: new Map(),
      texts,
      origins,
      brought: new Map(),
      copies: [],
      actions: [],
      tooLong: [],
      tooMany: null,
      removedSources: new Map(),
      steps: [],
    },
    files: [...context.entries.keys()].map((path) => `/${path}`),
    released: new Set([...folders].map((folder) => `/${folder}`)),
  }
}

/** What is started is the tests themselves. */
function startsTests({ launches }: StepDownReport): boolean {
  return launches.some(({ words }) => /^(?:go|cargo) (?:test|nextest)\b|^(?:gotestsum|ginkgo)\b/.test(words.join(' ')))
}

/** Of which a release tool builds programs, and what they depend on. */
const SOURCES = /\.(?:go|rs)$|(?:^|\/)(?:go\.mod|Cargo\.toml)$/

/** All or some of them; null where none is known. */
function filesIn({ files, someFiles }: ImageFacts): FileModel | null {
  return files.known ? files.value : (someFiles ?? null)
}

/** The files of the base image, where they are known, with what a stage puts in and takes away. */
function layered(facts: ImageFacts, contents: StageContents): FileModel {
  const { entries, texts, actions } = contents
  const base = filesIn(facts)
  if (base === null) return createFileModel(entries, texts)
  if (!actions.some(({ tool }) => tool === 'rm')) return base.with(entries, texts)
  const gone = [...base.paths()].filter((path) => isRemoved(contents, path))
  return base.with(new Map(gone.map((path) => [path, null] as const))).with(entries, texts)
}

/** What packages bring lies below what the instructions put there; the folder that a COPY needs is the package's, as it has made it. */
function beneath(
  entries: ReadonlyMap<string, FileEntry>,
  own: FileModel,
  contents: StageContents,
  base: FileModel | null,
): FileModel {
  const { origins, actions } = contents
  const named = new Set(actions.flatMap(({ paths }) => paths))
  const isSeen = (path: string, { type }: FileEntry): boolean =>
    own.entry(path) !== null &&
    (type !== 'directory' || origins.has(path) || named.has(path) || (base?.entry(path) ?? null) !== null)
  return own.with(new Map([...entries].filter(([path, entry]) => !isSeen(path, entry) && !isRemoved(contents, path))))
}

/** The stage's own scripts that its vendor's entrypoint, which nobody has seen, runs at start: those that may be executed. */
function startFolderScripts(
  entry: Pick<VariantFacts, 'config' | 'startFolder'> | null,
  { entrypoint, cmd }: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
  files: FileModel,
): readonly StartScript[] {
  const { startFolder, config } = entry ?? {}
  if (startFolder === undefined || JSON.stringify(entrypoint) !== JSON.stringify(config?.entrypoint)) return []
  if (!startFolder.programs.includes(baseName(cmd?.[0] ?? ''))) return []
  return files.list(startFolder.folder).flatMap((name): readonly StartScript[] => {
    const path = `${startFolder.folder}/${name}`
    const text = files.text(path)
    const mode = files.entry(path)?.mode ?? 0
    return text === null || !/\.(sh|envsh)$/.test(name) || (mode & 0o111) === 0 ? [] : [{ path, text }]
  })
}

/** A start script that nobody could read: it may start any server that is installed. */
function startsUnknownScript(argv: readonly string[], files: FileModel): boolean {
  return argv.some(
    (word) =>
      /\.sh$|entrypoint|^\/?(start|run|init|boot)/.test(word) &&
      !files.texts().some((path) => path.endsWith(word.replace(/^\.?\/?/, '/'))),
  )
}
