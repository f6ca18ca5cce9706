import { shellQuoted } from '../borders/shell.ts'
import { DECIDE, unwritten } from '../decisions.ts'
import type { Engine } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import type { HostFiles } from '../manifests/compose/host-files.ts'
import type { VolumeNeed } from '../manifests/compose/migration.ts'
import {
  decidedLater,
  type LeftOf,
  type LeftPlace,
  placesOfProject,
  standingIn,
  todosIn,
  unsaid,
  unsettled,
} from '../manifests/left-to-decide.ts'
import {
  type PlannedService,
  type Project,
  type StackFile,
  type StackFinding,
  stackFinding,
} from '../manifests/project.ts'
import { parseYaml } from '../manifests/yaml/file.ts'
import { mayBeWritten } from '../plan/host-mounts.ts'
import type { StackProof } from '../proof/prove-stack.ts'
import type { StackEvidence } from '../proof/rounds.ts'
import type { UpgradeProof } from '../proof/volumes/upgrade.ts'
import { proofFindings } from '../report/proof-findings.ts'
import {
  bareResult,
  isComplete,
  type ReportFinding,
  type ReportProof,
  type TargetResult,
  targetFinding,
  targetQuestion,
  type Verdict,
} from '../report/report.ts'
import { hostFilesOf } from '../repository/host-files.ts'
import { survey } from '../repository/surroundings.ts'
import type { WorkItem } from '../repository/work-item.ts'
import { joinTruncated } from '../words.ts'
import { here, type PlannedProject, planProject } from './project-plan.ts'
import type { ProvedStack, StackFacts, StackPlan } from './stack-proof.ts'
import { isProved, type Options, type ProcessTarget, type TargetOutcome, type TaskHooks } from './task.ts'
import { answeredIn, isOpen, ofProof, type VerdictInput, withoutTodos, withUnasked } from './verdict.ts'

export interface StackWork {
  readonly options: Options
  readonly hooks: TaskHooks
  readonly processTarget: ProcessTarget
  /** Null where there is none, or none is wanted. */
  readonly engine: Engine | null
}

/** What one command does with a whole project. */
export async function hardenProject(
  { target, kind, project, followed }: WorkItem & { readonly project: Project },
  { options, hooks, processTarget, engine }: StackWork,
): Promise<TargetOutcome> {
  const host = hostFilesOf(project, process.cwd())
  const planning = {
    project,
    options,
    hooks,
    processTarget,
    host,
    surroundingsOf: survey(process.cwd()).surroundingsOf,
    ...(followed === undefined ? {} : { followed }),
  }
  const plan = (seen: StackEvidence, facts: StackFacts) => planProject({ ...planning, seen, facts })
  const about = { target, kind, project, host, comments: options.policy.comments }
  if (!isProved(options.mode)) return outcomeOf(about, await plan(new Map(), new Map()), null)
  if (engine === null) throw new HardenError('no-engine', 'a proof needs an engine')
  const { proveProject } = await import('./stack-proof.ts')
  const proved = await proveProject({ project, engine, options, hooks, plan })
  return outcomeOf(about, proved.plan, proved)
}

interface About extends Pick<TargetResult, 'target' | 'kind'> {
  readonly project: Project
  readonly host: HostFiles
  readonly comments: Options['policy']['comments']
}

function outcomeOf(
  { target, kind, project, host, comments }: About,
  plan: StackPlan & Partial<Pick<PlannedProject, 'findings' | 'edited'>>,
  proved: ProvedStack | null,
): TargetOutcome {
  const { planned, findings: said = [], edited = new Set() } = plan
  // What was shown to work as it is needs nobody's hand.
  const isMoved = proved?.upgrade?.volumes.every(({ step }) => step === 'works as it is') !== true
  const migration = isMoved ? plan.migration.migration : null
  const unneeded = new Set(isMoved ? [] : plan.migration.files.map(({ path }) => path))
  const files = plan.files.filter(({ path }) => !unneeded.has(path))
  const proof = proved?.proof ?? null
  const report = withUpgrade(proof?.report ?? null, proved?.upgrade ?? null)
  const volumes = proved?.upgrade == null ? volumeFindings(plan.migration.volumes, planned, host) : []
  return wholeOutcome({
    target,
    kind,
    comments,
    proof,
    report,
    findings: [
      ...project.findings,
      ...said.filter(({ service }) => service === undefined),
      ...volumes.map(({ finding }) => finding),
      ...(proved?.upgrade == null ? [] : upgradeFindings(proved.upgrade)),
    ],
    results: (more) =>
      planned.map((one) => {
        const about = [...said, ...leftOver(one, volumes, target), ...more]
        const own = serviceResult(one.result, one, { said: about, proof, inFiles: inProject, changed: false })
        return { ...own, changed: own.changed || edited.has(one.service.name) }
      }),
    left: (results, isProved) => leftToDecide(planned, results, volumes, { edited, isProved }),
    places: placesOfProject(project),
    sources: project.files,
    files,
    // Of those that change nothing the project's own.
    reported: (all) => [
      ...all.filter(isChanged),
      ...all.filter((one) => !isChanged(one) && project.files.some(({ path, isOwn }) => isOwn && path === one.path)),
    ],
    migration: migration === null ? null : { command: migration.command, undo: migration.undo },
  })
}

