import { dirname, join, relative } from 'node:path'
import { shellQuoted } from '../borders/shell.ts'
import { FIRST_UNPRIVILEGED_PORT } from '../evidence/claim.ts'
import { textIn } from '../files-in.ts'
import { editStack, type StackEdit } from '../manifests/compose/edit-project.ts'
import type { HostFiles } from '../manifests/compose/host-files.ts'
import { MIGRATION_FILE, type MigrationFacts, migrationOf } from '../manifests/compose/migration.ts'
import { whyPortsStay } from '../manifests/compose/networks.ts'
import { isRootUser } from '../manifests/compose/written.ts'
import type { PlannedService, StackFile, StackFinding } from '../manifests/planned.ts'
import { type Profile, type ProfilePort, userText } from '../manifests/profile.ts'
import type { Project } from '../manifests/project.ts'
import { type ReportPort, targetFinding } from '../report/report.ts'
import { choices, joinTruncated } from '../words.ts'
import { planStack, type StackPlanning } from './stack-plan.ts'
import type { StackPlan } from './stack-proof.ts'

export interface PlannedProject extends StackPlan {
  readonly findings: readonly StackFinding[]
  /** Services of which anything changes in the project's own files, by name. */
  readonly edited: ReadonlySet<string>
}

/** A port moves where everybody who speaks of it can be followed; else it stays, and nobody has to be. */
export async function planProject(
  planning: Omit<StackPlanning, 'portsStay' | 'portsBecause'>,
): Promise<PlannedProject> {
  const { project, host, options } = planning
  const edited = async (stay: ReadonlyMap<string, string>) => {
    const plans = await planStack({ ...planning, portsStay: new Set(stay.keys()), portsBecause: stay })
    const planned = plans.map((one) => {
      const seen = planning.seen.get(one.service.name)
      return withLeastRoot(stillRoot(one, seen !== undefined), seen?.rootCapabilities ?? null)
    })
    return { planned, edit: editStack({ project, planned, host }) }
  }
  const isAsked = options.policy.raiseUsed === true
  const stay = new Map(
    project.services.flatMap((service) => {
      const why = isAsked ? null : whyPortsStay(service, project)
      return why === null ? [] : [[service.name, why] as const]
    }),
  )
  const first = await edited(stay)
  const kept = keptPorts(first.edit)
  const { planned: plans, edit } = kept.size === 0 ? first : await edited(new Map([...kept, ...stay]))
  const settled = new Map(edit.settled.map((one) => [one.planned.service.name, one.profile]))
  const planned = plans.map((one) =>
    asRun(one, settled.get(one.service.name) ?? null, edit.changed.has(one.service.name)),
  )
  const migration = migrationOf(project, planned, migrationFacts(project, planned, host))
  return {
    planned,
    migration,
    files: [...edit.files, ...imageFiles(planned), ...migration.files.map(named)].filter(
      ({ before, after }) => before !== after,
    ),
    findings: edit.findings,
    edited: edit.changed,
  }
}

/** Services whose ports cannot move after all, and why: an image that says another port than its service would be asked for health there. */
function keptPorts({ settled, findings }: StackEdit): ReadonlyMap<string, string> {
  return new Map([
    ...settled.flatMap(({ planned: { service }, kept }) =>
      [...kept.values()].slice(0, 1).map((why) => [service.name, why] as const),
    ),
    ...findings.flatMap(({ movedBy, message }) => (movedBy === undefined ? [] : [[movedBy, message] as const])),
  ])
}

/**
 * A service that runs as root over an image with a user of its own does so for what that user may not write, most likely: until the
 * image gives it that, it stays as it is. `isSeen`: a run has shown what it does.
 */
function stillRoot(planned: PlannedService, isSeen: boolean): PlannedService {
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

/** What keeps root keeps the capabilities that runs have shown it to use, and the next run shows whether it does with those. */
function withLeastRoot(planned: PlannedService, used: readonly string[] | null): PlannedService {
  const { profile } = planned
  // What the catalogue names is for work that was not exercised, too.
  if (used === null || profile?.root !== true || profile.capabilities !== null) return planned
  const measured = 'measured' as const
  const least = { capabilities: { value: used, known: measured }, noNewPrivileges: { value: true, known: measured } }
  return { ...planned, profile: { ...profile, ...least } }
}

/** A plan as the project's files make it: with the ports that move in the end, and as somebody else's than before wherever they say so. */
function asRun(planned: PlannedService, settled: Profile | null, isEdited: boolean): PlannedService {
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

/** Those of the plan, and those that only the service speaks of. */
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

function named(file: StackFile): StackFile {
  return { ...file, name: here(file.path) }
}

/** How somebody calls the project from its folder. */
function choiceOf({ folder, files, origin }: Project): MigrationFacts['choice'] {
  const { request } = origin ?? {}
  const fromFolder = (path: string): string => relative(folder, path)
  return {
    files: (request?.files ?? files.filter(({ isOwn }) => isOwn).map(({ path }) => path)).map(fromFolder),
    profiles: request?.profiles ?? [],
    envFiles: (request?.envFiles ?? []).map(fromFolder),
    projectName: request?.name ?? null,
  }
}

function migrationFacts(project: Project, planned: readonly PlannedService[], { entries }: HostFiles): MigrationFacts {
  return {
    choice: choiceOf(project),
    // The others have no chown, as far as anybody knows.
    equipped: new Set(
      planned.flatMap(({ service, profile }) =>
        profile !== null &&
        profile.image.lacksFind !== true &&
        [profile.image.original, profile.image.name].includes(profile.image.chown)
          ? [service.name]
          : [],
      ),
    ),
    entries,
    existing: textIn(project.folder, join(project.folder, MIGRATION_FILE)),
  }
}

/**
 * Dockerfiles that change, and those that are made for images of somebody else's. `there`: what stands where one is made.
 */
export function imageFiles(
  planned: readonly PlannedService[],
  there: (path: string) => string | null = (path) => textIn(dirname(path), path),
): readonly StackFile[] {
  const files = new Map<string, StackFile>()
  const add = (path: string, before: string | null, after: string) =>
    files.set(path, { path, name: here(path), before, after })
  for (const { dockerfile, derived, result } of planned) {
    if (dockerfile !== null && result.changed) add(dockerfile.path, dockerfile.before, result.output)
    if (derived !== null) add(derived.path, there(derived.path), derived.text)
  }
  return [...files.values()]
}

/** From where the caller stands, for people. */
export function here(path: string): string {
  return relative(process.cwd(), path)
}
