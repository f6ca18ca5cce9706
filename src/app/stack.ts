import { join, relative } from 'node:path'
import {
  type ReportFinding,
  type ReportPort,
  type TargetResult,
  targetFinding,
  type Verdict,
} from '../report/report.ts'
import { editStack } from '../stack/edit.ts'
import type { StackFinding } from '../stack/finding.ts'
import type { HostFiles } from '../stack/host-files.ts'
import { MIGRATION_FILE, type MigrationFacts, migrationOf, type VolumeNeed } from '../stack/migration.ts'
import type { PlannedService, StackFile } from '../stack/planned.ts'
import type { Project } from '../stack/project.ts'
import { textFound } from '../workspace/files.ts'
import { hostFilesOf } from '../workspace/host-files.ts'
import type { WorkItem } from '../workspace/work-item.ts'
import { planStack } from './stack-plan.ts'
import type { Options, ProcessTarget, TargetOutcome, TaskHooks } from './task.ts'

/** What one command does with a whole project. */
export async function hardenProject(
  item: WorkItem & { readonly project: Project },
  options: Options,
  hooks: TaskHooks,
  processTarget: ProcessTarget,
): Promise<TargetOutcome> {
  const { project, target, kind } = item
  const host = hostFilesOf(project, process.cwd())
  const planned = await planStack({
    project,
    options,
    hooks,
    processTarget,
    host,
    seen: new Map(),
    portsStay: new Set(),
  })
  const edit = editStack({ project, planned, host })
  const moved = migrationOf(project, planned, migrationFacts(project, planned, host))
  const files = [...edit.files, ...imageFiles(planned), ...moved.files.map(named)]
  const services = planned.map((one) => serviceResult(one, edit.findings))
  const findings = [
    ...project.findings,
    ...edit.findings.filter(({ service }) => service === undefined),
    ...volumeFindings(moved.volumes),
  ]
  const [first] = project.files
  const output = files.find(({ path }) => path === first?.path)?.after ?? first?.text ?? ''
  const result: TargetResult = {
    target,
    kind,
    verdict: stackVerdict(services, findings),
    user: null,
    ports: portsOf(services),
    stages: [],
    findings,
    output,
    changed: files.length > 0,
    proof: null,
    services,
    files: reportFiles(project, files),
    migration: moved.migration === null ? null : { command: moved.migration.command, undo: moved.migration.undo },
  }
  return { source: first?.text ?? '', path: first?.path ?? null, result, files }
}

function named(file: StackFile): StackFile {
  return { ...file, name: here(file.path) }
}

function migrationFacts(project: Project, planned: readonly PlannedService[], { entries }: HostFiles): MigrationFacts {
  const own = project.files.filter(({ isOwn }) => isOwn)
  return {
    choice: project.choice ?? {
      files: own.map(({ path }) => relative(project.folder, path)),
      profiles: [],
      envFiles: [],
      projectName: null,
    },
    // The others have no chown, as far as anybody knows.
    equipped: new Set(
      planned.flatMap(({ service, profile }) =>
        profile !== null && [profile.image.original, profile.image.name].includes(profile.image.chown)
          ? [service.name]
          : [],
      ),
    ),
    sources: new Set([...entries].flatMap(([path, { isCheckout }]) => (isCheckout ? [path] : []))),
    existing: textFound(join(project.folder, MIGRATION_FILE)),
  }
}

/** What becomes of volumes: who has nothing to do with one reads nothing of it. */
function volumeFindings(volumes: readonly VolumeNeed[]): readonly ReportFinding[] {
  return volumes.flatMap(({ volume, need, services, reason }) => {
    const name = `${volume} (${services.join(', ')})`
    if (need === 'nothing') return []
    return need === 'migration'
      ? [
          targetFinding(
            'migrate-volumes',
            'note',
            `${name}: what root has left there changes its owner once: ${reason}`,
          ),
        ]
      : [targetFinding('migrate-volumes', 'todo', `${name}: ${reason}`)]
  })
}

/** Dockerfiles of the project that change, and those that are made for images of somebody else's. */
function imageFiles(planned: readonly PlannedService[]): readonly StackFile[] {
  const files = new Map<string, StackFile>()
  for (const { dockerfile, derived, result } of planned) {
    if (dockerfile !== null && result.changed)
      files.set(dockerfile.path, {
        path: dockerfile.path,
        name: here(dockerfile.path),
        before: dockerfile.before,
        after: result.output,
      })
    if (derived !== null)
      files.set(derived.path, { path: derived.path, name: here(derived.path), before: null, after: derived.text })
  }
  return [...files.values()]
}

function here(path: string): string {
  return relative(process.cwd(), path)
}

/** A service as the report has it: its findings stand in the file that its lines are of. */
function serviceResult(
  { result: own, dockerfile, derived }: PlannedService,
  said: readonly StackFinding[],
): TargetResult {
  const file = dockerfile?.path ?? derived?.path
  const about = said.flatMap(({ service, ...finding }) => (service === own.target ? [finding] : []))
  const findings = [...own.findings, ...about]
  const isOpen = about.some(({ outcome }) => outcome === 'todo') && own.verdict !== 'needs-root'
  const result: TargetResult = { ...own, findings, verdict: isOpen ? 'incomplete' : own.verdict }
  return file === undefined ? result : { ...result, file: here(file) }
}

function portsOf(services: readonly TargetResult[]): readonly ReportPort[] {
  return [...new Map(services.flatMap(({ ports }) => ports).map((port) => [JSON.stringify(port), port])).values()]
}

/** All files of the project that are its own, and those that are new. */
function reportFiles(project: Project, files: readonly StackFile[]): NonNullable<TargetResult['files']> {
  const changed = new Map(files.map((file) => [file.path, file]))
  const same = project.files.filter(({ path, isOwn }) => isOwn && !changed.has(path))
  return [
    ...files.map(({ name, before, after }) => ({ path: name, output: after, changed: before !== after })),
    ...same.map(({ name, text }) => ({ path: name, output: text, changed: false })),
  ]
}

const WORST_FIRST: readonly Verdict[] = ['failed', 'incomplete', 'needs-root', 'exempt', 'hardened', 'unchanged']

/** The word for all of them: what needs a person is never hidden by what went well. */
export function stackVerdict(
  services: readonly Pick<TargetResult, 'verdict'>[],
  findings: readonly Pick<ReportFinding, 'outcome'>[],
): Verdict {
  if (findings.some(({ outcome }) => outcome === 'todo' || outcome === 'offered')) return 'incomplete'
  const found = WORST_FIRST.find((verdict) => services.some((service) => service.verdict === verdict))
  return found === 'failed' ? 'incomplete' : (found ?? 'not-applicable')
}
