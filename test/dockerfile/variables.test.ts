import { describe, expect, test } from '@jest/globals'
import { nothingGiven, parseDockerfile, platformArguments, stageWalks } from '../../src/dockerfile/index.ts'
import { expand } from '../../src/dockerfile/variables.ts'
import { emptyConfig } from '../../src/image/config.ts'

const environment = {
  values: new Map([
    ['A', 'one'],
    ['B', 'two words'],
    ['EMPTY', ''],
  ]),
  undecided: new Set(['TARGETARCH']),
  open: null,
}

describe('expand', () => {
  test.each([
    ['plain', 'plain'],
    ['$A', 'one'],
    [`\${A}`, 'one'],
    [`x\${A}y`, 'xoney'],
    ['$A.$B', 'one.two words'],
    ['$NO', ''],
    [`\${NO:-d}`, 'd'],
    [`\${NO-d}`, 'd'],
    [`\${EMPTY:-d}`, 'd'],
    [`\${EMPTY-d}`, ''],
    [`\${A:+alt}`, 'alt'],
    [`\${EMPTY:+alt}`, ''],
    [`\${EMPTY+alt}`, 'alt'],
    [`\${NO+alt}`, ''],
    [`\${NO:-\${A}x}`, 'onex'],
    [`\${NO:-"a}b"}`, 'a}b'],
    [`\${TARGETARCH:-amd64}`, 'amd64'],
    ["'$A'", '$A'],
    ['"$A"', 'one'],
    ['\\$A', '$A'],
    ['"\\$A \\x"', '$A \\x'],
    ['"it\'s"', "it's"],
    ['a\\ b', 'a b'],
    ['$', '$'],
    ['a$', 'a$'],
    ['$1a', 'a'],
    ['$A_', ''],
  ])('%s is %j', (text, value) => {
    expect(expand(text, environment, '\\')).toEqual({ kind: 'value', value })
  })

  test.each([
    ['$TARGETARCH', 'TARGETARCH', 'has no default'],
    [`\${A%e}`, 'A', 'pattern'],
    [`\${A##o}`, 'A', 'pattern'],
    [`\${A/o/x}`, 'A', 'pattern'],
    [`\${NO:?must}`, null, 'must'],
    [`\${A`, null, 'missing'],
    [`\${}`, null, 'bad substitution'],
    [`\${A:x}`, null, 'not supported'],
    ['"a', null, 'not closed'],
    ["'a", null, 'not closed'],
  ])('%s is not resolved', (text, variable, reason) => {
    const expanded = expand(text, environment, '\\')
    expect(expanded).toMatchObject({ kind: 'unresolved', variable })
    expect(expanded.kind === 'unresolved' ? expanded.reason : '').toContain(reason)
  })

  test('a backtick for the escape character', () => {
    expect(expand('C:\\$A`$A', environment, '`')).toEqual({ kind: 'value', value: 'C:\\one$A' })
  })

  test('with an unknown base any other variable may be set', () => {
    const open = { ...environment, open: 'the environment of x is not known' }
    expect(expand('$A', open, '\\')).toEqual({ kind: 'value', value: 'one' })
    expect(expand('$NO', open, '\\')).toMatchObject({ kind: 'unresolved', variable: 'NO' })
  })
})

describe('the environment of a step', () => {
  const env = new Map([
    ['PATH', '/bin'],
    ['V', 'base'],
  ])
  const base = () => ({ known: true as const, value: { ...emptyConfig, env } })
  const steps = (text: string, stage = 0) => stageWalks(parseDockerfile(text), base).own(stage)
  const at = (text: string, stage = 0) => {
    const step = steps(`${text}RUN end\n`, stage).at(-1)
    if (step === undefined) throw new Error('it has no step')
    return step.environment
  }

  // Measured: docker build of a LABEL with the variable, BuildKit of Docker 26.1.
  test.each([
    ['ENV X=1\nARG X=2', '2'],
    ['ARG X=2\nENV X=1', '1'],
    ['ARG X=2\nARG X=3', '3'],
    ['ENV X=1\nARG X', '1'],
    ['ENV X=1\nENV X=2 Y=$X\nENV X=$Y', '1'],
    ['ENV X a  b', 'a  b'],
    ['ENV X="a\\$b"', 'a$b'],
    ['ARG X', undefined],
    ['ARG G\nARG X=$G', 'global'],
    ['ARG X=$G', ''],
    ['ENV X=$V', 'base'],
    ['ENV X=$PATH:/x', '/bin:/x'],
  ])('%j', (lines, value) => {
    expect(at(`ARG G=global\nFROM a\n${lines}\n`).values.get('X')).toBe(value)
  })

  test('an ARG without a default is undecided', () => {
    expect(at('FROM a\nARG X\n').undecided).toEqual(new Set(['X']))
  })

  test('a child stage inherits ARG and ENV, and runs the ONBUILD triggers of its parent', () => {
    const { values } = at('FROM a AS p\nARG A=1\nENV B=2\nONBUILD ENV C=3\nFROM p\nENV D=$A$B$C\n', 1)
    expect(values.get('D')).toBe('123')
  })

  test('what the triggers of the base image set', () => {
    const image = () => ({ known: true as const, value: { ...emptyConfig, env, onbuild: ['ENV X=$V'] } })
    const [user] = stageWalks(parseDockerfile('FROM a\nUSER $X\n'), image).own(0)
    expect(user?.environment.values.get('X')).toBe('base')
  })

  test('before an instruction', () => {
    const [, user] = steps('FROM a\nENV X=1\nUSER $X\nENV X=2\n')
    expect(user?.environment.values.get('X')).toBe('1')
  })

  test('scratch has the default PATH, and nothing else', () => {
    expect(at('FROM scratch\n')).toMatchObject({ open: null, values: new Map([['PATH', expect.any(String)]]) })
  })
})

