import type { Profile } from '../profile.ts'
import type { Project, Service, ServiceBuild } from '../project.ts'
import { asList, asObject, type Json, textOf } from '../yaml/file.ts'
import { ownerSteps } from './edit-pod.ts'
import { type Refusal, refusals } from './restricted.ts'
import {
  type Chosen,
  containerOf,
  isCopier,
  isNonRoot,
  type Manifests,
  nameOfContainer,
  uidOf,
  usesOf,
  type VolumeUse,
  type Workload,
} from './workloads.ts'

/** A container as a service among others: they share images, volumes and users by the same rules. */
export interface ClusterService {
  readonly workload: Workload
  readonly container: Chosen
  readonly service: Service
  /** It is run by another user than root already, whatever its image says. */
  readonly isNonRoot: boolean
  /** Pod Security *restricted* accepts it as it is. */
  readonly isAccepted: boolean
}

/** What is planned of manifests: without init containers that only change owners. */
export function clusterServices(
  { workloads }: Manifests,
  builds: ReadonlyMap<string, ServiceBuild>,
  /** The final name of an image of a manifest. */
  named: (image: string) => string,
): readonly ClusterService[] {
  return workloads.flatMap((workload) => {
    const steps = ownerSteps(workload)
    const found = refusals({ spec: workload.pod.spec })
    return workload.containers.flatMap((container): readonly ClusterService[] => {
      const step = steps.get(container.name)
      if (step?.kind === 'all' || step?.kind === 'other' || isCopier(container)) return []
      return [
        {
          workload,
          container,
          service: serviceOf(workload, container, step?.kind === 'part' ? step.container : null, builds, named),
          isNonRoot: isNonRoot(workload.pod.spec, container),
          isAccepted: !found.some((one) => isAbout(one, container)),
        },
      ]
    })
  })
}

function isAbout({ container, field }: Refusal, { name }: Chosen): boolean {
  return container === name || (container === null && field.startsWith('spec.securityContext'))
}

export function projectOf(services: readonly ClusterService[], folder: string, files: Project['files'] = []): Project {
  return {
    name: folder.slice(folder.lastIndexOf('/') + 1),
    folder,
    files,
    services: services.map(({ service }) => service),
    volumes: new Map(),
    findings: [],
  }
}

function serviceOf(
  workload: Workload,
  container: Chosen,
  /** The container without the steps that it does not do any more; null where all of them stay. */
  rest: Json | null,
  builds: ReadonlyMap<string, ServiceBuild>,
  named: (image: string) => string,
): Service {
  const { spec } = workload.pod
  const value = rest ?? containerOf(spec, container)
  const security = asObject(value.securityContext)
  const image = typeof value.image === 'string' && value.image !== '' ? value.image : null
  const uid = uidOf(spec, container)
  const gid = security.runAsGroup ?? asObject(spec.securityContext).runAsGroup
  return {
    name: nameOfContainer(workload, container),
    settings: {
      privileged: security.privileged === true,
      ...(spec.hostPID === true ? { pid: 'host' } : {}),
      cap_add: asList(asObject(security.capabilities).add),
      group_add: asList(asObject(spec.securityContext).supplementalGroups),
    },
    origins: [],
    build: image === null ? null : (builds.get(image) ?? null),
    image: image === null ? null : named(image),
    user: uid === null || uid === 0 ? null : `${uid}${typeof gid === 'number' ? `:${gid}` : ''}`,
    userIsOpen: false,
    entrypoint: words(value.command),
    command: words(value.args),
    workdir: typeof value.workingDir === 'string' ? value.workingDir : null,
    env: new Map(
      asList(value.env)
        .map(asObject)
        .flatMap(({ name, value: said }) => (said === undefined ? [] : [[textOf(name), textOf(said)] as const])),
    ),
    mounts: usesOf(workload, container).flatMap(({ volume, path, readOnly }) =>
      volume.kind === 'claim' || volume.kind === 'empty' || volume.kind === 'remote' || volume.kind === 'other'
        ? [{ kind: 'volume', source: volume.key, target: path, readOnly, isEmpty: true } as const]
        : [],
    ),
    ports: asList(value.ports)
      .map(asObject)
      .flatMap(({ containerPort, protocol }) =>
        typeof containerPort === 'number'
          ? [{ published: '', target: containerPort, protocol: protocol === 'UDP' ? 'udp' : 'tcp' } as const]
          : [],
      ),
    dependsOn: [],
  }
}

