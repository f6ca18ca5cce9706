import { lookup } from 'node:dns'
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { createGunzip } from 'node:zlib'
import { bounds } from '../../../bounds.ts'
import { HardenError } from '../../../errors.ts'
import { mayFollow, type Origin, reachOf } from './where.ts'

/** What a registry answers; its body is read once, or ended. */
export interface RegistryAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Bytes as its head says; null where it does not. */
  readonly size: number | null
  /** The whole body. Throws HardenError `unreadable` for more than `most` bytes, and `no-registry` where it does not come in time. */
  document(most: number): Promise<Buffer>
  /** As it comes, which it must do at a least speed. */
  body(): AsyncIterable<Buffer>
  end(): void
}

export interface Question {
  readonly headers?: Readonly<Record<string, string>>
  /** Told to the host that is asked and to no other that it leads to. */
  readonly authorization?: string | null
  /** Makes it a POST, which goes nowhere else. */
  readonly form?: URLSearchParams
}

/** As they stand in the table of bounds, where they are explained. */
export interface ExchangeBounds {
  readonly registryAnswerMs: number
  readonly registryDocumentMs: number
  readonly registryStall: { readonly bytes: number; readonly ms: number }
  readonly registryRedirects: number
}

/** All that is asked in order to read one image of one registry. */
export interface Exchange {
  /** Asks the registry. */
  ask(url: URL, question: Question): Promise<RegistryAnswer>
  /** Asks a host that the registry names. */
  askElsewhere(url: URL, question: Question): Promise<RegistryAnswer>
}

export interface ExchangeOptions {
  /** For messages. */
  readonly host: string
  readonly image: string
  readonly signal: AbortSignal
  readonly within?: ExchangeBounds
}

