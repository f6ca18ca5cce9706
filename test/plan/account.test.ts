import { describe, expect, test } from '@jest/globals'
import type { ImageFacts } from '../../src/image/facts.ts'
import type { FileEntry } from '../../src/image/file-model.ts'
import { type Candidate, chooseAccount } from '../../src/plan/account/choose-account.ts'
import { nothingCreated } from '../../src/plan/account/created-accounts.ts'
import type { AccountChoice } from '../../src/plan/plan.ts'
import { toolsOf } from '../../src/plan/tools.ts'
import type { BaseFile } from '../harden/support/facts.ts'
import { image, unknownImage } from './image.ts'

const evidence = { source: 'observed', subject: 'x', detail: 'x' } as const
const named = (name: string): Candidate => ({ name, uid: null, evidence })
const numbered = (uid: number): Candidate => ({ name: null, uid, evidence })

interface Asked {
  readonly option?: string
  readonly candidates?: readonly Candidate[]
  readonly shellSeen?: boolean
}

function choose(facts: ImageFacts, { option, candidates = [], shellSeen = false }: Asked = {}): AccountChoice {
  return chooseAccount({
    option: option ?? null,
    candidates,
    facts,
    created: nothingCreated,
    tools: toolsOf(facts),
    shellSeen,
  })
}

/** `name uid:gid creation from`, `-` for a bare uid. */
function show({ name, uid, gid, creation, from }: AccountChoice): string {
  return `${name || '-'} ${uid}:${gid} ${creation} ${from}`
}

const web: BaseFile = {
  like: 'debian',
  passwd: ['web:x:70:71::/srv/web:/bin/false', 'ops:x:72:72::/home/ops:/bin/sh', 'zero:x:73:0::/:/bin/sh'],
  group: ['web:x:71:', 'ops:x:72:', 'docker:x:998:ops', 'audio:x:29:web'],
  files: ['drwxr-xr-x 70:71 /srv/web'],
}

describe('the first candidate that is fit', () => {
  test.each<[Candidate[], string]>([
    [[named('web')], 'web 70:71 exists image'],
    [[numbered(70)], 'web 70:71 exists image'],
    [[named('missing'), named('web')], 'web 70:71 exists image'],
    [[numbered(555)], '- 555:555 none image'],
    [[numbered(0)], 'app 10001:10001 useradd created'],
    [[named('root')], 'app 10001:10001 useradd created'],
    [[named('nobody')], 'app 10001:10001 useradd created'],
    [[named('daemon'), named('web')], 'web 70:71 exists image'],
    [[named('ops')], 'app 10001:10001 useradd created'],
    [[named('zero')], 'app 10001:10001 useradd created'],
    [[], 'app 10001:10001 useradd created'],
  ])('%j', (list, chosen) => {
    expect(show(choose(image(web), { candidates: list }))).toBe(chosen)
  })

  test('may be in a privileged group where the original becomes it by itself: that group is dropped', () => {
    const ops = { ...named('ops'), became: true }
    expect(show(choose(image(web), { candidates: [ops] }))).toBe('ops 72:72 exists image')
    const own = { ...web, passwd: ['ops:x:72:998::/home/ops:/bin/sh'] }
    expect(show(choose(image(own), { candidates: [ops] }))).toBe('app 10001:10001 useradd created')
  })

  test('keeps no supplementary groups, since USER uid:gid drops them, and says so', () => {
    const account = choose(image(web), { candidates: [named('web')] })
    expect(account.groups).toEqual([])
    expect(account.evidence.map((item) => item.detail)).toContain(
      'is also in audio; a numeric USER does not keep these groups',
    )
  })

  test('has its home only where that is a folder', () => {
    expect(choose(image(web), { candidates: [named('web')] }).home).toBe('/srv/web')
    expect(choose(image({ ...web, files: [] }), { candidates: [named('web')] }).home).toBe('')
  })
})

describe('--user', () => {
  test.each<[string, string]>([
    ['web', 'web 70:71 exists option'],
    ['70', 'web 70:71 exists option'],
    ['70:71', 'web 70:71 exists option'],
    ['70:5', 'web 70:5 exists option'],
    // What is asked for is done, also where it would not be chosen.
    ['nobody', 'nobody 65534:65534 exists option'],
    ['ops', 'ops 72:72 exists option'],
    ['new', 'new 10001:10001 useradd option'],
    ['docker', 'docker 10001:998 useradd option'],
    ['4000', 'app 4000:4000 useradd option'],
    ['4000:33', 'app 4000:33 useradd option'],
    ['4000:0', 'app 4000:0 useradd option'],
  ])('%s', (option, chosen) => {
    expect(show(choose(image(web), { option }))).toBe(chosen)
  })

  test('a group that exists is not made', () => {
    expect(choose(image(web), { option: '4000:33' }).createGroup).toBe(false)
    expect(choose(image(web), { option: '4000' }).createGroup).toBe(true)
  })

  test('a new name never takes the uid of somebody else', () => {
    const facts = image({ like: 'debian', passwd: ['old:x:10001:10001::/:/bin/sh'], group: ['old:x:10001:'] })
    expect(show(choose(facts, { option: 'new' }))).toBe('new 10002:10002 useradd option')
  })
})

