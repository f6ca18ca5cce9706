import { setTimeout as pause } from 'node:timers/promises'
import { bounds } from '../../bounds.ts'
import type { ContainerState, Engine, Listener } from '../../engine/engine.ts'
import { directReach, type Reach } from '../../engine/reach.ts'
import { ask } from '../smoke/ask-checks.ts'
import { answerBook, isWeb, type PortAnswer, variantOf, variantsOf, withoutNumbers } from './answers.ts'
import { askPort, type KnownAnswer } from './ask-port.ts'
import { UDP_QUESTIONS } from './protocols.ts'
import type { Watched } from './talk.ts'

/** Further requests of one look: an answer that only comes sometimes must show. */
const ASKED_AGAIN = 2
/** Requests of a thorough look: some answer well at first, and have used up something after the tenth. */
const ASKED_OFTEN = 25

export interface QuestionOptions {
  /** TCP ports to ask whether they are listened on or not. */
  readonly ports: readonly number[]
  /** The original port and the one to use now. */
  readonly portNames: ReadonlyMap<number, number>
  /** What each port answered in another run, so that nothing is waited for that will not come. */
  readonly known?: KnownPorts
  /** Those that the image declares, `tcp 80`; absent or empty: no other is told from them. */
  readonly declared?: ReadonlySet<string>
  /** Nothing is said to any port: the program was seen to die of it. Absent: no. */
  readonly quiet?: boolean
  readonly signal: AbortSignal
}

/** What the ports of one container are asked, and all that they answered. */
export interface Questions {
  /** Once, for an answer that is not kept. */
  once(state: ContainerState, open: readonly Listener[] | null): Promise<readonly PortAnswer[]>
  ask(state: ContainerState, open: readonly Listener[] | null): Promise<void>
  /** What answers HTTP, many times, and its first page. */
  askOften(state: ContainerState): Promise<void>
  answers(): readonly PortAnswer[]
  /** By the original's port. */
  pages(): ReadonlyMap<number, string | null>
}

/** `isOver`: its processes have ended. */
export function questionsTo(
  engine: Engine,
  options: QuestionOptions,
  { watched, isOver }: { readonly watched: Watched; readonly isOver: () => Promise<boolean> },
): Questions {
  const book = answerBook()
  const known = new Map(options.known)
  const pages = new Map<number, string | null>()
  const originals = new Map([...options.portNames].map(([original, port]) => [port, original]))

  const { declared = new Set() } = options
  const isDeclared = (answer: PortAnswer): boolean => declared.size === 0 || declared.has(portKey(answer))

  const once: Questions['once'] = async (state, open) => {
    const answers = await askPorts(engine, state, {
      listeners: open,
      expected: options.ports,
      known,
      watched,
      isOver,
      quiet: options.quiet === true,
    })
    for (const answer of answers)
      if (answer.kind !== 'closed' && answer.unasked !== true) known.set(portKey(answer), answer)
    return answers
  }
  const again = async (state: ContainerState, open: readonly Listener[] | null): Promise<void> =>
    book.add(await once(state, open))

  return {
    once,
    async ask(state, open) {
      // From the first answer it is known how each port is to be asked.
      await again(state, open)
      await Promise.all(Array.from({ length: ASKED_AGAIN }, () => again(state, open)))
    },
    async askOften(state) {
      const web = new Map([...known].filter(([, { kind }]) => isWeb(kind)))
      const ports = [...web.keys()].map((key) => Number(key.split(' ')[1]))
      for (let asked = 0; web.size > 0 && asked < ASKED_OFTEN && state.running; asked += 1)
        book.add(await askPorts(engine, state, { listeners: null, expected: ports, known: web, watched, isOver }))
      for (const answer of book.all())
        if (isWeb(answer.kind))
          pages.set(
            originals.get(answer.port) ?? answer.port,
            await firstPage(state.address, answer, options.signal, engine.reach),
          )
    },
    answers: () => book.all().map((answer) => (isDeclared(answer) ? answer : { ...answer, undeclared: true })),
    pages: () => pages,
  }
}

const PAGE_WAIT = 3000

/**
 * The text that `/` answers with, without numbers and identifiers; null where it is another one with each request, or
 * none is had in time. Its status and type may be those of a page that says that nothing works.
 */
