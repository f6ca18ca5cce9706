import { familiar } from './compose.ts'
import { securityOf } from './container-security.ts'
import { type Profile, slug, TMPFS_MEGABYTES, type WritablePlace } from './profile.ts'
import { asList, asObject, isEqual, type Json } from './yaml-file.ts'

export interface PodEdit {
  readonly spec: Json
  readonly notes: readonly string[]
}

/** A pod's spec with the profile on one of its containers, as Pod Security *restricted* asks for. Twice is the same as once. */
export function hardenPod(before: Json, name: string, profile: Profile): PodEdit {
  const notes: string[] = []
  const containers = asList(before.containers).map(asObject)
  const index = containers.findIndex((one) => one.name === name)
  const container = containers[index] ?? {}
  const mounts = writableMounts(before, container, profile)
  const alone =
    containers.length + asList(before.initContainers).filter((one) => asObject(one).name !== COPIER).length === 1
  const hardened: Record<string, unknown> = {
    ...container,
    image: profile.image.original === null ? container.image : profile.image.name,
    securityContext: securityOf(asObject(container.securityContext), profile, notes),
    ...(mounts.mounts.length > 0 ? { volumeMounts: [...asList(container.volumeMounts), ...mounts.mounts] } : {}),
  }
  for (const [key, value] of Object.entries(hardened))
    hardened[key] = key === 'ports' || /Probe$|^lifecycle$/.test(key) ? moved(value, profile) : value
  if (hardened.image === undefined) delete hardened.image
  const spec: Record<string, unknown> = {
    ...before,
    securityContext: podSecurity(
      before,
      alone,
      mounts.volumes.length + asList(container.volumeMounts).length > 0,
      profile,
    ),
    containers: containers.map((one, at) => (at === index ? hardened : one)),
    ...(mounts.volumes.length > 0 ? { volumes: [...asList(before.volumes), ...mounts.volumes] } : {}),
    ...(mounts.copies.length > 0
      ? { initContainers: [...asList(before.initContainers), copier(hardened, mounts.copies, notes)] }
      : {}),
  }
  if (Object.keys(asObject(spec.securityContext)).length === 0) delete spec.securityContext
  for (const { kind, path } of profile.writable.filter((one) =>
    mounts.mounts.some(({ mountPath }) => mountPath === one.path),
  ))
    if (kind === 'state')
      notes.push(`${path} is an emptyDir, gone with the pod: put a persistentVolumeClaim in its place`)
  if (!alone)
    notes.push(
      `${name} is not alone in its pod: restricted asks the same of the other containers, which were not looked at`,
    )
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC'])
    if (before[key] === true) notes.push(`${key}: true is not allowed by restricted: take it out`)
  for (const volume of asList(before.volumes).map(asObject))
    if (volume.hostPath !== undefined)
      notes.push(
        `the volume ${String(volume.name)} is a hostPath: restricted does not allow it, and fsGroup does not reach it`,
      )
  return { spec, notes }
}

/** For the pod what holds for each of its containers, and what only a pod has. */
function podSecurity(before: Json, alone: boolean, mountsSome: boolean, profile: Profile): Json {
  const { user, sysctls } = profile
  const old = asObject(before.securityContext)
  const hasVolumes = mountsSome || asList(before.volumes).length > 0 || profile.volumes.length > 0
  const names = asList(old.sysctls).map((one) => asObject(one).name)
  const added = Object.entries(sysctls).filter(([name]) => !names.includes(name))
  const seccomp = asObject(old.seccompProfile).type
  return {
    ...old,
    ...(alone && user !== null ? { runAsNonRoot: true } : {}),
    ...(alone && seccomp !== 'Localhost' ? { seccompProfile: { type: 'RuntimeDefault' } } : {}),
    ...(hasVolumes && user !== null && old.fsGroup === undefined
      ? { fsGroup: user.value.gid, fsGroupChangePolicy: 'OnRootMismatch' }
      : {}),
    ...(added.length > 0
      ? { sysctls: [...asList(old.sysctls), ...added.map(([name, value]) => ({ name, value }))] }
      : {}),
  }
}

interface Mounts {
  readonly mounts: readonly Json[]
  readonly volumes: readonly Json[]
  readonly copies: readonly { readonly name: string; readonly path: string }[]
}

function writableMounts(pod: Json, container: Json, { writable }: Profile): Mounts {
  const taken = asList(container.volumeMounts).map((mount) => String(asObject(mount).mountPath).replace(/(.)\/$/, '$1'))
  const missing = writable
    .filter(({ path }) => !taken.includes(path))
    .map((place) => ({ place, volume: volumeOf(place, pod) }))
  return {
    mounts: missing.map(({ place, volume }) => ({ name: volume.name, mountPath: place.path })),
    volumes: missing
      .filter(({ volume }) => !asList(pod.volumes).some((one) => isEqual(one, volume)))
      .map(({ volume }) => volume),
    copies: missing
      .filter(({ place }) => place.filled)
      .map(({ place, volume }) => ({ name: String(volume.name), path: place.path })),
  }
}

function volumeOf({ kind, path }: WritablePlace, pod: Json): Json {
  const emptyDir = kind === 'tmpfs' ? { medium: 'Memory', sizeLimit: `${TMPFS_MEGABYTES}Mi` } : {}
  const used = asList(pod.volumes)
    .map(asObject)
    .filter((one) => !isEqual(one.emptyDir, emptyDir))
    .map((one) => one.name)
  const name = slug(path)
  return { name: used.includes(name) ? `${name}-writable` : name, emptyDir }
}

const COPIER = 'copy-writable'

/** An emptyDir is empty: what the image has there is copied in first, by the image itself. */
function copier(container: Json, copies: Mounts['copies'], notes: string[]): Json {
  notes.push(
    `${copies.map(({ path }) => path).join(', ')}: copied into an emptyDir by the image's own cp before the start; with no cp in the image, set readOnlyRootFilesystem to false`,
  )
  const script = copies.map(({ name, path }) => `cp -R ${path}/. /writable/${name}/`).join(' && ')
  return {
    name: COPIER,
    image: container.image,
    command: ['sh', '-c', script],
    securityContext: container.securityContext,
    volumeMounts: copies.map(({ name }) => ({ name, mountPath: `/writable/${name}` })),
  }
}

/** Every `port` and `containerPort` that is the number of a moved one; names stay. */
function moved(value: unknown, profile: Profile): unknown {
  if (Array.isArray(value)) return value.map((item) => moved(item, profile))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key !== 'port' && key !== 'containerPort') return [key, moved(inner, profile)]
      const move = profile.ports.find(({ from, to }) => from !== to && from === inner)
      return [key, move?.to ?? inner]
    }),
  )
}

/** The container that is meant: by name, else the only one that runs the image, else the only one. */
export function containersOf(
  spec: Json,
  profile: Profile,
): { readonly names: readonly string[]; readonly running: readonly string[] } {
  const { original, name } = profile.image
  const containers = asList(spec.containers).map(asObject)
  const running = containers.filter(
    ({ image }) =>
      typeof image === 'string' && (image === name || (original !== null && familiar(image) === familiar(original))),
  )
  const nameOf = (one: Json) => String(one.name ?? '')
  return { names: containers.map(nameOf), running: running.map(nameOf) }
}
