import { expect, test } from '@jest/globals'
import type { Operation } from '../../src/evidence/operation.ts'
import { mergedUsers } from '../../src/plan/account/merged-users.ts'
import type { Grant } from '../../src/plan/plan.ts'
import { servicesOf } from '../../src/plan/services.ts'
import type { Observation } from '../../src/plan/stage-input.ts'
import { image } from './image.ts'

const facts = image({
  passwd: ['redis:x:100:101::/var/lib/redis:/x', 'www-data:x:33:33::/var/www:/x'],
  group: ['redis:x:101:', 'www-data:x:33:'],
  files: [
    'drwxr-xr-x 0:0 /run',
    'drwxr-x--- 100:101 /var/lib/redis',
    '-rw-r----- 100:101 /etc/redis.conf',
    'drwxr-xr-x 33:33 /var/cache/web',
    '-rw-r--r-- 0:0 /srv/page',
  ],
})

function did(access: Operation['access'], path: string, by: string, as: number): Operation {
  return { access, path, by: `/usr/bin/${by}`, as, outcome: 'done', source: 'traced', detail: '' }
}

function observed(changes: Partial<Observation>): Observation {
  return { operations: [], bound: [], uids: [], programs: [], opened: [], home: '/root', needsRoot: null, ...changes }
}

const two = observed({
  workers: [
    { uid: 100, program: 'store' },
    { uid: 33, program: 'web' },
    { uid: 33, program: 'web' },
  ],
  operations: [
    did('read', '/etc/redis.conf', 'store', 100),
    did('read', '/srv/page', 'web', 33),
    // Before it became www-data.
    did('create-file', '/run/web.pid', 'web', 0),
    did('create-file', '/var/cache/web/1', 'web', 33),
    did('write', '/dev/null', 'web', 33),
  ],
})
const pid: Grant = { path: '/run/web.pid', kind: 'create-file', evidence: [] }
const cache: Grant = { path: '/var/cache/web', kind: 'own-directory', evidence: [] }
const redis = { name: 'redis', uid: 100, gid: 101 }

function said(observation: Observation): string {
  const files = facts.files.known ? facts.files.value : null
  const services = servicesOf(observation, facts)
  return mergedUsers({ services, account: redis, grants: [pid, cache], files })?.message ?? ''
}

test('two service users that become one are named, and what each can now read and change of what the other had', () => {
  expect(said(two)).toBe(
    [
      'redis (100) and www-data (33) become one user, redis: store, which ran as redis, can now change /run/web.pid and /var/cache/web',
      'web, which ran as www-data, can now read and change /etc/redis.conf and /var/lib/redis',
      "each can now stop the others' processes and read their memory",
    ].join('; '),
  )
})

test('one that had no process at any look counts by what it left behind', () => {
  const operations = [did('create-file', '/var/lib/redis/dump', 'store', 100)]
  expect(said(observed({ operations, workers: [{ uid: 33, program: 'web' }] }))).toContain('redis (100)')
  const passing = [did('read', '/etc/hostname', 'setpriv', 100)]
  expect(said(observed({ operations: passing, workers: [{ uid: 33, program: 'web' }] }))).toBe('')
})

test('nothing is said of one service user beside root', () => {
  expect(said(observed({ ...two, workers: [{ uid: 33, program: 'web' }], operations: [] }))).toBe('')
})

test('without the files of the image it is still said that they become one', () => {
  const services = servicesOf(two, facts)
  expect(mergedUsers({ services, account: redis, grants: [], files: null })?.message).toMatch(/^redis .* and www-data/)
})
