// A Compose project of test/engine/stacks in a folder of its own: started, asked, and taken away again. Nothing of the product is used.
import { execFile } from 'node:child_process'
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { docker, TEST_LABEL, waitFor } from './images.ts'

const run = promisify(execFile)

export const STACKS = join(import.meta.dirname, '..', 'stacks')

/** `$MARK` stands for what is written now or was before; `port` is the one that the project publishes. */
type StackCheck = HttpCheck | ExecCheck | HostWrite

interface HttpCheck {
  readonly port: number
  readonly path: string
  /** Its body; a GET without. */
  readonly post?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Any of 2xx else. */
  readonly status?: number
  readonly says: string
}

/** In a service's container, by its shell. */
interface ExecCheck {
  readonly exec: string
  readonly run: string
  readonly says?: string
}

/** A file of the host is edited, as a person does. */
interface HostWrite {
  readonly host: string
  readonly text: string
}

/** `checks.json` of a project. */
export interface StackCase {
  readonly about: string
  /** Of test/engine/images. */
  readonly images?: readonly string[]
  /** Of files, which git does not keep. */
  readonly modes?: Readonly<Record<string, string>>
  /** Whose the checkout is; root's else. */
  readonly owner?: number
  readonly write: readonly StackCheck[]
  /** Asked for everything that was written. */
  readonly read: readonly StackCheck[]
  /** Asked for what was written last. */
  readonly last?: readonly StackCheck[]
  /** Services that only work as root. */
  readonly root?: readonly string[]
  /** Services that do not come up. */
  readonly broken?: readonly string[]
  /** Services that nothing is to be done about. */
  readonly alone?: readonly string[]
  /** Kinds of findings that are left to a person, who does once what their hints say. */
  readonly todo?: readonly string[]
}

export interface Stack {
  /** Its name is that of the Compose project. */
  readonly folder: string
  readonly checks: StackCase
  /** `docker compose ARGS` in the folder, without what the tests add. */
  compose(...args: readonly string[]): Promise<string>
  up(): Promise<void>
  restart(): Promise<void>
  /** Volumes stay. */
  down(): Promise<void>
  downWithVolumes(): Promise<void>
  /** Does the work of the project under a mark. */
  write(mark: string): Promise<void>
  /** Everything that was written under these marks is there. */
  read(marks: readonly string[]): Promise<void>
  /** Names and ids of all containers that run. */
  containers(): Promise<ReadonlyMap<string, string>>
}

export async function stackCase(name: string): Promise<StackCase> {
  return JSON.parse(await readFile(join(STACKS, name, 'checks.json'), 'utf8'))
}

/** Runs a copy of a project for as long as `use` takes, and removes all of it whatever happens. */
export async function withStack<T>(name: string, use: (stack: Stack) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), `harden-image-stack-${name}-`))
  const folder = join(root, basename(root).toLowerCase())
  const unnamed = new Set<string>()
  try {
    const checks = await stackCase(name)
    await cp(join(STACKS, name), folder, { recursive: true, filter: (path) => basename(path) !== 'checks.json' })
    await ownCheckout(folder, checks)
    return await use(await openStack({ folder, override: join(root, 'tests.yaml'), checks, unnamed }))
  } finally {
    await removeProject(basename(folder), unnamed)
    await rm(root, { recursive: true, force: true })
  }
}

async function ownCheckout(folder: string, { modes = {}, owner }: StackCase): Promise<void> {
  for (const [path, mode] of Object.entries(modes)) await chmod(join(folder, path), Number.parseInt(mode, 8))
  if (owner === undefined) return
  const paths = await readdir(folder, { recursive: true })
  for (const path of ['', ...paths]) await chown(join(folder, path), owner, owner)
}

/**
 * By its label, since its file may be the very thing that is wrong. Volumes without a name have none: `down` leaves them.
 */
