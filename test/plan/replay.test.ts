import { describe, expect, test } from '@jest/globals'
import type { Need } from '../../src/evidence/claim.ts'
import { operationNeeds } from '../../src/plan/grants/observed-needs.ts'
import type { Grant } from '../../src/plan/plan.ts'
import { replay } from '../../src/plan/replay.ts'
import { files } from './image.ts'

const base = [
  'drwxr-xr-x 0:0 /etc',
  'drwx------ 0:0 /root',
  'drwxr-xr-x 0:0 /run',
  'drwxrwxrwt 0:0 /tmp',
  'drwxr-xr-x 0:0 /var/log',
  'drwxr-xr-x 0:0 /var/lib',
  'drwxr-xr-x 0:0 /usr/bin',
  'lrwxrwxrwx 0:0 /var/run -> /run',
]

function needs(lines: readonly string[], certainty: Need['certainty'] = 'observed'): readonly Need[] {
  return lines.map((line) => {
    const [access = '', path = ''] = line.split(' ')
    return {
      access: access as Need['access'],
      path,
      certainty,
      evidence: { source: certainty === 'refused' ? 'refused' : 'traced', subject: path, detail: line },
    }
  })
}

function run(
  wanted: readonly string[],
  tree: readonly string[] = [],
  { gids = [10], certainty = 'observed' as Need['certainty'], atStart = false } = {},
): readonly string[] {
  const { grants, ungranted } = replay(
    needs(wanted, certainty).map((need) => (atStart ? { ...need, when: 'start' } : need)),
    files(...base, ...tree),
    {
      uid: 10,
      gid: 10,
      groups: gids.slice(1),
    },
  )
  return [...grants.map(show), ...ungranted.map(({ reason }) => `no: ${reason}`)]
}

function show({ kind, path, mode }: Grant): string {
  return `${kind} ${path}${mode === undefined ? '' : ` ${mode.toString(8)}`}`
}

test('a folder that a script makes where it is missing, and that is there, is the user as it is', () => {
  const [mine, roots] = [['drwxr-xr-x 10:10 /run/app'], ['drwxr-xr-x 0:0 /run/app']]
  const wanted = ['create-directory /run/app']
  expect(run(wanted, mine, { atStart: true })).toEqual([])
  expect(run(wanted, roots, { atStart: true })).toEqual(['create-directory /run/app'])
  // One that a run made was not there any more.
  expect(run(wanted, mine, {})).toEqual(['create-directory /run/app'])
})

test.each<[number, number | undefined]>([
  [0o770, 0o750],
  [0o700, 0o700],
  [0o777, undefined],
  [0o755, undefined],
])('a folder that the program makes with mode %o is made so that it is as closed', (mode, made) => {
  const operation = {
    access: 'create-directory',
    path: '/run/app',
    outcome: 'done',
    source: 'traced',
    detail: '',
  } as const
  const { grants } = replay(operationNeeds({ ...operation, mode }), files(...base), { uid: 10, gid: 10, groups: [] })
  expect(grants).toMatchObject([{ kind: 'create-directory', path: '/run/app' }])
  expect(grants[0]?.mode).toBe(made)
})

test('a folder that the program makes itself needs no more than room for it', () => {
  const granted = (tree: string, more: Partial<Need>): readonly string[] => {
    const [volume, made] = needs(['keep-state /data', 'keep-state /data/done'])
    const wanted = [volume, { ...made, ...more }] as readonly Need[]
    const { grants } = replay(wanted, files(...base, tree), { uid: 10, gid: 10, groups: [] })
    return grants.map(show)
  }
  expect(granted('drwxr-xr-x 0:0 /data', { made: true })).toEqual(['own-directory /data'])
  expect(granted('drwxr-xr-x 0:0 /data', {})).toEqual(['own-directory /data', 'create-directory /data/done'])
  // Here it has no room.
  expect(granted('drwxr-xr-x 0:0 /data', { made: true, path: '/srv/done' })).toContain('create-directory /srv/done')
})

type Row = [wanted: string, tree: string[], granted: string[]]

