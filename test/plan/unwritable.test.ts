import { expect, test } from '@jest/globals'
import { emptyConfig } from '../../src/image/config.ts'
import { decide, decided, type Grant, type StagePlan } from '../../src/plan/plan.ts'
import type { StageInput } from '../../src/plan/stage-input.ts'
import { withoutUnwritable } from '../../src/plan/unwritable.ts'

const account = {
  name: '',
  uid: 7,
  gid: 7,
  groups: [],
  home: '',
  createHome: false,
  createGroup: false,
  from: 'image',
  creation: 'none',
  evidence: [],
} as const

function planned(change: Partial<StagePlan>): StagePlan {
  const base: StagePlan = {
    stage: 0,
    outcome: 'harden',
    reason: '',
    userBefore: { known: true, value: 'root' },
    account,
    decisions: [],
    parts: [],
    unshown: [],
    handed: [],
    tools: { shell: true, commands: null },
    remarks: [],
    end: null,
    users: null,
    anyUid: false,
    offered: null,
    ...change,
  }
  const facts = { config: emptyConfig, files: { known: false, reason: '' }, os: { known: false, reason: '' } }
  return withoutUnwritable(base, { stage: 0, userBefore: base.userBefore, facts } as unknown as StageInput)
}

const file = (path: string): Grant => ({ path, kind: 'create-file', evidence: [] })

test('a file that a heredoc would make is left out where its path has white space, and a shell makes it', () => {
  const without = planned({
    decisions: decide('grant', [file('/a b'), file('/c')]),
    tools: { shell: false, commands: null },
  })
  expect(decided(without, 'grant').map(({ path }) => path)).toEqual(['/c'])
  expect(without.remarks.map(({ outcome, message }) => `${outcome}: ${message}`)).toEqual([
    'todo: /a b is not granted: there is white space in it, and COPY takes no such target for a heredoc',
  ])
  expect(planned({ decisions: decide('grant', [file('/a b')]) }).decisions).toHaveLength(1)
})

const reason = { reason: '', evidence: [] }
const edit = { path: '/etc/x', purpose: 'config', ...reason } as const
const change = { pattern: 'a', replacement: 'b', global: false }

test.each<[string, Partial<StagePlan>]>([
  ['a name of ENV', { decisions: decide('set-env', [{ name: 'A B', value: '', ...reason }]) }],
  ['a value of ENV', { decisions: decide('set-env', [{ name: 'A', value: 'x\nUSER root', ...reason }]) }],
  ['a folder to start in', { decisions: decide('set-workdir', [{ path: '/a\nUSER root', ...reason }]) }],
  ['a word of a command', { decisions: decide('set-command', [{ entrypoint: null, cmd: ['a\0'], ...reason }]) }],
  ['a number of a health check', { decisions: decide('set-healthcheck', [{ test: ['CMD', 'a'], intervalMs: 1e30 }]) }],
  [
    'the path of a file that changes',
    { decisions: decide('edit-file', [{ ...edit, path: '/x\ny', substitutions: [change] }]) },
  ],
  [
    'a line of a file that changes',
    { decisions: decide('edit-file', [{ ...edit, substitutions: [{ ...change, pattern: 'a\nb' }] }]) },
  ],
  ['the user of the base image', { users: { initial: { known: true, value: 'a\nUSER root' }, lines: [] } }],
  ['the name of a new account', { account: { ...account, name: 'x; reboot', home: '/x', creation: 'useradd' } }],
  ['the home of a new account', { account: { ...account, name: 'x', home: '/x\ny', creation: 'useradd' } }],
  ['an id', { account: { ...account, uid: 2 ** 31 } }],
])('%s that cannot be written leaves the stage as it is, and says so', (_, part) => {
  const { outcome, account: chosen, remarks } = planned(part)
  expect({ outcome, chosen }).toEqual({ outcome: 'unknown', chosen: null })
  expect(remarks).toEqual([
    expect.objectContaining({ outcome: 'todo', message: expect.stringMatching(/^stays as it is: /) }),
  ])
})

test('what can be written stays what it was', () => {
  const decisions = [
    ...decide('grant', [file("/it's")]),
    ...decide('set-env', [{ name: 'A.b', value: '$x "y"', ...reason }]),
  ]
  expect(planned({ decisions })).toMatchObject({ outcome: 'harden', remarks: [], decisions })
})
