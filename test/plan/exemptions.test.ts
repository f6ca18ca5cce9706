import { expect, test } from '@jest/globals'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { exemptionOf, misreadComments } from '../../src/plan/exemptions.ts'

function exemption(text: string, stage = 0): string | null {
  const dockerfile = parseDockerfile(text)
  const found = dockerfile.stages[stage]
  if (found === undefined) return null
  const exempt = exemptionOf(dockerfile, found, { today: '2026-06-15' })
  return exempt === null ? null : `${exempt.line}: ${exempt.reason}`
}

test.each<[string, string]>([
  ['FROM a\n# hadolint ignore=DL3008,DL3002\nUSER root\n', '2: '],
  ['# hadolint global ignore=DL3002\nFROM a\n', '1: '],
  ['FROM a\n#trivy:ignore:AVD-DS-0002\nUSER root\n', '2: '],
  ['# trivy:ignore:DS002\nFROM a\n', '1: '],
  ['# trivy:ignore:DS-0002:exp:2030-01-01\nFROM a\n', '1: exp:2030-01-01'],
  ['FROM a\nCMD x\n#checkov:skip=CKV_DOCKER_3:needs it\n', '3: needs it'],
  ['# checkov:skip=CKV_DOCKER_8\nFROM a\n', '1: '],
  ['# kics-scan disable=fd54f200-402c-4333-a5a4-36ef6709af2f\nFROM a\n', '1: '],
  ['FROM a\n# harden-image ignore=set-user reason=it mounts\nCMD x\n', '2: it mounts'],
  ['FROM a\n# harden-image ignore=set-user\nRUN x\nCMD x\n', '2: '],
  ['# harden-image ignore=raise-ports,set-user\nFROM a\n', '1: '],
  ['# harden-image ignore=set-user until=2026-06-15 reason=it mounts\nFROM a\n', '1: it mounts'],
  ['# harden-image ignore=set-user reason=it mounts until=2026-06-15\nFROM a\n', '1: it mounts'],
])('%j is exempted', (text, expected) => {
  expect(exemption(text)).toBe(expected)
})

test.each([
  'FROM a\n# hadolint ignore=DL3002\nUSER root\nUSER 0\n',
  'FROM a\n# hadolint ignore=DL3008\nUSER root\n',
  'FROM a\n# hadolint ignore=DL3002\nRUN x\n',
  'FROM a\n# hadolint ignore=DL30021\nUSER root\n',
  '# checkov:skip=CKV_DOCKER_2:x\nFROM a\n',
  '# trivy:ignore:AVD-DS-0026\nFROM a\n',
  'FROM a\n# trivy:ignore:DS-0002\nRUN x\nUSER root\n',
  'FROM a\n# harden-image: set-user\nCMD x\n',
  '# harden-image ignore=set-user until=2026-06-14 reason=it mounts\nFROM a\n',
  '# harden-image ignore=set-user reason=it mounts until=2026-06-14\nFROM a\n',
  '# harden-image ignore=set-user until=tomorrow reason=it mounts\nFROM a\n',
])('%j is not', (text) => {
  expect(exemption(text)).toBeNull()
})

test('a comment above FROM is about its stage alone', () => {
  const text = 'FROM a\nCMD x\n# harden-image ignore=set-user\nFROM b\nCMD y\n'
  expect([exemption(text, 0), exemption(text, 1)]).toEqual([null, '3: '])
})

test.each<[string, string[]]>([
  ['FROM a\n# harden-image: ignore set-user\nCMD x\n', ['2 todo the comment is not understood: it ignores nothing']],
  ['# harden-image:ignore=set-user\nFROM a\n', ['1 todo the comment is not understood: it ignores nothing']],
  ['# harden-image ignore set-user\nFROM a\n', ['1 todo the comment is not understood: it ignores nothing']],
  ['# Harden-image skip\nFROM a\n', []],
  ['# harden-image skip\nFROM a\n', ['1 todo the comment is not understood: it ignores nothing']],
  ['# harden-image ignore=set-user until=2027-01-01\nFROM a\n', []],
  ['# harden-image ignore=set-user until=2026-06-15\nFROM a\n', []],
  [
    '# harden-image ignore=set-user until=2026-06-14 reason=later\nFROM a\n',
    ['1 todo the comment ended on 2026-06-14: it ignores nothing any more'],
  ],
  [
    '# harden-image ignore=set-user reason=later until=2026-06-14\nFROM a\n',
    ['1 todo the comment ended on 2026-06-14: it ignores nothing any more'],
  ],
  [
    '# harden-image ignore=set-user until=2026-02-30\nFROM a\n',
    ['1 todo the comment says until=2026-02-30, which is no date: it ignores nothing'],
  ],
  [
    'FROM a\nCMD x\n# harden-image ignore=set-user\n',
    ['3 todo the comment is about no instruction: it ignores nothing'],
  ],
  ['# harden-image ignore=set-user reason=it ignores until\nFROM a\n', []],
  ['FROM a\n# harden-image: the program ignores it\nRUN x\n', []],
])('of the comments of %j is said: %j', (text, expected) => {
  const said = misreadComments(parseDockerfile(text), { today: '2026-06-15' }).map(
    ({ line, outcome, message }) => `${line} ${outcome} ${message}`,
  )
  expect(said).toEqual(expected)
})
