import { composeValue } from '../../borders/mount.ts'
import { plainCapability } from '../../image/capabilities.ts'
import { isInside } from '../../places.ts'
import {
  hostPortNotes,
  type Profile,
  type ProfileUser,
  TMPFS_MEGABYTES,
  userText,
  volumeName,
  type WritablePlace,
} from '../profile.ts'
import { asList, type Json, textOf } from '../yaml/file.ts'
import { mergedService } from './merge.ts'
import { movedExpose, movedHealthcheck, movedPort, warnOfPorts } from './ports.ts'
import { isRootUser, listOf, targetsOf, volumeOf, withPairs } from './written.ts'

export interface ServiceEdit {
  readonly service: Json
  readonly volumes: readonly string[]
  readonly notes: readonly string[]
  /** Those among them that a person has to act on before it works. */
  readonly open: readonly string[]
}

export interface Around {
  readonly name: string
  /** Settings from other files or by `extends`, which add up with its own. */
  readonly elsewhere?: Json
  /** Volumes that exist already and are somebody else's. */
  readonly declared?: readonly string[]
  /** A port is followed to the service that publishes it (`network_mode: service:x`). */
  readonly isFollowed?: boolean
  /** The network that it has in the end, where another service says it: `host`, by way of the service that it shares one with. */
  readonly network?: string
}

/**
 * Applies the profile to an entry of a Compose service. What is there and harmless stays, and a second time changes nothing. `around`
 * null: another entry of the service gets the profile, and this one only loses what contradicts it.
 */
export function hardenService(before: Json, profile: Profile, around: Around | null): ServiceEdit {
  const notes: string[] = []
  const open: string[] = []
  const volumes: string[] = []
  const set = alignService(before, profile, notes, open)
  if (around === null) return { service: set, volumes, notes: [...notes, ...open], open }
  const { name, elsewhere = {}, declared = [], isFollowed = false, network } = around
  const adds = (key: string): readonly unknown[] => [...asList(elsewhere[key]), ...asList(set[key])]
  const { user, capabilities, noNewPrivileges, readOnly, sysctls, env } = profile
  if (user !== null && set.user === undefined && elsewhere.user !== userText(user.value))
    set.user = userText(user.value)
  if (capabilities !== null) {
    if (!holds(adds('cap_drop'), 'ALL')) set.cap_drop = [...asList(before.cap_drop), 'ALL']
    const missing = capabilities.value.filter((name) => !holds(adds('cap_add'), name))
    if (missing.length > 0) set.cap_add = [...asList(before.cap_add), ...missing]
    if (elsewhere.privileged === true && set.privileged === undefined) set.privileged = false
  }
  // Compose refuses a list with the same entry twice.
  if (noNewPrivileges.value && !adds('security_opt').some(forbidsNew))
    set.security_opt = [...asList(set.security_opt), 'no-new-privileges:true']
  if (readOnly.value && (elsewhere.read_only !== true || set.read_only !== undefined)) set.read_only = true
  const added = profile.writable.filter((place) => mount(place, set, volumes, { name, elsewhere, declared }))
  notes.push(...renewNotes(added))
  const mode = network ?? textOf({ ...elsewhere, ...before }.network_mode ?? '')
  // The engine refuses sysctls of the machine's or another container's namespaces.
  if (mode === 'host') open.push(...hostPortNotes('network_mode: host', sysctls))
  else if (
    !mode.startsWith('container:') &&
    Object.keys(sysctls).length > 0 &&
    !isLocked(mergedService(elsewhere, before), profile)
  )
    set.sysctls = withPairs(before.sysctls, Object.entries(sysctls))
  if (Object.keys(env).length > 0)
    set.environment = withPairs(
      before.environment,
      Object.entries(env).map(([name, value]) => [name, composeValue(value)] as const),
    )
  const checked = set.healthcheck === undefined ? {} : { healthcheck: set.healthcheck }
  const whole: Json = { ...elsewhere, ...before, ...checked }
  const isShared = isFollowed && /^service:/.test(textOf(whole.network_mode ?? ''))
  warn(isShared ? { ...whole, network_mode: undefined } : whole, profile, notes, open)
  return { service: set, volumes, notes: [...notes, ...open], open }
}

