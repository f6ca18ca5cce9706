import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'
import { parseConfig, readConfig } from '../../src/repository/config.ts'
import { configsFrom } from '../../src/repository/repository.ts'
import { smokeChecks } from '../../src/repository/smoke.ts'
import { nearestName } from '../../src/words.ts'
import { tree } from './tree.ts'

const schema = JSON.parse(readFileSync('schema/config.schema.json', 'utf8'))
const fits = addFormats.default(new Ajv2020({ strict: true, strictRequired: false })).compile(schema)
const transforms = ['set-user', 'raise-ports']
const read = (text: string) => parseConfig(text, '.harden-image.yaml', transforms)

const accepted: readonly (readonly [string, object])[] = [
  ['user: app', { user: 'app' }],
  ['user: "10001"', { user: '10001' }],
  ['user: 10001:0', { user: '10001:0' }],
  ['user: Debian-exim', { user: 'Debian-exim' }],
  ['user: rootless', { user: 'rootless' }],
  ['own: workdir\nports: keep', { own: 'workdir', ports: 'keep' }],
  ['writable:\n  - /var/lib/app\n  - /srv/..data', { writable: ['/var/lib/app', '/srv/..data'] }],
  ['writable: []', { writable: [] }],
  ['unsafe: true\noffline: false', { unsafe: true, offline: false }],
  ['failOn: changes', { failOn: 'changes' }],
  ['ignore: [raise-ports]', { ignore: ['raise-ports'] }],
  ['target: production', { target: 'production' }],
  ['engine: podman\nplatform: linux/arm/v7', { engine: 'podman', platform: 'linux/arm/v7' }],
  ['smoke: curl -f http://$HOST:$PORT_8080/', { smoke: 'curl -f http://$HOST:$PORT_8080/' }],
  ['smoke: []', { smoke: [] }],
  [
    'smoke:\n  - http: { path: /login, port: 80, status: [200, 204], headers: { server: ^x }, body: ok }\n    name: login',
    {
      smoke: [
        {
          http: { path: '/login', port: 80, status: [200, 204], headers: { server: '^x' }, body: 'ok' },
          name: 'login',
        },
      ],
    },
  ],
  [
    'smoke:\n  - tcp: { port: 25, send: "EHLO x\\r\\n", expect: ^250 }',
    { smoke: [{ tcp: { port: 25, send: 'EHLO x\r\n', expect: '^250' } }] },
  ],
  [
    'smoke:\n  - exec: { command: [id, -u], exitCode: 3, in: host }',
    { smoke: [{ exec: { command: ['id', '-u'], exitCode: 3, in: 'host' } }] },
  ],
  [
    'smoke:\n  - log: { not: panic }\n  - log: { match: ready }',
    { smoke: [{ log: { not: 'panic' } }, { log: { match: 'ready' } }] },
  ],
  [
    'smoke:\n  - file: { path: /data/x }\n    targets: [redis*]',
    { smoke: [{ file: { path: '/data/x' }, targets: ['redis*'] }] },
  ],
  ['{"$schema": "./schema.json", "user": "app"}', { user: 'app' }],
  ['# nothing but a comment', {}],
  ['', {}],
]

