import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { bounds } from '../../src/bounds.ts'
import { type Daemon, openDaemon } from '../../src/engine/api/daemon.ts'
import type { HardenError } from '../../src/errors.ts'
import { type FakeDaemon, fakeDaemon } from './support.ts'

let fake: FakeDaemon
beforeEach(async () => {
  fake = await fakeDaemon()
})
afterEach(() => fake.end())

async function daemonThat(answers: RequestListener): Promise<Daemon> {
  await fake.listen(answers)
  return openDaemon(fake.socket, '1.44')
}

const failed = (promise: Promise<unknown>): Promise<HardenError> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: HardenError) => error,
  )

describe('a request', () => {
  test('names the version of the API, its query and its body', async () => {
    const daemon = await daemonThat((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () =>
        response.end(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`),
      )
    })
    const { status, text } = await daemon.ask('POST', '/x', { query: { a: 'b c' }, body: { d: 1 } })
    expect([status, text]).toEqual([200, 'POST /v1.44/x?a=b+c application/json {"d":1}'])
  })

  test('that fails gives what the daemon says', async () => {
    const daemon = await daemonThat((_, response) => {
      response.writeHead(500).end('{"message":"no space left on device"}')
    })
    expect((await daemon.ask('GET', '/x')).text).toBe('no space left on device')
    expect((await failed(daemon.call('look', 'GET', '/x'))).message).toContain('disk is full')
  })

  test('that nobody answers says where nobody answers', async () => {
    const error = await failed(openDaemon(fake.socket, '1.44').ask('GET', '/x'))
    expect(error).toMatchObject({ code: 'no-engine', hint: expect.stringContaining('DOCKER_HOST') })
    expect(error.message).toContain(fake.socket)
  })

  test('without an end is given up', async () => {
    const daemon = await daemonThat(() => undefined)
    expect((await failed(daemon.ask('GET', '/x', { timeoutMs: 50 }))).code).toBe('timeout')
  })
})

describe('what is no Docker Engine', () => {
  test.each([
    ['a file', (path: string) => writeFile(path, 'x')],
    ['a folder', (path: string) => mkdir(path)],
    ['a named pipe', async (path: string) => void execFileSync('mkfifo', [path])],
  ])('%s is no engine that answers', async (_, make) => {
    await make(fake.socket)
    expect(await failed(openDaemon(fake.socket, null).ask('GET', '/version'))).toMatchObject({ code: 'no-engine' })
  })

  test.each([
    ['speaks no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', 'no-engine'],
    ['hangs up at once', '', 'no-engine'],
    ['ends in its head', 'HTTP/1.1 200 OK\r\nContent-', 'no-engine'],
    ['ends in its body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{', 'engine-failed'],
    ['sends broken chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', 'engine-failed'],
  ])('what %s is told of', async (_, answer, code) => {
    const server = createServer((socket) => socket.on('error', () => {}).end(answer))
    await new Promise<void>((resolve) => server.listen(fake.socket, resolve))
    expect(await failed(openDaemon(fake.socket, null).ask('GET', '/version'))).toMatchObject({ code })
    server.close()
  })

  test('an answer without end is not read to the end', async () => {
    const daemon = await daemonThat((_, response) => {
      const part = Buffer.alloc(1024 * 1024, 'x')
      const more = (): void => {
        while (!response.destroyed && response.write(part));
      }
      response.on('drain', more)
      more()
    })
    expect((await failed(daemon.ask('GET', '/x'))).message).toContain(`more than ${bounds.engineAnswerBytes} bytes`)
  })
})

describe('a stream', () => {
  const text = (body: AsyncIterable<unknown>): Promise<string> =>
    (async () => {
      let all = ''
      for await (const chunk of body) all += String(chunk)
      return all
    })()

  test('is null for what is not there, and fails with what the daemon says', async () => {
    const daemon = await daemonThat((request, response) => {
      response.writeHead(request.url?.endsWith('/gone') ? 404 : 500).end('{"message":"broken"}')
    })
    expect(await daemon.stream('read', '/gone', text)).toBeNull()
    expect((await failed(daemon.stream('read', '/x', text))).message).toBe('docker could not read: broken')
  })

  test('that breaks off is no end', async () => {
    const daemon = await daemonThat((_, response) => {
      response.write('half')
      setTimeout(() => response.destroy(), 20)
    })
    expect(await failed(daemon.stream('read', '/x', text))).toMatchObject({ code: 'engine-failed' })
    expect(await failed(daemon.ask('GET', '/x'))).toMatchObject({ code: 'engine-failed' })
  })

  test('that falls silent is given up', async () => {
    const daemon = await daemonThat((_, response) => {
      response.write('first')
    })
    expect(await failed(daemon.stream('read', '/x', text, { silenceMs: 50 }))).toMatchObject({ code: 'timeout' })
  })

  test('may be left early', async () => {
    const daemon = await daemonThat((_, response) => {
      response.write('first')
    })
    const first = await daemon.stream('read', '/x', async (body) => {
      for await (const chunk of body) return String(chunk)
      return ''
    })
    expect(first).toBe('first')
  })
})

test('what runs is ended when the session is, and only cleaning up goes on', async () => {
  const daemon = await daemonThat((request, response) => {
    if (request.url?.endsWith('/now')) response.end('here')
  })
  const waiting = failed(daemon.ask('GET', '/never'))
  await new Promise((resolve) => setTimeout(resolve, 20))
  const last = daemon.close()
  expect((await waiting).message).toContain('session is over')
  expect((await failed(daemon.ask('GET', '/now'))).message).toContain('session is over')
  expect((await last.ask('GET', '/now')).text).toBe('here')
  expect(last.killed()).toBe(true)
})
