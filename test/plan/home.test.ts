import { describe, expect, test } from '@jest/globals'
import type { Operation } from '../../src/evidence/operation.ts'
import { observedNeeds } from '../../src/plan/grants/observed-needs.ts'
import { planHome, rootsHome } from '../../src/plan/home.ts'
import type { AccountChoice } from '../../src/plan/plan.ts'
import type { BaseFile } from '../harden/support/facts.ts'
import { operation } from '../proof/support/records.ts'
import { image, unknownImage } from './image.ts'

const there: AccountChoice = {
  name: 'web',
  uid: 70,
  gid: 70,
  groups: [],
  home: '/srv/web',
  createHome: false,
  createGroup: false,
  from: 'image',
  creation: 'exists',
  evidence: [],
}
const made: AccountChoice = { ...there, name: 'app', home: '/home/app', createHome: true, creation: 'useradd' }
const written = [{ source: 'observed', subject: '/root/.cache', detail: 'created by the original run' }] as const

function plan(base: BaseFile, account: AccountChoice, wrote: boolean): string {
  const { env, needs } = planHome(image(base), account, wrote ? written : [])
  return [...env.map(({ name, value }) => `${name}=${value}`), ...needs.map((need) => need.path)].join(' ')
}

const home = { files: ['drwxr-xr-x 70:70 /srv/web'] }
const foreign = { files: ['drwxr-xr-x 0:0 /srv/web'] }
const root = { config: { env: { HOME: '/root' } } }

describe('what HOME must say, and which folder must be there', () => {
  test.each<[string, BaseFile, AccountChoice, boolean, string]>([
    ['a new account has its home', {}, made, true, ''],
    ['a new account, HOME of the image', root, made, false, 'HOME=/home/app'],
    ['a copied account: nothing makes its home', {}, { ...made, creation: 'copy' }, false, '/home/app'],
    ['nothing is written there', home, there, false, ''],
    ['an own home', home, there, true, '/srv/web'],
    ["a home that is root's", foreign, there, true, 'HOME=/home/web /home/web'],
    ['no home at all', {}, { ...there, home: '' }, true, 'HOME=/home/web /home/web'],
    ['home /', {}, { ...there, home: '/' }, true, 'HOME=/home/web /home/web'],
    [
      'a system folder',
      { files: ['drwxr-xr-x 70:70 /usr/sbin'] },
      { ...there, home: '/usr/sbin' },
      true,
      'HOME=/home/web /home/web',
    ],
    ['HOME=/root, own home', { ...home, ...root }, there, false, 'HOME=/srv/web'],
    [
      'HOME=/root/x, no home',
      { config: { env: { HOME: '/root/x' } } },
      { ...there, home: '' },
      false,
      'HOME=/home/web /home/web',
    ],
    ['HOME=/rootless', { config: { env: { HOME: '/rootless' } } }, there, false, ''],
    [
      'HOME of the image, own',
      { config: { env: { HOME: '/data' } }, files: ['drwxr-xr-x 70:70 /data'] },
      there,
      true,
      '/data',
    ],
    [
      'a bare uid that writes',
      {},
      { ...there, name: '', home: '', creation: 'none' },
      true,
      'HOME=/home/app /home/app',
    ],
    ['a bare uid', {}, { ...there, name: '', home: '', creation: 'none' }, false, ''],
  ])('%s', (_, base, account, wrote, expected) => {
    expect(plan(base, account, wrote)).toBe(expected)
  })

  test("a bare uid on an unknown base gets the one folder that is everybody's", () => {
    const { env, needs } = planHome(unknownImage(), { ...there, name: '', home: '', creation: 'none' }, [])
    expect(env.map(({ name, value }) => `${name}=${value}`)).toEqual(['HOME=/tmp'])
    expect(needs).toEqual([])
  })
})

test.each<[string, string, string[], string[]]>([
  ['/tmp/x', '/root/.config/x', ['/tmp/x'], ['/root/.config/x']],
  ['/root/x', '/srv/x', ['/srv/x'], ['/root/x']],
  ['/root/x', '/root/y', [], ['/root/x', '/root/y']],
])('what is moved from %s to %s counts as in the home by each end for itself', (from, to, elsewhere, inHome) => {
  const operations = [operation('rename', from, { to })]
  const observation = { operations, bound: [], uids: [], programs: [], opened: null, home: '/root', needsRoot: null }
  expect(observedNeeds(observation).needs.map(({ path }) => path)).toEqual(elsewhere)
  expect(observedNeeds(observation).inHome.map(({ subject }) => subject)).toEqual(inHome)
})

test.each<[string, Operation[], string[]]>([
  [
    '/etc',
    [operation('create-file', '/etc/CuAb12'), operation('rename', '/etc/CuAb12', { to: '/etc/localtime', made: true })],
    ['/etc/localtime'],
  ],
  [
    '/srv/app',
    [
      operation('create-file', '/srv/app/sedAb'),
      operation('rename', '/srv/app/sedAb', { to: '/srv/app/x', made: true }),
    ],
    ['/srv/app/sedAb', '/srv/app/x'],
  ],
  ['/etc, where it stays,', [operation('create-file', '/etc/app.id')], ['/etc/app.id']],
])('a name that is drawn is asked for in no folder of the system: in %s', (_, operations, paths) => {
  const observation = { operations, bound: [], uids: [], programs: [], opened: null, home: '/root', needsRoot: null }
  expect(observedNeeds(observation).needs.map(({ path }) => path)).toEqual(paths)
})

test('what only the home of root leads to is no need by itself', () => {
  const settings = '/root/.config/app.cfg'
  const lost = operation('read', settings, { outcome: 'refused', source: 'refused', byHome: true })
  const operations = [lost, operation('read', '/root/.other', { outcome: 'refused', source: 'refused' })]
  const observation = { operations, bound: [], uids: [], programs: [], opened: null, home: '/root', needsRoot: null }
  const { foundByHome, needs } = observedNeeds(observation)
  expect(foundByHome.map(({ path }) => path)).toEqual([settings])
  expect(needs.map(({ path }) => path)).toEqual(['/root/.other'])
  expect(rootsHome(image({}), foundByHome)).toMatchObject({
    env: [{ name: 'HOME', value: '/root' }],
    needs: foundByHome,
  })
  expect(rootsHome(image(root), foundByHome)).toEqual({ env: [], needs: foundByHome })
})