/**
 * It already runs as the planned user and with no more (`whole`: everything that is said of the service). Its author has added what
 * it needs besides, and only a run knows better.
 */
function isLocked(whole: Json, { user }: Profile): boolean {
  const isPlanned = user !== null && whole.user != null && alignedUser(whole.user, user.value, []) === whole.user
  return isPlanned && holds(whole.cap_drop, 'ALL') && asList(whole.security_opt).some(forbidsNew)
}

/** A service that is locked already keeps its root file system as it is. */
export function asLocked(whole: Json, profile: Profile): Profile {
  const isOpen = profile.readOnly.known === 'planned' && whole.read_only !== true && isLocked(whole, profile)
  return isOpen && profile.readOnly.value
    ? { ...profile, readOnly: { value: false, known: 'planned' }, writable: [] }
    : profile
}

/** Puts right what is there and contradicts the profile. `open` takes what a person has to do before it works. */
function alignService(before: Json, profile: Profile, notes: string[], open: string[]): Record<string, unknown> {
  const { user, capabilities, noNewPrivileges, readOnly } = profile
  const set: Record<string, unknown> = { ...before }
  if (user !== null && before.user !== undefined) set.user = alignedUser(before.user, user.value, notes, open)
  if (capabilities !== null && before.privileged === true) {
    set.privileged = false
    notes.push('privileged: true becomes false: it would undo everything else')
  }
  if (noNewPrivileges.value && asList(before.security_opt).some(allowsNew)) {
    const kept = asList(before.security_opt).filter((item) => !allowsNew(item))
    set.security_opt = kept.some(forbidsNew) ? kept : [...kept, 'no-new-privileges:true']
  }
  if (readOnly.value && before.read_only === false) set.read_only = true
  if (Array.isArray(before.ports)) set.ports = before.ports.map((port) => movedPort(port, profile, open))
  if (Array.isArray(before.expose)) set.expose = movedExpose(before.expose, profile)
  if (before.healthcheck !== undefined) set.healthcheck = movedHealthcheck(before.healthcheck, profile)
  return set
}

function alignedUser(before: unknown, user: ProfileUser, notes: string[], open: string[] = notes): unknown {
  const wanted = userText(user)
  if (before === null) return wanted
  // The same one by its name; that has a number is asked for by Kubernetes only.
  if (textOf(before) === wanted || (user.name !== '' && textOf(before) === user.name)) return before
  if (!textOf(before).includes('$')) {
    if (!isRootUser(before)) notes.push(`user: ${before} becomes ${wanted}: that is who the image's files are for`)
    return wanted
  }
  const moved = withDefaults(textOf(before), user)
  if (moved === null) {
    if (!isChosen(textOf(before), user))
      open.push(`user: ${before} stays, as it comes from a variable: it has to be ${wanted}`)
    return before
  }
  notes.push(`user: ${before} becomes ${moved}: whoever sets the variable decides who it runs as`)
  return moved
}

/** `${UID:-0}:${GID:-0}` with the user's own numbers as what holds where nobody sets them; null where it has no such part, or is not root's. */
function withDefaults(text: string, { uid, gid }: ProfileUser): string | null {
  const [, first, second] = /^(\$\{\w+:?-(?:0|root)\})(?::(\$\{\w+:?-(?:0|root|\d+)\}|0|root))?$/.exec(text) ?? []
  if (first === undefined) return null
  const put = (part: string, number: number): string => part.replace(/(?<=-)\w+(?=\}$)|^\w+$/, String(number))
  // Without a group it would get root's, or by chance that of another account.
  return `${put(first, uid)}:${second === undefined ? gid : put(second, gid)}`
}