describe('what the user can do already is not granted', () => {
  test.each<Row>([
    ['write /data/x', ['drwxr-xr-x 10:10 /data'], []],
    ['write /data/x', ['drwxrwxr-x 0:10 /data'], []],
    ['write /data/x', ['drwxrwxrwx 0:0 /data'], []],
    ['write /data/x', ['drwxr-xr-x 0:0 /data', '-rw-rw-r-- 0:10 /data/x'], []],
    ['write /data/x', ['drwxr-xr-x 0:0 /data', '-rw-rw-rw- 0:0 /data/x'], []],
    ['create-file /tmp/x', [], []],
    ['create-directory /tmp/x/y', [], []],
    ['create-socket /dev/shm/x', [], []],
    ['write /dev/null', [], []],
    ['write /proc/self/oom_score_adj', [], []],
    ['read /data/x', ['-rw-r--r-- 0:0 /data/x'], []],
    ['read /data/x', ['-rw-r----- 0:10 /data/x'], []],
    ['keep-state /data', ['drwxr-x--- 10:0 /data'], []],
    ['look /root/.config', [], []],
    // A folder that was only looked into: what needs it is refused it.
    ['list /data', ['drwx------ 0:0 /data'], []],
    ['bind /x', [], []],
    // Password hashes stay closed, and a program that looked goes on without.
    ['read /etc/shadow', ['-rw-r----- 0:42 /etc/shadow'], []],
  ])('%s in %j', (wanted, tree, granted) => {
    expect(run([wanted], tree)).toEqual(granted)
  })
})

