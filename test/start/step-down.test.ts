import { describe, expect, test } from '@jest/globals'
import { parseImageConfig } from '../../src/image/config.ts'
import { createFileModel } from '../../src/image/file-index.ts'
import type { FileEntry } from '../../src/image/file-model.ts'
import { findAccountLines, findStepDowns, type StepDown, type StepDownReport } from '../../src/start/step-down.ts'

interface Image {
  readonly entrypoint?: readonly string[]
  readonly cmd?: readonly string[]
  readonly env?: readonly string[]
  readonly files?: Readonly<Record<string, string>>
}

function report({ entrypoint = [], cmd = [], env = [], files = {} }: Image): StepDownReport {
  const entry: FileEntry = { type: 'file', uid: 0, gid: 0, mode: 0o755, size: 1, link: null }
  const model = createFileModel(
    new Map(Object.keys(files).map((path) => [path, entry])),
    new Map(Object.entries(files)),
  )
  const config = parseImageConfig({ Entrypoint: entrypoint, Cmd: cmd, Env: env, WorkingDir: '/data' })
  return findStepDowns({ config, files: { known: true, value: model } })
}

function script(text: string, env: readonly string[] = []): StepDownReport {
  return report({ entrypoint: ['entry.sh'], cmd: ['server'], env, files: { '/usr/local/bin/entry.sh': text } })
}

function applied(text: string, { edits }: StepDown): string | null {
  if (edits === null) return null
  return [...edits]
    .sort((a, b) => b.span.start - a.span.start)
    .reduce((result, edit) => result.slice(0, edit.span.start) + edit.text + result.slice(edit.span.end), text)
}

describe('a line of an entrypoint script', () => {
  test.each<[string, string | null, string | null]>([
    ['exec gosu postgres "$@"', 'postgres', 'exec "$@"'],
    ['exec gosu postgres:postgres "$@" -c x=1', 'postgres', 'exec "$@" -c x=1'],
    ['gosu postgres initdb', 'postgres', 'initdb'],
    ['exec /sbin/su-exec 1000:1000 node x.js', '1000', 'exec node x.js'],
    ['exec tini -s -- gosu app "$@"', 'app', 'exec tini -s -- "$@"'],
    ['exec setpriv --reuid=redis --regid=redis --clear-groups "$0" "$@"', 'redis', 'exec "$0" "$@"'],
    ['exec setpriv --reuid redis --regid redis --init-groups -- redis-server', 'redis', 'exec redis-server'],
    ['exec su -s /bin/sh -c "exec node x" app', 'app', 'exec /bin/sh -c "exec node x"'],
    ["su - app -c 'run it'", 'app', 'run it'],
    ['su app -c "serve --at=80 $MORE"', 'app', 'sh -c "exec serve --at=80 $MORE"'],
    ['su app -c "A=1 serve"', 'app', 'sh -c "A=1 serve"'],
    ['su app -c "serve; rm x"', 'app', 'sh -c "serve; rm x"'],
    ['exec su -s /bin/bash app -c "$*"', 'app', 'exec /bin/bash -c "exec $*"'],
    ["su app -c 'cd /x && run'", 'app', "sh -c 'cd /x && run'"],
    ["su app -c 'A=1 run'", 'app', "sh -c 'A=1 run'"],
    ["su app -c 'cd /x'", 'app', "sh -c 'cd /x'"],
    ['su app -c "$COMMAND"', 'app', 'sh -c "$COMMAND"'],
    ['trap \'su app -c "serve stop"; exit 0\' TERM INT', 'app', "trap 'serve stop; exit 0' TERM INT"],
    ['trap "gosu app serve -m $MODE stop" EXIT', 'app', 'trap "serve -m $MODE stop" EXIT'],
    ['trap -- "su app -c \\"serve stop\\"" EXIT', 'app', null],
    ['su app', 'app', null],
    ['exec runuser -u app -- server --port 80', 'app', 'exec server --port 80'],
    ["runuser app -s /bin/bash -c 'x'", 'app', 'x'],
    ['exec chroot --userspec=app:app / server', 'app', 'exec server'],
    ['exec chroot --userspec=app /jail server', 'app', null],
    ['exec s6-setuidgid app server', 'app', 'exec server'],
    ['exec chpst -u app:grp -e /env server', 'app', 'exec server'],
    ['exec sudo -E -u app HOME=/app server', 'app', 'exec server'],
    [
      'start-stop-daemon --start --chuid app:app --exec /bin/server -- -p 80',
      'app',
      'start-stop-daemon --start --exec /bin/server -- -p 80',
    ],
    ['set -- gosu app "$@"', 'app', 'set -- "$@"'],
    ['exec gosu "$RUN_AS" "$@"', 'worker', 'exec "$@"'],
    [`exec gosu "\${PUID}" "$@"`, null, 'exec "$@"'],
    [`exec gosu \${APP_USER:-fallback} "$@"`, 'fallback', 'exec "$@"'],
    ['exec memcached -u memcache -m 64', 'memcache', 'exec memcached -m 64'],
    ['exec mysqld --user=mysql', 'mysql', 'exec mysqld'],
  ])('%s', (line, user, without) => {
    const text = `#!/bin/sh\n${line}\n`
    const { stepDowns } = script(text, ['RUN_AS=worker'])
    expect(stepDowns).toHaveLength(1)
    const [found] = stepDowns as [StepDown]
    expect(found).toMatchObject({
      kind: 'entrypoint-script',
      user,
      path: '/usr/local/bin/entry.sh',
      line: 2,
      guarded: false,
    })
    expect(applied(text, found)).toBe(without === null ? null : `#!/bin/sh\n${without}\n`)
  })

  test.each(['exec gosu root "$@"', 'sudo apt-get update', 'setpriv --no-new-privs server', 'echo gosu app', 'su'])(
    'is none: %s',
    (line) => {
      expect(script(`#!/bin/sh\n${line}\n`).stepDowns).toEqual([])
    },
  )
})

