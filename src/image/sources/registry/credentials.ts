import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, open } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, isAbsolute, join } from 'node:path'
import { bounds } from '../../../bounds.ts'
import { HardenError } from '../../../errors.ts'

/** A user and password, or a token that stands for both. */
export type Credentials =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }

/** What a credential helper prints for `get`; null where it has nothing. Throws Error where it does not answer. */
export type AskHelper = (helper: string, server: string) => Promise<string | null>

/** Docker Hub goes by its first address there. */
const hubKey = 'https://index.docker.io/v1/'
/** docker-credential-helpers: this user name says that the secret is a token. */
const tokenUser = '<token>'

export interface LoginOptions {
  readonly signal?: AbortSignal
  readonly within?: { readonly loginBytes: number; readonly loginHelperMs: number }
}

/**
 * What `docker login` or `podman login` has kept for a registry, by its name in references; null where nobody logged in.
 * The files are those that the caller's environment names. Throws HardenError `bad-config` for one that cannot be used.
 */
export async function credentialsFor(
  domain: string,
  env: NodeJS.ProcessEnv = process.env,
  askWith: AskHelper | null = null,
  { signal, within = bounds }: LoginOptions = {},
): Promise<Credentials | null> {
  const ask = askWith ?? ((helper, server) => askHelper(helper, server, env, { signal, within }))
  for (const file of filesOf(env)) {
    const stored = await readStored(file, within.loginBytes)
    const found = stored === null ? null : await credentialsIn(stored, domain, file, ask)
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

type AuthJson = Readonly<Record<string, unknown>>

async function readStored(file: string, most: number): Promise<AuthJson | null> {
  const text = await readText(file, most)
  if (text === null) return null
  try {
    return objectOf(JSON.parse(text))
  } catch (error) {
    throw unfit(`${file} is not JSON, so nobody can say how to log in`, error)
  }
}

/** Null where it is not there, or not for this user. A pipe would be waited for. */
async function readText(file: string, most: number): Promise<string | null> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => null)
  if (handle === null) return null
  try {
    const stats = await handle.stat()
    // What stands for none: /dev/null, a folder.
    if (stats.isCharacterDevice() || stats.isDirectory()) return null
    if (!stats.isFile()) throw unfit(`${file} is no regular file, so nobody can say how to log in`)
    if (stats.size > most) throw unfit(`${file} has more than ${most} bytes, so nobody can say how to log in`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

async function credentialsIn(
  stored: AuthJson,
  domain: string,
  file: string,
  ask: AskHelper,
): Promise<Credentials | null> {
  const auths = objectOf(stored.auths)
  const helpers = objectOf(stored.credHelpers)
  const keys = domain === 'docker.io' ? [hubKey, 'docker.io'] : [domain, `https://${domain}`]
  for (const key of keys) {
    const own = Object.hasOwn(helpers, key) ? helpers[key] : undefined
    const helper = own ?? stored.credsStore ?? ''
    const said =
      helper === '' ? null : await askFor(helper, key, own === undefined ? 'credsStore' : 'credHelpers', file, ask)
    const found = (said === null ? null : fromHelper(said)) ?? fromFile(Object.hasOwn(auths, key) ? auths[key] : null)
    if (found !== null) return found
  }
  return null
}

/** Of what `docker-credential-` comes before: a slash in it would be a path to any program. */
const helperName = /^[A-Za-z0-9_.-]+$/

async function askFor(
  helper: unknown,
  server: string,
  key: string,
  file: string,
  ask: AskHelper,
): Promise<string | null> {
  if (typeof helper !== 'string' || !helperName.test(helper) || helper.includes('..'))
    throw unfit(`${key} of ${file} is no name of a credential helper: ${JSON.stringify(helper)?.slice(0, 100)}`)
  try {
    return await ask(helper, server)
  } catch (error) {
    throw unfit(`docker-credential-${helper} of ${file} cannot say how to log in: ${(error as Error).message}`, error)
  }
}

function unfit(message: string, cause?: unknown): HardenError {
  return new HardenError('bad-config', message, {
    hint: 'repair it, or move it away and log in again',
    ...(cause === undefined ? {} : { cause }),
  })
}

function fromHelper(text: string): Credentials | null {
  try {
    const { Username, Secret } = objectOf(JSON.parse(text))
    if (typeof Secret !== 'string' || Secret === '') return null
    if (Username === tokenUser) return { kind: 'token', token: Secret }
    return { kind: 'password', user: typeof Username === 'string' ? Username : '', password: Secret }
  } catch {
    // It says in words that it has nothing.
    return null
  }
}

function fromFile(entry: unknown): Credentials | null {
  const { identitytoken, auth } = objectOf(entry)
  if (typeof identitytoken === 'string' && identitytoken !== '') return { kind: 'token', token: identitytoken }
  const pair = Buffer.from(typeof auth === 'string' ? auth : '', 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  if (colon < 1) return null
  return { kind: 'password', user: pair.slice(0, colon), password: pair.slice(colon + 1).replace(/(?<!\0)\0+$/, '') }
}

function objectOf(value: unknown): AuthJson {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as AuthJson) : {}
}

/** Null where there is no such program, or it has nothing. */
async function askHelper(
  helper: string,
  server: string,
  env: NodeJS.ProcessEnv,
  { signal, within }: { readonly signal: AbortSignal | undefined } & Required<Pick<LoginOptions, 'within'>>,
): Promise<string | null> {
  const program = await findProgram(`docker-credential-${helper}`, env.PATH ?? '')
  if (program === null) return null
  return new Promise((resolve, reject) => {
    const options = { env, encoding: 'utf8', maxBuffer: within.loginBytes, killSignal: 'SIGKILL', signal } as const
    const child = execFile(program, ['get'], options, (error, stdout) => {
      clearTimeout(timer)
      if (error === null) resolve(stdout)
      else if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
        reject(new Error(`it prints more than ${within.loginBytes} bytes`))
      else if (signal?.aborted) reject(error)
      else resolve(null)
    })
    // What it has started may hold its output open after it was killed.
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      child.stdout?.destroy()
      child.stderr?.destroy()
      reject(new Error(`no answer within ${within.loginHelperMs / 1000} s`))
    }, within.loginHelperMs)
    // One that is not there cannot be written to.
    child.stdin?.on('error', () => {})
    child.stdin?.end(server)
  })
}

/** A relative entry of PATH is the folder that the tool was called in, which may be a stranger's. */
async function findProgram(name: string, path: string): Promise<string | null> {
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const program = join(folder, name)
    const isThere = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return program
  }
  return null
}
