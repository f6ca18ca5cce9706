import type { Mount } from '../../engine/engine.ts'
import { ARBITRARY_UID, ROOT_GROUP } from '../../plan/account/arbitrary-uid.ts'
import type { ProfileUser } from '../../profile/profile.ts'
import type { ReportCell } from '../../report/report.ts'
import { compare } from '../checks/index.ts'
import type { RunRecord } from '../container/run-record.ts'
import { arbitrarySpec, limits, lockedSpec, volumePaths } from '../container/run-specs.ts'
import { type Beside, notAsked, outcomeOf, runCell } from './cell.ts'
import { groupVolumes, podCells } from './pod-cell.ts'
import { FILLED, MIGRATED, volumeCells } from './volume-cells.ts'

const PLAIN = 'plain'
const DROPPED = 'capabilities dropped, no new privileges'
const LOW_PORTS = 'the same, low ports refused'
const READ_ONLY = 'read-only root'
const FRESH = 'fresh volume'
const COMPARED = 'the run that was compared'

/** Of the conditions that need not wait for what the result itself was seen to do. */
export interface FirstCellsRequest extends Beside {
  /** The result as an image of the engine. */
  readonly image: string
  /** What a read-only root is expected to need: by what the original wrote. */
  readonly mounts: readonly Mount[]
  /** It has to work with any uid; then the run that was compared had one. */
  readonly arbitraryUid: boolean
}

export interface FirstCells {
  readonly plain: ReportCell
  readonly dropped: ReportCell
  readonly arbitrary: ReportCell
  /** Null where the run that was compared is it. */
  readonly low: ReportCell | null
  /** With the mounts that were expected. */
  readonly frozen: { readonly cell: ReportCell; readonly mounts: readonly Mount[] }
}

export interface CellsRequest extends FirstCellsRequest {
  /** Who it runs as; null where no number is known. */
  readonly user: Pick<ProfileUser, 'uid' | 'gid'> | null
  /** What a read-only root needs to be writable, by what the result itself wrote. */
  readonly mounts: readonly Mount[]
  /** Volumes that a root run of the original has filled. */
  readonly filled: readonly Mount[]
  /** The original as people call it; null where it was only built here. */
  readonly reference: string | null
}

export interface Cells {
  readonly cells: readonly ReportCell[]
  readonly readOnly: boolean
  /** `/tmp`, `/run/nginx`: what a read-only root needs to be writable. */
  readonly writable: readonly string[]
}

/** Each is independent, so they run side by side, and beside whatever else the result is asked at that time. */
export async function runFirstCells(request: FirstCellsRequest): Promise<FirstCells> {
  const { arbitraryUid, mounts } = request
  const [frozen, plain, dropped, low, arbitrary] = await Promise.all([
    readOnlyCell(request),
    plainCell(request),
    droppedCell(request),
    arbitraryUid ? lowPortsCell(request) : null,
    arbitraryCell({ ...request, asked: arbitraryUid }),
  ])
  return { plain, dropped, low, arbitrary, frozen: { cell: frozen, mounts } }
}

/** Runs a result that passed under the conditions that are left. */
export async function runCells(request: CellsRequest, first: FirstCells): Promise<Cells> {
  const { image, mounts } = request
  const { plain, dropped, low, arbitrary } = first
  const asExpected = JSON.stringify(first.frozen.mounts) === JSON.stringify(mounts)
  const [frozen, volumes, pods] = await Promise.all([
    asExpected ? first.frozen.cell : readOnlyCell(request),
    volumeCells({ ...request, spec: lockedSpec(image) }),
    podCells(request, arbitrary),
  ])
  const readOnly = frozen.outcome === 'pass'
  return {
    cells: [
      plain,
      dropped,
      low ?? passed(LOW_PORTS, COMPARED),
      readOnly ? { ...frozen, reason: described(mounts) } : frozen,
      arbitrary,
      freshCell(request),
      ...volumes,
      ...pods,
    ],
    readOnly,
    writable: mounts.map((mount) => mount.target),
  }
}

/** The same where the result wrote elsewhere too by the end: without these mounts it would fail then. */
export async function withMounts(request: CellsRequest, cells: Cells, mounts: readonly Mount[]): Promise<Cells> {
  if (!cells.readOnly || JSON.stringify(mounts) === JSON.stringify(request.mounts)) return cells
  const cell = await readOnlyCell({ ...request, mounts })
  const readOnly = cell.outcome === 'pass'
  const frozen = readOnly ? { ...cell, reason: described(mounts) } : cell
  return {
    cells: cells.cells.map((other) => (other.name === READ_ONLY ? frozen : other)),
    readOnly,
    writable: mounts.map(({ target }) => target),
  }
}