const rejected: readonly (readonly [string, string])[] = [
  ['own: minimal\nusr: app', '.harden-image.yaml:2: unknown setting "usr"'],
  ['network: true', '.harden-image.yaml:1: unknown setting "network"'],
  ['write: true', '.harden-image.yaml:1: unknown setting "write"'],
  ['user: root', ':1: user must be another user than root'],
  ['user: "0:0"', ':1: user must be another user than root'],
  ['user: "007"', ':1: user must be'],
  ['user: 10001', ':1: user must be text: write it in quotes'],
  ['user: a b', ':1: user must be a name'],
  ['user: ""', ':1: user must be a name'],
  ['user:', ':1: user must be a name'],
  ['own: all', ':1: own must be one of minimal, workdir, copied'],
  ['ports: raised', ':1: ports must be one of keep, raise'],
  ['writable: /a', ':1: writable must be a list'],
  ['writable: [a]', ':1: writable "a" must be an absolute path'],
  ['writable: [/]', ':1: writable "/" must not be /'],
  ['writable: [/a/../b]', ':1: writable "/a/../b" must not climb'],
  ['failOn: always', ':1: failOn must be one of failed, incomplete, unproved, changes, never'],
  ['unsafe: "yes"', ':1: unsafe must be true or false'],
  ['platform: arm64', ':1: platform must be OS/ARCH'],
  ['engine: lxc', ':1: engine must be one of'],
  ['smoke: "  "', ':1: smoke must be text'],
  ['smoke: 3', ':1: smoke must be a shell command, or a list of checks'],
  ['smoke:\n  - curl -f x', ':2: smoke has a check that is not a map'],
  ['smoke:\n  - htpp: {}', ':2: smoke knows no check "htpp", did you mean http?'],
  ['smoke:\n  - name: x', ':2: smoke has a check with no kind'],
  ['smoke:\n  - http: {}\n    tcp: { port: 1 }', ':2: smoke has a check with http and tcp'],
  [
    'smoke:\n  - http: {}\n  - http:\n      path: /\n      port: 70000',
    ':5: smoke http port must be a port from 1 to 65535',
  ],
  ['smoke:\n  - http:\n      path: login', ':3: smoke http path must start with /'],
  ['smoke:\n  - http:\n      stauts: 200', ':3: smoke http stauts is no setting, did you mean status?'],
  ['smoke:\n  - http: { status: ok }', ':2: smoke http status must be an HTTP status'],
  ['smoke:\n  - http: { headers: { server: "(" } }', ':2: smoke http headers server must be a regular expression'],
  ['smoke:\n  - tcp: {}', ':2: smoke tcp needs port'],
  ['smoke:\n  - exec: {}', ':2: smoke exec needs command'],
  ['smoke:\n  - exec: { command: x, in: vm }', ':2: smoke exec in must be container or host'],
  ['smoke:\n  - exec: { command: x, exitCode: 256 }', ':2: smoke exec exitCode must be an exit code'],
  ['smoke:\n  - log: { match: a, not: b }', ':2: smoke log needs match'],
  ['smoke:\n  - file: { path: "" }', ':2: smoke file path must start with /'],
  ['smoke:\n  - file: { path: /x }\n    targets: redis', ':3: smoke targets must be a list'],
  ['root: yes please', ':1: root must be true or false'],
  ['overrides:\n  - files: a\n    root: true', ':3: unknown setting "root"'],
  ['- user', 'must be a map'],
]

describe('what is read', () => {
  test.each(accepted)('%j', (text, settings) => {
    expect(read(text)).toEqual(settings)
    expect(fits(parse(text) ?? {})).toBe(true)
  })
})

describe('what is refused, with the line', () => {
  test.each(rejected)('%j', (text, message) => {
    expect(() => read(text)).toThrow(message)
    expect(fits(parse(text))).toBe(false)
  })

  test.each([
    ['own: minimal\nown: copied', ':2: '],
    ['user: [app', ':1: '],
    ['own: minimal\nignore:\n  - rise-ports', ':2: ignore names "rise-ports", which is not a transform'],
    ['user: "99999999999"', 'is larger'],
  ])('%j', (text, message) => {
    expect(() => read(text)).toThrow(message)
  })

  test('with what was probably meant', () => {
    expect(() => read('onw: minimal')).toThrow(
      expect.objectContaining({ code: 'bad-config', hint: 'did you mean own?', line: 1 }),
    )
  })
})

describe('smoke checks', () => {
  const checksFor = (text: string, ...targets: string[]) =>
    smokeChecks(read(text).smoke ?? [], targets).map(({ name }) => name)

  test('named by what they ask, or as they are called', () => {
    const text = `smoke:
  - http: { path: /a, port: 80 }
  - http: { method: POST, data: x }
  - tcp: { port: 25 }
  - exec: { command: [redis-cli, ping] }
  - log: { match: ready }
  - log: { not: panic }
  - file: { path: /data/x }
    name: dump`
    expect(checksFor(text, 'nginx')).toEqual([
      'smoke http :80/a',
      'smoke POST /',
      'smoke tcp :25',
      'smoke redis-cli ping',
      'smoke log with ready',
      'smoke log without panic',
      'smoke dump',
    ])
  })

  test('what a check is for: the target as given, or its path from the file', () => {
    const text = 'smoke:\n  - tcp: { port: 1 }\n    targets: [services/*/Dockerfile, "redis:*"]\n  - tcp: { port: 2 }'
    expect(checksFor(text, '../x', 'services/api/Dockerfile')).toEqual(['smoke tcp :1', 'smoke tcp :2'])
    expect(checksFor(text, 'redis:7')).toEqual(['smoke tcp :1', 'smoke tcp :2'])
    expect(checksFor(text, 'docker.io/redis:7')).toEqual(['smoke tcp :2'])
  })
})

