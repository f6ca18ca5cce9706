import { describe, expect, test } from '@jest/globals'
import { unknownFacts } from '../../src/image/config.ts'
import type { ImageFacts } from '../../src/image/facts.ts'
import { createFileModel } from '../../src/image/file-index.ts'
import type { FileEntry } from '../../src/image/file-model.ts'
import type { AccountChoice, Grant } from '../../src/plan/plan.ts'
import { writableMounts } from '../../src/proof/conditions/writable-mounts.ts'
import { operationsOfDiff } from '../../src/proof/container/files.ts'
import { rootWork } from '../../src/proof/needs-root.ts'
import { observationOf } from '../../src/proof/observation.ts'
import { operation, process, record, traced } from './support/records.ts'

function entry(type: FileEntry['type'], uid = 0, mode = type === 'directory' ? 0o755 : 0o644): FileEntry {
  return { type, uid, gid: uid, mode, size: 0, link: null }
}

const files = createFileModel(
  new Map([
    ['/run', entry('directory')],
    ['/run/app', entry('directory', 33)],
    ['/var', entry('directory')],
    ['/var/run', { ...entry('symlink'), link: '/run' }],
    ['/app', entry('directory')],
    ['/app/server.py', entry('file')],
    ['/data', entry('directory', 33)],
  ]),
  new Map(),
)
const bare = unknownFacts('image', 'a test')
const facts: ImageFacts = {
  ...bare,
  files: { known: true, value: files },
  accounts: { known: true, value: { users: [{ name: 'root', uid: 0, gid: 0, home: '/root', shell: '' }], groups: [] } },
  config: { ...bare.config, volumes: ['/data'] },
}
const account: AccountChoice = {
  name: 'www-data',
  uid: 33,
  gid: 33,
  groups: [],
  home: '/var/www',
  createHome: false,
  createGroup: false,
  from: 'image',
  creation: 'exists',
  evidence: [],
}

describe('rootWork', () => {
  const up = (...exercised: ReturnType<typeof operation>[]) =>
    rootWork({ operations: exercised, exercised, forked: 0, timers: false }, facts)

  test('a chroot for each connection takes root', () => {
    expect(up(operation('chroot', '/run/sshd'), operation('switch-user', null, { uid: 100 }))).toMatch(/root folder/)
  })

  test('one of a server that stays root in there does not: as another user it may do without', () => {
    expect(up(operation('chroot', '/data'))).toBeNull()
    expect(up(operation('chroot', '/data'), operation('switch-user', null, { uid: 0 }))).toBeNull()
  })

  test('one at the start does not: it can be left out', () => {
    expect(
      rootWork(
        { operations: [operation('chroot', '/var/lib/haproxy')], exercised: [], forked: 0, timers: false },
        facts,
      ),
    ).toBeNull()
  })

  test('several users, one for each job, take root; one and the same does not', () => {
    const as = (uid: number) => operation('switch-user', null, { uid })
    expect(up(as(1000), as(1001))).toMatch(/1000, 1001/)
    expect(up(as(33), as(33))).toBeNull()
  })

  test('several services that it was at its start do not: it jails itself in them; people and others do', () => {
    const users = ['cc', 'cache', 'kim', 'bo'].map((name, index) => ({
      name,
      uid: index < 2 ? 990 + index : 998 + index,
      gid: 1,
      home: '/',
      shell: '',
    }))
    const accounts = { known: true, value: { users, groups: [] } } as const
    const worksAs = (uids: readonly number[], before: readonly number[]) => {
      const exercised = uids.map((uid, pid) => operation('switch-user', null, { uid, pid: 100 + pid }))
      const started = before.map((uid, pid) => operation('switch-user', null, { uid, pid: 10 + pid }))
      return rootWork({ operations: [...started, ...exercised], exercised, forked: 2, timers: false }, { accounts })
    }
    expect(worksAs([991, 990], [990, 991])).toBeNull()
    expect(worksAs([991, 990], [990])).toMatch(/991, 990/)
    expect(worksAs([1000, 1001], [1000, 1001])).toMatch(/1000, 1001/)
    expect(worksAs([500, 501], [500, 501])).toMatch(/500, 501/)
  })

  test('what was only tried does not', () => {
    expect(up(operation('chroot', '/x', { outcome: 'refused' }))).toBeNull()
  })

  test('a mount takes root, whenever it comes', () => {
    const operations = [operation('mount', '/mnt')]
    expect(rootWork({ operations, exercised: [], forked: 0, timers: false }, facts)).toMatch(/mounts/)
  })
})

