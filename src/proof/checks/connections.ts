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

/** Those between services, each once. Who is no service (the proof itself) is none of them. */
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
      // Of two that both listen nobody says who called; of a port that is closed by now neither.
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

/** By service the port of the original and the one that it has become. */
export type MovedPorts = ReadonlyMap<string, ReadonlyMap<number, number>>

/**
 * Each connection that both runs of the original showed must be there in the result, where the port is now. One that only
 * one of them showed is a matter of the moment. Null: they could not be seen.
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
