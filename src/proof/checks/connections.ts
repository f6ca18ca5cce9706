import type { NetworkSight } from '../../engine/connections.ts'
import type { ReportCheck } from '../../report/report.ts'

/** What one service's network showed at one time. */
export interface ServiceSight {
  readonly service: string
  readonly sight: NetworkSight
}

/** One service has reached another. */
export interface Connection {
  readonly from: string
  readonly to: string
  /** Of the one that was reached. */
  readonly port: number
}

/** Connections between services, each once. A peer that is no service (the proof itself) is left out. */
export function connectionsIn(sights: readonly ServiceSight[]): readonly Connection[] {
  const owners = new Map(
    sights.flatMap(({ service, sight }) => sight.addresses.map((address) => [address, service] as const)),
  )
  const listens = new Map<string, Set<number>>()
  for (const { service, sight } of sights)
    listens.set(service, new Set([...(listens.get(service) ?? []), ...sight.listens]))
  const found = new Map<string, Connection>()
  for (const { service, sight } of sights)
    for (const { localPort, remote, remotePort } of sight.connections) {
      const other = owners.get(remote)
      if (other === undefined || other === service) continue
      const isServer = listens.get(service)?.has(localPort) === true
      // Where both sides listen, or the port is closed by now, nobody can say who called.
      if (!isServer && listens.get(other)?.has(remotePort) !== true) continue
      const one = isServer
        ? { from: other, to: service, port: localPort }
        : { from: service, to: other, port: remotePort }
      found.set(`${one.from} ${one.to} ${one.port}`, one)
    }
  return [...found.values()].sort((a, b) => keyOf(a).localeCompare(keyOf(b)))
}

function keyOf({ from, to, port }: Connection): string {
  return `${from} ${to} ${port}`
}

/** The new number of each moved port, by service and by its old number. */
export type MovedPorts = ReadonlyMap<string, ReadonlyMap<number, number>>

/**
 * Each connection that both runs of the original showed must be in the result too, on the port as it is now. What only one of them
 * showed was chance. Null stands for connections that could not be seen.
 */
export function comparedConnections(
  original: readonly (readonly Connection[] | null)[],
  result: readonly Connection[] | null,
  moved: MovedPorts,
): readonly (ReportCheck & { readonly of: Connection })[] {
  const [first, ...others] = original
  if (first == null || result === null) return []
  const steady = first.filter((one) =>
    others.every((other) => other?.some((its) => keyOf(its) === keyOf(one)) !== false),
  )
  const there = new Set(result.map(keyOf))
  return steady.map((one) => {
    const port = moved.get(one.to)?.get(one.port) ?? one.port
    const passed = there.has(keyOf({ ...one, port }))
    return {
      name: `${one.from} to ${one.to} :${port}`,
      baseline: 'connected',
      result: passed ? 'connected' : 'not connected',
      passed,
      of: one,
    }
  })
}