describe('writableMounts', () => {
  const mounts = (...paths: string[]) =>
    writableMounts(
      paths.map((path) => operation('create-file', path)),
      { grants: [] },
      facts,
      account,
    )

  test('a folder of its own without content is a tmpfs with its owner and mode', () => {
    expect(mounts('/run/app/x.pid')).toEqual([
      { type: 'tmpfs', target: '/run/app', options: 'uid=33,gid=33,mode=755,size=64m' },
    ])
  })

  test('a home that is made for the user is writable, whether or not a run wrote there', () => {
    const targets = (createHome: boolean, home = '/home/app') =>
      writableMounts([], { grants: [] }, facts, { uid: 10001, gid: 10001, home, createHome }).map(
        ({ target }) => target,
      )
    expect(targets(true)).toEqual(['/home/app'])
    expect(targets(false)).toEqual([])
    expect(targets(true, '/')).toEqual([])
  })

  test('a link on the way is followed, also to what is not there yet', () => {
    expect(mounts('/var/run/app/x.pid')).toMatchObject([{ target: '/run/app' }])
  })

  test('what holds code keeps it: a volume starts with what the image has', () => {
    expect(mounts('/app/app.db')).toEqual([{ type: 'volume', target: '/app' }])
  })

  test('a volume of the image is writable already, and so are the places of the runtime', () => {
    expect(mounts('/data/x', '/dev/shm/x', '/proc/self/oom_score_adj')).toEqual([])
  })

  test('one mount for a folder and what lies in it', () => {
    expect(mounts('/run/x.pid', '/run/app/y')).toMatchObject([{ type: 'volume', target: '/run' }])
  })

  test("beside root's own folder in one that is open to all another is made", () => {
    const value = createFileModel(
      new Map([
        ['/tmp', entry('directory', 0, 0o1777)],
        ['/tmp/hsperfdata_root', entry('directory')],
        ['/tmp/open', entry('directory', 0, 0o1777)],
        ['/tmp/own', entry('directory', 33)],
      ]),
      new Map(),
    )
    const targets = (path: string, grants: readonly Grant[] = []) =>
      writableMounts([operation('write', path)], { grants }, { ...facts, files: { known: true, value } }, account).map(
        ({ target }) => target,
      )
    expect(targets('/tmp/hsperfdata_root/1')).toEqual(['/tmp'])
    expect(
      targets('/tmp/hsperfdata_root/1', [{ path: '/tmp/hsperfdata_root', kind: 'own-directory', evidence: [] }]),
    ).toEqual(['/tmp/hsperfdata_root'])
    expect(targets('/tmp/open/x')).toEqual(['/tmp/open'])
    expect(targets('/tmp/own/x')).toEqual(['/tmp/own'])
  })

  test('what was granted is writable too, though no run was seen to write it', () => {
    const grant = (path: string, kind: Grant['kind']): Grant => ({ path, kind, evidence: [] })
    const grants = [
      grant('/app/uploads', 'own-directory'),
      grant('/app/secret', 'group-read'),
      grant('/etc', 'traverse'),
    ]
    expect(writableMounts([], { grants }, facts, account)).toMatchObject([{ target: '/app/uploads' }])
    const handed = ['/app/uploads']
    expect(writableMounts([], { grants: [], handed }, facts, account)).toMatchObject([{ target: '/app/uploads' }])
  })

  test("an empty folder of the user's is there to be filled, whatever its name; not its home, and not one with code", () => {
    const value = createFileModel(
      new Map([
        ['/srv/dav', entry('directory', 33)],
        ['/srv/kept', entry('directory', 33)],
        ['/srv/kept/.gitkeep', entry('file', 33)],
        ['/srv/code', entry('directory', 33)],
        ['/srv/code/x.php', entry('file', 33)],
        ['/srv/code/node_modules/a/empty', entry('directory', 33)],
        ['/srv/other', entry('directory', 34)],
        ['/var/www', entry('directory', 33)],
      ]),
      new Map(),
    )
    expect(writableMounts([], { grants: [] }, { ...facts, files: { known: true, value } }, account)).toEqual([
      { type: 'tmpfs', target: '/srv/dav', options: 'uid=33,gid=33,mode=755,size=64m' },
      { type: 'volume', target: '/srv/kept' },
    ])
  })

  test('a tree of many that lies ready is mounted as one', () => {
    const names = ['notify', 'serial', 'snapshots', 'stat', 'twophase', 'wal/archive']
    const tree = ['/srv/db', '/srv/db/main', '/srv/db/main/wal', ...names.map((name) => `/srv/db/main/${name}`)]
    const value = createFileModel(
      new Map([
        ...tree.map((path) => [path, entry('directory', 33)] as const),
        ['/srv/db/main/PG_VERSION', entry('file', 33)],
        ['/srv/db/conf', entry('directory', 34)],
        ['/srv/apart', entry('directory', 33)],
      ]),
      new Map(),
    )
    const found = writableMounts([], { grants: [] }, { ...facts, files: { known: true, value } }, account)
    expect(found.map(({ type, target }) => `${type} ${target}`).sort()).toEqual([
      'tmpfs /srv/apart',
      'volume /srv/db/main',
    ])
  })

  test('what was only read needs no mount', () => {
    expect(writableMounts([operation('read', '/run/app/x')], { grants: [] }, facts, account)).toEqual([])
  })
})

