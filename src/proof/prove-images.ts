import type { Mount } from '../engine/engine.ts'
import { FIRST_UNPRIVILEGED_PORT } from '../evidence/claim.ts'
import type { Operation } from '../evidence/operation.ts'
import { resolveUser } from '../image/accounts.ts'
import type { ImageFacts } from '../image/facts.ts'
import { factsFromEngine } from '../image/sources/engine.ts'
import type { ReportProof } from '../report/report.ts'
import { startsNothing, unknownNames, unseenWork, untracedOriginal, untracedRun } from './caveats.ts'
import { writableMounts } from './conditions/writable-mounts.ts'
import { operationsOfDiff } from './container/files.ts'
import { exposedTcp, removeVolumes } from './container/run-specs.ts'
import { unexercised, unfitBaseline } from './invalid-baseline.ts'
import { judge, type Late } from './judge.ts'
import { refusesRoot } from './needs-root.ts'
import { type Original, runOriginal } from './original.ts'
import { failuresOf, proofReport } from './proof-report.ts'
import type { ProveRequest } from './request.ts'
import { type ResultRun, runResult } from './round.ts'
import type { KnownNames } from './sandbox/open-sandbox.ts'
import { hasPassed } from './tried.ts'

export interface ImagesRequest
  extends Omit<
    ProveRequest,
    | 'baseline'
    | 'original'
    | 'speculativeRuns'
    | 'again'
    | 'late'
    | 'before'
    | 'harden'
    | 'build'
    | 'stage'
    | 'reference'
    | 'minimize'
    | 'capAdd'
    | 'remarks'
  > {
  readonly image: string
  /** Null for the image itself, run as root. The image itself: unchanged, with nothing dropped. */
  readonly baseline: string | null
  /** A run of the baseline that is under way already; null: it is run here. */
  readonly begun: Promise<Original> | null
  /** Absent or null where names are looked up outside. */
  readonly names?: KnownNames | null
  /** Remarks about what this proof does not show. */
  readonly remarks: readonly string[]
}

/** Runs one image locked down beside another, or beside itself as root, and compares; nothing is planned or written. */
export async function proveImages(request: ImagesRequest): Promise<Shown> {
  const first = await proveImage(request, null)
  // A difference in time may come from when each was started: traces of equal length tell.
  return first.late !== null && request.trace ? proveImage(request, first.late) : first
}

interface Shown {
  readonly report: ReportProof
  readonly failures: readonly string[]
  readonly late: Late | null
  /** All that the traced run of the image did; absent where there is none. */
  readonly operations?: readonly Operation[]
}

async function proveImage(request: ImagesRequest, late: Late | null): Promise<Shown> {
  const { engine, image, times } = request
  const other = request.baseline
  const facts = other === null || other === image ? request.facts : await factsFromEngine(engine, other)
  const { original: begun, remarks } = await runReference(request, facts, late?.after ?? 0)
  const { live, study, filled } = begun
  const original = await study
  const early = await live.snapshot('logs')
  times.lap('original')
  const seenWork = { ...early, trace: original.trace, traceRefused: original.traceRefused }
  const unfit = unfitBaseline(seenWork, facts)
  if (unfit !== null) {
    const report = proofReport(engine.version, await live.finish(), null, 0, [], [unfit])
    return { report: times.on(report), failures: [], late: null }
  }
  const doubt = await unexercised({ engine, facts }, seenWork)
  request.progress('running it without capabilities or new privileges')
  const moved = pairedPorts(exposedTcp(facts.config), exposedTcp(request.facts.config))
  const user = userOf(request.facts)
  const expected = writableMounts(original.trace?.operations ?? [], { grants: [] }, request.facts, user)
  const { config } = request.facts
  const keepsLowPort = (early.listeners ?? []).some(({ port }) => port < FIRST_UNPRIVILEGED_PORT && !moved.has(port))
  const run = await runResult({
    ...request,
    keepsLowPort,
    baseline: early,
    original,
    moved,
    config,
    mounts: expected,
    late,
  })
  const operations = run.traced?.trace?.operations ?? (await written(run, request))
  const mountsFor = (more: readonly Operation[]): readonly Mount[] =>
    writableMounts([...operations, ...more], { grants: [] }, request.facts, user)
  const reference = other ?? image
  const conditions = { ...request, facts, image, moved, keepsLowPort, user, mountsFor, filled, reference, times, late }
  const judged = await judge(conditions, live, original, run)
  await removeVolumes(engine, filled)
  const told = [
    ...(doubt?.isRemark === true ? [doubt.message] : []),
    ...request.remarks,
    ...remarks,
    ...unknownNames(begun.nobody),
    ...untracedOriginal(request.trace, original),
    ...untracedRun(original, run),
    ...judged.pending,
  ]
  const reasons = [
    ...(doubt?.isRemark === false ? [doubt.message] : []),
    ...(request.smoke.length > 0 ? [] : startsNothing(original, facts)),
    ...unseenWork(judged.baseline, original, judged.run.record),
  ]
  return {
    report: times.on(proofReport(engine.version, judged.baseline, judged.run, 1, told, reasons)),
    failures: failuresOf(judged.run, judged.baseline),
    late: judged.late,
    ...(run.traced?.trace ? { operations: run.traced.trace.operations } : {}),
  }
}

