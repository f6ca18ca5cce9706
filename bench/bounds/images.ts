import { harden } from '../../src/app/harden-text.ts'
import { parseGroup, parsePasswd } from '../../src/image/accounts.ts'
import { parseImageConfig } from '../../src/image/config.ts'
import type { ImageFacts } from '../../src/image/facts.ts'
import { createFileModel } from '../../src/image/file-index.ts'
import type { FileEntry } from '../../src/image/file-model.ts'
import { lines } from './dockerfiles.ts'
import type { Input } from './input.ts'
import { nestings } from './nestings.ts'

/** What a stranger may put into an image. */
export const images: readonly Input[] = [
  image('files in one folder', (n) => ({ files: paths(n, (i) => `/srv/f${i}`) })),
  image('folders in one folder', (n) => ({
    files: paths(n, (i) => `/srv/f${i}/x`),
    config: { Volumes: { '/srv': {} } },
  })),
  image(
    'files that a RUN hands over',
    (n) => ({ files: paths(n, (i) => `/srv/f${i}`) }),
    (n) => lines(Math.min(n, 256), () => 'RUN chown -R app /opt'),
  ),
  // The longest path that a layer may have.
  image('depth', (n) => {
    const path = '/a'.repeat(Math.min(n, 2000))
    return { files: [[path, file()]], config: { Volumes: { [path]: {} } } }
  }),
  image('links in a chain', (n) => ({
    files: Array.from({ length: n }, (_, i): Named => [`/srv/l${i}`, link(`l${i + 1}`)]),
    config: { Volumes: { '/srv/l0': {} } },
  })),
  image('links in a ring', (n) => ({
    files: Array.from({ length: n }, (_, i): Named => [`/srv/l${i}`, link(`l${(i + 1) % n}`)]),
    config: { WorkingDir: '/srv/l0' },
  })),
  image('texts', (n) => ({
    texts: Array.from({ length: n }, (_, i) => [`/etc/app/f${i}.conf`, 'listen 80\nuser www\n'] as const),
  })),
  image('one long text', (n) => ({ texts: [['/etc/app/app.conf', lines(n, (i) => `listen ${i}`)]] })),
  image('one long line', (n) => ({ texts: [['/etc/app/app.conf', 'listen '.repeat(n)]] })),
  image('a text of blanks', (n) => ({ texts: [['/etc/app/app.conf', `${' '.repeat(n)}x`]] })),
  image('a text of blank lines', (n) => ({ texts: [['/etc/app/app.conf', `${'\n'.repeat(n)}x`]] })),
  image('users', (n) => ({ passwd: lines(n, (i) => `u${i}:x:${i}:${i}::/home/u${i}:/bin/sh`) })),
  image('groups', (n) => ({ group: lines(n, (i) => `g${i}:x:${i}:u${i}`) })),
  image('members of a group', (n) => ({ group: `g:x:1:${lines(n, (i) => `u${i}`).replaceAll('\n', ',')}` })),
  image('users and groups of each other', (n) => ({
    passwd: lines(n, (i) => `u${i}:x:${i}:${i}::/home/u${i}:/bin/sh`),
    group: lines(n, (i) => `g${i}:x:${i}:u${i},u${i + 1}`),
  })),
  image('ports', (n) => ({ config: { ExposedPorts: keys(n, (i) => `${1 + i}/tcp`) } })),
  image('volumes', (n) => ({ config: { Volumes: keys(n, (i) => `/srv/v${i}`) } })),
  image('variables', (n) => ({ config: { Env: Array.from({ length: n }, (_, i) => `a${i}=b`) } })),
  image('labels', (n) => ({ config: { Labels: keys(n, (i) => `a${i}`) } })),
  image('words of the command', (n) => ({ config: { Cmd: Array.from({ length: n }, (_, i) => `a${i}`) } })),
  ...['exec', 'busybox', 'gosu', 'env'].map((word) =>
    image(`a command of ${word} alone`, (n) => ({ config: { Cmd: Array.from({ length: n }, () => word) } })),
  ),
  image('a command of options', (n) => ({
    config: { Cmd: Array.from({ length: n }, (_, i) => (i % 2 ? '/d' : '-d')) },
  })),
  image('triggers', (n) => ({ config: { OnBuild: Array.from({ length: n }, (_, i) => `RUN mkdir /a${i}`) } })),
  script('commands that write', (i) => `echo > /srv/a${i}`),
  script('cd, mkdir and a write', (i) => `cd /a; mkdir x${i}; echo > y${i}`),
  script('chown', (i) => `chown -R app /srv/a${i}`),
  script(
    'functions',
    (i) => `f${i}() { f${i + 1}; mkdir /srv/a${i}; }`,
    (n) => `\nf0; f${n >> 1}`,
  ),
  script(
    'calls of one function',
    (i) => `f ${i}`,
    () => '',
    'f() { mkdir "/srv/$1"; echo > "/srv/$1"; }\n',
  ),
  script(
    'functions that call twice',
    (i) => `f${i}() { f${i + 1}; f${i + 1}; }`,
    () => '\nf0',
  ),
  script('sourced scripts', (i) => `. /srv/s${i}.sh`),
  script('loops', (i) => `for i in a b; do mkdir /srv/$i${i}; done`),
  script('variables', (i) => `a${i}="$a${i - 1}x"; mkdir "/srv/$a${i}"`),
  script(
    'a variable that doubles',
    () => 'a="$a$a"',
    () => '\nmkdir "/srv/$a"',
    'a=b\n',
  ),
  script(
    'variables that double',
    (i) => `a${i + 1}="$a${i}$a${i}"`,
    (n) => `\nmkdir "/srv/$a${n}"`,
    'a0=b\n',
  ),
  script('questions', (i) => `if [ -z "$A${i}" ]; then mkdir /srv/a${i}; fi`),
  script('questions for root', (i) => `if [ "$(id -u)" = 0 ]; then chown app /srv/a${i}; fi`),
  script('questions for root of many names', (i) => `a${i}=$(id -u); [ "$a${i}" = 0 ] && x`),
  script('refusals', () => `[ "$(id -u)" = 0 ] || exit 1`),
  script('switches of user', (i) => `gosu u${i} x`),
  script('exec', (i) => `exec x${i}`),
  script(
    'questions joined by and',
    (i) => `[ -e /a${i} ] &&`,
    () => ' b',
  ),
  script(
    'elif',
    (i) => (i === 0 ? 'if [ -e /a ]; then x' : `elif [ -e /a${i} ]; then x`),
    () => '\nfi',
  ),
  script('sed of folders', (i) => `for f${i} in /srv/*.js; do sed -i s/a/b/ "$f${i}"; done`),
  script('case', (i) => `case "$1" in a${i}) mkdir /srv/a${i};; esac`),
  script('comments', () => '# x'),
  script('words', () => 'x y z'),
  script(
    'and',
    () => 'a &&',
    () => ' b',
  ),
  script(
    'or',
    () => 'a ||',
    () => ' b',
  ),
  script(
    'pipes',
    () => 'a |',
    () => ' b',
  ),
  ...nestings.map(([open, close]) =>
    image(`a start script that nests ${open.trim()}`, (n) => ({
      script: `${open.repeat(n)}mkdir /srv/x${close.repeat(n)}\n`,
    })),
  ),
  ...nestings.map(([open]) =>
    image(`a start script that opens ${open.trim()}`, (n) => ({ script: `${open.repeat(n)}mkdir /srv/x\n` })),
  ),
]

