import type { ContainerState, Engine, Listener } from '../engine/engine.ts'
import { askPort } from './ask-port.ts'
import type { PortAnswer } from './run-record.ts'

/** Source: net.ipv4.ip_local_port_range. */
export const FIRST_EPHEMERAL_PORT = 32768

/** Asks every expected port and every port that is listened on; what cannot be reached from here is only `bound`. */
export async function askPorts(
  engine: Engine,
  state: ContainerState,
  listeners: readonly Listener[] | null,
  expected: readonly number[],
  known: ReadonlyMap<number, PortAnswer['kind']> = new Map(),
): Promise<readonly PortAnswer[]> {
  const bound = (listeners ?? []).filter((listener) => !listener.loopback)
  // A port that the kernel gave is another one each time, and nobody's address.
  const of = (protocol: 'tcp' | 'udp'): readonly number[] =>
    bound
      .filter(({ port, protocol: own }) => own === protocol && (port < FIRST_EPHEMERAL_PORT || expected.includes(port)))
      .map((listener) => listener.port)
  const tcp = [...new Set([...expected, ...of('tcp')])].sort((a, b) => a - b)
  const reachable = state.running && engine.local && state.address !== ''
  const answers = await Promise.all(
    tcp.map((port): PortAnswer | Promise<PortAnswer> => {
      if (reachable) return askPort(state.address, port, known.get(port) ?? null)
      return { port, protocol: 'tcp', kind: of('tcp').includes(port) ? 'bound' : 'closed', detail: '' }
    }),
  )
  const udp = [...new Set(of('udp'))].map((port): PortAnswer => ({ port, protocol: 'udp', kind: 'bound', detail: '' }))
  return [...answers, ...udp]
}
