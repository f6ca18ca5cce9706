import { lineOf } from '../../edit.ts'
import { targetFinding } from '../../report/report.ts'
import type { Outcome } from '../../transform.ts'
import { choices } from '../../words.ts'
import { movesOf, type Profile, slug } from '../profile.ts'
import type { PlannedService, StackFinding } from '../project.ts'
import { asObject } from '../yaml/file.ts'
import { type ClusterService, fsGroups, unreachedVolumes } from './cluster-services.ts'
import { type EditedPod, editPod, type PlannedContainer } from './edit-pod.ts'
import { followConfiguration, followPorts, withAnnotation } from './follow-ports.ts'
import { refusals } from './restricted.ts'
import { at, containerOf, type FileValues, type Manifests, nameOfContainer, putIn } from './workloads.ts'

export interface EditedManifests {
  /** Of each file, what its documents mean then. */
  readonly values: FileValues
  readonly findings: readonly StackFinding[]
  /** How containers are run in their pods, by service. */
  readonly profiles: ReadonlyMap<string, Profile>
}

/** All manifests with what is planned for their containers, and with the ports that move followed. */
export function editCluster(
  manifests: Manifests,
  services: readonly ClusterService[],
  planned: ReadonlyMap<string, PlannedService>,
): EditedManifests {
  const configuration = followConfiguration(manifests, planned)
  let { values } = configuration
  const objects = manifests.objects.map((object) => ({
    ...object,
    value: asObject(at(configuration.values, [object.file, object.document, ...object.path])),
  }))
  const profiles = new Map(services.map((one) => [one.service.name, profileOf(one, planned.get(one.service.name))]))
  const groups = fsGroups(services, profiles)
  const findings: StackFinding[] = []
  const runs = new Map<string, Profile>()
  const edited = manifests.workloads.map((workload): EditedPod => {
    const containers = workload.containers.map((container): PlannedContainer => {
      const name = nameOfContainer(workload, container)
      const { start = null, env = new Map<string, string>() } = planned.get(name) ?? {}
      const made = configuration.made.get(name) ?? new Set()
      return { container, profile: profiles.get(name) ?? null, start, env, made }
    })
    const pod = editPod(workload, containers, groups.get(workload) ?? null, { objects })
    findings.push(...podFindings(pod, manifests, services, profiles))
    for (const container of workload.containers) {
      const profile = pod.profiles.get(container.name)
      if (profile !== undefined) runs.set(nameOfContainer(workload, container), profile)
    }
    const { file, document, path } = workload
    const holder = { file, document, path: path.slice(0, -1) }
    const before = asObject(at(values, [file, document, ...holder.path]))
    const { metadata } = withAnnotation({ metadata: before.metadata }, [pod])
    values = putIn(values, holder, { ...before, spec: pod.spec, ...(metadata === undefined ? {} : { metadata }) })
    return pod
  })
  const followed = followPorts({ objects }, edited, values)
  const hint = choices(
    'name the port in ports:, and say that name in targetPort:',
    'give each pod a Service of its own',
  )
  const open = followed.open.map((text) => targetFinding('edit-manifests', 'todo', text, hint))
  return { values: followed.values, findings: [...findings, ...open], profiles: runs }
}

/** Null where nothing of it has to be changed. */
function profileOf(
  { isNonRoot, isAccepted, service }: ClusterService,
  planned: PlannedService | undefined,
): Profile | null {
  if (!isNonRoot) return planned?.profile ?? null
  return isAccepted ? null : asItRuns(service)
}

/** Applies everything but the user. */
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
): readonly StackFinding[] {
  const file = files[workload.file]
  const start = file?.documents[workload.document]?.range[0] ?? 0
  const place = { line: file === undefined ? 1 : lineOf(file.text, start), file: file?.name ?? '' }
  const said = (
    container: string | null,
    outcome: Outcome,
    text: string,
    rule: string,
    hint?: string,
  ): StackFinding => {
    const own = services.find((one) => one.workload === workload && one.container.name === container)
    const message = own === undefined ? `${workload.name}: ${container ? `${container}: ` : ''}${text}` : text
    const finding = { ...targetFinding(rule, outcome, message, hint ?? null), ...place }
    return own === undefined ? finding : { ...finding, service: own.service.name }
  }
  const refused = new Map<string | null, string[]>()
  for (const { container, reason } of refusals({ metadata: { annotations: workload.pod.annotations }, spec }))
    refused.set(container, [...(refused.get(container) ?? []), reason])
  const hint = choices('take it out, where the pod can do without', 'run it in a namespace of its own that allows it')
  return [
    ...notes.map((one) => said(one.container || null, one.outcome, one.text, 'edit-manifests', one.hint)),
    ...[...refused].map(([container, reasons]) =>
      said(
        container,
        'todo',
        `Pod Security restricted refuses the pod: ${[...new Set(reasons)].join('; ')}`,
        'pod-security',
        hint,
      ),
    ),
    ...unreachedVolumes(workload, profiles).map((one) =>
      said(one.container, 'todo', one.text, 'migrate-volumes', one.hint),
    ),
  ]
}

/** Services whose new port another container of the pod has or calls, since they share one network. */
export function takenPorts(
  services: readonly ClusterService[],
  planned: readonly PlannedService[],
  { objects }: Manifests,
): readonly string[] {
  const maps = objects.filter(({ value }) => value.kind === 'ConfigMap')
  return planned.flatMap(({ service, profile }) => {
    const own = services.find((one) => one.service.name === service.name)
    const moved = profile === null ? [] : movesOf(profile)
    if (own === undefined || moved.length === 0) return []
    const { spec } = own.workload.pod
    const mates = own.workload.containers.filter(({ name }) => name !== own.container.name)
    const volumes = JSON.stringify(spec.volumes ?? [])
    const mounted = maps.filter(({ value }) => volumes.includes(`"${String(asObject(value.metadata).name)}"`))
    const text = JSON.stringify([mates.map((one) => containerOf(spec, one)), mounted.map(({ value }) => value.data)])
    const numbers = new Set(text.match(/\d+/g))
    return moved.some(({ to }) => numbers.has(String(to))) ? [service.name] : []
  })
}

/** Two images that are built on one base have two names, unless they are the same. */
export function withNames(planned: readonly PlannedService[]): readonly PlannedService[] {
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
