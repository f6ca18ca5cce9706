import { expect, test } from '@jest/globals'
import { tree } from '../workspace/tree.ts'
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
