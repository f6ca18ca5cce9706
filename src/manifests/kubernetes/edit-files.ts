import { HardenError } from '../../errors.ts'
import type { NamedText, Rendered } from '../compose/edit-files.ts'
import { type Own, overridden, type ServiceOverlay, withRaised } from '../overridden.ts'
import { type Profile, sameImage } from '../profile.ts'
import { asList, asObject, isObject, type Json, parseYaml, textOf, type YamlFile } from '../yaml/file.ts'
import { rewriteYaml } from '../yaml/rewrite.ts'
import { at, type Member, membersOf, type Path, type Pod, podsOf, put } from './objects.ts'
import { type Chosen, hardenPod, longRunning, namesIn } from './pod-spec.ts'

/** Where one pod is, and which of its containers are meant. */
interface Meant {
  readonly file: number
  readonly document: number
  readonly path: Path
  readonly spec: Json
  readonly labels: Json
  readonly chosen: readonly Chosen[]
}

/**
 * Files of manifests with the profile on each container that is meant: `container`, else those that run the image,
 * else the only one there is. Throws HardenError where none is.
 */
export function editManifests(
  sources: readonly NamedText[],
  asked: Profile,
  container: string | null,
): readonly Rendered[] {
  const files = sources.map(({ name, text }) => parseYaml(text, name))
  const pods = files.flatMap(({ values }, file) =>
    values.flatMap((value, document) =>
      membersOf(value)
        .flatMap(podsOf)
        .map((pod) => ({ ...pod, file, document })),
    ),
  )
  const found = pods.map((pod) => ({ ...pod, chosen: chooseIn(pod, asked, container) }))
  const [only, ...more] = pods.flatMap((pod) => longRunning(pod.spec).map((one) => ({ ...pod, chosen: [one] })))
  const none = found.every(({ chosen }) => chosen.length === 0)
  if (none && (container !== null || only === undefined || more.length > 0))
    throw notFound(files, pods, asked, container)
  const meant: readonly Meant[] = none && only !== undefined ? [only] : found.filter(({ chosen }) => chosen.length > 0)
  const notes = files.map(() => new Set<string>())
  const members = files.flatMap(({ values }) => values.flatMap(membersOf))
  const after = files.map(({ values }) => [...values])
  const ports: { readonly labels: Json; readonly profile: Profile }[] = []
  for (const { file, document, path, spec, labels, chosen } of meant) {
    const raised = withRaised(asked, containerPorts(spec, chosen))
    const { profile, notes: own } = overridden(raised, podOwn(spec, chosen, members, asked))
    ports.push({ labels, profile })
    const values = after[file] ?? []
    checkImages(at(values[document], path), chosen, files[file]?.name ?? '', profile)
    const edit = hardenPod(at(values[document], path) as Json, chosen, profile)
    for (const note of [...own, ...edit.notes, ...serviceNotes(labels, members, profile)]) notes[file]?.add(note)
    values[document] = put(values[document], path, edit.spec)
  }
  return files.map((file, index) => ({
    text: rewriteYaml(
      file,
      (after[index] ?? []).map((value) =>
        ports.reduce<unknown>((before, { labels, profile }) => followed(before, labels, profile), value),
      ),
    ),
    notes: [...(notes[index] ?? [])],
    ...(ports.some(({ profile }) => profile !== asked) ? { covers: ['ports'] as const } : {}),
  }))
}

function containerPorts(spec: Json, chosen: readonly Chosen[]): readonly number[] {
  const containers = chosen.map(({ list, index }) => asObject(asList(spec[list])[index]))
  const ports = containers.flatMap((one) => asList(one.ports).map((port) => asObject(port).containerPort))
  return ports.flatMap((port) => (typeof port === 'number' ? [port] : []))
}

/** A Service of another file still leads to the old port. */
function serviceNotes(labels: Json, members: readonly Member[], { ports }: Profile): readonly string[] {
  const moved = ports.filter(({ from, to }) => from !== to)
  const isThere = members.some(
    ({ value }) => value.kind === 'Service' && selects(asObject(value.spec).selector, labels),
  )
  return isThere
    ? []
    : moved.map(({ from, to }) => `a Service of another file that leads to port ${from} leads to ${to} (targetPort)`)
}

function chooseIn({ spec }: Pod, profile: Profile, container: string | null): readonly Chosen[] {
  if (container !== null) return namesIn(spec).filter(({ name }) => name === container)
  return longRunning(spec).filter(({ image }) => sameImage(image, profile))
}

function notFound(
  files: readonly YamlFile[],
  pods: readonly Pod[],
  profile: Profile,
  container: string | null,
): HardenError {
  const file = files.map(({ name }) => name).join(', ')
  const names = [...new Set(pods.flatMap(({ spec }) => namesIn(spec)).map(({ name }) => name))]
  const problem =
    container === null
      ? `no container of ${file} runs ${profile.image.original ?? profile.image.name}`
      : `${file} has no container ${container}`
  const kinds = files.flatMap(({ values }) =>
    values.flatMap(membersOf).map(({ value }) => textOf(value.kind ?? 'an object without a kind')),
  )
  const isPatch = files.some(({ values }) => values.some(isJsonPatch))
  const isCompose = files.some(({ values }) => values.some((value) => isObject(value) && isObject(value.services)))
  const hint = isCompose
    ? 'it is a Compose file: use --for compose'
    : isPatch
      ? 'it is a list of JSON patch operations: write the patch as a part of the Deployment (strategic merge), or change the manifest that it patches'
      : names.length > 0
        ? `name it with --container: it has ${names.join(', ')}`
        : `it has no Pod, Deployment, StatefulSet, DaemonSet, Job or CronJob, but ${[...new Set(kinds)].join(', ') || 'nothing'}`
  return new HardenError('bad-usage', problem, { hint })
}