describe('the least that makes it work', () => {
  test.each<Row>([
    // A folder of the program alone: its own. One that holds what it only reads: sticky.
    ['create-file /data/x', ['drwxr-xr-x 0:0 /data'], ['own-directory /data']],
    ['create-file /app/x', ['drwxr-xr-x 0:0 /app', '-rw-r--r-- 0:0 /app/main.py'], ['sticky /app 1775']],
    ['create-file /app/x', ['drwx------ 0:0 /app', '-rw-r--r-- 0:0 /app/main.py'], ['sticky /app 1771']],
    // An owner whom the mode refuses.
    ['create-file /data/x', ['dr-xr-xr-x 10:10 /data'], ['own-directory /data 755']],
    ['write /data/x', ['-r--r--r-- 10:10 /data/x'], ['own-file /data/x 644']],
    ['write /data/x', ['-rw-r--r-- 0:0 /data/x'], ['own-file /data/x']],
    // An owner is refused where others would be allowed.
    ['read /data/x', ['----r--r-- 10:10 /data/x'], ['group-read /data/x 444']],
    // Secrets: for the group, never the owner.
    ['read /etc/app/key', ['-rw------- 0:0 /etc/app/key'], ['group-read /etc/app/key 640']],
    // The old group could write it, the new one is to read it.
    ['read /etc/app/key', ['-rw-rw---- 0:9 /etc/app/key'], ['group-read /etc/app/key 640']],
    ['read /etc/app/key', ['drwx------ 0:0 /etc/app', '-rw-r--r-- 0:0 /etc/app/key'], ['traverse /etc/app 711']],
    [
      'read /etc/app/key',
      ['drwx------ 0:0 /etc/app', '-rw------- 0:0 /etc/app/key'],
      ['traverse /etc/app 711', 'group-read /etc/app/key 640'],
    ],
    ['traverse /srv/app', ['drwx------ 0:0 /srv/app'], ['traverse /srv/app 711']],
    // Missing parents are made, from the first that is missing on.
    ['create-directory /srv/a/b/c', ['drwxr-xr-x 0:0 /srv'], ['create-directory /srv/a']],
    ['keep-state /srv/a/b', ['drwxr-xr-x 0:0 /srv'], ['create-directory /srv/a/b']],
    // Links are followed to where the data is.
    [
      'create-file /data/x',
      ['lrwxrwxrwx 0:0 /data -> /mnt/data', 'drwxr-xr-x 0:0 /mnt/data'],
      ['own-directory /mnt/data'],
    ],
    [
      'write /etc/app.db',
      ['lrwxrwxrwx 0:0 /etc/app.db -> /var/lib/app.db', '-rw-r--r-- 0:0 /var/lib/app.db'],
      ['own-file /var/lib/app.db'],
    ],
    ['create-directory /var/run/app', [], ['create-directory /run/app']],
    ['write /var/log/app.log', ['lrwxrwxrwx 0:0 /var/log/app.log -> /dev/stdout'], []],
    // Shared folders: a marker file is made beforehand, a folder too; for the rest the folder becomes sticky.
    ['create-file /run/app.pid', [], ['create-file /run/app.pid']],
    ['create-file /var/run/app.lock', [], ['create-file /run/app.lock']],
    ['create-file /var/log/app.log', [], ['create-file /var/log/app.log']],
    ['create-directory /var/lib/app', [], ['create-directory /var/lib/app']],
    ['create-socket /run/app.sock', [], ['sticky /run 1775']],
    ['create-file /run/app.state', [], ['sticky /run 1775']],
    ['create-socket /run/app/app.sock', ['drwxr-xr-x 0:0 /run/app'], ['own-directory /run/app']],
    // Removing and renaming are writes of the folder; in a sticky one they need the file.
    ['remove /data/x', ['drwxr-xr-x 0:0 /data', '-rw-r--r-- 0:0 /data/x'], ['own-directory /data']],
    ['remove /data/x', ['drwxrwxrwt 0:0 /data', '-rw-r--r-- 0:0 /data/x'], ['own-file /data/x']],
    ['rename /data/x', ['drwxr-xr-x 0:0 /data', '-rw-r--r-- 0:0 /data/x'], ['own-directory /data']],
    ['remove /data/x', ['drwxr-xr-x 0:0 /data'], []],
    // What comes in the place of another file, or of none, is a new name in its folder.
    ['rename /data/x', ['drwxr-xr-x 0:0 /data'], ['own-directory /data']],
    ['rename /run/app.pid', [], ['sticky /run 1775']],
    // State folders with all folders in them, files are replaced.
    [
      'keep-state /data',
      ['drwxr-xr-x 0:0 /data', 'drwxr-xr-x 0:0 /data/a', 'drwxr-xr-x 10:10 /data/b', '-rw-r--r-- 0:0 /data/f'],
      ['own-directory /data', 'own-directory /data/a'],
    ],
    ['keep-state /data', ['-rw-r--r-- 0:0 /data'], ['own-file /data']],
    ['create-file /etc/app.state', [], ['create-file /etc/app.state']],
    // What the program keeps in root's home: the way there is opened, and no more.
    ['read /root/app/main.py', ['-rw-r--r-- 0:0 /root/app/main.py'], ['traverse /root 711']],
    ['traverse /root/app', ['drwxr-xr-x 0:0 /root/app'], ['traverse /root 711']],
    ['keep-state /root/data', ['drwxr-xr-x 0:0 /root/data'], ['traverse /root 711', 'own-directory /root/data']],
    ['create-file /root/x', [], ['traverse /root 711', 'create-file /root/x']],
  ])('%s in %j', (wanted, tree, granted) => {
    expect(run([wanted], tree)).toEqual(granted)
  })
})

