import { dirname } from 'node:path'
import { parseDockerfile } from '../dockerfile/index.ts'
import { lineOf } from '../edit.ts'
import type { Engine } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import { textIn } from '../files-in.ts'
import {
  type ClusterService,
  clusterServices,
  fsGroups,
  projectOf,
  unreachedVolumes,
} from '../manifests/kubernetes/cluster-services.ts'
import { type EditedPod, editPod, type PlannedContainer } from '../manifests/kubernetes/edit-pod.ts'
import {
  calledDirectly,
  followConfiguration,
  followPorts,
  withAnnotation,
} from '../manifests/kubernetes/follow-ports.ts'
import { put } from '../manifests/kubernetes/objects.ts'
import { refusals } from '../manifests/kubernetes/restricted.ts'
import {
  containerOf,
  type Manifests,
  manifestsOf,
  nameOfContainer,
  type Workload,
} from '../manifests/kubernetes/workloads.ts'
import {
  type LeftOf,
  manifestsDecidedLater,
  standingInManifests,
  todosIn,
  unsettled,
} from '../manifests/left-to-decide.ts'
import type { PlannedService, StackFile } from '../manifests/planned.ts'
import type { Profile } from '../manifests/profile.ts'
import { slug } from '../manifests/profile.ts'
import type { ServiceBuild } from '../manifests/project.ts'
import { asObject, isEqual, parseYaml } from '../manifests/yaml/file.ts'
import { rewriteYaml } from '../manifests/yaml/rewrite.ts'
import type { StackEvidence, StackProof } from '../proof/stack/prove-stack.ts'
import { proofFindings } from '../report/proof-findings.ts'
import { type ReportFinding, type TargetResult, targetFinding } from '../report/report.ts'
import { choices } from '../words.ts'
import { likelyContext } from '../workspace/context.ts'
import { type ClusterTarget, imageIn, type ManifestFile } from '../workspace/manifests.ts'
import { projectRoot } from '../workspace/project-root.ts'
import { madeImages, surroundings } from '../workspace/surroundings.ts'
import type { WorkItem } from '../workspace/work-item.ts'
import { here, imageFiles } from './project-plan.ts'
import { afterRun, portsOf, stackVerdict, unwrittenOf } from './stack.ts'
import { planStack } from './stack-plan.ts'
import type { StackFacts } from './stack-proof.ts'
import { isProved, needsEngine, type Options, type ProcessTarget, type TargetOutcome, type TaskHooks } from './task.ts'
import { ofProof } from './verdict.ts'

/** What one command does with manifests. */
export async function hardenCluster(
  { target, kind, cluster, followed }: WorkItem & { readonly cluster: ClusterTarget },
  { options, hooks, processTarget, openEngine }: ClusterWork,
): Promise<TargetOutcome> {
  if (needsEngine(options.mode) && !isProved(options.mode))
    throw new HardenError('bad-usage', `${target} runs in a cluster, and nothing of it is built here`, {
      hint: 'leave out --build, and build the images that it names one by one',
    })
  const manifests = manifestsOf(cluster.files)
  const services = clusterServices(manifests, await buildsOf(manifests, cluster), (image) =>
    imageIn(image, cluster.images),
  )
  const plan = async (seen: StackEvidence, facts: StackFacts): Promise<ClusterPlan> => {
    const planning = { options, hooks, processTarget, seen, facts, ...(followed === undefined ? {} : { followed }) }
    const planned = await planServices(services, manifests, cluster, planning)
    const edited = editAll(manifests, services, planned)
    const texts = manifests.files.map((file, index) => rewriteYaml(file, edited.values[index] ?? file.values))
    const files = [
      ...cluster.files.map((file, index) => stackFile(file, texts[index] ?? file.text)),
      ...imageFiles([...planned.values()]),
    ]
    return { planned, edited, files, changed: files.filter(({ before, after }) => before !== after) }
  }
  const about = { target, kind, cluster, manifests, services, comments: options.policy.comments }
  if (!isProved(options.mode)) {
    return outcomeOf(about, await plan(new Map(), new Map()), null)
  }
  const { proveManifests } = await import('./cluster-proof.ts')
  const engine = await openEngine()
  if (engine === null) throw new HardenError('no-engine', 'a proof needs an engine')
  const proved = await proveManifests({ cluster, manifests, services, engine, options, hooks, plan })
  return outcomeOf(about, proved.plan, proved.proof)
}

