import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { tree } from '../repository/tree.ts'
import { call } from './call.ts'

test('overrides hold for the files that their patterns name, later ones over earlier ones, and flags over all', async () => {
  const cwd = tree({
    '.harden-image.yaml':
      'user: app\noverrides:\n  - files: services/\n    user: web\n    writable: [/srv]\n  - files: "*.dev.Dockerfile"\n    user: dev\n',
    Dockerfile: 'FROM a\n',
    'services/Dockerfile': 'FROM a\n',
    'services/x.dev.Dockerfile': 'FROM a\n',
  })
  const usersOf = async (...flags: readonly string[]) => {
    const { items, options } = await call([...flags, '.'], { cwd })
    return items.map(({ target }, index) => [target, options[index]?.policy.user, options[index]?.policy.writable])
  }
  expect(await usersOf()).toEqual([
    ['Dockerfile', 'app', []],
    ['services/Dockerfile', 'web', ['/srv']],
    ['services/x.dev.Dockerfile', 'dev', ['/srv']],
  ])
  expect((await usersOf('--user', 'me')).map(([, user]) => user)).toEqual(['me', 'me', 'me'])
})

describe('what folders above say holds below them', () => {
  const files = {
    '.git/HEAD': '',
    '.harden-image.yaml':
      'user: app\nports: keep\nwritable: [/a]\ncontext: shared\nsmoke:\n  - tcp: { port: 1 }\n    targets: [services/api/Dockerfile]\n' +
      'overrides:\n  - files: services/\n    user: web\n    own: workdir\n',
    'shared/.keep': '',
    'services/.harden-image.yaml': 'writable: [/b]\nown: copied\n',
    'services/api/Dockerfile': 'FROM a\n',
    'services/api/.harden-image.yml': 'ports: raise\nwritable: [/c]\n',
    'other/Dockerfile': 'FROM a\n',
    'other/.harden-image.json': '{ "root": true, "own": "workdir" }',
  }
  const optionsOf = async (more: Readonly<Record<string, string>>, ...argv: readonly string[]) => {
    const cwd = tree({ ...files, ...more })
    const { options, stderr } = await call(argv, { cwd })
    return { options: options[0], stderr, cwd }
  }

  test('key by key, the nearest over the others, and lists add up', async () => {
    const { options, cwd } = await optionsOf({}, 'services/api')
    expect(options?.policy).toMatchObject({
      user: 'web',
      own: 'copied',
      ports: 'raise',
      writable: ['/a', '/b', '/c'],
    })
    // Meant from the folder of the file that says it.
    expect(options?.context).toBe(join(cwd, 'shared'))
    expect(options?.smoke.map(({ name }) => name)).toEqual(['smoke tcp :1'])
  })

  test('up to one that says that it is the root', async () => {
    const { options } = await optionsOf({}, 'other')
    expect(options).toMatchObject({ context: null, smoke: [], policy: { user: null, own: 'workdir', writable: [] } })
  })

  test('a mistake in one of them is said with its file and line', async () => {
    const { options, stderr } = await optionsOf({ 'services/.harden-image.yaml': 'own: all\n' }, 'services/api')
    expect(options).toBeUndefined()
    expect(stderr).toContain('services/.harden-image.yaml:1: own must be one of')
  })

  test('and none of them gives a stranger more to say', async () => {
    const above = 'capAdd: [SYS_ADMIN]\nenv: [SECRET]\nengine: podman\nsmoke: touch /tmp/x\n'
    const { options, stderr } = await optionsOf({ '.harden-image.yaml': above }, '--prove', '-v', 'services/api')
    expect(options).toMatchObject({ capAdd: [], env: [], engine: 'auto', smoke: [] })
    expect(stderr).toContain('.harden-image.yaml:1: ignored: capAdd gives SYS_ADMIN')
  })
})
