import type { Mount } from '../engine/engine.ts'
import type { Operation } from '../evidence/operation.ts'
import { decided } from '../plan/plan.ts'
import { stagePlanOf } from '../plan/stage-plan.ts'
import {
  askedToWrite,
  leftBehind,
  namedFolders,
  readState,
  startsNothing,
  unrunScripts,
  unshownPlaces,
  untracedRun,
} from './caveats.ts'
import { writableMounts } from './conditions/writable-mounts.ts'
import type { Container } from './container/container.ts'
import type { RunRecord } from './container/run-record.ts'
import { type JudgeRequest, judge } from './judge.ts'
import { observationOf } from './learn/observation.ts'
import { failuresOf, proofReport } from './proof-report.ts'
import type { Proof, ProveRequest } from './prove.ts'
import { dropRound, hasPassed, type Round } from './round.ts'

/** The last round that passed, watched to the end; else the last one, with what is missing. */
export async function conclude(
  request: ProveRequest,
  live: Container,
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
  const plan = stagePlanOf(best.hardened.plan, request.stage)
  const grants = plan === undefined ? [] : decided(plan, 'grant')
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
      ...readState({ grants }),
      ...unshownPlaces(plan?.unshown ?? []),
      ...namedFolders(request.facts, grants, plan?.account ?? null),
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
  const own = { grants: plan === undefined ? [] : decided(plan, 'grant'), handed: plan?.handed ?? [] }
  const operations = run?.traced?.trace?.operations ?? observationOf(original, request.facts).operations
  const mountsFor = (more: readonly Operation[]): readonly Mount[] =>
    writableMounts([...operations, ...more], own, request.facts, user)
  return { ...request, image, moved, user, mountsFor, filled }
}
