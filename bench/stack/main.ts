// npm run bench:stack -- [STACK]: what the proof of a stack costs, against bringing it up and down three times by hand in
// the same minute: the original twice, and the result. Needs an engine, and `npm run build` before.
import { execFile } from 'node:child_process'
import { appendFile, chmod, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Web, app, cache, database and its dump: five services, of which one is built. */
const STACK = 'database'
const STACKS = join('test', 'engine', 'stacks')
const IMAGES = join('test', 'engine', 'images')

export async function main([stack = STACK]: readonly string[]): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), 'harden-image-bench-'))
  const folder = join(scratch, basename(scratch).toLowerCase())
  try {
    await prepare(stack, folder)
    try {
      return await measure(scratch, folder)
    } finally {
      await run('docker', ['compose', 'down', '--volumes', '--rmi', 'local', '--timeout', '1'], { cwd: folder })
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Its images are those of the engine tests, built under the names that its file has for them. */
async function prepare(stack: string, folder: string): Promise<void> {
  const checks = join(STACKS, stack, 'checks.json')
  const { images = [] } = JSON.parse(await readFile(checks, 'utf8')) as { readonly images?: readonly string[] }
  for (const image of images) {
    const tag = image === 'nginx' ? 'nginx:latest' : `harden-image-test/${image}:latest`
    await run('docker', ['build', '--quiet', '--label=harden-image.test=1', `--tag=${tag}`, join(IMAGES, image)])
  }
  await cp(join(STACKS, stack), folder, { recursive: true, filter: (path) => basename(path) !== 'checks.json' })
}

async function measure(scratch: string, folder: string): Promise<number> {
  const calls = join(scratch, 'calls')
  const env = {
    ...process.env,
    PATH: `${await countingDocker(scratch, calls)}${delimiter}${process.env.PATH}`,
    XDG_CACHE_HOME: join(scratch, 'cache'),
  }
  const cli = resolve('dist', 'cli.js')
  const prove = async () => {
    const args = [cli, await composeFile(folder), '--prove', '--format', 'json']
    return run(process.execPath, args, { cwd: folder, env, maxBuffer: 256 << 20 }).catch((error) => error)
  }
  const compose = (...args: readonly string[]) => run('docker', ['compose', ...args], { cwd: folder, env })

  // The tracer and all that is kept of images; what either side builds after it is new to the engine.
  await prove()
  await renew(folder, 'by hand')
  await writeFile(calls, '')
  const byHand = await timed(async () => {
    for (let time = 0; time < 3; time += 1) {
      await compose('up', '--detach', '--wait')
      await compose('down', '--volumes')
    }
  })
  await renew(folder, 'proof')
  await writeFile(calls, '')
  let told = ''
  const proof = await timed(async () => {
    told = (await prove()).stdout
  })
  const [result] = JSON.parse(told).results
  console.log(`up and down three times  ${seconds(byHand)}`)
  console.log(`proof                    ${seconds(proof)}, ratio ${(proof / byHand).toFixed(2)}`)
  console.log(`verdict                  ${result.verdict}, ${result.services?.length ?? 0} services`)
  for (const { name, seconds: time } of result.proof?.phases ?? []) console.log(`  ${name} ${time} s`)
  const builds = (await readFile(calls, 'utf8'))
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(isBuild)
  console.log(`image builds             ${builds.length}`)
  for (const words of builds) console.log(`  docker ${words.join(' ').slice(0, 160)}`)
  return result.proof?.passed === true ? 0 : 1
}

/** By its words alone: a path may have any of them in it. */
function isBuild([command, ...words]: readonly string[]): boolean {
  if (command === 'compose') return words.includes('build') || words.includes('--build')
  return command === 'build' || (command === 'buildx' && words[0] === 'build')
}

async function composeFile(folder: string): Promise<string> {
  const name = (await readdir(folder)).find((file) => /^(?:docker-)?compose\.ya?ml$/.test(file))
  if (name === undefined) throw new Error(`${folder} has no Compose file`)
  return name
}

/** A `docker` that writes down what it is asked, a call a line, its words between tabs. */
async function countingDocker(scratch: string, calls: string): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'bin-'))
  const script = `#!/bin/sh\nprintf '%s\\t' "$@" | tr '\\n' ' ' >>'${calls}'\necho >>'${calls}'\nPATH='${process.env.PATH}' exec docker "$@"\n`
  await writeFile(join(folder, 'docker'), script)
  await chmod(join(folder, 'docker'), 0o755)
  return folder
}

/** A comment in each program, so that the layers above it are built anew. */
async function renew(folder: string, why: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true })
  for (const entry of entries.filter((name) => name.endsWith('.py')))
    await appendFile(join(folder, entry), `\n# ${why} ${Date.now()}\n`)
}

async function timed(task: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await task()
  return performance.now() - start
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`
}