describe('what the build is given', () => {
  const args = new Map([
    ['BASE', 'node'],
    ['X', 'given'],
  ])
  const platformArgs = platformArguments(
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm64', variant: 'v8' },
  )
  const parsed = (text: string) => parseDockerfile(text, { args, platformArgs })

  test.each([
    ['ARG BASE\nFROM $BASE', { kind: 'image', reference: 'node' }],
    ['ARG BASE=debian\nFROM $BASE', { kind: 'image', reference: 'node' }],
    ['ARG R=ghcr.io/x\nARG BASE\nFROM $R/$BASE:1', { kind: 'image', reference: 'ghcr.io/x/node:1' }],
    // As BuildKit has it: nothing declares it.
    [`FROM \${BASE:-debian}`, { kind: 'image', reference: 'debian' }],
    ['FROM a AS node\nARG BASE\nFROM b', { kind: 'image', reference: 'b' }],
    ['ARG BASE\nFROM a AS node\nFROM $BASE', { kind: 'stage', index: 0 }],
    ['FROM a AS x-arm64\nFROM x-$TARGETARCH$TARGETVARIANT', { kind: 'stage', index: 0 }],
    ['FROM a AS x-amd64\nFROM x-$BUILDARCH', { kind: 'stage', index: 0 }],
    ['ARG TARGETARCH\nFROM a-$TARGETARCH', { kind: 'image', reference: 'a-arm64' }],
  ])('%j', (text, base) => {
    expect(parsed(`${text}\n`).stages.at(-1)?.base).toEqual(base)
  })

  test.each([
    ['$BUILDPLATFORM', 'linux/amd64'],
    ['$TARGETPLATFORM', 'linux/arm64'],
    ['windows/amd64', 'windows/amd64'],
    ['$NO-$TARGETOSVERSION', '$NO-$TARGETOSVERSION'],
  ])('--platform=%s', (platform, said) => {
    expect(parsed(`FROM --platform=${platform} a\n`).stages[0]?.platform).toBe(said)
  })

  test.each([
    ['ARG X', 'given'],
    ['ARG X=default', 'given'],
    ['ARG Y=$X', ''],
    ['ARG X\nARG Y=$X', 'given'],
    // The same file is built for other platforms: no line in a stage is written for one.
    ['ARG TARGETARCH\nARG Y=$TARGETARCH', undefined],
  ])('in a stage: %j', (lines, value) => {
    const dockerfile = parsed(`FROM a\n${lines}\nRUN end\n`)
    const walks = stageWalks(dockerfile, () => ({ known: true, value: emptyConfig }))
    const name = lines.includes('Y') ? 'Y' : 'X'
    expect(walks.own(0).at(-1)?.environment.values.get(name)).toBe(value)
  })

  test('without it, what to give is said', () => {
    const [stage] = parseDockerfile('ARG BASE\nFROM $BASE\n', nothingGiven).stages
    expect(stage?.base).toMatchObject({ kind: 'unresolved', reason: expect.stringContaining('--build-arg BASE=VALUE') })
  })

  test('arm without a variant is v7', () => {
    const arm = { os: 'linux', architecture: 'arm' }
    expect(platformArguments(arm, arm).get('TARGETPLATFORM')).toBe('linux/arm/v7')
  })
})
