// The bundle that users get, as a child process, and what it leaves on the engine.
import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { TargetResult } from '../../../src/report/report.ts'
import { docker, TEST_LABEL } from './images.ts'

export const REPOSITORY = join(import.meta.dirname, '..', '..', '..')
const CLI = join(REPOSITORY, 'dist', 'cli.js')

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
}

export interface CliOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  /** As a machine of that name would run it: what other tests' runs left is not its own, nor the other way round. */
  readonly hostname?: string
  /** Looks at all of stderr each time that it grows; once it is true, Ctrl-C is pressed. */
  readonly interruptWhen?: (stderr: string) => boolean
}

/** What goes before a command for it to run on a host of that name. */
function onHost(hostname: string | undefined): readonly string[] {
  if (hostname === undefined) return []
  return ['unshare', '--uts', 'sh', '-c', 'echo "$0" > /proc/sys/kernel/hostname && exec "$@"', hostname]
}

export async function harden(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  const start = performance.now()
  // A process group of its own, as a shell gives it: Ctrl-C reaches the engine's CLI below it as well.
  const [command = '', ...rest] = [...onHost(options.hostname), process.execPath, CLI, ...args]
  const child = spawn(command, rest, {
    cwd: options.cwd ?? REPOSITORY,
    env: { ...process.env, FORCE_COLOR: '', ...options.env },
    detached: true,
  })
  let stdout = ''
  let stderr = ''
  let interrupted = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    if (interrupted || child.pid === undefined || !options.interruptWhen?.(stderr)) return
    interrupted = true
    process.kill(-child.pid, 'SIGINT')
  })
  child.stdin.on('error', () => {}) // not all calls read it
  child.stdin.end(options.stdin)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return { code, stdout, stderr, seconds: (performance.now() - start) / 1000 }
}

const schema = JSON.parse(await readFile(join(REPOSITORY, 'schema', 'report.schema.json'), 'utf8'))
const validate = new Ajv2020({ strictRequired: false, allErrors: true }).compile(schema)

export interface Hardening extends Ended {
  readonly result: TargetResult
}

/** One target with `--format json`: stdout must be a report that fits the schema. */
export async function hardenOne(
  target: string,
  flags: readonly string[],
  options: CliOptions = {},
): Promise<Hardening> {
  const ended = await harden([target, ...flags, '--format', 'json'], options)
  if (ended.stdout === '') throw new Error(`no report; exit code ${ended.code}, stderr: ${ended.stderr}`)
  const report = JSON.parse(ended.stdout)
  validate(report)
  expect(validate.errors ?? []).toEqual([])
  expect(report.results).toHaveLength(1)
  const [result] = report.results as TargetResult[]
  if (result === undefined) throw new Error('a report without results')
  expect(result.target).toBe(target)
  return { ...ended, result }
}

export interface Traced<T> {
  readonly value: T
  /** The engine's sessions that it opened, by the label that it puts on everything. */
  readonly sessions: readonly string[]
  /** What it asked of `docker`, an argument list a line. */
  readonly calls: readonly string[]
}

/** Lets `use` run with an environment in which each call of `docker` is written down first. */
export async function traceDocker<T>(use: (env: Record<string, string>) => Promise<T>): Promise<Traced<T>> {
  const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  try {
    const log = join(folder, 'calls')
    const path = process.env.PATH ?? ''
    await writeFile(log, '')
    const script = `#!/bin/sh\necho "$*" >> '${log}'\nPATH='${path}' exec docker "$@"\n`
    await writeFile(join(folder, 'docker'), script)
    await chmod(join(folder, 'docker'), 0o755)
    const value = await use({ PATH: `${folder}:${path}` })
    const text = await readFile(log, 'utf8')
    const sessions = [...text.matchAll(/harden-image\.session=([0-9a-f]+)/g)].map((match) => match[1] ?? '')
    return { value, sessions: [...new Set(sessions)], calls: text.trim().split('\n') }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** An environment in which every container is made with `options` too, as a daemon may be set up. */
export async function withRunOptions<T>(
  options: readonly string[],
  use: (env: Record<string, string>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  try {
    const path = process.env.PATH ?? ''
    const quoted = options.map((option) => `'${option}'`).join(' ')
    // A CLI that does not say where its engine is has to be asked for everything.
    const script = `#!/bin/sh\ncommand=$1\nshift\ncase $command in create | run) set -- ${quoted} "$@" ;; context) exit 1 ;; esac\nPATH='${path}' exec docker "$command" "$@"\n`
    await writeFile(join(folder, 'docker'), script)
    await chmod(join(folder, 'docker'), 0o755)
    return await use({ PATH: `${folder}:${path}` })
  } finally {
    await rm(folder, { recursive: true })
  }
}

const INVENTORY = {
  container: ['ps', '--all', '--quiet', '--no-trunc'],
  image: ['image', 'ls', '--all', '--quiet', '--no-trunc'],
  network: ['network', 'ls', '--quiet', '--no-trunc'],
  volume: ['volume', 'ls', '--quiet'],
} as const

/**
 * All that the engine holds and that is not known to be of somebody else: not the tests' own images and containers, not
 * those of another session, not a volume in use. So two files of tests may work on one engine at a time.
 */
export async function inventory(): Promise<ReadonlySet<string>> {
  const lists = Object.entries(INVENTORY).map(async ([kind, args]) => {
    const list = async (...filters: string[]) => (await docker([...args, ...filters])).split('\n').filter(Boolean)
    // First: what comes into being between the lists is in none of those that name whose it is.
    const all = await list()
    const [tests, composed, sessions, tracers, relays, used] = await Promise.all([
      list('--filter', `label=${TEST_LABEL}`),
      // What the tests start as people do. A proof's own has its session besides.
      list('--filter', 'label=com.docker.compose.project'),
      list('--filter', 'label=harden-image.session'),
      kind === 'image' ? list('--filter', 'label=harden-image.tracer') : [],
      kind === 'image' ? list('--filter', 'label=harden-image.relay') : [],
      kind === 'volume' ? list('--filter', 'dangling=false') : [],
    ])
    const known = new Set([...tests, ...composed, ...sessions, ...tracers, ...relays, ...used])
    // Somebody else's may have gone between the lists.
    const still = new Set(await list())
    return all.filter((id) => !known.has(id) && still.has(id)).map((id) => `${kind} ${id}`)
  })
  return new Set((await Promise.all(lists)).flat())
}
