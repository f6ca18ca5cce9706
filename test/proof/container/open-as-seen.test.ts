import { expect, test } from '@jest/globals'
import type { Listener } from '../../../src/engine/engine.ts'
import { openAsSeen } from '../../../src/proof/container/run-specs.ts'

const listener = (port: number, protocol: Listener['protocol'] = 'tcp', loopback = false): Listener => ({
  port,
  protocol,
  loopback,
})

test('what is waited for is what the original opened to others, each port where it is now', () => {
  const listeners = [listener(80), listener(80), listener(443), listener(9000, 'tcp', true), listener(53, 'udp')]
  const { ports, patience } = openAsSeen(
    { listeners, readyAfter: 4000 },
    new Map([[80, 8080]]),
    new AbortController().signal,
  )
  expect(ports).toEqual([8080, 443])
  expect(patience).toBe(17_000)
})

test('where its ports cannot be read, none is waited for', () => {
  const seen = { listeners: null, readyAfter: 100 }
  expect(openAsSeen(seen, new Map(), new AbortController().signal).ports).toEqual([])
})
