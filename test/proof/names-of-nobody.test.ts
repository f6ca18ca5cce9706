import { expect, test } from '@jest/globals'
import { soughtNames } from '../../src/proof/original.ts'

// How each says so when it is asked for a name that nobody knows.
test.each<[string, readonly string[]]>([
  ['nginx: [emerg] host not found in upstream "api:8080" in /etc/nginx/conf.d/default.conf:3', ['api']],
  [
    "[ALERT] (1) : parsing [/etc/haproxy.cfg:4] : 'server web' : could not resolve address 'shop-web'.",
    ['server', 'web', 'shop-web'],
  ],
  ["resolve_split_name: Temporary failure in name resolution `ssh:2222'", ['resolve_split_name', 'ssh']],
  ['hostport2addrinfo: can not resolve home', ['home']],
  ['Error: getaddrinfo EAI_AGAIN db', ['db']],
  ['dial tcp: lookup queue.internal on 127.0.0.11:53: no such host', ['queue.internal']],
  ['java.net.UnknownHostException: search: Name or service not known', ['search']],
  ['perl: cannot open /etc/app.conf: No such file', []],
  ['connect: Connection refused (db:5432)', []],
])('%s: %j', (line, names) => {
  expect(soughtNames(`started\n${line}\n`)).toEqual(names)
})

test('only the last lines tell, and no more than a few names are taken', () => {
  const old = 'could not resolve early\n'
  const lines = (count: number): string =>
    Array.from({ length: count }, (_, i) => `could not resolve n${i}-x`).join('\n')
  expect(soughtNames(`${old}${'x\n'.repeat(50)}`)).toEqual([])
  expect(soughtNames(lines(30))).toHaveLength(8)
})
