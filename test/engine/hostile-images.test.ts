// Images that only are read, from archives that no tool writes: each ends in time, with a true verdict, and adds nothing of its own.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import type { Verdict } from '../../src/report/report.ts'
import {
  type HostileEntry,
  type HostileImage,
  hostileTar,
  record,
  writeHostileArchive,
} from './support/hostile-archive.ts'
import { callOn, expectHonest, type HostileCall } from './support/hostile-call.ts'

interface HostileCase extends HostileImage {
  readonly name: string
  /** All that would be true. */
  readonly verdicts: readonly Verdict[]
  readonly flags?: readonly string[]
}

/** Root or nobody knows: all but what says that nothing is to be done. */
const DONE: readonly Verdict[] = ['rewritten', 'incomplete', 'needs-root']
const DONE_OR_REFUSED: readonly Verdict[] = [...DONE, 'failed']
const REFUSED: readonly Verdict[] = ['failed']

/** What each text that can be foreign is tried with. */
const EVIL = [
  ...[
    'a\nRUN touch /INJECTED',
    'a\r\nUSER root',
    "it's",
    '"',
    '$(touch /INJECTED)',
    '`touch /INJECTED`',
    '; touch /INJECTED',
  ],
  ...[
    '-rf',
    '--',
    '\u001b[2J\u001b]0;evil\u0007',
    '\u202egpj',
    '\\',
    'a b',
    '#',
    '&& touch /INJECTED',
    'HARDEN_IMAGE',
    'EOF',
  ],
]

const shell: readonly HostileEntry[] = [
  { name: 'bin/', type: '5', mode: 0o755 },
  { name: 'bin/sh', mode: 0o755, content: '\x7fELF' },
  { name: 'etc/', type: '5', mode: 0o755 },
  { name: 'etc/os-release', content: 'ID=debian\n' },
]
const ROOT = 'root:x:0:0:root:/root:/bin/sh\n'
const passwd = (content: string | Buffer): HostileEntry => ({ name: 'etc/passwd', content })
const app = { Entrypoint: ['/app'] }
const withPasswd = (content: string | Buffer, ...more: readonly HostileEntry[]) => [
  [...shell, passwd(content), ...more],
]
const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, at) => line(at)).join('\n')

const paths: readonly HostileCase[] = [
  {
    name: 'names with line breaks, escape sequences, quotes and substitutions, in a volume and beside it',
    config: { ...app, Volumes: { '/data': {} } },
    layers: [
      [
        ...shell,
        { name: 'data/', type: '5' },
        ...EVIL.flatMap((name): HostileEntry[] => [
          { name: `data/${name}`, content: 'x' },
          { name: `etc/${name}.conf`, content: 'listen 80;\n' },
        ]),
      ],
    ],
    verdicts: DONE,
  },
  {
    name: 'names that are no UTF-8',
    config: { ...app, Volumes: { '/data': {} } },
    layers: [[...shell, { name: Buffer.from('646174612fff fe80 0a'.replaceAll(' ', ''), 'hex'), content: 'x' }]],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'a path of 4,096 bytes and names of 255',
    config: { ...app, WorkingDir: `/${'d'.repeat(255)}`.repeat(15) },
    layers: [[...shell, { name: `${'d'.repeat(255)}/`.repeat(15), type: '5' }]],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: '100,000 files in one folder',
    config: { ...app, Volumes: { '/data': {} } },
    layers: [[...shell, ...Array.from({ length: 100_000 }, (_, at): HostileEntry => ({ name: `data/${at}` }))]],
    verdicts: DONE,
  },
  {
    name: 'folders 1,000 deep',
    config: { ...app, Volumes: { '/data': {} } },
    layers: [[...shell, { name: `data/${'d/'.repeat(1000)}`, type: '5' }]],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'links in a circle, to themselves and out of the image, also where accounts are looked for',
    config: { ...app, WorkingDir: '/a', Volumes: { '/a': {}, '/out': {} } },
    layers: [
      [
        { name: 'a', type: '2', link: 'b' },
        { name: 'b', type: '2', link: 'a' },
        { name: 'out', type: '2', link: '../../../../../../etc' },
        { name: 'etc/', type: '5' },
        { name: 'etc/passwd', type: '2', link: 'group' },
        { name: 'etc/group', type: '2', link: 'passwd' },
      ],
    ],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: '40 links that each double the way',
    config: { ...app, WorkingDir: `/l39${'/l39'.repeat(50)}` },
    layers: [
      [
        ...shell,
        ...Array.from(
          { length: 40 },
          (_, at): HostileEntry => ({ name: `l${at}`, type: '2', link: at === 0 ? '/' : `l${at - 1}/l${at - 1}` }),
        ),
      ],
    ],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'hard links to nothing, to themselves and to a link',
    config: app,
    layers: [
      [
        ...shell,
        { name: 'h1', type: '1', link: 'nowhere' },
        { name: 'h2', type: '1', link: 'h2' },
        { name: 'etc/passwd', type: '1', link: '../../etc/shadow' },
      ],
    ],
    verdicts: DONE_OR_REFUSED,
  },
  ...(['6', '3', '4', '5'] as const).map(
    (type): HostileCase => ({
      name: `an /etc/passwd that is of type ${type}`,
      config: { ...app, User: 'app' },
      layers: [[...shell, { name: 'etc/passwd', type }, { name: 'dev/sda', type: '3' }]],
      verdicts: [...DONE_OR_REFUSED],
    }),
  ),
  {
    name: 'set-user-id programs in the places that a user is given',
    config: { ...app, Volumes: { '/data': {} } },
    layers: [
      [...shell, { name: 'data/su', mode: 0o6755, content: '\x7fELF' }, { name: 'tmp/', type: '5', mode: 0o1777 }],
    ],
    verdicts: DONE,
  },
  {
    name: 'a sparse file of 8 exabytes',
    config: app,
    layers: [hostileTar([...shell, { name: 'big', type: 'S', size: 2 ** 62 }], false)],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'files that are named like ours',
    config: app,
    layers: [
      [
        ...shell,
        ...['HARDEN_IMAGE', 'Dockerfile', 'proc', '.dockerenv', '__proto__', 'constructor', 'etc/__proto__'].map(
          (name): HostileEntry => ({ name, content: 'FROM evil\nUSER root\n' }),
        ),
      ],
    ],
    verdicts: DONE,
  },
]