type Named = readonly [string, FileEntry]

interface Made {
  readonly files?: readonly Named[]
  readonly texts?: readonly (readonly [string, string])[]
  readonly config?: Readonly<Record<string, unknown>>
  readonly passwd?: string
  readonly group?: string
  readonly script?: string
}

function script(
  name: string,
  line: (index: number) => string,
  end: (n: number) => string = () => '',
  before = '',
): Input {
  return image(`a start script of ${name}`, (n) => ({ script: `${before}${lines(n, line)}${end(n)}\n` }))
}

function image(name: string, make: (n: number) => Made, run: (n: number) => string = () => 'RUN y'): Input {
  return {
    name: `image: ${name}`,
    prepare: (n) => {
      const made = make(n)
      const bytes = Math.max(n, JSON.stringify(made).length)
      const dockerfile = `FROM x\n${run(n)}\n`
      return {
        bytes,
        work: () => void harden({ dockerfile, facts: new Map([['x', factsOf(made)]]) }),
      }
    },
  }
}

export function factsOf({ files = [], texts = [], config = {}, passwd, group, script }: Made): ImageFacts {
  const accounts = [
    ['/etc/passwd', passwd ?? 'root:x:0:0::/root:/bin/sh\napp:x:100:100::/srv:/bin/sh\n'],
    ['/etc/group', group ?? 'root:x:0:\napp:x:100:\n'],
  ] as const
  const all = [...texts, ...accounts, ...(script === undefined ? [] : [['/start.sh', `#!/bin/sh\n${script}`] as const])]
  const entries = new Map<string, FileEntry>([
    ['/bin/sh', { ...file(), mode: 0o755 }],
    ...files,
    ...all.map(([path, text]): Named => [path, { ...file(), mode: 0o755, size: text.length }]),
  ])
  return {
    reference: 'x',
    source: 'engine',
    digest: null,
    platform: { os: 'linux', architecture: 'amd64' },
    config: parseImageConfig({ Cmd: ['x'], ...(script === undefined ? {} : { Entrypoint: ['/start.sh'] }), ...config }),
    accounts: { known: true, value: { users: parsePasswd(accounts[0][1]), groups: parseGroup(accounts[1][1]) } },
    files: { known: true, value: createFileModel(entries, new Map(all)) },
    os: { known: true, value: { id: 'debian', idLike: [], versionId: '13' } },
  }
}

function file(): FileEntry {
  return { type: 'file', uid: 0, gid: 0, mode: 0o644, size: 1, link: null }
}

function link(to: string): FileEntry {
  return { ...file(), type: 'symlink', mode: 0o777, link: to }
}

function paths(n: number, path: (index: number) => string): readonly Named[] {
  return Array.from({ length: n }, (_, index) => [path(index), file()])
}

function keys(n: number, key: (index: number) => string): Readonly<Record<string, object>> {
  return Object.fromEntries(Array.from({ length: n }, (_, index) => [key(index), {}]))
}
