import { expect, test } from '@jest/globals'
import type { Operation } from '../../../src/evidence/operation.ts'
import type { PortAnswer } from '../../../src/proof/ask/answers.ts'
import { unsentPackets } from '../../../src/proof/caveats.ts'
import { lostCapability } from '../../../src/proof/checks/refused-work.ts'
import type { RunRecord } from '../../../src/proof/container/run-record.ts'
import { ended, http, operation, passedSmoke, traced } from '../support/records.ts'

const using = (capability: string, outcome: Operation['outcome']): RunRecord =>
  traced([operation('use-capability', null, { capability, outcome, detail: `needs ${capability}` })])
const lost = (original: RunRecord, result: RunRecord): readonly string[] =>
  lostCapability
    .compare(original, result)
    .filter(({ passed }) => !passed)
    .map(({ name, result: after }) => `${name}: ${after}`)

test('a raw socket that root was given and the result is refused without a word', () => {
  expect(lost(using('NET_RAW', 'done'), using('NET_RAW', 'refused'))).toEqual([
    'what takes NET_RAW: refused (needs NET_RAW); a check of yours (--smoke) can tell whether it does without',
  ])
})

test('the process that was refused it is named', () => {
  const pinger = operation('use-capability', null, {
    capability: 'NET_RAW',
    outcome: 'refused',
    detail: 'socket(AF_INET, SOCK_RAW) = -1 EPERM',
    by: '/usr/lib/squid/pinger',
  })
  expect(lost(using('NET_RAW', 'done'), traced([pinger])).join()).toContain(
    'refused (/usr/lib/squid/pinger: socket(AF_INET, SOCK_RAW) = -1 EPERM)',
  )
})

test.each<[string, RunRecord, RunRecord]>([
  ['root was refused it too', using('NET_RAW', 'refused'), using('NET_RAW', 'refused')],
  ['it is not tried again', using('NET_RAW', 'done'), traced([])],
  ['another way is granted', using('SETUID', 'done'), using('SETUID', 'refused')],
  ['it is a wish', using('SYS_NICE', 'done'), using('SYS_NICE', 'refused')],
  ['the result was not traced', using('NET_RAW', 'done'), { ...using('NET_RAW', 'refused'), trace: null }],
])('is none where %s', (_, original, result) => {
  expect(lostCapability.compare(original, result)).toEqual([])
})

test('a check of the user’s own stands above it', () => {
  const [check] = lostCapability.compare(
    { ...using('NET_RAW', 'done'), smoke: passedSmoke },
    using('NET_RAW', 'refused'),
  )
  expect(check).toMatchObject({ passed: true, result: expect.stringContaining('your own checks tell') })
})

const raw = (by: string, outcome: Operation['outcome'], protocol = 'IPPROTO_RAW'): Operation =>
  operation('use-capability', null, {
    capability: 'NET_RAW',
    outcome,
    by,
    detail: `socket(AF_INET, SOCK_RAW, ${protocol})`,
  })
const udp: PortAnswer = { port: 5060, protocol: 'udp', kind: 'answer', detail: 'SIP, code 200' }
const served = operation('bind', null, { port: 5060, protocol: 'udp', by: '/usr/bin/sips' })

test.each<
  [string, boolean, { protocol?: string; by?: string; answers?: readonly PortAnswer[]; state?: RunRecord['state'] }]
>([
  ['it only sends, and all that it was asked was answered', true, {}],
  ['it receives as well, as ping does', false, { protocol: 'IPPROTO_ICMP' }],
  ['a helper beside it wanted it', false, { by: '/usr/lib/pinger' }],
  ['what it answers was not seen', false, { answers: [{ ...udp, kind: 'bound' }] }],
  ['it was asked for no datagram', false, { answers: [http(80)] }],
  ['it has ended', false, { state: ended(0) }],
])(
  'that is refused is done without where %s: %j',
  (_, passed, { protocol, by = '/usr/bin/sips', answers = [udp], state }) => {
    const original = { ...traced([raw(by, 'done', protocol), served]), answers }
    const result = {
      ...traced([raw(by, 'refused', protocol), served]),
      answers,
      ...(state === undefined ? {} : { state }),
    }
    expect(lostCapability.compare(original, result).map((check) => check.passed)).toEqual([passed])
    expect(unsentPackets(original, result).length).toBe(passed ? 1 : 0)
    expect(unsentPackets({ ...original, smoke: passedSmoke }, result)).toEqual([])
  },
)
