import { shellQuoted } from '../borders/shell.ts'
import { isInside } from '../places.ts'
import { type Profile, slug, TMPFS_MEGABYTES, type WritablePlace } from './profile.ts'
import { asList, asObject, isEqual, type Json, textOf } from './yaml-file.ts'

interface Copy {
  readonly name: string
  readonly path: string
  /** Only the first time: what was kept there is not to be overwritten. */
  readonly once: boolean
}

export interface Mounts {
  readonly mounts: readonly Json[]
  readonly volumes: readonly Json[]
  readonly copies: readonly Copy[]
}

/** What one container of a pod lacks so that the user can write; a place that is mounted already stays as it is. */
export function writableMounts(pod: Json, container: Json, { writable }: Profile): Mounts {
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

/** Of its own: what another container has mounted is no scratch space of this one. */
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
export function copier(name: string, container: Json, copies: Mounts['copies'], notes: string[]): Json {
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