describe('never', () => {
  const system = (folder: string) => [`no: ${folder} belongs to the system and is never handed over`]
  test.each<Row>([
    ['create-file /usr/bin/x', [], system('/usr/bin')],
    ['create-file /usr/lib/app/x', ['drwxr-xr-x 0:0 /usr/lib/app'], system('/usr/lib/app')],
    ['write /usr/bin/tool', ['-rwxr-xr-x 0:0 /usr/bin/tool'], system('/usr/bin/tool')],
    ['write /opt/tool', ['-rwsr-xr-x 0:0 /opt/tool'], ['no: /opt/tool is setuid or setgid']],
    ['write /opt/tool', ['-rwxr-sr-x 0:0 /opt/tool'], ['no: /opt/tool is setuid or setgid']],
    ['read /opt/tool', ['-rws--x--x 0:0 /opt/tool'], ['no: /opt/tool is setuid or setgid']],
    ['execute /opt/tool', ['-rwsr--r-- 0:0 /opt/tool'], ['no: /opt/tool is setuid or setgid']],
    ['write /etc/passwd', ['-rw-r--r-- 0:0 /etc/passwd'], system('/etc/passwd')],
    ['write /etc/shadow', ['-rw-r----- 0:42 /etc/shadow'], system('/etc/shadow')],
    [
      'write /etc/sudoers.d/app',
      ['-r--r----- 0:0 /etc/sudoers.d/app'],
      ['no: /etc/sudoers.d/app belongs to the system and is never handed over'],
    ],
    [
      'create-file /etc/sudoers.d/app',
      ['drwxr-xr-x 0:0 /etc/sudoers.d'],
      ['no: /etc/sudoers.d belongs to the system and is never handed over'],
    ],
    ['create-file /etc/passwd', ['-rw-r--r-- 0:0 /etc/passwd'], system('/etc')],
    ['create-file /etc/shadow', [], system('/etc')],
    ['create-file /etc/passwd.lock', [], system('/etc')],
    ['rename /app.state', [], system('/')],
    ['rename /etc/group', ['-rw-r--r-- 0:0 /etc/group'], system('/etc')],
    ['remove /etc/app.conf', ['-rw-r--r-- 0:0 /etc/app.conf'], system('/etc')],
    ['keep-state /', [], system('/')],
    ['keep-state /etc', [], system('/etc')],
    ['keep-state /usr/bin', ['drwxr-xr-x 0:0 /usr/bin'], system('/usr/bin')],
    // Root's own home is gone through, and stays root's; keys in it are not for others.
    [
      'read /root/.ssh/id_ed25519',
      ['-rw-r--r-- 0:0 /root/.ssh/id_ed25519'],
      ["no: /root is root's own home, closed to everybody else, and /root/.ssh/id_ed25519 is a secret"],
    ],
    ['write /var/log/btmp', ['-rw-rw---- 0:43 /var/log/btmp'], system('/var/log/btmp')],
    ['keep-state /media', ['drwxr-xr-x 0:0 /media'], ['own-directory /media']],
    ['keep-state /root', [], ['no: /root belongs to the system and is never handed over']],
  ])('%s in %j', (wanted, tree, refused) => {
    expect(run([wanted], tree)).toEqual(refused)
  })
})

describe('what one run of a program leaves for the next', () => {
  test.each<Row>([
    // The link itself goes, not what it leads to.
    [
      'remove /data/current',
      ['drwxr-xr-x 10:10 /data', 'lrwxrwxrwx 0:0 /data/current -> /opt/v1', 'drwxr-xr-x 0:0 /opt/v1'],
      [],
    ],
    [
      'remove /data/current',
      ['drwxrwxrwt 0:0 /data', 'lrwxrwxrwx 0:0 /data/current -> /opt/v1'],
      ["no: /data/current is a link of somebody else's in a sticky folder"],
    ],
    // A folder that is renamed is a name in its parent, whatever is in it.
    [
      'rename /data/old',
      ['drwxr-xr-x 0:0 /data', 'drwx------ 0:0 /data/old', '-rw------- 0:0 /data/old/x'],
      ['own-directory /data'],
    ],
    // A link that leads nowhere, or in a circle, is no question of permission.
    ['read /data/x', ['lrwxrwxrwx 0:0 /data/x -> /no/such/place'], []],
    ['write /data/x', ['drwxr-xr-x 0:0 /data', 'lrwxrwxrwx 0:0 /data/x -> x'], []],
    ['create-file /data/file/x', ['-rw-r--r-- 0:0 /data/file'], []],
    // The user's own, closed to itself.
    ['traverse /data', ['drw-r-xr-x 10:10 /data'], ['traverse /data 755']],
    ['execute /data/run', ['-rw-r--r-- 10:10 /data/run'], ['traverse /data/run 744']],
    // Once it belongs to the user, nobody else has to be let in.
    ['create-file /data/x', ['drwx------ 0:0 /data'], ['own-directory /data']],
    // What others left in /tmp has another name for this user.
    ['write /tmp/cache/x', ['drwx------ 0:0 /tmp/cache'], []],
    // A file of the image is there for whoever comes.
    ['write /tmp/state', ['-rw------- 0:0 /tmp/state'], ['own-file /tmp/state']],
    ['read /tmp/state', ['-rw-r--r-- 0:0 /tmp/state'], []],
  ])('%s in %j', (wanted, tree, granted) => {
    expect(run([wanted], tree)).toEqual(granted)
  })

  test('a /tmp that is closed is opened', () => {
    expect(run(['create-file /tmp/x'], ['drwxr-xr-x 0:0 /tmp'])).toEqual(['sticky /tmp 1775'])
  })

  test('a file that its program wants to own is owned at last, and that is the reason that is told first', () => {
    const tree = files(...base, '-rw------- 0:0 /etc/app.conf')
    const wants = [...needs(['read /etc/app.conf'], 'observed'), ...needs(['change-owner /etc/app.conf'], 'refused')]
    const { grants } = replay(wants, tree, { uid: 10, gid: 10 })
    expect(grants.map(show)).toEqual(['own-file /etc/app.conf'])
    expect(grants[0]?.evidence.map(({ source }) => source)).toEqual(['refused', 'traced'])
    // That the original gave it to root is no reason.
    expect(run(['change-owner /etc/app.conf'], ['-rw-r--r-- 0:0 /etc/app.conf'])).toEqual([])
  })

  test('what a run was refused in /tmp is asked for', () => {
    expect(run(['read /tmp/seed'], ['-rw------- 0:0 /tmp/seed'], { certainty: 'refused' })).toEqual([
      'group-read /tmp/seed 640',
    ])
  })

  test.each<[string, string[]]>([
    ['change-mode /data/x', ['own-file /data/x']],
    ['change-times /data/x', ['own-file /data/x']],
  ])('%s is asked for only where it was refused', (wanted, granted) => {
    const tree = ['drwxr-xr-x 0:0 /data', '-rw-r--r-- 0:0 /data/x']
    expect(run([wanted], tree)).toEqual([])
    expect(run([wanted], tree, { certainty: 'refused' })).toEqual(granted)
  })
})

