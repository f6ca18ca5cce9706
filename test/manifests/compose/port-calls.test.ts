import { expect, test } from '@jest/globals'
import { applyEdits } from '../../../src/edit.ts'
import { type CallContext, portCalls, upstreamNames } from '../../../src/manifests/compose/port-calls.ts'

const moves = [{ hosts: ['api', 'backend.local'], from: 80, to: 8080 }]

function moved(text: string, context: CallContext = {}): string {
  return applyEdits(text, portCalls(text, moves, context).edits)
}

test.each([
  ['http://api:80/v1', 'http://api:8080/v1'],
  ['http://api', 'http://api:8080'],
  ['http://api/', 'http://api:8080/'],
  ['ws://me:secret@api/x', 'ws://me:secret@api:8080/x'],
  ['api:80,other:80', 'api:8080,other:80'],
  ['http://backend.local/health', 'http://backend.local:8080/health'],
  ['proxy_pass http://api:80;', 'proxy_pass http://api:8080;'],
  ['proxy_pass http://api$request_uri;', 'proxy_pass http://api:8080$request_uri;'],
  ['  server api weight=5;', '  server api:8080 weight=5;'],
  ['reverse_proxy api', 'reverse_proxy api:8080'],
  ['  reverse_proxy /v1/* api other:80', '  reverse_proxy /v1/* api:8080 other:80'],
  ['server s1 api:80 check', 'server s1 api:8080 check'],
  ['- targets: ["api:80", "api"]', '- targets: ["api:8080", "api:8080"]'],
  ['nc -z api 80', 'nc -z api 8080'],
  ['echo > /dev/tcp/api/80', 'echo > /dev/tcp/api/8080'],
  ['curl -f api/health', 'curl -f api:8080/health'],
  ['socket_address: { address: api, port_value: 80 }', 'socket_address: { address: api, port_value: 8080 }'],
  ['"host": "api", "port": 80', '"host": "api", "port": 8080'],
  [`http://api:\${API_PORT:-80}/`, 'http://api:8080/'],
])('%s: follows the port', (before, after) => {
  expect(moved(before)).toBe(after)
  expect(moved(after)).toBe(after)
})

test.each([
  'https://api/',
  'http://api:8000/',
  'http://api:800/',
  'http://api.example.org/',
  'http://my-api/',
  'http://api-two/',
  'registry/api:80',
  'admin@api:80',
  'api:80.1.2.3',
  '# http://api:80',
  'server api:9000;',
  'curl -H "Host: api" http://other/',
  'the api is old',
  `http://api:\${API_PORT:-3000}/`,
])('%s: speaks of something else', (text) => {
  expect(portCalls(text, moves)).toEqual({ edits: [], open: [] })
})

test('a group of servers is no host', () => {
  const text = 'upstream api {\n  server api:80;\n}\nproxy_pass http://api;\n'
  const ownNames = upstreamNames([text])
  expect(moved(text, { ownNames })).toBe('upstream api {\n  server api:8080;\n}\nproxy_pass http://api;\n')
})

test('a number that only a variable has is followed where it is known, and said where it is not', () => {
  const text = 'one: 1\nurl: http://api:$PORT/'
  expect(portCalls(text, moves)).toMatchObject({ edits: [], open: [{ line: 2, said: 'url: http://api:$PORT/' }] })
  expect(moved(text, { variables: new Map([['PORT', '80']]) })).toBe('one: 1\nurl: http://api:8080/')
  expect(portCalls(text, moves, { variables: new Map([['PORT', '3000']]) })).toEqual({ edits: [], open: [] })
})

test('in source code a host alone is a word', () => {
  expect(moved('to api\nfetch("http://api/x")', { isSource: true })).toBe('to api\nfetch("http://api:8080/x")')
})

test.each<[string, number]>([
  ['host: api\nweight: 3\nport: 80\n', 1],
  ['port_value: 80\naddress: api\n', 1],
  ['{\n  "host": "api",\n  "tls": false,\n  "port": 80\n}', 1],
  ['host: api\nweight: 3\nport: 8000\n', 0],
  ['host: api\nhost: other\nport: 80\n', 0],
  ['API_HOST=api\nMODE=x\nAPI_PORT=80\n', 0],
  ['name: api\nport: 80\n', 0],
])('a port by a key of its own, some lines away, is said: %j', (text, count) => {
  const { open, edits } = portCalls(text, moves)
  expect([open.length, edits]).toEqual([count, []])
})
