import { escapeEre } from '../../evidence/file-edit.ts'
import { movedTest } from '../../plan/ports/healthcheck.ts'
import { movesOf, type Profile, type ProfilePort } from '../profile.ts'
import type { PlannedService, Project, Service } from '../project.ts'
import { asList, asObject, isObject, type Json, textOf } from '../yaml/file.ts'
import type { MovedPort } from './port-calls.ts'

/** `80:80` becomes `80:8080`: who calls it from outside sees no change. */
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

/** A port is not added twice, which Compose refuses. */
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

/** Warns where a moved port is named in a way that no rule can follow. */
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

export function saidPorts({ ports, expose }: Json): readonly number[] {
  const said = [...asList(ports).map((port) => (isObject(port) ? port.target : port)), ...asList(expose)]
  return said.flatMap((port) => {
    const [, number] = /(?:^|:)(\d+)(?:\/tcp)?$/.exec(textOf(port)) ?? []
    return number === undefined ? [] : [Number(number)]
  })
}

/** Lists of ports add up over files and `extends`, so another file cannot take an old one back. */
export function hasMoved(ports: unknown, profile: Profile): boolean {
  return asList(ports).some((port) => movedPort(port, profile, []) !== port)
}

function said(moves: readonly ProfilePort[]): string {
  return moves.map(({ from, to }) => `${from} is ${to} now`).join(', ')
}

interface RunService {
  readonly planned: Pick<PlannedService, 'service'>
  readonly profile: Pick<Profile, 'ports'>
}

type Named = Pick<Service, 'name' | 'settings'>

/** The names that others of its project call it by. */
export function hostsOf(
  { name, settings }: Named,
  project: { readonly name: string; readonly services: readonly Named[] },
): readonly string[] {
  const networks = Object.values(asObject(settings.networks)).flatMap((one) => asList(asObject(one).aliases))
  const links = project.services.flatMap((other) =>
    asList(other.settings.links).flatMap((link) => {
      const [to, alias] = textOf(link).split(':')
      return to === name && alias !== undefined ? [alias] : []
    }),
  )
  const own = [settings.container_name, settings.hostname, ...networks].filter(
    (one) => one !== undefined && one !== null,
  )
  return [...new Set([name, ...own.map(textOf), ...links, `${project.name}-${name}-1`, `${project.name}_${name}_1`])]
}

/** The service whose network this one has; itself where it has its own. */
export function holderOf({ name, settings }: Service): string {
  return /^service:(.+)$/.exec(textOf(settings.network_mode ?? ''))?.[1] ?? name
}

/** The network that a service has in the end, as `network_mode` has it: `host`, `none`, `container:x`; '' for networks of its own. */
export function networkOf(service: Service, services: readonly Service[]): string {
  const holder = services.find(({ name }) => name === holderOf(service)) ?? service
  const mode = textOf(holder.settings.network_mode ?? '')
  return mode === 'bridge' || mode === 'default' || mode.startsWith('service:') ? '' : mode
}

/**
 * Why the ports of a service stay even though the project's own callers could follow; null where they may move. Somebody else
 * publishes the ports of another container's network and of the machine's, and anybody may call them on a network that is not the
 * project's.
 */
export function whyPortsStay(
  service: Service,
  { services, externalNetworks = new Set() }: Pick<Project, 'services' | 'externalNetworks'>,
): string | null {
  const mode = networkOf(service, services)
  if (mode === 'host') return 'network_mode: host makes it a port of the machine'
  if (mode.startsWith('container:')) return `network_mode: ${mode} leaves its ports to whoever made that container`
  const holder = services.find(({ name }) => name === holderOf(service)) ?? service
  const [foreign] = networksOf(holder.settings).filter((network) => externalNetworks.has(network))
  if (foreign === undefined || isToldToProxy(holder)) return null
  return `network ${foreign} is external, and who calls it there is not known here`
}

function networksOf({ networks }: Json): readonly string[] {
  const names = isObject(networks) ? Object.keys(networks) : asList(networks).map(textOf)
  return names.length > 0 ? names : ['default']
}

/** The service tells the proxy on its network which port it has, and that is changed along. */
function isToldToProxy({ settings: { labels }, env }: Service): boolean {
  const said = isObject(labels)
    ? Object.entries(labels).map(([name, value]) => `${name}=${textOf(value)}`)
    : asList(labels)
  return env.has('VIRTUAL_HOST') || said.some((label) => isProxyPort(textOf(label)))
}

/** Traefik's `traefik.http.services.web.loadbalancer.server.port=80`, Caddy's `caddy.reverse_proxy={{upstreams 80}}`. */
function isProxyPort(label: string): boolean {
  if (label.startsWith('traefik.')) return label.includes('.server.port=')
  return label.startsWith('caddy') && /\{\{\s*upstreams\b/.test(label)
}

export function portsAround(service: Service, all: readonly RunService[]): readonly ProfilePort[] {
  const holder = holderOf(service)
  const around = all.filter(({ planned }) => holderOf(planned.service) === holder)
  const own = around.find(({ planned }) => planned.service.name === service.name)?.profile.ports ?? []
  const more = around.flatMap(({ profile }) => movesOf(profile))
  return [
    ...own,
    ...more.filter((port) => !own.some(({ from, protocol }) => from === port.from && protocol === port.protocol)),
  ]
}

/** Each port that moves, by the names that it is called. */
export function movedPorts(project: Project, all: readonly RunService[]): readonly MovedPort[] {
  return all.flatMap(({ planned: { service }, profile }) => {
    const holder = project.services.find(({ name }) => name === holderOf(service)) ?? service
    return movesOf(profile)
      .filter(({ protocol }) => protocol === 'tcp')
      .map(({ from, to }) => ({ hosts: hostsOf(holder, project), from, to, by: service.name }))
  })
}
