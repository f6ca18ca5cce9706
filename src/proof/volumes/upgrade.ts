import { lstat, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  MIGRATION_OWNERS,
  MIGRATION_SERVICE,
  type PlannedMigration,
  type VolumeNeed,
} from '../../manifests/compose/migration.ts'
import type { Project } from '../../manifests/project.ts'
import { asList, asObject, isObject, type Json, parseYaml, textOf } from '../../manifests/yaml/file.ts'
import { normalisePath } from '../../places.ts'
import type { ReportCheck } from '../../report/report.ts'
import { counted } from '../../report/summary.ts'
import { removeFolder, temporaryFolder } from '../../temporary.ts'
import { joinTruncated } from '../../words.ts'
import { health, liveness, ports, smoke } from '../checks/runs.ts'
import type { RunRecord } from '../container/run-record.ts'
import { openStackRun, type StackRunRequest, type StackSight } from '../container/stack-run.ts'
import type { ComposeDriver } from '../drivers/compose-driver.ts'
import { copyHostFiles } from '../drivers/host-files.ts'
import type { StackSide } from '../drivers/run-file.ts'
import { isRefusal, linesBeside } from '../log-refusals.ts'
import {
  type Asker,
  NO_CONTENTS,
  openVolumeWork,
  type VolumeSet,
  type VolumeSight,
  type VolumeWork,
} from './filled-volumes.ts'

export interface UpgradeRequest
  extends Pick<StackRunRequest, 'network' | 'isTrusted' | 'mayRead' | 'smoke' | 'moved' | 'signal'> {
  readonly driver: ComposeDriver
  readonly original: StackSide
  readonly result: StackSide
  readonly planned: PlannedMigration
  /** An image with a shell and the usual tools; null where none of the project's is known to have them. */
  readonly tools: string | null
  /**
   * Volumes that a run of the original has filled and that stay, by their name in the project. Absent: the original is run to fill
   * them.
   */
  readonly filled?: VolumeSet
}

/** What one volume needs before the result can use it, as the runs have shown. */
interface VolumeUpgrade {
  readonly volume: string
  readonly step: 'works as it is' | 'needs the migration' | 'could not be shown'
  /** Half a sentence, for people. */
  readonly reason: string
}

export interface UpgradeProof {
  readonly volumes: readonly VolumeUpgrade[]
  /** `baseline`: the original on volumes that it has filled. */
  readonly checks: readonly ReportCheck[]
  readonly passed: boolean
}

/** A folder of the machine that is a volume in these runs, so that one run finds what another wrote. */
interface Place {
  readonly need: VolumeNeed
  /** Its name in the runs. */
  readonly key: string
  /** The folder; null for a volume of the engine. */
  readonly path: string | null
}

/**
 * Runs the result on what the original has left in its volumes, as it is and after the migration; then the original on what that
 * left, with the undo and without. Null where nothing outlives its containers.
 */
export async function proveUpgrade(request: UpgradeRequest): Promise<UpgradeProof | null> {
  const { planned, driver, tools } = request
  const { engine, compose } = driver
  const places = placesOf(planned.volumes, request.original.project)
  if (places.length === 0) return null
  if (tools === null)
    return unshown(planned.volumes, 'no image of the project is known to have the tools that copy a volume')
  const work = await openVolumeWork(engine, compose, tools)
  const folder = await temporaryFolder('upgrade')
  const own = new Set<string>()
  try {
    const found = await filledVolumes(request, { places, folder, work, own })
    return 'why' in found ? unshown(planned.volumes, found.why) : await shown(request, places, work, found)
  } finally {
    await Promise.all([...own].map((volume) => engine.removeVolume(volume)))
    await work.close()
    await removeFolder(folder)
  }
}

function unshown(volumes: readonly VolumeNeed[], why: string): UpgradeProof {
  return {
    volumes: volumes.map(({ volume }) => ({ volume, step: 'could not be shown', reason: why })),
    checks: [],
    passed: false,
  }
}

function placesOf(needs: readonly VolumeNeed[], { volumes }: Project): readonly Place[] {
  return needs.flatMap((need, index) => {
    const path = need.volume.startsWith('/') ? need.volume : (volumes.get(need.volume)?.device ?? null)
    // A folder that keeps its owner is copied anew for each run, as any other file of the machine.
    if (path !== null && need.need !== 'migration') return []
    return [{ need, key: need.volume.startsWith('/') ? `of-host-${index}` : need.volume, path }]
  })
}

