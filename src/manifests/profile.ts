import { shellQuoted } from '../borders/shell.ts'
import { FIRST_UNPRIVILEGED_PORT } from '../evidence/claim.ts'
import type { Substitution } from '../evidence/file-edit.ts'

/**
 * The run-time half: how a container is started so that it stays locked down. Plain data, the same for every platform.
 * `measured`: a run of this target has shown it; `planned`: it follows from what is known of the image.
 */
export interface Profile {
  readonly target: string
  readonly kind: 'dockerfile' | 'image'
  readonly image: ProfileImage
  /** It keeps root: by its nature, or by somebody's decision. */
  readonly root: boolean
  /** Null where the image's own user stays in force: root, or a name that cannot be resolved. */
  readonly user: ProfilePart<ProfileUser> | null
  /** The platform chooses the uid, and the group of volumes with it: neither is said. */
  readonly anyUid: boolean
  /** Added to none (names without `CAP_`); null where it is not known which ones it needs, so that none is dropped. */
  readonly capabilities: ProfilePart<readonly string[]> | null
  readonly noNewPrivileges: ProfilePart<boolean>
  readonly readOnly: ProfilePart<boolean>
  /** Places that a read-only root needs to be writable; empty without one. */
  readonly writable: readonly WritablePlace[]
  /** Folders that the image gives to the user, as far as is known: what is mounted over one has to be the user's too. */
  readonly owned: readonly string[]
  /** What the image's own user is not given and a root would write, for whoever runs it as root all the same. Absent: not known. */
  readonly ungiven?: readonly string[]
  /** Where its data is: VOLUMEs, and what `--user` alone needs mounted. */
  readonly volumes: readonly ProfileVolume[]
  readonly ports: readonly ProfilePort[]
  readonly sysctls: Readonly<Record<string, string>>
  /** Only what the image does not set itself. */
  readonly env: Readonly<Record<string, string>>
  /** NAME=VALUE, or NAME, that somebody runs it with (`--env`): often a secret, so that it goes into no file. */
  readonly given: readonly string[]
  /** Base names of what the image starts: all else of this profile is about them. Empty where that is not known. */
  readonly programs: readonly string[]
  /** What the image that is built has otherwise than the original; a mount or a setting can hide it again. */
  readonly changes: readonly ImageChange[]
  /** Can the image be used as it is, with `--user` alone? Null where that is not the question. */
  readonly asIs: AsIs | null
  /** What breaks for those who have it running as root today, and what mends it. */
  readonly running: readonly RunningNote[]
  /** What is not known, and what else is to be said. */
  readonly notes: readonly string[]
}

/** As `--for` takes them. */
export const PROFILE_PLATFORMS = ['docker', 'compose', 'kubernetes'] as const
export type ProfilePlatform = (typeof PROFILE_PLATFORMS)[number]

export interface ProfilePart<T> {
  readonly value: T
  readonly known: 'measured' | 'planned'
}

export interface ProfileImage {
  /** The image that was asked about; null for a Dockerfile. */
  readonly original: string | null
  /** It runs as a new image that is built from the original. */
  readonly derived: boolean
  readonly name: string
  /** An image that has a `chown`: its own where it has one. */
  readonly chown: string
  /** Its files are known, and it has not all of `find`, `stat` and `xargs`; absent: it has, as far as anybody knows. */
  readonly lacksFind?: true
  /** As it was, its start switched to the same user, so that what it has kept is that user's. Absent: no, or nobody knows. */
  readonly stepsDown?: true
}

export interface ProfileUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/**
 * `tmpfs`: empty at every start. `copy`: starts with what the image has there, and is no longer kept than the container.
 * `state`: starts so too, and is kept.
 */
export interface WritablePlace {
  readonly kind: 'tmpfs' | 'copy' | 'state'
  readonly path: string
  readonly uid: number
  readonly gid: number
  /** Permission bits, as 0o1777. */
  readonly mode: number
  /** The image has files there, as far as is known. */
  readonly filled: boolean
}

export interface ProfileVolume {
  readonly path: string
  readonly uid: number
  readonly gid: number
  /** A new volume comes up with this owner, since the image has it so. */
  readonly prepared: boolean
  /** The image has files there, as far as is known; absent: no. */
  readonly filled?: boolean
}

export interface ProfilePort {
  readonly from: number
  /** The same where it is not moved. */
  readonly to: number
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  /** As of a `PortDecision`. */
  readonly checkedAt?: string
}

/** A file of the image by its path, or a variable by its name; one command and one folder to start in at most. */
export interface ImageChange {
  readonly kind: 'file' | 'env' | 'command' | 'workdir'
  readonly name: string
  /** What for: `listen above 1024 (default.conf said 80)`. */
  readonly reason: string
  /** Ports that move by it, as they were. */
  readonly ports: readonly number[]
  /** Of a file, what is replaced in it: the same makes one right that is mounted in its place. */
  readonly substitutions?: readonly Substitution[]
}

