import { hostPortNotes, type Profile } from '../profile.ts'
import { asList, asObject, type Json, textOf } from '../yaml/file.ts'
import type { Chosen } from './pod-spec.ts'

/** For the pod what holds for each of its containers, and what only a pod has. `others`: containers not looked at. */
export function podSecurity(
  before: Json,
  others: readonly Chosen[],
  mountsSome: boolean,
  profile: Profile,
  notes: string[],
): Json {
  const { user, anyUid, sysctls } = profile
  const old = asObject(before.securityContext)
  const alone = others.length === 0
  const hasVolumes = mountsSome || asList(before.volumes).length > 0 || profile.volumes.length > 0
  const names = asList(old.sysctls).map((one) => asObject(one).name)
  // Those of the network are refused in the node's own (kubelet, sysctl allowlist).
  const added = before.hostNetwork === true ? [] : Object.entries(sysctls).filter(([name]) => !names.includes(name))
  const seccomp = asObject(old.seccompProfile).type
  const bad = conflicts(old)
  if (!alone && user !== null && bad.length > 0)
    notes.push(
      `${bad.join(', ')} of the pod: restricted refuses it, and it still holds for ${others.map(({ name }) => name).join(', ')}: take it out once those can do without`,
    )
  if (profile.root && (old.runAsNonRoot === true || Number(old.runAsUser ?? 0) > 0))
    notes.push(
      'securityContext of the pod asks for a user other than root, and this image keeps root: it will not start',
    )
  const isRoot = alone && user !== null && old.runAsUser === 0
  if (isRoot) notes.push(`runAsUser: 0 of the pod becomes ${user.value.uid}: restricted refuses root`)
  return {
    ...old,
    ...(isRoot ? { runAsUser: user.value.uid } : {}),
    ...(alone && user !== null ? { runAsNonRoot: true } : {}),
    ...(alone && seccomp !== 'Localhost' ? { seccompProfile: { type: 'RuntimeDefault' } } : {}),
    ...(hasVolumes && user !== null && !anyUid && old.fsGroup === undefined
      ? { fsGroup: user.value.gid, fsGroupChangePolicy: 'OnRootMismatch' }
      : {}),
    ...(added.length > 0
      ? { sysctls: [...asList(old.sysctls), ...added.map(([name, value]) => ({ name, value }))] }
      : {}),
  }
}

/** Fields of a pod that restricted refuses, whatever its containers say. Source: pod-security-admission, check_*.go. */
function conflicts({ runAsNonRoot, runAsUser, seccompProfile }: Json): readonly string[] {
  return [
    ...(runAsNonRoot === false ? ['runAsNonRoot: false'] : []),
    ...(runAsUser === 0 ? ['runAsUser: 0'] : []),
    ...(asObject(seccompProfile).type === 'Unconfined' ? ['seccompProfile: Unconfined'] : []),
  ]
}

/** What restricted refuses, or does not look into, and that nobody but the owner can decide. */
export function restrictedNotes(
  before: Json,
  chosen: readonly Chosen[],
  others: readonly Chosen[],
  profile: Profile,
): readonly string[] {
  const notes: string[] = []
  if (others.length > 0)
    notes.push(
      `${chosen.map(({ name }) => name).join(', ')}: not alone in the pod. Restricted asks the same of ${others.map(described).join(', ')}, which ${others.length === 1 ? 'was' : 'were'} not looked at`,
    )
  const init = others.filter(
    ({ list, index }) => list === 'initContainers' && givesAway(asObject(asList(before.initContainers)[index])),
  )
  for (const { name } of init)
    notes.push(
      `the init container ${name} changes owners, for which it needs root: fsGroup does that for volumes, and it can be taken out`,
    )
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC'])
    if (before[key] === true) notes.push(`${key}: true is not allowed by restricted: take it out`)
  for (const { list, index, name } of chosen)
    for (const port of asList(asObject(asList(before[list])[index]).ports).map(asObject))
      if (Number(port.hostPort ?? 0) > 0)
        notes.push(`${name}: hostPort ${textOf(port.hostPort)} is not allowed by restricted: use a Service`)
  for (const volume of asList(before.volumes).map(asObject))
    if (volume.hostPath !== undefined)
      notes.push(
        `the volume ${textOf(volume.name)} is a hostPath: restricted does not allow it, and fsGroup does not reach it`,
      )
  if (before.hostNetwork === true) {
    notes.push(...hostPortNotes('hostNetwork', profile.sysctls))
    for (const { from, to } of profile.ports.filter((port) => port.from !== port.to))
      notes.push(`hostNetwork has the ports of the node: what calls its port ${from} calls ${to}`)
  }
  return notes
}

function described({ list, name, image }: Chosen): string {
  return `${list === 'initContainers' ? 'the init container ' : ''}${name}${image === undefined ? '' : ` (${textOf(image)})`}`
}

function givesAway({ command, args }: Json): boolean {
  return /\bch(own|grp)\b/.test(JSON.stringify([command, args]))
}

interface RefusedSetting {
  readonly key: string
  readonly instead: unknown
  readonly why: string
  is(before: Json): boolean
}

/** What undoes the rest. Its line stays, and with it what a comment there says. Source: Pod Security Standards, *baseline*. */
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
export function securityOf(before: Json, profile: Profile, notes: string[]): Json {
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
