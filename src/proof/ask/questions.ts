import type { ContainerState, Engine, Listener } from '../../engine/engine.ts'
import type { Reach } from '../../engine/reach.ts'
import type { PortAnswer } from '../run/run-record.ts'
import { ask } from '../smoke/check-http.ts'
import { withoutNumbers } from '../without-numbers.ts'
import { answerBook, isWeb } from './answer-book.ts'
import { askPorts, type KnownPorts, portKey } from './ask-ports.ts'
import type { Watched } from './silence.ts'

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

export function questionsTo(engine: Engine, options: QuestionOptions, watched: Watched): Questions {
  const book = answerBook()
  const known = new Map(options.known)
  const pages = new Map<number, string | null>()
  const originals = new Map([...options.portNames].map(([original, port]) => [port, original]))

  const once: Questions['once'] = async (state, open) => {
    const answers = await askPorts(engine, state, { listeners: open, expected: options.ports, known, watched })
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
        book.add(await askPorts(engine, state, { listeners: null, expected: ports, known: web, watched }))
      for (const answer of book.all())
        if (isWeb(answer.kind))
          pages.set(
            originals.get(answer.port) ?? answer.port,
            await firstPage(state.address, answer, options.signal, engine.reach),
          )
    },
    answers: book.all,
    pages: () => pages,
  }
}

const WAIT = 3000

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
    ask(request, address, port, AbortSignal.any([signal, AbortSignal.timeout(WAIT)]), reach).then(
      ({ body }) => withoutNumbers(body).trim(),
      () => null,
    )
  const [first, second] = [await read(), await read()]
  return first === second ? first : null
}
