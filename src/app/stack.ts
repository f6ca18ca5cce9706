import { relative } from 'node:path'
import type { ReportFinding, ReportPort, TargetResult, Verdict } from '../report/report.ts'
import type { PlannedService, StackFile } from '../stack/planned.ts'
import type { Project } from '../stack/project.ts'
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
  const planned = await planStack({ project, options, hooks, processTarget, seen: new Map(), portsStay: new Set() })
  const files = imageFiles(planned)
  const services = planned.map((one) => serviceResult(one))
  const findings = [...project.findings]
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
    migration: null,
  }
  return { source: first?.text ?? '', path: first?.path ?? null, result, files }
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
function serviceResult({ result, dockerfile, derived }: PlannedService): TargetResult {
  const file = dockerfile?.path ?? derived?.path
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
