import { bounds } from '../../../bounds.ts'
import { HardenError } from '../../../errors.ts'
import type { Credentials } from './credentials.ts'
import { type ExchangeOptions, openExchange, type Question, type RegistryAnswer } from './exchange.ts'
import { mayTell, schemeOf } from './where.ts'

/** Asks one registry about one repository: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull */
export interface RegistryClient {
  /** For messages: the registry's host and port. */
  readonly host: string
  /** `path` below the repository, such as `manifests/latest`. Null for status 404; any other that is no success throws HardenError `no-image`, and no answer at all `no-registry`. */
  get(path: string, accept?: string): Promise<RegistryAnswer | null>
}

export interface ClientOptions extends ExchangeOptions {
  readonly repository: string
  readonly credentials: () => Promise<Credentials | null>
  /** What people have to know of how it was asked. */
  readonly say: (note: string) => void
}

/** What references call docker.io. */
export const HUB = 'registry-1.docker.io'

const LONGEST_CHALLENGE = 8192

export function registryClient({ repository, credentials, say, ...options }: ClientOptions): RegistryClient {
  const { host, image } = options
  const registry = new URL(`${schemeOf(host)}://${host}`)
  const base = `${registry.origin}/v2/${repository}/`
  const exchange = openExchange(options)
  let authorization: string | null = null
  /** Why what a login has kept was not told. */
  let withheld: string | null = null

  const ask = (path: string, accept: string | undefined): Promise<RegistryAnswer> =>
    exchange.ask(new URL(path, base), { authorization, headers: accept === undefined ? {} : { accept } })

  return {
    host,
    async get(path, accept) {
      let answer = await ask(path, accept)
      if (answer.status === 401) {
        const challenge = parseChallenge((answer.headers['www-authenticate'] ?? '').slice(0, LONGEST_CHALLENGE))
        answer.end()
        // A token of before may be too old.
        authorization = challenge === null ? null : await authorize(challenge, await credentials())
        if (authorization !== null) answer = await ask(path, accept)
      }
      if (answer.status === 200) return answer
      answer.end()
      if (answer.status === 404) return null
      throw refused(answer)
    },
  }

  async function authorize({ scheme, parameters }: Challenge, known: Credentials | null): Promise<string | null> {
    if (scheme === 'basic') return known?.kind === 'password' ? basic(known.user, known.password) : null
    const realm = parameters.get('realm') ?? ''
    if (!URL.canParse(realm)) return null
    const url = new URL(realm)
    const scope = parameters.get('scope') ?? `repository:${repository}:pull`
    const service = parameters.get('service')
    const isTold = known === null || mayTell(registry, url)
    if (!isTold && withheld === null) {
      withheld = `the login for ${host} was not told to ${url.origin}, where ${host} sends for a token: it is another site`
      say(withheld)
    }
    const answer = await exchange.askElsewhere(...tokenQuestion(url, { scope, service }, isTold ? known : null))
    if (answer.status !== 200) {
      answer.end()
      throw refused(answer)
    }
    const token = tokenIn(await answer.document(bounds.tokenAnswerBytes))
    return token === null ? null : `Bearer ${token}`
  }

  function refused({ status, headers }: Pick<RegistryAnswer, 'status' | 'headers'>): HardenError {
    // Docker Hub is where a login goes that names no place.
    const server = host === HUB ? '' : ` ${host}`
    const wait = /^\d{1,5}$/.test(headers['retry-after'] ?? '') ? `in ${headers['retry-after']} s` : 'later'
    const [what, hint] =
      status === 401 || status === 403
        ? ['it does not exist, or needs a login', `check the name, or log in: docker login${server}`]
        : status === 404
          ? ['there is none', 'check the name']
          : status === 429
            ? ['too many requests', `try again ${wait}, or log in: docker login${server}`]
            : [`it answers with status ${status}`, `try again ${wait}`]
    const why = withheld === null ? '' : `; ${withheld}`
    return new HardenError('no-image', `${host} does not give ${image}: ${what}${why}`, { hint })
  }
}

function tokenQuestion(
  url: URL,
  { scope, service }: { readonly scope: string; readonly service: string | undefined },
  known: Credentials | null,
): [URL, Question] {
  const asked = { ...(service === undefined ? {} : { service }), scope }
  if (known?.kind === 'token') {
    const form = { ...asked, grant_type: 'refresh_token', client_id: 'harden-image', refresh_token: known.token }
    return [url, { form: new URLSearchParams(form) }]
  }
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
  return [url, { authorization: known === null ? null : basic(known.user, known.password) }]
}

/** Null for none; one that no header can hold is none. */
function tokenIn(bytes: Buffer): string | null {
  try {
    const { token, access_token } = (JSON.parse(bytes.toString('utf8')) ?? {}) as Record<string, unknown>
    const value = token ?? access_token
    return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) ? value : null
  } catch {
    return null
  }
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** What a registry wants of whom it does not know: https://distribution.github.io/distribution/spec/auth/token/ */
interface Challenge {
  readonly scheme: 'basic' | 'bearer'
  readonly parameters: ReadonlyMap<string, string>
}

/** A `WWW-Authenticate` header (RFC 9110, 11.6.1), which may have several challenges; null for none that can be met. */
export function parseChallenge(header: string): Challenge | null {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  // A word, and either `=value` or nothing, which makes it a scheme.
  for (const [, name = '', isParameter, quoted, bare] of header.matchAll(
    /([\w-]+)(\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g,
  )) {
    if (isParameter === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() })
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '')
  }
  for (const wanted of ['bearer', 'basic'] as const) {
    const found = challenges.find(({ scheme }) => scheme === wanted)
    if (found !== undefined) return { scheme: wanted, parameters: found.parameters }
  }
  return null
}
