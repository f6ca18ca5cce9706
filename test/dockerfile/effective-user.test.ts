import { describe, expect, test } from '@jest/globals'
import { effectiveUser, isRootUser, parseDockerfile } from '../../src/dockerfile/index.ts'
import { first } from './support.ts'

const known = (value: string) => () => ({ known: true as const, value })
const unknown = (reference: string) => ({ known: false as const, reason: `${reference} was not found` })

function userOf(text: string, base = known('')) {
  const dockerfile = parseDockerfile(text)
  return effectiveUser(dockerfile, dockerfile.stages.length - 1, { baseUser: base })
}

describe('effectiveUser', () => {
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
    expect(found).toMatchObject({ kind: 'known', text: user })
    expect(found.instruction?.line ?? null).toBe(line)
  })

  test('the base image decides where no USER does', () => {
    expect(userOf('FROM a\n', known('nonroot'))).toEqual({ kind: 'known', text: 'nonroot', instruction: null })
    expect(userOf('FROM a\n', unknown as never)).toMatchObject({ kind: 'unknown', reason: 'a was not found' })
  })

  test.each([
    ['FROM $X\n', 'X'],
    ['FROM a\nARG U\nUSER $U\n', 'U has no default'],
    ['FROM a\nUSER $U\n', 'environment of a is not known'],
  ])('unknown: %j', (text, reason) => {
    const found = userOf(text)
    expect(found.kind === 'unknown' ? found.reason : '').toContain(reason)
  })

  test('with the environment of the base image', () => {
    const dockerfile = parseDockerfile('FROM a\nUSER $APP_UID\n')
    const baseEnv = () => ({ known: true as const, value: new Map([['APP_UID', '1654']]) })
    expect(effectiveUser(dockerfile, 0, { baseUser: known(''), baseEnv })).toMatchObject({ text: '1654' })
  })

  test('just before an instruction', () => {
    const dockerfile = parseDockerfile('FROM a\nUSER one\nRUN x\nUSER two\n')
    const before = first(dockerfile, 'RUN')
    expect(effectiveUser(dockerfile, 0, { baseUser: known(''), before })).toMatchObject({ text: 'one' })
    const user = first(dockerfile, 'USER')
    expect(effectiveUser(dockerfile, 0, { baseUser: known('b'), before: user })).toMatchObject({ text: 'b' })
  })
})

test.each(['', 'root', '0', '0:0', 'root:root', '0:1000', 'root:app', '00', '+0', '-0', ':5'])('%j is root', (user) => {
  expect(isRootUser(user)).toBe(true)
})

test.each(['1', 'app', '1000:0', '10', 'Root', 'rooty', '0x0', 'nobody:root'])('%j is not root', (user) => {
  expect(isRootUser(user)).toBe(false)
})