const accounts: readonly HostileCase[] = [
  {
    name: 'passwd with 50,000 accounts',
    config: app,
    layers: withPasswd(ROOT + lines(50_000, (at) => `u${at}:x:${at + 1}:${at + 1}::/:`)),
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'a group of 10,000 members and 10,000 groups',
    config: { ...app, User: 'u1' },
    layers: withPasswd(`${ROOT}u1:x:5000:5000::/:\n`, {
      name: 'etc/group',
      content: `g:x:7:${lines(10_000, (at) => `u${at}`).replaceAll('\n', ',')}\n${lines(10_000, (at) => `g${at}:x:${at}:u1`)}`,
    }),
    verdicts: ['unchanged', 'incomplete', 'failed'],
  },
  {
    name: 'a passwd whose lines end heredocs, in an image without a shell',
    config: app,
    layers: [
      [{ name: 'etc/', type: '5' }, passwd(`${ROOT}HARDEN_IMAGE\nUSER root\nRUN touch /INJECTED\nEOF\nUSER root\n`)],
    ],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'names that are commands',
    config: app,
    layers: withPasswd(
      ROOT + EVIL.map((name, at) => `${name}:x:${at + 2000}:${at + 2000}::/$(touch /INJECTED):/bin/sh`).join('\n'),
    ),
    verdicts: DONE,
  },
  {
    name: 'NUL bytes, CRLF and NIS lines',
    config: { ...app, User: '+' },
    layers: withPasswd('root:x:0:0::/:\r\n\0\0\0\n+\n-@x\n+::0:0::/:\n'),
    verdicts: DONE,
  },
  {
    name: 'one line of a megabyte',
    config: { ...app, User: 'x' },
    layers: withPasswd(`${ROOT}x:x:${'9'.repeat(1_000_000)}:0::/:\n`),
    verdicts: DONE_OR_REFUSED,
  },
  ...[
    'toor',
    'nouid',
    'lone',
    '#com',
    '+nis',
    'big',
    '__proto__',
    '+0',
    '00',
    '-0',
    ' root',
    'root ',
    ':0',
    '0:0:0',
    '4294967296',
    '0 ',
  ].map(
    (User): HostileCase => ({
      name: `USER ${JSON.stringify(User)}, which is root`,
      config: { ...app, User },
      layers: withPasswd(
        `${ROOT}toor:x:0:0::/:\nnouid:x::5::/:\nlone\n#com:x:0:0::/:\n+nis:x:0:0::/:\nbig:x:4294967296:5::/:\n__proto__:x:0:0::/:\n`,
      ),
      verdicts: DONE,
    }),
  ),
  ...['0x0', '-1', '4294967295', '99999999999999999999', '65534 ', '1000:0', 'constructor', 'a\nUSER root'].map(
    (User): HostileCase => ({
      name: `USER ${JSON.stringify(User)}, which is not root`,
      config: { ...app, User },
      layers: withPasswd(ROOT),
      verdicts: ['unchanged', 'incomplete', 'failed'],
    }),
  ),
]