/** What is done with the containers of manifests, and what all files say then. */
export interface ClusterPlan {
  /** By service. */
  readonly planned: ReadonlyMap<string, PlannedService>
  readonly edited: Edited
  /** Those of the manifests come first, in their order. */
  readonly files: readonly StackFile[]
  readonly changed: readonly StackFile[]
}

interface ClusterWork {
  readonly options: Options
  readonly hooks: TaskHooks
  readonly processTarget: ProcessTarget
  /** Null where there is none, or none is wanted. */
  readonly openEngine: () => Promise<Engine | null>
}

interface About extends Pick<TargetResult, 'target' | 'kind'> {
  readonly cluster: ClusterTarget
  readonly manifests: Manifests
  readonly services: readonly ClusterService[]
  readonly comments: Options['policy']['comments']
}

function outcomeOf(
  { target, kind, cluster, manifests, services, comments }: About,
  { planned, edited, files: planFiles }: ClusterPlan,
  proof: StackProof | null,
): TargetOutcome {
  const said = [...edited.findings, ...imageFindings(planned)]
  const resultsWith = (more: readonly Said[]): readonly TargetResult[] =>
    services.map((one) => resultOf(one, planned.get(one.service.name), [...said, ...more], proof))
  const plain = resultsWith([])
  const derived = new Map(plain.map((one) => [one.target, one.findings]))
  const isProved = (name: string): boolean => proof?.services.get(name)?.passed === true
  const standing = unsettled(
    standingInManifests(manifests, services, (name) => derived.get(name) ?? []),
    isProved,
  )
  const results =
    standing.length === 0 ? plain : resultsWith(standing.map(({ service, ...finding }) => ({ service, finding })))
  const after = manifests.files.map((file, index) => parseYaml(planFiles[index]?.after ?? file.text, file.name))
  const left: LeftOf = new Map(
    services.map(({ workload: { file, document }, service: { name } }) => {
      // The next run finds the todos of a document that does not change again.
      const isChanged = !isEqual(manifests.files[file]?.values[document], after[file]?.values[document])
      const own = (derived.get(name) ?? []).filter(({ transform }) => isChanged && transform !== 'prove')
      return [name, { todos: todosIn(own, planned.get(name)?.answered), isProved: isProved(name) }]
    }),
  )
  const texts = comments === 'none' ? [] : manifestsDecidedLater(after, services, left)
  const files = planFiles.map((file, index) => ({ ...file, after: texts[index] ?? file.after }))
  const changed = files.filter(({ before, after }) => before !== after)
  const about = [
    ...cluster.findings,
    ...said.filter(({ service }) => service === null).map(({ finding }) => finding),
    ...proofFindings(proof?.report ?? null, proof?.failures.get('') ?? []),
    ...(comments === 'none' ? unwrittenOf(left) : []),
  ]
  const [first] = cluster.files
  const result: TargetResult = {
    target,
    kind,
    verdict: stackVerdict(results, { findings: about, changed: changed.length > 0, proof: proof?.report ?? null }),
    user: null,
    ports: portsOf(results),
    stages: [],
    findings: about,
    output: files[0]?.after ?? '',
    changed: changed.length > 0,
    proof: proof?.report ?? null,
    services: results,
    files: files.map(({ name, before, after }) => ({ path: name, output: after, changed: before !== after })),
    // fsGroup hands over what volumes hold; where it does not, that is a todo.
    migration: null,
  }
  return { source: first?.text ?? '', path: first?.path ?? null, result, files: changed }
}

/** The Dockerfiles of the repository that make what the manifests run, by image as it is written there. */
async function buildsOf(
  { workloads }: Manifests,
  { folder, images }: ClusterTarget,
): Promise<ReadonlyMap<string, ServiceBuild>> {
  const named = new Set(
    workloads.flatMap(({ containers }) => containers.flatMap(({ image }) => (typeof image === 'string' ? image : []))),
  )
  const made = await madeImages(
    [...named].map((image) => imageIn(image, images)),
    folder,
    process.cwd(),
  )
  return new Map(
    [...named].flatMap((image) => {
      const by = made.get(imageIn(image, images))
      if (by === undefined) return []
      const context = by.context ?? contextOf(by.path) ?? dirname(by.path)
      return [[image, { dockerfile: by.path, inline: null, context, target: by.target, args: new Map() }]]
    }),
  )
}

