import { expect, test } from '@jest/globals'
import { hardenOne } from './support/cli.ts'
import { ensureImage } from './support/images.ts'
import { describeMore, GROUPS } from './support/more-hardening.ts'
import { MORE_SERVERS } from './support/more-probes.ts'

describeMore('daemons')

test('each of the second list is in one of the groups', () => {
  expect(Object.values(GROUPS).flat().sort()).toEqual(Object.keys(MORE_SERVERS).sort())
})

test('mounts cannot be compared with an original that does not start', async () => {
  const { code, result } = await hardenOne(await ensureImage('mounts'), ['--prove'])
  expect({ code, verdict: result.verdict, passed: result.proof?.passed }).toEqual({
    code: 1,
    verdict: 'incomplete',
    passed: false,
  })
})