describe('a guard', () => {
  test.each([
    `if [ "$(id -u)" = '0' ]; then\n  exec gosu app "$0" "$@"\nfi`,
    `if [ "$1" = 'redis-server' -a "$(id -u)" = '0' ]; then exec gosu app "$@"; fi`,
    `if [ "$1" = 'postgres' ] && [ "$(id -u)" = '0' ]; then exec gosu app "$@"; fi`,
    `[ "$(id -u)" -eq 0 ] && exec gosu app "$@"`,
    `if test $(id -u) -eq 0; then exec gosu app "$@"; fi`,
    `if [[ $EUID -eq 0 ]]; then exec gosu app "$@"; fi`,
    `if (( EUID == 0 )); then exec gosu app "$@"; fi`,
    `if [ "$(whoami)" = root ]; then exec gosu app "$@"; fi`,
    `uid="$(id -u)"\nif [ "$uid" = '0' ]; then exec gosu app "$@"; fi`,
    `if [ "$(id -u)" != 0 ]; then exec "$@"; fi\nexec gosu app "$@"`,
    `if [ "$(id -u)" -ne 0 ]; then exec "$@"; else exec gosu app "$@"; fi`,
    `is_root() { [ "$(id -u)" = 0 ]; }\nif is_root; then exec gosu app "$@"; fi`,
    `drop() { exec gosu app "$@"; }\nif [ "$(id -u)" = 0 ]; then drop "$@"; fi`,
    `case "$(id -u)" in\n 0) exec gosu app "$@" ;;\nesac`,
  ])('is seen: %s', (text) => {
    expect(script(`#!/bin/bash\n${text}\nexec "$@"\n`).stepDowns.map((found) => found.guarded)).toEqual([true])
  })

  test.each([
    `if [ "$1" = server ]; then exec gosu app "$@"; fi`,
    `if [ "$(id -u)" != 0 ]; then exec gosu app "$@"; fi`,
    `if [ "$(id -u)" = 0 ] || [ -n "$FORCE" ]; then exec gosu app "$@"; fi`,
    `if [ "$(id -u)" = 1000 ]; then exec gosu app "$@"; fi`,
    `if [ "$(id -u)" != 0 ]; then echo not root; fi\nexec gosu app "$@"`,
    `drop() { exec gosu app "$@"; }\ndrop "$@"\nif [ "$(id -u)" = 0 ]; then drop "$@"; fi`,
  ])('is none: %s', (text) => {
    expect(script(`#!/bin/bash\n${text}\n`).stepDowns.map((found) => found.guarded)).toEqual([false])
  })
})

