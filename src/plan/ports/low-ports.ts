import type { ExposedPort } from '../../image/facts.ts'
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

/** 80 becomes 8080, 443 becomes 8443, unless that is in use already. */
export function freePort(port: number, sources: PortSources, moved: readonly (number | null)[]): number {
  let to = port + SHIFT
  while (!isFree(to, sources, moved)) to += 1
  return to
}

export function isFree(port: number, sources: PortSources, moved: readonly (number | null)[]): boolean {
  const isOther = (other: { readonly port: number }): boolean => other.port === port
  const isInUse = sources.facts.config.exposedPorts.some(isOther) || (sources.bound ?? []).some(isOther)
  return !isInUse && !moved.includes(port) && !namesLocal(port, sources)
}
