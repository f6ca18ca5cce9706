import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Engine, RunSpec } from '../../src/engine/engine.ts'
import { openEngine } from '../../src/engine/open-engine.ts'
import { debian } from './support/small-images.ts'

let byApi: Engine
let byCli: Engine

beforeAll(async () => {
  ;[byApi, byCli] = await Promise.all([openEngine('docker'), openEngine('docker', { onlyCli: true })])
}, 30_000)

afterAll(async () => {
  await Promise.all([byApi?.cleanUp(), byCli?.cleanUp()])
}, 60_000)

type Json = { [name: string]: unknown }

/** What the engine has of a container, without what is its own: ids, times, names of anonymous volumes. */
async function made(engine: Engine, spec: RunSpec): Promise<Json> {
  const id = await engine.create(spec)
  const [{ Config, HostConfig, Mounts }] = JSON.parse(execFileSync('docker', ['inspect', id], { encoding: 'utf8' }))
  const { Hostname, Labels, AttachStdout, AttachStderr, ...config } = Config
  const { ConsoleSize, ...host } = HostConfig
  const own = { 'harden-image.session': engine.session }
  expect(Labels).toMatchObject(own)
  return {
    // The CLI sends its --env in an order that changes from call to call (it walks a map).
    config: { ...config, Env: [...(config.Env ?? [])].sort() },
    labels: { ...Labels, 'harden-image.session': '' },
    host: { ...host, ...nothingIsEmpty(host) },
    mounts: Mounts.map(({ Type, Destination, RW }: Json) => ({ Type, Destination, RW })),
  }
}

/** The CLI sends an empty list where the API may leave it out: both mean nothing. */
function nothingIsEmpty(host: Json): Json {
  return Object.fromEntries(
    Object.entries(host).map(([name, value]) => [
      name,
      value !== null && JSON.stringify(value).length <= 2 ? null : value,
    ]),
  )
}

describe('the API and the CLI make the same container', () => {
  const all: RunSpec = {
    image: debian,
    user: '10001:10002',
    groups: [10003, 10004],
    capDrop: ['ALL'],
    capAdd: ['NET_BIND_SERVICE'],
    noNewPrivileges: true,
    readOnly: true,
    sysctls: { 'net.ipv4.ip_unprivileged_port_start': '1024' },
    env: { A: '1', B: 'x=y z' },
    mounts: [
      { type: 'volume', target: '/data' },
      { type: 'tmpfs', target: '/run/app', options: 'uid=10001,mode=0750' },
      { type: 'tmpfs', target: '/tmp' },
    ],
    entrypoint: '/bin/sh',
    command: ['-c', 'true'],
    network: 'none',
    memoryBytes: 64 * 1024 * 1024,
    pidsLimit: 64,
    tty: true,
    labels: { a: 'b' },
  }
  const cases: readonly (readonly [string, RunSpec])[] = [
    ['of an image alone', { image: debian }],
    ['with all that can be said', all],
    ['without its entrypoint', { image: debian, entrypoint: '', command: ['true'] }],
  ]
  test.each(cases)('%s', async (_, spec) => {
    const [api, cli] = await Promise.all([made(byApi, spec), made(byCli, spec)])
    expect(api).toEqual(cli)
  })

  test('with the volumes and the network of another', async () => {
    const first = await byApi.create({
      image: debian,
      mounts: [{ type: 'volume', target: '/data' }],
      command: ['true'],
    })
    const spec: RunSpec = { image: debian, volumesFrom: [first], network: `container:${first}` }
    const [api, cli] = await Promise.all([made(byApi, spec), made(byCli, spec)])
    expect(api).toEqual(cli)
  })
})

test('a log with a terminal has no frames', async () => {
  for (const engine of [byApi, byCli]) {
    const id = await engine.run({ image: debian, tty: true, command: ['sh', '-c', 'echo one; echo two >&2'] })
    for (let i = 0; i < 100 && (await engine.state(id)).running; i += 1)
      await new Promise((done) => setTimeout(done, 50))
    expect(await engine.logs(id)).toBe('one\r\ntwo\r\n')
  }
})

describe('where the API is not asked', () => {
  test('the CLI adds the proxies of its own configuration', async () => {
    const { mkdtemp, rm, writeFile } = await import('node:fs/promises')
    const folder = await mkdtemp('/tmp/harden-image-test-')
    try {
      const proxy = 'http://proxy.example:3128'
      await writeFile(`${folder}/config.json`, JSON.stringify({ proxies: { default: { httpProxy: proxy } } }))
      const engine = await openEngine('docker', { env: { ...process.env, DOCKER_CONFIG: folder } })
      const id = await engine.run({ image: debian, command: ['sh', '-c', 'echo $http_proxy'] })
      for (let i = 0; i < 100 && (await engine.state(id)).running; i += 1)
        await new Promise((done) => setTimeout(done, 50))
      expect(await engine.logs(id)).toBe(`${proxy}\n`)
      await engine.cleanUp()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