/** `fetch` follows redirects by itself and says nothing of addresses; so this goes by node:http. */
export function openExchange(options: ExchangeOptions): Exchange {
  const { host, image, signal, within = bounds } = options
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) }
  /** Who the registry is, once it has answered. */
  let origin: Origin | null = null
  const failed = (error: unknown): unknown => {
    if (signal.aborted || error instanceof HardenError) return error
    return new HardenError('no-registry', `${host} could not be asked for ${image}: ${reasonOf(error)}`, {
      hint: 'check the network and the name, or use --offline',
      cause: error,
    })
  }

  const send = async (first: URL, question: Question, isFirst: boolean): Promise<RegistryAnswer> => {
    let url = first
    let { authorization = null } = question
    for (let left: number = within.registryRedirects; ; left--) {
      const check = isFirst && url === first && origin === null ? null : origin
      const response = await answerTo(url, authorization, question, check).catch((error: unknown) => {
        throw failed(error)
      })
      const { location } = response.headers
      const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode ?? 0) && location !== undefined
      if (!isRedirect || question.form !== undefined) return answerOf(response)
      response.destroy()
      if (left === 0)
        throw new HardenError(
          'no-registry',
          `${host} redirects the request for ${image} more than ${within.registryRedirects} times`,
        )
      if (!URL.canParse(location, url.href))
        throw new HardenError(
          'no-registry',
          `${host} redirects the request for ${image} to something that is not a URL`,
        )
      const next = new URL(location, url)
      if (next.origin !== url.origin) authorization = null
      url = next
    }
  }

  /** With `from`: only where that registry may send. The addresses that are checked are those that are connected to. */
  const answerTo = (
    url: URL,
    authorization: string | null,
    { headers = {}, form }: Question,
    from: Origin | null,
  ): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const checked = (addresses: readonly string[]): Error | null => {
        const why = from === null ? null : mayFollow(from, url, addresses)
        if (why === null) return null
        return new HardenError(
          'no-registry',
          `${host} leads to ${url.origin} for ${image}, which is not followed: ${why}`,
          {
            hint: 'ask who runs the registry, or pull the image with an engine',
          },
        )
      }
      const literal = url.hostname.replace(/^\[|\]$/g, '')
      const refused = isIP(literal) === 0 ? null : checked([literal])
      if (refused !== null || !/^https?:$/.test(url.protocol)) {
        reject(refused ?? checked([]))
        return
      }
      const looked: LookupFunction = (name, { all, ...rest }, done) => {
        lookup(name, { ...rest, all: true }, (error, addresses) => {
          const why = error ?? checked(addresses.map(({ address }) => address))
          const [one] = addresses ?? []
          if (why !== null) done(why, [])
          else if (all === true) done(null, addresses)
          else done(null, one?.address ?? '', one?.family ?? 0)
        })
      }
      const isHttp = url.protocol === 'http:'
      const request = isHttp ? httpRequest : (httpsRequest as typeof httpRequest)
      const sent = request(url, {
        method: form === undefined ? 'GET' : 'POST',
        agent: isHttp ? agents.http : agents.https,
        lookup: looked,
        signal,
        headers: {
          'user-agent': 'harden-image',
          'accept-encoding': 'identity',
          ...headers,
          ...(authorization === null ? {} : { authorization }),
          ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
      })
      // No name and password of a URL, which the registry wrote.
      if (authorization === null) sent.removeHeader('authorization')
      const timer = setTimeout(
        () => sent.destroy(new Error(`no answer within ${seconds(within.registryAnswerMs)}`)),
        within.registryAnswerMs,
      )
      // Later than this a connection may be over, and have none.
      const isReached = ({ remoteAddress = '' }: Socket): void => {
        origin ??= { url, reach: reachOf(remoteAddress) }
      }
      sent.on('socket', (socket) => {
        if (socket.connecting) socket.once('connect', () => isReached(socket))
        else isReached(socket)
      })
      sent.on('error', (error) => {
        clearTimeout(timer)
        reject(error)
      })
      sent.on('response', (response) => {
        clearTimeout(timer)
        // Whoever reads it is told; nobody may do so.
        response.on('error', () => {})
        resolve(response)
      })
      sent.end(form?.toString())
    })

  const answerOf = (response: IncomingMessage): RegistryAnswer => {
    const length = response.headers['content-length']
    const size = length === undefined ? null : Number(length)
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      size,
      document: async (most) => {
        const tooMuch = () => new HardenError('unreadable', `${host} answers with more than ${most} bytes for ${image}`)
        const late = new Error(`its answer was not complete within ${seconds(within.registryDocumentMs)}`)
        const timer = setTimeout(() => response.destroy(late), within.registryDocumentMs)
        try {
          if (size !== null && size > most) throw tooMuch()
          const chunks: Buffer[] = []
          let read = 0
          for await (const chunk of decoded(response)) {
            read += chunk.length
            if (read > most) throw tooMuch()
            chunks.push(chunk)
          }
          return Buffer.concat(chunks)
        } catch (error) {
          throw failed(error)
        } finally {
          clearTimeout(timer)
          if (!response.complete) response.destroy()
        }
      },
      async *body() {
        try {
          yield* flowing(response, within.registryStall)
        } catch (error) {
          throw failed(error)
        }
      },
      end: () => response.destroy(),
    }
  }

  return {
    ask: (url, question) => send(url, question, true),
    askElsewhere: (url, question) => send(url, question, false),
  }
}

/** A server may pack what it was not asked to pack. */
function decoded(response: IncomingMessage): AsyncIterable<Buffer> {
  const encoding = response.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') return response
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    throw new Error(`its answer is packed with ${JSON.stringify(encoding.slice(0, 40))}, which was not asked for`)
  const unpacked = createGunzip()
  response.on('error', (error) => unpacked.destroy(error))
  return response.pipe(unpacked)
}

/** Ends a body that comes slower than so many bytes in each such time of waiting for it; how fast it is read does not count. */
async function* flowing(
  response: IncomingMessage,
  { bytes, ms }: { readonly bytes: number; readonly ms: number },
): AsyncGenerator<Buffer> {
  const chunks = decoded(response)[Symbol.asyncIterator]()
  const slow = new Error(`fewer than ${bytes} bytes came within ${seconds(ms)}`)
  let waited = 0
  let came = 0
  for (;;) {
    const since = performance.now()
    const timer = setTimeout(() => response.destroy(slow), ms - waited)
    const { value, done } = await chunks.next().finally(() => clearTimeout(timer))
    if (done) return
    waited += performance.now() - since
    came += value.length
    if (came >= bytes) {
      waited = 0
      came = 0
    } else if (waited >= ms) throw slow
    yield value
  }
}

function seconds(ms: number): string {
  return `${ms / 1000} s`
}

/** Of several addresses that were tried in vain, the first says why. */
function reasonOf(error: unknown): string {
  const { message, code, errors } = error as NodeJS.ErrnoException & { readonly errors?: readonly Error[] }
  return message || errors?.[0]?.message || code || 'nobody knows why'
}