interface Filling {
  readonly places: readonly Place[]
  readonly folder: string
  readonly work: VolumeWork
  /** Volumes to remove in the end. */
  readonly own: Set<string>
}

async function filledVolumes(
  request: UpgradeRequest,
  { places, folder, work, own }: Filling,
): Promise<VolumeSet | { readonly why: string }> {
  const ofHost = places.flatMap(({ path, key }) => (path === null ? [] : [{ path, key }]))
  if (ofHost.length === 0 && request.filled !== undefined) {
    const { filled } = request
    return new Map(places.flatMap(({ key }) => (filled.has(key) ? [[key, filled.get(key) ?? ''] as const] : [])))
  }
  await mkdir(join(folder, 'host'))
  const paths = ofHost.map(({ path }) => path)
  const { copies, unshown: missing } = await copyHostFiles(paths, join(folder, 'host'), request.mayRead)
  for (const [path, copy] of copies)
    if (copy !== null && !(await lstat(copy)).isDirectory())
      return { why: `${path} is a file, which no volume stands for` }
  if (missing.length > 0) return { why: missing.join('; ') }
  const [given = new Map()] = await work.copy(new Map(ofHost.map(({ path, key }) => [key, copies.get(path) ?? ''])), [
    'host',
  ])
  const side = withVolumes(request.original, places)
  const run = await openStackRun({ ...request, side, label: 'fill', volumes: given, moved: new Map(), traced: false })
  try {
    const { wrong } = await run.look()
    for (const [key, volume] of run.volumes) if (!given.has(key)) own.add(volume)
    // A program may write its state when it is asked to end.
    await run.stop()
    return wrong === null
      ? new Map([...run.volumes].filter(([key]) => places.some((one) => one.key === key)))
      : { why: `the original does not come up: ${wrong}` }
  } finally {
    await run.close({ keepsVolumes: true })
  }
}

/** The project with volumes in place of folders of the machine. */
function withVolumes(side: StackSide, places: readonly Place[]): StackSide {
  const { project } = side
  const keys = new Map(places.map(({ need, key }) => [need.volume, key]))
  const services = project.services.map((service) => ({
    ...service,
    mounts: service.mounts.map((mount) => {
      const key = keys.get(mount.source)
      return key === undefined
        ? mount
        : { ...mount, kind: 'volume' as const, source: key, isEmpty: mount.isEmpty || mount.kind === 'host' }
    }),
  }))
  const volumes = new Map([
    ...project.volumes,
    ...places.map(({ key }) => [key, { external: false, device: null }] as const),
  ])
  return { ...side, project: { ...project, services, volumes } }
}

async function shown(
  request: UpgradeRequest,
  places: readonly Place[],
  work: VolumeWork,
  filled: VolumeSet,
): Promise<UpgradeProof> {
  const { original, result, planned, moved } = request
  const none = new Map<string, ReadonlyMap<number, number>>()
  const askers = new Map(
    places.flatMap(({ need: { owner }, key }) =>
      owner === null ? [] : [[key, { user: `${owner.uid}:${owner.gid}`, of: owner.from } satisfies Asker] as const],
    ),
  )
  const before = await work.look(filled, askers)
  const [usual = filled, asIs = filled, moving = filled] = await work.copy(filled, ['usual', 'as-is', 'migrated'])
  const migrated = planned.text === null ? null : await migrate(planned.text, { request, places, work, before }, moving)
  const isMoved = migrated !== null && migrated.changed.size > 0
  const ordinary = await runOn({ ...request, moved: none }, withVolumes(original, places), 'usual', usual)
  // Each run waits for what the original answers, since one service may be up before another that it asks.
  const on = (side: StackSide, label: string, volumes: VolumeSet, ports: StackRunRequest['moved']) =>
    runOn({ ...request, moved: ports, usual: ordinary.sight }, withVolumes(side, places), label, volumes)
  const [first, second] = await Promise.all([
    on(result, 'asis', asIs, moved),
    isMoved ? on(result, 'migrated', moving, moved) : null,
  ])
  if (ordinary.sight.wrong !== null)
    return unshown(planned.volumes, `the original does not come up on what it has left: ${ordinary.sight.wrong}`)
  const left = isMoved ? moving : asIs
  const after = await work.look(left, new Map())
  const [kept] = isMoved ? await work.copy(left, ['kept']) : []
  const undone = isMoved ? await migrated.undo(left) : null
  const [back, without] = await Promise.all([
    on(original, 'back', left, none),
    kept === undefined ? null : on(original, 'without', kept, none),
  ])
  const troubles = troublesOf(ordinary, first)
  const volumes = places.map((place): VolumeUpgrade => {
    const [was, is] = [before.get(place.key), after.get(place.key)]
    const isChanged = migrated?.changed.has(place.key) === true
    const told = { troubles, closed: was?.closed ?? 0, isWritten: was?.contents !== is?.contents, isChanged }
    return { volume: place.need.volume, ...stepOf(place.need, { ...told, isEmpty: was?.contents === NO_CONTENTS }) }
  })
  const others = planned.volumes
    .filter(({ volume, need }) => need !== 'nothing' && !places.some((place) => place.need.volume === volume))
    .map(({ volume, reason }): VolumeUpgrade => ({ volume, step: 'could not be shown', reason }))
  const checks = [
    checkOf(
      `the result on volumes of the original${isMoved ? ', migrated' : ''}`,
      troublesOf(ordinary, second ?? first),
    ),
    ...(isMoved ? migrated.checks : []),
    ...(undone === null ? [] : [undone]),
    checkOf(`back to the original${isMoved ? ', after the undo' : ''}`, troublesOf(ordinary, back)),
    ...(without === null ? [] : [checkOf('back to the original, without the undo', troublesOf(ordinary, without))]),
  ]
  return { volumes: [...volumes, ...others], checks, passed: checks.every(({ passed }) => passed) }
}

