import { expect, test } from '@jest/globals'
import { parseDockerfile, stageWalks } from '../../src/dockerfile/index.ts'
import { stateNeed } from '../../src/evidence/claim.ts'
import { atOnce } from '../../src/in-turn.ts'
import { type CandidateSources, candidates } from '../../src/plan/account/candidates.ts'
import { createdAccounts, nothingCreated } from '../../src/plan/account/created-accounts.ts'
import type { BaseFile } from '../harden/support/facts.ts'
import { image, unknownImage } from './image.ts'

const nothing: CandidateSources = {
  facts: unknownImage(),
  created: nothingCreated,
  users: { initial: { known: true, value: '' }, lines: [] },
  vendor: null,
  switches: [],
  observedUids: [],
  needs: [],
}

function names(sources: Partial<CandidateSources>): readonly (string | number | null)[] {
  return candidates({ ...nothing, ...sources }).map((candidate) => candidate.name ?? candidate.uid)
}

test('nobody where nothing is known', () => {
  expect(names({})).toEqual([])
})

test('best reason first', () => {
  const own = parseDockerfile('FROM scratch\nRUN useradd own')
  const walks = stageWalks(own, () => ({ known: false, reason: '' }))
  const facts = image({
    like: 'debian',
    passwd: ['redis:x:999:999::/home/redis:/x', 'human:x:1000:1000::/home/human:/x'],
    group: ['redis:x:999:', 'human:x:1000:'],
    files: ['drwxr-xr-x 500:500 /data', 'drwxr-xr-x 1000:1000 /home/human'],
    config: { cmd: ['redis-server'] },
  })
  expect(
    names({
      facts,
      created: atOnce(createdAccounts(own, 0, walks)),
      vendor: { name: 'vendor', uid: 7 },
      switches: [
        { user: 'switched', detail: '' },
        { user: '42', detail: '' },
      ],
      observedUids: [0, 999],
      needs: [stateNeed('/data', 'declared', { source: 'declared', detail: '' })],
    }),
  ).toEqual(['own', 'switched', 42, 999, 'vendor', 500, 'redis', 'human'])
})

test.each<[string, readonly string[]]>([
  ['useradd -m -s /bin/bash bob && useradd -m -s /bin/bash alice', []],
  ['adduser --disabled-password bob && adduser --disabled-password alice', []],
  // One may be the program's, and so may one that is given files, has no login or is a system account.
  ['useradd -m -s /bin/bash bob', ['bob']],
  ['useradd -m bob && useradd -m alice && chown -R alice /srv/app', ['alice', 'bob']],
  ['useradd -m bob && useradd -m -s /usr/sbin/nologin app', ['app', 'bob']],
  ['useradd -m bob && useradd -m alice && useradd -r app', ['app']],
])('of accounts of people none is the program’s: %s', (command, found) => {
  const own = parseDockerfile(`FROM scratch\nRUN ${command}`)
  const walks = stageWalks(own, () => ({ known: false, reason: '' }))
  expect([...names({ created: atOnce(createdAccounts(own, 0, walks)) })].sort()).toEqual([...found].sort())
})

test.each<[string, BaseFile, (string | number)[]]>([
  ['redis-server', { passwd: ['redis:x:9:9::/x:/x'] }, ['redis']],
  ['mysqld', { passwd: ['mysql:x:9:9::/x:/x'] }, ['mysql']],
  ['memcached', { passwd: ['memcached:x:9:9::/x:/x'] }, ['memcached']],
  ['rabbitmq-server', { passwd: ['rabbitmq:x:9:9::/x:/x'] }, ['rabbitmq']],
  ['pdns_server', { passwd: ['pdns:x:9:9::/x:/x'] }, ['pdns']],
  ['prometheus', { passwd: ['postgres:x:9:9::/x:/x'] }, []],
])('%s runs as an account of its name', (program, base, found) => {
  expect(names({ facts: image({ ...base, config: { cmd: [program] } }) })).toEqual(found)
})

test('whose folders the run wrote into, the most of them first', () => {
  const facts = image({
    files: ['drwxr-xr-x 70:70 /var/log/thing', 'drwxr-xr-x 80:80 /var/cache/thing', 'drwxr-xr-x 0:0 /srv'],
    config: { cmd: ['java'] },
  })
  const written = (path: string) => {
    const evidence = { source: 'traced', subject: path, detail: '' } as const
    return { access: 'create-file', path, certainty: 'observed', evidence } as const
  }
  const shared = image({
    files: ['drwxrwxr-x 0:90 /var/cache/thing', 'drwxrwxrwt 0:91 /srv', 'drwxr-xr-x 0:91 /opt/thing'],
    passwd: ['thing:x:89:90::/x:/x', 'other:x:88:91::/x:/x'],
    config: { cmd: ['java'] },
  })
  expect(names({ facts: shared, needs: ['/opt/thing/a', '/srv/a', '/var/cache/thing/a'].map(written) })).toEqual([89])
  const paths = ['/var/log/thing/a', '/var/cache/thing/deep/b', '/var/cache/thing/c', '/srv/x', '/tmp/y']
  expect(names({ facts, needs: paths.map(written) })).toEqual([80, 70])
  expect(names({ facts, needs: [{ ...written('/var/log/thing/a'), access: 'read' }] })).toEqual([])
})

