import { describe, expect, test } from '@jest/globals'
import { parseDockerfile, stageWalks } from '../../src/dockerfile/index.ts'
import { isRootUser } from '../../src/image/accounts.ts'
import { emptyConfig } from '../../src/image/config.ts'

const known =
  (user: string, env: ReadonlyMap<string, string> = new Map()) =>
  () => ({ known: true as const, value: { ...emptyConfig, user, env } })
const unknown = (reference: string) => ({ known: false as const, reason: `${reference} was not found` })

function userOf(text: string, base: Parameters<typeof stageWalks>[1] = known('')) {
  const dockerfile = parseDockerfile(text)
  return stageWalks(dockerfile, base).end(dockerfile.stages.length - 1).user
}

describe('the user that a stage ends as', () => {
  test.each([
    ['FROM a\nUSER app\n', 'app', 2],
    ['FROM a\nUSER app\nUSER root\n', 'root', 3],
    ['FROM a AS b\nUSER app\nFROM c\n', '', null],
    ['FROM a AS b\nUSER app\nFROM b\nRUN x\n', 'app', 2],
    ['FROM a AS b\nUSER app\nFROM b AS c\nFROM c\n', 'app', 2],
    ['FROM a AS b\nUSER app\nFROM b\nUSER 0\n', '0', 4],
    ['FROM scratch\n', '', null],
    ['ARG U=app\nFROM a\nARG U\nUSER $U\n', 'app', 4],
    [`FROM a\nARG U=app\nENV G=5\nUSER \${U}:\${G:-7}\n`, 'app:5', 4],
    ['FROM a\nUSER "app"\n', 'app', 2],
    ['FROM a\nUSER a b\n', 'a b', 2],
    ['FROM a\nONBUILD USER app\n', '', null],
    ['FROM a AS b\nONBUILD USER app\nFROM b\n', 'app', 2],
  ])('%j', (text, user, line) => {
    const found = userOf(text)
    expect(found.value).toEqual({ known: true, value: user })
    expect(found.instruction?.line ?? null).toBe(line)
  })

  test('the base image decides where no USER does', () => {
    expect(userOf('FROM a\n', known('nonroot'))).toEqual({
      value: { known: true, value: 'nonroot' },
      instruction: null,
    })
    expect(userOf('FROM a\n', unknown).value).toEqual({ known: false, reason: 'a was not found' })
  })

  test.each([
    ['FROM $X\n', 'X'],
    ['FROM a\nARG U\nUSER $U\n', 'U has no default'],
    ['FROM a\nUSER $U\n', 'U is not set here, and a was not found'],
  ])('unknown: %j', (text, reason) => {
    const { value } = userOf(text, unknown)
    expect(value.known ? '' : value.reason).toContain(reason)
  })

  test('with the environment of the base image', () => {
    const base = known('', new Map([['APP_UID', '1654']]))
    expect(userOf('FROM a\nUSER $APP_UID\n', base).value).toEqual({ known: true, value: '1654' })
  })

  test('just before an instruction', () => {
    const dockerfile = parseDockerfile('FROM a\nUSER one\nRUN x\nUSER two\n')
    const own = stageWalks(dockerfile, known('b')).own(0)
    expect(own.map(({ user }) => user.known && user.value)).toEqual(['b', 'one', 'one'])
  })
})

test.each(['', 'root', '0', '0:0', 'root:root', '0:1000', 'root:app', '00', '+0', '-0', ':5'])('%j is root', (user) => {
  expect(isRootUser(user)).toBe(true)
})

test.each(['1', 'app', '1000:0', '10', 'Root', 'rooty', '0x0', 'nobody:root'])('%j is not root', (user) => {
  expect(isRootUser(user)).toBe(false)
})
