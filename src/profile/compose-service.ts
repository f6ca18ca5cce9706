import { composeValue } from '../borders/mount.ts'
import { isInside } from '../places.ts'
import { movedExpose, movedHealthcheck, movedPort, warnOfPorts } from './compose-ports.ts'
import { targetOf } from './compose-volumes.ts'
import { hostPortNotes } from './ports.ts'
import { type Profile, type ProfileUser, TMPFS_MEGABYTES, userText, volumeName, type WritablePlace } from './profile.ts'
import { asList, asObject, isObject, type Json, textOf } from './yaml-file.ts'

export interface ServiceEdit {
  readonly service: Json
  /** Named volumes that the file has to declare. */
  readonly volumes: readonly string[]
  readonly notes: readonly string[]
}

/** What is around a service. */
export interface Around {
  readonly name: string
  /** What it gets from other files or by `extends`, which adds up with its own. */
  readonly elsewhere?: Json
  /** Volumes that there are already: somebody else's. */
  readonly declared?: readonly string[]
}

/**
 * A Compose service with the profile on it: what is there and does no harm stays. Twice is the same as once.
 */
export function hardenService(
  before: Json,
  profile: Profile,
  { name, elsewhere = {}, declared = [] }: Around,
): ServiceEdit {
  const notes: string[] = []
  const volumes: string[] = []
  const set: Record<string, unknown> = { ...alignService(before, profile, notes) }
  const { user, capabilities, noNewPrivileges, readOnly, sysctls, env } = profile
  if (user !== null && set.user === undefined) set.user = userText(user.value)
  if (capabilities !== null) {
    if (!holds(before.cap_drop, 'ALL')) set.cap_drop = [...asList(before.cap_drop), 'ALL']
    const missing = capabilities.value.filter((name) => !holds(before.cap_add, name))
    if (missing.length > 0) set.cap_add = [...asList(before.cap_add), ...missing]
    if (elsewhere.privileged === true && set.privileged === undefined) set.privileged = false
  }
  if (noNewPrivileges.value && !asList(set.security_opt).some(forbidsNew))
    set.security_opt = [...asList(set.security_opt), 'no-new-privileges:true']
  if (readOnly.value) set.read_only = true
  const added = profile.writable.filter((place) => mount(place, set, volumes, { name, elsewhere, declared }))
  notes.push(...renewNotes(added))
  if ({ ...elsewhere, ...before }.network_mode === 'host') notes.push(...hostPortNotes('network_mode: host', sysctls))
  else if (Object.keys(sysctls).length > 0) set.sysctls = withPairs(before.sysctls, sysctls)
  if (Object.keys(env).length > 0) set.environment = withPairs(before.environment, literal(env))
  const checked = set.healthcheck === undefined ? {} : { healthcheck: set.healthcheck }
  warn({ ...elsewhere, ...before, ...checked }, profile, notes)
  return { service: set, volumes, notes }
}

/** Only what is there and contradicts the profile: all that a second file with the same service needs. */
export function alignService(before: Json, profile: Profile, notes: string[]): Json {
  const { user, capabilities, noNewPrivileges, readOnly } = profile
  const set: Record<string, unknown> = { ...before }
  if (user !== null && before.user !== undefined) set.user = alignedUser(before.user, user.value, notes)
  if (capabilities !== null && before.privileged === true) {
    set.privileged = false
    notes.push('privileged: true becomes false: it would undo everything else')
  }
  if (noNewPrivileges.value && asList(before.security_opt).some(allowsNew)) {
    const kept = asList(before.security_opt).filter((item) => !allowsNew(item))
    set.security_opt = kept.some(forbidsNew) ? kept : [...kept, 'no-new-privileges:true']
  }
  if (readOnly.value && before.read_only === false) set.read_only = true
  if (Array.isArray(before.ports)) set.ports = before.ports.map((port) => movedPort(port, profile, notes))
  if (Array.isArray(before.expose)) set.expose = movedExpose(before.expose, profile)
  if (before.healthcheck !== undefined) set.healthcheck = movedHealthcheck(before.healthcheck, profile)
  return set
}

