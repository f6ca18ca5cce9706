import { describe, expect, test } from '@jest/globals'
import type { Evidence } from '../../src/evidence/claim.ts'
import type { FileEdit } from '../../src/evidence/file-edit.ts'
import {
  includedGrants,
  includedHome,
  includedLines,
  includedSwitch,
  partsOf,
} from '../../src/plan/grants/excluded-parts.ts'
import type { Grant } from '../../src/plan/plan.ts'
import type { StepDownPlan } from '../../src/plan/step-down/step-down-plan.ts'

const because = (source: Evidence['source']): readonly Evidence[] => [{ source, subject: '/x', detail: 'why' }]
const grants: readonly Grant[] = [
  { kind: 'own-directory', path: '/var/lib/x', evidence: because('traced') },
  { kind: 'own-directory', path: '/data', declared: true, evidence: because('declared') },
  { kind: 'create-file', path: '/run/asked', declared: true, evidence: because('given') },
]
const line = (pattern: string) => ({ pattern, replacement: '', global: false, remove: true })
const fileEdits: readonly FileEdit[] = [
  {
    path: '/etc/x.conf',
    substitutions: [line('^[[:space:]]*user[[:space:]]+www-data;[[:space:]]*$'), line(String.raw`^chroot /srv\.d$`)],
    reason: '',
    purpose: 'config',
    evidence: [],
  },
  { path: '/etc/x.conf', substitutions: [line('listen 80')], reason: '', purpose: 'port', evidence: [] },
]
const env = [
  { name: 'HOME', value: '/home/app', reason: '', evidence: [] },
  { name: 'PORT', value: '8080', reason: '', evidence: [] },
]
const stepDown: StepDownPlan = {
  switches: [],
  needs: [],
  fileEdits: [],
  argv: { entrypoint: null, cmd: ['x'] },
  argvReasons: ['gosu is left out'],
  jail: null,
  remarks: [],
}
const names = partsOf({ grants, fileEdits, env, stepDown, workdir: null, ownWay: null }).map(({ name }) => name)

describe('what runs may show to be needless', () => {
  test('guesses and cures, in words; not what was asked for, and never the move of a port', () => {
    expect(names).toEqual([
      'own-directory /var/lib/x',
      'the change of "user www-data;" in /etc/x.conf',
      'the change of "chroot /srv.d" in /etc/x.conf',
      'HOME',
      'the command without its switch of user',
    ])
  })

  test('all of it can be left out by its name, and nothing else goes with it', () => {
    const all = new Set(names)
    expect(includedGrants(grants, all)).toEqual(grants.slice(1))
    expect(includedLines(fileEdits, all)).toEqual(fileEdits.slice(1))
    expect(includedHome(env, all)).toEqual(env.slice(1))
    expect(includedSwitch(stepDown, all).argv).toEqual({ entrypoint: null, cmd: null })
  })

  test('one line of a file alone', () => {
    const [first] = includedLines(fileEdits, new Set(['the change of "user www-data;" in /etc/x.conf']))
    expect(first?.substitutions.map(({ pattern }) => pattern)).toEqual([String.raw`^chroot /srv\.d$`])
  })

  test('names of asked-for grants leave them in', () => {
    expect(includedGrants(grants, new Set(['own-directory /data', 'create-file /run/asked']))).toEqual(grants)
  })
})