async function removeProject(project: string, unnamed: ReadonlySet<string>): Promise<void> {
  const filter = `label=com.docker.compose.project=${project}`
  const list = async (...what: string[]) =>
    (await docker([...what, '--quiet', '--filter', filter])).split('\n').filter(Boolean)
  const remove = async (ids: readonly string[], ...how: string[]) => {
    if (ids.length > 0) await docker([...how, ...new Set(ids)])
  }
  await remove(await list('ps', '--all'), 'rm', '--force', '--volumes')
  await remove(await list('network', 'ls'), 'network', 'rm')
  await remove(await list('volume', 'ls'), 'volume', 'rm')
  const left = (await docker(['volume', 'ls', '--quiet'])).split('\n')
  await remove(
    left.filter((volume) => unnamed.has(volume)),
    'volume',
    'rm',
  )
  await remove(await list('image', 'ls', '--all'), 'rmi', '--force')
}

interface Place {
  readonly folder: string
  readonly override: string
  readonly checks: StackCase
  /** Volumes that `down` has left. */
  readonly unnamed: Set<string>
}

async function openStack({ folder, override, checks, unnamed }: Place): Promise<Stack> {
  const compose = async (...args: readonly string[]) => {
    const { stdout } = await run('docker', ['compose', ...args], { cwd: folder, maxBuffer: 64 << 20 })
    return stdout
  }
  const ports = new Map<number, number>()
  const files = await composeFiles(folder)
  const ours = (...args: readonly string[]) => compose(...files, '--file', override, ...args)
  const forMark = (check: StackCheck, mark: string) =>
    JSON.parse(JSON.stringify(check).replaceAll('$MARK', mark)) as StackCheck
  const ask = (check: StackCheck) => asked(check, { folder, ports, compose: ours })
  return {
    folder,
    checks,
    compose,
    up: async () => {
      await writeFile(override, await testsOverride(await compose(...files, 'config', '--format', 'json'), ports))
      await ours('up', '--detach', '--build')
    },
    restart: async () => {
      await ours('restart', '--timeout', '1')
    },
    down: async () => {
      const ids = (await ours('ps', '--all', '--quiet')).split('\n').filter(Boolean)
      const format = '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}'
      const volumes = ids.length === 0 ? '' : await docker(['inspect', '--format', format, ...ids])
      for (const volume of volumes.split(/\s+/)) unnamed.add(volume)
      await ours('down', '--timeout', '1')
    },
    downWithVolumes: async () => {
      await ours('down', '--volumes', '--timeout', '1')
    },
    write: async (mark) => {
      for (const check of checks.write) await waitFor(() => ask(forMark(check, mark)), PATIENCE)
    },
    read: async (marks) => {
      const all = marks.flatMap((mark) => checks.read.map((check) => forMark(check, mark)))
      const last = (checks.last ?? []).map((check) => forMark(check, marks.at(-1) ?? ''))
      for (const check of [...all, ...last]) await waitFor(() => ask(check), PATIENCE)
    },
    containers: async () => {
      const lines = await ours('ps', '--no-trunc', '--format', '{{.Service}} {{.ID}}')
      return new Map(lines.trim().split('\n').filter(Boolean).map(pair))
    },
  }
}

/** A stack has been started by then, but not all of it answers at once on a busy machine. */
const PATIENCE = 40_000

function pair(line: string): [string, string] {
  const [first = '', second = ''] = line.split(' ')
  return [first, second]
}

/** Those that Compose takes by itself, which it does no longer once `--file` names one more. */
async function composeFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder)
  const main = names.filter((name) => /^(docker-)?compose\.ya?ml$/.test(name))
  const more = names.filter((name) => /^(docker-)?compose\.override\.ya?ml$/.test(name))
  return [...main, ...more].flatMap((name) => ['--file', join(folder, name)])
}

interface Config {
  readonly services: Readonly<
    Record<string, { ports?: readonly { published?: string; target: number }[]; build?: unknown }>
  >
  readonly networks?: Readonly<Record<string, { external?: boolean }>>
  readonly volumes?: Readonly<Record<string, { external?: boolean }>>
}

