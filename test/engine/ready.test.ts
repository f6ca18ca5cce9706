import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Engine } from '../../src/engine/engine.ts'
import { openEngine } from '../../src/engine/open-engine.ts'
import { type Ready, waitUntilReady } from '../../src/proof/container/lifecycle.ts'
import { retryOnce } from './support/retry.ts'
import { buildText, debian } from './support/small-images.ts'

retryOnce()

let engine: Engine

beforeAll(async () => {
  engine = await openEngine('docker')
}, 30_000)

afterAll(async () => {
  await engine?.cleanUp()
}, 60_000)

async function readyWith(program: string, probe: string, patience: number): Promise<Ready> {
  const image = await buildText(
    engine,
    'ready',
    `FROM ${debian}\nHEALTHCHECK CMD ${probe}\nUSER 10001:10001\nCMD ["sh", "-c", ${JSON.stringify(program)}]\n`,
  )
  const container = await engine.create({ image })
  await engine.start(container)
  return waitUntilReady(engine, container, { ports: [], patience, signal: new AbortController().signal })
}

// The engine itself would ask for the first time after 30 seconds.
test('a health check is asked at once, as the user of the container', async () => {
  const probe = 'test -e /tmp/up && test "$(id -u)" = 10001'
  const ready = await readyWith('sleep 1; touch /tmp/up; sleep 600', probe, 20_000)
  expect(ready).toMatchObject({ ready: true, state: { health: 'healthy' } })
}, 60_000)

test('one that fails while the engine waits decides nothing', async () => {
  const ready = await readyWith('sleep 600', 'test -e /tmp/up', 3_000)
  expect(ready).toMatchObject({ ready: false, state: { health: 'starting' } })
}, 60_000)
