import type { AccountChoice } from '../plan/plan.ts'
import type { RunRecord } from '../proof/container/run-record.ts'
import { refusesRoot } from '../proof/needs-root.ts'
import type { ProveRequest } from '../proof/request.ts'
import { type ReportFinding, targetFinding } from '../report/report.ts'
import type { WorkItem } from '../repository/work-item.ts'
import { joinTruncated } from '../words.ts'
import type { OriginalRuns } from './original-runs.ts'
import { proofEnv } from './session.ts'
import type { Options } from './task.ts'

interface Runs {
  readonly originals: OriginalRuns
  /** The original, as the engine has it. */
  readonly baseline: string
  /** Who the result is planned to run as; null where that is not known. */
  readonly user: Pick<AccountChoice, 'name' | 'uid' | 'gid'> | null
}

export interface Willing extends Pick<ProveRequest, 'original' | 'remarks'> {
  /** `NAME=VALUE` of every container of this proof. */
  readonly env: readonly string[]
  readonly notes: readonly ReportFinding[]
}

/** A run of the original that comes up: as its Compose services set it, or without that, and as another user if it refuses root. */
export async function willingOriginal(
  item: Pick<WorkItem, 'build'>,
  options: Pick<Options, 'env'>,
  runs: Runs,
): Promise<Willing> {
  const { env, notes } = await willingEnv(item, options, runs)
  return { env, notes, ...(await willingUser(runs, env)) }
}

/** What Compose sets is often what it needs to start at all; what it is told to look for there, a proof does not have. */
async function willingEnv(
  item: Pick<WorkItem, 'build'>,
  options: Pick<Options, 'env'>,
  { originals, baseline }: Runs,
): Promise<Pick<Willing, 'env' | 'notes'>> {
  const { pairs, taken } = proofEnv(item, options)
  if (taken.length === 0) return { env: pairs, notes: [] }
  const { live } = await originals.of(baseline)
  const without = isFine(await live.snapshot('seen'))
    ? null
    : await originals.instead(baseline, { env: options.env }, isFine)
  const what = `what ${joinTruncated(item.build?.by ?? [])} sets (${joinTruncated(taken)})`
  const note = (message: string): ReportFinding =>
    targetFinding('read-build', 'note', message, 'set another value with -e NAME=VALUE')
  return without?.original == null
    ? { env: pairs, notes: [note(`run with ${what}`)] }
    : { env: options.env, notes: [note(`run without ${what}, because the original does not start alone with it`)] }
}

function isFine({ ready, state }: Pick<RunRecord, 'ready' | 'state'>): boolean {
  return ready || (!state.running && state.exitCode === 0)
}

/**
 * One that refuses to run as root is run as whom it is planned to run as: what it does then, with nothing taken from it,
 * is what the result has to do.
 */
async function willingUser(
  { originals, baseline, user }: Runs,
  env: readonly string[],
): Promise<Pick<Willing, 'original' | 'remarks'>> {
  const original = originals.of(baseline)
  const { live } = await original
  if (user === null || !(await refusesRoot(live))) return { original, remarks: [] }
  const manner = { user: `${user.uid}:${user.gid}`, env }
  const { original: other, said } = await originals.instead(
    baseline,
    manner,
    ({ state }) => state.running || state.exitCode === 0,
  )
  const who = user.name === '' ? String(user.uid) : user.name
  if (other === null)
    return {
      original,
      remarks: [`whether it works as ${who}: run so without any other change, the original ends too: ${said}`],
    }
  const remark = `what the original does as root: it refuses to run so, and was run as ${who} to be compared with`
  return { original: Promise.resolve(other), remarks: [remark] }
}
