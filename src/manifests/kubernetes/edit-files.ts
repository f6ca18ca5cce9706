import { HardenError } from '../../errors.ts'
import type { NamedText, Rendered } from '../compose/edit-files.ts'
import { type Own, overridden, type ServiceOverlay, withRaised } from '../overridden.ts'
import { movesOf, type Profile, sameImage } from '../profile.ts'
import { asList, asObject, isObject, type Json, textOf } from '../yaml/file.ts'
import { rewriteYaml } from '../yaml/rewrite.ts'
import { followPorts, type MovedPod } from './follow-ports.ts'
import { restrictedPod } from './harden-pod.ts'
import {
  type Chosen,
  containerOf,
  dataNamed,
  type FileValues,
  leadsTo,
  longRunning,
  type Manifests,
  manifestsOf,
  type ObjectAt,
  putIn,
  type Workload,
} from './workloads.ts'

interface Meant {
  readonly workload: Workload
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
  const manifests = manifestsOf(sources, () => true)
  const { files, objects } = manifests
  const notes = files.map(() => new Set<string>())
  let values: FileValues = files.map((file) => file.values)
  const moved: (MovedPod & { readonly isAsked: boolean })[] = []
  for (const { workload, chosen } of meantIn(manifests, asked, container)) {
    const { file, pod } = workload
    const containers = chosen.map((one) => containerOf(pod.spec, one))
    const own = overridden(withRaised(asked, portsOf(containers)), podOwn(workload, chosen, objects, asked))
    checkImages(chosen, files[file]?.name ?? '', own.profile)
    const edit = restrictedPod(pod.spec, chosen, own.profile)
    moved.push({ workload, ports: own.profile.ports, isAsked: own.profile === asked })
    for (const note of [...own.notes, ...edit.notes, ...serviceNotes(workload, objects, own.profile)])
      notes[file]?.add(note)
    values = putIn(values, workload, edit.spec)
  }
  const followed = followPorts(manifests, moved, values)
  const isOther = moved.some(({ isAsked }) => !isAsked)
  return files.map((file, index) => ({
    text: rewriteYaml(file, followed.values[index] ?? file.values),
    notes: [...(notes[index] ?? []), ...(index === 0 ? followed.open : [])],
    ...(isOther ? { covers: ['ports'] as const } : {}),
  }))
}

function meantIn(
  { files, objects, workloads }: Manifests,
  profile: Profile,
  container: string | null,
): readonly Meant[] {
  const found = workloads
    .map((workload): Meant => {
      const { pod, containers } = workload
      const isMeant = ({ name, image }: Chosen): boolean =>
        container === null ? sameImage(image, profile) : name === container
      return { workload, chosen: (container === null ? longRunning(pod.spec) : containers).filter(isMeant) }
    })
    .filter(({ chosen }) => chosen.length > 0)
  if (found.length > 0) return found
  const [only, ...more] = workloads.flatMap((workload) =>
    longRunning(workload.pod.spec).map((one): Meant => ({ workload, chosen: [one] })),
  )
  if (container === null && only !== undefined && more.length === 0) return [only]
  const file = files.map(({ name }) => name).join(', ')
  const problem =
    container === null
      ? `no container of ${file} runs ${profile.image.original ?? profile.image.name}`
      : `${file} has no container ${container}`
  const names = [...new Set(workloads.flatMap(({ containers }) => containers.map(({ name }) => name)))]
  const kinds = [...new Set(objects.map(({ value }) => textOf(value.kind ?? 'an object without a kind')))]
  const has = (test: (value: unknown) => boolean): boolean => files.some(({ values }) => values.some(test))
  const hint = has((value) => isObject(value) && isObject(value.services))
    ? 'it is a Compose file: use --for compose'
    : has(isJsonPatch)
      ? 'it is a list of JSON patch operations: write the patch as a part of the Deployment (strategic merge), or change the manifest that it patches'
      : names.length > 0
        ? `name it with --container: it has ${names.join(', ')}`
        : `it has no Pod, Deployment, StatefulSet, DaemonSet, Job or CronJob, but ${kinds.join(', ') || 'nothing'}`
  throw new HardenError('bad-usage', problem, { hint })
}

/** As Kustomize and `kubectl patch --type json` take it. */
function isJsonPatch(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((one) => isObject(one) && 'op' in one && 'path' in one)
}

function portsOf(containers: readonly Json[]): readonly number[] {
  const ports = containers.flatMap((one) => asList(one.ports).map((port) => asObject(port).containerPort))
  return ports.filter((port) => typeof port === 'number')
}

/** A Service of another file still leads to the old port. */
function serviceNotes(workload: Workload, objects: readonly ObjectAt[], profile: Profile): readonly string[] {
  if (objects.some((one) => one.value.kind === 'Service' && leadsTo(one, workload))) return []
  return movesOf(profile).map(
    ({ from, to }) => `a Service of another file that leads to port ${from} leads to ${to} (targetPort)`,
  )
}

function checkImages(chosen: readonly Chosen[], file: string, profile: Profile): void {
  const { original } = profile.image
  const other = chosen.find(({ image }) => original !== null && image !== undefined && !sameImage(image, profile))
  if (other === undefined) return
  throw new HardenError(
    'bad-usage',
    `the container ${other.name} of ${file} runs ${textOf(other.image)}, not ${original}`,
    { hint: `ask for the profile of ${textOf(other.image)}, or name another --container` },
  )
}

/** What some containers of a pod override in their image. `objects`: all of the files, ConfigMaps among them. */
function podOwn(workload: Workload, chosen: readonly Chosen[], objects: readonly ObjectAt[], profile: Profile): Own {
  const containers = chosen.map((one) => containerOf(workload.pod.spec, one))
  return {
    overlays: chosen.flatMap((one) => podOverlays(workload, one, objects, profile)),
    env: new Map(
      containers.flatMap(({ env }) =>
        asList(env).map((item): [string, string] => {
          const { name, value } = asObject(item)
          return [textOf(name), textOf(value ?? '')]
        }),
      ),
    ),
    // Of the first container that has some.
    entrypoint:
      containers
        .map(({ command }) => command)
        .find(Array.isArray)
        ?.map(String) ?? null,
    command:
      containers
        .map(({ args }) => args)
        .find(Array.isArray)
        ?.map(String) ?? null,
    workdir: containers.map(({ workingDir }) => workingDir).find((folder) => typeof folder === 'string') ?? null,
  }
}

/** What a container of a pod mounts over its image. `objects`: all of the files, ConfigMaps among them. */
export function podOverlays(
  workload: Workload,
  container: Chosen,
  objects: readonly ObjectAt[],
  { writable }: Profile,
): readonly ServiceOverlay[] {
  const { spec } = workload.pod
  return asList(containerOf(spec, container).volumeMounts)
    .map(asObject)
    .flatMap((mount) => {
      const target = textOf(mount.mountPath).replace(/(.)\/$/, '$1')
      const volume = asObject(asList(spec.volumes).find((one) => asObject(one).name === mount.name))
      // An init container copies the image's files in first.
      if (volume.emptyDir !== undefined && writable.some(({ path, filled }) => filled && path === target)) return []
      const { name } = asObject(volume.configMap)
      const found = dataNamed(objects, 'ConfigMap', name, workload)
      const texts = found === undefined ? null : Object.values(asObject(found.value.data)).map(String)
      return [
        { target, name: name === undefined ? `the volume ${mount.name}` : `the ConfigMap ${name}`, texts: () => texts },
      ]
    })
}