function alignedUser(before: unknown, user: ProfileUser, notes: string[]): unknown {
  const wanted = userText(user)
  if (before === null) return wanted
  // The same one by its name; that has a number is asked for by Kubernetes only.
  if (textOf(before) === wanted || (user.name !== '' && textOf(before) === user.name)) return before
  if (!textOf(before).includes('$')) {
    if (!/^(root|0)(:|$)/.test(textOf(before)))
      notes.push(`user: ${before} becomes ${wanted}: that is who the image's files are for`)
    return wanted
  }
  notes.push(`user: ${before} stays, as it comes from a variable: it has to be ${wanted}`)
  return before
}

/** What stays and takes something from the rest. */
function warn(service: Json, profile: Profile, notes: string[]): void {
  const added = asList(service.cap_add)
  if (profile.capabilities !== null && !profile.root && added.length > 0)
    notes.push(`cap_add: ${added.join(', ')} gives a user other than root nothing: take it out`)
  for (const option of asList(service.security_opt).map(String))
    if (/^(seccomp|apparmor|systempaths)[:=]unconfined$/.test(option))
      notes.push(`security_opt: ${option} takes a guard away: take it out if nothing needs it`)
  for (const key of ['pid', 'ipc', 'userns_mode', 'uts', 'cgroup'])
    if (service[key] === 'host')
      notes.push(`${key}: host shares that with the machine: take it out if nothing needs it`)
  for (const volume of asList(service.volumes)) {
    const source = isObject(volume) ? textOf(volume.source ?? '') : textOf(volume).split(':')[0]
    if (/\/(docker|containerd|podman)\.sock$/.test(source ?? ''))
      notes.push(`${source} is the engine: who may write to it is root of the machine, whatever the user is`)
  }
  warnOfPorts(service, profile, notes)
}

function holds(list: unknown, name: string): boolean {
  return asList(list).some((item) => textOf(item).toUpperCase().replace(/^CAP_/, '') === name)
}

function allowsNew(option: unknown): boolean {
  return /^no-new-privileges[:=]false$/.test(textOf(option))
}

function forbidsNew(option: unknown): boolean {
  return /^no-new-privileges([:=]true)?$/.test(textOf(option))
}

/** Compose hands an anonymous volume on to the next container, with what the image had there when it was new. */
export function renewNotes(places: readonly WritablePlace[]): readonly string[] {
  const paths = places.filter(({ kind, filled }) => kind === 'copy' && filled).map(({ path }) => path)
  return paths.length === 0
    ? []
    : [`${paths.join(', ')}: Compose keeps what the image had there; docker compose up -V after an update of the image`]
}

/** Whether it is one more. */
function mount(
  place: WritablePlace,
  set: Record<string, unknown>,
  volumes: string[],
  { name: service, elsewhere, declared }: Required<Around>,
): boolean {
  const { uid, gid, mode, kind } = place
  const path = composeValue(place.path)
  const taken = [set, elsewhere].flatMap((service) => [
    ...tmpfsOf(service).map((item) => textOf(item).split(':')[0] ?? ''),
    ...asList(service.volumes).map(targetOf),
  ])
  // What lies in a mount is written there: another one below it would hide what is kept in it.
  if (taken.some((target) => target !== '' && isInside(path, target))) return false
  if (kind === 'tmpfs') {
    const added = `${path}:uid=${uid},gid=${gid},mode=${mode.toString(8)},size=${TMPFS_MEGABYTES}m`
    set.tmpfs = [...tmpfsOf(set), added]
    return true
  }
  const own = volumeName(service, place.path)
  const name = declared.includes(own) ? `${own}-writable` : own
  if (kind === 'state') volumes.push(name)
  set.volumes = [...asList(set.volumes), kind === 'state' ? `${name}:${path}` : path]
  return true
}

function tmpfsOf({ tmpfs }: Json): readonly unknown[] {
  return typeof tmpfs === 'string' ? [tmpfs] : asList(tmpfs)
}

function literal(pairs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(pairs).map(([name, value]) => [name, composeValue(value)]))
}

/** Both ways to write pairs: a map, or a list of `key=value`. */
function withPairs(before: unknown, pairs: Readonly<Record<string, string>>): unknown {
  if (!Array.isArray(before)) return { ...pairs, ...asObject(before) }
  const missing = Object.entries(pairs).filter(([key]) => !before.some((item) => textOf(item).split('=')[0] === key))
  return [...before, ...missing.map(([key, value]) => `${key}=${value}`)]
}