describe('what the script does as root', () => {
  test('paths with the image’s ENV filled in, guards and set -e', () => {
    const text = `#!/bin/sh
set -e
mkdir -p "$PGDATA" /run/postgresql
chown -R postgres:postgres "$PGDATA" /run/postgresql
chmod 700 "$PGDATA" || true
find . \\! -user redis -exec chown redis '{}' +
if [ "$(id -u)" = 0 ]; then usermod -u "$PUID" app; fi
exec gosu postgres "$@"
`
    const { actions } = script(text, ['PGDATA=/var/lib/pg'])
    expect(
      actions.map(({ action, paths, dynamic, recursive, value, guarded, fatal, line }) => ({
        action,
        paths,
        dynamic,
        recursive,
        value,
        guarded,
        fatal,
        line,
      })),
    ).toEqual([
      {
        action: 'mkdir',
        paths: ['/var/lib/pg', '/run/postgresql'],
        dynamic: false,
        recursive: false,
        value: null,
        guarded: false,
        fatal: true,
        line: 3,
      },
      {
        action: 'chown',
        paths: ['/var/lib/pg', '/run/postgresql'],
        dynamic: false,
        recursive: true,
        value: 'postgres:postgres',
        guarded: false,
        fatal: true,
        line: 4,
      },
      {
        action: 'chmod',
        paths: ['/var/lib/pg'],
        dynamic: false,
        recursive: false,
        value: '700',
        guarded: false,
        fatal: false,
        line: 5,
      },
      {
        action: 'chown',
        paths: ['/data'],
        dynamic: false,
        recursive: true,
        value: 'redis',
        guarded: false,
        fatal: true,
        line: 6,
      },
      {
        action: 'account',
        paths: [],
        dynamic: false,
        recursive: false,
        value: null,
        guarded: true,
        fatal: true,
        line: 7,
      },
    ])
  })
})

test.each<[readonly string[], boolean]>([
  [['sh', '-c', 'chown app /x && exec server'], true],
  [['sh', '-c', 'chown app /x && mkdir -p /y && exec server'], true],
  [['sh', '-c', 'chown app /x && if [ -e /y ]; then a; fi'], true],
  [['sh', '-c', 'mkdir /x && chown app /x || true && exec server'], false],
  [['sh', '-c', 'chown app /x; exec server'], false],
  [['sh', '-c', 'chown app /x && echo given; exec server'], false],
  [['sh', '-ec', 'chown app /x\nexec server'], true],
  [['sh', '-e', '-c', 'chown app /x\nexec server'], true],
  [['bash', '-euo', 'pipefail', '-c', 'chown app /x\nexec server'], true],
  [['bash', '-o', 'pipefail', '-c', 'chown app /x\nexec server'], false],
])('whether %j ends where it may not chown', (cmd, fatal) => {
  expect(report({ cmd }).actions.filter(({ action }) => action === 'chown')).toMatchObject([{ script: null, fatal }])
})

