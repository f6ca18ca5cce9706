import { hostPortNotes, movesOf, type Profile } from '../profile.ts'
import { asList, asObject, type Json, textOf } from '../yaml/file.ts'
import { hardenContainer } from './harden-container.ts'
import { type Chosen, containerOf, isCopier, namesIn } from './workloads.ts'

/** Of a container by its name, of the pod by ''. */
export interface PodNote {
  readonly container: string
  readonly text: string
}

interface OfPod {
  /** Every container works under the default seccomp profile. */
  readonly isLocked: boolean
  /** No container is root. */
  readonly isNonRoot: boolean
  /** Null where nothing of it needs one. */
  readonly fsGroup: number | null
}

/** A pod's spec with profiles on some of its containers, and what holds for all of them. Twice is the same as once. */
export function hardenPod(
  before: Json,
  runs: readonly { readonly container: Chosen; readonly profile: Profile }[],
  { isLocked, isNonRoot, fsGroup }: OfPod,
): { readonly spec: Json; readonly notes: readonly PodNote[] } {
  const notes: PodNote[] = []
  const hardened = runs.reduce((pod, { container, profile }) => {
    const own: string[] = []
    const after = hardenContainer(pod, container, profile, own)
    notes.push(...own.map((text) => ({ container: container.name, text })))
    return after
  }, before)
  const old = asObject(before.securityContext)
  const uid = runs.find(({ profile }) => profile.user !== null)?.profile.user?.value.uid
  const isRoot = isNonRoot && uid !== undefined && old.runAsUser === 0
  if (isRoot) notes.push({ container: '', text: `runAsUser: 0 of the pod becomes ${uid}: restricted refuses root` })
  const names = asList(old.sysctls).map((one) => asObject(one).name)
  // Those of the network are refused in the node's own (kubelet, sysctl allowlist).
  const sysctls = new Map(
    runs.flatMap(({ profile }) => (before.hostNetwork === true ? [] : Object.entries(profile.sysctls))),
  )
  const added = [...sysctls].filter(([name]) => !names.includes(name))
  const securityContext = {
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
  }
  const isSaid = Object.keys(securityContext).length > 0 || before.securityContext !== undefined
  const { securityContext: _, ...rest } = hardened
  return { spec: isSaid ? { ...hardened, securityContext } : rest, notes }
}

/** A pod's spec with one profile on some of its containers, as Pod Security *restricted* asks for. */
export function restrictedPod(
  before: Json,
  chosen: readonly Chosen[],
  profile: Profile,
): { readonly spec: Json; readonly notes: readonly string[] } {
  const { user, anyUid, root } = profile
  const others = namesIn(before).filter(
    (one) => !isCopier(one) && !chosen.some(({ list, index }) => list === one.list && index === one.index),
  )
  const old = asObject(before.securityContext)
  const notes: string[] = []
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
    [...asList(before.volumes), ...profile.volumes, ...profile.writable].length > 0 ||
    namesIn(before).some((one) => asList(containerOf(before, one).volumeMounts).length > 0)
  // The settings of the pod come before its volumes.
  const pod = { ...before, securityContext: before.securityContext }
  const runs = chosen.map((container) => ({ container, profile }))
  const hardened = hardenPod(pod, runs, {
    isLocked: others.length === 0,
    isNonRoot: others.length === 0 && user !== null,
    fsGroup: hasVolumes && user !== null && !anyUid ? user.value.gid : null,
  })
  const said = [...hardened.notes.map(({ text }) => text), ...notes]
  return { spec: hardened.spec, notes: [...said, ...restrictedNotes(before, chosen, others, profile)] }
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
