import { describe, expect, test } from '@jest/globals'
import type { PortDecision, StagePlan } from '../../../src/plan/plan.ts'
import type { FirstCondition, FirstConditionsRequest } from '../../../src/proof/conditions/condition.ts'
import { arbitraryUser, dropped, lowPorts, plain, readOnly } from '../../../src/proof/conditions/conditions.ts'
import { arbitrarySpec, lockedSpec } from '../../../src/proof/container/run-specs.ts'
import { hasLowPort } from '../../../src/proof/round.ts'
import { image } from '../../plan/image.ts'

const SYSCTL = { 'net.ipv4.ip_unprivileged_port_start': '1024' }

test.each([true, false])('where a low port stays (%j) the run that is compared has it as Docker gives it', (kept) => {
  const locked = { capDrop: ['ALL'], noNewPrivileges: true }
  for (const spec of [lockedSpec('a', { keepsLowPort: kept }), arbitrarySpec('a', { keepsLowPort: kept })]) {
    expect(spec).toMatchObject(locked)
    expect(spec.sysctls).toEqual(kept ? undefined : SYSCTL)
  }
})

test.each<[string, readonly (number | null)[], boolean]>([
  ['no port', [], false],
  ['one that moves', [8080], false],
  ['one that stays', [null], true],
  ['one that moves and one that stays', [8080, null], true],
])('a plan with %s', (_, ports, kept) => {
  const decisions = ports.map((to) => ({ kind: 'port', value: { from: 80, to } as PortDecision }))
  expect(hasLowPort({ decisions } as unknown as StagePlan)).toBe(kept)
})

describe('which conditions the compared run was under, and which count', () => {
  const NONE = { arbitraryUid: false, keepsLowPort: false }
  test.each<[FirstCondition, Partial<FirstConditionsRequest>, { compared: boolean; required: boolean }]>([
    [dropped, {}, { compared: false, required: true }],
    [dropped, { keepsLowPort: true }, { compared: true, required: true }],
    [dropped, { keepsLowPort: true, arbitraryUid: true }, { compared: false, required: true }],
    [lowPorts, {}, { compared: true, required: true }],
    [lowPorts, { keepsLowPort: true }, { compared: false, required: false }],
    [lowPorts, { arbitraryUid: true }, { compared: false, required: true }],
    [plain, { keepsLowPort: true }, { compared: false, required: true }],
    [readOnly, { keepsLowPort: true }, { compared: false, required: false }],
    [arbitraryUser, { keepsLowPort: true, arbitraryUid: true }, { compared: true, required: true }],
  ])('$name, $1', (condition, changes, { compared, required }) => {
    const request = { ...NONE, facts: image({}), ...changes } as FirstConditionsRequest
    expect(condition.isCompared(request)).toBe(compared)
    expect(condition.isRequired(request)).toBe(required)
  })
})