describe('a script that ends unless it is root', () => {
  const passed = (text: string): readonly string[] =>
    script(`#!/bin/bash\n${text}\nexec "$@"\n`).refusals.map((one) => `${one.line}: ${one.text} -> ${one.passed}`)

  test.each<[string, string]>([
    [
      'if [ "$(id -u)" -ne 0 ]; then\n  echo "must be root" >&2\n  exit 1\nfi',
      '2: if [ "$(id -u)" -ne 0 ]; then -> if false; then',
    ],
    [
      '[[ $EUID -eq 0 ]] || { echo root; exit 1; }',
      '2: [[ $EUID -eq 0 ]] || { echo root; exit 1; } -> true || { echo root; exit 1; }',
    ],
    ['test `whoami` = root || exit 2', '2: test `whoami` = root || exit 2 -> true || exit 2'],
    ['if [ "$UID" = 0 ]; then\n  :\nelse\n  exit 1\nfi', '2: if [ "$UID" = 0 ]; then -> if true; then'],
    [
      'die() { echo "$1"; exit 1; }\n[ "$(id -u)" = 0 ] || die "must be root"',
      '3: [ "$(id -u)" = 0 ] || die "must be root" -> true || die "must be root"',
    ],
  ])('%s', (text, expected) => {
    expect(passed(text)).toEqual([expected])
  })

  test.each([
    // Works as another user too.
    'if [ "$(id -u)" != 0 ]; then "$@"; exit $?; fi',
    'if [ "$(id -u)" != 0 ]; then exec "$@"; fi',
    'if [ "$(id -u)" = 0 ]; then echo "do not run as root"; exit 1; fi',
    // Only root comes to it.
    'if [ "$(id -u)" = 0 ]; then if [ "$1" = x ]; then exit 1; fi; fi',
    // The same line may mean something else elsewhere.
    '[ "$(id -u)" = 0 ] || exit 1\nf() {\n[ "$(id -u)" = 0 ] || exit 1\n}',
  ])('none: %s', (text) => {
    expect(passed(text)).toEqual([])
  })

  test('what comes behind it is done by everybody then', () => {
    const text = '#!/bin/sh\nset -e\n[ "$(id -u)" = 0 ] || exit 1\nchown app /data\nexec gosu app "$@"\n'
    const { actions, stepDowns } = script(text)
    expect([...actions, ...stepDowns].map(({ guarded }) => guarded)).toEqual([false, false])
  })
})

