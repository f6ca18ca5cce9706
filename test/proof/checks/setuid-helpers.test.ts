import { expect, test } from '@jest/globals'
import type { Operation } from '../../../src/evidence/operation.ts'
import { setuidHelpers } from '../../../src/proof/checks/refused-work.ts'
import { image } from '../../plan/image.ts'
import { operation, passedSmoke, traced } from '../support/records.ts'

const files = [
  '-rwsr-xr-x 0:0 /usr/bin/sudo',
  'lrwxrwxrwx 0:0 /bin/doas -> /usr/bin/sudo',
  '-rwsr-xr-x 33:33 /usr/bin/of-another',
  '-rwxr-sr-x 0:42 /usr/bin/of-a-group',
  '-rwxr-xr-x 0:0 /usr/bin/id',
]
const compare = (user: string, started: Operation, smoke = traced([]).smoke) =>
  setuidHelpers.compare({ ...traced([]), smoke }, traced([started]), image({ config: { user }, files }))

test.each(['/usr/bin/sudo', '/bin/doas'])('%s, started by who is not root, is a way back to root', (path) => {
  expect(compare('1000:1000', operation('execute', path))).toEqual([
    {
      name: `what ${path} does as root`,
      baseline: 'root again',
      result: expect.stringMatching(/^refused \(.*no-new-privileges.*--smoke/),
      passed: false,
    },
  ])
})

test.each<[string, string, Operation]>([
  ['the image is root', 'root', operation('execute', '/usr/bin/sudo')],
  ['it says nobody', '', operation('execute', '/usr/bin/sudo')],
  ['it was not started', '1000', operation('execute', '/usr/bin/sudo', { outcome: 'refused' })],
  ['it was only read', '1000', operation('read', '/usr/bin/sudo')],
  ['it becomes another than root', '1000', operation('execute', '/usr/bin/of-another')],
  ['it has a group of its own', '1000', operation('execute', '/usr/bin/of-a-group')],
  ['it is an ordinary program', '1000', operation('execute', '/usr/bin/id')],
  ['it was made by the run', '1000', operation('execute', '/tmp/x')],
])('there is none where %s', (_, user, started) => expect(compare(user, started)).toEqual([]))

test('a check of the user’s own stands above it', () => {
  expect(compare('1000', operation('execute', '/usr/bin/sudo'), passedSmoke)).toMatchObject([{ passed: true }])
})
