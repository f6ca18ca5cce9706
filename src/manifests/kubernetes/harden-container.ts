import { shellQuoted } from '../../borders/shell.ts'
import { isInside } from '../../places.ts'
import { movesOf, type Profile, slug, TMPFS_MEGABYTES, type WritablePlace } from '../profile.ts'
import { asList, asObject, isEqual, type Json, textOf } from '../yaml/file.ts'
import { type Chosen, COPIER, containerOf } from './workloads.ts'

/** A pod's spec with the profile on one of its containers. Adds to `notes`. */
export function hardenContainer(pod: Json, chosen: Chosen, profile: Profile, notes: string[]): Json {
  const { list, index, name } = chosen
  const container = containerOf(pod, chosen)
  const { mounts, volumes, copies } = writableMounts(pod, container, profile)
  // An init container comes too late to copy files in for an earlier one, so that one's root file system stays.
  const isLate = list === 'initContainers' && copies.length > 0
  if (isLate)
    notes.push(`${name}: its root stays writable, since nothing can be copied for an init container before it`)
  const own = isLate ? { ...profile, readOnly: { ...profile.readOnly, value: false } } : profile
  const hardened: Record<string, unknown> = {
    ...container,
    image: profile.image.original === null ? container.image : profile.image.name,
    ...withEnv(container.env, Object.entries(profile.env)),
    securityContext: securityOf(asObject(container.securityContext), own, notes),
    ...(mounts.length > 0 && !isLate ? { volumeMounts: [...asList(container.volumeMounts), ...mounts] } : {}),
  }
  for (const [key, value] of Object.entries(hardened))
    hardened[key] = key === 'ports' || /Probe$|^lifecycle$/.test(key) ? moved(value, profile) : value
  if (hardened.image === undefined) delete hardened.image
  const after: Record<string, unknown> = {
    ...pod,
    [list]: asList(pod[list]).map((one, at) => (at === index ? hardened : one)),
  }
  if (isLate) return after
  for (const { kind, path } of profile.writable.filter((one) => mounts.some(({ mountPath }) => mountPath === one.path)))
    if (kind === 'state')
      notes.push(`${path} is an emptyDir, gone with the pod: put a persistentVolumeClaim in its place`)
  if (volumes.length > 0) after.volumes = [...asList(pod.volumes), ...volumes]
  if (copies.length === 0) return after
  const taken = asList(pod.initContainers).some((one) => asObject(one).name === COPIER)
  const added = copier(taken ? `${COPIER}-${name}` : COPIER, hardened, copies, notes)
  return { ...after, initContainers: [...asList(after.initContainers), added] }
}

/** With variables that it lacks. */
export function withEnv(before: unknown, env: Iterable<readonly [name: string, value: string]>): Json {
  const names = asList(before).map((one) => asObject(one).name)
  const added = [...env].filter(([name]) => !names.includes(name)).map(([name, value]) => ({ name, value }))
  return added.length === 0 ? {} : { env: [...asList(before), ...added] }
}

/** Every `port` and `containerPort` that is the number of a moved one; names stay. */
function moved(value: unknown, profile: Profile): unknown {
  if (Array.isArray(value)) return value.map((item) => moved(item, profile))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key !== 'port' && key !== 'containerPort') return [key, moved(inner, profile)]
      const move = movesOf(profile).find(({ from }) => from === inner)
      return [key, move?.to ?? inner]
    }),
  )
}

interface Copy {
  readonly name: string
  readonly path: string
  /** Copies only the first time, so that kept files are not overwritten. */
  readonly once: boolean
}

interface Mounts {
  readonly mounts: readonly Json[]
  readonly volumes: readonly Json[]
  readonly copies: readonly Copy[]
}

/** Mounts that a container lacks so that the user can write; a path that is mounted already stays. */
function writableMounts(pod: Json, container: Json, { writable }: Profile): Mounts {
  const taken = asList(container.volumeMounts).map((mount) => textOf(asObject(mount).mountPath).replace(/(.)\/$/, '$1'))
  const missing = writable
    // Another one below a mount would hide what is kept in it.
    .filter(({ path }) => !taken.some((target) => isInside(path, target)))
    .map((place) => ({ place, volume: volumeOf(place, pod, container) }))
  return {
    mounts: missing.map(({ place, volume }) => ({ name: volume.name, mountPath: place.path })),
    volumes: missing
      .filter(({ volume }) => !asList(pod.volumes).some((one) => isEqual(one, volume)))
      .map(({ volume }) => volume),
    copies: missing
      .filter(({ place }) => place.filled)
      .map(({ place, volume }) => ({ name: textOf(volume.name), path: place.path, once: place.kind === 'state' })),
  }
}