/**
 * For a result that does not do what the original did: which of the first conditions it is that it cannot stand. A low
 * port that stays fails here under the third alone. `first`: where they were run already.
 */
export async function failingCells(
  request: CellsRequest,
  compared: RunRecord,
  first: FirstCells | null,
): Promise<Cells> {
  const { arbitraryUid, baseline, moved } = request
  const outcome = outcomeOf(compare(baseline, compared, moved), compared)
  const failed = (name: string): ReportCell => ({ name, required: true, ...outcome })
  const why = 'it does not do what the original does in the run that was compared'
  const [plain, dropped, low] = first
    ? [first.plain, first.dropped, first.low]
    : await Promise.all([plainCell(request), droppedCell(request), arbitraryUid ? lowPortsCell(request) : null])
  const arbitrary = arbitraryUid ? failed(ARBITRARY) : notAsked(ARBITRARY, why)
  return {
    cells: [
      plain,
      dropped,
      low ?? failed(LOW_PORTS),
      notAsked(READ_ONLY, why),
      arbitrary,
      ...[FRESH, FILLED, MIGRATED].map((name) => notAsked(name, why)),
    ],
    readOnly: false,
    writable: [],
  }
}

/** All of them, where there was nothing to run. */
export function noCells(reason: string): Cells {
  const cells = [PLAIN, DROPPED, LOW_PORTS, READ_ONLY, ARBITRARY, FRESH, FILLED, MIGRATED].map((name) =>
    notAsked(name, reason),
  )
  return { cells, readOnly: false, writable: [] }
}

async function plainCell(request: FirstCellsRequest): Promise<ReportCell> {
  return (await runCell(request, limits({ image: request.image }), PLAIN, true)).cell
}

async function droppedCell(request: FirstCellsRequest): Promise<ReportCell> {
  const spec = limits({ image: request.image, capDrop: ['ALL'], noNewPrivileges: true })
  return (await runCell(request, spec, DROPPED, true)).cell
}

async function readOnlyCell(request: FirstCellsRequest): Promise<ReportCell> {
  const spec = { ...lockedSpec(request.image), readOnly: true, mounts: request.mounts }
  return (await runCell(request, spec, READ_ONLY, false)).cell
}

async function lowPortsCell(request: FirstCellsRequest): Promise<ReportCell> {
  return (await runCell(request, lockedSpec(request.image), LOW_PORTS, true)).cell
}

function freshCell({ facts }: CellsRequest): ReportCell {
  const volumes = volumePaths(facts.config)
  if (volumes.length === 0) return notAsked(FRESH, 'it declares no volume')
  return passed(FRESH, `${volumes.join(', ')}, new in the run that was compared`)
}

function passed(name: string, reason: string): ReportCell {
  return { name, required: true, outcome: 'pass', reason }
}

function described(mounts: readonly Mount[]): string {
  if (mounts.length === 0) return 'nothing needs to be writable'
  return mounts.map(({ type, target }) => `${type} on ${target}`).join(', ')
}

const ARBITRARY = 'arbitrary uid, group 0'
/** As OpenShift's: the namespace's own, beside group 0. */
const FS_GROUP = ARBITRARY_UID
const UNMAPPED =
  /setgroups|setuid|setgid|\bmapp(ed|ing)|invalid argument|cannot find (?:(?!cannot find (?!in)).)* in|set user/i

interface ArbitraryRequest extends Beside {
  readonly image: string
  /** It was asked for; then the run that was compared was one of these already. */
  readonly asked: boolean
}

/** As OpenShift runs it: any uid, group 0, and volumes that come empty and belong to a group that the pod is in. */
async function arbitraryCell(request: ArbitraryRequest): Promise<ReportCell> {
  const { asked, image, facts } = request
  const mounts = groupVolumes(facts, FS_GROUP)
  if (asked && mounts.length === 0)
    return { name: ARBITRARY, required: true, outcome: 'pass', reason: 'the run that was compared' }
  const spec = { ...arbitrarySpec(image), mounts, groups: [FS_GROUP] }
  const { cell, record } = await runCell(request, spec, ARBITRARY, asked)
  const error = record?.state.error ?? ''
  if (UNMAPPED.test(error)) return notAsked(ARBITRARY, `this engine has no uid ${ARBITRARY_UID}: ${error}`, asked)
  if (cell.outcome === 'fail')
    return asked ? cell : { ...cell, reason: `${cell.reason} (--arbitrary-uid makes it hold, for OpenShift)` }
  const volumes = mounts.length === 0 ? '' : `, ${mounts.map(({ target }) => target).join(', ')} by its group alone`
  return { ...cell, reason: cell.outcome === 'pass' ? `ran as ${ARBITRARY_UID}:${ROOT_GROUP}${volumes}` : cell.reason }
}
