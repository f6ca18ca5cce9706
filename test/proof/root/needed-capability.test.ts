import { expect, test } from '@jest/globals'
import type { Operation } from '../../../src/evidence/operation.ts'
import { chrootAsked, lackedCapabilities } from '../../../src/proof/needs-root.ts'
import type { Tried } from '../../../src/proof/tried.ts'
import { image } from '../../plan/image.ts'
import { ended, operation, record, running, traced } from '../support/records.ts'

const raw = operation('use-capability', null, { capability: 'NET_RAW' })
const chroot = operation('chroot', '/srv', { capability: 'SYS_CHROOT' })
const refused = (done: Operation): Operation => ({ ...done, outcome: 'refused' })

function round(operations: readonly Operation[], state = ended(1)): Tried {
  const run = {
    record: record({ state }),
    comparison: { parity: state.running },
    traced: { ...traced(operations), state },
  }
  return { run, failure: null } as unknown as Tried
}

test.each<[string, readonly Operation[], Tried, readonly string[]]>([
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

test.each<[string, readonly string[], string]>([
  ['an option and its value', ['dnsd', '-n', '-r', '/srv/zones', 'a:b'], '-r /srv/zones in its command asks for it'],
  ['one word', ['dnsd', '--jail=/srv/zones/'], '--jail=/srv/zones/ in its command asks for it'],
  ['a letter with it', ['dnsd', '-r/srv/zones'], '-r/srv/zones in its command asks for it'],
  ['a relative name', ['dnsd', '-r', 'zones'], '-r zones in its command asks for it'],
  ['a word alone', ['dnsd', '/srv/zones'], '/srv/zones in its command asks for it'],
  ['none of its words', ['dnsd', '-r', '/srv/other', '/srv/zones/x'], 'no option or line that asks for it was found'],
])('what asks for a root folder of its own: %s', (_, cmd, said) => {
  const { config } = image({ config: { cmd, workdir: '/srv' } })
  expect(chrootAsked(config, '/srv/zones')).toContain(said)
  expect(chrootAsked(config, null)).toContain('no option or line')
})