function contextOf(path: string): string | null {
  try {
    const root = projectRoot(dirname(path))
    return likelyContext(parseDockerfile(textIn(root, path) ?? ''), path, root)
  } catch (error) {
    // What is wrong with it, whoever plans it says.
    if (error instanceof HardenError) return null
    throw error
  }
}

type Planning = Pick<
  Parameters<typeof planStack>[0],
  'options' | 'hooks' | 'processTarget' | 'seen' | 'facts' | 'followed'
>

/** By name, of those that are not run by another user already. */
async function planServices(
  services: readonly ClusterService[],
  manifests: Manifests,
  { folder, files }: ClusterTarget,
  planning: Planning,
): Promise<ReadonlyMap<string, PlannedService>> {
  const project = projectOf(
    services.filter(({ isNonRoot }) => !isNonRoot),
    folder,
    files.flatMap(({ path, name, text }) => (path === null ? [] : [{ path, name, text, isOwn: true }])),
  )
  const host = { entries: new Map(), texts: [], variables: new Map() }
  const surroundingsOf = surroundings(process.cwd())
  const plan = (portsStay: ReadonlySet<string>): Promise<readonly PlannedService[]> =>
    planStack({ ...planning, project, host, surroundingsOf, portsStay })
  const direct = calledDirectly(manifests)
  const stay = new Set(services.flatMap(({ workload, service }) => (direct.includes(workload) ? [service.name] : [])))
  const planned = await plan(stay)
  const taken = takenPorts(services, planned, manifests)
  const all = taken.size === 0 ? planned : await plan(new Set([...stay, ...taken]))
  return new Map(withNames(all).map((one) => [one.service.name, one]))
}

/** Whose new port another container of the pod has, or speaks to: they have one network. */
function takenPorts(
  services: readonly ClusterService[],
  planned: readonly PlannedService[],
  { objects }: Manifests,
): ReadonlySet<string> {
  const maps = objects.filter(({ value }) => value.kind === 'ConfigMap')
  return new Set(
    planned.flatMap(({ service, profile }) => {
      const own = services.find((one) => one.service.name === service.name)
      const moved = (profile?.ports ?? []).filter(({ from, to }) => from !== to)
      if (own === undefined || moved.length === 0) return []
      const mates = own.workload.containers
        .filter(({ name }) => name !== own.container.name)
        .map((one) => containerOf(own.workload.pod.spec, one))
      const volumes = JSON.stringify(own.workload.pod.spec.volumes ?? [])
      const mounted = maps.filter(({ value }) => volumes.includes(`"${String(asObject(value.metadata).name)}"`))
      const text = JSON.stringify([mates, mounted.map(({ value }) => value.data)])
      const numbers = new Set(text.match(/\d+/g))
      return moved.some(({ to }) => numbers.has(String(to))) ? [service.name] : []
    }),
  )
}

/** Two that are built upon one image have two names, unless they are the same. */
function withNames(planned: readonly PlannedService[]): readonly PlannedService[] {
  const texts = new Map<string, NonNullable<PlannedService['derived']>>()
  return planned.map((one) => {
    const { profile, derived } = one
    if (profile === null || derived === null) return one
    const before = texts.get(profile.image.name)
    if (before === undefined || before.text === derived.text) {
      texts.set(profile.image.name, before ?? derived)
      return { ...one, derived: before ?? derived }
    }
    const [, name = '', tag = ''] = /^(.*?)(:[^:/]+)?$/.exec(profile.image.name) ?? []
    const image = { ...profile.image, name: `${name}-${slug(one.service.name)}${tag}` }
    return { ...one, profile: { ...profile, image } }
  })
}

/** What is to be said, and of which container; null of the target as a whole. */
interface Said {
  readonly service: string | null
  readonly finding: ReportFinding
}