/** Its default is the planned user. */
function isChosen(text: string, { uid, gid }: ProfileUser): boolean {
  const plain = text.replaceAll(/\$\{\w+:?-(\w+)\}/g, '$1')
  return plain === userText({ uid, gid }) || plain === String(uid)
}

/** Warns of settings that stay and weaken the rest. */
function warn(service: Json, profile: Profile, notes: string[], open: string[]): void {
  const added = asList(service.cap_add)
  if (profile.capabilities !== null && !profile.root && added.length > 0)
    notes.push(`cap_add: ${added.join(', ')} gives a user other than root nothing: take it out`)
  for (const option of asList(service.security_opt).map(String))
    if (/^(seccomp|apparmor|systempaths)[:=]unconfined$/.test(option))
      notes.push(`security_opt: ${option} takes a guard away: take it out if nothing needs it`)
  for (const key of ['pid', 'ipc', 'userns_mode', 'uts', 'cgroup'])
    if (service[key] === 'host')
      notes.push(`${key}: host shares that with the machine: take it out if nothing needs it`)
  for (const { source, target, type } of asList(service.volumes).map(volumeOf)) {
    if (/\/(docker|containerd|podman)\.sock$/.test(source || (type === '' ? target : '')))
      notes.push(`${source} is the engine: who may write to it is root of the machine, whatever the user is`)
  }
  warnOfPorts(service, profile, open)
}

function holds(list: unknown, name: string): boolean {
  return asList(list).some((item) => plainCapability(textOf(item)) === name)
}

export function allowsNew(option: unknown): boolean {
  return /^no-new-privileges[:=]false$/.test(textOf(option))
}

function forbidsNew(option: unknown): boolean {
  return /^no-new-privileges([:=]true)?$/.test(textOf(option))
}

/** Compose passes an anonymous volume on to the next container, with the files that the image had when it was new. */
export function renewNotes(places: readonly WritablePlace[]): readonly string[] {
  const paths = places.filter(({ kind, filled }) => kind === 'copy' && filled).map(({ path }) => path)
  return paths.length === 0
    ? []
    : [`${paths.join(', ')}: Compose keeps what the image had there; docker compose up -V after an update of the image`]
}

function mount(
  place: WritablePlace,
  set: Record<string, unknown>,
  volumes: string[],
  { name: service, elsewhere, declared }: Required<Omit<Around, 'isFollowed' | 'network'>>,
): boolean {
  const { uid, gid, mode, kind } = place
  const path = composeValue(place.path)
  const options = `uid=${uid},gid=${gid},mode=${mode.toString(8)}`
  // Without an owner a tmpfs is root's, as the folder was.
  const tmpfs = listOf(set.tmpfs)
  const bare = tmpfs.find((item) => linked(textOf(item)) === linked(path))
  if (bare !== undefined && mode !== OPEN_TO_ALL) {
    set.tmpfs = tmpfs.map((item) => (item === bare ? `${textOf(item)}:${options}` : item))
    return false
  }
  const taken = [set, elsewhere].flatMap(targetsOf)
  // A path inside a mount is written there. Another mount below it would hide what is kept in it.
  if (taken.some((target) => target !== '' && isInside(linked(path), linked(target)))) return false
  if (kind === 'tmpfs') {
    set.tmpfs = [...tmpfs, `${path}:${options},size=${TMPFS_MEGABYTES}m`]
    return true
  }
  const own = volumeName(service, place.path)
  const name = declared.includes(own) ? `${own}-writable` : own
  if (kind === 'state') volumes.push(name)
  set.volumes = [...asList(set.volumes), kind === 'state' ? `${name}:${path}` : path]
  return true
}

const OPEN_TO_ALL = 0o1777

/** Where the links of every distribution lead: `/var/run/x` is `/run/x`. */
function linked(path: string): string {
  return path.replace(/^\/var\/run(?=\/|$)/, '/run').replace(/^\/var\/lock(?=\/|$)/, '/run/lock')
}
