// Realistic applications hardened by what their Dockerfile and build context say alone, without --prove: built and run
// before and after, each answers as it did, locked down and as non-root.
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { withDefaults } from '../../../src/app/api.ts'
import { targetProcessor } from '../../../src/app/pipeline.ts'
import type { TargetResult } from '../../../src/report/report.ts'
import { assertAddress, buildImage, docker, httpGet, processesOf, waitFor, withContainer, withLists } from './images.ts'

interface App {
  readonly port: number
  /** Paths to ask for, in order; a text that is sent instead where it is no HTTP server. */
  readonly ask: readonly string[] | { readonly send: string; readonly expect: RegExp }
  /** Modes that a checkout under umask 077 has. */
  readonly modes?: Readonly<Record<string, number>>
}

export const APPS: Readonly<Record<string, App>> = {
  'apache-site': { port: 80, ask: ['/'] },
  'busybox-httpd': { port: 80, ask: ['/'] },
  'c-own-account': { port: 8080, ask: ['/', '/'] },
  'c-scratch': { port: 8080, ask: ['/', '/'] },
  'entrypoint-step-down': { port: 8000, ask: ['/', '/'] },
  'go-broker': {
    port: 4222,
    ask: {
      send: 'CONNECT {"verbose":false}\r\nSUB r 1\r\nPUB $JS.API.STREAM.CREATE.S r 29\r\n{"name":"S","subjects":["s"]}\r\n',
      expect: /stream_create_response","config":\{"name":"S"/,
    },
  },
  'haproxy-front': { port: 8080, ask: ['/'] },
  'java-pages': { port: 8080, ask: ['/guestbook/'] },
  'lighttpd-site': { port: 80, ask: ['/'] },
  'memcached-cache': { port: 11211, ask: { send: 'set k 0 0 1\r\nx\r\nget k\r\n', expect: /STORED\s+VALUE k 0 1/ } },
  'mosquitto-broker': {
    port: 1883,
    ask: { send: '\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02hi', expect: /^ \W{3}/ },
  },
  'nginx-config': { port: 80, ask: ['/', '/'] },
  'nginx-site': { port: 80, ask: ['/'] },
  'node-database': { port: 3000, ask: ['/first', '/'] },
  'node-low-port': { port: 80, ask: ['/'] },
  'node-next': { port: 3000, ask: ['/a', '/b'] },
  'node-tini': { port: 3000, ask: ['/'] },
  'node-uploads': { port: 3000, ask: ['/put/one', '/'] },
  'php-apache': { port: 80, ask: ['/', '/'] },
  'php-fpm-nginx': { port: 80, ask: ['/'] },
  'php-laravel': { port: 8000, ask: ['/', '/'] },
  'php-symfony': { port: 8000, ask: ['/', '/'] },
  'python-arguments': { port: 8000, ask: ['/', '/'] },
  'python-closed': { port: 8000, ask: ['/'], modes: { 'start.sh': 0o700, 'settings.ini': 0o600 } },
  'python-django': { port: 8000, ask: ['/', '/'] },
  'python-flask': { port: 5000, ask: ['/', '/'] },
  'python-http-server': { port: 80, ask: ['/'] },
  'python-sqlite': { port: 8000, ask: ['/', '/'] },
  'redis-data': { port: 6379, ask: { send: 'SET k v\r\nSAVE\r\nGET k\r\n', expect: /\+OK\r\n\+OK\r\n\$1\r\nv/ } },
  'root-home': { port: 8000, ask: ['/', '/visits'] },
  'ruby-rails': { port: 3000, ask: ['/', '/'] },
  'supervisor-two': { port: 80, ask: ['/'] },
}

/** In parts for files of their own, so that they run beside each other; what shares packages shares a part. */
export const GROUPS = {
  scripts: [
    'entrypoint-step-down',
    'node-database',
    'node-low-port',
    'node-next',
    'node-tini',
    'node-uploads',
    'python-arguments',
    'python-closed',
    'python-django',
    'python-flask',
    'python-http-server',
    'python-sqlite',
    'root-home',
  ],
  servers: [
    'apache-site',
    'haproxy-front',
    'lighttpd-site',
    'memcached-cache',
    'mosquitto-broker',
    'nginx-config',
    'nginx-site',
    'php-apache',
    'php-fpm-nginx',
    'redis-data',
    'supervisor-two',
  ],
  languages: [
    'busybox-httpd',
    'c-own-account',
    'c-scratch',
    'go-broker',
    'java-pages',
    'php-laravel',
    'php-symfony',
    'ruby-rails',
  ],
} as const

/** Each shows another thing that an image tells of its program. */
const AS_IMAGE: ReadonlySet<string> = new Set([
  'apache-site',
  'c-own-account',
  'go-broker',
  'nginx-site',
  'node-uploads',
  'php-fpm-nginx',
  'php-laravel',
  'python-closed',
  'python-django',
  'root-home',
  'ruby-rails',
])

/** What a cluster under the *restricted* profile does, and no privileged ports whatever the engine thinks of them. */
const LOCKED_DOWN = [
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  '--sysctl=net.ipv4.ip_unprivileged_port_start=1024',
]

/** Of this run alone: others may use the engine at the same time. */
const IMAGES = `harden-image-test/static-${process.pid}`

let scratch = ''
const cleanUps: (() => Promise<void>)[] = []

/** The base image is looked into once, whatever is built on it. */
const processors = { docker: targetProcessor(), none: targetProcessor() }

interface Original {
  readonly image: string
  readonly found: readonly string[]
}

