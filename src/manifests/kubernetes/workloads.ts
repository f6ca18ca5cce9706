import { asList, asObject, isObject, type Json, parseYaml, textOf, type YamlFile } from '../yaml/file.ts'

export type Path = readonly (string | number)[]

interface Pod {
  readonly path: Path
  readonly spec: Json
  readonly labels: Json
  readonly annotations: Json
}

export interface Manifests {
  readonly files: readonly YamlFile[]
  readonly objects: readonly ObjectAt[]
  readonly workloads: readonly Workload[]
}

/** An object, a document of its own or an item of a List, and the place that it is written at. */
export interface ObjectAt {
  readonly path: Path
  readonly value: Json
  /** Indexes into `files`, and the documents of that one. */
  readonly file: number
  readonly document: number
}

/** An object that makes pods: a Pod itself, a Deployment and its like, a Job, a CronJob. */
export interface Workload extends Omit<ObjectAt, 'path' | 'value'> {
  /** As `kubectl` takes it: `deployment/web`. */
  readonly name: string
  readonly kind: string
  /** '' where the manifest leaves it to whoever applies it. */
  readonly namespace: string
  readonly path: Path
  readonly pod: Pod
  readonly containers: readonly Chosen[]
  /** Of the pod, by name; with those that a StatefulSet claims. */
  readonly volumes: ReadonlyMap<string, PodVolume>
}

export interface PodVolume {
  readonly name: string
  /** `claim`: kept, and given to `fsGroup` where its driver can; `host`, `remote`: never given to it. */
  readonly kind: 'claim' | 'empty' | 'config' | 'host' | 'remote' | 'other'
  /** Equal for volumes of two pods that have the same files in them. */
  readonly key: string
}

/** `isMeant`: objects that may make pods. Throws HardenError `unreadable` for what is no YAML. */
export function manifestsOf(
  sources: readonly { readonly name: string; readonly text: string }[],
  isMeant: (object: Json) => boolean = isObjectOfCluster,
): Manifests {
  const files = sources.map(({ name, text }) => parseYaml(text, name))
  const objects = files.flatMap(({ values }, file) =>
    values.flatMap((value, document) => membersOf(value).map((member) => ({ ...member, file, document }))),
  )
  return { files, objects, workloads: objects.filter(({ value }) => isMeant(value)).flatMap(workloadsOf) }
}

function isObjectOfCluster({ apiVersion, kind }: Json): boolean {
  return typeof apiVersion === 'string' && typeof kind === 'string'
}

function workloadsOf(object: ObjectAt): readonly Workload[] {
  const { value, file, document } = object
  const kind = textOf(value.kind)
  const metadata = asObject(value.metadata)
  const name = `${kind.toLowerCase()}/${textOf(metadata.name ?? metadata.generateName ?? '')}`
  const namespace = namespaceIn(value)
  return podsOf(object).map((pod) => ({
    name,
    kind,
    namespace,
    file,
    document,
    path: pod.path,
    pod,
    containers: namesIn(pod.spec),
    volumes: volumesOf(object, pod, namespace === '' ? name : `${name} in ${namespace}`),
  }))
}

function volumesOf({ value }: ObjectAt, { spec }: Pod, owner: string): ReadonlyMap<string, PodVolume> {
  const claimed = asList(asObject(value.spec).volumeClaimTemplates).map((one) =>
    textOf(asObject(asObject(one).metadata).name),
  )
  const namespace = namespaceIn(value)
  const own = asList(spec.volumes).map((one): PodVolume => {
    const volume = asObject(one)
    const name = textOf(volume.name)
    const kind = kindOf(volume)
    const claim = asObject(volume.persistentVolumeClaim).claimName
    const key =
      kind === 'claim' && claim !== undefined
        ? `the claim ${namespace === '' ? '' : `${namespace}/`}${textOf(claim)}`
        : kind === 'host'
          ? textOf(asObject(volume.hostPath).path)
          : kind === 'remote'
            ? `remote ${textOf(volume)}`
            : `the volume ${name} of ${owner}`
    return { name, kind, key }
  })
  const templates = claimed.map((name): PodVolume => ({ name, kind: 'claim', key: `the volume ${name} of ${owner}` }))
  return new Map([...own, ...templates].map((volume) => [volume.name, volume]))
}

