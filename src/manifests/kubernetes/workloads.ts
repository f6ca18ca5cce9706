import { asList, asObject, type Json, parseYaml, textOf, type YamlFile } from '../yaml/file.ts'
import { at, type Member, membersOf, type Path, type Pod, podsOf } from './objects.ts'
import { type Chosen, isCopier, namesIn } from './pod-spec.ts'

/** Files of manifests, and what runs in the cluster by them. */
export interface Manifests {
  readonly files: readonly YamlFile[]
  readonly objects: readonly ObjectAt[]
  readonly workloads: readonly Workload[]
}

/** An object, and the place that it is written at. */
export interface ObjectAt extends Member {
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
  /** Of the pod's spec, in its document. */
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

/** Throws HardenError `unreadable` for what is no YAML. */
export function manifestsOf(sources: readonly { readonly name: string; readonly text: string }[]): Manifests {
  const files = sources.map(({ name, text }) => parseYaml(text, name))
  const objects = files.flatMap(({ values }, file) =>
    values.flatMap((value, document) => membersOf(value).map((member) => ({ ...member, file, document }))),
  )
  return { files, objects, workloads: objects.flatMap(workloadsOf) }
}

/** It says of itself that it is one of Kubernetes'. */
function isObjectOfCluster(value: unknown): boolean {
  const { apiVersion, kind } = asObject(value)
  return typeof apiVersion === 'string' && typeof kind === 'string'
}

function workloadsOf(object: ObjectAt): readonly Workload[] {
  const { value, file, document } = object
  if (!isObjectOfCluster(value)) return []
  const kind = textOf(value.kind)
  const metadata = asObject(value.metadata)
  const name = `${kind.toLowerCase()}/${textOf(metadata.name ?? metadata.generateName ?? '')}`
  const namespace = textOf(metadata.namespace ?? '')
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
  const namespace = textOf(asObject(value.metadata).namespace ?? '')
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

export interface VolumeUse {
  readonly volume: PodVolume
  /** Absolute path in the container. */
  readonly path: string
  readonly readOnly: boolean
}

/** What a container mounts. */
export function usesOf({ pod, volumes }: Pick<Workload, 'pod' | 'volumes'>, container: Chosen): readonly VolumeUse[] {
  return asList(containerOf(pod.spec, container).volumeMounts)
    .map(asObject)
    .flatMap(({ name, mountPath, readOnly }) => {
      const volume = volumes.get(textOf(name))
      if (volume === undefined || typeof mountPath !== 'string') return []
      return [{ volume, path: mountPath.replace(/(.)\/$/, '$1'), readOnly: readOnly === true }]
    })
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
