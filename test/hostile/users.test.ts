// Who is root by another name or another number: never taken for somebody else.
import { describe, expect, test } from '@jest/globals'
import { engineEntries, engineNumber, isRootUser, parseAccounts, resolveUser } from '../../src/image/accounts.ts'
import { isRoot } from '../../src/plan/account/user-text.ts'
import { hardenText } from '../harden/support/cases.ts'
import { imageFacts } from '../harden/support/facts.ts'
import { hostilePasswd, hostileUsers } from './users.ts'

const passwd = hostilePasswd.split('\n')

describe('USER in an image with a hostile passwd', () => {
  const accounts = parseAccounts(hostilePasswd, '')
  const facts = imageFacts('a', { texts: { '/etc/passwd': passwd } })

  test.each(hostileUsers)('%j runs as %j, as the engine runs it', (user, uid) => {
    const resolved = resolveUser(user, accounts)
    expect(resolved.known ? resolved.value.uid : null).toBe(uid)
    expect(isRoot(user, { ...facts, accounts: { known: true, value: accounts } })).toBe(uid === 0)
  })

  test('what the image is given to its own programs stays as the C library reads it', () => {
    expect(accounts.users.map(({ name }) => name)).toEqual([
      ...['root', 'toor', 'sp', 'dup', 'dup', 'later', 'later', '12345', 'u 0', 'three', '__proto__'],
    ])
  })

  test('an ordinary passwd is kept once', () => {
    expect(parseAccounts('root:x:0:0:root:/root:/bin/sh\r\napp:x:10:10::/:\n', '')).not.toHaveProperty('asEngine')
  })
})

test.each([
  ['+0', 0n],
  ['-1', -1n],
  ['9223372036854775806', 9223372036854775806n],
  ['9223372036854775808', null],
  ['0x10', null],
  ['1_000', null],
  [' 1', null],
  ['', null],
  ['٣', null],
])('the engine reads %j as %p', (text, number) => {
  expect(engineNumber(text)).toBe(number)
})

test('a number of a million digits is none, at once', () => {
  expect(engineNumber('9'.repeat(1_000_000))).toBeNull()
  expect(engineEntries(`a:x:${'9'.repeat(1_000_000)}:0`)[0]?.uid).toBe(2 ** 32 - 1)
  expect(isRootUser('0'.repeat(1_000_000))).toBe(true)
})

describe('no Dockerfile passes for one that is not root', () => {
  const like = { bases: { 'debian:12': { like: 'debian' } } }

  test.each([
    ['USER +0'],
    ['USER -0'],
    ['USER 00:5'],
    ['USER 4294967296'],
    ['ARG U=+0\nUSER $U'],
    ['RUN useradd -o -u 0 toor\nUSER toor'],
    ['RUN useradd -o -u 00 toor\nUSER toor:toor'],
    ["RUN echo 'toor:x:0:0::/:/bin/sh' >> /etc/passwd\nUSER toor"],
    ['COPY <<EOF /etc/passwd\nroot:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\nEOF\nUSER toor'],
    ['COPY <<EOF /etc/passwd\ntoor\nEOF\nUSER toor'],
    ['RUN usermod -o -u 0 www-data\nUSER www-data'],
  ])('%j', (lines) => {
    const known = hardenText(`FROM debian:12\n${lines}\nCMD ["/x"]\n`, like)
    expect([known.verdict, known.user?.uid]).not.toContain('unchanged')
    expect(known.user?.uid).not.toBe(0)
    expect(known.output).toMatch(/\nUSER [1-9]\d*:[1-9]\d*\n/)
    const unknown = hardenText(`FROM nobody/knows\n${lines}\nCMD ["/x"]\n`, {})
    expect(unknown.verdict).not.toBe('unchanged')
  })

  test('a number that is no uid is a todo, in its own digits', () => {
    const { verdict, findings, changed } = hardenText(
      'FROM debian:12\nUSER 99999999999999999999999\nCMD ["/x"]\n',
      like,
    )
    expect({ verdict, changed }).toEqual({ verdict: 'incomplete', changed: false })
    expect(findings).toMatchObject([
      { outcome: 'todo', message: 'USER 99999999999999999999999 is out of range: a uid is at most 4294967294' },
    ])
  })

  test.each(['debian:12', 'nobody/knows'])('--user with another name of root is refused (%s)', (base) => {
    const facts = { ...(base === 'debian:12' ? like : {}), policy: { user: 'toor' } }
    const dockerfile = `FROM ${base}\nRUN useradd -o -u 0 toor\nCMD ["/x"]\n`
    expect(() => hardenText(dockerfile, facts)).toThrow('--user toor is root there, by another name (uid 0)')
  })

  test.each(['toor', 'lone', '#com', '+', 'abc'])('USER %s of an image whose passwd makes it root', (user) => {
    const bases = { web: { config: { user }, texts: { '/etc/passwd': passwd } } }
    const { verdict, user: found } = hardenText('FROM web\nCMD ["/x"]\n', { bases })
    expect(verdict).not.toBe('unchanged')
    expect(found?.uid).not.toBe(0)
  })
})