/** A volume of its own: another container's mount is no scratch space of this one. */
function volumeOf({ kind, path }: WritablePlace, pod: Json, container: Json): Json {
  const emptyDir = kind === 'tmpfs' ? { medium: 'Memory', sizeLimit: `${TMPFS_MEGABYTES}Mi` } : {}
  const others = [...asList(pod.containers), ...asList(pod.initContainers)].map(asObject)
  const mounted = others
    .filter((one) => one.name !== container.name)
    .flatMap((one) => asList(one.volumeMounts).map((mount) => asObject(mount).name))
  const used = [
    ...mounted,
    ...asList(pod.volumes)
      .map(asObject)
      .filter((one) => !isEqual(one.emptyDir, emptyDir))
      .map((one) => one.name),
  ]
  const name = slug(path)
  const free = [name, `${name}-writable`, slug(`${textOf(container.name)}-${name}`)].find((one) => !used.includes(one))
  return { name: free ?? `${name}-${used.length}`, emptyDir }
}

/** An emptyDir is empty: what the image has there is copied in first, by the image itself. */
function copier(name: string, container: Json, copies: Mounts['copies'], notes: string[]): Json {
  notes.push(
    `${copies.map(({ path }) => path).join(', ')}: copied into an emptyDir by the image's own cp before the start; with no cp in the image, set readOnlyRootFilesystem to false`,
  )
  const script = copies.map(copyCommand).join(' && ')
  return {
    name,
    image: container.image,
    command: ['sh', '-c', script],
    securityContext: container.securityContext,
    volumeMounts: copies.map((one) => ({ name: one.name, mountPath: `/writable/${one.name}` })),
  }
}

/** A file system of its own has a `lost+found`. */
function copyCommand({ name, path, once }: Copy): string {
  const [from, to] = [shellQuoted(`${path}/.`), `/writable/${name}/`]
  return once ? `{ [ -n "$(ls ${to} | grep -vx lost+found)" ] || cp -R ${from} ${to}; }` : `cp -R ${from} ${to}`
}

interface RefusedSetting {
  readonly key: string
  readonly instead: unknown
  readonly why: string
  is(before: Json): boolean
}

/** Settings that undo the rest. Their lines stay, and with them what a comment there says. Source: Pod Security Standards, *baseline*. */
const REFUSED: readonly RefusedSetting[] = [
  {
    key: 'privileged',
    instead: false,
    why: 'it would undo everything else',
    is: ({ privileged }) => privileged === true,
  },
  {
    key: 'procMount',
    instead: 'Default',
    why: 'restricted refuses it',
    is: ({ procMount }) => procMount !== undefined && procMount !== 'Default',
  },
  {
    key: 'appArmorProfile',
    instead: { type: 'RuntimeDefault' },
    why: 'restricted refuses it',
    is: ({ appArmorProfile }) => asObject(appArmorProfile).type === 'Unconfined',
  },
]

/** The securityContext of one container. Source: Kubernetes, Pod Security Standards, *restricted*. */
function securityOf(before: Json, profile: Profile, notes: string[]): Json {
  const { user, anyUid, capabilities, noNewPrivileges, readOnly } = profile
  if (user !== null && !anyUid && typeof before.runAsUser === 'number' && before.runAsUser !== user.value.uid)
    notes.push(`runAsUser ${before.runAsUser} becomes ${user.value.uid}: that is who the image's files are for`)
  const refused = capabilities === null ? [] : REFUSED.filter(({ is }) => is(before))
  for (const { key, instead, why } of refused)
    notes.push(`${key}: ${textOf(before[key])} becomes ${textOf(instead)}: ${why}`)
  return {
    ...before,
    ...Object.fromEntries(refused.map(({ key, instead }) => [key, instead])),
    ...(user === null ? {} : { runAsNonRoot: true }),
    // A platform that assigns uids refuses to be told one (OpenShift, SCC restricted-v2).
    ...(user === null || anyUid ? {} : { runAsUser: user.value.uid, runAsGroup: user.value.gid }),
    ...(noNewPrivileges.value && capabilities !== null ? { allowPrivilegeEscalation: false } : {}),
    ...(capabilities === null
      ? {}
      : { capabilities: capabilitiesOf(asObject(before.capabilities), capabilities.value, notes) }),
    ...(readOnly.value ? { readOnlyRootFilesystem: true } : {}),
    ...(asObject(before.seccompProfile).type === 'Localhost' ? {} : { seccompProfile: { type: 'RuntimeDefault' } }),
  }
}

/** All are dropped; what was added stays only where the profile asks for it, or restricted allows it. */
function capabilitiesOf(before: Json, wanted: readonly string[], notes: string[]): Json {
  const old = asList(before.add).map(String)
  const kept = old.filter((name) => wanted.includes(name) || (name === 'NET_BIND_SERVICE' && wanted.length === 0))
  const gone = old.filter((name) => !kept.includes(name))
  if (gone.length > 0)
    notes.push(
      `capabilities.add loses ${gone.join(', ')}: a user other than root gets nothing from them, and restricted refuses them`,
    )
  const add = [...kept, ...wanted.filter((name) => !kept.includes(name))]
  const drop = asList(before.drop).map(String)
  return { ...(add.length > 0 ? { add } : {}), drop: drop.includes('ALL') ? drop : [...drop, 'ALL'] }
}
