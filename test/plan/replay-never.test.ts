// What must never be granted, whatever is asked: needs at random on images at random.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Need } from '../../src/evidence/claim.ts'
import type { Grant } from '../../src/plan/plan.ts'
import { replay } from '../../src/plan/replay.ts'
import { files } from './image.ts'

const FOLDERS = [
  '/',
  '/etc',
  '/usr',
  '/bin',
  '/lib',
  '/usr/bin',
  '/usr/lib',
  '/usr/sbin',
  '/etc/pam.d',
  '/root',
  '/var',
  '/opt',
  '/home',
]
const OTHERS = [
  '/srv',
  '/data',
  '/var/lib/app',
  '/run/app',
  '/etc/app',
  '/opt/app',
  '/tmp',
  '/var/tmp',
  '/run',
  '/var/log',
]
const NAMES = ['x', 'passwd', 'shadow', 'sudoers', 'app.key', 'run.pid', 'tool', 'deep/er']
const ACCESSES: readonly Need['access'][] = [
  ...(['keep-state', 'read', 'write', 'create-file', 'create-directory', 'create-socket', 'remove', 'rename'] as const),
  ...(['traverse', 'execute', 'list', 'change-owner', 'change-mode', 'change-times'] as const),
]

const folder = fc.constantFrom(...FOLDERS, ...OTHERS)
const path = fc
  .tuple(folder, fc.option(fc.constantFrom(...NAMES), { nil: null }))
  .map(([at, name]) => (name === null ? at : `${at === '/' ? '' : at}/${name}`))
const need = fc
  .record({
    access: fc.constantFrom(...ACCESSES),
    path,
    certainty: fc.constantFrom<Need['certainty']>('observed', 'refused', 'declared', 'inferred'),
    told: fc.constantFrom('user', undefined),
    tree: fc.boolean(),
    uid: fc.constantFrom(-1, 0, 10),
  })
  .map(({ access, path: at, certainty, told, tree, uid }): Need => {
    const evidence = { source: 'traced', subject: at, detail: access } as const
    // Needs of any kind, with what others have as well.
    return {
      access,
      path: at,
      certainty,
      tree,
      uid,
      ...(told === undefined ? {} : { told }),
      evidence,
    } as unknown as Need
  })
const owner = fc.constantFrom('0:0', '10:10', '0:10', '33:33')
const folderLine = fc
  .tuple(fc.constantFrom('drwxr-xr-x', 'drwx------', 'drwxrwx---', 'drwxr-x---', 'drwxrwxrwt'), owner, folder)
  .map((parts) => parts.join(' '))
const fileLine = fc
  .tuple(fc.constantFrom('-rw-r--r--', '-rw-------', '-rw-r-----', '-rwsr-xr-x', '-rwxr-sr-x'), owner, path)
  .map((parts) => parts.join(' '))
const tree = fc.tuple(fc.array(folderLine, { maxLength: 6 }), fc.array(fileLine, { maxLength: 8 })).map((lines) => {
  const taken = new Set([...FOLDERS, ...OTHERS])
  const byPath = new Map(lines.flat().map((line) => [line.split(' ')[2] ?? '', line]))
  return [...byPath].flatMap(([at, line]) => (line.startsWith('-') && (taken.has(at) || at === '/') ? [] : [line]))
})

const OWNS = /^(own|create)-|^sticky$/

function grantsOf(lines: readonly string[], needs: readonly Need[], shared?: { user: boolean; group: boolean }) {
  const image = files('drwxr-xr-x 0:0 /etc', 'drwx------ 0:0 /root', 'drwxrwxrwt 0:0 /tmp', ...lines)
  return { image, ...replay(needs, image, { uid: 10, gid: 10, ...(shared === undefined ? {} : { shared }) }) }
}

describe('never', () => {
  test('a folder of the system, its code or its accounts', () => {
    fc.assert(
      fc.property(tree, fc.array(need, { minLength: 1, maxLength: 6 }), (lines, needs) => {
        const wrong = grantsOf(lines, needs).grants.filter(({ kind, path: at }: Grant) => {
          const folderOfMany = FOLDERS.includes(at)
          const code = /^\/(bin|lib|usr\/(bin|lib|sbin)|etc\/(passwd|shadow|sudoers|pam\.d))(\/|$)/.test(at)
          return OWNS.test(kind) && (folderOfMany || code)
        })
        expect(wrong).toEqual([])
      }),
    )
  })

  test('a setuid or setgid file, and password hashes', () => {
    fc.assert(
      fc.property(tree, fc.array(need, { minLength: 1, maxLength: 6 }), (lines, needs) => {
        const { image, grants } = grantsOf(lines, needs)
        const wrong = grants.filter(({ path: at }) => {
          const entry = image.entry(at)
          return (entry?.type === 'file' && (entry.mode & 0o6000) !== 0) || at === '/etc/shadow'
        })
        expect(wrong).toEqual([])
      }),
    )
  })

  test('what is closed to others, to a user or by a group that others share', () => {
    const shares = fc.constantFrom({ user: true, group: true }, { user: false, group: true })
    fc.assert(
      fc.property(tree, fc.array(need, { minLength: 1, maxLength: 6 }), shares, (lines, needs, shared) => {
        const { image, grants } = grantsOf(lines, needs, shared)
        const wrong = grants.filter(({ kind, path: at, mode }) => {
          const entry = image.entry(at)
          if (entry?.type !== 'file' || (entry.mode & 0o004) !== 0 || kind === 'traverse') return false
          return shared.user || kind === 'group-read' || ((mode ?? entry.mode) & 0o070) !== 0
        })
        expect(wrong).toEqual([])
      }),
    )
  })
})

test('a file that the engine mounts into every container is given to nobody, and that is said', () => {
  const hosts: Need = {
    access: 'write',
    path: '/etc/hosts',
    certainty: 'declared',
    evidence: { source: 'declared', subject: '/etc/hosts', detail: 'written by /start.sh' },
  }
  const { grants, ungranted } = replay([hosts], files('drwxr-xr-x 0:0 /etc'), { uid: 10001, gid: 10001 })
  expect(grants).toEqual([])
  expect(ungranted.map(({ reason }) => reason)).toEqual([expect.stringContaining('the engine mounts a /etc/hosts')])
})