/** The reference to compare with. An image that refuses to be root is run as its own user, with nothing dropped. */
async function runReference(
  request: ImagesRequest,
  facts: ImageFacts,
  stays: number,
): Promise<{ readonly original: Original; readonly remarks: readonly string[] }> {
  const { engine, image, baseline } = request
  if (request.begun !== null && stays === 0) return { original: await request.begun, remarks: [] }
  const run = (spec: { readonly image: string; readonly user?: string }) =>
    runOriginal({ ...request, stays, config: facts.config, ...spec })
  request.progress(baseline === null ? 'running it as root' : `running ${baseline} as it is`)
  const original = await run(baseline === null ? { image, user: '0:0' } : { image: baseline })
  const { live, study, filled } = original
  const own = baseline === null ? userOf(facts) : null
  if (own === null || !(await refusesRoot(live))) return { original, remarks: [] }
  await Promise.all([live.finish(), study])
  await removeVolumes(engine, filled)
  request.progress('it refuses root: running it as its own user')
  return {
    original: await run({ image }),
    remarks: [`what it does as root: it refuses to run so, and was run as ${own.uid} to be compared with`],
  }
}

/** Null where it is root, or nobody can say who. */
function userOf({ accounts, config }: ImageFacts): { uid: number; gid: number; home: string } | null {
  const user = resolveUser(config.user, accounts.known ? accounts.value : { users: [], groups: [] })
  return user.known && user.value.uid !== 0 ? user.value : null
}

/** Without a trace only what a run has left behind tells what it wrote. */
async function written(run: ResultRun, { engine, facts }: ImagesRequest): Promise<readonly Operation[]> {
  if (!facts.files.known || !hasPassed({ run })) return []
  // Where the list is cut short, the last look at the container says so.
  const { entries } = await engine.diff(run.record.container)
  return operationsOfDiff(entries, facts.files.value, () => 'file')
}

/**
 * Which exposed port of a baseline is which of an image: the same one, unless that has moved; or the only one that is left
 * on either side. An image that is built upon its baseline still exposes what that exposes: there a low port has moved
 * where one is new that ends alike (80 and 8080, 443 and 8443).
 */
export function pairedPorts(baseline: readonly number[], image: readonly number[]): ReadonlyMap<number, number> {
  const gone = baseline.filter((port) => !image.includes(port))
  const added = image.filter((port) => !baseline.includes(port))
  const alike = (port: number): number | undefined => added.find((other) => other % 1000 === port % 1000)
  const inherited = baseline.filter(
    (port) => image.includes(port) && port < FIRST_UNPRIVILEGED_PORT && alike(port) !== undefined,
  )
  return new Map(
    [...inherited, ...gone].flatMap((port) => {
      const to = alike(port) ?? added[gone.indexOf(port)]
      return to === undefined ? [] : [[port, to] as const]
    }),
  )
}