describe('a user or a group that others share', () => {
  const shared = (user: boolean, group: boolean, wanted: string, ...tree: string[]) => {
    const grantee = { uid: 10, gid: 65534, shared: { user, group } }
    const { grants, ungranted } = replay(needs([wanted]), files(...base, ...tree), grantee)
    return [...grants.map(show), ...ungranted.map(({ reason }) => `no: ${reason}`)]
  }
  const closed = (path: string) => [`no: ${path} is closed to others, and the user is one that others share`]
  test('of a group the file is the own of one user alone', () => {
    expect(shared(false, true, 'read /etc/app/key', '-rw-r----- 0:0 /etc/app/key')).toEqual([
      'own-file /etc/app/key 600',
    ])
  })
  test.each([
    ['read /etc/app/key', '-rw------- 0:0 /etc/app/key', '/etc/app/key'],
    ['write /etc/app/key', '-rw-r----- 0:0 /etc/app/key', '/etc/app/key'],
  ])('a user never gets a secret: %s', (wanted, line, path) => {
    expect(shared(true, false, wanted, line)).toEqual(closed(path))
  })
  test('nor a closed folder that holds something, though it may add to it', () => {
    const tree = ['drwx------ 0:0 /srv/keys', '-rw-r--r-- 0:0 /srv/keys/a']
    expect(shared(true, false, 'create-file /srv/keys/b', ...tree)).toEqual(['sticky /srv/keys 1771'])
    expect(shared(true, false, 'keep-state /srv/keys', ...tree)).toEqual(closed('/srv/keys'))
  })
  test('what is open to all anyway may be its own', () => {
    expect(shared(true, true, 'write /data/x', '-rw-r--r-- 0:0 /data/x')).toEqual(['own-file /data/x'])
  })
})