interface Edited {
  readonly values: readonly (readonly unknown[])[]
  readonly findings: readonly Said[]
  /** How containers are run in their pods, by service. */
  readonly profiles: ReadonlyMap<string, Profile>
}

function editAll(
  manifests: Manifests,
  services: readonly ClusterService[],
  planned: ReadonlyMap<string, PlannedService>,
): Edited {
  const configuration = followConfiguration(
    manifests,
    planned,
    manifests.files.map((file) => file.values),
  )
  const values = configuration.values.map((documents) => [...documents])
  const objects = manifests.objects.map((object) => ({
    ...object,
    value: asObject(valueAt(values[object.file]?.[object.document], object.path)),
  }))
  const findings: Said[] = []
  const profiles = new Map(services.map((one) => [one.service.name, profileOf(one, planned.get(one.service.name))]))
  const groups = fsGroups(services, profiles)
  const edited: EditedPod[] = []
  for (const workload of manifests.workloads) {
    const containers = workload.containers.map((container): PlannedContainer => {
      const name = nameOfContainer(workload, container)
      const { start = null, env = new Map<string, string>() } = planned.get(name) ?? {}
      const made = configuration.made.get(name) ?? new Set()
      return { container, profile: profiles.get(name) ?? null, start, env, made }
    })
    const pod = editPod(workload, containers, groups.get(workload) ?? null, { objects })
    edited.push(pod)
    findings.push(...podFindings(pod, manifests, services, profiles))
    const documents = values[workload.file] ?? []
    const holder = workload.path.slice(0, -1)
    const metadata = withAnnotation({ metadata: metadataOf(documents[workload.document], holder) }, [pod]).metadata
    documents[workload.document] = put(documents[workload.document], workload.path, pod.spec)
    if (metadata !== undefined)
      documents[workload.document] = put(documents[workload.document], [...holder, 'metadata'], metadata)
  }
  const followed = followPorts({ ...manifests, objects }, edited, values)
  for (const text of followed.open)
    findings.push({
      service: null,
      finding: targetFinding(
        'edit-manifests',
        'todo',
        text,
        choices('name the port in ports:, and say that name in targetPort:', 'give each pod a Service of its own'),
      ),
    })
  const ran = new Map(
    edited.flatMap(({ workload, profiles: own }) =>
      workload.containers.flatMap((container) => {
        const profile = own.get(container.name)
        return profile === undefined ? [] : [[nameOfContainer(workload, container), profile] as const]
      }),
    ),
  )
  return { values: followed.values, findings, profiles: ran }
}

function metadataOf(document: unknown, holder: Workload['path']): unknown {
  return asObject(valueAt(document, holder)).metadata
}

function valueAt(document: unknown, path: Workload['path']): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown> | undefined)?.[key], document)
}

/** Null where nothing of it has to be changed. */
function profileOf(
  { isNonRoot, isAccepted, service }: ClusterService,
  planned: PlannedService | undefined,
): Profile | null {
  if (!isNonRoot) return planned?.profile ?? null
  return isAccepted ? null : asItRuns(service)
}

/** Who runs is not asked: only what the pod does without. */
function asItRuns({ name, image, user }: ClusterService['service']): Profile {
  const [uid, gid] = user?.split(':').map(Number) ?? []
  const none = { value: false, known: 'planned' } as const
  return {
    target: name,
    kind: 'image',
    image: { original: null, derived: false, name: image ?? name, chown: 'busybox:musl' },
    root: false,
    user: uid === undefined || gid === undefined ? null : { value: { name: '', uid, gid }, known: 'planned' },
    anyUid: false,
    capabilities: { value: [], known: 'planned' },
    noNewPrivileges: { value: true, known: 'planned' },
    readOnly: none,
    writable: [],
    owned: [],
    volumes: [],
    ports: [],
    sysctls: {},
    env: {},
    given: [],
    programs: [],
    changes: [],
    asIs: null,
    running: [],
    notes: [],
  }
}

