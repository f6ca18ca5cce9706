import { composeValue } from '../borders/mount.ts'
import { shellQuoted } from '../borders/shell.ts'
import { visibleLine } from '../borders/terminal.ts'
import type { EngineName } from '../engine/kinds.ts'
import { hardenService } from './compose/harden-service.ts'
import { withServices } from './compose/written.ts'
import {
  derivedName,
  giveVolume,
  type Profile,
  type ProfileVolume,
  serviceName,
  TMPFS_MEGABYTES,
  userText,
  volumeName,
  type WritablePlace,
} from './profile.ts'
import type { Json } from './yaml/file.ts'
import { fileText } from './yaml/style.ts'

/** One line for a shell that starts the container in the background, locked down. */
export function dockerRun(profile: Profile, engine: EngineName): string {
  const { user, capabilities, noNewPrivileges, readOnly, writable, volumes, ports, sysctls, env, given, image } =
    profile
  const name = serviceName(profile)
  const words = [
    engine,
    'run',
    '--detach',
    // The engines take no name of one letter.
    `--name=${name.length === 1 ? `${name}-1` : name}`,
    ...(user === null ? [] : [`--user=${userText(user.value)}`]),
    ...(capabilities === null ? [] : ['--cap-drop=ALL', ...capabilities.value.map((one) => `--cap-add=${one}`)]),
    ...(noNewPrivileges.value ? ['--security-opt=no-new-privileges'] : []),
    ...(readOnly.value ? ['--read-only'] : []),
    // Podman otherwise puts a writable tmpfs on /tmp, /run and /var/tmp of a read-only container.
    ...(readOnly.value && engine === 'podman' ? ['--read-only-tmpfs=false'] : []),
    ...writable.map((place) => writableFlag(place, name, engine)),
    ...volumes.map((volume) => volumeFlag(volume, name)),
    ...ports.map((port) => `--publish=${port.to}:${port.to}${port.protocol === 'tcp' ? '' : `/${port.protocol}`}`),
    ...Object.entries(sysctls).map(([key, value]) => `--sysctl=${key}=${value}`),
    ...Object.entries(env).map(([key, value]) => `--env=${key}=${value}`),
    ...given.map((one) => `--env=${one}`),
    image.name,
  ]
  // A new volume is root's where the folder of the image is.
  const first = volumes
    .filter((volume) => !volume.prepared)
    .map((volume) => giveVolume(profile, volumeName(name, volume.path), volume, engine))
  return `${[...first, words.map(shellQuoted).join(' ')].join(' && ')}\n`
}

function writableFlag(place: WritablePlace, name: string, engine: string): string {
  const { kind, path, uid, gid, mode } = place
  if (kind === 'state') return volumeFlag(place, name)
  if (kind === 'copy') return `--mount=type=volume,${csv(`target=${path}`)}`
  // Podman takes no owner: `U` gives the mount to whom the container runs as.
  if (engine === 'podman')
    return `--mount=type=tmpfs,${csv(`destination=${path}`)},tmpfs-mode=${mode.toString(8)},tmpfs-size=${TMPFS_MEGABYTES}m,U=true`
  return `--tmpfs=${path}:uid=${uid},gid=${gid},mode=${mode.toString(8)},size=${TMPFS_MEGABYTES}m`
}

function volumeFlag(
  { path, prepared = true }: Pick<ProfileVolume, 'path'> & { prepared?: boolean },
  name: string,
): string {
  // An empty volume takes the owner of the image's folder at each start, unless it is told not to.
  if (!prepared) return `--volume=${volumeName(name, path)}:${path}:nocopy`
  return `--mount=type=volume,source=${volumeName(name, path)},${csv(`target=${path}`)}`
}

function csv(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}

/** The profile that lies beside a derived Dockerfile: a Compose file that builds it, and on top how to do without Compose. */
export function profileFile(profile: Profile): string {
  const { image } = profile
  // The result never gets the name of its base image.
  const own = image.derived
    ? profile
    : {
        ...profile,
        image: { ...image, name: derivedName(image.original ?? image.name, profile.root ? 'locked' : 'nonroot') },
      }
  const lines = [
    `# harden-image: how to run the Dockerfile beside this file, locked down: docker compose up --build`,
    `# Without Compose: docker build -t ${own.image.name} . && \\`,
    `#   ${dockerRun({ ...own, given: own.given.map(nameOf) }, 'docker').trim()}`,
    ...[...profile.running.map(({ text }) => text), ...profile.notes].map((note) => `# - ${note}`),
  ]
  // A line break in one of them would end the comment.
  return `${lines.map(visibleLine).join('\n')}\n${composeFile(own, '.')}`
}

/** A name without a value takes its value from the shell. */
function nameOf(given: string): string {
  return given.replace(/=.*$/s, '')
}

/** A whole Compose file with one service. `build`: the folder it is built from; null for an image that is there. */
export function composeFile(profile: Profile, build: string | Json | null): string {
  const name = serviceName(profile)
  const ports = profile.ports.map(({ to, protocol }) => `${to}:${to}${protocol === 'tcp' ? '' : `/${protocol}`}`)
  const mounts = profile.volumes.map(({ path, prepared }): unknown => {
    const [source, target] = [volumeName(name, path), composeValue(path)]
    // An empty volume takes the owner of the image's folder at each start, unless it is told not to.
    return prepared ? `${source}:${target}` : { type: 'volume', source, target, volume: { nocopy: true } }
  })
  const { service, volumes } = hardenService(
    {
      image: profile.image.name,
      ...(build === null ? {} : { build }),
      ...(ports.length > 0 ? { ports } : {}),
      ...(mounts.length > 0 ? { volumes: mounts } : {}),
    },
    { ...profile, ports: profile.ports.map((port) => ({ ...port, from: port.to })) },
    { name },
  )
  return fileText(
    withServices({}, { [name]: service }, [...profile.volumes.map(({ path }) => volumeName(name, path)), ...volumes]),
  )
}
