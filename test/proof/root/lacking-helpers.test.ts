import { expect, test } from '@jest/globals'
import { createFileModel } from '../../../src/image/file-index.ts'
import { lackingHelpers } from '../../../src/proof/helper-capability.ts'

const pinger = '/usr/lib/app/pinger'
const file = { type: 'file', uid: 0, gid: 0, mode: 0o755, size: 1, link: null } as const
const plain = createFileModel(new Map([[pinger, file]]))
const capable = createFileModel(new Map([[pinger, { ...file, capabilities: ['NET_RAW'] }]]))

const takes = {
  name: 'what takes NET_RAW',
  baseline: 'allowed',
  result: `refused (${pinger}: socket(AF_INET, SOCK_RAW) = -1 EPERM); a check of yours can tell`,
  passed: false,
}
const gone = { name: 'its processes', baseline: '1 × (pinger)', result: '0 × (pinger)', passed: false }
const closed = { name: 'http :8000/', baseline: '200', result: 'closed', passed: false }

const evidence = { source: 'refused', subject: pinger, detail: 'execve: EPERM' } as const
const disarmed = (...capabilities: string[]) => ({
  decisions: [
    {
      kind: 'drop-capabilities' as const,
      needsRoot: true,
      evidence: [evidence],
      value: { name: pinger, capabilities, removeWith: '', certainty: 'refused' as const, evidence },
    },
  ],
})
const nothing = { decisions: [] }

test('a helper that a check names, whose file gives it nothing', () => {
  expect(lackingHelpers([takes], nothing, plain)).toEqual([
    { program: pinger, capability: 'NET_RAW', isCapable: false },
  ])
})

test('one whose file would give it that', () => {
  expect(lackingHelpers([takes], nothing, capable)).toEqual([
    { program: pinger, capability: 'NET_RAW', isCapable: true },
  ])
})

test('one that its set-user-ID bit makes root', () => {
  const setuid = createFileModel(new Map([[pinger, { ...file, mode: 0o4755 }]]))
  expect(lackingHelpers([takes], nothing, setuid)).toEqual([
    { program: pinger, capability: 'NET_RAW', isCapable: true },
  ])
  const ofAnother = createFileModel(new Map([[pinger, { ...file, uid: 33, mode: 0o4755 }]]))
  expect(lackingHelpers([takes], nothing, ofAnother)).toMatchObject([{ isCapable: false }])
})

test('one that is gone since the plan has taken from it what its file gave', () => {
  expect(lackingHelpers([gone], disarmed('NET_RAW'), capable)).toEqual([
    { program: pinger, capability: 'NET_RAW', isCapable: true },
  ])
})

test.each([
  ['all checks passed', [{ ...takes, passed: true }], disarmed('NET_RAW')],
  ['something else failed too', [takes, closed], disarmed('NET_RAW')],
  ['a process is gone that had no capability', [gone], nothing],
  ['it had the one for low ports alone', [gone], disarmed('NET_BIND_SERVICE')],
  ['nobody knows which it had', [gone], disarmed()],
  ['the name is none', [{ ...takes, name: 'what takes NONSENSE' }], nothing],
])('is none where %s', (_, checks, plan) => {
  expect(lackingHelpers(checks, plan, capable)).toEqual([])
})
