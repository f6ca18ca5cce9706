import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { checkHttp, checkLog, checkTcp, firstMatch, TOO_SLOW } from '../../src/proof/smoke/ask-checks.ts'
import type { SmokeTarget } from '../../src/proof/smoke/run-checks.ts'
import { smokeChecks } from '../../src/repository/smoke.ts'

const slow = '^(a+)+$'
const bait = `${'a'.repeat(64)}!`

describe('a pattern of a check', () => {
  test('is one of JavaScript, and matches the first of the texts that it fits', () => {
    expect(firstMatch('^b', ['ab', 'ba', 'b'])).toBe(1)
    expect(firstMatch('^b(?=c)', ['ab', 'ba'])).toBe(-1)
    expect(firstMatch('^x$', ['a\nx\nb'], 'm')).toBe(0)
    expect(firstMatch('(a)\\1', ['aa'])).toBe(0)
  })

  test('that has no end is ended, and the check fails and says so', async () => {
    expect(firstMatch(slow, [bait])).toBe(TOO_SLOW)
    expect(firstMatch('a', ['a'])).toBe(0)
    const target = { engine: { logs: async () => `ready\n${bait}` }, container: 'c' } as unknown as SmokeTarget
    // What must not appear has not been shown not to.
    for (const check of [
      { match: slow, not: null },
      { match: null, not: slow },
    ])
      expect(await checkLog({ kind: 'log', name: 'x', ...check }, target)).toEqual({ passed: false, value: TOO_SLOW })
  })
})

test('a glob with many stars costs no more than the name is long', () => {
  const fits = (glob: string, name: string) => smokeChecks([{ tcp: { port: 1 }, targets: [glob] }], [name]).length === 1
  expect(fits(`${'*a'.repeat(500)}*b`, 'a'.repeat(4000))).toBe(false)
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['a*b', 'a/x/b', true],
    ['a*b', 'ab', true],
    ['ab*ba', 'aba', false],
    ['*b*', 'abc', true],
    ['**', '', true],
    ['a', 'ab', false],
    ['a*a*a', 'aa', false],
    ['*.x', 'a.x.x', true],
    ['a.c', 'abc', false],
  ]
  for (const [glob, name, is] of cases) expect([glob, name, fits(glob, name)]).toEqual([glob, name, is])
})

describe('a check reaches the container and nothing else', () => {
  let asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.headers.host} ${request.url}`)
    response.end('mine')
  })
  let port = 0
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  })
  afterAll(() => void server.close())

  const target = (local: boolean, address: string): SmokeTarget =>
    ({
      engine: { local },
      container: 'c',
      state: { address, running: true },
      ports: new Map(),
      signal: new AbortController().signal,
      patience: 0,
    }) as unknown as SmokeTarget
  const http = (path: string, at = target(true, '127.0.0.1')) =>
    checkHttp(
      {
        kind: 'http',
        name: 'x',
        path,
        port,
        tls: false,
        method: 'GET',
        data: null,
        status: null,
        headers: {},
        body: null,
      },
      at,
    )

  test('whatever its path says', async () => {
    asked = []
    for (const path of ['//169.254.169.254/latest', '/@example.org/', '/a?b#c', '/\\example.org/'])
      expect(await http(path)).toMatchObject({ passed: true })
    expect(asked.map((line) => line.split(' ')[0])).toEqual(Array(4).fill(`127.0.0.1:${port}`))
    expect(asked[0]).toBe(`127.0.0.1:${port} //169.254.169.254/latest`)
  })

  test.each(['/ HTTP/1.1\r\nHost: evil\r\n\r\nGET /x', '/\0', '/a b'])(
    'and no second request is hidden in it: %j',
    async (path) => {
      asked = []
      expect(await http(path)).toEqual({ passed: false, value: expect.stringContaining('ERR_UNESCAPED_CHARACTERS') })
      expect(asked).toEqual([])
    },
  )

  test.each([
    ['an engine elsewhere', target(false, '172.17.0.2')],
    ['a container without an address', target(true, '')],
  ])('never a service of this machine in its place: %s', async (_, at) => {
    asked = []
    const value = 'not asked: the container has no address that is reached from here'
    expect(await http('/', at)).toEqual({ passed: false, value })
    expect(await checkTcp({ kind: 'tcp', name: 'x', port, send: 'x', expect: null }, at)).toEqual({
      passed: false,
      value,
    })
    expect(asked).toEqual([])
  })
})
