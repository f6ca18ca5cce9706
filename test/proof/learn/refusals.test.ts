import { describe, expect, test } from '@jest/globals'
import { linesBeside, refusalsIn } from '../../../src/proof/log-refusals.ts'

const WORKDIR = '/srv/app'

function read(log: string): readonly string[] {
  return refusalsIn(log, WORKDIR).map(({ access, path }) => (path === null ? access : `${access} ${path}`))
}

describe('log lines of real programs', () => {
  test.each<[string, ...string[]]>([
    // nginx
    ['nginx: [emerg] open() "/var/run/nginx.pid" failed (13: Permission denied)', 'write /var/run/nginx.pid'],
    [
      '2024/05/01 10:00:00 [emerg] 1#1: mkdir() "/var/cache/nginx/client_temp" failed (13: Permission denied)',
      'create-directory /var/cache/nginx/client_temp',
    ],
    [
      '2024/05/01 10:00:00 [emerg] 7#7: open() "/var/log/nginx/error.log" failed (13: Permission denied)',
      'write /var/log/nginx/error.log',
    ],
    [
      'nginx: [alert] could not open error log file: open() "/var/log/nginx/error.log" failed (13: Permission denied)',
      'write /var/log/nginx/error.log',
    ],
    [
      'nginx: [emerg] cannot load certificate key "/etc/ssl/private/site.key": BIO_new_file() failed (SSL: error:8000000D:system library::Permission denied:calling fopen(/etc/ssl/private/site.key, r))',
      'read /etc/ssl/private/site.key',
    ],
    [
      '10-listen-on-ipv6-by-default.sh: info: can not modify /etc/nginx/conf.d/default.conf (read-only file system?)',
      'write /etc/nginx/conf.d/default.conf',
    ],
    ['2024/05/01 10:00:00 [emerg] 1#1: setgid(101) failed (1: Operation not permitted)', 'switch-user'],
    ['2024/05/01 10:00:00 [emerg] 21#21: initgroups(nginx, 101) failed (1: Operation not permitted)', 'switch-user'],
    // Apache
    ["mkdir: cannot create directory '/var/run/apache2': Permission denied", 'create-directory /var/run/apache2'],
    [
      '(13)Permission denied: AH00091: apache2: could not open error log file /var/log/apache2/error.log.',
      'write /var/log/apache2/error.log',
    ],
    [
      '[Wed May 01 10:00:00.000000 2024] [core:error] [pid 1:tid 1] (13)Permission denied: AH00099: could not create /var/run/apache2/apache2.pid.xuA1bZ',
      'write /var/run/apache2/apache2.pid.xuA1bZ',
    ],
    ['(13)Permission denied: AH00072: make_sock: could not bind to address [::]:80'],
    // What must be the program's own, though it could read it
    ["The control file '/etc/monit/monitrc' must be owned by you.", 'change-owner /etc/monit/monitrc'],
    ["Authentication refused: bad ownership or modes for file '/srv/keys'", 'change-owner /srv/keys'],
    ['WARNING: unsafe permissions on /etc/thing/rc', 'change-owner /etc/thing/rc'],
    ["Permissions 0640 for '/etc/thing/key' are too open.", 'change-owner /etc/thing/key'],
    ["'/etc/thing/rc' must have permissions no more than -rwx------ (0700)", 'change-owner /etc/thing/rc'],
    ['private key file "/etc/thing/key" has group or world access', 'change-owner /etc/thing/key'],
    ['/run/thing must be owned by root and not group or world-writable.'],
    ['Bad owner or permissions on /home/app/.ssh/config', 'change-owner /home/app/.ssh/config'],
    ['fatal: /var/lib/thing is not owned by the current user', 'change-owner /var/lib/thing'],
    ['the owner of /srv/site is greeted'],
    // Git looks at both
    [
      "fatal: detected dubious ownership in repository at '/srv/git/notes'",
      'change-owner /srv/git/notes',
      'change-owner /srv/git/notes/.git',
    ],
    ["git config --global --add safe.directory '/srv/git/notes'"],
    // Redis
    ["1:M 01 May 2024 10:00:00.000 # Can't chdir to '/var/lib/redis': Permission denied", 'traverse /var/lib/redis'],
    ["1:M 01 May 2024 10:00:00.000 # Can't open the append-only file appendonly.aof.1.base.rdb: Permission denied"],
    [
      '1:M 01 May 2024 10:00:00.000 # Failed opening the temp RDB file temp-1.rdb (in server root dir /data) for saving: Permission denied',
      'write /data',
    ],
    [
      "1:C 01 May 2024 10:00:00.000 # Fatal error, can't open config file '/etc/redis/redis.conf': Permission denied",
      'read /etc/redis/redis.conf',
    ],
    ['find: .: Permission denied'],
    // PostgreSQL
    [
      'initdb: error: could not change permissions of directory "/var/lib/postgresql/data": Operation not permitted',
      'write /var/lib/postgresql/data',
    ],
    [
      'initdb: error: could not access directory "/var/lib/postgresql/data": Permission denied',
      'write /var/lib/postgresql/data',
    ],
    [
      '2024-05-01 10:00:00.000 UTC [1] FATAL:  could not create lock file "/var/run/postgresql/.s.PGSQL.5432.lock": Permission denied',
      'write /var/run/postgresql/.s.PGSQL.5432.lock',
    ],
    [
      '2024-05-01 10:00:00.000 UTC [1] FATAL:  could not open file "postmaster.pid": Permission denied',
      'write /srv/app/postmaster.pid',
    ],
    // MySQL, MariaDB
    [
      "2024-05-01T10:00:00.000000Z 0 [ERROR] [MY-010187] [Server] Could not open file '/var/log/mysql/error.log' for error logging: Permission denied",
      'write /var/log/mysql/error.log',
    ],
    // Node
    ["Error: EACCES: permission denied, open '/srv/app/uploads/a.txt'", 'write /srv/app/uploads/a.txt'],
    ["Error: EACCES: permission denied, mkdir '/srv/app/.next'", 'create-directory /srv/app/.next'],
    ["Error: EROFS: read-only file system, open '/srv/app/x.log'", 'write /srv/app/x.log'],
    ["Error: EACCES: permission denied, unlink '/srv/app/sock'", 'remove /srv/app/sock'],
    ["Error: EACCES: permission denied, rename '/data/a' -> '/data/b'", 'rename /data/a', 'rename /data/b'],
    ['Error: listen EACCES: permission denied /run/app.sock', 'create-socket /run/app.sock'],
    ['Error: listen EACCES: permission denied 0.0.0.0:80'],
    ['npm ERR! code EACCES'],
    ["npm ERR! Error: EACCES: permission denied, mkdir '/root/.npm'", 'create-directory /root/.npm'],
    // Python
    ["PermissionError: [Errno 13] Permission denied: '/data/app.db'", 'write /data/app.db'],
    ["PermissionError: [Errno 13] Permission denied: 'app.db'", 'write /srv/app/app.db'],
    ["OSError: [Errno 30] Read-only file system: '/srv/app/cache'", 'write /srv/app/cache'],
    ['sqlite3.OperationalError: unable to open database file'],
    ["PermissionError: [Errno 1] Operation not permitted: '/data'", 'write /data'],
    // Java
    ['java.io.FileNotFoundException: /var/log/app/app.log (Permission denied)', 'write /var/log/app/app.log'],
    ['Caused by: java.nio.file.AccessDeniedException: /opt/app/data', 'write /opt/app/data'],
    ['\tat java.base/sun.nio.fs.UnixException.translateToIOException(UnixException.java:90)'],
    // Go
    ['2024/05/01 10:00:00 open /data/state.json: permission denied', 'write /data/state.json'],
    ['mkdir /var/lib/app: permission denied', 'create-directory /var/lib/app'],
    ['panic: open ./cache/x: permission denied'],
    ['listen unix /run/app.sock: bind: permission denied', 'create-socket /run/app.sock'],
    ['listen tcp :80: bind: permission denied'],
    ['chown /data/x: operation not permitted', 'write /data/x'],
    // Ruby
    [
      "/usr/lib/ruby/3.1.0/fileutils.rb:243:in `mkdir': Permission denied @ dir_s_mkdir - /srv/app/tmp (Errno::EACCES)",
      'create-directory /srv/app/tmp',
    ],
    [
      'Permission denied @ rb_sysopen - /srv/app/log/production.log (Errno::EACCES)',
      'write /srv/app/log/production.log',
    ],
    // PHP
    [
      'PHP Warning:  file_put_contents(/var/www/html/cache/x): Failed to open stream: Permission denied in /var/www/html/index.php on line 3',
      'write /var/www/html/cache/x',
    ],
    [
      '[01-May-2024 10:00:00] ERROR: failed to open error_log (/var/log/php-fpm.log): Permission denied (13)',
      'write /var/log/php-fpm.log',
    ],
    // Shells and busybox
    ['/entrypoint.sh: line 3: /data/x: Permission denied', 'write /data/x'],
    ['/entrypoint.sh: 3: cannot create /data/x: Permission denied', 'write /data/x'],
    ["sh: can't create /data/x: Permission denied", 'write /data/x'],
    ['touch: /data/x: Permission denied', 'write /data/x'],
    ["touch: cannot touch '/data/x': Permission denied", 'write /data/x'],
    ["rm: cannot remove '/run/app.pid': Permission denied", 'remove /run/app.pid'],
    ["mkdir: can't create directory '/data/sub': Permission denied", 'create-directory /data/sub'],
    ["chown: changing ownership of '/data': Operation not permitted", 'write /data'],
    ["sed: couldn't open temporary file /etc/app/sedx7eZaB: Permission denied", 'write /etc/app/sedx7eZaB'],
    ["sh: 1: cd: can't cd to /root", 'traverse /root'],
    ['/entrypoint.sh: line 9: /usr/local/bin/app: Permission denied', 'write /usr/local/bin/app'],
    ['exec /entrypoint.sh: permission denied', 'execute /entrypoint.sh'],
    ['error: failed switching to "app": operation not permitted', 'switch-user'],
    ['setpriv: setresuid failed: Operation not permitted', 'switch-user'],
    ["su: can't set groups: Operation not permitted", 'switch-user'],
    ["chroot: cannot change root directory to '/jail': Operation not permitted", 'switch-user'],
    // A word in a path is not what was wanted
    ['open: /etc/bind/named.conf: permission denied', 'write /etc/bind/named.conf'],
    ["touch: cannot touch '/srv/socket/exec/rename': Permission denied", 'write /srv/socket/exec/rename'],
    // supervisord, haproxy, memcached, tomcat
    ['Error: Cannot open an HTTP server: socket.error reported errno.EACCES (13)'],
    ['[ALERT]    (1) : [haproxy.main()] Cannot chroot(/var/lib/haproxy).', 'switch-user'],
    [
      '[ALERT] (1) : Starting frontend GLOBAL: cannot bind UNIX socket (Permission denied) [/run/haproxy/admin.sock]',
      'create-socket /run/haproxy/admin.sock',
    ],
    ['failed to set rlimit for open files. Try starting as root or requesting smaller maxconns value.'],
  ])('%s', (line, ...expected) => {
    expect(read(line)).toEqual(expected)
  })
})

