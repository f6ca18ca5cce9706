import { shellQuoted } from '../../borders/shell.ts'
import { isInside } from '../../places.ts'
import type { Outcome } from '../../transform.ts'
import { choices } from '../../words.ts'
import type { Profile } from '../profile.ts'
import type { Project, Service, ServiceMount } from '../project.ts'

/** Files of the machine that a project uses, looked up beforehand. Paths are absolute. */
export interface HostFiles {
  /** What is mounted, and what is in it as far as the bounds go. */
  readonly entries: ReadonlyMap<string, HostEntry>
  /** Texts of the repository that may call services: `env_file`, and what the folders have that images are built in. */
  readonly texts: readonly HostText[]
  readonly variables: ReadonlyMap<string, string>
}

export interface HostEntry {
  readonly kind: 'file' | 'folder' | 'socket' | 'missing'
  readonly uid: number
  readonly gid: number
  readonly mode: number
  /** Null where it is no text, is too large or lies outside the repository: then it is neither read nor changed. */
  readonly text: string | null
  /** Paths of what a folder has; the first ones only where there are many. */
  readonly children: readonly string[]
  /** It is, or lies in, a checkout that people work on: its owner is whoever checked it out. */
  readonly isCheckout: boolean
}

export interface HostText {
  readonly path: string
  /** From where the caller stands, for people and for the diff. */
  readonly name: string
  readonly text: string
  readonly kind: 'env' | 'configuration' | 'source'
}

/** Advice on a mount, and what the service gets for it. */
export interface MountAdvice {
  readonly outcome: Outcome
  readonly message: string
  readonly hint: string | null
  /** Group that the service needs beside its own; null for none. */
  readonly group: number | null
}

interface WhoRuns {
  readonly uid: number
  readonly gid: number
}

/** Files that a server only reads even if its mount is writable: what it serves, and scripts of its first start. */
const IS_READ = /^\/(?:usr\/share|docker-entrypoint[\w.-]*)(?:\/|$)/

/** The owner of the checkout that a service works in, who has to run it. Null where there is none, or it is root. */
export function checkoutOwner(service: Service, host: HostFiles): (WhoRuns & { readonly path: string }) | null {
  for (const { kind, source, target, readOnly } of service.mounts) {
    const entry = host.entries.get(source)
    if (
      kind === 'host' &&
      !IS_READ.test(target) &&
      !readOnly &&
      entry?.kind === 'folder' &&
      entry.isCheckout &&
      entry.uid !== 0
    )
      return { uid: entry.uid, gid: entry.gid, path: source }
  }
  return null
}

export function mountAdvice(
  service: Service,
  { root, user }: Pick<Profile, 'root' | 'user'>,
  host: HostFiles,
  { folder }: Pick<Project, 'folder'>,
): readonly MountAdvice[] {
  return service.mounts.flatMap((mount): readonly MountAdvice[] => {
    if (mount.kind === 'volume' || mount.kind === 'tmpfs') return []
    if (mount.source === '') return root || user === null ? [] : ofCopy(mount, user.value)
    const entry = host.entries.get(mount.source)
    if (isEngineSocket(mount, entry)) return [ofSocket(mount, entry, root)]
    if (entry === undefined || entry.kind === 'missing' || root || user === null) return []
    // The migration takes care of the owner of a data folder.
    if (mount.kind === 'host' && entry.kind === 'folder' && !mount.readOnly && !entry.isCheckout) return []
    const groups = heldGroups(service)
    const refused = refusedIn(mount.source, entry, host, user.value, groups)
    if (refused === null) return []
    return [unreadable(mount, refused.path, refused.entry, user.value, folder)]
  })
}

const ENGINE = /\/(?:docker|containerd|podman)\.sock$/

function isEngineSocket({ source, target }: ServiceMount, entry: HostEntry | undefined): boolean {
  return (ENGINE.test(source) || ENGINE.test(target)) && (entry === undefined || entry.kind !== 'folder')
}