/** A project of Compose or manifests, as planned and, where asked for, shown. */
interface Whole extends Pick<TargetResult, 'target' | 'kind' | 'migration'> {
  readonly comments: Options['policy']['comments']
  readonly proof: StackProof | null
  /** Of the proof, what the report says. */
  readonly report: ReportProof | null
  /** What is of no service alone. */
  readonly findings: readonly ReportFinding[]
  /** Each service, with what is said of it besides. */
  readonly results: (more: readonly StackFinding[]) => readonly TargetResult[]
  readonly left: (results: readonly TargetResult[], isProved: (service: string) => boolean) => LeftOf
  /** Where comments leave something to a person, in the sources. */
  readonly places: readonly LeftPlace[]
  readonly sources: readonly { readonly path: string | null; readonly name: string; readonly text: string }[]
  /** All that change. */
  readonly files: readonly StackFile[]
  /** Of the sources and all that change what is reported, in its order. */
  readonly reported: (all: readonly StackFile[]) => readonly StackFile[]
}

export function wholeOutcome(whole: Whole): TargetOutcome {
  const { target, kind, comments, proof, report, results, places, sources, migration } = whole
  const [first] = sources
  const findings = [...whole.findings, ...proofFindings(report, proof?.failures.get('') ?? [])]
  const isProved = (name: string): boolean => proof?.services.get(name)?.passed === true
  const derived = results([])
  const saidOf = (name: string): readonly ReportFinding[] => [
    ...findings,
    ...derived.flatMap((one) => (one.target === name ? one.findings : [])),
  ]
  const commented = sources.map(({ name, text }) => (text.includes(DECIDE) ? parseYaml(text, name) : null))
  const standing = unsettled(standingIn(commented, places, saidOf), isProved)
  const services = standing.length === 0 ? derived : results(standing)
  const left = whole.left(derived, isProved)
  const own = sources.map(({ path, name, text }): StackFile => {
    const file = { path: path ?? name, name, before: text, after: text }
    return whole.files.find((one) => one.path === file.path) ?? file
  })
  const parsed = comments === 'none' ? [] : own.map(({ name, after }) => parseYaml(after, name))
  const texts = decidedLater(parsed, places, left)
  const files = [
    ...own.map((file, index) => ({ ...file, after: texts[index] ?? file.after })),
    ...whole.files.filter(({ path }) => !own.some((one) => one.path === path)),
  ]
  const forgotten = comments === 'none' ? unwrittenOf(left) : []
  const changed = files.filter(isChanged)
  const verdict = stackVerdict(services, { findings, changed: changed.length > 0, proof: report })
  const result: TargetResult = {
    ...bareResult(target, kind, verdict),
    ports: [...new Map(services.flatMap(({ ports }) => ports).map((port) => [JSON.stringify(port), port])).values()],
    findings: [...findings, ...forgotten],
    output: files[0]?.after ?? '',
    changed: changed.length > 0,
    proof: report,
    services,
    files: whole.reported(files).map((file) => ({ path: file.name, output: file.after, changed: isChanged(file) })),
    migration: migration ?? null,
  }
  return { source: first?.text ?? '', path: first?.path ?? null, result, files: changed }
}

function isChanged({ before, after }: StackFile): boolean {
  return before !== after
}

/** A stack is not shown to work whose volumes were not. */
function withUpgrade(report: ReportProof | null, upgrade: UpgradeProof | null): ReportProof | null {
  const open = upgrade?.volumes.filter(({ step }) => step === 'could not be shown') ?? []
  if (report?.passed !== true || open.length === 0) return report
  const reason = open.map((one) => `what the original has left in ${one.volume}: ${one.reason}`).join('; ')
  return { ...report, passed: false, reason }
}

