// Who is root by another name or another number: never taken for somebody else.
import { describe, expect, test } from '@jest/globals'
import { engineEntries, engineNumber, isRootUser, parseAccounts, resolveUser } from '../../src/image/accounts.ts'
import { isRoot } from '../../src/plan/account/account-ids.ts'
import { hardenText } from '../harden/support/cases.ts'
import { imageFacts } from '../harden/support/facts.ts'
import { userForms } from '../image/user-forms.ts'
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

// Go trims a line by White_Space: JavaScript's trim() leaves U+0085 and takes a mark of the byte order.
test.each([
  ['\u0085app:x:0:0', 'app'],
  ['\u00a0app:x:0:0', 'app'],
  ['\ufeffapp:x:0:0', '\ufeffapp'],
])('the engine reads the name of %j as %j', (line, name) => {
  expect(engineEntries(line).map((entry) => entry.name)).toEqual([name])
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
      { outcome: 'todo', message: 'USER 99999999999999999999999 is out of range: an id is at most 2147483647' },
    ])
  })

  test.each(['debian:12', 'nobody/knows'])('what no container starts as is a todo, on %s', (base) => {
    const facts = base === 'debian:12' ? like : {}
    const starts = userForms.filter(
      ([text]) => !/^(ROOT|(1000:)?nosuch|0700|0x0|\+705|\u0660|3000000000|1000:0x9)$/.test(text),
    )
    for (const [text, ids] of starts) {
      const { verdict, findings } = hardenText(`FROM ${base}\nUSER "${text}"\nCMD ["/x"]\n`, facts)
      const isTodo = findings.some(({ outcome, message }) => outcome === 'todo' && message.startsWith('USER '))
      if (ids === null || ids.startsWith('0:'))
        expect([text, verdict]).toEqual([text, expect.not.stringMatching('unchanged')])
      // Some number of 32 bits is root to an engine that cuts, and is rewritten.
      if (!isRootUser(text)) expect([text, isTodo]).toEqual([text, ids === null])
    }
    const told = (user: string) => hardenText(`FROM ${base}\nUSER ${user}\nCMD ["/x"]\n`, facts).findings
    expect(told('0x0')).toMatchObject([
      {
        outcome: 'todo',
        message: 'USER 0x0 is no number to an engine, which looks for an account of that name',
      },
    ])
    expect(told('1000:4294967296')).toMatchObject([
      { outcome: 'todo', message: 'USER 1000:4294967296 is out of range: an id is at most 2147483647' },
    ])
    expect(told('+1000:+1000')).toEqual([])
  })

  test('a group that nobody makes is a todo, and one that a step makes is none', () => {
    const told = (lines: string) => hardenText(`FROM debian:12\n${lines}\nCMD ["/x"]\n`, like)
    expect(told('USER 1000:nosuch').findings).toMatchObject([
      { outcome: 'todo', message: expect.stringContaining('nothing makes the group nosuch, and debian:12 has none') },
    ])
    expect(told('RUN groupadd -g 5000 team\nUSER 1000:team').verdict).toBe('unchanged')
    expect(told('RUN useradd -u 5000 team\nUSER 1000:team').verdict).toBe('unchanged')
    expect(told('USER 1000:www-data').verdict).toBe('unchanged')
    expect(told("RUN echo '0x0:x:7:7::/:/bin/sh' >> /etc/passwd\nUSER 0x0").findings).not.toMatchObject([
      { outcome: 'todo' },
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
