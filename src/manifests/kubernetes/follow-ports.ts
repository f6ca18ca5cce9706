import type { HostEntry } from '../compose/host-files.ts'
import { settleMounted } from '../mounted-configuration.ts'
import type { ImageChange, ProfilePort } from '../profile.ts'
import type { PlannedService } from '../project.ts'
import { asList, asObject, isObject, type Json, textOf } from '../yaml/file.ts'
import {
  dataNamed,
  type FileValues,
  isNear,
  itemsIn,
  leadsTo,
  type Manifests,
  nameOfContainer,
  type ObjectAt,
  putIn,
  selects,
  usesOf,
  type Workload,
} from './workloads.ts'

export interface MovedPod {
  readonly workload: Workload
  readonly ports: readonly ProfilePort[]
}

/**
 * What leads to pods whose ports have moved, at the new ones: `targetPort` of Services (their own port stays, and with it what calls
 * them), NetworkPolicies in both directions, and the annotations that Prometheus reads. `open`: where nobody can say what is meant, a
 * subject and a verb.
 */
export function followPorts(
  { objects }: Pick<Manifests, 'objects'>,
  pods: readonly MovedPod[],
  values: FileValues,
): { readonly values: FileValues; readonly open: readonly string[] } {
  const open: string[] = []
  if (pods.every(({ ports }) => ports.length === 0)) return { values, open }
  const after = objects.reduce((all, object) => {
    const changed = followedIn(object, pods, open)
    return changed === object.value ? all : putIn(all, object, changed)
  }, values)
  return { values: after, open }
}

/**
 * Configuration that is mounted from ConfigMaps says the ports that have moved, as the image's own does. A file that somebody reads who
 * does not move along stays, and with it the port. `made`: by service what of the changes of its image they say now.
 */
export function followConfiguration(
  { files, workloads, objects }: Manifests,
  planned: ReadonlyMap<string, PlannedService>,
): { readonly values: FileValues; readonly made: ReadonlyMap<string, ReadonlySet<ImageChange>> } {
  const places = new Map<string, Omit<ObjectAt, 'value'>>()
  const entries = new Map<string, HostEntry>()
  const moving = workloads.flatMap((workload) =>
    workload.containers.flatMap((container): readonly PlannedService[] => {
      const one = planned.get(nameOfContainer(workload, container))
      if (one === undefined) return []
      const files = configFiles(workload, container, objects)
      for (const { path, object, key, text } of files) {
        places.set(path, { ...object, path: [...object.path, 'data', key] })
        entries.set(path, { kind: 'file', uid: 0, gid: 0, mode: 0o644, text, children: [], isCheckout: false })
      }
      const mounts = files.map(
        ({ path, target }) => ({ kind: 'config', source: path, target, readOnly: true, isEmpty: false }) as const,
      )
      return [{ ...one, service: { ...one.service, mounts, ports: [] } }]
    }),
  )
  const settled = settleMounted(moving, { entries, texts: [], variables: new Map() }, { folder: '/' })
  let values: FileValues = files.map((file) => file.values)
  for (const [path, text] of settled.texts) {
    const place = places.get(path)
    if (place !== undefined) values = putIn(values, place, text)
  }
  return { values, made: new Map(settled.services.map((one) => [one.planned.service.name, one.made])) }
}

interface ConfigFile {
  /** Equal for all who mount it. */
  readonly path: string
  readonly object: ObjectAt
  readonly key: string
  readonly target: string
  readonly text: string
}

function configFiles(
  workload: Workload,
  container: Workload['containers'][number],
  objects: readonly ObjectAt[],
): readonly ConfigFile[] {
  return usesOf(workload, container).flatMap(({ source, path: target, subPath }) => {
    const configMap = asObject(source.configMap)
    const object = dataNamed(objects, 'ConfigMap', configMap.name, workload)
    if (object === undefined) return []
    const data = asObject(object.value.data)
    return itemsIn(configMap, Object.keys(data)).flatMap(({ key, path }): readonly ConfigFile[] => {
      const { [key]: text } = data
      if (typeof text !== 'string' || (subPath !== '' && subPath !== path)) return []
      const id = `${object.file}/${object.document}/${object.path.join('/')}/${key}`
      return [{ path: id, object, key, target: subPath === '' ? `${target}/${path}` : target, text }]
    })
  })
}

/** Workloads that somebody calls without a Service's port in between: their ports stay. */
export function calledDirectly({ objects, workloads }: Manifests): readonly Workload[] {
  const headless = objects.filter(({ value }) => value.kind === 'Service' && asObject(value.spec).clusterIP === 'None')
  return workloads.filter((workload) => headless.some((service) => leadsTo(service, workload)))
}