describe('where it starts', () => {
  const gosu = '#!/bin/sh\nexec gosu app "$@"\n'
  test.each<[string, Image]>([
    ['through PATH', { entrypoint: ['e.sh'], files: { '/opt/b/e.sh': gosu }, env: ['PATH=/opt/a:/opt/b'] }],
    ['by a relative path', { entrypoint: ['./e.sh'], files: { '/data/e.sh': gosu } }],
    ['behind tini', { entrypoint: ['/sbin/tini', '-g', '--', '/e.sh'], files: { '/e.sh': gosu } }],
    ['as an argument of a shell', { entrypoint: ['/bin/sh', '-e', '/e.sh'], files: { '/e.sh': gosu } }],
    [
      'for a shell that an init starts',
      { entrypoint: ['/e.sh'], files: { '/e.sh': gosu.replace('#!', '#!/usr/bin/dumb-init ') } },
    ],
    ['in the text of sh -c', { cmd: ['/bin/sh', '-c', '/e.sh --now'], files: { '/e.sh': gosu } }],
    ['as CMD behind another ENTRYPOINT', { entrypoint: ['dumb-init', '--'], cmd: ['/e.sh'], files: { '/e.sh': gosu } }],
    ['sourced', { entrypoint: ['/a.sh'], files: { '/a.sh': '#!/bin/sh\n. /e.sh\n', '/e.sh': gosu } }],
    ['executed', { entrypoint: ['/a.sh'], files: { '/a.sh': '#!/bin/sh\nexec /e.sh "$@"\n', '/e.sh': gosu } }],
    [
      'in an entrypoint folder',
      {
        entrypoint: ['/a.sh'],
        files: {
          '/a.sh': '#!/bin/sh\nfor f in /docker-entrypoint.d/*; do "$f"; done\n',
          '/docker-entrypoint.d/e.sh': gosu,
        },
      },
    ],
  ])('%s', (_, image) => {
    expect(
      report(image).stepDowns.map((found) => [found.user, found.path?.endsWith('/e.sh') || found.path]),
    ).toContainEqual(['app', expect.anything()])
  })

  test.each(['exec $(which serverd) -N', 'exec "$(command -v serverd)"', '`which serverd` -z', 'exec $(find serverd)'])(
    'the program of %s',
    (line) => {
      const { programs, launches } = script(`#!/bin/sh\n${line}\n`)
      const isNamed = /which|command/.test(line)
      expect(programs.includes('serverd')).toBe(isNamed)
      expect(launches.some(({ words }) => words[0] === 'serverd')).toBe(isNamed)
    },
  )

  test.each<[string, string, readonly string[], number]>([
    ['behind a question for a variable', `[ "\${TUNE:-}" ] || exit 0`, [], 0],
    ['that is set', `[ "\${TUNE:-}" ] || exit 0`, ['TUNE=1'], 1],
    ['behind one whether it is set', '[ -n "$TUNE" ] || exit', [], 0],
    ['behind one whether it is not', 'test -z "$TUNE" && exit 0', [], 0],
    ['behind one that ends it as a failure', '[ "$TUNE" ] || exit 1', [], 1],
    ['behind one for a file', '[ -f "$TUNE" ] || exit 0', [], 1],
  ])('a file that is written %s', (_, question, env, count) => {
    const { writes } = script(`#!/bin/sh\n${question}\necho x > /etc/app.conf\n`, env)
    expect(writes).toHaveLength(count)
  })

  test.each<[string, string, string, readonly string[]]>([
    ['where it is not there', 'if [ ! -f /etc/x/key ]; then', 'fi', ['/etc/x/key']],
    ['where a variable says that it is not', `if [[ ! -s "\${D:-/etc/x}/key" ]]; then`, 'fi', ['/etc/x/key']],
    ['for the command', 'if [[ "$1" == serv* ]] || [ "$1" = other ]; then', 'fi', ['/etc/x/key']],
    [
      'for the command, where it is not there',
      'if [ "$1" = "server" ]; then [ -e /etc/x/key ] ||',
      'fi',
      ['/etc/x/key'],
    ],
    ['for another command', 'if [ "$1" = serv ]; then', 'fi', []],
    ['where a file is there already', 'if [ ! -f /usr/local/bin/entry.sh ]; then', 'fi', []],
    ['where it is there', 'if [ -f /etc/x/key ]; then', 'fi', []],
    ['where it is not there, and a variable is set', 'if [ ! -f /etc/x/key -a -n "$D" ]; then', 'fi', []],
    ['where it is not there, or something else is', 'if [ ! -f /etc/x/key ] || [ -n "$D" ]; then', 'fi', []],
    ['in a function', 'init() { [ ! -f /etc/x/key ] &&', '}', []],
  ])('a file that is written %s', (_, before, after, paths) => {
    const { writes } = script(`#!/bin/bash\n${before}\necho x > /etc/x/key\n${after}\nexec "$@"\n`)
    expect(writes.map(({ path }) => path)).toEqual(paths)
  })

  test.each<[string, string, string, readonly string[]]>([
    ['a variable is set', 'if [ -n "$A" ]; then', 'fi', ['[ -n "$A" ]']],
    ['a variable with a default is set', `if [ -n "\${A:-}" ]; then`, 'fi', [`[ -n "\${A:-}" ]`]],
    ['one is not what the image says', `if [ "$MODE" = x ]; then`, 'fi', ['[ "$MODE" = x ]']],
    ['a variable is set, or the script ends', `[ "$A" ] || exit 0`, '', ['[ -n "$A" ]']],
    ['a variable is set, or a function ends', 'f() { [ "$A" ] || return 0', '}\nf', ['[ "$A" ]']],
    ['a function is called in some cases', 'f() {', '}\n[ "$A" ] && f', ['[ "$A" ]']],
    ['a function is called with another word', `f() { if [ "$1" = a ]; then`, 'fi; }\nf "$A"', ['[ "$1" = a ]']],
    ['a program says so', 'if grep -q x /etc/y; then', 'fi', ['grep -q x /etc/y']],
    ['there is something to go through', 'for f in $A; do', 'done', ['there is something to do for f in $A']],
    ['a case of it is met', 'case "$A" in x | y)', ';; esac', ['"$A" is x | y']],
    ['a file is there that is not in the image', 'if [ -f /etc/x ]; then', 'fi', ['[ -f /etc/x ]']],
    // And these never, or for certain.
    ['another command is given', 'if [ "$1" = serv ]; then', 'fi', []],
    ['another command is given, in a case', 'case "$1" in serv | x) ', ';; esac', []],
    ['another command is given, by expr', 'if expr "$1" : "serv" >/dev/null && expr "$1" : x; then', 'fi', []],
    ['a text of its own is another', 'B=x\nif [ "$B" = y ]; then', 'fi', []],
    ['a file is not there that is in the image', 'if [ ! -f /usr/local/bin/entry.sh ]; then', 'fi', []],
    ['it may write there', 'if [ "$A" ] && [ -w /srv/x/key ]; then', 'fi', []],
    ['it is root', 'if [ "$A" ] && [ "$(id -u)" = 0 ]; then', 'fi', []],
    ['a function is called that nobody calls', 'f() {', '}', []],
    ['nothing is given', 'if [ "x$1" = x ]; then', 'fi', []],
  ])('a file that is written where %s', (_, before, after, questions) => {
    const { possibleWrites } = script(`#!/bin/bash\n${before}\necho x > /srv/x/key\n${after}\nexec "$@"\n`, ['MODE=y'])
    expect(possibleWrites.map(({ onlyIf }) => onlyIf)).toEqual(questions)
  })

  test('a guard at the caller counts for what it calls', () => {
    const files = { '/a.sh': '#!/bin/sh\nif [ "$(id -u)" = 0 ]; then /e.sh; fi\n', '/e.sh': gosu }
    expect(report({ entrypoint: ['/a.sh'], files }).stepDowns[0]?.guarded).toBe(true)
  })

  test('what can’t be read is told', () => {
    const files = { '/a.py': '#!/usr/bin/python3\nimport os\n' }
    expect(report({ entrypoint: ['/a.py'], files }).unread).toEqual([
      { path: '/a.py', reason: 'the script is for /usr/bin/python3' },
    ])
  })
})