/** The todos of services that change, but for what their Dockerfiles hold: what does not change says them again by itself. */
function leftToDecide(
  planned: readonly PlannedService[],
  results: readonly TargetResult[],
  volumes: readonly OfVolume[],
  { edited, isProved }: { readonly edited: ReadonlySet<string>; readonly isProved: (service: string) => boolean },
): LeftOf {
  return new Map(
    planned.map(({ service: { name }, result, dockerfile, derived, stage }, index) => {
      const held = dockerfile === null && derived === null ? [] : result.findings
      const own = unsaid(results[index]?.findings ?? [], held).filter(({ transform }) => !OF_OTHERS.has(transform))
      const ofVolumes = volumes.flatMap(({ services, finding }) => (services.includes(name) ? [finding] : []))
      const isChanged = edited.has(name) || result.changed
      const todos = isChanged ? todosIn([...own, ...ofVolumes], answeredIn(stage)) : []
      return [name, { todos, isProved: isProved(name) }]
    }),
  )
}

/** With `--comments none` no file holds these decisions: that is told in their place. */
function unwrittenOf(left: LeftOf): readonly ReportFinding[] {
  const said = unwritten([...left.values()].reduce((sum, { todos }) => sum + todos.length, 0))
  return said === null ? [] : [targetFinding('report-remarks', 'note', said.message, said.hint)]
}

/** A proof says it again, and the volume itself does. */
const OF_OTHERS: ReadonlySet<string> = new Set(['prove', 'migrate-volumes'])

/** What runs have shown of each volume. */
function upgradeFindings({ volumes, checks }: UpgradeProof): readonly ReportFinding[] {
  return [
    ...volumes.flatMap(({ volume, step, reason }) => {
      if (step === 'could not be shown') return []
      const message = `${volume}: what the original has left in it ${step}${reason === '' ? '' : `: ${reason}`}`
      return [targetFinding('migrate-volumes', 'note', message)]
    }),
    ...checks
      .filter(({ passed }) => !passed)
      .map(({ name, baseline, result }) =>
        targetFinding('migrate-volumes', 'todo', `${name}: was ${baseline}, is ${result}`),
      ),
  ]
}

interface OfVolume {
  /** As people call it. */
  readonly volume: string
  /** Those that have it, by name. */
  readonly services: readonly string[]
  readonly finding: ReportFinding
}

const KEPT_HINT = 'let the new user write there, mount a folder of its own, or run the service as the owner (user:)'

/** What becomes of volumes: who has nothing to do with one reads nothing of it. */
function volumeFindings(
  volumes: readonly VolumeNeed[],
  planned: readonly PlannedService[],
  { entries }: HostFiles,
): readonly OfVolume[] {
  return volumes.flatMap(({ volume: path, kind, need, services, reason }) => {
    const volume = path.startsWith('/') ? here(path) || '.' : path
    if (need === 'nothing' && kind === 'host' && services.length === 0) return perhapsWritten(path, planned, entries)
    const name = `${volume} (${services.join(', ')})`
    const users = planned.flatMap(({ service, profile }) =>
      services.includes(service.name) ? [profile?.user?.value.uid] : [],
    )
    // Whoever has checked it out runs it.
    const owner = entries.get(path)
    if (need === 'nothing' || (owner?.isCheckout === true && users.every((uid) => uid === owner.uid))) return []
    const what = owner?.kind === 'missing' ? 'Docker makes it as root, so it' : 'what root has left there'
    const finding =
      need === 'migration'
        ? targetFinding('migrate-volumes', 'note', `${name}: ${what} changes its owner once: ${reason}`)
        : kind === 'host'
          ? targetQuestion('migrate-volumes', 'host-folder', `${name}: ${reason}`, KEPT_HINT)
          : targetFinding('migrate-volumes', 'todo', `${name}: ${reason}`)
    return [{ volume, services, finding }]
  })
}

/** A folder of the machine of which nobody has seen whether those write there that are not root any more: a note, unless its name says so. */
function perhapsWritten(
  path: string,
  planned: readonly PlannedService[],
  entries: HostFiles['entries'],
): readonly OfVolume[] {
  const entry = entries.get(path)
  const volume = here(path) || '.'
  return planned.flatMap(({ service: { name, mounts, build }, profile, result: { verdict } }) => {
    const mount = mounts.find(({ source }) => source === path)
    const user = profile?.root === true ? null : (profile?.user?.value ?? null)
    const isFile = entry?.kind === 'file' || entry?.kind === 'socket'
    if (mount?.kind !== 'host' || build === null || user === null || verdict === 'unchanged' || isFile) return []
    if (entry?.kind === 'folder' && entry.uid === user.uid) return []
    const { source, target, readOnly } = mount
    const written = { source, target, ...(entry?.kind === 'folder' ? ({ from: 'checkout' } as const) : {}) }
    if (!mayBeWritten({ ...written, kind: 'host', readOnly })) return []
    const hint = `give it to the user once: chown -R ${user.uid}:${user.gid} ${shellQuoted(volume)}`
    const message = `${volume} (${name}): it keeps its owner; cannot tell whether the program writes ${target}, and the user may not`
    const finding = targetQuestion('migrate-volumes', 'host-folder', message, `where it does, ${hint}`)
    return [{ volume, services: [name], finding }]
  })
}