interface Seen {
  readonly troubles: readonly Trouble[]
  readonly closed: number
  readonly isWritten: boolean
  readonly isChanged: boolean
  /** The original has left no file in it. */
  readonly isEmpty: boolean
}

/** A file that the new user may not touch needs the migration even if no run came to it. */
function stepOf(
  need: VolumeNeed,
  { troubles, closed, isWritten, isChanged, isEmpty }: Seen,
): Omit<VolumeUpgrade, 'volume'> {
  const own = troubles.filter(({ service }) => service === null || need.services.includes(service))
  const written = isWritten ? 'was written' : 'nothing was written to it'
  if (!isChanged && isEmpty && need.need === 'migration')
    return { step: 'could not be shown', reason: 'the original has left no file in it' }
  if (!isChanged && own.length === 0)
    return { step: 'works as it is', reason: `${written}, and nothing in it has to change` }
  if (!isChanged)
    return { step: 'could not be shown', reason: `the migration changes nothing in it, and ${saidOf(own)}` }
  if (own.length > 0) return { step: 'needs the migration', reason: `without it ${saidOf(own)}` }
  if (closed > 0)
    return {
      step: 'needs the migration',
      reason: `${counted(closed, 'file')} in it only the user from before may read and write, though no run came to that`,
    }
  return { step: 'works as it is', reason: `${written}, and nothing in it is closed to the new user` }
}

async function runOn(
  request: UpgradeRequest & Pick<StackRunRequest, 'usual'>,
  side: StackSide,
  label: string,
  volumes: VolumeSet,
): Promise<SeenRun> {
  const { moved } = request
  const run = await openStackRun({ ...request, side, label, volumes, traced: false })
  try {
    const sight = await run.look()
    await run.stop()
    return { sight, moved }
  } finally {
    await run.close()
  }
}

/** A run, with the new number of each moved port. */
interface SeenRun {
  readonly sight: StackSight
  readonly moved: StackRunRequest['moved']
}

interface Trouble {
  /** Null for the whole stack. */
  readonly service: string | null
  readonly what: string
}

/** What the original does on the same volumes and this run does not. */
function troublesOf({ sight: usual }: SeenRun, { sight, moved }: SeenRun): readonly Trouble[] {
  const whole = [
    ...(sight.wrong !== null && usual.wrong === null ? [sight.wrong] : []),
    ...usual.smoke.filter(({ name, passed }) => passed && !isPassing(sight, name)).map(({ name }) => `${name} fails`),
  ]
  const own = [...usual.records].flatMap(([service, record]) => {
    const other = sight.records.get(service)
    const found = other === undefined ? ['is not there'] : differences(record, other, moved.get(service) ?? new Map())
    return found.map((what) => ({ service, what }))
  })
  // Where a service fails, it is the reason why the stack does not come up.
  return own.length > 0 ? own : whole.map((what) => ({ service: null, what }))
}

function isPassing({ smoke: checks }: StackSight, name: string): boolean {
  return checks.find((one) => one.name === name)?.passed === true
}

