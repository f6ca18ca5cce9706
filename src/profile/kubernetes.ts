import { HardenError } from '../errors.ts'
import { type Rendered, sameImage } from './compose.ts'
import { containersOf, hardenPod } from './pod-spec.ts'
import { type Profile, serviceName, slug } from './profile.ts'
import { rewriteYaml } from './rewrite-yaml.ts'
import { asList, asObject, type Json, parseYaml } from './yaml-file.ts'
import { blockText } from './yaml-style.ts'

/** Where a pod's spec is in a workload. */
const POD_SPECS: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  Deployment: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  ReplicationController: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
}

/** A Deployment that passes Pod Security *restricted*, where the profile does. */
export function kubernetesManifest(profile: Profile): Rendered {
  const name = serviceName(profile)
  const data = profile.volumes.map(({ path }) => ({ name: slug(path), mountPath: path }))
  const ports = profile.ports.map(({ to, protocol }) => ({
    containerPort: to,
    ...(protocol === 'tcp' ? {} : { protocol: protocol.toUpperCase() }),
  }))
  const env = Object.entries(profile.env).map(([key, value]) => ({ name: key, value }))
  const bare = {
    ...(profile.root ? { hostUsers: false } : {}),
    containers: [
      {
        name,
        image: profile.image.name,
        ...(ports.length > 0 ? { ports } : {}),
        ...(env.length > 0 ? { env } : {}),
        ...(data.length > 0 ? { volumeMounts: data } : {}),
      },
    ],
    ...(data.length > 0 ? { volumes: data.map((one) => ({ name: one.name, emptyDir: {} })) } : {}),
  }
  const { spec, notes } = hardenPod(bare, name, profile)
  const labels = { app: name }
  const manifest = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  }
  const lost = data.map(
    ({ mountPath }) => `${mountPath} is an emptyDir here, gone with the pod: put a persistentVolumeClaim in its place`,
  )
  return { text: blockText(manifest, 0, { indent: 2, indentSeq: true }), notes: [...notes, ...lost] }
}

interface Found {
  readonly path: readonly string[]
  readonly container: string
}

/**
 * A file of manifests with the profile on each container that is meant: `container`, else those that run the image,
 * else the only one there is. Throws HardenError where none is.
 */
export function editManifest(text: string, name: string, profile: Profile, container: string | null): Rendered {
  const file = parseYaml(text, name)
  const chosen = file.values.map((value) => chooseIn(asObject(value), profile, container))
  const all = file.values.flatMap((value) =>
    podOf(asObject(value)).flatMap(({ spec }) => containersOf(spec, profile).names),
  )
  const none = chosen.every((found) => found.length === 0)
  if (none && (container !== null || all.length !== 1)) {
    const problem =
      container === null
        ? `no container of ${name} runs ${profile.image.original ?? profile.image.name}`
        : `${name} has no container ${container}`
    throw new HardenError('bad-usage', problem, {
      hint:
        all.length === 0
          ? 'it has no Pod, Deployment, StatefulSet, DaemonSet, Job or CronJob'
          : `name it with --container: it has ${[...new Set(all)].join(', ')}`,
    })
  }
  const notes: string[] = []
  const labels: Json[] = []
  const after = file.values.map((value, index) => {
    const document = asObject(value)
    const found = none
      ? podOf(document).flatMap(({ path, spec }) =>
          containersOf(spec, profile).names.map((one) => ({ path, container: one })),
        )
      : (chosen[index] ?? [])
    return found.reduce<unknown>((current, one) => {
      labels.push(asObject(asObject(at(document, [...one.path.slice(0, -1), 'metadata'])).labels))
      checkImage(asObject(at(document, one.path)), one.container, name, profile)
      const edit = hardenPod(asObject(at(asObject(current), one.path)), one.container, profile)
      notes.push(...edit.notes)
      return put(asObject(current), one.path, edit.spec)
    }, value)
  })
  const served = after.map((value) => movedService(value, labels, profile))
  return { text: rewriteYaml(file, served), notes: [...new Set(notes)] }
}

function chooseIn(document: Json, profile: Profile, container: string | null): readonly Found[] {
  return podOf(document).flatMap(({ path, spec }) => {
    const { names, running } = containersOf(spec, profile)
    const meant = container === null ? running : names.filter((one) => one === container)
    return meant.map((one) => ({ path, container: one }))
  })
}

function podOf(document: Json): readonly { readonly path: readonly string[]; readonly spec: Json }[] {
  const path = POD_SPECS[String(document.kind)]
  if (path === undefined) return []
  const spec = at(document, path)
  return asList(asObject(spec).containers).length === 0 ? [] : [{ path, spec: asObject(spec) }]
}

/** A container of another image must not be given this one. */
function checkImage(spec: Json, container: string, file: string, profile: Profile): void {
  const image = asList(spec.containers)
    .map(asObject)
    .find((one) => one.name === container)?.image
  if (profile.image.original === null || image === undefined || sameImage(image, profile)) return
  throw new HardenError(
    'bad-usage',
    `the container ${container} of ${file} runs ${String(image)}, not ${profile.image.original}`,
    {
      hint: `ask for the profile of ${String(image)}, or name another --container`,
    },
  )
}

/** What a Service of the same file sends to a moved port of these pods goes to the new one. */
function movedService(value: unknown, labels: readonly Json[], { ports }: Profile): unknown {
  const document = asObject(value)
  const spec = asObject(document.spec)
  const selector = Object.entries(asObject(spec.selector))
  const selects = selector.length > 0 && labels.some((one) => selector.every(([key, wanted]) => one[key] === wanted))
  if (document.kind !== 'Service' || !selects) return value
  const moved = asList(spec.ports).map((port) => {
    const { port: own, targetPort = own } = asObject(port)
    const move = ports.find(({ from, to }) => from !== to && from === targetPort)
    return move === undefined ? port : { ...asObject(port), targetPort: move.to }
  })
  return { ...document, spec: { ...spec, ports: moved } }
}

function at(value: Json, path: readonly string[]): unknown {
  return path.reduce<unknown>((current, key) => asObject(current)[key], value)
}

function put(value: Json, [key, ...rest]: readonly string[], inner: Json): Json {
  if (key === undefined) return inner
  return { ...value, [key]: put(asObject(value[key]), rest, inner) }
}