describe('ENTRYPOINT and CMD themselves', () => {
  test.each<[Image, string, 'entrypoint' | 'cmd', readonly string[] | null]>([
    [{ entrypoint: ['gosu', 'app', 'server'] }, 'app', 'entrypoint', ['server']],
    [
      { entrypoint: ['tini', '--', 'su-exec', 'app', 'server', '-x'] },
      'app',
      'entrypoint',
      ['tini', '--', 'server', '-x'],
    ],
    [{ entrypoint: ['gosu', 'app'], cmd: ['server'] }, 'app', 'entrypoint', []],
    [{ cmd: ['su', 'app', '-c', 'server'] }, 'app', 'cmd', ['server']],
    [{ cmd: ['memcached', '-u', 'memcache', '-v'] }, 'memcache', 'cmd', ['memcached', '-v']],
    [{ cmd: ['slapd', '-u', 'ldap', '-d', '0', '-g', 'ldap', '-4'] }, 'ldap', 'cmd', ['slapd', '-d', '0', '-4']],
    [{ cmd: ['/usr/sbin/named', '-f', '-ubind'] }, 'bind', 'cmd', ['/usr/sbin/named', '-f']],
  ])('%j', (image, user, of, without) => {
    expect(report(image).stepDowns).toMatchObject([{ kind: 'argv', user, argv: { of, without }, guarded: false }])
  })

  test('the text of sh -c', () => {
    expect(report({ cmd: ['/bin/sh', '-c', 'exec gosu app server'] }).stepDowns).toMatchObject([
      { kind: 'entrypoint-script', user: 'app', path: null, edits: [{ span: { start: 5, end: 14 }, text: '' }] },
    ])
  })
})

