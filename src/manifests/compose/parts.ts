import { shellQuoted } from '../../borders/shell.ts'
import { escapeEre } from '../../evidence/file-edit.ts'
import { isInside } from '../../places.ts'
import { movedTest } from '../../plan/ports/healthcheck.ts'
import { movesOf, type Profile, type ProfilePort, userText } from '../profile.ts'
import { asList, isObject, type Json, textOf } from '../yaml/file.ts'

/** `80:80` publishes the moved port under the same one of the host: who calls it from outside sees no change. */
export function movedPort(port: unknown, profile: Pick<Profile, 'ports'>, notes: string[]): unknown {
  const moves = movesOf(profile)
  if (isObject(port)) {
    const move = moves.find(
      ({ from, protocol }) => from === Number(port.target) && protocol === (port.protocol ?? 'tcp'),
    )
    return move === undefined ? port : { ...port, target: move.to }
  }
  const [, host = '', container = '', protocol = ''] = /^(.*:)?(\d+)(\/\w+)?$/.exec(textOf(port)) ?? []
  const move = moves.find((one) => one.from === Number(container) && `/${one.protocol}` === (protocol || '/tcp'))
  if (move !== undefined) return typeof port === 'number' ? move.to : `${host}${move.to}${protocol}`
  const [, first, last] = /(?<!\d)(\d+)-(\d+)(?:\/\w+)?$/.exec(textOf(port)) ?? []
  for (const { from, to } of moves)
    if (Number(first) <= from && from <= Number(last))
      notes.push(`ports: ${port} has port ${from} in it, which is ${to} now`)
  if (moves.length > 0 && /\$(\{(?:[^}$]|\$(?!\{))*\}|\w+)(\/\w+)?$/.test(textOf(port)))
    notes.push(`ports: ${port} takes the container's port from a variable: ${said(moves)}`)
  return port
}

/** One that is there already is not there twice: Compose refuses that. */
export function movedExpose(ports: readonly unknown[], profile: Profile): readonly unknown[] {
  const names = ports.map(String)
  return ports.map((port) => {
    const move = movesOf(profile).find(({ from }) => textOf(from) === textOf(port).replace(/\/\w+$/, ''))
    if (move === undefined) return port
    const moved = textOf(port).replace(/^\d+/, textOf(move.to))
    if (names.includes(moved)) return port
    return typeof port === 'number' ? move.to : moved
  })
}

/** A health check runs in the container, where the port has moved. */
export function movedHealthcheck(check: unknown, profile: Pick<Profile, 'ports'>): unknown {
  if (!isObject(check)) return check
  const moves = movesOf(profile).filter(({ protocol }) => protocol === 'tcp')
  const test = typeof check.test === 'string' ? [check.test] : asList(check.test)
  if (test.length === 0 || !test.every((word): word is string => typeof word === 'string')) return check
  const moved = movedTest(test, moves)
  if (moved.every((word, index) => word === test[index])) return check
  return { ...check, test: typeof check.test === 'string' ? moved[0] : moved }
}

/** Where a moved port is spoken of that no rule can follow. */
export function warnOfPorts(service: Json, profile: Profile, notes: string[]): void {
  const moves = movesOf(profile)
  for (const { from } of moves)
    if (new RegExp(`[:\\s]${from}\\b`).test(JSON.stringify(service.healthcheck ?? '')))
      notes.push(`its healthcheck seems to ask port ${from}, which moved`)
  if (moves.length === 0) return
  const mode = textOf(service.network_mode ?? '')
  if (mode === 'host') notes.push(`network_mode: host has the ports of the machine: ${said(moves)}`)
  const [, other] = /^service:(.+)$/.exec(mode) ?? []
  if (other !== undefined) notes.push(`its ports are published by the service ${other}: ${said(moves)}`)
}

/** Other services of the file that call a moved port by the service's name. */
export function callers(services: Json, name: string, profile: Profile): readonly string[] {
  return Object.entries(services).flatMap(([other, service]) =>
    movesOf(profile)
      .filter(({ from }) => other !== name && speaksOf(service, name, from))
      .map(({ from, to }) => `the service ${other} speaks of ${name}:${from}, which is ${name}:${to} now`),
  )
}

/** `http://web` is port 80 too. */
function speaksOf(service: unknown, name: string, port: number): boolean {
  const scheme = { 80: 'http', 443: 'https' }[port]
  const host = escapeEre(name)
  const text = JSON.stringify(service)
  return (
    new RegExp(`\\b${host}:${port}\\b`).test(text) ||
    (scheme !== undefined && new RegExp(`\\b${scheme}://${host}(?![\\w.:-])`).test(text))
  )
}

/** `user:` of a service says root. */
export function isRootUser(user: unknown): boolean {
  return user !== undefined && user !== null && /^(?:root|0)(?::|$)/.test(textOf(user))
}

/** Ports of its own that a service speaks of, in the container. */
export function saidPorts({ ports, expose }: Json): readonly number[] {
  const said = [...asList(ports).map((port) => (isObject(port) ? port.target : port)), ...asList(expose)]
  return said.flatMap((port) => {
    const [, number] = /(?:^|:)(\d+)(?:\/tcp)?$/.exec(textOf(port)) ?? []
    return number === undefined ? [] : [Number(number)]
  })
}

/** Lists of ports add up over files and `extends`: an old one cannot be taken back from outside. */
export function hasMoved(ports: unknown, profile: Profile): boolean {
  return asList(ports).some((port) => movedPort(port, profile, []) !== port)
}

function said(moves: readonly ProfilePort[]): string {
  return moves.map(({ from, to }) => `${from} is ${to} now`).join(', ')
}

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
  const parts = volumeParts(textOf(volume))
  const target = isObject(volume) ? textOf(volume.target ?? '') : ((parts.length === 1 ? parts[0] : parts[1]) ?? '')
  return target.replace(/(.)\/$/, '$1')
}

/** What is mounted: a volume's name, or a path of the host; '' for a volume without a name. */
export function sourceOf(volume: unknown): string {
  if (isObject(volume)) return textOf(volume.source ?? '')
  const parts = volumeParts(textOf(volume))
  return parts.length === 1 ? '' : (parts[0] ?? '')
}

/** One that outlives the container: a tmpfs and a volume without a name do not. */
function isMount(volume: unknown): boolean {
  if (!isObject(volume)) return volumeParts(textOf(volume)).length > 1
  return (volume.type === 'volume' || volume.type === 'bind') && volume.source !== undefined
}

/** Files of the host that the program reads: their owner is whoever edits them. */
function isConfiguration(volume: unknown): boolean {
  return /^[./~$]/.test(sourceOf(volume)) && targetOf(volume).startsWith('/etc/')
}

function isReadOnly(volume: unknown): boolean {
  if (isObject(volume)) return volume.read_only === true
  return (volumeParts(textOf(volume))[2] ?? '').split(',').includes('ro')
}

/** At the colons that are none of a variable, `${DATA:-./data}:/data`, nor of a drive of Windows. */
export function volumeParts(written: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let at = 0; at < written.length; at += 1) {
    if (written[at] === '{') depth += 1
    else if (written[at] === '}') depth -= 1
    else if (written[at] === ':' && depth <= 0 && written[at + 1] !== '\\') {
      parts.push(written.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, written.slice(from)]
}
