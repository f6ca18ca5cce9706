import { expect, test } from '@jest/globals'
import { inTheWay } from '../../src/proof/lessons.ts'
import { ended, operation, traced } from './support/records.ts'

const PID = '/run/app.pid'
const anew = operation('create-file', PID, { detail: `openat("${PID}", O_RDWR|O_CREAT|O_EXCL)` })
const had = traced([anew, operation('create-file', '/run/app.log')])
const over = (...operations: Parameters<typeof traced>[0]) => ({ ...traced(operations), state: ended(1) })

test('a file that is to be new and was made beforehand is in the way of a run that ends without it', () => {
  expect(inTheWay(had, had)).toEqual([])
  expect(inTheWay(over(anew), had)).toEqual([])
  const said = { ...over(operation('write', PID)), logs: 'FATAL: empty app.pid\n' }
  expect(inTheWay(said, had)).toMatchObject([{ path: PID }])
  expect(inTheWay(over(operation('read', '/etc/x')), had)).toMatchObject([
    { access: 'remove', path: PID, outcome: 'refused', found: true },
  ])
})
