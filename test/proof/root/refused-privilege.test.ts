import { expect, test } from '@jest/globals'
import type { Operation } from '../../../src/evidence/operation.ts'
import { lacking } from '../../../src/proof/needs-root.ts'

const refused = (capability: string): Operation => ({
  access: 'use-capability',
  path: null,
  capability,
  outcome: 'refused',
  source: 'traced',
  detail: 'a call',
})

test.each([
  ['what no container may by default', ['SYS_ADMIN'], /^it takes SYS_ADMIN/],
  ['what is given', ['SYS_TIME'], null],
  [
    'a higher limit or priority, which a program that ends for another reason did without',
    ['SYS_RESOURCE', 'SYS_NICE'],
    null,
  ],
  ['behind such a one', ['SYS_RESOURCE', 'SYS_ADMIN'], /^it takes SYS_ADMIN/],
])('a refusal of %s', (_, capabilities, said) => {
  const found = lacking(capabilities.map(refused), new Set(['SYS_TIME']))
  if (said === null) expect(found).toBeNull()
  else expect(found).toMatch(said)
})
