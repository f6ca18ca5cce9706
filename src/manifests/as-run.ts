import { shellQuoted } from '../borders/shell.ts'
import { FIRST_UNPRIVILEGED_PORT } from '../evidence/claim.ts'
import { isComplete, type ReportPort, type TargetResult, targetFinding } from '../report/report.ts'
import { choices, joinTruncated } from '../words.ts'
import { isRootUser } from './compose/written.ts'
import { type Profile, type ProfilePort, userText } from './profile.ts'
import type { PlannedService, Service } from './project.ts'

// A plan is of an image: as a service runs it, it may be another one.

/**
 * A service that overrides its image's own user with root most likely does so for paths that this user may not write. It stays as
 * it is until the image grants them. `isSeen`: a run has shown what it does.
 */
export function stillRoot(planned: PlannedService, isSeen: boolean): PlannedService {
  const { service, profile, result } = planned
  const last = result.stages.at(-1)
  const isOwn = result.verdict === 'unchanged' && isRootUser(service.user) && profile?.root === false
  if (!isOwn || profile === null || last === undefined) return planned
  const { ungiven, user } = profile
  if (ungiven === undefined ? isSeen : ungiven.length === 0) return planned
  const who = user === null ? last.userAfter : userText(user.value)
  const what = ungiven === undefined ? 'what it writes is not known' : `it writes ${joinTruncated(ungiven)}`
  const folders = (ungiven ?? []).map(shellQuoted).join(' ')
  const hint =
    ungiven === undefined
      ? choices('add --prove, which shows it', 'take user: out')
      : choices(
          `give it to the user above USER in its Dockerfile, then run again: RUN mkdir -p ${folders} && chown ${who} ${folders}`,
          'take user: out, where the service does not write there',
        )
  const message = `user: ${service.user} stays over an image that runs as ${who}: ${what}`
  const no = { value: false, known: 'planned' } as const
  return {
    ...planned,
    profile: {
      ...profile,
      root: true,
      user: null,
      capabilities: null,
      noNewPrivileges: no,
      readOnly: no,
      writable: [],
      ports: profile.ports.map((port) => ({ ...port, to: port.from })),
      sysctls: {},
      changes: [],
    },
    result: {
      ...result,
      verdict: 'incomplete',
      ports: [],
      stages: [...result.stages.slice(0, -1), { ...last, userAfter: 'root' }],
      findings: [...result.findings, targetFinding('compose-service', 'todo', message, hint)],
    },
  }
}

/** A service that keeps root keeps the capabilities that its runs used; the next run shows whether these are enough. */
export function withLeastRoot(planned: PlannedService, used: readonly string[] | null): PlannedService {
  const { profile } = planned
  // The catalogue also names those of work that no run has exercised.
  if (used === null || profile?.root !== true || profile.capabilities !== null) return planned
  const measured = 'measured' as const
  const least = { capabilities: { value: used, known: measured }, noNewPrivileges: { value: true, known: measured } }
  return { ...planned, profile: { ...profile, ...least } }
}

/**
 * A plan as the project's files carry it out: with the ports that move in the end, and with another user than before wherever they
 * name one.
 */
export function asRun(planned: PlannedService, settled: Profile | null, isEdited: boolean): PlannedService {
  const { result, service } = planned
  const last = result.stages.at(-1)
  const wasRoot = last !== undefined && isRootUser(service.user)
  return {
    ...planned,
    profile: settled ?? planned.profile,
    result: {
      ...result,
      verdict: result.verdict === 'unchanged' && isEdited ? 'rewritten' : result.verdict,
      ports: settled === null ? result.ports : portsAsRun(result.ports, settled, service),
      stages: wasRoot ? [...result.stages.slice(0, -1), { ...last, userBefore: 'root' }] : result.stages,
    },
  }
}

function portsAsRun(
  planned: readonly ReportPort[],
  { ports }: Profile,
  service: PlannedService['service'],
): readonly ReportPort[] {
  const isSaid = ({ from, protocol }: ProfilePort): boolean =>
    service.ports.some((one) => one.target === from && one.protocol === protocol) ||
    planned.some((one) => one.from === from && one.protocol === protocol)
  return ports.flatMap((port): readonly ReportPort[] => {
    const { from, to, protocol } = port
    if (protocol === 'sctp' || !isSaid(port) || (from === to && from >= FIRST_UNPRIVILEGED_PORT)) return []
    return [{ from, to: from === to ? null : to, protocol }]
  })
}

/** Where the image starts as root and the service did not, the service's user counts. */
export function asServiceRan(
  result: TargetResult,
  { user, userIsOpen }: Service,
  profile: Profile | null,
  isDerived: boolean,
): TargetResult {
  const chosen = profile?.user?.value
  const [said = ''] = user?.split(':') ?? []
  if (user === null || userIsOpen || profile?.root === true || chosen === undefined || chosen.uid === 0) return result
  if (said !== String(chosen.uid) && said !== chosen.name) return result
  const about = { userBefore: user, userAfter: userText(chosen) }
  return {
    ...result,
    verdict: isComplete(result) ? 'unchanged' : result.verdict,
    stages: result.stages.map((stage) => ({ ...stage, ...about })),
    // No Dockerfile gets a USER because of this service.
    findings: result.findings.filter(
      ({ transform, outcome }) =>
        isDerived || result.kind !== 'image' || transform !== 'set-user' || outcome !== 'fixed',
    ),
  }
}