/** One sentence, and what it is about: a file that is changed may have a better one. */
export interface RunningNote {
  readonly about: 'ports' | 'data' | 'shell' | 'children'
  readonly text: string
}

export interface AsIs {
  /** `--user` with the mounts of this profile is enough: no image has to be built. */
  readonly enough: boolean
  /** What `--user` alone would break, one sentence each. */
  readonly breaks: readonly string[]
}

/** Ports that are elsewhere than in the original. */
export function movesOf({ ports }: Pick<Profile, 'ports'>): readonly ProfilePort[] {
  return ports.filter(({ from, to }) => from !== to)
}

/** Of the machine's memory, for what is only passing. */
export const TMPFS_MEGABYTES = 64

/** `101:101` */
export function userText({ uid, gid }: Pick<ProfileUser, 'uid' | 'gid'>): string {
  return `${uid}:${gid}`
}

/** The one command after which a volume belongs to the user. */
export function giveVolume(
  { image }: { readonly image: Pick<ProfileImage, 'chown'> },
  volume: string,
  { path, uid, gid }: Omit<ProfileVolume, 'prepared'>,
  engine = 'docker',
): string {
  const mount = shellQuoted(path)
  return `${engine} run --rm --user 0:0 --volume ${volume}:${mount} --entrypoint chown ${image.chown} -R ${userText({ uid, gid })} ${mount}`
}

/** As a user of the image named another image for it. */
export function withImage(profile: Profile, name: string | null): Profile {
  return name === null ? profile : { ...profile, image: { ...profile.image, name } }
}

const LONGEST_NAME = 40

/**
 * A name for a container, a service or a volume: `nginx`, `var-lib-redis`; a DNS label for Kubernetes. What of two long
 * ones would be cut off still tells them apart.
 */
export function slug(text: string): string {
  const words = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  if (words.length <= LONGEST_NAME) return words || 'app'
  const mark = [...words].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 36 ** 6, 7).toString(36)
  return `${words.slice(0, LONGEST_NAME - 7).replace(/-$/, '')}-${mark}`
}

/** Of a volume that is put in: each service has its own. */
export function volumeName(service: string, path: string): string {
  return `${slug(service)}-${slug(path)}`
}

/** What the container is called where nobody has said so: the last part of the image's name. */
export function serviceName({ image }: Profile): string {
  const name = image.original ?? image.name
  return slug(/[^/@:]+/.exec(name.slice(name.lastIndexOf('/') + 1))?.[0] ?? name)
}

/** Never like what it is built from: `quay.io/x/nginx:1.27` makes `nginx-nonroot:1.27`. */
export function derivedName(reference: string, what: string): string {
  const bare = reference.replace(/@.*$/s, '')
  const [, path = bare, tag = 'latest'] = /^(.*?)(?::([^:/]+))?$/.exec(bare) ?? []
  return `${path.slice(path.lastIndexOf('/') + 1)}-${what}:${tag}`
}

/** A port below 1024 that stays: not every runtime lifts the kernel's limit (FACTS 18). */
export function sysctlsFor(ports: readonly ProfilePort[], root: boolean): Readonly<Record<string, string>> {
  const low = ports.map(({ to }) => to).filter((port) => port < FIRST_UNPRIVILEGED_PORT)
  return root || low.length === 0 ? {} : { 'net.ipv4.ip_unprivileged_port_start': String(Math.min(...low)) }
}

/** Where a container has no network of its own the limit is the machine's, and no setting of the container lifts it. */
export function hostPortNotes(where: string, sysctls: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(sysctls).map(
    ([name, value]) =>
      `${where} has the ports of the machine, where a user other than root may bind port ${value} only after sysctl -w ${name}=${value} there`,
  )
}

/** The text names the image that was asked about, or what takes its place. */
export function sameImage(image: unknown, { image: { original, name } }: Profile): boolean {
  if (typeof image !== 'string') return false
  const text = withDefaults(image)
  return [name, ...(original === null ? [] : [original])].some((one) => isMeant(text, one))
}

/** Compose puts `${TAG}` in from the environment; a tag that only that knows may be any. */
function isMeant(text: string, name: string): boolean {
  const [, path] = /^([^$]+):\$(?:\w+|\{[^}]*\})$/.exec(text) ?? []
  if (path === undefined) return familiar(text) === familiar(name)
  return familiar(path) === familiar(name.replace(/(?<![:@][^/]*?)[:@][^/]*$/, ''))
}

/** `${TAG:-1}` is 1 where nobody sets it. */
function withDefaults(text: string): string {
  return text.replace(/\$\{\w+:?-([^${}]*)\}/g, '$1')
}

/** `nginx`, `nginx:latest` and `docker.io/library/nginx` are one. */
function familiar(image: string): string {
  const short = image.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '')
  return /[:@]/.test(short.slice(short.lastIndexOf('/') + 1)) ? short : `${short}:latest`
}

export function writtenPlaces({ volumes, writable, owned }: Profile): readonly string[] {
  return [...[...volumes, ...writable].map(({ path }) => path), ...owned]
}