/** What the project leaves to a person about the mounts of a service whose Dockerfile changes: it is not done without that either. */
function leftOver(
  { service: { name }, dockerfile, derived, result: { verdict } }: PlannedService,
  volumes: readonly OfVolume[],
  project: string,
): readonly StackFinding[] {
  // Written once, it is unchanged the next time, and what is left is left.
  if ((dockerfile ?? derived) === null || (!isComplete({ verdict }) && verdict !== 'unchanged')) return []
  const left = volumes.filter(({ services, finding }) => finding.outcome === 'todo' && services.includes(name))
  if (left.length === 0) return []
  const what = joinTruncated([...new Set(left.map(({ volume }) => volume))])
  const message = `${project} has todos about what it mounts here: ${what}`
  return [stackFinding('migrate-volumes', 'todo', message, name)]
}

interface OfService {
  /** What is said of all of them. */
  readonly said: readonly StackFinding[]
  readonly proof: StackProof | null
  /** Without what a person would do with `docker run`, which is done in the files. */
  readonly inFiles: (finding: ReportFinding) => ReportFinding
  /** What was not root before is changed all the same. */
  readonly changed: boolean
}

/** A service as the report has it: its findings stand in the file that its lines are of. */
export function serviceResult(
  planned: TargetResult,
  { stage, dockerfile, derived }: Partial<Pick<PlannedService, 'stage' | 'dockerfile' | 'derived'>>,
  { said, proof, inFiles, changed }: OfService,
): TargetResult {
  const file = dockerfile?.path ?? derived?.path
  const { own, report } = afterRun(planned, answeredIn(stage), proof?.services.get(planned.target) ?? null)
  const about = said.flatMap(({ service, ...finding }) => (service === own.target ? [finding] : []))
  const failed = proofFindings(report, proof?.failures.get(own.target) ?? [])
  const isLeft = [...about, ...failed].some(({ outcome }) => outcome === 'todo') && own.verdict !== 'needs-root'
  return {
    ...own,
    findings: [...own.findings.map(inFiles), ...about, ...failed],
    verdict: isLeft ? 'incomplete' : ofProof(own.verdict, changed, report),
    proof: report,
    ...(file === undefined ? {} : { file: here(file) }),
  }
}

/** A service behind its own proof: what a proof that passed has answered is left out, and work that it did not ask for makes it not shown. */
export function afterRun(
  planned: TargetResult,
  answered: ReadonlySet<string> = new Set(),
  report: ReportProof | null,
): { readonly own: TargetResult; readonly report: ReportProof | null } {
  if (report?.passed !== true) return { own: planned, report }
  const left = withoutTodos(planned, answered)
  const isAnswered = left.findings.length < planned.findings.length && !left.findings.some(isOpen)
  // Nothing is left to decide where each todo was one that the run has answered.
  const own: TargetResult = isAnswered && planned.verdict === 'incomplete' ? { ...left, verdict: 'rewritten' } : left
  return { own, report: withUnasked(report, own) }
}

/** What a person would do with `docker run` is done in the project's files. */
function inProject(finding: ReportFinding): ReportFinding {
  const { hint, ...rest } = finding
  return finding.transform === 'raise-ports' && finding.outcome === 'fixed' && hint !== undefined ? rest : finding
}

const WORST_FIRST: readonly Verdict[] = [
  'failed',
  'incomplete',
  'needs-root',
  'exempt',
  'rewritten',
  'hardened',
  'unchanged',
]

/** The word for all of them: what needs a person is never hidden by what went well. */
export function stackVerdict(
  services: readonly Pick<TargetResult, 'verdict'>[],
  { findings, changed, proof }: Pick<TargetResult, 'changed'> & Pick<VerdictInput, 'findings' | 'proof'>,
): Verdict {
  if (findings.some(isOpen)) return 'incomplete'
  const found = WORST_FIRST.find((verdict) => services.some((service) => service.verdict === verdict))
  if (found === 'failed') return 'incomplete'
  // What was not shown of one is not shown by a run of all.
  return found === 'rewritten' ? found : ofProof(found ?? 'not-applicable', changed, proof)
}