describe('the ladder of creation', () => {
  test.each<[string, ImageFacts, boolean, AccountChoice['creation']]>([
    ['debian', image({ like: 'debian' }), false, 'useradd'],
    ['alpine', image({ like: 'alpine' }), false, 'adduser'],
    ['a shell and no tool', image({ like: 'ubi-minimal' }), false, 'append'],
    // Debian's busybox has no adduser applet, so only a link to it counts.
    [
      'busybox without links',
      image({ files: ['-rwxr-xr-x 0:0 /bin/busybox', 'lrwxrwxrwx 0:0 /bin/sh -> busybox'] }),
      false,
      'append',
    ],
    [
      'adduser of another kind',
      image({ like: 'ubi-minimal', files: ['-rwxr-xr-x 0:0 /usr/sbin/adduser', '-rwxr-xr-x 0:0 /usr/sbin/addgroup'] }),
      false,
      'append',
    ],
    ['useradd and no shell', image({ files: ['-rwxr-xr-x 0:0 /usr/sbin/useradd'] }), false, 'copy'],
    ['no shell', image({ like: 'shellless' }), false, 'copy'],
    ['nothing known, no RUN', unknownImage(), false, 'none'],
    ['nothing known, a RUN', unknownImage(), true, 'append'],
  ])('%s', (_, facts, shellSeen, creation) => {
    expect(choose(facts, { shellSeen }).creation).toBe(creation)
  })

  test.each<[string, AccountChoice['creation']]>([
    ['debian', 'useradd'],
    ['ubuntu', 'useradd'],
    ['alpine', 'adduser'],
    ['rhel', 'append'],
    ['scratch', 'none'],
    ['distroless', 'none'],
  ])('by the name of the system alone: %s', (id, creation) => {
    const facts: ImageFacts = { ...unknownImage(), os: { known: true, value: { id, idLike: [], versionId: '' } } }
    expect(choose(facts).creation).toBe(creation)
  })

  test.each<[string, ReadonlyMap<string, FileEntry | null>, AccountChoice['creation']]>([
    ['no passwd', new Map([['/etc/passwd', null]]), 'append'],
    ['no group', new Map([['/etc/group', null]]), 'append'],
    ['a link to where nothing is before the start', new Map([['/etc/passwd', link('/run/accounts/passwd')]]), 'none'],
    ['a link to where it is kept', new Map([['/etc/passwd', link('group')]]), 'adduser'],
  ])('the tool asks for both files of accounts: %s', (_, changes, creation) => {
    const facts = image({ like: 'alpine' })
    const files = facts.files.known ? facts.files.value.with(changes) : null
    if (files === null) throw new Error('a fixture has files')
    expect(choose({ ...facts, files: { known: true, value: files } }).creation).toBe(creation)
  })

  test('a copy holds all that was in the files', () => {
    const account = choose(image({ like: 'shellless', passwd: ['svc:x:5:5::/:/x'], group: ['svc:x:5:'] }))
    expect(account.passwd).toBe(
      'root:x:0:0:root:/root:/sbin/nologin\nsvc:x:5:5::/:/x\napp:x:10001:10001::/home/app:/sbin/nologin\n',
    )
    expect(account.group).toBe('root:x:0:\nsvc:x:5:\napp:x:10001:\n')
  })
})

describe('collisions', () => {
  test.each<[string, BaseFile, string]>([
    ['name of a user', { passwd: ['app:x:5:0::/:/x'] }, 'app1 10001:10001'],
    ['name of a group', { group: ['app:x:5:'] }, 'app1 10001:10001'],
    ['two names', { passwd: ['app:x:5:0::/:/x'], group: ['app1:x:6:'] }, 'app2 10001:10001'],
    ['uid', { passwd: ['x:x:10001:5::/:/x'] }, 'app 10002:10002'],
    ['gid', { group: ['x:x:10001:'] }, 'app 10002:10002'],
    ['uid and the next gid', { passwd: ['x:x:10001:5::/:/x'], group: ['y:x:10002:'] }, 'app 10003:10003'],
  ])('%s', (_, taken, chosen) => {
    expect(
      show(choose(image({ like: 'debian', ...taken })))
        .split(' ', 2)
        .join(' '),
    ).toBe(chosen)
  })

  test.each<[string, BaseFile, string]>([
    ['free', {}, '/home/app'],
    // Somebody's files: useradd would leave its owner as it is, and a chown would hand them over.
    ['a folder of the image', { files: ['drwxr-xr-x 0:0 /home/app'] }, '/home/app1'],
    ['the working folder', { config: { workdir: '/home/app' } }, '/home/app1'],
    ['above the working folder', { config: { workdir: '/home/app/src' } }, '/home/app1'],
    ['beside it', { config: { workdir: '/home/apps' } }, '/home/app'],
  ])('home: %s', (_, taken, home) => {
    expect(choose(image({ like: 'debian', ...taken })).home).toBe(home)
  })
})

function link(to: string): FileEntry {
  return { type: 'symlink', uid: 0, gid: 0, mode: 0o777, size: 0, link: to }
}
