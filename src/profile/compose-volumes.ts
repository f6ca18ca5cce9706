import { shellQuoted } from '../borders/shell.ts'
import { isInside } from '../places.ts'
import { type Profile, userText } from './profile.ts'
import { asList, isObject, type Json, textOf } from './yaml-file.ts'

/**
 * The one command that gives the user what is in the service's own mounts already; null where none of them is a place
 * that the image writes, or where no `chown` of the image's own can do it. `files` as for `docker compose --file`; `moved`:
 * where it writes by what the service sets.
 */
export function migration(
  service: Json,
  name: string,
  files: readonly string[],
  profile: Profile,
  moved: readonly string[] = [],
): string | null {
  const { user, image } = profile
  if (user === null || (image.chown !== image.original && image.chown !== image.name)) return null
  const written = [...writtenPlaces(profile), ...moved]
  const targets = asList(service.volumes)
    .filter((volume) => !isReadOnly(volume) && isMount(volume) && !isConfiguration(volume))
    .map(targetOf)
    .filter((target) => written.some((path) => path === target || isInside(target, path) || isInside(path, target)))
  // What a variable of Compose says, a shell does not know.
  if (targets.length === 0 || targets.some((target) => target.includes('$'))) return null
  // Without its profile the service is none that others of the project may depend on.
  const profiles = asList(service.profiles).slice(0, 1).map(String)
  const given = [
    ...files.map((file) => ` --file ${shellQuoted(file)}`),
    ...profiles.map((one) => ` --profile ${shellQuoted(one)}`),
  ]
  // What the profile takes away: without the first nobody may change an owner, without the second not in another's folder.
  const capabilities = '--cap-add CHOWN --cap-add DAC_OVERRIDE'
  return `docker compose${given.join('')} run --rm --no-deps --user 0:0 ${capabilities} --entrypoint chown ${name} -R ${userText(user.value)} ${[...new Set(targets)].map(shellQuoted).join(' ')}`
}

/** Where the image writes. */
export function writtenPlaces({ volumes, writable, owned }: Profile): readonly string[] {
  return [...[...volumes, ...writable].map(({ path }) => path), ...owned]
}

/** `data:/data:ro`, `/data/`, `{ target: /data }`: `/data` */
export function targetOf(volume: unknown): string {
  const parts = partsOf(volume)
  const target = isObject(volume) ? textOf(volume.target ?? '') : ((parts.length === 1 ? parts[0] : parts[1]) ?? '')
  return target.replace(/(.)\/$/, '$1')
}

/** What is mounted: a volume's name, or a path of the host; '' for a volume without a name. */
export function sourceOf(volume: unknown): string {
  if (isObject(volume)) return textOf(volume.source ?? '')
  const parts = partsOf(volume)
  return parts.length === 1 ? '' : (parts[0] ?? '')
}

/** One that outlives the container: a tmpfs and a volume without a name do not. */
function isMount(volume: unknown): boolean {
  if (!isObject(volume)) return partsOf(volume).length > 1
  return (volume.type === 'volume' || volume.type === 'bind') && volume.source !== undefined
}

/** Files of the host that the program reads: their owner is whoever edits them. */
function isConfiguration(volume: unknown): boolean {
  return /^[./~$]/.test(sourceOf(volume)) && targetOf(volume).startsWith('/etc/')
}

function isReadOnly(volume: unknown): boolean {
  if (isObject(volume)) return volume.read_only === true
  return (partsOf(volume)[2] ?? '').split(',').includes('ro')
}

/** A variable may have a colon of its own: `${DATA:-./data}:/data`. */
function partsOf(volume: unknown): readonly string[] {
  const text = textOf(volume)
  const parts: string[] = []
  let end = text.length
  let inside = false
  for (let at = end - 1; at >= 0; at -= 1) {
    const char = text[at]
    if (char === '}') inside = true
    else if (char === '{') inside = false
    else if (char === ':' && !inside) {
      parts.unshift(text.slice(at + 1, end))
      end = at
    }
  }
  return [text.slice(0, end), ...parts]
}
