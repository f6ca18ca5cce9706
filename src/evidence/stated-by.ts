import type { VariantFacts } from '../../catalogue/entry.ts'
import type { PackageRule } from '../../catalogue/package-rule.ts'
import type { WorkingFolderRule } from '../../catalogue/working-folder-rule.ts'
import { argvOf } from '../command/index.ts'
import type { BuildContext } from '../contents/build-context.ts'
import { type Shipped, type ShippedSources, shippedBy } from '../contents/stage-contents.ts'
import type { Dockerfile, Stage } from '../dockerfile/model.ts'
import type { StageWalks } from '../dockerfile/stage-walk.ts'
import { resolveUser } from '../image/accounts.ts'
import type { ImageFacts } from '../image/facts.ts'
import { createFileModel } from '../image/file-index.ts'
import type { FileEntry, FileModel } from '../image/file-model.ts'
import { findStepDowns } from '../image/step-down.ts'
import type { InTurn } from '../in-turn.ts'
import { FIRST_UNPRIVILEGED_PORT, type VendorMove } from '../plan/ports/port-sources.ts'
import { scriptPortEdits } from '../plan/ports/script-ports.ts'
import { boundedRuns } from './bounded-runs.ts'
import { closedNeeds } from './closed-files.ts'
import { commandLineNeeds } from './command-line.ts'
import { buildersOf, compiledNeeds } from './compiled.ts'
import { configWriteNeeds } from './config-writes.ts'
import { filledVolumeNeeds } from './filled-volumes.ts'
import { collectsAtStart, frameworkNeeds, runsInBuild } from './frameworks.ts'
import { hostSockets } from './host-sockets.ts'
import { inImageNeeds } from './in-image.ts'
import { initRemarks } from './init-scripts.ts'
import { missingCopies, missingScripts } from './missing-copies.ts'
import { madeClosedNeeds } from './named-closed.ts'
import { packageEvidence } from './packages.ts'
import { repositoryNeeds } from './repositories.ts'
import { rootHome } from './root-home.ts'
import { openRemarks, runLineNeeds } from './run-lines.ts'
import { s6Remarks } from './s6-services.ts'
import { scriptWriteNeeds, writtenAnew } from './script-writes.ts'
import { setCapabilities } from './set-capabilities.ts'
import { emptyFolderNeeds, sourceNeeds } from './sources.ts'
import { springNeeds } from './spring.ts'
import { startFolderScripts, startsUnknownScript } from './start-folder.ts'
import { startedIn } from './start-in.ts'
import type { Stated } from './stated.ts'
import { supervisorCautions } from './supervisors.ts'
import { systemTools } from './system-tools.ts'
import { unknownServers } from './unknown-servers.ts'
import { unknownVolumes } from './unknown-volumes.ts'
import { unpackedPrograms } from './unpacked-programs.ts'
import { unreadScripts } from './unread-scripts.ts'
import { workingFolder } from './working-folder.ts'

export interface StatedSources {
  readonly dockerfile: Dockerfile
  readonly stage: Stage
  readonly walks: StageWalks
  readonly context: BuildContext | null
  readonly rules: readonly PackageRule[]
  readonly workingFolder: readonly WorkingFolderRule[]
  /** The image as the stage leaves it, its files those of the base. */
  readonly facts: ImageFacts
  /** The image has been built: its files are all known. */
  readonly built: boolean
  /** Nothing follows its FROM: an application in there was put there by whoever built that image. */
  readonly asBuilt: boolean
  /** Where it starts is said: here, or by a base image that is known. */
  readonly startKnown: boolean
  /** What the catalogue says of the base image. */
  readonly entry?: VariantFacts | null
  /** The catalogue knows the server in the base image. */
  readonly listed: boolean
}