/** As Kustomize and `kubectl patch --type json` take it. */
function isJsonPatch(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((one) => isObject(one) && 'op' in one && 'path' in one)
}

/** A container of another image must not be given this one. */
function checkImages(spec: unknown, chosen: readonly Chosen[], file: string, profile: Profile): void {
  const { original } = profile.image
  const other = chosen.find(({ list, index }) => {
    const image = at(spec, [list, index, 'image'])
    return original !== null && image !== undefined && !sameImage(image, profile)
  })
  if (other === undefined) return
  throw new HardenError(
    'bad-usage',
    `the container ${other.name} of ${file} runs ${textOf(other.image)}, not ${original}`,
    { hint: `ask for the profile of ${textOf(other.image)}, or name another --container` },
  )
}

/** What some containers of a pod have over their image. `members`: all objects of the files, ConfigMaps among them. */
function podOwn(pod: Json, chosen: readonly Chosen[], members: readonly Member[], profile: Profile): Own {
  const containers = chosen.map(({ list, index }) => asObject(asList(pod[list])[index]))
  return {
    overlays: containers.flatMap((one) => podOverlays(one, pod, members, profile)),
    env: new Map(
      containers.flatMap(({ env }) =>
        asList(env).map((item): [string, string] => {
          const { name, value } = asObject(item)
          return [textOf(name), textOf(value ?? '')]
        }),
      ),
    ),
    entrypoint: words(containers.map(({ command }) => command)),
    command: words(containers.map(({ args }) => args)),
    workdir: containers.map(({ workingDir }) => workingDir).find((folder) => typeof folder === 'string') ?? null,
  }
}

/** What a container of a pod mounts over its image. `members`: all objects, ConfigMaps among them. */
export function podOverlays(
  container: Json,
  pod: Json,
  members: readonly Member[],
  profile: Profile,
): readonly ServiceOverlay[] {
  return asList(container.volumeMounts).flatMap((mount) => overlay(asObject(mount), pod, members, profile))
}

/** Of the first container that has some. */
function words(commands: readonly unknown[]): readonly string[] | null {
  const found = commands.find(Array.isArray)
  return found === undefined ? null : found.map(String)
}

function overlay(mount: Json, pod: Json, members: readonly Member[], { writable }: Profile): readonly ServiceOverlay[] {
  const target = textOf(mount.mountPath).replace(/(.)\/$/, '$1')
  const volume = asObject(asList(pod.volumes).find((one) => asObject(one).name === mount.name))
  // What the image has there is copied in first.
  if (volume.emptyDir !== undefined && writable.some(({ path, filled }) => filled && path === target)) return []
  const { name } = asObject(volume.configMap)
  const found = members.find(({ value }) => value.kind === 'ConfigMap' && asObject(value.metadata).name === name)
  const texts = found === undefined ? null : Object.values(asObject(found.value.data)).map(String)
  return [
    { target, name: name === undefined ? `the volume ${mount.name}` : `the ConfigMap ${name}`, texts: () => texts },
  ]
}

/**
 * A document in which what leads to the pods with these labels says the moved port: a Service's targetPort, and
 * the ports that a NetworkPolicy lets in.
 */
function followed(document: unknown, labels: Json, profile: Profile): unknown {
  return membersOf(document).reduce((whole, { path, value }) => {
    const spec = asObject(value.spec)
    if (value.kind === 'Service' && selects(spec.selector, labels))
      return put(whole, path, { ...value, spec: { ...spec, ports: servicePorts(spec, profile) } })
    const chosen = asObject(asObject(spec.podSelector).matchLabels)
    if (value.kind === 'NetworkPolicy' && Array.isArray(spec.ingress) && selects(chosen, labels))
      return put(whole, path, {
        ...value,
        spec: { ...spec, ingress: spec.ingress.map((rule) => letIn(rule, profile)) },
      })
    return whole
  }, document)
}

/** Whether a selector finds pods with these labels; an empty one finds none here. */
function selects(selector: unknown, labels: Json): boolean {
  const wanted = Object.entries(asObject(selector))
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value)
}

function servicePorts(spec: Json, profile: Profile): readonly unknown[] {
  return asList(spec.ports).map((port) => {
    const { port: own, targetPort = own } = asObject(port)
    const to = movedTo(targetPort, profile)
    return to === null ? port : { ...asObject(port), targetPort: to }
  })
}

function letIn(rule: unknown, profile: Profile): unknown {
  const { ports } = asObject(rule)
  if (!Array.isArray(ports)) return rule
  const moved = ports.map((port) => {
    const to = movedTo(asObject(port).port, profile)
    return to === null ? port : { ...asObject(port), port: to }
  })
  return { ...asObject(rule), ports: moved }
}

function movedTo(port: unknown, { ports }: Profile): number | null {
  return ports.find(({ from, to }) => from !== to && from === port)?.to ?? null
}
