import { expect, test } from '@jest/globals'
import { APPS, describeApps, GROUPS } from './support/static-apps.ts'

describeApps('languages')

test('each application is in one of the groups', () => {
  expect(Object.values(GROUPS).flat().sort()).toEqual(Object.keys(APPS).sort())
})
