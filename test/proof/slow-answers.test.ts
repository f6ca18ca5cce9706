// Whoever answers is a program that nobody trusts: each answer has an end, in bytes and in time.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, jest, test } from '@jest/globals'
import { bounds } from '../../src/bounds.ts'
import { ask } from '../../src/proof/smoke/ask-checks.ts'

let server: Server | null = null

afterEach(() => {
  jest.useRealTimers()
  server?.close()
})

/** A server that does this with each connection once it was asked something; gives its port. */
async function served(answer: (socket: Socket) => void): Promise<number> {
  server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => answer(socket))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

/** Writes as fast as the client reads, until that hangs up. */
function flood(socket: Socket, make: () => string): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(make()));
  }
  socket.on('drain', more)
  more()
}

const get = { path: '/', method: 'GET', data: null, tls: false } as const
const asked = (port: number) => ask(get, '127.0.0.1', port, new AbortController().signal)
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n'

test('a page without end is read up to the bound', async () => {
  const port = await served((socket) => {
    socket.write(HEAD)
    const chunk = 'x'.repeat(64 * 1024)
    flood(socket, () => chunk)
  })
  const { status, body } = await asked(port)
  expect(status).toBe(200)
  expect(body.length).toBeGreaterThan(bounds.pageBytes)
  expect(body.length).toBeLessThan(bounds.pageBytes + 1024 * 1024)
}, 30_000)

test('a page of which a byte comes now and then is what has come within 20 seconds', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
  const port = await served((socket) => {
    socket.write(`${HEAD}a`)
    setImmediate(() => jest.advanceTimersByTime(19_000))
    setImmediate(() => socket.write('b'))
    // The client has it before it gives up.
    const late = (turns: number): void =>
      void (turns > 0 ? setImmediate(late, turns - 1) : jest.advanceTimersByTime(1000))
    setImmediate(late, 100)
  })
  expect(await asked(port)).toMatchObject({ status: 200, body: 'ab' })
}, 15_000)

test('headers that do not come to an end are no answer after 20 seconds', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
  const port = await served((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nX-A: ')
    setImmediate(() => jest.advanceTimersByTime(20_000))
  })
  await expect(asked(port)).rejects.toThrow('timeout')
}, 8_000)

test('headers without end are no answer', async () => {
  const port = await served((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    flood(socket, () => `X-A: ${'a'.repeat(1000)}\r\n`)
  })
  await expect(asked(port)).rejects.toMatchObject({ code: 'HPE_HEADER_OVERFLOW' })
}, 30_000)