function words(value: unknown): readonly string[] | null {
  return Array.isArray(value) && value.length > 0 ? value.map(textOf) : null
}

/**
 * The group that volumes are given to, by pod: its own where it says one, else that of who writes what is kept. Pods that have a
 * volume in common have one.
 */
export function fsGroups(
  services: readonly ClusterService[],
  profiles: ReadonlyMap<string, Profile | null>,
): ReadonlyMap<Workload, number> {
  const groups = new Map<Workload, number>()
  const byVolume = new Map<string, number>()
  const said = services.filter(({ workload }) => fsGroupOf(workload) !== null)
  for (const { workload, container, service } of [...said, ...services]) {
    const user = profiles.get(service.name)?.user?.value
    const [uid, gid] = user === undefined ? (service.user?.split(':').map(Number) ?? []) : [user.uid, user.gid]
    const uses = usesOf(workload, container).filter((use) => isGiven(use, workload))
    const known = uses.map(({ volume }) => byVolume.get(volume.key)).find((group) => group !== undefined)
    const group = fsGroupOf(workload) ?? groups.get(workload) ?? known ?? gid ?? uid
    if (uses.length === 0 || group === undefined || Number.isNaN(group)) continue
    groups.set(workload, group)
    for (const { volume } of uses) byVolume.set(volume.key, group)
  }
  return groups
}

function fsGroupOf({ pod }: Workload): number | null {
  const { fsGroup } = asObject(pod.spec.securityContext)
  return typeof fsGroup === 'number' ? fsGroup : null
}

/** Volumes that only root could use without fsGroup: what is kept, and files that are closed to others. An emptyDir is open to all. */
function isGiven({ volume }: VolumeUse, { pod }: Workload): boolean {
  if (volume.kind === 'claim' || volume.kind === 'other') return true
  if (volume.kind !== 'config') return false
  const written = asObject(asList(pod.spec.volumes).find((one) => asObject(one).name === volume.name))
  return Object.values(written)
    .flatMap(modesIn)
    .some((mode) => typeof mode === 'number' && (mode & 4) === 0)
}

/** Of all its files, and of single ones of them. */
function modesIn(source: unknown): readonly unknown[] {
  const { defaultMode, items, sources } = asObject(source)
  const parts = asList(sources).flatMap((one) => Object.values(asObject(one)))
  return [defaultMode, ...asList(items).map((one) => asObject(one).mode), ...parts.flatMap(modesIn)]
}

/** Volumes that `fsGroup` does not reach. */
export function unreachedVolumes(
  workload: Workload,
  profiles: ReadonlyMap<string, Profile | null>,
): readonly { readonly container: string; readonly text: string; readonly hint: string }[] {
  return workload.containers.flatMap((container) => {
    const user = profiles.get(nameOfContainer(workload, container))?.user?.value
    if (user === undefined) return []
    return usesOf(workload, container).flatMap(({ volume: { kind, name }, path, readOnly }) => {
      if (readOnly || (kind !== 'host' && kind !== 'remote')) return []
      const what = kind === 'host' ? 'a hostPath' : 'a volume whose driver does without it'
      return [
        {
          container: container.name,
          text: `${path}: fsGroup does not reach ${name}, ${what}`,
          hint: `give what is in it to ${user.uid}:${user.gid} where it is kept (chown -R), or claim a volume for it`,
        },
      ]
    })
  })
}