/** What is known of it: Dockerfile and base image, the Dockerfile alone, or what it was built to. */
type Known = 'base' | 'text' | 'image'

/**
 * Builds and runs each application of the group as it is, and as it is hardened: with the base image at hand, without,
 * and some as an image that somebody else has built.
 */
export function describeApps(group: keyof typeof GROUPS): void {
  const originals = new Map<string, Original>()
  const passed = new Map<string, string>()

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'harden-image-static-'))
  })
  afterAll(async () => {
    for (const run of cleanUps) await run()
    await rm(scratch, { recursive: true, force: true })
    const images = await docker(['images', '--quiet', `${IMAGES}-*`])
    if (images) await docker(['rmi', '--force', ...new Set(images.split('\n'))])
  })

  describe.each([
    ['with the base image at hand', 'base'],
    ['without an engine', 'text'],
    ['as an image', 'image'],
  ] as const)('%s', (_, known) => {
    for (const name of GROUPS[group].filter((each) => known !== 'image' || AS_IMAGE.has(each))) {
      test(`${name} answers as it did`, async () => {
        const app = APPS[name]
        if (app === undefined) throw new Error(`${name} is no application`)
        const folder = await checkout(name)
        const before = originals.get(name) ?? (await originalOf(name, folder, app))
        const result = await hardened(known === 'image' ? before.image : folder, known)
        expect(result.verdict).toBe('rewritten')
        // The same text has been built and run with the base at hand.
        if (passed.get(name) === result.output) return
        const after = await build(folder, result.output, `${name}-${known}`)
        const exposed = await docker(['image', 'inspect', '--format', '{{json .Config.ExposedPorts}}', after])
        // A port of the image that it is built from stays exposed beside its new one.
        const port = exposed.includes(`"${app.port + 8000}/`) ? app.port + 8000 : app.port
        expect(port).toBeGreaterThanOrEqual(1024)
        const locked = await run(after, LOCKED_DOWN, port, app.ask)
        expect(locked.found).toEqual(before.found)
        expect(locked.processes.length).toBeGreaterThan(0)
        for (const process of locked.processes) expect(process.uids).not.toContain(0)
        // Kept only where it was asked as often as this one: a request that is lost on a busy machine is asked again, and counts.
        originals.set(name, before)
        passed.set(name, result.output)
      })
    }
  })
}

async function originalOf(name: string, folder: string, app: App): Promise<Original> {
  const image = await build(folder, await readFile(join(folder, 'Dockerfile'), 'utf8'), `${name}-before`)
  return { image, ...(await run(image, [], app.port, app.ask)) }
}

async function checkout(name: string): Promise<string> {
  const folder = join(scratch, name)
  await cp(join(import.meta.dirname, '..', 'static', name), folder, { recursive: true })
  for (const [file, mode] of Object.entries(APPS[name]?.modes ?? {})) await chmod(join(folder, file), mode)
  return folder
}

async function build(folder: string, text: string, tag: string): Promise<string> {
  await writeFile(join(scratch, `${tag}.Dockerfile`), text)
  const file = join(scratch, `${tag}.Dockerfile`)
  return buildImage(`${IMAGES}-${tag}`, ['--file', file, ...(await withLists()), folder])
}

/** `subject`: the folder of the Dockerfile, or the image. */
async function hardened(subject: string, known: Known): Promise<TargetResult> {
  const engine = known === 'text' ? 'none' : 'docker'
  const path = join(subject, 'Dockerfile')
  const outcome = await processors[engine](
    known === 'image'
      ? { target: subject, kind: 'image', path: null, reference: subject, from: null, text: null }
      : {
          target: 'Dockerfile',
          kind: 'dockerfile',
          path,
          reference: null,
          from: null,
          text: await readFile(path, 'utf8'),
        },
    withDefaults({ engine, offline: true }),
    { progress: () => {}, onCleanUp: (run) => void cleanUps.push(run), signal: new AbortController().signal },
  )
  return outcome.result
}

async function answers(address: string, port: number, ask: App['ask']): Promise<readonly string[]> {
  if ('send' in ask) {
    const text = await talk(address, port, ask.send, ask.expect)
    return [ask.expect.exec(text)?.[0] ?? text]
  }
  const found: string[] = []
  for (const path of ask) {
    const answer = await httpGet(address, port, path)
    // Of several programs one may be up before the others.
    if (answer.status >= 500) throw new Error(`${path}: ${answer.status} ${answer.body}`)
    found.push(`${answer.status} ${answer.body}`)
  }
  return found
}

function talk(address: string, port: number, text: string, wanted: RegExp): Promise<string> {
  assertAddress(address)
  return new Promise((resolve, reject) => {
    const socket = connect(port, address)
    let heard = ''
    socket.setTimeout(5000, () => socket.destroy(new Error(`heard only ${JSON.stringify(heard)}`)))
    socket.on('error', reject)
    socket.on('data', (data) => {
      heard += data.toString('latin1')
      if (wanted.test(heard)) socket.end()
    })
    socket.on('end', () => socket.end())
    socket.on('close', () => resolve(heard))
    socket.write(Buffer.from(text, 'latin1'))
  })
}

/** Asks once it is up: the first request is repeated only while nobody listens, since every request may count. */
async function run(image: string, options: readonly string[], port: number, ask: App['ask']) {
  return withContainer(image, options, async (container) => {
    const found = await waitFor(() => answers(container.address, port, ask), 60_000).catch(async (error: unknown) => {
      throw new Error(`${error}\n${await docker(['logs', container.id]).catch(String)}`)
    })
    return { found, processes: await processesOf(container.id) }
  })
}