function followedIn(object: ObjectAt, pods: readonly MovedPod[], open: string[]): Json {
  const { value } = object
  const spec = asObject(value.spec)
  const near = pods.filter(({ workload }) => isNear(object, workload))
  if (value.kind === 'Service') {
    const meant = near.filter(({ workload }) => leadsTo(object, workload))
    if (meant.every(({ ports }) => ports.length === 0)) return value
    const ports = asList(spec.ports).map((port) => servicePort(asObject(port), meant, value, open))
    return withAnnotation({ ...value, spec: { ...spec, ports } }, meant)
  }
  if (value.kind === 'NetworkPolicy') return policy(value, near)
  return value
}

function servicePort(port: Json, pods: readonly MovedPod[], service: Json, open: string[]): Json {
  const { targetPort = port.port } = port
  const ways = pods.map(({ ports, workload }) => ({ workload, to: movedTo(targetPort, port.protocol, ports) }))
  const moved = [...new Set(ways.map(({ to }) => to))]
  const [to = null] = moved
  if (moved.length <= 1) return to === null ? port : { ...port, targetPort: to }
  open.push(
    `service/${textOf(asObject(service.metadata).name)} leads to ${ways.map(({ workload }) => workload.name).join(' and ')}, which do not have the same port any more: ${ways.map((way) => textOf(way.to ?? targetPort)).join(' and ')}`,
  )
  return port
}

function movedTo(port: unknown, protocol: unknown, ports: readonly ProfilePort[]): number | null {
  const wanted = textOf(protocol ?? 'TCP').toLowerCase()
  return ports.find(({ from, to, protocol: own }) => from !== to && from === port && own === wanted)?.to ?? null
}

/** Its ports are those of pods, whatever a Service calls them. Source: Kubernetes, Network Policies. */
function policy(value: Json, pods: readonly MovedPod[]): Json {
  const spec = asObject(value.spec)
  const chosen = pods.filter(({ workload }) => selects(spec.podSelector, workload.pod.labels))
  const into = Array.isArray(spec.ingress) ? { ingress: spec.ingress.map((rule) => withPorts(rule, chosen)) } : {}
  const out = Array.isArray(spec.egress)
    ? { egress: spec.egress.map((rule) => withPorts(rule, reachedBy(asObject(rule), pods))) }
    : {}
  const after = { ...spec, ...into, ...out }
  return JSON.stringify(after) === JSON.stringify(spec) ? value : { ...value, spec: after }
}

function reachedBy({ to }: Json, pods: readonly MovedPod[]): readonly MovedPod[] {
  const peers = asList(to).map(asObject)
  if (peers.length === 0) return pods
  return pods.filter(({ workload }) =>
    peers.some(
      ({ podSelector, namespaceSelector }) =>
        (podSelector !== undefined || namespaceSelector !== undefined) && selects(podSelector, workload.pod.labels),
    ),
  )
}

/** A port that only some of the pods have moved is let through at both. */
function withPorts(rule: unknown, pods: readonly MovedPod[]): unknown {
  const { ports } = asObject(rule)
  if (!Array.isArray(ports)) return rule
  const has = (wanted: unknown, protocol: unknown): boolean =>
    ports.some((one) => {
      const { port, protocol: own } = asObject(one)
      return port === wanted && textOf(own ?? 'TCP') === textOf(protocol ?? 'TCP')
    })
  const after = ports.flatMap((one) => {
    const port = asObject(one)
    const ways = pods.map((pod) => movedTo(port.port, port.protocol, pod.ports))
    const moved = [...new Set(ways)].filter((to) => to !== null && !has(to, port.protocol))
    if (moved.length === 0) return [one]
    const isAll = ways.every((to) => to !== null)
    return [...(isAll ? [] : [one]), ...moved.map((to) => ({ ...port, port: to }))]
  })
  return { ...asObject(rule), ports: after }
}

const SCRAPED = 'prometheus.io/port'

/** Of a Service, or of the metadata of a pod's template. */
export function withAnnotation(value: Json, pods: readonly Pick<MovedPod, 'ports'>[]): Json {
  const metadata = asObject(value.metadata)
  const { [SCRAPED]: port, ...annotations } = asObject(metadata.annotations)
  const to = pods.map(({ ports }) => movedTo(Number(port), 'TCP', ports)).find((one) => one !== null) ?? null
  if (port === undefined || to === null || !isObject(metadata.annotations)) return value
  return { ...value, metadata: { ...metadata, annotations: { ...annotations, [SCRAPED]: String(to) } } }
}
