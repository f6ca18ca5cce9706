// What scanners say before and after, over all cases: nothing that is rewritten is still reported.
import { describe, expect, test } from '@jest/globals'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { type Case, hardenText, pipelineCases, transformCases } from '../harden/support/cases.ts'
import {
  checkovLastUser,
  checkovUserExists,
  dockleRootUser,
  hadolintLastUser,
  hadolintNumericUser,
  kicsLastUser,
  kicsMissingUser,
  type Oracle,
  trivyRootUser,
} from './scanners.ts'

const oracles: readonly (readonly [string, Oracle])[] = [
  ['hadolint DL3002', hadolintLastUser],
  ['trivy DS-0002', trivyRootUser],
  ['checkov CKV_DOCKER_3', checkovUserExists],
  ['checkov CKV_DOCKER_8', checkovLastUser],
  ['KICS missing user', kicsMissingUser],
  ['KICS last user', kicsLastUser],
]

const cases = [...transformCases(), ...pipelineCases()]
const results = cases.map((one) => [one.path, one, hardenText(one.before, one.facts)] as const)
const rewritten = results.filter(([, , result]) => result.verdict === 'rewritten')

describe.each(rewritten)('%s', (_, one: Case, result) => {
  const dockerfile = parseDockerfile(result.output)
  // Stages that make folders for an image without a shell stand in between.
  const own = dockerfile.stages.filter(({ name }) => !name?.startsWith('harden-image'))
  const planned = new Set(result.stages.map(({ index }) => own[index]?.index ?? index))
  // With --target the last stage is none of ours.
  const isFinal = planned.has(dockerfile.stages.length - 1)

  test.each(oracles)('passes %s', (_name, oracle) => {
    if (!isFinal) return
    // A builder stage that says root stays as it is: it does not run.
    expect(oracle(dockerfile).filter((stage) => stage === -1 || planned.has(stage))).toEqual([])
  })

  test('passes dockle CIS-DI-0001', () => {
    expect(result.stages.filter(({ userAfter }) => dockleRootUser(userAfter))).toEqual([])
  })

  // A bare uid keeps the other groups of its account.
  test('ends with a number where it is known, for hadolint DL3066 and for Kubernetes', () => {
    if (result.user === null) return
    for (const index of planned) {
      const last = dockerfile.stages[index]?.instructions.findLast(({ keyword }) => keyword === 'USER')?.text ?? ''
      expect(last).toMatch(/^(\d+|\$\{\w+\})(:(\d+|\$\{\w+\}))?$/)
    }
    expect(one.path).not.toBe('')
  })
})

test('no scanner reports more after than before, whatever the verdict', () => {
  for (const [path, one, result] of results) {
    const before = parseDockerfile(one.before)
    const after = parseDockerfile(result.output)
    if (before.stages.length !== after.stages.length) continue
    const planned = new Set(result.stages.map(({ index }) => index))
    // What is built upon a stage that was root's, and does not run, says now that it is root's.
    const isOwn = (stage: number): boolean => planned.size === 0 || stage === -1 || planned.has(stage)
    for (const [name, oracle] of oracles) {
      const known = oracle(before)
      expect([path, name, oracle(after).filter((stage) => isOwn(stage) && !known.includes(stage))]).toEqual([
        path,
        name,
        [],
      ])
    }
  }
})

// The predicates themselves, on what their documentation gives as examples, in other words.
test.each<[string, Oracle, string, readonly number[]]>([
  ['root by name', hadolintLastUser, 'FROM scratch\nUSER root', [0]],
  ['root by number', hadolintLastUser, 'FROM scratch\nUSER 0', [0]],
  ['root with a group', hadolintLastUser, 'FROM scratch\nUSER root:root', [0]],
  ['somebody', hadolintLastUser, 'FROM scratch\nUSER foo', []],
  ['somebody after root', hadolintLastUser, 'FROM scratch\nUSER root\nRUN x\nUSER foo', []],
  ['root of the stage below', hadolintLastUser, 'FROM debian AS base\nUSER root\nFROM base\nRUN x', [0, 1]],
  ['no user', hadolintLastUser, 'FROM scratch', []],
  ['a number', hadolintNumericUser, 'FROM scratch\nUSER 12345', []],
  ['a number with a group', hadolintNumericUser, 'FROM scratch\nUSER 1234:5678', []],
  ['a name', hadolintNumericUser, 'FROM scratch\nUSER foobar:barfoo', [0]],
  ['no user', trivyRootUser, 'FROM scratch', [-1]],
  ['root', trivyRootUser, 'FROM scratch\nUSER root', [0]],
  ['root in a builder', trivyRootUser, 'FROM a\nUSER root\nFROM b\nUSER app', []],
  ['no user', checkovUserExists, 'FROM scratch', [-1]],
  ['root', checkovUserExists, 'FROM scratch\nUSER root', []],
  ['root at the end', checkovLastUser, 'FROM scratch\nUSER app\nUSER root', [-1]],
  ['no user', checkovLastUser, 'FROM scratch', []],
  ['no user', kicsMissingUser, 'FROM python:2.7\nCMD x', [0]],
  ['a user in the builder only', kicsMissingUser, 'FROM a\nUSER x\nFROM b', [1]],
  ['root in the builder only', kicsLastUser, 'FROM a\nUSER root\nFROM b\nUSER x', []],
])('%s', (_, oracle, text, reported) => {
  expect(oracle(parseDockerfile(text))).toEqual(reported)
})

test.each([
  ['', true],
  ['root', true],
  ['0:0', true],
  ['10001:10001', false],
  ['node', false],
])('dockle on the config user "%s"', (user, reported) => {
  expect(dockleRootUser(user)).toBe(reported)
})
