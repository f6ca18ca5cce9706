import { moveHealthcheckPort } from '../../plan/ports/healthcheck.ts'
import { choices } from '../../words.ts'
import { overridden } from '../overridden.ts'
import { type ImageChange, movesOf, type Profile, type ProfilePort } from '../profile.ts'
import type { PlannedService } from '../project.ts'
import { asList, asObject, isObject, type Json, textOf } from '../yaml/file.ts'
import { podOverlays } from './edit-files.ts'
import { withEnv } from './harden-container.ts'
import { hardenPod, type PodNote } from './harden-pod.ts'
import { type OwnerStep, ownerStep } from './owner-steps.ts'
import { type Chosen, containerOf, isNonRoot, type Manifests, put, usesOf, type Workload } from './workloads.ts'

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
  readonly notes: readonly (PodNote & { readonly outcome: 'fixed' | 'note' | 'todo'; readonly hint?: string })[]
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
  let spec = before
  const runs: { readonly container: Chosen; readonly profile: Profile; readonly notes: readonly string[] }[] = []
  for (const { container, profile, start, env, made } of planned) {
    const step = steps.get(container.name)
    if (step?.kind === 'all') continue
    if (step?.kind === 'part') spec = withContainer(spec, container, step.container)
    if (step?.kind === 'other') spec = withContainer(spec, container, ownersOnly(containerOf(spec, container), step))
    if (profile === null || step?.kind === 'other') continue
    spec = withContainer(spec, container, withStart(containerOf(spec, container), { start, env }))
    const asked = { ...profile, changes: profile.changes.filter((change) => !made.has(change)) }
    const settled = overridden(asked, {
      overlays: podOverlays(workload, container, objects, profile),
      env: new Map(),
      entrypoint: null,
      command: null,
      workdir: null,
    })
    runs.push({ container, profile: { ...settled.profile, changes: profile.changes }, notes: settled.notes })
  }
  const profiles = new Map(runs.map(({ container, profile }) => [container.name, profile]))
  const left = planned.filter(({ container }) => steps.get(container.name)?.kind !== 'all')
  const isLocked = left.every(
    ({ container }) => profiles.get(container.name)?.user != null || isNonRoot(spec, container),
  )
  const hardened = hardenPod(spec, runs, { isLocked, isNonRoot: isLocked, fsGroup })
  const notesOn = (name: string): readonly string[] =>
    hardened.notes.flatMap(({ container, text }) => (container === name ? [text] : []))
  for (const { container, notes: overlaid } of runs)
    say(container.name, 'note', [...overlaid, ...notesOn(container.name)])
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
  say('', 'note', notesOn(''))
  const ports = [...profiles.values()].flatMap(movesOf)
  return { workload, spec: withCalls(withoutContainers(hardened.spec, steps), ports), notes, ports, profiles }
}

/** Without init containers that have nothing left to do. */
function withoutContainers(spec: Json, steps: ReadonlyMap<string, OwnerStep>): Json {
  const { initContainers, ...rest } = spec
  const left = asList(initContainers).filter((one) => steps.get(textOf(asObject(one).name))?.kind !== 'all')
  if (left.length === asList(initContainers).length) return spec
  return left.length === 0 ? rest : { ...spec, initContainers: left }
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
