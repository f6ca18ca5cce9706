import type { ExposedPort } from '../../image/facts.ts'
import { onceFor } from '../../once-for.ts'
import { namesLocal } from './port-files.ts'
import { FIRST_UNPRIVILEGED_PORT, type PortSources } from './port-sources.ts'
import { saidPorts } from './said-ports.ts'

const SHIFT = 8000

/** Below 1024: named by EXPOSE, seen to be listened on, or said by the command or a configuration. */
export interface LowPort extends ExposedPort {
  readonly exposed: boolean
}

export function lowPorts(sources: PortSources): readonly LowPort[] {
  const ports = new Map<string, LowPort>()
  for (const { port, protocol } of sources.facts.config.exposedPorts.filter(isLow))
    ports.set(`${port}/${protocol}`, { port, protocol, exposed: true })
  for (const { port, protocol } of (sources.bound ?? []).filter(isLow)) {
    const key = `${port}/${protocol}`
    if (!ports.has(key)) ports.set(key, { port, protocol, exposed: false })
  }
  for (const { port, protocol } of sources.bound === null ? saidPorts(sources).filter(isLow) : []) {
    if (![...ports.values()].some((other) => other.port === port))
      ports.set(`${port}/${protocol}`, { port, protocol, exposed: false })
  }
  for (const [port, move] of sources.stock ?? []) {
    const protocol = 'tcp'
    if (move.fileEdits.length > 0 && !ports.has(`${port}/${protocol}`))
      ports.set(`${port}/${protocol}`, { port, protocol, exposed: false })
  }
  return [...ports.values()].filter(isLow)
}

function isLow({ port }: { readonly port: number }): boolean {
  return port < FIRST_UNPRIVILEGED_PORT && port > 0
}

const LAST_PORT = 65535

/** 80 becomes 8080, 443 becomes 8443, unless that is in use already; null where all are. */
export function freePort(port: number, sources: PortSources, moved: readonly (number | null)[]): number | null {
  for (let to = port + SHIFT; to <= LAST_PORT; to += 1) if (isFree(to, sources, moved)) return to
  return null
}

const portsInUse = onceFor(
  ({ facts, bound }: PortSources): ReadonlySet<number> =>
    new Set([...facts.config.exposedPorts, ...(bound ?? [])].map(({ port }) => port)),
)

export function isFree(port: number, sources: PortSources, moved: readonly (number | null)[]): boolean {
  return !portsInUse(sources).has(port) && !moved.includes(port) && !namesLocal(port, sources)
}
