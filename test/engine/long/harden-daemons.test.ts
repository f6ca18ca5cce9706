import { expect, test } from '@jest/globals'
import { describeMore, GROUPS } from '../support/more-hardening.ts'
import { MORE_SERVERS } from '../support/more-probes.ts'
import { retryOnce } from '../support/retry.ts'

retryOnce()

describeMore('daemons')

test('each of the second list is in one of the groups', () => {
  expect(Object.values(GROUPS).flat().sort()).toEqual(Object.keys(MORE_SERVERS).sort())
})
