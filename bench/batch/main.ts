// npm run bench:batch -- [PROOFS]: what a batch of proofs costs, against the same proofs one after another in the same run,
// and how busy it keeps the cores. Needs an engine on this machine that is otherwise at rest, and `npm run build` before.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const IMAGES = join('test', 'engine', 'images')
/** Servers of several kinds: of nginx and its like nothing has to be watched, of the others some eight seconds each. */
const SERVERS = ['nginx', 'redis', 'lighttpd', 'python-static', 'memcached']

export async function main([proofs = '20']: readonly string[]): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), 'harden-image-bench-'))
  try {
    for (const server of SERVERS)
      await run('docker', [
        'build',
        '--quiet',
        '--label=harden-image.test=1',
        `--tag=${tagOf(server)}`,
        join(IMAGES, server),
      ])
    return await measure(scratch, Number(proofs))
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function measure(scratch: string, proofs: number): Promise<number> {
  const env = { ...process.env, XDG_CACHE_HOME: join(scratch, 'cache') }
  const prove = async (folder: string): Promise<readonly Result[]> => {
    const args = [resolve('dist', 'cli.js'), folder, '--prove', '--format', 'json']
    const { stdout } = await run(process.execPath, args, { env, maxBuffer: 256 << 20 }).catch((error) => error)
    return JSON.parse(stdout).results
  }
  // The tracer, and what is kept of the images.
  await prove(await tree(scratch, 'first', SERVERS.length))
  const batch = await tree(scratch, 'batch', proofs)
  const together = await timed(() => prove(batch))
  const alone = await tree(scratch, 'alone', proofs)
  const inTurn = await timed(async () => {
    const results: Result[] = []
    for (let number = 0; number < proofs; number += 1) results.push(...(await prove(join(alone, nameOf(number)))))
    return results
  })
  const ratio = together.seconds / inTurn.seconds
  console.log(`${proofs} proofs on ${availableParallelism()} cores`)
  for (const [name, { seconds, busy, results }] of Object.entries({ together, 'one after another': inTurn })) {
    const passed = results.filter(({ proof }) => proof?.passed === true).length
    console.log(`${name.padEnd(18)} ${seconds.toFixed(1)} s, cores busy ${Math.round(busy * 100)} %, ${passed} passed`)
  }
  console.log(`ratio              ${ratio.toFixed(2)}`)
  const isWhole = [together, inTurn].every(({ results }) => results.every(({ proof }) => proof?.passed === true))
  return isWhole && ratio <= 0.5 && together.busy >= 0.8 ? 0 : 1
}

interface Result {
  readonly proof: { readonly passed: boolean } | null
}

/** A folder of that many Dockerfiles, each with a layer of its own that the engine has never built. */
async function tree(scratch: string, name: string, count: number): Promise<string> {
  const folder = join(scratch, name)
  for (let number = 0; number < count; number += 1) {
    const own = join(folder, nameOf(number))
    const server = SERVERS[number % SERVERS.length] ?? ''
    await mkdir(own, { recursive: true })
    const text = `FROM ${tagOf(server)}\nRUN mkdir -p /opt/app && echo ${name} ${number} ${Date.now()} >/opt/app/version\nCOPY notes /opt/app/\n`
    await writeFile(join(own, 'Dockerfile'), text)
    await writeFile(join(own, 'notes'), `${number}\n`)
  }
  return folder
}

function nameOf(number: number): string {
  return String(number).padStart(2, '0')
}

function tagOf(server: string): string {
  return `harden-image-test/${server}:latest`
}

interface Timed {
  readonly seconds: number
  /** Share of the time of all cores in which they were at work, whoever gave it to them. */
  readonly busy: number
  readonly results: readonly Result[]
}

async function timed(task: () => Promise<readonly Result[]>): Promise<Timed> {
  const [start, before] = [performance.now(), await ticks()]
  const results = await task()
  const after = await ticks()
  const all = after.busy + after.idle - before.busy - before.idle
  return { seconds: (performance.now() - start) / 1000, busy: (after.busy - before.busy) / all, results }
}

/** Of all cores since the machine started; proc_stat(5). */
async function ticks(): Promise<{ readonly busy: number; readonly idle: number }> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n')
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, hard = 0, soft = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return { busy: user + nice + system + hard + soft, idle: idle + wait }
}