describe('a daemon’s own directive', () => {
  test.each<[string, string, string, readonly string[], string, string | null]>([
    ['/etc/nginx/nginx.conf', 'user  www-data;\nevents {}\n', 'events {}\n', ['nginx'], 'www-data', null],
    ['/etc/nginx/nginx.conf', 'user web grp;\n', '', ['nginx', '-g', 'daemon off;'], 'web', 'grp'],
    ['/usr/local/apache2/conf/httpd.conf', 'User daemon\nGroup daemon\n', '', ['httpd-foreground'], 'daemon', 'daemon'],
    [
      '/etc/apache2/envvars',
      'export APACHE_RUN_USER=www-data\nexport APACHE_RUN_GROUP=www-data\n',
      '',
      ['apachectl'],
      'www-data',
      'www-data',
    ],
    [
      '/etc/supervisor/supervisord.conf',
      '[supervisord]\nuser = root2\n',
      '[supervisord]\n',
      ['supervisord'],
      'root2',
      null,
    ],
    [
      '/etc/php/8.4/fpm/pool.d/www.conf',
      '[www]\nuser = www-data\ngroup = www-data\n',
      '[www]\n',
      ['php-fpm8.4'],
      'www-data',
      'www-data',
    ],
    ['/etc/mysql/my.cnf', '[mysqld]\nuser=mysql\n', '[mysqld]\n', ['mysqld'], 'mysql', null],
    [
      '/etc/haproxy/haproxy.cfg',
      'global\n\tuser haproxy\n\tgroup haproxy\n\tdaemon\n',
      'global\n\tdaemon\n',
      ['haproxy'],
      'haproxy',
      'haproxy',
    ],
    ['/etc/unbound/unbound.conf', 'server:\n  username: "unbound"\n', 'server:\n', ['unbound'], 'unbound', null],
    ['/etc/lighttpd/lighttpd.conf', 'server.username = "www-data"\n', '', ['lighttpd'], 'www-data', null],
    ['/etc/memcached.conf', '-m 64\n-u memcache\n', '-m 64\n', ['memcached'], 'memcache', null],
  ])('%s', (path, text, without, cmd, user, group) => {
    const [found] = report({ cmd, files: { [path]: text } }).stepDowns as [StepDown]
    expect(found).toMatchObject({ kind: 'directive', path, user, group, started: true })
    expect(applied(text, found)).toBe(without)
  })

  test('one of a daemon that is not started is told apart', () => {
    const files = { '/etc/nginx/nginx.conf': 'user www-data;\n' }
    expect(report({ cmd: ['node', 'x'], files }).stepDowns).toMatchObject([{ started: false }])
  })

  test('a comment is none', () => {
    const files = { '/etc/nginx/nginx.conf': '# user www-data;\n', '/etc/unbound/unbound.conf': '# username: "x"\n' }
    expect(report({ cmd: ['nginx'], files }).stepDowns).toEqual([])
  })
})