/** What is published is on this machine alone, at a port that is free; and all of it is known as the tests' own. */
async function testsOverride(config: string, ports: Map<number, number>): Promise<string> {
  const { services, networks = {}, volumes = {} } = JSON.parse(config) as Config
  const [name = '', value = ''] = TEST_LABEL.split('=')
  const labels = { [name]: value }
  const labelled = (all: Readonly<Record<string, { external?: boolean }>>) =>
    Object.fromEntries(
      Object.entries(all)
        .filter(([, { external }]) => external !== true)
        .map(([key]) => [key, { labels }]),
    )
  const lines = ['services:']
  for (const [service, { ports: published = [], build }] of Object.entries(services)) {
    lines.push(`  ${JSON.stringify(service)}:`, `    labels: ${JSON.stringify(labels)}`)
    if (build !== undefined) lines.push(`    build: ${JSON.stringify({ labels })}`)
    if (published.length === 0) continue
    const moved: string[] = []
    for (const port of published) {
      const known = Number(port.published)
      const host = ports.get(known) ?? (await freePort())
      ports.set(known, host)
      moved.push(`127.0.0.1:${host}:${port.target}`)
    }
    lines.push(`    ports: !override ${JSON.stringify(moved)}`)
  }
  lines.push(`networks: ${JSON.stringify(labelled(networks))}`, `volumes: ${JSON.stringify(labelled(volumes))}`)
  return `${lines.join('\n')}\n`
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

interface Asked {
  readonly folder: string
  readonly ports: ReadonlyMap<number, number>
  compose(...args: readonly string[]): Promise<string>
}

async function asked(check: StackCheck, { folder, ports, compose }: Asked): Promise<void> {
  if ('host' in check) return writeFile(join(folder, check.host), check.text)
  if ('exec' in check) {
    const output = await compose('exec', '--no-TTY', check.exec, 'sh', '-c', check.run)
    return expectSaid(check.says ?? '', output, `${check.exec}: ${check.run}`)
  }
  const port = ports.get(check.port)
  if (port === undefined) throw new Error(`port ${check.port} is no longer published`)
  const what = `${check.post === undefined ? 'GET' : 'POST'} :${check.port}${check.path}`
  const response = await fetch(`http://127.0.0.1:${port}${check.path}`, {
    signal: AbortSignal.timeout(5000),
    // A connection that is kept would end with the container that it was made to.
    headers: { ...check.headers, connection: 'close' },
    ...(check.post !== undefined && { method: 'POST', body: check.post }),
  })
  const body = await response.text()
  const isExpected = check.status === undefined ? response.ok : response.status === check.status
  if (!isExpected) throw new Error(`${what}: ${response.status} ${body.slice(0, 200)}`)
  expectSaid(check.says, body, what)
}

function expectSaid(expected: string, text: string, what: string): void {
  if (!text.includes(expected)) throw new Error(`${what}: no ${JSON.stringify(expected)} in ${text.slice(0, 400)}`)
}

/** Content and owner of every file of a folder, by its path. */
export async function treeOf(folder: string): Promise<StackTree> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const read = files.map(async (path): Promise<[string, StackFile]> => {
    const { uid } = await stat(path)
    return [relative(folder, path), { text: await readFile(path, 'latin1'), uid }]
  })
  return new Map(await Promise.all(read))
}

interface StackFile {
  readonly text: string
  readonly uid: number
}

type StackTree = ReadonlyMap<string, StackFile>

/** Brings the files in which two trees differ to what they are in the first; others stay, whatever they have become since. */
export async function bringBack(folder: string, tree: StackTree, than: StackTree): Promise<void> {
  for (const path of new Set([...tree.keys(), ...than.keys()])) {
    const file = tree.get(path)
    if (file === undefined) await rm(join(folder, path))
    else if (file.text !== than.get(path)?.text) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), file.text, 'latin1')
    }
  }
}
