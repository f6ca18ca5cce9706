import { describe, expect, test } from '@jest/globals'
import { describeMore, GROUPS } from '../support/more-hardening.ts'
import { MORE_SERVERS } from '../support/more-probes.ts'
import { describeOriginals } from '../support/originals.ts'
import { retryOnce } from '../support/retry.ts'

retryOnce()

describe('the test images', () => {
  describeOriginals(MORE_SERVERS)
})

describeMore('daemons')

test('each of the second list is in one of the groups', () => {
  expect(Object.values(GROUPS).flat().sort()).toEqual(Object.keys(MORE_SERVERS).sort())
})
