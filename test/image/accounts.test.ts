import { describe, expect, test } from '@jest/globals'
import {
  groupsOf,
  parseAccounts,
  parseGroup,
  parsePasswd,
  privilegedGroupsOf,
  resolveUser,
} from '../../src/image/accounts.ts'
import { parseOsRelease } from '../../src/image/sources/facts-from-tar.ts'
import { lines, userForms } from './user-forms.ts'

const accounts = {
  users: parsePasswd(`# comment
root:x:0:0:root:/root:/bin/bash

www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
+nis::::::
-@netgroup
broken line
nouid:x::33::/:/bin/sh
negative:x:-1:33::/:/bin/sh
huge:x:99999999999:33::/:/bin/sh
app:x:10001:10001::/home/app
nohome:x:5000:5000:::
`),
  groups: parseGroup(`root:x:0:
www-data:x:33:app, nohome
app:x:10001:
docker:x:999:app
123:x:777:
broken
+:::
`),
}

describe('passwd and group', () => {
  test('broken, NIS and comment lines are skipped', () => {
    expect(accounts.users.map((user) => user.name)).toEqual(['root', 'www-data', 'app', 'nohome'])
    expect(accounts.users[3]).toEqual({ name: 'nohome', uid: 5000, gid: 5000, home: '/', shell: '' })
    expect(accounts.groups.map((group) => group.name)).toEqual(['root', 'www-data', 'app', 'docker', '123'])
    expect(accounts.groups[1]?.members).toEqual(['app', 'nohome'])
  })

  test('CRLF and nothing at all are read', () => {
    expect(parsePasswd('a:x:1:2::/a:/bin/sh\r\n')).toEqual([
      { name: 'a', uid: 1, gid: 2, home: '/a', shell: '/bin/sh' },
    ])
    expect(parsePasswd('')).toEqual([])
  })

  test('groups of a user, the primary one first', () => {
    expect(groupsOf(accounts, 'app')).toEqual([10001, 33, 999])
    expect(groupsOf(accounts, 'nobody')).toEqual([])
    expect(privilegedGroupsOf(accounts, 'app')).toEqual(['docker'])
  })
})

describe('USER as Docker resolves it', () => {
  test.each<[string, { uid: number; gid: number; groups: number[]; home: string; name: string | null }]>([
    ['', { name: 'root', uid: 0, gid: 0, groups: [], home: '/root' }],
    ['root', { name: 'root', uid: 0, gid: 0, groups: [], home: '/root' }],
    ['app', { name: 'app', uid: 10001, gid: 10001, groups: [33, 999], home: '/home/app' }],
    ['10001', { name: 'app', uid: 10001, gid: 10001, groups: [33, 999], home: '/home/app' }],
    ['app:www-data', { name: 'app', uid: 10001, gid: 33, groups: [], home: '/home/app' }],
    ['app:0', { name: 'app', uid: 10001, gid: 0, groups: [], home: '/home/app' }],
    ['4242', { name: null, uid: 4242, gid: 0, groups: [], home: '/' }],
    ['4242:4242', { name: null, uid: 4242, gid: 4242, groups: [], home: '/' }],
    ['4242:www-data', { name: null, uid: 4242, gid: 33, groups: [], home: '/' }],
    [':33', { name: 'root', uid: 0, gid: 33, groups: [], home: '/root' }],
  ])('%j', (text, value) => {
    expect(resolveUser(text, accounts)).toEqual({ known: true, value })
  })

  test.each([
    ['nobody', 'no user "nobody"'],
    ['app:nogroup', 'no group "nogroup"'],
    ['99999999999', 'out of range'],
  ])('%j cannot start', (text, reason) => {
    expect(resolveUser(text, accounts)).toEqual({ known: false, reason: expect.stringContaining(reason) })
  })

  test.each(userForms)('%j is to the engine %j', (text, ids) => {
    const image = parseAccounts(
      ['root:x:0:0::/root:/bin/sh', ...lines.passwd].join('\n'),
      ['root:x:0:', ...lines.group].join('\n'),
    )
    const resolved = resolveUser(text, image)
    // An older engine cuts them to 32 bits: they count as root.
    const cut = /^-?4294967296$/.test(text) ? '0:0' : ids
    expect(resolved.known ? `${resolved.value.uid}:${resolved.value.gid}` : null).toBe(cut)
  })

  test('without any account, root is root all the same', () => {
    const none = { users: [], groups: [] }
    expect(resolveUser('', none)).toMatchObject({ value: { name: null, uid: 0, gid: 0, home: '/' } })
    expect(resolveUser('root', none).known).toBe(false)
  })
})

test.each([
  ['ID=debian\nVERSION_ID="13"\n', { id: 'debian', idLike: [], versionId: '13' }],
  [
    'NAME=\'Red Hat\'\nID="rhel"\nID_LIKE="fedora centos"\r\nVERSION_ID=9.4\r\n',
    { id: 'rhel', idLike: ['fedora', 'centos'], versionId: '9.4' },
  ],
  ['# nothing\n', { id: '', idLike: [], versionId: '' }],
])('os-release %j', (text, expected) => {
  expect(parseOsRelease(text)).toEqual(expected)
})