/** Stops between the pieces of evidence: each goes through all of a stage. */
export function* statedInTurn(sources: StatedSources): InTurn<Stated> {
  const { facts } = sources
  const shipping = shippingOf(sources)
  const shipped = yield* shippedBy(shipping, sources.stage.index)
  yield
  const own = sources.built && facts.files.known ? facts.files.value : layered(facts, shipped)
  const started = startedIn(facts.config)
  yield
  const atStart = startFolderScripts(sources.entry ?? null, facts.config, own)
  const { accounts } = facts
  const start = findStepDowns({ config: started, files: { known: true, value: own }, accounts }, atStart)
  yield
  const packages = packageEvidence({
    rules: sources.rules,
    shipped,
    files: own,
    programs: start.programs,
    config: facts.config,
    commands: start.launches.filter(({ byInit }) => byInit !== true).map(({ words }) => words),
    listed: sources.listed,
    exposed: facts.config.exposedPorts.map(({ port }) => port),
    atStart: writtenAnew(start),
    opaque: start.unread.length > 0 || startsUnknownScript(facts, own),
  })
  const builders = yield* buildersOf(sources.stage, shipping)
  yield
  const closed = closedNeeds(shipped, facts.config, own)
  yield
  const working = workingFolder(sources.workingFolder, start, shipped, started, sources.startKnown)
  yield
  const home = rootHome(shipped, facts.config, start.programs)
  yield
  const files = sources.built || packages.files.size === 0 ? own : beneath(packages.files, own, shipped)
  const needs = yield* inPieces([
    () => runLineNeeds(shipped),
    () => repositoryNeeds(shipped, started),
    () => commandLineNeeds(started),
    () => frameworkNeeds(shipped, runsInBuild(shipped), collectsAtStart(start, facts.config)),
    () => scriptWriteNeeds(start, shipped, facts.config),
    () => sourceNeeds(shipped, started, start.launches),
    () => compiledNeeds(builders, shipped, started),
    () => springNeeds([shipped, ...builders], started),
    () => emptyFolderNeeds(shipped),
    () => closed.needs,
    () => (sources.built ? [] : madeClosedNeeds(shipped, facts.config)),
    () => (sources.built ? [] : filledVolumeNeeds(shipped, facts.config, start.programs)),
    () => home.needs,
  ])
  return {
    needs,
    assumed: () => [
      ...packages.needs,
      ...working.needs,
      ...(sources.built ? [] : configWriteNeeds(shipped, facts.config, own, start.programs)),
      ...(sources.asBuilt && facts.files.known ? inImageNeeds(facts.config, own, start) : []),
    ],
    accounts: packages.accounts,
    describesPackages: packages.started.length > 0,
    files,
    moves: withScripts(packages.moves, start.scripts, own, facts),
    capable: setCapabilities(shipped.steps),
    programs: start.programs,
    isShipped: (path) => shipped.origins.has(path),
    isRemoved: sources.built ? () => false : shipped.isRemoved,
    stepDowns:
      files === own
        ? start
        : findStepDowns({ config: started, files: { known: true, value: files }, accounts }, atStart),
    fileEdits: [...packages.fileEdits, ...working.fileEdits],
    env: home.env,
    cautions: [
      ...(sources.built
        ? []
        : [...boundedRuns(shipped), ...missingScripts(shipped, facts.config), ...unknownVolumes(shipped)]),
      ...(sources.built || facts.files.known
        ? []
        : [
            ...unreadScripts({ start, config: started, facts, vendors: argvOf(sources.entry?.config ?? {}) }, shipped),
            ...unpackedPrograms(shipped, start, started, [...needs, ...working.needs]),
          ]),
      ...initRemarks(start),
      ...hostSockets(shipped, started),
      ...systemTools(start),
      ...unknownServers(sources, { shipped, start, started, packages }),
      ...packages.remarks,
      ...supervisorCautions(start, own),
    ],
    remarks: [
      ...(sources.built ? [] : missingCopies(shipped)),
      ...openRemarks(shipped),
      ...closed.remarks,
      ...home.remarks,
      ...s6Remarks(shipped, facts),
    ],
  }
}

function* inPieces<T>(pieces: readonly (() => readonly T[])[]): InTurn<readonly T[]> {
  const all: T[] = []
  for (const make of pieces) {
    for (const one of make()) all.push(one)
    yield
  }
  return all
}

function shippingOf({ dockerfile, walks, context, built, facts }: StatedSources): ShippedSources {
  return {
    dockerfile,
    walks,
    context,
    // Of an image that has been built the files are those that it ends with.
    base: built || !facts.files.known ? null : facts.files.value,
    idsOf: (owner) => {
      if (/^\d+(:\d+)?$/.test(owner)) return numbers(owner)
      const resolved = facts.accounts.known ? resolveUser(owner.replace('.', ':'), facts.accounts.value) : null
      return resolved?.known === true ? resolved.value : null
    },
  }
}

/** Ports in the start scripts that the stage itself ships. */
function withScripts(
  moves: ReadonlyMap<number, VendorMove>,
  scripts: readonly string[],
  files: FileModel,
  { config }: ImageFacts,
): ReadonlyMap<number, VendorMove> {
  const all = new Map(moves)
  for (const { port } of config.exposedPorts) {
    const fileEdits = scripts.flatMap((path) => scriptPortEdits(path, files.text(path) ?? '', port))
    if (port >= FIRST_UNPRIVILEGED_PORT || fileEdits.length === 0) continue
    const before = all.get(port)
    all.set(port, {
      to: before?.to ?? port + 8000,
      fileEdits: [...(before?.fileEdits ?? []), ...fileEdits],
      env: [],
      append: [],
    })
  }
  return all
}

function numbers(owner: string): { readonly uid: number; readonly gid: number } {
  const [uid = 0, gid] = owner.split(':').map(Number)
  return { uid, gid: gid ?? uid }
}

/** The files of the base image, where they are known, with what a stage puts in and takes away. */
function layered(facts: ImageFacts, { entries, texts, actions, isRemoved }: Shipped): FileModel {
  if (!facts.files.known) return createFileModel(entries, texts)
  const base = facts.files.value
  if (!actions.some(({ tool }) => tool === 'rm')) return base.with(entries, texts)
  const gone = new Map([...base.paths()].filter(isRemoved).map((path) => [path, null] as const))
  return base.with(gone).with(entries, texts)
}

/** What packages bring lies below what the instructions put there. */
function beneath(entries: ReadonlyMap<string, FileEntry>, own: FileModel, { isRemoved }: Shipped): FileModel {
  return own.with(new Map([...entries].filter(([path]) => own.entry(path) === null && !isRemoved(path))))
}
