import { resolve } from 'node:path'
import { asList, asObject, isObject, type Json } from '../../manifests/yaml/file.ts'
import { capability } from './container-options.ts'
import {
  nothingSaid,
  type Reader,
  type RepositoryFile,
  type Run,
  type WrittenMount,
  withoutTemplates,
  yamlIn,
} from './run.ts'

/** Where people keep manifests, or what they call them. */
const PLACE = /\/(?:k8s|kube|manifest|deploy|kustomiz|overlay|openshift|gitops|argocd|chart|helm)[^/]*\//i
const NAME = /deployment|statefulset|daemonset|cronjob|\bpod|k8s|kube/i

/** Of a cluster, where they say more of a pod than its image. */
export const manifest: Reader = {
  reads: (name, path) => /\.ya?ml$/.test(name) && (PLACE.test(path) || NAME.test(name)),
  runs: manifestRuns,
}

/** By the pods of a manifest, whatever makes them. */
function manifestRuns(file: RepositoryFile): readonly Run[] {
  if (!/\b(?:securityContext|volumeMounts|hostPID|gpu)\b/.test(file.text)) return []
  return yamlIn(withoutTemplates(file.text)).flatMap((document) => {
    const manifest = asObject(document)
    const { kind, metadata, spec: written } = manifest
    const spec = asObject(written)
    const template = asObject(asObject(asObject(asObject(spec.jobTemplate).spec).template ?? spec.template).spec)
    const pod = kind === 'Pod' ? spec : template
    const { name } = asObject(metadata)
    const by = `${typeof kind === 'string' ? kind.toLowerCase() : 'pod'} ${typeof name === 'string' ? name : ''}`.trim()
    const claimed = asList(spec.volumeClaimTemplates).map((one) => asObject(asObject(one).metadata).name)
    // One that prepares its volumes may well be root.
    return asList(pod.containers).flatMap((container) =>
      containerRuns(asObject(container), pod, claimed, { ...file, name: `${by} of ${file.name}` }),
    )
  })
}

/** `claimed`: the names of volumes that each pod has its own of. */
export function containerRuns(
  container: Json,
  pod: Json,
  claimed: readonly unknown[],
  { name: by, path }: RepositoryFile,
): readonly Run[] {
  const { image } = container
  if (typeof image !== 'string') return []
  const [own, ofPod] = [asObject(container.securityContext), asObject(pod.securityContext)]
  const said = (key: string): string | null => {
    const value = own[key] ?? ofPod[key]
    return typeof value === 'number' || typeof value === 'string' ? String(value) : null
  }
  const [uid, gid] = [said('runAsUser'), said('runAsGroup')]
  const volumes = new Map(asList(pod.volumes).map((one) => [asObject(one).name, asObject(one)]))
  const mounts = asList(container.volumeMounts).flatMap((one): readonly WrittenMount[] => {
    const { name, mountPath, readOnly } = asObject(one)
    if (typeof name !== 'string' || typeof mountPath !== 'string' || !mountPath.startsWith('/')) return []
    const volume = asObject(volumes.get(name))
    const { path } = asObject(volume.hostPath)
    const isClaim = claimed.includes(name) || isObject(volume.persistentVolumeClaim)
    if (typeof path !== 'string' && (!isClaim || said('fsGroup') !== null)) return []
    return [
      {
        kind: isClaim ? 'claim' : 'host',
        source: typeof path === 'string' ? path : name,
        target: resolve('/', mountPath),
        readOnly: readOnly === true,
        paths: [],
        isCallers: false,
      },
    ]
  })
  return [
    {
      ...nothingSaid,
      by,
      kind: 'pod',
      file: path,
      image,
      mounts,
      privileged: own.privileged === true,
      hostPid: pod.hostPID === true,
      capabilities: asList(asObject(own.capabilities).add).map(capability),
      devices: Object.keys(asObject(asObject(container.resources).limits)).flatMap(
        (name) => DEVICES_OF.get(name.split('/')[0] ?? '') ?? [],
      ),
      user: uid === null ? null : gid === null ? uid : `${uid}:${gid}`,
      groups: asList(ofPod.supplementalGroups).length > 0,
      env: new Map(
        asList(container.env).flatMap((one) => {
          const { name, value } = asObject(one)
          return typeof name === 'string' ? [[name, typeof value === 'string' ? value : null] as const] : []
        }),
      ),
    },
  ]
}

/**
 * What device plugins of a cluster give a container, by the domain of the resource; NVIDIA's devices are open to all. Source: the
 * README of each plugin.
 */
const DEVICES_OF: ReadonlyMap<string, string> = new Map([
  ['amd.com', '/dev/kfd'],
  ['gpu.intel.com', '/dev/dri'],
  ['squat.ai', '/dev/dri'],
])