function podFindings(
  { workload, spec, notes }: EditedPod,
  { files }: Manifests,
  services: readonly ClusterService[],
  profiles: ReadonlyMap<string, Profile | null>,
): readonly Said[] {
  const file = files[workload.file]
  const start = file?.documents[workload.document]?.range[0] ?? 0
  const at = { line: file === undefined ? 1 : lineOf(file.text, start), file: file?.name ?? '' }
  const said = (
    container: string | null,
    outcome: ReportFinding['outcome'],
    text: string,
    rule: string,
    hint: string | null = null,
  ): Said => {
    const own = services.find((one) => one.workload === workload && one.container.name === container)
    const message = own === undefined ? `${workload.name}: ${container ? `${container}: ` : ''}${text}` : text
    return {
      service: own?.service.name ?? null,
      finding: { ...targetFinding(rule, outcome, message, hint), line: at.line, file: at.file },
    }
  }
  const refused = new Map<string | null, string[]>()
  for (const { container, reason } of refusals({ metadata: { annotations: workload.pod.annotations }, spec }))
    refused.set(container, [...(refused.get(container) ?? []), reason])
  return [
    ...notes.map(({ container, outcome, text, hint }) =>
      said(container || null, outcome, text, 'edit-manifests', hint),
    ),
    ...[...refused].map(([container, reasons]) =>
      said(
        container,
        'todo',
        `Pod Security restricted refuses the pod: ${[...new Set(reasons)].join('; ')}`,
        'pod-security',
        choices('take it out, where the pod can do without', 'run it in a namespace of its own that allows it'),
      ),
    ),
    ...unreachedVolumes(workload, profiles).map(({ container, text, hint }) =>
      said(container, 'todo', text, 'migrate-volumes', hint),
    ),
  ]
}

function stackFile({ path, name, text }: ManifestFile, after: string): StackFile {
  return { path: path ?? name, name, before: text, after }
}

/** What has to be in the registry before it is applied. */
function imageFindings(planned: ReadonlyMap<string, PlannedService>): readonly Said[] {
  return [...planned.values()].flatMap(({ service, profile, derived, dockerfile, result }): readonly Said[] => {
    const path = derived?.path ?? (result.changed ? dockerfile?.path : undefined)
    const name = derived === null ? service.image : (profile?.image.name ?? null)
    if (path === undefined || name === null) return []
    const what = `runs ${name}, built from ${here(path)}`
    const hint = 'build and push it before the manifests are applied, under a name that the cluster pulls'
    return [{ service: service.name, finding: targetFinding('edit-manifests', 'note', what, hint) }]
  })
}

/** A container as the report has it: its findings stand in the file that its lines are of. */
function resultOf(
  { service, isNonRoot, isAccepted }: ClusterService,
  planned: PlannedService | undefined,
  said: readonly Said[],
  proof: StackProof | null,
): TargetResult {
  const about = said.flatMap(({ service: of, finding }) => (of === service.name ? [finding] : []))
  const before = planned?.result ?? asBefore(service.name, service.user, !isAccepted && isNonRoot)
  const { own, report } = afterRun(before, planned?.answered, proof?.services.get(service.name) ?? null)
  const failed = proofFindings(report, proof?.failures.get(service.name) ?? [])
  const findings = [...own.findings.map(inCluster), ...about, ...failed]
  const isOpen = [...about, ...failed].some(({ outcome }) => outcome === 'todo') && own.verdict !== 'needs-root'
  const file = planned?.dockerfile?.path ?? planned?.derived?.path
  const verdict = isOpen ? 'incomplete' : ofProof(own.verdict, own.changed, report)
  return { ...own, findings, verdict, proof: report, ...(file === undefined ? {} : { file: here(file) }) }
}

/** What a person would do with `docker run` is done here. */
function inCluster(finding: ReportFinding): ReportFinding {
  const { hint, ...rest } = finding
  return hint === undefined || !/\bdocker (run|exec)\b|(?<!\S)-p \d|--publish\b/.test(hint) ? finding : rest
}

function asBefore(target: string, user: string | null, changed: boolean): TargetResult {
  const as = user ?? 'the user of its image'
  return {
    target,
    kind: 'image',
    verdict: 'unchanged',
    user: null,
    ports: [],
    stages: [{ name: '0', index: 0, userBefore: as, userAfter: as }],
    findings: [],
    output: '',
    changed,
    proof: null,
  }
}
