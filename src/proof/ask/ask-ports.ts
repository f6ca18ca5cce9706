import { bounds } from '../../bounds.ts'
import type { ContainerState, Engine, Listener } from '../../engine/engine.ts'
import { directReach, type Reach } from '../../engine/reach.ts'
import type { PortAnswer } from '../run/run-record.ts'
import { askPort, type KnownAnswer } from './ask-port.ts'
import type { Watched } from './silence.ts'
import { UDP_QUESTIONS } from './udp-questions.ts'

/** Source: net.ipv4.ip_local_port_range. */
export const FIRST_EPHEMERAL_PORT = 32768

type Protocol = PortAnswer['protocol']

/** `tcp 80` → what the port answered before. */
export type KnownPorts = ReadonlyMap<string, KnownAnswer>

export function portKey({ protocol, port }: Pick<PortAnswer, 'protocol' | 'port'>): string {
  return `${protocol} ${port}`
}

export interface PortsAsked {
  readonly listeners: readonly Listener[] | null
  /** TCP ports to ask whether they are listened on or not. */
  readonly expected: readonly number[]
  readonly known: KnownPorts
  readonly watched: Watched
}

/**
 * Asks every expected port, every one that answered before and every one that is listened on; what cannot be reached
 * from here (on loopback, on IPv6 alone, in an engine elsewhere) is only `bound`, as are those beyond the bound.
 */
export async function askPorts(
  engine: Pick<Engine, 'local' | 'reach'>,
  state: ContainerState,
  { listeners, expected, known, watched }: PortsAsked,
): Promise<readonly PortAnswer[]> {
  const reachable = state.running && engine.local && state.address !== ''
  const outside = new Set((listeners ?? []).filter(({ loopback }) => !loopback).map(portKey))
  const ask = async (protocol: Protocol, port: number, isOne: boolean): Promise<PortAnswer> => {
    const key = portKey({ protocol, port })
    const seen: PortAnswer = {
      port,
      protocol,
      kind: (listeners ?? []).some((listener) => portKey(listener) === key) ? 'bound' : 'closed',
      detail: '',
    }
    if (!isOne) return { ...seen, unasked: true }
    if (!reachable || (protocol === 'udp' && !outside.has(key))) return seen
    const before = known.get(key) ?? null
    const answer = await (protocol === 'tcp'
      ? askPort(state.address, port, { known: before, watched, ...(engine.reach && { reach: engine.reach }) })
      : askUdp(state.address, port, before, engine.reach))
    return answer.kind === 'closed' ? seen : answer
  }
  const tcp = ports('tcp', listeners, known, expected)
  const udp = ports('udp', listeners, known, [])
  return Promise.all([
    ...tcp.map((port, at) => ask('tcp', port, at < bounds.askedPorts)),
    ...udp.map((port, at) => ask('udp', port, at < bounds.askedPorts)),
  ])
}

/** Those that it should have and those that answered before come first, each ascending. A port that the kernel gave is another one each time, and nobody's address. */
function ports(
  wanted: Protocol,
  listeners: readonly Listener[] | null,
  known: KnownPorts,
  expected: readonly number[],
): readonly number[] {
  const open = (listeners ?? []).flatMap(({ port, protocol }) =>
    protocol === wanted && port < FIRST_EPHEMERAL_PORT ? [port] : [],
  )
  const before = [...known.keys()].flatMap((key) => {
    const [protocol, port] = key.split(' ')
    return protocol === wanted ? [Number(port)] : []
  })
  const ascending = (some: readonly number[]): readonly number[] => [...some].sort((a, b) => a - b)
  const all = [...new Set([...ascending([...expected, ...before]), ...ascending(open)])]
  return all.length <= bounds.askedPorts ? ascending(all) : all
}

const WAIT = 400
/** For one that has answered elsewhere. */
const KNOWN_WAIT = 5000
/** One after the other, so that a server mostly sees no more than the one that it understands. */
const STEP = 40
/** Each is asked again after so many steps, of which the rest are silent. */
const ROUND = 10

/**
 * Asks a UDP port with harmless datagrams of a few protocols, over and over. Who speaks none of them says nothing; of
 * those it is known that the port is bound, and no more.
 */
export function askUdp(
  address: string,
  port: number,
  known: KnownAnswer | null,
  reach: Reach = directReach,
): Promise<PortAnswer> {
  return new Promise((resolve) => {
    let over = false
    const finish = (kind: PortAnswer['kind'], detail = ''): void => {
      clearTimeout(timer)
      clearInterval(again)
      if (!over) socket.close()
      over = true
      resolve({ port, protocol: 'udp', kind, detail })
    }
    const timer = setTimeout(() => finish('bound'), known?.kind === 'answer' ? KNOWN_WAIT : WAIT)
    let asked = 0
    const send = (): void => {
      const question = UDP_QUESTIONS[asked++ % ROUND]
      if (question !== undefined) socket.send(question.datagram)
    }
    const again = setInterval(send, STEP)
    const socket = reach.exchange(address, port, {
      open: send,
      message: (message) => finish('answer', wordOf(message)),
      error: () => finish('closed'),
    })
  })
}

function wordOf(message: Buffer): string {
  for (const { answer } of UDP_QUESTIONS) {
    const known = answer(message)
    if (known !== null) return known
  }
  return /^[\x21-\x7e]{1,40}/.exec(message.toString('latin1'))?.[0] ?? 'binary'
}
