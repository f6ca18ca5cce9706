import { securityOf } from './container-security.ts'
import { copier, writableMounts } from './pod-mounts.ts'
import { podSecurity, restrictedNotes } from './pod-security.ts'
import type { Profile } from './profile.ts'
import { asList, asObject, type Json, textOf } from './yaml-file.ts'

export interface PodEdit {
  readonly spec: Json
  readonly notes: readonly string[]
}

/** One container of a pod. */
export interface Chosen {
  readonly list: 'containers' | 'initContainers'
  readonly index: number
  readonly name: string
  readonly image: unknown
}

const COPIER = 'copy-writable'

/** All containers that a pod has of its own. */
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
  return namesIn(spec).filter(
    ({ list, index }) =>
      list === 'containers' || asObject(asList(spec.initContainers)[index]).restartPolicy === 'Always',
  )
}

/** A pod's spec with the profile on some of its containers, as Pod Security *restricted* asks for. Twice is the same as once. */
export function hardenPod(before: Json, chosen: readonly Chosen[], profile: Profile): PodEdit {
  const notes: string[] = []
  const isCopier = ({ name }: Chosen) => name.startsWith(COPIER)
  const others = namesIn(before).filter(
    (one) => !isCopier(one) && !chosen.some(({ list, index }) => list === one.list && index === one.index),
  )
  const spec = chosen.reduce((pod, one) => hardenContainer(pod, one, profile, notes), {
    ...before,
    securityContext: asObject(before.securityContext),
  } as Json)
  const mountsSome = namesIn(spec).some(
    ({ list, index }) => asList(asObject(asList(spec[list])[index]).volumeMounts).length > 0,
  )
  const security = podSecurity(before, others, mountsSome, profile, notes)
  notes.push(...restrictedNotes(before, chosen, others, profile))
  const isSaid = Object.keys(security).length > 0 || before.securityContext !== undefined
  const { securityContext: _, ...rest } = spec
  return { spec: isSaid ? { ...spec, securityContext: security } : rest, notes }
}

function hardenContainer(pod: Json, { list, index, name }: Chosen, profile: Profile, notes: string[]): Json {
  const container = asObject(asList(pod[list])[index])
  const { mounts, volumes, copies } = writableMounts(pod, container, profile)
  // Nothing could be copied in before an init container that is there already: its root stays as it is.
  const isLate = list === 'initContainers' && copies.length > 0
  if (isLate)
    notes.push(`${name}: its root stays writable, since nothing can be copied for an init container before it`)
  const own = isLate ? { ...profile, readOnly: { ...profile.readOnly, value: false } } : profile
  const hardened: Record<string, unknown> = {
    ...container,
    image: profile.image.original === null ? container.image : profile.image.name,
    ...withEnv(asList(container.env), profile.env),
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

/** What is said already stays. */
function withEnv(before: readonly unknown[], env: Profile['env']): Json {
  const names = before.map((one) => asObject(one).name)
  const added = Object.entries(env).filter(([name]) => !names.includes(name))
  return added.length === 0 ? {} : { env: [...before, ...added.map(([name, value]) => ({ name, value }))] }
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
