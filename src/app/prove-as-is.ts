import { shellQuoted } from '../borders/shell.ts'
import { HardenError } from '../errors.ts'
import { factsFromEngine } from '../image/sources/engine.ts'
import { isRoot } from '../plan/account/account-ids.ts'
import type { StageOutcome } from '../plan/plan.ts'
import { stopwatch } from '../proof/proof-report.ts'
import { proveImages } from '../proof/prove-images.ts'
import { proofHint } from '../report/proof-hint.ts'
import { type TargetResult, targetFinding } from '../report/report.ts'
import type { WorkItem } from '../workspace/work-item.ts'
import { type Session, withEnv } from './session.ts'
import { verdict } from './verdict.ts'

/** `prove IMAGE`: runs an image as it is, locked down, beside its baseline, and rewrites nothing. */
export async function proveAsIs(
  item: WorkItem,
  source: string,
  session: Session,
): Promise<{ readonly result: TargetResult; readonly outcomes: readonly StageOutcome[] }> {
  const { options, hooks } = session
  if (session.sandbox === null || item.reference === null) throw new HardenError('no-engine', 'a proof needs an engine')
  const engine = withEnv(session.sandbox.engine, options.env)
  const times = stopwatch(session.since)
  const facts = await factsFromEngine(engine, item.reference)
  times.lap('facts')
  const { report, failures } = await proveImages({
    engine,
    image: item.reference,
    facts,
    baseline: options.mode.kind === 'prove-image' ? options.mode.baseline : null,
    smoke: options.smoke,
    trace: options.trace,
    limiter: session.limiter,
    arbitraryUid: options.policy.arbitraryUid === true,
    times,
    progress: (line) => hooks.progress(`${item.target}: ${line}`),
    signal: hooks.signal,
  })
  const user = facts.config.user === '' ? 'root' : facts.config.user
  const root = isRoot(facts.config.user, facts)
  const findings = [
    ...failures.map((message) => {
      const hint = report.result === null ? proofHint(report, message) : null
      return targetFinding('prove', 'todo', message, hint)
    }),
    ...(root && failures.length === 0
      ? [
          targetFinding(
            'prove',
            'todo',
            'it works locked down, but still runs as root',
            `harden-image ${shellQuoted(item.target)} --prove builds an image that does not`,
          ),
        ]
      : []),
  ]
  const { policy } = options
  const outcomes = [root ? ('unknown' as const) : ('already' as const)]
  const result = {
    target: item.target,
    kind: 'image' as const,
    verdict: verdict({ outcomes, findings, policy, proof: report }),
    user: null,
    ports: [],
    stages: [{ name: '0', index: 0, userBefore: user, userAfter: user }],
    findings,
    output: source,
    changed: false,
    proof: { ...report, sandbox: session.sandbox.told() },
  }
  return { result, outcomes }
}
