import { HardenError } from '../../../errors.ts'
import { type Challenge, parseChallenge } from './challenge.ts'
import type { Credentials } from './credentials.ts'

/** Asks one registry about one repository: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull */
export interface RegistryClient {
  /** For messages: the registry's host and port. */
  readonly host: string
  /** `path` below the repository, such as `manifests/latest`. Null for status 404; any other that is no success throws HardenError `no-image`, and no answer at all `no-registry`. */
  get(path: string, accept?: string): Promise<Response | null>
}

export interface ClientOptions {
  readonly host: string
  readonly repository: string
  /** For messages. */
  readonly image: string
  readonly credentials: () => Promise<Credentials | null>
  readonly signal: AbortSignal
}

/** What references call docker.io. */
export const HUB = 'registry-1.docker.io'

/** Until the first bytes of an answer, milliseconds. */
const patienceMs = 15_000

export function registryClient({ host, repository, image, credentials, signal }: ClientOptions): RegistryClient {
  const base = `${schemeOf(host)}://${host}/v2/${repository}/`
  let authorization: string | null = null

  const ask = async (path: string, accept: string | undefined): Promise<Response> =>
    send(host, image, signal, new URL(path, base), {
      headers: {
        ...(accept === undefined ? {} : { Accept: accept }),
        ...(authorization === null ? {} : { Authorization: authorization }),
      },
    })

  return {
    host,
    async get(path, accept) {
      let response = await ask(path, accept)
      if (response.status === 401) {
        const challenge = parseChallenge(response.headers.get('www-authenticate') ?? '')
        await response.body?.cancel()
        // A token of before may be too old.
        authorization = challenge === null ? null : await authorize(challenge, await credentials())
        if (authorization !== null) response = await ask(path, accept)
      }
      if (response.ok) return response
      await response.body?.cancel()
      if (response.status === 404) return null
      throw refused(host, image, response.status)
    },
  }

  async function authorize({ scheme, parameters }: Challenge, known: Credentials | null): Promise<string | null> {
    if (scheme === 'basic') return known?.kind === 'password' ? basic(known.user, known.password) : null
    const realm = parameters.get('realm') ?? ''
    const scope = parameters.get('scope') ?? `repository:${repository}:pull`
    const service = parameters.get('service')
    if (!URL.canParse(realm)) return null
    const url = new URL(realm)
    // What was kept for a registry is told to nobody who listens on the way.
    if (url.protocol !== 'https:' && !isLocal(url.host)) return null
    const response = await send(host, image, signal, ...tokenRequest(url, { scope, service }, known))
    if (!response.ok) {
      await response.body?.cancel()
      throw refused(host, image, response.status)
    }
    const { token, access_token } = (await response.json().catch(() => ({}))) as Record<string, unknown>
    const value = token ?? access_token
    return typeof value === 'string' ? `Bearer ${value}` : null
  }
}

function tokenRequest(
  url: URL,
  { scope, service }: { readonly scope: string; readonly service: string | undefined },
  known: Credentials | null,
): [URL, RequestInit] {
  const asked = { ...(service === undefined ? {} : { service }), scope }
  if (known?.kind === 'token') {
    const form = { ...asked, grant_type: 'refresh_token', client_id: 'harden-image', refresh_token: known.token }
    return [url, { method: 'POST', body: new URLSearchParams(form) }]
  }
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
  return [url, { headers: known === null ? {} : { Authorization: basic(known.user, known.password) } }]
}

async function send(host: string, image: string, signal: AbortSignal, url: URL, init: RequestInit): Promise<Response> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${patienceMs / 1000} s`)), patienceMs)
  try {
    return await fetch(url, { ...init, signal: AbortSignal.any([late.signal, signal]) })
  } catch (error) {
    if (signal.aborted) throw error
    throw new HardenError('no-registry', `${host} could not be asked for ${image}: ${reasonOf(error)}`, {
      hint: 'check the network and the name, or say --offline to do without',
      cause: error,
    })
  } finally {
    clearTimeout(timer)
  }
}

/** fetch itself only says that it failed. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { readonly cause?: NodeJS.ErrnoException }
  return cause?.message || cause?.code || message
}

function refused(host: string, image: string, status: number): HardenError {
  // Docker Hub is where a login goes that names no place.
  const server = host === HUB ? '' : ` ${host}`
  const [what, hint] =
    status === 401 || status === 403
      ? ['it is not there, or not without a login', `check the name, or log in: docker login${server}`]
      : status === 404
        ? ['there is none', 'check the name']
        : status === 429
          ? ['too many requests', `try again later, or log in: docker login${server}`]
          : [`it answers with status ${status}`, 'try again later']
  return new HardenError('no-image', `${host} does not give ${image}: ${what}`, { hint })
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** Docker's own rule: a registry on this machine needs no TLS. */
function schemeOf(host: string): string {
  return isLocal(host) ? 'http' : 'https'
}

function isLocal(host: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/.test(host)
}