describe('lines that speak of no refusal', () => {
  test.each([
    '',
    'listening on /run/app.sock',
    'GET /data/x HTTP/1.1 200',
    '10.0.0.1 - - [01/May/2024:10:00:00 +0000] "GET /permission HTTP/1.1" 200',
    'loaded configuration from /etc/app.conf',
    'ready: http://0.0.0.0:8080/',
  ])('%s', (line) => {
    expect(read(line)).toEqual([])
  })

  test('a line that is too long to be one', () => {
    expect(read(`open /data/x: permission denied ${'x'.repeat(2000)}`)).toEqual([])
  })
})

test('each path once an access, in order, colours and carriage returns dropped', () => {
  const log = [
    '\u001b[31mopen /data/a: permission denied\u001b[0m\r',
    'open /data/a: permission denied',
    'mkdir /data/a: permission denied',
    'open /data/b: permission denied',
  ].join('\n')
  expect(read(log)).toEqual(['write /data/a', 'create-directory /data/a', 'write /data/b'])
})

test('what is refused says so, with the line but without what differs from run to run', () => {
  const at = (time: string, pid: number) =>
    refusalsIn(`2024/05/01 ${time} [emerg] ${pid}#${pid}: open() "/var/run/x.pid" failed (13: Permission denied)`, '/')
  const [first] = at('10:00:00', 1)
  expect(first).toEqual({
    access: 'write',
    path: '/var/run/x.pid',
    outcome: 'refused',
    source: 'refused',
    detail: 'refused: open() "/var/run/x.pid" failed (13: Permission denied)',
  })
  expect(at('11:22:33', 77)[0]).toEqual(first)
})

test('refusals of two logs are compared without their numbers, and told with them', () => {
  const log = '12:01 pid 8: EACCES /x\n12:02 pid 8: \u001b[31mEACCES /y2\u001b[0m\nfine 3'
  expect(linesBeside('12:00 pid 7: EACCES /x\nfine 3', log)).toEqual(['12:02 pid 8: EACCES /y2', 'fine 3'])
})

test("the runtime's own places are no grants", () => {
  expect(read('open /proc/sys/net/core/somaxconn: permission denied')).toEqual([])
  expect(read('open /dev/stdout: permission denied')).toEqual([])
})
