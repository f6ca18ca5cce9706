import { FIRST_UNPRIVILEGED_PORT } from '../evidence/claim.ts'
import { movedPort } from '../profile/compose-parts.ts'
import { asList, asObject, parseYaml, textOf } from '../profile/yaml-file.ts'
import { withKnownPorts } from './edit-service.ts'
import { followPorts, hostsOf } from './follow-ports.ts'
import type { HostFiles } from './host-files.ts'
import type { Project, Service } from './project.ts'

/** A port that better stays where it is, because not everybody who counts on it can be told. */
export interface StayingPort {
  readonly port: number
  /** Half a sentence: `compose.yaml:7 takes it from a variable`. */
  readonly because: string
}

/**
 * By the name of the service, before anything is planned. `low`: ports below 1024 that its image opens, as far as somebody knows; what
 * the files say is known here.
 */
export function portsThatStay(
  project: Project,
  host: HostFiles,
  low: ReadonlyMap<string, readonly number[]> = new Map(),
): ReadonlyMap<string, readonly StayingPort[]> {
  const found = project.services.map((service) => {
    const said = service.ports.filter(({ protocol }) => protocol === 'tcp').map(({ target }) => target)
    const ports = new Set([...said, ...(low.get(service.name) ?? []), 80, 443])
    const staying = [...ports]
      .filter((port) => port < FIRST_UNPRIVILEGED_PORT)
      .flatMap((port): readonly StayingPort[] => {
        const because = whyStays(service, port, project, host)
        return because === null ? [] : [{ port, because }]
      })
    return [service.name, staying] as const
  })
  return new Map(found.filter(([, staying]) => staying.length > 0))
}

function whyStays(service: Service, port: number, project: Project, host: HostFiles): string | null {
  const { name, settings, ports } = service
  const to = port + RAISED
  if (settings.network_mode === 'host') return 'network_mode: host has the ports of the machine'
  const isSaid = ports.some(({ target, protocol }) => target === port && protocol === 'tcp')
  if (isSaid) {
    const moves = [{ from: port, to, protocol: 'tcp' as const }]
    const unmoved = asList(withKnownPorts(settings, { ports: moves, host }).ports).find((written) => {
      const open: string[] = []
      movedPort(written, { ports: moves }, open)
      return open.length > 0
    })
    if (unmoved !== undefined) return `ports: ${textOf(unmoved)} does not say it as one number`
    const foreign = service.origins.map(({ file }) => project.files[file]).find((file) => file?.isOwn === false)
    if (foreign !== undefined) return `${foreign.name} cannot be changed`
  }
  const network = isToldByLabel(service) ? null : externalNetwork(service, project)
  if (network !== null)
    return `others on the network ${network}, which is not of this project, may call ${name}:${port}`
  const { findings } = followPorts(project, [{ hosts: hostsOf(service, project), from: port, to }], host, new Map())
  const [finding] = findings
  return finding === undefined
    ? null
    : finding.message.replace(/ speaks of .*$/s, ' takes it from a variable or a template')
}

/** How far `--ports raise` moves one; any other number would do here. */
const RAISED = 8000

function externalNetwork({ settings: { networks } }: Service, { files }: Project): string | null {
  const joined = Array.isArray(networks) ? networks.map(textOf) : Object.keys(asObject(networks))
  const declared = files.flatMap(({ text, name }) =>
    Object.entries(asObject(asObject(parseYaml(text, name).values[0]).networks)),
  )
  const isExternal = ([key, network]: readonly [string, unknown]): boolean => {
    const { external = false } = asObject(network)
    return joined.includes(key) && external !== false
  }
  return declared.find(isExternal)?.[0] ?? null
}

/** Its proxy learns the port from it: Traefik, Caddy or nginx-proxy. */
function isToldByLabel({ settings, env }: Service): boolean {
  return env.has('VIRTUAL_HOST') || /\b(?:traefik|caddy)\b/.test(JSON.stringify(settings.labels ?? ''))
}
