import type { PlannedService } from '../planned.ts'
import { movesOf, type Profile, type ProfilePort } from '../profile.ts'
import type { Project, Service } from '../project.ts'
import { asList, asObject, isObject, type Json, textOf } from '../yaml/file.ts'
import type { MovedPort } from './port-calls.ts'

interface RunService {
  readonly planned: Pick<PlannedService, 'service'>
  readonly profile: Pick<Profile, 'ports'>
}

function hostsOf({ name, settings }: Service, project: Pick<Project, 'name' | 'services'>): readonly string[] {
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
 * Why the ports of a service stay, whoever of the project can be followed; null where they may move. Of a container of somebody else's
 * and of a machine the ports are published by others, and on a network that is not the project's anybody may call them.
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

/** The proxy on the network is told by the service which port it has: that is changed along with it. */
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
