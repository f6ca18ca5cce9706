import type { Reach } from '../../engine/reach.ts'
import type { PortAnswer } from '../run/run-record.ts'
import { ask } from '../smoke/check-http.ts'
import { withoutNumbers } from '../without-numbers.ts'

const WAIT = 3000

/**
 * The text that `/` answers with, without numbers and identifiers; null where it is another one with each request, or
 * none is had in time. Its status and type may be those of a page that says that nothing works.
 */
export async function firstPage(
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
