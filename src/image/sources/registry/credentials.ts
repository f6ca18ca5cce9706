import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { HardenError } from '../../../errors.ts'

/** A user and password, or a token that stands for both. */
export type Credentials =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }

interface Stored {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>
  readonly credsStore?: string
  readonly credHelpers?: Readonly<Record<string, string>>
}

/** What a credential helper prints for `get`. */
export type AskHelper = (helper: string, server: string) => Promise<string | null>

const patienceMs = 20_000
/** Docker Hub goes by its first address there. */
const hubKey = 'https://index.docker.io/v1/'
/** docker-credential-helpers: this user name says that the secret is a token. */
const tokenUser = '<token>'

/**
 * What `docker login` or `podman login` has kept for a registry, by its name in references; null where nobody logged in.
 * Throws HardenError `bad-config` for a file that is not JSON.
 */
export async function credentialsFor(
  domain: string,
  env: NodeJS.ProcessEnv = process.env,
  ask: AskHelper = (helper, server) => askHelper(helper, server, env),
): Promise<Credentials | null> {
  for (const file of filesOf(env)) {
    const stored = await readStored(file)
    const found = stored === null ? null : await credentialsIn(stored, domain, ask)
    if (found !== null) return found
  }
  return null
}

/** In the order in which they are asked: https://docs.docker.com/reference/cli/docker/ and containers-auth.json(5). */
function filesOf({ DOCKER_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, HOME }: NodeJS.ProcessEnv): readonly string[] {
  return [
    ...(REGISTRY_AUTH_FILE ? [REGISTRY_AUTH_FILE] : []),
    join(DOCKER_CONFIG || join(HOME || homedir(), '.docker'), 'config.json'),
    ...(XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, 'containers', 'auth.json')] : []),
  ]
}

async function readStored(file: string): Promise<Stored | null> {
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return JSON.parse(text) as Stored
  } catch (error) {
    throw new HardenError('bad-config', `${file} is not JSON, so nobody can say how to log in`, {
      hint: 'mend it, or move it away and log in again',
      cause: error,
    })
  }
}

async function credentialsIn({ auths = {}, credHelpers = {}, credsStore }: Stored, domain: string, ask: AskHelper) {
  const keys = domain === 'docker.io' ? [hubKey, 'docker.io'] : [domain, `https://${domain}`]
  for (const key of keys) {
    const helper = credHelpers[key] ?? credsStore
    const said = helper === undefined ? null : await ask(helper, key)
    const found = (said === null ? null : fromHelper(said)) ?? fromFile(auths[key])
    if (found !== null) return found
  }
  return null
}

function fromHelper(text: string): Credentials | null {
  try {
    const { Username, Secret } = JSON.parse(text) as { readonly Username?: string; readonly Secret?: string }
    if (!Secret) return null
    if (Username === tokenUser) return { kind: 'token', token: Secret }
    return { kind: 'password', user: Username ?? '', password: Secret }
  } catch {
    // It says in words that it has nothing.
    return null
  }
}

function fromFile(entry: { readonly auth?: string; readonly identitytoken?: string } | undefined): Credentials | null {
  if (entry?.identitytoken) return { kind: 'token', token: entry.identitytoken }
  const pair = Buffer.from(entry?.auth ?? '', 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  if (colon < 1) return null
  return { kind: 'password', user: pair.slice(0, colon), password: pair.slice(colon + 1).replace(/\0+$/, '') }
}

/** Null where there is no such program, or it has nothing. */
function askHelper(helper: string, server: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  return new Promise((resolve) => {
    const options = { timeout: patienceMs, env, encoding: 'utf8' } as const
    const child = execFile(`docker-credential-${helper}`, ['get'], options, (error, stdout) =>
      resolve(error === null ? stdout : null),
    )
    // One that is not there cannot be written to.
    child.stdin?.on('error', () => {})
    child.stdin?.end(server)
  })
}