describe('a program that nobody has told us of', () => {
  const accounts = { '/etc/passwd': 'root:x:0:0\nweb:x:70:70\n', '/etc/group': 'root:x:0:\nwebs:x:70:\n' }
  test.each<[string, readonly string[], readonly string[] | null]>([
    ['a short option', ['/usr/sbin/thingd', '-f', '-u', 'web', '-x'], ['/usr/sbin/thingd', '-f', '-x']],
    ['a daemon that is listed for its file alone', ['tor', '--User', 'web', '--x', '1'], ['tor', '--x', '1']],
    ['with a group', ['thingd', '-u', 'web', '-g', 'webs', '-f'], ['thingd', '-f']],
    ['a long one', ['thingd', '--user=web', '-f'], ['thingd', '-f']],
    ['user and group in one', ['thingd', '--user', 'web:webs'], ['thingd']],
    ['no account of the image', ['thingd', '-u', 'utf8'], null],
    [
      'among others in one word',
      ['thingd', 'TCP:79,fork,su=web,reuseaddr', 'x'],
      ['thingd', 'TCP:79,fork,reuseaddr', 'x'],
    ],
    ['in one word, and no account', ['thingd', 'TCP:79,user=utf8'], null],
    ['a group that is none', ['thingd', '-u', 'web', '-g', 'debug'], ['thingd', '-g', 'debug']],
    ['root itself', ['thingd', '--user', 'root'], null],
  ])('%s', (_, cmd, without) => {
    const [found] = report({ cmd, files: accounts }).stepDowns
    expect(found?.argv?.without ?? null).toEqual(without)
  })

  test.each<[string, string, readonly string[]]>([
    ['a line of a configuration that it read', 'port 1\nuser web\nlog x\n', ['user web']],
    ['user and group', 'run_as = "web"\nrun-as-group = "webs"\n', ['run_as = "web"', 'run-as-group = "webs"']],
    ['in YAML, with the group behind it', 'server:\n    user: web:webs\n', ['user: web:webs']],
    ['a key that only ends like it', 'db_user web\nsuperuser = web\n', []],
    ['no account of the image', 'user admin\n', []],
    ['root itself', 'user root\n', []],
    ['the manual in a script', '#!/usr/bin/perl\n=head1 CONFIGURATION\n user web\n', []],
    ['a comment', '# user web\n', []],
  ])('%s', (_, text, lines) => {
    const path = '/etc/thing/thing.cfg'
    const files = { ...accounts, [path]: text }
    const model = createFileModel(
      new Map(
        Object.keys(files).map((name) => [name, { type: 'file', uid: 0, gid: 0, mode: 0o644, size: 1, link: null }]),
      ),
      new Map(Object.entries(files)),
    )
    const found = findAccountLines({ files: { known: true, value: model } }, [path, '/etc/passwd'])
    const spans = found.flatMap(({ edits }) => (edits ?? []).map(({ span }) => text.slice(span.start, span.end).trim()))
    expect(spans).toEqual(lines)
  })
})

describe('a line that gives a socket away', () => {
  const config =
    '[unix_http_server]\nfile=/run/s.sock\n;chown=nobody\nchown = root:www-data\n[program:x]\ncommand=chown=x\n'
  const owners = (path: string, text: string, cmd = ['supervisord', '-n']) =>
    report({ cmd, files: { [path]: text } }).owners.map(({ text }) => text)

  test('goes, since supervisord stops over it', () => {
    expect(owners('/etc/supervisor/supervisord.conf', config)).toEqual(['chown = root:www-data'])
    // By what it says, whatever it is called.
    expect(owners('/etc/thing.conf', config)).toEqual(['chown = root:www-data'])
    expect(owners('/app/supervisord.conf', 'chown=%(ENV_X)s', ['sh', '-c', 'exec supervisord'])).toHaveLength(1)
  })

  test('stays where the program is not started, or the file is of another', () => {
    expect(owners('/etc/supervisor/supervisord.conf', config, ['server'])).toEqual([])
    expect(owners('/etc/thing.conf', 'chown = root:www-data\n')).toEqual([])
    expect(owners('/etc/supervisor/supervisord.conf', '[unix_http_server]\nchmod=0770\n')).toEqual([])
  })
})