describe('for any uid, by group 0 alone', () => {
  const anyUid = (wanted: string, ...tree: string[]) => {
    const { grants, ungranted } = replay(needs([wanted], 'refused'), files(...base, ...tree), {
      uid: 10,
      gid: 0,
      anyUid: true,
    })
    const told = grants.map((grant) => `${show(grant)}${grant.groupAsOwner === true ? ' g=u' : ''}`)
    return [...told, ...ungranted.map(({ reason }) => `no: ${reason}`)]
  }
  test.each<[string, string[], string[]]>([
    ['keep-state /data', ['drwxr-xr-x 10:10 /data'], ['own-directory /data g=u']],
    ['keep-state /data', ['drwxrwxr-x 10:0 /data'], []],
    ['keep-state /data', ['dr-xr-xr-x 0:0 /data'], ['own-directory /data 775']],
    ['keep-state /data', [], ['create-directory /data g=u']],
    ['write /data/x', ['-rw-r--r-- 10:10 /data/x'], ['own-file /data/x g=u']],
    ['read /data/key', ['-rw------- 10:10 /data/key'], ['group-read /data/key 640']],
    ['read /data/key', ['-rw-r----- 10:0 /data/key'], []],
    ['create-file /run/app.pid', [], ['create-file /run/app.pid g=u']],
    // No uid owns anything, so a sticky folder would keep what is in it from everybody.
    [
      'remove /data/x',
      ['drwxr-xr-x 0:0 /data', '-rw-r--r-- 0:0 /data/x', '-rw-r--r-- 0:0 /data/y'],
      ['own-directory /data g=u'],
    ],
    [
      'remove /data/x',
      ['drwxrwxrwt 0:0 /data', '-rw-r--r-- 0:0 /data/x'],
      ['no: /data/x is in a sticky folder, where only its owner may remove it'],
    ],
    [
      'change-mode /data/x',
      ['-rw-r--r-- 10:10 /data/x'],
      ['no: only its owner may change mode and times of /data/x, and whoever runs it does not own it'],
    ],
  ])('%s in %j', (wanted, tree, granted) => {
    expect(anyUid(wanted, ...tree)).toEqual(granted)
  })
})

describe('an image without the usual folders', () => {
  const bare = (wanted: string, ...tree: string[]) => {
    const { grants, ungranted } = replay(needs([wanted]), files(...tree), { uid: 10, gid: 10 })
    return [...grants.map(show), ...ungranted.map(({ reason }) => `no: ${reason}`)]
  }
  test.each<[string, string]>([
    // Shared and system folders are made on the way by root; only what is the program's own is the user's.
    ['create-file /var/lib/app/db', 'create-directory /var/lib/app'],
    ['create-directory /var/lib/app', 'create-directory /var/lib/app'],
    ['create-file /srv/app/data/db', 'create-directory /srv/app'],
    ['keep-state /var/lib/app/data', 'create-directory /var/lib/app/data'],
    ['create-file /data/db', 'create-directory /data'],
    ['create-directory /usr/lib/app', 'no: /usr/lib/app belongs to the system and is never handed over'],
    ['keep-state /etc', 'no: /etc belongs to the system and is never handed over'],
  ])('%s', (wanted, granted) => {
    expect(bare(wanted)).toEqual([granted])
  })
})