test('whose files it read that are closed to others, after all else', () => {
  const facts = image({
    files: [
      '-rw-r----- 70:70 /etc/thing/key',
      '-rw-r--r-- 80:80 /etc/thing/open',
      '-rw------- 0:0 /etc/thing/root',
      'drwxr-xr-x 90:90 /var/lib/thing',
    ],
    config: { cmd: ['thing'] },
  })
  const seen = (access: 'read' | 'write', path: string) =>
    ({ access, path, certainty: 'observed', evidence: { source: 'traced', subject: path, detail: '' } }) as const
  const read = ['/etc/thing/key', '/etc/thing/open', '/etc/thing/root'].map((path) => seen('read', path))
  expect(names({ facts, needs: read })).toEqual([70])
  expect(names({ facts, needs: [...read, seen('write', '/var/lib/thing/x')] })).toEqual([90, 70])
})

test.each<[string, string[], number[]]>([
  ['whose folder is closed', ['drwxrwx--- 70:70 /etc/thing', '-rw-r--r-- 0:0 /etc/thing/deep/conf'], [70]],
  ['whose folder anybody goes through', ['drwx--x--x 70:70 /etc/thing', '-rw-r--r-- 0:0 /etc/thing/deep/conf'], []],
  ['whose own group it is', ['drwxr-x--- 0:71 /etc/thing', '-rw-r--r-- 0:0 /etc/thing/deep/conf'], [70]],
  ['whose own group its file is', ['-rw-r----- 0:71 /etc/thing/deep/conf'], [70]],
  ["where the group is nobody's own", ['-rw-r----- 0:72 /etc/thing/deep/conf'], []],
  ['where the group may not read it', ['-rw------- 0:71 /etc/thing/deep/conf'], []],
])('who may read what is closed to others: %s', (_, files, found) => {
  const facts = image({ passwd: ['thing:x:70:71::/x:/x'], files, config: { cmd: ['run'] } })
  const path = '/etc/thing/deep/conf'
  expect(
    names({
      facts,
      needs: [
        { access: 'read', path, certainty: 'observed', evidence: { source: 'traced', subject: path, detail: '' } },
      ],
    }),
  ).toEqual(found)
})

test.each<[string, BaseFile, string[]]>([
  [
    'with a home',
    { passwd: ['node:x:1000:1000::/home/node:/x'], files: ['drwxr-xr-x 1000:1000 /home/node'] },
    ['node'],
  ],
  ['without one', { passwd: ['node:x:1000:1000::/home/node:/x'] }, []],
  ['of the system', { passwd: ['node:x:400:400::/home/node:/x'], files: ['drwxr-xr-x 400:400 /home/node'] }, []],
  [
    'beside another one',
    {
      passwd: ['a:x:1000:1000::/home/a:/x', 'b:x:1001:1001::/home/b:/x'],
      files: ['drwxr-xr-x 1000:1000 /home/a', 'drwxr-xr-x 1001:1001 /home/b'],
    },
    [],
  ],
  [
    'who may use sudo',
    {
      passwd: ['admin:x:1000:1000::/home/a:/x'],
      group: ['sudo:x:27:admin'],
      files: ['drwxr-xr-x 1000:1000 /home/a'],
    },
    [],
  ],
])('the one ordinary account %s', (_, base, found) => {
  expect(names({ facts: image(base) })).toEqual(found)
})

test('the owner of the data, but not of what only the user asked for, and not root', () => {
  const facts = image({
    files: ['drwxr-xr-x 500:500 /a', 'drwxr-xr-x 600:600 /b', 'drwxr-xr-x 0:0 /c', 'lrwxrwxrwx 0:0 /d -> /a'],
  })
  const need = (path: string) => stateNeed(path, 'declared', { source: 'declared', detail: '' })
  expect(names({ facts, needs: [need('/a')] })).toEqual([500])
  expect(names({ facts, needs: [need('/d')] })).toEqual([500])
  expect(names({ facts, needs: [need('/c'), need('/missing')] })).toEqual([])
  expect(names({ facts, needs: [{ ...need('/b'), told: 'user' }] })).toEqual([])
})

test("the vendor's account by its number, where the accounts are not known", () => {
  expect(names({ vendor: { name: 'nginx', uid: 101 } })).toEqual([101])
  expect(names({ facts: image({}), vendor: { name: 'nginx', uid: 101 } })).toEqual(['nginx'])
})

test('whom it was refused to become, where no setting asks for it, is also one that others share', () => {
  const facts = image({ passwd: ['nobody:x:65534:65534::/nonexistent:/x'], group: ['nogroup:x:65534:'] })
  const observed = (sources: Partial<CandidateSources>) =>
    candidates({ ...nothing, facts, observedUids: [65534], ...sources }).find(({ uid }) => uid === 65534)?.insisted
  expect(observed({})).toBeUndefined()
  expect(observed({ refused: [{ uid: 33 }, { gid: 33 }, {}] })).toBeUndefined()
  expect(observed({ refused: [{ uid: 65534 }] })).toBe(true)
  expect(observed({ refused: [{ gid: 65534 }] })).toBe(true)
  expect(observed({ refused: [{ uid: 65534 }], switches: [{ user: 'nobody', detail: '' }] })).toBeUndefined()
})
