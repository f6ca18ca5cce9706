import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { findEndpoint } from '../../src/engine/api/daemon.ts'
import type { Cli } from '../../src/engine/cli/process.ts'
import { type FakeDaemon, fakeDaemon } from './support.ts'

let fake: FakeDaemon
beforeEach(async () => {
  fake = await fakeDaemon()
})
afterEach(() => fake.end())

/** A CLI that says where its engine is, or nothing. */
function cliAt(host: string | null): Cli {
  const run: Cli['run'] = async () => ({ exitCode: host === null ? 1 : 0, stdout: `${host}\n`, stderr: '' })
  return { run } as Cli
}

async function find(version: object, host = `unix://${fake.socket}`): Promise<readonly string[] | null> {
  const asked: string[] = []
  await fake.listen((request, response) => {
    asked.push(request.url ?? '')
    response.end(JSON.stringify(version))
  })
  const endpoint = await findEndpoint(cliAt(host), { DOCKER_CONFIG: fake.folder }, 5000)
  return endpoint === null ? null : asked
}

const docker = { ApiVersion: '1.45', MinAPIVersion: '1.24', Components: [{ Name: 'Engine' }] }

describe('the API is asked', () => {
  test.each([
    ['in the version that this was written against', docker, '1.44'],
    ['in an older daemon’s own', { ...docker, ApiVersion: '1.42' }, '1.42'],
    ['in the oldest of one that knows that no more', { ...docker, ApiVersion: '1.60', MinAPIVersion: '1.50' }, '1.50'],
  ])('%s', async (_, version, asked) => {
    expect(await find(version)).toEqual(['/version', `/v${asked}/info`])
  })
})

describe('the CLI is asked', () => {
  test('where the daemon is too old', async () => {
    expect(await find({ ...docker, ApiVersion: '1.41' })).toBeNull()
  })

  test('where it is another engine that answers as Docker', async () => {
    expect(await find({ ...docker, Components: [{ Name: 'Podman Engine' }] })).toBeNull()
  })

  test.each(['', 'hello', 'null', '5', '[]', '{"Components":"x","ApiVersion":"1.45"}'])(
    'where what answers is no engine: %j',
    async (answer) => {
      await fake.listen((_, response) => void response.end(answer))
      expect(await findEndpoint(cliAt(`unix://${fake.socket}`), { DOCKER_CONFIG: fake.folder }, 5000)).toBeNull()
    },
  )

  test('where the engine is elsewhere', async () => {
    expect(await find(docker, 'tcp://192.0.2.1:2376')).toBeNull()
  })

  test('where it adds proxies to containers, or its configuration cannot be read', async () => {
    await writeFile(join(fake.folder, 'config.json'), '{"proxies":{"default":{}}}')
    expect(await find(docker)).toBeNull()
    await writeFile(join(fake.folder, 'config.json'), '{')
    expect(await findEndpoint(cliAt(`unix://${fake.socket}`), { DOCKER_CONFIG: fake.folder }, 5000)).toBeNull()
  })

  test('where nothing answers, and it does not say where', async () => {
    expect(await findEndpoint(cliAt(`unix://${fake.socket}`), { DOCKER_CONFIG: fake.folder }, 5000)).toBeNull()
    expect(await findEndpoint(cliAt(null), { DOCKER_CONFIG: fake.folder }, 5000)).toBeNull()
  })
})