describe('several needs', () => {
  test('each path is granted once, with every reason', () => {
    const { grants } = replay(
      needs(['create-file /data/a', 'create-file /data/b', 'keep-state /data']),
      files('drwxr-xr-x 0:0 /data'),
      { uid: 10, gid: 10 },
    )
    expect(grants.map(show)).toEqual(['own-directory /data'])
    expect(grants[0]?.evidence.map((item) => item.detail)).toEqual(['keep-state /data'])
  })

  test('what lies in a folder that is granted needs nothing of its own', () => {
    expect(
      run(
        ['create-file /srv/app/data/db', 'keep-state /srv/app/data', 'write /srv/app/data/x'],
        ['drwxr-xr-x 0:0 /srv/app/data'],
      ),
    ).toEqual(['own-directory /srv/app/data'])
  })

  test('a folder that is made beforehand, or on the way to one, needs no room in the folder above it', () => {
    const app = ['drwxr-xr-x 0:0 /srv/app', '-rw-r--r-- 0:0 /srv/app/app.py']
    const mkdirs = ['create-directory /srv/app/var', 'create-directory /srv/app/var/up', 'keep-state /srv/app/var/up']
    const both = ['create-directory /srv/app/var', 'create-directory /srv/app/var/up']
    expect(run(mkdirs, app)).toEqual(both)
    expect(run([...mkdirs, 'create-file /srv/app/var/db'], app)).toEqual(both)
    // What a script or a source is only read to make need not be its own.
    expect(run(mkdirs, app, { certainty: 'declared' })).toEqual(['create-directory /srv/app/var/up'])
    expect(run(['create-directory /srv/app/var'], app)).toEqual(['sticky /srv/app 1775'])
  })

  test('a file made beforehand that is in the way of its program is left to it', () => {
    const [create, remove] = needs(['create-file /run/x.pid', 'remove /run/x.pid'])
    const of = (found: boolean) =>
      replay([create as Need, { ...remove, found } as Need], files(...base), { uid: 10, gid: 10 }).grants.map(show)
    expect(of(false)).toEqual(['create-file /run/x.pid'])
    expect(of(true)).toEqual(['sticky /run 1775'])
  })

  test('what the run made itself is no foreign content', () => {
    expect(
      run(['create-file /data/a', 'create-file /data/b'], ['drwxr-xr-x 0:0 /data', '-rw-r--r-- 0:0 /data/a']),
    ).toEqual(['own-directory /data'])
  })

  test('what the user made is its own from then on', () => {
    expect(
      run(['create-directory /data/new', 'create-file /data/new/x', 'remove /data/new/x'], ['drwxrwxrwt 0:0 /data']),
    ).toEqual([])
  })

  test('the order of the needs does not matter', () => {
    const wanted = ['create-file /data/sub/x', 'write /etc/app/conf', 'read /etc/app/key', 'create-file /run/app.pid']
    const tree = [
      'drwxr-xr-x 0:0 /data/sub',
      'drwx------ 0:0 /etc/app',
      '-rw-r--r-- 0:0 /etc/app/conf',
      '-rw------- 0:0 /etc/app/key',
    ]
    const forward = run(wanted, tree)
    expect(run([...wanted].reverse(), tree)).toEqual(forward)
    expect(forward).toHaveLength(5)
  })

  test('supplementary groups count', () => {
    expect(run(['create-file /data/x'], ['drwxrwx--- 0:55 /data'], { gids: [10, 55] })).toEqual([])
    expect(run(['create-file /data/x'], ['drwxrwx--- 0:55 /data'])).not.toEqual([])
  })

  test('a refusal by a run does not hand over a new file in a system folder', () => {
    expect(run(['create-file /etc/app.state'], [], { certainty: 'refused' })).toEqual([
      'no: /etc belongs to the system and is never handed over',
    ])
  })

  test('a file that the build makes as root is given by itself, there already or not', () => {
    const made = needs(['create-file /app/db.sqlite3', 'create-file /app/db.sqlite3-journal']).map(
      (need, index) => ({ ...need, ...(index === 0 ? { tree: true } : {}) }) as Need,
    )
    const granted = (...tree: readonly string[]) =>
      replay(made, files(...base, 'drwxr-xr-x 0:0 /app', '-rw-r--r-- 0:0 /app/app.py', ...tree), {
        uid: 10,
        gid: 10,
      }).grants.map(({ kind, path, tree: whole }) => `${kind} ${path} ${whole === true}`)
    expect(granted()).toEqual(['sticky /app false', 'create-file /app/db.sqlite3 true'])
    expect(granted('-rw-r--r-- 0:0 /app/db.sqlite3')).toEqual(['sticky /app false', 'own-file /app/db.sqlite3 true'])
  })

  test('a granted model allows what was asked for', () => {
    const wanted = ['create-file /data/x', 'read /etc/app/key', 'remove /srv/old', 'create-socket /run/app/s']
    const tree = [
      'drwxr-xr-x 0:0 /data',
      'drwx------ 0:0 /etc/app',
      '-rw------- 0:0 /etc/app/key',
      'drwxr-xr-x 0:0 /srv/x',
      '-rw-r--r-- 0:0 /srv/old',
    ]
    const model = files(...base, ...tree)
    const first = replay(needs(wanted), model, { uid: 10, gid: 10 })
    // As the build would leave it.
    const after = model.with(
      new Map(
        first.grants.map(({ path, kind, mode }) => {
          const before = model.entry(path) ?? { type: 'directory', uid: 0, gid: 0, mode: 0o755, size: 0, link: null }
          const owned = !['traverse', 'group-read', 'sticky'].includes(kind)
          const group = kind === 'traverse' ? before.gid : 10
          return [path, { ...before, uid: owned ? 10 : before.uid, gid: group, mode: mode ?? before.mode }] as const
        }),
      ),
    )
    expect(first.grants.length).toBeGreaterThan(3)
    expect(replay(needs(wanted), after, { uid: 10, gid: 10 })).toEqual({
      grants: [],
      ungranted: first.ungranted,
    })
  })
})
