import { type Profile, serviceName, slug, TMPFS_MEGABYTES, userText, type WritablePlace } from './profile.ts'
import { asList, asObject, isObject, type Json } from './yaml-file.ts'

export interface ServiceEdit {
  readonly service: Json
  /** Named volumes that the file has to declare. */
  readonly volumes: readonly string[]
  readonly notes: readonly string[]
}

/** A Compose service with the profile on it: what is there and does no harm stays. Twice is the same as once. */
export function hardenService(before: Json, profile: Profile): ServiceEdit {
  const notes: string[] = []
  const volumes: string[] = []
  const set: Record<string, unknown> = { ...before }
  const { user, capabilities, noNewPrivileges, readOnly, sysctls, env, ports } = profile
  if (user !== null && !sameUser(before.user, userText(user.value), notes)) set.user = userText(user.value)
  if (capabilities !== null) {
    if (!holds(before.cap_drop, 'ALL')) set.cap_drop = [...asList(before.cap_drop), 'ALL']
    const missing = capabilities.value.filter((name) => !holds(before.cap_add, name))
    if (missing.length > 0) set.cap_add = [...asList(before.cap_add), ...missing]
    if (!profile.root && asList(before.cap_add).length > 0)
      notes.push(`cap_add: ${asList(before.cap_add).join(', ')} gives a user other than root nothing: take it out`)
  }
  if (noNewPrivileges.value) set.security_opt = withNoNewPrivileges(before.security_opt)
  if (set.security_opt === undefined) delete set.security_opt
  if (readOnly.value) set.read_only = true
  for (const place of profile.writable) mount(place, set, volumes, profile)
  if (before.ports !== undefined) set.ports = asList(before.ports).map((port) => movedPort(port, profile, notes))
  if (before.expose !== undefined) set.expose = asList(before.expose).map((port) => movedExpose(port, profile))
  if (Object.keys(sysctls).length > 0 && before.network_mode !== 'host')
    set.sysctls = withPairs(before.sysctls, sysctls)
  if (Object.keys(env).length > 0) set.environment = withPairs(before.environment, env)
  if (before.privileged === true) notes.push('privileged: true undoes all of this: take it out')
  for (const { from } of ports.filter((port) => port.from !== port.to))
    if (new RegExp(`[:\\s]${from}\\b`).test(JSON.stringify(before.healthcheck ?? '')))
      notes.push(`its healthcheck seems to ask port ${from}, which moved`)
  return { service: set, volumes, notes }
}

function sameUser(before: unknown, wanted: string, notes: string[]): boolean {
  if (before === undefined || before === null) return false
  if (!String(before).includes('$')) return String(before) === wanted
  notes.push(`user: ${before} stays, as it comes from a variable: it has to be ${wanted}`)
  return true
}

function holds(list: unknown, name: string): boolean {
  return asList(list).some((item) => String(item).toUpperCase().replace(/^CAP_/, '') === name)
}

function withNoNewPrivileges(before: unknown): unknown {
  const kept = asList(before).filter((item) => !/^no-new-privileges[:=]false$/.test(String(item)))
  return kept.some((item) => /^no-new-privileges([:=]true)?$/.test(String(item))) &&
    kept.length === asList(before).length
    ? before
    : [
        ...kept,
        ...(kept.some((item) => /^no-new-privileges([:=]true)?$/.test(String(item))) ? [] : ['no-new-privileges:true']),
      ]
}

function mount(place: WritablePlace, set: Record<string, unknown>, volumes: string[], profile: Profile): void {
  const { path, uid, gid, mode, kind } = place
  const tmpfs = typeof set.tmpfs === 'string' ? [set.tmpfs] : asList(set.tmpfs)
  const taken = [...tmpfs.map((item) => String(item).split(':')[0]), ...asList(set.volumes).map(targetOf)]
  if (taken.includes(path)) return
  if (kind === 'tmpfs') {
    set.tmpfs = [...tmpfs, `${path}:uid=${uid},gid=${gid},mode=${mode.toString(8)},size=${TMPFS_MEGABYTES}m`]
    return
  }
  const name = `${serviceName(profile)}-${slug(path)}`
  if (kind === 'state') volumes.push(name)
  set.volumes = [...asList(set.volumes), kind === 'state' ? `${name}:${path}` : path]
}

/** `data:/data:ro`, `/data`, `{ target: /data }` */
function targetOf(volume: unknown): string {
  if (isObject(volume)) return String(volume.target ?? '')
  const text = String(volume)
  const parts = text.split(/:(?![^{]*\})/)
  return (parts.length === 1 ? parts[0] : parts[1]) ?? ''
}

/** `80:80` publishes the moved port under the same one of the host: who calls it from outside sees no change. */
function movedPort(port: unknown, { ports }: Profile, notes: string[]): unknown {
  if (isObject(port)) {
    const move = ports.find(
      ({ from, to, protocol }) => from !== to && from === Number(port.target) && protocol === (port.protocol ?? 'tcp'),
    )
    return move === undefined ? port : { ...port, target: move.to }
  }
  const [, host = '', container = '', protocol = ''] = /^(.*:)?(\d+)(\/\w+)?$/.exec(String(port)) ?? []
  const move = ports.find(
    (one) => one.from !== one.to && one.from === Number(container) && `/${one.protocol}` === (protocol || '/tcp'),
  )
  if (move !== undefined) return typeof port === 'number' ? move.to : `${host}${move.to}${protocol}`
  const [, first, last] = /(\d+)-(\d+)(?:\/\w+)?$/.exec(String(port)) ?? []
  for (const { from, to } of ports)
    if (from !== to && Number(first) <= from && from <= Number(last))
      notes.push(`ports: ${port} has port ${from} in it, which is ${to} now`)
  return port
}

function movedExpose(port: unknown, { ports }: Profile): unknown {
  const move = ports.find(({ from, to }) => from !== to && String(from) === String(port).replace(/\/\w+$/, ''))
  if (move === undefined) return port
  return typeof port === 'number' ? move.to : String(port).replace(/^\d+/, String(move.to))
}

/** Both ways to write pairs: a map, or a list of `key=value`. */
function withPairs(before: unknown, pairs: Readonly<Record<string, string>>): unknown {
  if (!Array.isArray(before)) return { ...pairs, ...asObject(before) }
  const missing = Object.entries(pairs).filter(([key]) => !before.some((item) => String(item).split('=')[0] === key))
  return [...before, ...missing.map(([key, value]) => `${key}=${value}`)]
}