function ofSocket({ source }: ServiceMount, entry: HostEntry | undefined, root: boolean): MountAdvice {
  const reach = `${source} is the engine: who may write to it is root of the machine, whatever the user is`
  const isOfGroup = entry?.kind === 'socket' && (entry.mode & 0o060) === 0o060 && entry.gid !== 0
  if (root) return { outcome: 'note', message: reach, hint: null, group: null }
  if (isOfGroup)
    return { outcome: 'note', message: `${reach}; it gets the socket's group`, hint: null, group: entry.gid }
  return {
    outcome: 'todo',
    message: `${reach}; which group may use it is not known here`,
    hint: choices(
      `give the service the group of the socket: group_add: ["<what stat -c %g ${source} says>"]`,
      'put a proxy that allows single calls between them',
    ),
    group: null,
  }
}

function heldGroups({ settings }: Service): readonly number[] {
  const { group_add: groups } = settings
  return Array.isArray(groups) ? groups.map(Number).filter(Number.isInteger) : []
}

/** The first file or folder of a mount that the user cannot read; null where there is none. */
function refusedIn(
  path: string,
  entry: HostEntry,
  host: HostFiles,
  who: WhoRuns,
  groups: readonly number[],
): { readonly path: string; readonly entry: HostEntry } | null {
  if (entry.kind !== 'file' && entry.kind !== 'folder') return null
  if (!mayRead(entry, who, groups)) return { path, entry }
  for (const child of entry.children) {
    const below = host.entries.get(child)
    if (below === undefined || !isInside(child, path)) continue
    const refused = refusedIn(child, below, host, who, groups)
    if (refused !== null) return refused
  }
  return null
}

function mayRead({ kind, uid, gid, mode }: HostEntry, who: WhoRuns, groups: readonly number[]): boolean {
  const needed = kind === 'folder' ? 0o5 : 0o4
  const shift = uid === who.uid ? 6 : gid === who.gid || groups.includes(gid) ? 3 : 0
  return ((mode >> shift) & needed) === needed
}

/**
 * A config or secret that is no file is copied into the container as root's. Compose looks an owner up by the text of the service's
 * user, and no account is called `10001:10001`, so the container would not be made (FACTS 53).
 */
function ofCopy({ kind, target, given }: ServiceMount, { uid, gid }: WhoRuns): readonly MountAdvice[] {
  const hint = choices(
    `write mode: 0444 for it, without uid and gid: what runs in the container is all that can read it`,
    'mount a file of the host that the user may read',
  )
  const said = (message: string): readonly MountAdvice[] => [{ outcome: 'todo', message, hint, group: null }]
  if (given?.isOwned === true)
    return said(`${kind} ${target} has an owner, which Docker does not find for user ${uid}:${gid}: it does not start`)
  const mode = given?.mode ?? 0o444
  if ((mode & 0o004) !== 0) return []
  return said(`${kind} ${target} is root's with mode ${octal(mode)} in the container, which ${uid}:${gid} cannot read`)
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}

/** Only root can change the owner. Where the group may read the file, the service joins that group. */
function unreadable(mount: ServiceMount, path: string, entry: HostEntry, who: WhoRuns, folder: string): MountAdvice {
  const name = isInside(path, folder) ? `.${path.slice(folder.length)}` : path
  const whose = `${name} (${mount.target}) is of ${entry.uid}:${entry.gid} with mode ${octal(entry.mode)}`
  const ignored = mount.given === undefined ? '' : '; Compose ignores uid, gid and mode of a file'
  const message = `${whose}, which ${who.uid}:${who.gid} cannot read${ignored}`
  const needed = entry.kind === 'folder' ? 0o050 : 0o040
  if ((entry.mode & needed) === needed && entry.gid !== 0)
    return { outcome: 'note', message: `${message}: it gets the group ${entry.gid}`, hint: null, group: entry.gid }
  const file = shellQuoted(name)
  const bits = entry.kind === 'folder' ? '-R g+rX' : 'g+r'
  const once = `once, in the project's folder: sudo chgrp ${entry.kind === 'folder' ? '-R ' : ''}${who.gid} ${file} && sudo chmod ${bits} ${file}`
  const hint = entry.uid === 0 ? once : choices(once, `run the service as its owner: user: ${entry.uid}:${entry.gid}`)
  return { outcome: 'todo', message, hint, group: null }
}
