// Real images, built from Debian's packages, and what the tests ask of the engine. Independent of the product's own code.
import { execFile } from 'node:child_process'
import { get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

export { processesOf } from './processes.ts'

const run = promisify(execFile)

/** Label of everything that the tests make themselves. */
export const TEST_LABEL = 'harden-image.test=1'

/** Standard output of `docker ARGS`, trimmed; rejects with standard error, also when no engine answers. */
export async function docker(args: readonly string[], input?: string): Promise<string> {
  const child = run('docker', args, { maxBuffer: 64 << 20 })
  child.child.stdin?.on('error', () => {}) // docker may end before it has read its input: the exit code tells
  child.child.stdin?.end(input)
  const { stdout } = await child
  return stdout.trim()
}

/** Folder of an image's Dockerfile. */
export function imageFolder(name: string): string {
  return join(import.meta.dirname, '..', 'images', name)
}

/** `nginx` is known by its usual name, as the catalogue and people know it. */
export function tagOf(name: string): string {
  return name === 'nginx' ? 'nginx:latest' : `harden-image-test/${name}:latest`
}

/** The command under test builds these from their Dockerfiles as well, which takes no time where it is the same build. */
const BUILT_BY_ALL = new Set(['python-sqlite', 'apache', 'already-nonroot', 'broken-build'])

const built = new Map<string, Promise<string>>()

/** Builds test/engine/images/NAME, once a run and from the engine's cache after that. Returns its tag. */
export function ensureImage(name: string): Promise<string> {
  const known = built.get(name)
  if (known) return known
  const image = buildOwn(name)
  built.set(name, image)
  return image
}

async function buildOwn(name: string): Promise<string> {
  const tag = tagOf(name)
  if (!tag.startsWith('harden-image-test/')) await refuseForeign(tag)
  const base = BUILT_BY_ALL.has(name) ? [] : await withLists()
  return buildImage(tag, [...base, imageFolder(name)])
}

const LISTS = 'harden-image-test/apt-lists:latest'

/** The cache goes with the lists, which every image of these tests removes in the end. */
const FETCHES_LISTS = `FROM debian:trixie-slim
RUN printf 'Dir::Cache::%s "/var/lib/apt/lists/%s.bin";\\n' pkgcache pkgcache srcpkgcache srcpkgcache \\
      > /etc/apt/apt.conf.d/zz-lists \\
 && apt-get update
`

let lists: Promise<string> | null = null

/**
 * Flags with which `docker build` finds Debian's package lists in its base image, fetched and read: to do that anew in each
 * of them is a third of what the images of these tests take.
 */
export async function withLists(): Promise<readonly string[]> {
  lists ??= buildText(FETCHES_LISTS, LISTS)
  return ['--build-context', `debian:trixie-slim=docker-image://${await lists}`]
}

/** A contributor's own nginx:latest must not be replaced. */
async function refuseForeign(tag: string): Promise<void> {
  const found = await docker(['images', '--quiet', tag])
  const ours = await docker(['images', '--quiet', '--filter', `label=${TEST_LABEL}`, tag])
  if (found !== ours) throw new Error(`${tag} is not from these tests: give them an engine of their own`)
}

/** `docker build --tag TAG ARGS`, known as the tests' own; `text` goes to its standard input. Gives the tag. */
export async function buildImage(tag: string, args: readonly string[], text?: string): Promise<string> {
  await docker(['build', '--quiet', '--label', TEST_LABEL, '--tag', tag, ...args], text)
  return tag
}

/** Builds a Dockerfile's text without a context. */
export function buildText(dockerfile: string, tag: string): Promise<string> {
  return buildImage(tag, ['-'], dockerfile)
}

export interface Container {
  /** All 64 digits. */
  readonly id: string
  /** Reachable from this machine; '' when the container has ended already. */
  readonly address: string
  remove(): Promise<void>
}

/** `docker run --detach OPTIONS IMAGE COMMAND`. The caller removes it: see `withContainer`. */
export async function runContainer(
  image: string,
  options: readonly string[] = [],
  command: readonly string[] = [],
): Promise<Container> {
  const id = await docker(['create', '--label', TEST_LABEL, ...options, image, ...command])
  const remove = async () => {
    await docker(['rm', '--force', '--volumes', id])
  }
  try {
    await started(id)
    const address = await docker([
      'inspect',
      '--format',
      '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
      id,
    ])
    return { id, address, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** On a busy machine runc now and then loses the process that it has just made: that says nothing of the image. */
async function started(id: string): Promise<void> {
  await docker(['start', id]).catch(async (error: unknown) => {
    if (!/runc create failed: .*waiting for init/.test(String(error))) throw error
    await docker(['start', id])
  })
}

/** Runs a container for as long as `use` takes, and removes it with its volumes whatever happens. */
export async function withContainer<T>(
  image: string,
  options: readonly string[],
  use: (container: Container) => Promise<T>,
): Promise<T> {
  const container = await runContainer(image, options)
  try {
    return await use(container)
  } finally {
    await container.remove()
  }
}

export async function isRunning(id: string): Promise<boolean> {
  return (await docker(['inspect', '--format', '{{.State.Running}}', id])) === 'true'
}

/** Standard output and standard error of a container. */
export async function logsOf(id: string): Promise<string> {
  const { stdout, stderr } = await run('docker', ['logs', id], { maxBuffer: 64 << 20 })
  return stdout + stderr
}

/** Whether a path exists in a container, in its volumes too (not in a tmpfs). Needs no program inside. */
export async function hasFile(id: string, path: string): Promise<boolean> {
  try {
    await run('docker', ['cp', `${id}:${path}`, '-'], { maxBuffer: 256 << 20, encoding: 'buffer' })
    return true
  } catch (error) {
    if (/could not find the file|no such file/i.test(String(error))) return false
    throw error
  }
}

export interface Counts {
  readonly containers: number
  readonly images: number
  readonly networks: number
  readonly volumes: number
}

/** How many things the engine holds, or those with a label. Only to be compared when nothing else uses the engine. */
export async function countAll(label?: string): Promise<Counts> {
  const filter = label === undefined ? [] : ['--filter', `label=${label}`]
  const lists = [
    ['ps', '--all'],
    ['image', 'ls', '--all'],
    ['network', 'ls'],
    ['volume', 'ls'],
  ].map(async (list) => {
    const ids = await docker([...list, '--quiet', ...filter])
    return new Set(ids.split('\n').filter(Boolean)).size
  })
  const [containers = 0, images = 0, networks = 0, volumes = 0] = await Promise.all(lists)
  return { containers, images, networks, volumes }
}

export interface HttpAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** Node takes '' for this machine, so that a server of the host would answer for a container that has ended. */
export function assertAddress(address: string): void {
  if (address === '') throw new Error('the container has no address: it has ended')
}

export async function httpGet(address: string, port: number, path = '/'): Promise<HttpAnswer> {
  assertAddress(address)
  return new Promise((resolve, reject) => {
    const request = get({ host: address, port, path, agent: false, timeout: 5000 }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body })
      })
    })
    request.on('error', reject)
    request.on('timeout', () => request.destroy(new Error(`no answer from port ${port}`)))
  })
}

/** Calls `attempt` until it no longer throws; rejects with its last error after `timeoutMs`. */
export async function waitFor<T>(attempt: () => Promise<T>, timeoutMs = 20_000): Promise<T> {
  const end = Date.now() + timeoutMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() >= end) throw error
      await delay(50)
    }
  }
}
