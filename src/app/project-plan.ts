import { dirname, join, relative } from 'node:path'
import { withLines } from '../../transforms/edits/context-texts.ts'
import { textIn } from '../files-in.ts'
import { asRun, stillRoot, withLeastRoot } from '../manifests/as-run.ts'
import { editStack, type StackEdit } from '../manifests/compose/edit-project.ts'
import type { HostFiles } from '../manifests/compose/host-files.ts'
import { MIGRATION_FILE, type MigrationFacts, migrationOf } from '../manifests/compose/migration.ts'
import { whyPortsStay } from '../manifests/compose/ports.ts'
import type { PlannedService, Project, StackFile, StackFinding } from '../manifests/project.ts'
import { planStack, type StackPlanning } from './stack-plan.ts'
import type { StackPlan } from './stack-proof.ts'

export interface PlannedProject extends StackPlan {
  readonly findings: readonly StackFinding[]
  /** Services of which anything changes in the project's own files, by name. */
  readonly edited: ReadonlySet<string>
}

/** A port moves where everything that names it can follow; otherwise it stays. */
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
    files: changedTogether([...edit.files, ...imageFiles(planned), ...migration.files.map(named)]).filter(
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

function named(file: StackFile): StackFile {
  return { ...file, name: here(file.path) }
}

/** How a caller names the project from its folder. */
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
    // The other images have no chown, as far as is known.
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
    for (const file of dockerfile?.beside ?? []) files.set(file.path, file)
    if (derived !== null) add(derived.path, there(derived.path), derived.text)
  }
  return [...files.values()]
}

/** A file that two changes are made to has both. */
function changedTogether(files: readonly StackFile[]): readonly StackFile[] {
  const all = new Map<string, StackFile>()
  for (const file of files) {
    const other = all.get(file.path)
    const after = other === undefined || file.edits === undefined ? file.after : withLines(other.after, file.edits)
    all.set(file.path, { ...file, after })
  }
  return [...all.values()]
}

/** From where the caller stands, for people. */
export function here(path: string): string {
  return relative(process.cwd(), path)
}