describe('operationsOfDiff', () => {
  test('rows of docker diff become operations; what the engine puts there is left out', () => {
    const diff = [
      { kind: 'changed', path: '/app' },
      { kind: 'changed', path: '/app/server.py' },
      { kind: 'added', path: '/app/app.db' },
      { kind: 'added', path: '/app/logs' },
      { kind: 'added', path: '/run/app/control' },
      { kind: 'added', path: '/app/__pycache__/x.pyc' },
      { kind: 'added', path: '/etc/hosts' },
      { kind: 'deleted', path: '/data' },
    ] as const
    const kinds = new Map<string, 'file' | 'directory'>([
      ['/app/app.db', 'file'],
      ['/app/logs', 'directory'],
    ])
    const found = operationsOfDiff(diff, files, (path) => kinds.get(path) ?? null)
    expect(found.map(({ access, path }) => `${access} ${path}`)).toEqual([
      'write /app/server.py',
      'create-file /app/app.db',
      'create-directory /app/logs',
      'create-socket /run/app/control',
      'remove /data',
    ])
  })
})

describe('observationOf', () => {
  test('who does the work: the uid of most processes, then those switched to; root is nobody', () => {
    const run = {
      ...traced([operation('switch-user', null, { uid: 101 }), operation('switch-user', null, { uid: 0 })]),
      processes: [process(0), process(33), process(33), process(5)],
    }
    expect(observationOf(run, facts).uids).toEqual([33, 5, 101])
  })

  test('what the original itself was refused asks for nothing', () => {
    const refused = { outcome: 'refused', source: 'refused' } as const
    const run = traced([operation('switch-user', null, { uid: 0, ...refused }), operation('write', '/var/x', refused)])
    expect(observationOf(run, facts).operations).toEqual([])
  })

  test('ports that the kernel gave are none of its own', () => {
    const listeners = [80, 45_123].map((port) => ({ port, protocol: 'tcp', loopback: false }) as const)
    expect(observationOf(record({ listeners }), facts).bound).toEqual([{ port: 80, protocol: 'tcp' }])
  })

  test('a trace comes before docker diff; without one the diff counts', () => {
    const diff = [{ kind: 'changed', path: '/app/server.py' }] as const
    expect(observationOf({ ...traced([operation('read', '/x')]), diff }, facts).operations).toHaveLength(1)
    expect(observationOf(record({ diff }), facts)).toMatchObject({ opened: null, operations: [{ access: 'write' }] })
  })
})
