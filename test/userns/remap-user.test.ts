import { expect, test } from '@jest/globals'
import { parseGroup, parsePasswd } from '../../src/image/accounts.ts'
import { resolveRemapUser } from '../../src/userns/sub-ids.ts'

const accounts = {
  users: parsePasswd(
    'root:x:0:0::/root:\napp:x:1000:1000::/:\nnobody:x:65534:65534::/:\nsolo:x:1001:50::/:\n2000:x:7:1000::/:',
  ),
  groups: parseGroup('root:x:0:\napp:x:1000:\nnogroup:x:65534:\nstaff:x:50:'),
}
const withDockremap = { ...accounts, users: [...accounts.users, ...parsePasswd('dockremap:x:102:106::/:')] }

test.each([
  ['default', { value: 'default', name: 'dockremap', uid: null }],
  ['app', { value: 'app', name: 'app', uid: 1000 }],
  ['app:staff', { value: 'app:staff', name: 'app', uid: 1000 }],
  ['app:50', { value: 'app:50', name: 'app', uid: 1000 }],
  ['1000', { value: '1000', name: 'app', uid: 1000 }],
  ['1000:1000', { value: '1000:1000', name: 'app', uid: 1000 }],
  ['nobody:nogroup', { value: 'nobody:nogroup', name: 'nobody', uid: 65534 }],
  ['default:staff', { value: 'default:staff', name: 'dockremap', uid: null }],
])('%s', (text, user) => {
  expect(resolveRemapUser(text, accounts, '/etc')).toEqual(user)
})

test('default where dockerd has made its account already needs its group', () => {
  expect(() => resolveRemapUser('default', withDockremap, '/etc')).toThrow('a group dockremap')
  const complete = { ...withDockremap, groups: [...accounts.groups, ...parseGroup('dockremap:x:106:')] }
  expect(resolveRemapUser('default', complete, '/etc')).toMatchObject({ name: 'dockremap', uid: 102 })
})

test.each([
  ['ghost', 'there is no user ghost in /etc/passwd', 'use --user default'],
  ['4711', 'there is no user 4711 in /etc/passwd', 'name one that exists'],
  ['app:ghosts', 'there is no group ghosts in /etc/group', 'name one that exists'],
  ['app:4711', 'there is no group 4711 in /etc/group', ''],
  ['default:ghosts', 'there is no group ghosts in /etc/group', ''],
  ['nobody', 'dockerd looks for a group nobody beside the user nobody', '--user nobody:nogroup'],
  ['1001', 'dockerd looks for a group 1001 beside the user 1001', '--user 1001:staff'],
  ['root', 'root cannot be remapped to itself', 'use default'],
  ['0:0', 'root cannot be remapped to itself', 'use default'],
  ['a:b:c', 'is no account', 'NAME:GROUP'],
  [':app', 'is no account', 'NAME:GROUP'],
  ['app:', 'is no account', 'NAME:GROUP'],
  ['4294967295', 'is no id: they end at 4294967294', ''],
])('%s is refused', (text, message, hint) => {
  const call = () => resolveRemapUser(text, accounts, '/etc')
  expect(call).toThrow(
    expect.objectContaining({ code: 'bad-usage', message: expect.stringContaining(message) }) as never,
  )
  expect(call).toThrow(expect.objectContaining({ hint: expect.stringContaining(hint) }) as never)
})