const CONFIG = ['configMap', 'secret', 'projected', 'downwardAPI', 'image']
/** Kubernetes does not change who owns what is in them. */
const REMOTE = ['nfs', 'glusterfs', 'cephfs', 'azureFile']

function kindOf(volume: Json): PodVolume['kind'] {
  const has = (keys: readonly string[]): boolean => keys.some((key) => Object.hasOwn(volume, key))
  if (has(['persistentVolumeClaim', 'ephemeral'])) return 'claim'
  if (has(['emptyDir'])) return 'empty'
  if (has(CONFIG)) return 'config'
  if (has(['hostPath'])) return 'host'
  return has(REMOTE) ? 'remote' : 'other'
}

export interface Chosen {
  readonly list: 'containers' | 'initContainers'
  readonly index: number
  readonly name: string
  readonly image: unknown
}

export const COPIER = 'copy-writable'

/** It fills what a run before has mounted over the image. */
export function isCopier({ name }: Pick<Chosen, 'name'>): boolean {
  return name === COPIER || name.startsWith(`${COPIER}-`)
}

export function namesIn(spec: Json): readonly Chosen[] {
  return (['containers', 'initContainers'] as const).flatMap((list) =>
    asList(spec[list]).map((one, index) => {
      const { name, image } = asObject(one)
      return { list, index, name: textOf(name ?? ''), image }
    }),
  )
}

/** Those that run what the image runs: an init container has a job of its own, unless it is a sidecar. */
export function longRunning(spec: Json): readonly Chosen[] {
  return namesIn(spec).filter((one) => one.list === 'containers' || containerOf(spec, one).restartPolicy === 'Always')
}

export interface VolumeUse {
  readonly volume: PodVolume
  /** As the pod writes it; empty for one that a StatefulSet claims. */
  readonly source: Json
  readonly path: string
  /** '' for the whole of it. */
  readonly subPath: string
  readonly readOnly: boolean
}

export function usesOf({ pod, volumes }: Pick<Workload, 'pod' | 'volumes'>, container: Chosen): readonly VolumeUse[] {
  return asList(containerOf(pod.spec, container).volumeMounts)
    .map(asObject)
    .flatMap(({ name, mountPath, subPath = '', readOnly }) => {
      const volume = volumes.get(textOf(name))
      if (volume === undefined || typeof mountPath !== 'string') return []
      const source = asObject(asList(pod.spec.volumes).find((one) => asObject(one).name === name))
      const path = mountPath.replace(/(.)\/$/, '$1')
      return [{ volume, source, path, subPath: textOf(subPath), readOnly: readOnly === true }]
    })
}

/** The ConfigMap or Secret that a pod calls by a name. */
export function dataNamed(
  objects: readonly ObjectAt[],
  kind: 'ConfigMap' | 'Secret',
  name: unknown,
  workload: Workload,
): ObjectAt | undefined {
  const found = objects.filter((one) => {
    const { metadata, kind: own } = one.value
    return own === kind && name !== undefined && asObject(metadata).name === name && isNear(one, workload)
  })
  return found.find(({ value }) => namespaceIn(value) === workload.namespace) ?? found[0]
}

/** Which of its keys a volume has, and where. */
export function itemsIn(
  { items }: Json,
  keys: Iterable<string>,
): readonly { readonly key: string; readonly path: string; readonly mode?: unknown }[] {
  const written = asList(items).map(asObject)
  return written.length === 0
    ? Array.from(keys, (key) => ({ key, path: key }))
    : written.map(({ key, path, mode }) => ({ key: textOf(key), path: textOf(path), mode }))
}

/** Nothing says that they are in two namespaces. */
export function isNear({ value }: Pick<ObjectAt, 'value'>, { namespace }: Workload): boolean {
  return ['', namespace].includes(namespaceIn(value)) || namespace === ''
}

/** '' where the manifest leaves it to whoever applies it. */
export function namespaceIn({ metadata }: Json): string {
  return textOf(asObject(metadata).namespace ?? '')
}

