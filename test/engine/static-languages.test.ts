import { expect, test } from '@jest/globals'
import { retryOnce } from './support/retry.ts'
import { APPS, describeApps, GROUPS } from './support/static-apps.ts'

retryOnce()

describeApps('languages')

test('each application is in one of the groups', () => {
  expect(Object.values(GROUPS).flat().sort()).toEqual(Object.keys(APPS).sort())
})