function differences(usual: RunRecord, seen: RunRecord, moved: ReadonlyMap<number, number>): readonly string[] {
  const checks = [liveness, health, ports, smoke].flatMap((check) => [...check.compare(usual, seen, moved)])
  const refused = linesBeside(usual.logs, seen.logs).filter(isRefusal)
  return [
    ...checks.filter(({ passed }) => !passed).map(({ name, result }) => `${name}: ${result}`),
    ...refused.slice(0, 1).map((line) => `says ${line.slice(0, 200)}`),
  ]
}

function saidOf(troubles: readonly Trouble[]): string {
  return joinTruncated(troubles.map(({ service, what }) => (service === null ? what : `${service} ${what}`)))
}

function checkOf(name: string, troubles: readonly Trouble[]): ReportCheck {
  const passed = troubles.length === 0
  return { name, baseline: 'works', result: passed ? 'works' : saidOf(troubles), passed }
}

interface Migrating {
  readonly request: UpgradeRequest
  readonly places: readonly Place[]
  readonly work: VolumeWork
  readonly before: ReadonlyMap<string, VolumeSight>
}

interface Migrated {
  /** Volumes in which it has changed anything. */
  readonly changed: ReadonlySet<string>
  readonly checks: readonly ReportCheck[]
  readonly undo: (set: VolumeSet) => Promise<ReportCheck>
}

/** Runs the migration service as it was written: once, again, its undo, and once more. */
async function migrate(text: string, { request, places, work, before }: Migrating, set: VolumeSet): Promise<Migrated> {
  const { tools, original } = request
  const owners = work.reserve('owners')
  const service = serviceIn(text, { places, image: tools ?? '', folder: original.project.folder })
  const call = async (volumes: VolumeSet, ...args: readonly string[]): Promise<{ ends: string; says: string }> => {
    const { exitCode, stdout, stderr } = await work.run(
      service,
      new Map([...volumes, [MIGRATION_OWNERS, owners]]),
      args,
    )
    const why = stderr.trim().split('\n').at(-1) ?? ''
    return { ends: exitCode === 0 ? 'ends well' : `exit ${exitCode}: ${why}`, says: stdout }
  }
  const ends = (name: string, { ends: result }: { readonly ends: string }): ReportCheck => ({
    name,
    baseline: 'ends well',
    result,
    passed: result === 'ends well',
  })
  const first = await call(set)
  const moved = await work.look(set, new Map())
  const again = await call(set)
  const undone = await call(set, 'undo')
  const restored = await work.look(set, new Map())
  const last = await call(set)
  const isAlike = (one: ReadonlyMap<string, VolumeSight>, key: string): boolean =>
    one.get(key)?.owners === before.get(key)?.owners
  const isStill = !/ belong to \S+ now$/m.test(again.says)
  const unlike = [...before.keys()].filter((key) => !isAlike(restored, key))
  return {
    changed: new Set([...before.keys()].filter((key) => !isAlike(moved, key))),
    checks: [
      ends('the migration', first),
      {
        name: 'the migration, a second time',
        baseline: 'changes nothing',
        result: isStill ? 'changes nothing' : 'changes something',
        passed: isStill,
      },
      ends('the undo', undone),
      {
        name: 'owners and modes after the undo',
        baseline: 'as before',
        result: unlike.length === 0 ? 'as before' : `others in ${joinTruncated(unlike)}`,
        passed: unlike.length === 0,
      },
      ends('the migration, after the undo', last),
    ],
    undo: async (volumes) => ends('the undo, after the result has run', await call(volumes, 'undo')),
  }
}

interface ServicePlace {
  readonly places: readonly Place[]
  readonly image: string
  readonly folder: string
}

/** The service as it is written, but in the proof's image and on its volumes. */
function serviceIn(text: string, { places, image, folder }: ServicePlace): Json {
  const { services } = asObject(parseYaml(text, MIGRATION_SERVICE).values[0])
  const { build: _build, profiles: _profiles, ...service } = asObject(asObject(services)[MIGRATION_SERVICE])
  const volumes = asList(service.volumes).map((mount) => {
    if (!isObject(mount) || mount.type !== 'bind') return mount
    const path = normalisePath(textOf(mount.source).replaceAll('$$', '$'), folder)
    const key = places.find((place) => place.path === path)?.key
    return { type: 'volume', source: key ?? path, target: mount.target, volume: { nocopy: true } }
  })
  return { ...service, image, volumes }
}
