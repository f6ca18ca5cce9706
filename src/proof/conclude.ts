import { argvOf } from '../command/index.ts'
import type { Mount } from '../engine/engine.ts'
import type { Operation } from '../evidence/operation.ts'
import { couldCreate } from '../image/access.ts'
import type { ImageFacts } from '../image/facts.ts'
import { isInside, isOwnPlace, isStatePlace, normalisePath } from '../places.ts'
import type { AccountChoice, Grant, StagePlan } from '../plan/plan.ts'
import { stagePlanOf } from '../plan/stage-plan.ts'
import { askedToWrite } from './compare/asked-to-write.ts'
import { leftBehind, startsNothing } from './compare/unfit.ts'
import { unrunScripts } from './compare/unrun-scripts.ts'
import { writableMounts } from './conditions/read-only.ts'
import { type JudgeRequest, judge } from './judge.ts'
import { observationOf } from './learn/observation.ts'
import { failuresOf, proofReport } from './proof-report.ts'
import type { Proof, ProveRequest } from './prove.ts'
import { dropRound, hasPassed, type Round } from './round.ts'
import type { Live } from './run/live.ts'
import type { RunRecord } from './run/run-record.ts'
import { untracedRun } from './run/traced-run.ts'

/** The last round that passed, watched to the end; else the last one, with what is missing. */
export async function conclude(
  request: ProveRequest,
  live: Live,
  original: RunRecord,
  rounds: readonly Round[],
  remarks: readonly string[],
  filled: readonly Mount[],
): Promise<Proof> {
  const best = rounds.findLast(hasPassed) ?? rounds.at(-1)
  if (best === undefined) throw new Error('a proof has at least one round')
  for (const round of rounds) if (round !== best && hasPassed(round)) await dropRound(round)
  if (best.run === null) {
    const failures = [best.failure ?? 'the result does not build']
    const baseline = await live.finish()
    const report = proofReport(request.engine.version, baseline, null, request.before + rounds.length, [
      ...remarks,
      ...failures,
    ])
    return { hardened: best.hardened, report, failures }
  }
  const plan = stagePlanOf(best.hardened.plan, request.stage) ?? { grants: [] }
  const { baseline, run, late } = await judge(judgeRequest(request, original, best, filled), live, original, best.run)
  return {
    hardened: best.hardened,
    report: proofReport(request.engine.version, baseline, run, request.before + rounds.length, [
      ...remarks,
      ...leftBehind(original),
      ...startsNothing(original, request.facts),
      ...untracedRun(original, best.run),
      ...askedToWrite(original, best.run.traced),
      ...unrunScripts(original, request.facts),
      ...readState(plan),
      ...unshownPlaces(plan),
      ...namedFolders(request.facts, plan.grants, stagePlanOf(best.hardened.plan, request.stage)?.account ?? null),
    ]),
    failures: failuresOf(run),
    late,
  }
}

function judgeRequest(
  request: ProveRequest,
  original: RunRecord,
  { hardened, image, moved, run }: Round,
  filled: readonly Mount[],
): JudgeRequest {
  const plan = stagePlanOf(hardened.plan, request.stage)
  const user = plan?.account ?? null
  const operations = run?.traced?.trace?.operations ?? observationOf(original, request.facts).operations
  const mountsFor = (more: readonly Operation[]): readonly Mount[] =>
    writableMounts([...operations, ...more], plan ?? { grants: [] }, request.facts, user)
  return { ...request, image, moved, user, mountsFor, filled }
}

/**
 * Files that are closed to others, lie where programs keep their data, and were only read: the original, as root, could
 * write them all the same, and nobody asked it for what it writes them for. What a report says of them.
 */
export function readState({ grants }: Pick<StagePlan, 'grants'>): readonly string[] {
  const paths = grants.filter(({ kind, path }) => kind === 'group-read' && isStatePlace(path)).map(({ path }) => path)
  if (paths.length === 0) return []
  return [
    `whether it also writes ${paths.join(', ')}: it only read there, and its new user may not write it (--writable gives it)`,
  ]
}

const MOST_NAMED = 3

/**
 * Places that the program's own files speak of, and that no run has come to: it may do so on a signal, after minutes or
 * for a request that nobody sent. What a report says of them, one sentence each.
 */
export function unshownPlaces({ unshown }: Pick<StagePlan, 'grants' | 'unshown'>): readonly string[] {
  const grants = unshown?.() ?? []
  const rest = grants.length - MOST_NAMED
  return [
    ...grants.slice(0, MOST_NAMED).map(({ path, kind, evidence }) => {
      const verb = kind === 'group-read' ? 'read' : 'write'
      return `whether it has to ${verb} ${path} (${evidence[0]?.detail ?? 'its own files speak of it'}): no run did, and its new user may not (--writable gives it)`
    }),
    ...(rest > 0 ? [`the same of ${rest} more places that its own files speak of`] : []),
  ]
}

/** What is served or run from there is read. */
const READ = /\.(html?|css|m?js|ts|py|rb|php|pl|jar|class|go|sh|wasm)$/i

/**
 * Folders with data that the command names (`svnserve -r /srv/svn`), and that no run wrote to: a client may well ask for
 * that. What a report says of them, one sentence each.
 */
export function namedFolders(
  { config, files }: Pick<ImageFacts, 'config' | 'files'>,
  grants: readonly Grant[],
  account: Pick<AccountChoice, 'uid' | 'gid'> | null,
): readonly string[] {
  if (account === null || !files.known) return []
  const model = files.value
  const identity = { uid: account.uid, gids: [account.gid] }
  const paths = argvOf(config)
    .slice(1)
    .flatMap((word) => normalisePath(word.replace(/^-[^=]*=/, ''), config.workdir) ?? [])
  return [...new Set(paths)]
    .filter((path) => {
      if (path === config.workdir || !isOwnPlace(path) || model.entry(path)?.type !== 'directory') return false
      const names = model.list(path)
      const isGiven = grants.some((grant) => isInside(path, grant.path) || isInside(grant.path, path))
      if (isGiven || names.length === 0 || names.some((name) => READ.test(name))) return false
      return !couldCreate(model, identity, `${path}/x`).allowed
    })
    .map(
      (path) =>
        `whether it has to write below ${path}, which its command names: no run did, and its new user may not (--writable gives it)`,
    )
}
