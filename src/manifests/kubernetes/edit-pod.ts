import { moveHealthcheckPort } from '../../plan/ports/healthcheck.ts'
import { choices } from '../../words.ts'
import { overridden } from '../overridden.ts'
import { type ImageChange, movesOf, type Profile, type ProfilePort } from '../profile.ts'
import type { PlannedService } from '../project.ts'
import { asList, asObject, isObject, type Json, textOf } from '../yaml/file.ts'
import { podOverlays } from './edit-files.ts'
import { hardenContainer, withEnv } from './harden-container.ts'
import { podSecurity } from './harden-pod.ts'
import { type OwnerStep, ownerStep } from './owner-steps.ts'
import { type Chosen, containerOf, type Manifests, put, uidOf, usesOf, type Workload } from './workloads.ts'

export interface PlannedContainer extends Pick<PlannedService, 'start' | 'env'> {
  readonly container: Chosen
  /** How it is run; null where it stays as it is. */
  readonly profile: Profile | null
  /** Changes of its image that a mounted file makes too. */
  readonly made: ReadonlySet<ImageChange>
}

export interface EditedPod {
  readonly workload: Workload
  readonly spec: Json
  /** Of a container by its name, of the pod by ''. */
  readonly notes: readonly {
    readonly container: string
    readonly outcome: 'fixed' | 'note' | 'todo'
    readonly hint?: string
    readonly text: string
  }[]
  readonly ports: readonly ProfilePort[]
  /** How each container is run in it, by its name. */
  readonly profiles: ReadonlyMap<string, Profile>
}

/** Init containers that are not run any more, or with less to do. */
export function ownerSteps(workload: Workload): ReadonlyMap<string, OwnerStep> {
  const { spec } = workload.pod
  return new Map(
    workload.containers
      .filter(({ list }) => list === 'initContainers')
      .map((one) => [one.name, ownerStep(containerOf(spec, one), usesOf(workload, one))] as const)
      .filter(([, { kind }]) => kind !== 'none'),
  )
}

/** A pod with what is planned for all of its containers, and what only a pod can say. `fsGroup`: null where nothing of it needs one. */
export function editPod(
  workload: Workload,
  planned: readonly PlannedContainer[],
  fsGroup: number | null,
  { objects }: Pick<Manifests, 'objects'>,
): EditedPod {
  const before = workload.pod.spec
  const steps = ownerSteps(workload)
  if (steps.size === 0 && planned.every(({ profile }) => profile === null))
    return { workload, spec: before, notes: [], ports: [], profiles: new Map() }
  const notes: EditedPod['notes'][number][] = []
  const say = (container: string, outcome: 'fixed' | 'note' | 'todo', texts: readonly string[]): void => {
    for (const text of texts) notes.push({ container, outcome, text })
  }
  let spec: Json = { ...before, securityContext: asObject(before.securityContext) }
  const runs = new Map<string, Profile>()
  for (const { container, profile, start, env, made } of planned) {
    const step = steps.get(container.name)
    if (step?.kind === 'all') continue
    if (step?.kind === 'part') spec = withContainer(spec, container, step.container)
    if (step?.kind === 'other') spec = withContainer(spec, container, ownersOnly(containerOf(spec, container), step))
    if (profile === null || step?.kind === 'other') continue
    const started = withStart(containerOf(spec, container), { start, env })
    const asked = { ...profile, changes: profile.changes.filter((change) => !made.has(change)) }
    const { profile: settled, notes: overlaid } = overridden(asked, {
      overlays: podOverlays(containerOf(spec, container), before, objects, profile),
      env: new Map(),
      entrypoint: null,
      command: null,
      workdir: null,
    })
    const own = { ...settled, changes: profile.changes }
    const more: string[] = []
    spec = hardenContainer(withContainer(spec, container, started), container, own, more)
    runs.set(container.name, own)
    say(container.name, 'note', [...overlaid, ...more])
  }
  const profiles = [...runs.values()]
  const ports = profiles.flatMap(movesOf)
  spec = withCalls(spec, ports)
  for (const [name, step] of steps) {
    if (step.kind === 'all' || step.kind === 'part')
      say(name, 'fixed', [
        `${step.kind === 'all' ? 'the init container is taken out' : 'the init container changes no owners any more'}: fsGroup gives ${step.places.join(', ')} to the pod`,
      ])
    if (step.kind === 'other')
      notes.push({
        container: name,
        outcome: 'todo',
        text: `the init container changes owners as root, which fsGroup does not take over: ${step.reason}`,
        hint: choices('take it out, where the volume has that owner already', 'let it keep root, and nothing else'),
      })
  }
  const left = planned.filter(({ container }) => steps.get(container.name)?.kind !== 'all')
  const isNonRoot = left.every(({ container }) => isNotRoot(spec, container))
  const security = podSecurity(before, {
    isLocked: isNonRoot,
    isNonRoot,
    uid: profiles.find(({ user }) => user !== null)?.user?.value.uid,
    fsGroup,
    sysctls: [...new Map(profiles.flatMap(({ sysctls }) => Object.entries(sysctls)))],
  })
  say('', 'note', security.notes)
  const gone = [...steps].flatMap(([name, { kind }]) => (kind === 'all' ? [name] : []))
  const { initContainers: _, securityContext: __, ...rest } = spec
  const init = asList(spec.initContainers).filter((one) => !gone.includes(textOf(asObject(one).name)))
  return {
    workload,
    // In the order of before: what is added comes last.
    spec: inOrder(before, {
      ...rest,
      ...(init.length > 0 || (gone.length === 0 && before.initContainers !== undefined)
        ? { initContainers: init }
        : {}),
      ...(Object.keys(security.value).length > 0 || before.securityContext !== undefined
        ? { securityContext: security.value }
        : {}),
    }),
    notes,
    ports,
    profiles: runs,
  }
}