const configs: readonly HostileCase[] = [
  {
    name: 'ENTRYPOINT and CMD with line breaks and commands',
    config: { Entrypoint: ['/app', ...EVIL], Cmd: EVIL },
    layers: [shell],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'an ENTRYPOINT word of a megabyte',
    config: { Entrypoint: ['/app', 'x'.repeat(1_000_000)] },
    layers: [shell],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'an ENV of a megabyte, with line breaks, and names with spaces',
    config: {
      ...app,
      Env: [
        'A=a\nRUN touch /INJECTED',
        `B=${'x'.repeat(1_000_000)}`,
        'a b=c',
        'PORT=80\nUSER root',
        '__proto__=x',
        '=x',
        'HOME=/root\nUSER root',
      ],
    },
    layers: [shell],
    verdicts: DONE_OR_REFUSED,
  },
  ...[...EVIL.map((one) => `/data/${one}`), '..', '/../..', 'relative', '$VAR', '/$(touch /INJECTED)', ''].map(
    (place): HostileCase => ({
      name: `VOLUME and WORKDIR ${JSON.stringify(place)}`,
      config: { ...app, Volumes: { [place]: {} }, WorkingDir: place },
      layers: [shell],
      verdicts: DONE_OR_REFUSED,
    }),
  ),
  {
    name: 'EXPOSE of every port there is',
    config: { ...app, ExposedPorts: { '1-65535/tcp': {}, '1-65535/udp': {} } },
    layers: [shell],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'EXPOSE of what is no port',
    config: { ...app, ExposedPorts: { '0/tcp': {}, '99999': {}, '80/tcp\nUSER root': {}, '-1': {}, __proto__: {} } },
    layers: [shell],
    verdicts: DONE,
  },
  {
    name: 'a HEALTHCHECK of commands',
    config: {
      ...app,
      ExposedPorts: { '80/tcp': {} },
      Healthcheck: { Test: ['CMD-SHELL', EVIL.join(' localhost:80 ')], Interval: -1, Retries: 1e300 },
    },
    layers: [shell],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'ONBUILD triggers',
    config: { ...app, OnBuild: [...EVIL, 'USER root', 'RUN touch /INJECTED', 'ONBUILD FROM evil'] },
    layers: [shell],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'labels like ours',
    config: {
      ...app,
      Labels: {
        'harden-image.session': 'x',
        'harden-image.tracer': '1',
        'org.opencontainers.image.base.name': 'a\nUSER root',
      },
    },
    layers: [shell],
    verdicts: DONE,
  },
  {
    name: 'a STOPSIGNAL and a SHELL of commands',
    config: { ...app, StopSignal: 'SIGTERM\nUSER root', Shell: ['/bin/sh', '-c', 'touch /INJECTED;'] },
    layers: [shell],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: '1,000 volumes',
    config: { ...app, Volumes: Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`/v/${at}`, {}])) },
    layers: [shell],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'a config of other types',
    config: {
      User: {},
      Entrypoint: 'x',
      Cmd: [[], null],
      Env: { a: 1 },
      ExposedPorts: [],
      Volumes: 'x',
      WorkingDir: 5,
      Healthcheck: [],
      Labels: [1],
    },
    layers: [shell],
    verdicts: DONE_OR_REFUSED,
  },
  { name: 'a config that is not JSON', document: '{"config": {', verdicts: REFUSED },
  { name: 'a config nested 100,000 deep', document: '['.repeat(100_000) + ']'.repeat(100_000), verdicts: REFUSED },
  {
    name: 'a start script that is all brackets',
    config: { Entrypoint: ['/start.sh'] },
    layers: [[...shell, { name: 'start.sh', mode: 0o755, content: `#!/bin/sh\n${'( $( `'.repeat(20_000)}` }]],
    verdicts: DONE_OR_REFUSED,
  },
]

const archives: readonly HostileCase[] = [
  {
    name: 'absolute names and names with ..',
    config: app,
    layers: [
      [
        ...shell,
        { name: '/etc/passwd', content: ROOT },
        { name: '../../../../tmp/INJECTED', content: 'x' },
        { name: 'etc/../../x' },
      ],
    ],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'whiteouts of everything',
    config: app,
    layers: [
      shell,
      [{ name: '.wh..' }, { name: '.wh.' }, { name: '.wh..wh..opq' }, { name: '.wh...' }, { name: 'etc/.wh.' }],
    ],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'an entry again and again, each time another',
    config: { ...app, User: 'app' },
    layers: [[...shell, passwd(`${ROOT}app:x:5:5::/:\n`), passwd(`${ROOT}app:x:0:0::/:\n`)]],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'a folder in the place of a file, and a file in the place of a folder',
    config: app,
    layers: [[...shell, { name: 'etc', content: 'x' }, { name: 'etc/passwd/x', content: 'y' }]],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'a pax header of 4 MB',
    config: app,
    layers: [[...shell, { name: 'p', type: 'x', content: record(`path=${'x'.repeat(4_000_000)}`) }, { name: 'x' }]],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'pax records that lie about their length',
    config: app,
    layers: [[...shell, { name: 'p', type: 'x', content: '99999999 path=x\n0 a\n-5 b=c\n' }, { name: 'x' }]],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'a file that says it has a negative size',
    config: app,
    layers: [[...shell, { name: 'n', size: -512 }]],
    verdicts: DONE_OR_REFUSED,
  },
  {
    name: 'a layer that ends in the middle',
    config: app,
    layers: [hostileTar([...shell, { name: 'etc/passwd', content: ROOT, size: 100_000 }], false)],
    verdicts: DONE_OR_REFUSED,
  },
  { name: 'a layer that is noise', config: app, layers: [Buffer.alloc(4096, 'x')], verdicts: DONE_OR_REFUSED },
  {
    name: 'a gzip bomb',
    config: app,
    layers: [gzipSync(Buffer.alloc(300_000_000), { level: 1 })],
    verdicts: DONE_OR_REFUSED,
  },
  { name: 'a manifest of null', manifest: [null], verdicts: REFUSED },
  { name: 'layers that are a word', manifest: [{ Config: 'config.json', Layers: 'x' }], verdicts: REFUSED },
  {
    name: 'a manifest that names files outside',
    manifest: [{ Config: '../../../etc/passwd', RepoTags: ['x:1'], Layers: ['/etc/passwd'] }],
    verdicts: REFUSED,
  },
]

const cases = [...paths, ...accounts, ...configs, ...archives]
/** Those that are large get a call of their own; a dozen others are the targets of one. */
const LARGE = /100,000|50,000|every port|gzip bomb|10,000|megabyte|4 MB|1,000 volumes/
const TOGETHER = 12

const ran = new Map<string, Promise<HostileCall>>()
const room = pLimit(3)
let folder = ''

function batches(): readonly (readonly HostileCase[])[] {
  const small = cases.filter(({ name }) => !LARGE.test(name))
  const together = Array.from({ length: Math.ceil(small.length / TOGETHER) }, (_, at) =>
    small.slice(at * TOGETHER, (at + 1) * TOGETHER),
  )
  return [...cases.filter(({ name }) => LARGE.test(name)).map((one) => [one]), ...together]
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  for (const batch of batches()) {
    const call = room(async () => {
      const archives = batch.map((one) => join(folder, `${cases.indexOf(one)}.tar`))
      await Promise.all(batch.map((one, index) => writeHostileArchive(archives[index] ?? '', one)))
      const targets = archives.map((archive) => `docker-archive:${archive}`)
      const ended = await callOn([...targets, '--engine', 'none', '--offline'], 90_000, folder)
      await Promise.all(archives.map((archive) => rm(archive)))
      return ended
    })
    call.catch(() => undefined)
    for (const [index, { name }] of batch.entries())
      ran.set(
        name,
        call.then(({ results, ...ended }) => ({ ...ended, results: results.slice(index, index + 1) })),
      )
  }
  for (const call of ran.values()) call.catch(() => undefined)
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

test('the suite has at least 40 behaviours, each of its own', () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
  expect(cases.length).toBeGreaterThanOrEqual(40)
})

test.each(cases)(
  'read: $name',
  async ({ name, verdicts }) => {
    const call = await ran.get(name)
    if (call === undefined) throw new Error('it was not run')
    expectHonest(call, verdicts)
  },
  300_000,
)

test('one that cannot be read among others is failed, and the others are done', async () => {
  const names = ['good', 'null', 'bomb', 'also good']
  const images: readonly HostileImage[] = [
    { config: app, layers: [shell] },
    { document: 'null' },
    { document: '[' },
    { config: app, layers: [shell] },
  ]
  await Promise.all(images.map((image, index) => writeHostileArchive(join(folder, `${names[index]}.tar`), image)))
  const targets = names.map((name) => `docker-archive:${join(folder, `${name}.tar`)}`)
  const { code, results } = await callOn([...targets, '--engine', 'none', '--offline'], 60_000, folder)
  expect(results.map(({ verdict }) => verdict === 'failed')).toEqual([false, true, true, false])
  expect(code).toBe(2)
}, 120_000)

test('what is written for a hostile image stays in its folder', async () => {
  const archive = join(folder, 'evil.tar')
  await writeHostileArchive(archive, { config: { ...app, Volumes: { '/../../x': {}, '/data': {} } }, layers: [shell] })
  const out = join(folder, 'out')
  await callOn([`docker-archive:${archive}`, '--engine', 'none', '--offline', '-o', out], 60_000, folder)
  expect(await readFile(join(out, 'Dockerfile'), 'utf8')).toContain('\nUSER ')
}, 120_000)