async function firstPage(
  address: string,
  { port, kind }: Pick<PortAnswer, 'port' | 'kind'>,
  signal: AbortSignal,
  reach?: Reach,
): Promise<string | null> {
  const request = { method: 'GET', path: '/', data: null, tls: kind === 'https' }
  const read = (): Promise<string | null> =>
    ask(request, address, port, AbortSignal.any([signal, AbortSignal.timeout(PAGE_WAIT)]), reach).then(
      ({ body }) => withoutNumbers(body).trim(),
      () => null,
    )
  const [first, second] = [await read(), await read()]
  return first === second ? first : null
}

/** Source: net.ipv4.ip_local_port_range. */
export const FIRST_EPHEMERAL_PORT = 32768

type Protocol = PortAnswer['protocol']

/** `tcp 80` → what the port answered before. */
type KnownPorts = ReadonlyMap<string, KnownAnswer>

export function portKey({ protocol, port }: Pick<PortAnswer, 'protocol' | 'port'>): string {
  return `${protocol} ${port}`
}

/** A port that is listened on and answered elsewhere, but takes no connection, is tried again for so long, milliseconds. */
const REACHED_WAIT = 20_000
const REACHED_PAUSE = 250

interface PortsAsked {
  readonly listeners: readonly Listener[] | null
  /** TCP ports to ask whether they are listened on or not. */
  readonly expected: readonly number[]
  readonly known: KnownPorts
  readonly watched: Watched
  /** Its processes have ended: another container may get its address. Absent: not known. */
  readonly isOver?: () => Promise<boolean>
  readonly quiet?: boolean
}

/**
 * Asks every expected port, every one that answered before and every one that is listened on; what cannot be reached
 * from here (on loopback, on IPv6 alone, in an engine elsewhere) is only `bound`, as are those beyond the bound.
 */
export async function askPorts(
  engine: Pick<Engine, 'local' | 'reach'>,
  state: ContainerState,
  { listeners, expected, known, watched, isOver = async () => false, quiet = false }: PortsAsked,
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
    if (!isOne || quiet) return { ...seen, unasked: true }
    if (!reachable || (protocol === 'udp' && !outside.has(key))) return seen
    const before = known.get(key) ?? null
    const asked = (): Promise<PortAnswer> =>
      protocol === 'tcp'
        ? askPort(state.address, port, { known: before, watched, ...(engine.reach && { reach: engine.reach }) })
        : askUdp(state.address, port, before, engine.reach)
    let answer = await asked()
    const end = Date.now() + REACHED_WAIT
    const again = async (): Promise<boolean> => {
      await pause(REACHED_PAUSE)
      if (Date.now() > end || (await isOver())) return false
      answer = await asked()
      return true
    }
    const hasAnswered = before !== null && before.kind !== 'bound'
    const isMissed = (): boolean => answer.kind === 'closed' && seen.kind === 'bound'
    // After a start the network may still lead to where the container was before (its old entry in an ARP cache).
    while (hasAnswered && isMissed() && (await again()));
    // On a busy machine a server may once say nothing in time. A page that differs is an answer, and counts.
    if (before !== null && !isWeb(answer.kind) && !variantsOf(before).includes(variantOf(answer))) await again()
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
 * those it is known that the port is bound, and no more. Some answer whatever comes (a name server that starts up may
 * have lost the question of its own protocol, and refuses the others): an answer that is none of a known protocol
 * counts once each question was asked again.
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
    let other: { readonly word: string; readonly until: number } | null = null
    const send = (): void => {
      if (other !== null && asked >= other.until) return finish('answer', other.word)
      const question = UDP_QUESTIONS[asked++ % ROUND]
      if (question !== undefined) socket.send(question.datagram)
    }
    const hear = (message: Buffer): void => {
      const known = knownAnswer(message)
      if (known !== null) return finish('answer', known)
      clearTimeout(timer)
      other ??= { word: firstWord(message), until: asked + ROUND + 1 }
    }
    const again = setInterval(send, STEP)
    const socket = reach.exchange(address, port, {
      open: send,
      message: hear,
      error: () => finish('closed'),
    })
  })
}

function knownAnswer(message: Buffer): string | null {
  for (const { answer } of UDP_QUESTIONS) {
    const known = answer(message)
    if (known !== null) return known
  }
  return null
}

function firstWord(message: Buffer): string {
  return /^[\x21-\x7e]{1,40}/.exec(message.toString('latin1'))?.[0] ?? 'binary'
}
