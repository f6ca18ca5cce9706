import { expect, test } from '@jest/globals'
import type { Operation } from '../../../src/evidence/operation.ts'
import { lackedCapabilities } from '../../../src/proof/needs-root.ts'
import type { Round } from '../../../src/proof/round.ts'
import { ended, operation, record, running, traced } from '../support/records.ts'

const raw = operation('use-capability', null, { capability: 'NET_RAW' })
const chroot = operation('chroot', '/srv', { capability: 'SYS_CHROOT' })
const refused = (done: Operation): Operation => ({ ...done, outcome: 'refused' })

function round(operations: readonly Operation[], state = ended(1)): Round {
  const run = {
    record: record({ state }),
    comparison: { parity: state.running },
    traced: { ...traced(operations), state },
  }
  return { run, failure: null } as unknown as Round
}

test.each<[string, readonly Operation[], Round, readonly string[]]>([
  ['a raw socket that it had and is refused', [raw], round([refused(raw)]), ['NET_RAW']],
  ['a raw socket that it never had', [], round([refused(raw)]), []],
  ['a raw socket that it has', [raw], round([raw]), []],
  ['a chroot that it did not come to before it ended', [chroot], round([]), ['SYS_CHROOT']],
  ['a chroot that it did not come to yet', [chroot], round([], running), []],
  ['a chroot that the original never did', [], round([]), []],
])('%s', (_, operations, last, names) => {
  const original = traced(operations)
  expect(lackedCapabilities(original, last).map(({ capability }) => capability)).toEqual(names)
})