describe('a file with several mistakes', () => {
  test('is told of all of them at once, each with its line', () => {
    expect(() => read('usr: app\nown: all\nports: keep\nignore: [nothing]\noverrides:\n  - own: some\n')).toThrow(
      '.harden-image.yaml:1: unknown setting "usr"; line 2: own must be one of minimal, workdir, copied; ' +
        'line 4: ignore names "nothing", which is not a transform; line 6: each of overrides says which files it is for; ' +
        'line 6: own must be one of minimal, workdir, copied',
    )
  })
})

describe('extends', () => {
  const config = (root: string, name = 'services/.harden-image.yaml', isTrusted = false) =>
    readConfig(join(root, name), name, transforms, isTrusted)

  test('takes what another file says, under what this one says; lists have both', async () => {
    const root = tree({
      '.git/HEAD': '',
      '.harden-image.yaml': 'user: app\nports: keep\nwritable: [/a]\nexclude: [x]\ncontext: sub\n',
      'sub/.keep': '',
      'services/.harden-image.yaml': 'extends: ../.harden-image.yaml\nuser: web\nwritable: [/b]\n',
    })
    const { settings } = await config(root)
    expect(settings).toEqual({ user: 'web', ports: 'keep', writable: ['/a', '/b'], context: join(root, 'sub') })
  })

  test('names no file outside of the repository, nothing on the network, and not itself', async () => {
    const outside = tree({ 'a.yaml': 'user: app\n' })
    const of = (text: string) => config(tree({ '.git/HEAD': '', 'services/.harden-image.yaml': text }))
    await expect(of(`extends: ${join(outside, 'a.yaml')}\n`)).rejects.toThrow('lies outside of')
    await expect(of('extends: https://example.org/a.yaml\n')).rejects.toThrow('nothing is fetched')
    await expect(of('extends: .harden-image.yaml\n')).rejects.toThrow('builds on this file')
    const root = tree({ '.git/HEAD': '', 'services/.harden-image.yaml': 'extends: a.yaml\n' })
    symlinkSync(join(outside, 'a.yaml'), join(root, 'services/a.yaml'))
    await expect(config(root)).rejects.toThrow('lies outside of')
  })

  test('brings in nothing that a stranger may not say, by an override neither', async () => {
    const root = tree({
      '.git/HEAD': '',
      'base.yaml': 'smoke: touch /tmp/x\n',
      'services/.harden-image.yaml': 'extends: ../base.yaml\noverrides:\n  - files: "*"\n    capAdd: [SYS_ADMIN]\n',
    })
    const { settings, overrides, leftOut } = await config(root)
    expect({ settings, overrides }).toEqual({ settings: { smoke: [] }, overrides: [{ files: ['*'], settings: {} }] })
    expect(leftOut.map(({ what }) => what)).toEqual(['smoke runs a command on this machine', 'capAdd gives SYS_ADMIN'])
  })
})

describe('the files of a folder and those above it', () => {
  test('the nearest first, and not out of the repository', () => {
    const root = tree({
      '.harden-image.yaml': '',
      'repo/.harden-image.yml': '',
      'repo/.git/HEAD': '',
      'repo/services/.harden-image.json': '{}',
      'repo/services/api/Dockerfile': '',
      'other/x': '',
    })
    const above = (folder: string) => [...configsFrom(join(root, folder))]
    expect(above('repo/services/api')).toEqual([
      join(root, 'repo/services/.harden-image.json'),
      join(root, 'repo/.harden-image.yml'),
    ])
    expect(above('other')).toEqual([join(root, '.harden-image.yaml')])
  })

  test('two in one folder contradict each other', () => {
    const root = tree({ '.harden-image.yaml': '', '.harden-image.json': '{}' })
    expect(() => [...configsFrom(root)]).toThrow('are both there')
  })
})

test.each([
  ['wirte', 'write'],
  ['chekc', 'check'],
  ['prov', 'prove'],
  ['use', 'user'],
  ['xyzzy', null],
  ['o', null],
])('%s: did you mean %s', (given, meant) => {
  expect(nearestName(given, ['write', 'check', 'prove', 'user', 'own'])).toBe(meant)
})