export function leadsTo(service: Pick<ObjectAt, 'value'>, workload: Workload): boolean {
  const { selector } = asObject(service.value.spec)
  const isEmpty = Object.keys(asObject(selector)).length === 0
  return !isEmpty && isNear(service, workload) && selects({ matchLabels: selector }, workload.pod.labels)
}

export function containerOf(spec: Json, { list, index }: Pick<Chosen, 'list' | 'index'>): Json {
  return asObject(at(spec, [list, index]))
}

/** As a report names it: the workload, and the container where it has several. */
export function nameOfContainer({ name, containers }: Workload, container: Chosen): string {
  return containers.filter((one) => !isCopier(one)).length === 1 && !isCopier(container)
    ? name
    : `${name}:${container.name}`
}

/** The uid that a manifest asks for: the container's own, else the pod's; null where the image says it. */
export function uidOf(spec: Json, container: Chosen): number | null {
  const value =
    asObject(containerOf(spec, container).securityContext).runAsUser ?? asObject(spec.securityContext).runAsUser
  return typeof value === 'number' ? value : null
}

/** A manifest says that a container is run by another user than root. */
export function isNonRoot(spec: Json, container: Chosen): boolean {
  const uid = uidOf(spec, container)
  if (uid !== null) return uid !== 0
  const own = asObject(containerOf(spec, container).securityContext).runAsNonRoot
  return (own ?? asObject(spec.securityContext).runAsNonRoot) === true
}

/** Whether the labels of a pod are those that are asked for; an empty selector asks for none, and finds all. */
export function selects(selector: unknown, labels: Json): boolean {
  const { matchLabels, matchExpressions } = asObject(selector)
  const hasAll = Object.entries(asObject(matchLabels)).every(([key, value]) => labels[key] === value)
  return (
    hasAll &&
    asList(matchExpressions).every((one) => {
      const { key, operator, values } = asObject(one)
      const value = labels[textOf(key)]
      if (operator === 'Exists') return value !== undefined
      if (operator === 'DoesNotExist') return value === undefined
      const isIn = asList(values).includes(value)
      return operator === 'NotIn' ? !isIn : isIn
    })
  )
}

/** All objects of a document; `kind: List` (and `DeploymentList` and the like) has them in `items`. */
function membersOf(document: unknown): readonly Pick<ObjectAt, 'path' | 'value'>[] {
  if (!isObject(document)) return []
  if (!/List$/.test(textOf(document.kind)) || !Array.isArray(document.items)) return [{ path: [], value: document }]
  return document.items.flatMap((item, index) =>
    membersOf(item).map(({ path, value }) => ({ path: ['items', index, ...path], value })),
  )
}

/** Deployment and its like, also those of others (a Rollout, a DeploymentConfig); CronJob; PodTemplate. */
const TEMPLATES: readonly Path[] = [['spec', 'template'], ['spec', 'jobTemplate', 'spec', 'template'], ['template']]

/** The pod that an object runs; empty where it runs none. */
function podsOf({ path, value }: ObjectAt): readonly Pod[] {
  const places = value.kind === 'Pod' ? [[]] : TEMPLATES
  return places.flatMap((place) => {
    const pod = asObject(at(value, place))
    const spec = asObject(pod.spec)
    if (asList(spec.containers).length === 0) return []
    const { labels, annotations } = asObject(pod.metadata)
    return [{ path: [...path, ...place, 'spec'], spec, labels: asObject(labels), annotations: asObject(annotations) }]
  })
}

/** What each document of each file means. */
export type FileValues = readonly (readonly unknown[])[]

/** With another part at the place of an object. */
export function putIn(
  values: FileValues,
  { file, document, path }: Omit<ObjectAt, 'value'>,
  inner: unknown,
): FileValues {
  return put(values, [file, document, ...path], inner) as FileValues
}

export function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (current, key) => (typeof key === 'number' ? asList(current) : asObject(current))[key as never],
    value,
  )
}

export function put(value: unknown, [key, ...rest]: Path, inner: unknown): unknown {
  if (key === undefined) return inner
  if (typeof key === 'number')
    return asList(value).map((item, index) => (index === key ? put(item, rest, inner) : item))
  return { ...asObject(value), [key]: put(asObject(value)[key], rest, inner) }
}
