import { hostPortNotes, movesOf, type Profile } from '../profile.ts'
import { asList, asObject, type Json, textOf } from '../yaml/file.ts'
import { hardenContainer } from './harden-container.ts'
import { type Chosen, containerOf, isCopier, namesIn } from './workloads.ts'

/** A pod's spec with the profile on some of its containers, as Pod Security *restricted* asks for. Twice is the same as once. */
export function hardenPod(
  before: Json,
  chosen: readonly Chosen[],
  profile: Profile,
): { readonly spec: Json; readonly notes: readonly string[] } {
  const { user, anyUid, root, sysctls } = profile
  const notes: string[] = []
  const others = namesIn(before).filter(
    (one) => !isCopier(one) && !chosen.some(({ list, index }) => list === one.list && index === one.index),
  )
  const old = asObject(before.securityContext)
  const spec = chosen.reduce((pod, one) => hardenContainer(pod, one, profile, notes), {
    ...before,
    securityContext: old,
  } as Json)
  const bad = others.length > 0 && user !== null ? conflicts(old) : []
  if (bad.length > 0)
    notes.push(
      `${bad.join(', ')} of the pod: restricted refuses it, and it still holds for ${others.map(({ name }) => name).join(', ')}: take it out once those can do without`,
    )
  if (root && (old.runAsNonRoot === true || Number(old.runAsUser ?? 0) > 0))
    notes.push(
      'securityContext of the pod asks for a user other than root, and this image keeps root: it will not start',
    )
  const hasVolumes =
    namesIn(spec).some((one) => asList(containerOf(spec, one).volumeMounts).length > 0) ||
    asList(before.volumes).length > 0 ||
    profile.volumes.length > 0
  const security = podSecurity(before, {
    isLocked: others.length === 0,
    isNonRoot: others.length === 0 && user !== null,
    uid: user?.value.uid,
    fsGroup: hasVolumes && user !== null && !anyUid ? user.value.gid : null,
    sysctls: Object.entries(sysctls),
  })
  notes.push(...security.notes, ...restrictedNotes(before, chosen, others, profile))
  const isSaid = Object.keys(security.value).length > 0 || before.securityContext !== undefined
  const { securityContext: _, ...rest } = spec
  return { spec: isSaid ? { ...spec, securityContext: security.value } : rest, notes }
}

interface OfPod {
  /** Every container works under the default seccomp profile. */
  readonly isLocked: boolean
  /** No container is root. */
  readonly isNonRoot: boolean
  /** In the place of root, where the pod says that. */
  readonly uid: number | undefined
  /** Null where nothing of it needs one. */
  readonly fsGroup: number | null
  readonly sysctls: readonly (readonly [name: string, value: string])[]
}

/** Settings that hold for each of its containers, and those that only a pod has. */
export function podSecurity(
  before: Json,
  { isLocked, isNonRoot, uid, fsGroup, sysctls }: OfPod,
): { readonly value: Json; readonly notes: readonly string[] } {
  const old = asObject(before.securityContext)
  const isRoot = isNonRoot && uid !== undefined && old.runAsUser === 0
  const names = asList(old.sysctls).map((one) => asObject(one).name)
  // Those of the network are refused in the node's own (kubelet, sysctl allowlist).
  const added = sysctls.filter(([name]) => before.hostNetwork !== true && !names.includes(name))
  return {
    value: {
      ...old,
      ...(isRoot ? { runAsUser: uid } : {}),
      ...(isNonRoot ? { runAsNonRoot: true } : {}),
      ...(isLocked && asObject(old.seccompProfile).type !== 'Localhost'
        ? { seccompProfile: { type: 'RuntimeDefault' } }
        : {}),
      ...(fsGroup === null || old.fsGroup !== undefined ? {} : { fsGroup, fsGroupChangePolicy: 'OnRootMismatch' }),
      ...(added.length > 0
        ? { sysctls: [...asList(old.sysctls), ...added.map(([name, value]) => ({ name, value }))] }
        : {}),
    },
    notes: isRoot ? [`runAsUser: 0 of the pod becomes ${uid}: restricted refuses root`] : [],
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

/** Notes on what restricted refuses, or does not check, and that only the owner can decide. */
function restrictedNotes(
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
  const init = others.filter((one) => one.list === 'initContainers' && givesAway(containerOf(before, one)))
  for (const { name } of init)
    notes.push(
      `the init container ${name} changes owners, for which it needs root: fsGroup does that for volumes, and it can be taken out`,
    )
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC'])
    if (before[key] === true) notes.push(`${key}: true is not allowed by restricted: take it out`)
  for (const one of chosen)
    for (const port of asList(containerOf(before, one).ports).map(asObject))
      if (Number(port.hostPort ?? 0) > 0)
        notes.push(`${one.name}: hostPort ${textOf(port.hostPort)} is not allowed by restricted: use a Service`)
  for (const volume of asList(before.volumes).map(asObject))
    if (volume.hostPath !== undefined)
      notes.push(
        `the volume ${textOf(volume.name)} is a hostPath: restricted does not allow it, and fsGroup does not reach it`,
      )
  if (before.hostNetwork === true) {
    notes.push(...hostPortNotes('hostNetwork', profile.sysctls))
    for (const { from, to } of movesOf(profile))
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
