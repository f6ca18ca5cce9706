import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { nearestConfig, parseConfig } from '../../src/workspace/config.ts'
import { nearestName } from '../../src/workspace/nearest-name.ts'
import { settingNames } from '../../src/workspace/settings.ts'
import { tree } from './tree.ts'

const schema = JSON.parse(readFileSync('schema/config.schema.json', 'utf8'))
const fits = new Ajv2020({ strict: true }).compile(schema)
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
  ['ignore: [raise-ports]', { ignore: ['raise-ports'] }],
  ['target: production', { target: 'production' }],
  ['engine: podman\nplatform: linux/arm/v7', { engine: 'podman', platform: 'linux/arm/v7' }],
  ['smoke: curl -f http://$HOST:$PORT_8080/', { smoke: 'curl -f http://$HOST:$PORT_8080/' }],
  ['{"$schema": "./schema.json", "user": "app"}', { user: 'app' }],
  ['# nothing but a comment', {}],
  ['', {}],
]

const rejected: readonly (readonly [string, string])[] = [
  ['own: minimal\nusr: app', '.harden-image.yaml:2: unknown setting "usr"'],
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
  ['unsafe: "yes"', ':1: unsafe must be true or false'],
  ['platform: arm64', ':1: platform must be OS/ARCH'],
  ['engine: lxc', ':1: engine must be one of'],
  ['smoke: "  "', ':1: smoke must be text'],
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
    ['own: minimal\nignore:\n  - rise-ports', ':2: ignore names "rise-ports", which is no transform'],
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

test('the schema has every setting, and no other', () => {
  expect(Object.keys(schema.properties).sort()).toEqual(['$schema', ...settingNames].sort())
})

describe('the nearest file', () => {
  test('upwards, and not out of the repository', () => {
    const root = tree({
      '.harden-image.yaml': '',
      'repo/.git/HEAD': '',
      'repo/services/.harden-image.json': '{}',
      'repo/services/api/Dockerfile': '',
      'other/x': '',
    })
    expect(nearestConfig(join(root, 'repo/services/api'))).toBe(join(root, 'repo/services/.harden-image.json'))
    expect(nearestConfig(join(root, 'repo'))).toBeNull()
    expect(nearestConfig(join(root, 'other'))).toBe(join(root, '.harden-image.yaml'))
  })

  test('two in one folder contradict each other', () => {
    const root = tree({ '.harden-image.yaml': '', '.harden-image.json': '{}' })
    expect(() => nearestConfig(root)).toThrow('are both there')
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