function inOrder(before: Json, after: Json): Json {
  const keys = [...Object.keys(before).filter((key) => Object.hasOwn(after, key)), ...Object.keys(after)]
  return Object.fromEntries([...new Set(keys)].map((key) => [key, after[key]]))
}

function withContainer(spec: Json, { list, index }: Chosen, container: Json): Json {
  return asObject(put(spec, [list, index], container))
}

/** The init container keeps root, with only the capabilities that changing owners takes. */
function ownersOnly(container: Json, { isAlone }: Extract<OwnerStep, { kind: 'other' }>): Json {
  if (!isAlone) return container
  const before = asObject(container.securityContext)
  return {
    ...container,
    securityContext: {
      ...before,
      ...(before.privileged === undefined ? {} : { privileged: false }),
      allowPrivilegeEscalation: false,
      capabilities: { add: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'], drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
  }
}

/** Its command and variables as planned, in place of those of the manifest. */
function withStart(container: Json, { start, env }: Pick<PlannedContainer, 'start' | 'env'>): Json {
  const changed = asList(container.env).map((one) => {
    const { name, value } = asObject(one)
    const after = env.get(textOf(name))
    return after === undefined || after === value ? one : { name, value: after }
  })
  return {
    ...container,
    ...(start?.entrypoint == null ? {} : { command: start.entrypoint }),
    ...(start?.command == null ? {} : { args: start.command }),
    ...(env.size === 0 ? {} : { env: changed, ...withEnv(changed, env) }),
  }
}

/** Containers of one pod call each other, and themselves, at `localhost`. */
function withCalls(spec: Json, ports: readonly ProfilePort[]): Json {
  if (ports.length === 0) return spec
  const text = (value: string): string => ports.reduce((after, port) => moveHealthcheckPort(after, port), value)
  const all = (value: unknown): unknown =>
    typeof value === 'string'
      ? text(value)
      : Array.isArray(value)
        ? value.map(all)
        : isObject(value)
          ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, all(inner)]))
          : value
  const one = (container: unknown): unknown =>
    isObject(container)
      ? Object.fromEntries(
          Object.entries(container).map(([key, value]) => [key, CALLING.test(key) ? all(value) : value]),
        )
      : container
  return Object.fromEntries(
    Object.entries(spec).map(([key, value]) => [
      key,
      key === 'containers' || key === 'initContainers' ? asList(value).map(one) : value,
    ]),
  )
}

const CALLING = /^(command|args|env|lifecycle)$|Probe$/

function isNotRoot(spec: Json, container: Chosen): boolean {
  const own = asObject(containerOf(spec, container).securityContext)
  const uid = uidOf(spec, container)
  return uid === null ? (own.runAsNonRoot ?? asObject(spec.securityContext).runAsNonRoot) === true : uid !== 0
}
