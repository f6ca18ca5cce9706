import { shellQuoted } from '../borders/shell.ts'
import { HardenError } from '../errors.ts'
import type { Operation } from '../evidence/operation.ts'
import { factsFromEngine } from '../image/sources/engine.ts'
import { isRoot } from '../plan/account/account-ids.ts'
import type { StageOutcome } from '../plan/plan.ts'
import { type Stopwatch, stopwatch } from '../proof/proof-report.ts'
import { type ImagesRequest, proveImages } from '../proof/prove-images.ts'
import { proofFindings } from '../report/proof-findings.ts'
import { type ReportFinding, type ReportProof, type TargetResult, targetFinding } from '../report/report.ts'
import type { WorkItem } from '../repository/work-item.ts'
import { choices } from '../words.ts'
import { type Session, withEnv } from './session.ts'
import { verdict } from './verdict.ts'

interface ProvenAsIs {
  readonly result: TargetResult
  readonly outcomes: readonly StageOutcome[]
  /** All operations of the traced run; null where there is none. */
  readonly operations: readonly Operation[] | null
}

/** `prove IMAGE`: runs an image as it is, locked down, beside its baseline, and rewrites nothing. */
export async function proveAsIs(item: WorkItem, source: string, session: Session): Promise<ProvenAsIs> {
  const { options } = session
  if (session.sandbox === null || item.reference === null) throw new HardenError('no-engine', 'a proof needs an engine')
  const engine = withEnv(session.sandbox.engine, options.env)
  const times = stopwatch(session.since)
  const facts = await factsFromEngine(engine, item.reference)
  times.lap('facts')
  const {
    report,
    failures,
    operations = null,
  } = await proveImages({
    engine,
    image: item.reference,
    facts,
    baseline: options.mode.kind === 'prove-image' ? options.mode.baseline : null,
    begun: null,
    remarks: [],
    times,
    ...askedOf(item, session),
  })
  const user = facts.config.user === '' ? 'root' : facts.config.user
  const root = isRoot(facts.config.user, facts)
  const findings = [
    ...proofFindings(report, failures),
    ...(root && report.passed
      ? [
          targetFinding(
            'prove',
            'todo',
            'it works locked down, but still runs as root',
            choices(
              `build an image that does not: harden-image ${shellQuoted(item.target)} --prove`,
              'run it locked down as it is: harden-image profile',
            ),
          ),
        ]
      : []),
  ]
  const { policy } = options
  const outcomes = [root ? ('unknown' as const) : ('already' as const)]
  const result = {
    target: item.target,
    kind: 'image' as const,
    verdict: verdict({ outcomes, findings, policy, user: null, proof: report }),
    user: null,
    ports: [],
    stages: [{ name: '0', index: 0, userBefore: user, userAfter: user }],
    findings,
    output: source,
    changed: false,
    proof: { ...report, sandbox: session.sandbox.told() },
  }
  return { result, outcomes, operations }
}

/** The caller's options for a proof of images. */
function askedOf(
  { target }: WorkItem,
  { options, hooks, limiter, sandbox }: Session,
): Pick<ImagesRequest, 'names' | 'smoke' | 'trace' | 'limiter' | 'idle' | 'arbitraryUid' | 'progress' | 'signal'> {
  return {
    smoke: options.smoke,
    trace: options.trace,
    names: sandbox?.names ?? null,
    limiter,
    idle: hooks.idle ?? ((wait) => wait()),
    arbitraryUid: options.policy.arbitraryUid === true,
    progress: (line) => hooks.progress(`${target}: ${line}`),
    signal: hooks.signal,
  }
}

interface Unprivileged extends Pick<ImagesRequest, 'engine' | 'image' | 'facts' | 'begun' | 'remarks'> {
  /** As it is; another image where the result differs. Null: the image itself, run as root. */
  readonly baseline: string | null
  readonly times: Stopwatch
}

/**
 * Proves an image that is not root already: locked down it must do what it does today. One that becomes root again, for instance by
 * sudo, does not.
 */
export async function proveUnprivileged(
  item: WorkItem,
  session: Session,
  image: Unprivileged,
): Promise<
  Pick<ProvenAsIs, 'operations'> & { readonly report: ReportProof; readonly findings: readonly ReportFinding[] }
> {
  const {
    report,
    failures,
    operations = null,
  } = await proveImages({
    ...image,
    ...askedOf(item, session),
  })
  const { sandbox } = session
  const told = sandbox === null ? report : { ...report, sandbox: sandbox.told() }
  const isRootAgain = failures.length > 0 && image.baseline !== null && told.baseline.uids.includes(0)
  return {
    report: told,
    operations,
    findings: isRootAgain
      ? [
          targetFinding(
            'prove',
            'todo',
            `its USER is not root, and one of its processes is root all the same: ${failures.join('; ')}`,
            choices(
              'start what it starts without sudo, su or another set-user-ID program',
              'say USER root, where it needs root all the same',
            ),
          ),
        ]
      : proofFindings(told, failures),
  }
}
