import { expect, test } from '@jest/globals'
import type { Certainty, Need } from '../../src/evidence/claim.ts'
import { said, unshownGrants, withHarmless } from '../../src/plan/grants/unshown.ts'
import type { Grant } from '../../src/plan/plan.ts'
import { unaskedWrites, unshownPlaces } from '../../src/proof/caveats.ts'

const grant = (kind: Grant['kind'], path: string): Grant => ({
  path,
  kind,
  evidence: [{ source: 'declared', subject: path, detail: 'named in /app/main.py line 3' }],
})
const paths = (grants: readonly Grant[]): readonly string[] => grants.map(({ path }) => path)

test('what only the files of a program speak of is not shown', () => {
  const secret = grant('group-read', '/etc/app/secret')
  const seen = [grant('own-directory', '/var/lib/app')]
  const all = [...seen, grant('create-file', '/var/lib/app/db'), grant('traverse', '/etc/app'), secret]
  expect(paths(unshownGrants(seen, all))).toEqual(['/etc/app/secret'])
  expect(unshownPlaces(unshownGrants(seen, all))).toEqual([
    'whether it has to read /etc/app/secret (named in /app/main.py line 3): no run did, and its new user may not (--writable gives it)',
  ])
})

test('a write that a setting states is work that nobody asked for; one that is inferred, or a read, is a doubt', () => {
  const stated = { ...grant('own-file', '/etc/app/state'), declared: true } as const
  const doubts = [
    grant('own-file', '/etc/app/x'),
    { ...grant('group-read', '/etc/app/secret'), declared: true } as const,
  ]
  expect(unaskedWrites([...doubts, stated])).toEqual([
    'not asked: whether it has to write /etc/app/state (named in /app/main.py line 3): no run did, and its new user may not (--writable gives it)',
  ])
  expect(unaskedWrites(doubts)).toEqual([])
})

test('of many the first are named', () => {
  const all = ['/a', '/b', '/c', '/d', '/e'].map((path) => grant('create-directory', path))
  expect(unshownPlaces(all)).toEqual([
    expect.stringContaining('has to write /a'),
    expect.stringContaining('/b'),
    expect.stringContaining('/c'),
    'the same of 2 more places that its own files speak of',
  ])
})

test('what is known of packages in general a run tells better', () => {
  const need = (certainty: Certainty): Need => ({
    access: 'write',
    path: '/x',
    certainty,
    evidence: { source: 'packages', subject: '/x', detail: '' },
  })
  expect(said([need('possible'), need('declared')])).toHaveLength(1)
})

test.each<[Grant['kind'], string, boolean]>([
  // It keeps state by its name, or is one thing of the program's own.
  ['own-directory', '/srv/app/storage', true],
  ['own-directory', '/var/lib/app', true],
  // Nothing is in it.
  ['own-directory', '/srv/empty', true],
  ['create-directory', '/srv/app/new', true],
  ['create-file', '/opt/app/count', true],
  ['own-file', '/opt/app/settings.ini', true],
  ['group-read', '/etc/app/secret', true],
  // A person is asked.
  ['own-directory', '/srv/app', false],
  ['own-file', '/etc/app/settings.ini', false],
  ['create-file', '/usr/share/app/x', false],
  ['create-directory', '/etc/app/conf.d', false],
])('what no run has shown, %s %s, is given without a question: %j', (kind, path, isGiven) => {
  const one = grant(kind, path)
  const seen = { grants: [grant('create-file', '/srv/other')], remarks: [] }
  const whole = { grants: [...seen.grants, one], remarks: [] }
  expect(paths(withHarmless(seen, whole, (folder) => folder === '/srv/empty').grants).includes(path)).toBe(isGiven)
})
