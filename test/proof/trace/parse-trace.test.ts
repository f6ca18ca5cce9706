import { describe, expect, test } from '@jest/globals'
import type { Operation } from '../../../src/evidence/operation.ts'
import { parseTrace, type TraceOptions, traceReader } from '../../../src/proof/trace/parse-trace.ts'

const OPTIONS: TraceOptions = { cwd: '/srv', uid: 0, gid: 0, ignore: '/.harden-trace' }

/** Lines are `PID call`, or the call alone for process 1; the clock ticks by itself. */
function trace(lines: readonly string[]): string[] {
  return lines.map((line, second) => {
    const [, pid = '1', call = ''] = /^(?:(\d+) )?(.*)$/s.exec(line) ?? []
    return `${pid.padEnd(5)} ${1000 + second}.000000 ${call}`
  })
}

function operationsOf(lines: readonly string[], options: Partial<TraceOptions> = {}): Operation[] {
  return [...parseTrace(trace(lines), { ...OPTIONS, ...options })]
}

/** `access path` with `!` before a refused one and what else it says. */
function told(lines: readonly string[], options: Partial<TraceOptions> = {}): string[] {
  return operationsOf(lines, options).map((o) => {
    const more = [
      o.to && `to ${o.to}`,
      o.link && `-> ${o.link}`,
      o.port && `${o.port}/${o.protocol ?? '?'}`,
      o.uid !== undefined && `uid ${o.uid}`,
      o.gid !== undefined && `gid ${o.gid}`,
      o.groups && `groups ${o.groups.join()}`,
      o.mode !== undefined && `0${o.mode.toString(8)}`,
      o.asked && `asked ${o.asked}`,
      o.mayCreate && 'may create',
      o.made && 'made',
      o.capability,
    ].filter(Boolean)
    return [`${o.outcome === 'refused' ? '!' : ''}${o.access}`, ...(o.path === null ? [] : [o.path]), ...more].join(' ')
  })
}

describe('what is named from where the program started', () => {
  const fromStart = (lines: readonly string[]) =>
    operationsOf(lines).flatMap(({ path, fromStart: isSo }) => (isSo === true ? [path] : []))

  test.each<[string, string[], string[]]>([
    ['a name alone', ['openat(AT_FDCWD</srv>, "a", O_RDONLY) = 3</srv/a>'], ['/srv/a']],
    ['both names of a rename', ['rename("a", "b") = 0'], ['/srv/a']],
    ['not one with a full name beside it', ['rename("a", "/data/b") = 0'], []],
    ['not a full name', ['open("/srv/a", O_RDONLY) = 3</srv/a>'], []],
    ['not what is named from a descriptor', ['openat(7</srv>, "a", O_RDONLY) = 3</srv/a>'], []],
    ['the folder it goes to, and nothing from then on', ['chdir("d") = 0', 'mkdir("x", 0755) = 0'], ['/srv/d']],
    [
      'its child goes elsewhere alone',
      ['clone(child_stack=NULL, flags=SIGCHLD) = 2', '2 chdir("/d") = 0', '2 rmdir("x") = 0', 'rmdir("y") = 0'],
      ['/srv/y'],
    ],
    [
      'a second start begins there again',
      ['chdir("/d") = 0', 'exit_group(0) = ?', '1 mkdir("x", 0755) = 0'],
      ['/srv/x'],
    ],
  ])('%s', (_, lines, paths) => expect(fromStart(lines)).toEqual(paths))
})

describe('one call', () => {
  test.each<[string, string[]]>([
    // open
    ['open("/etc/a.conf", O_RDONLY|O_CLOEXEC) = 3</etc/a.conf>', ['read /etc/a.conf']],
    ['openat(AT_FDCWD</srv>, "log", O_WRONLY|O_APPEND) = 3</srv/log>', ['write /srv/log']],
    ['openat(AT_FDCWD</srv>, "db", O_RDWR) = 3</srv/db>', ['write /srv/db', 'read /srv/db']],
    ['openat(AT_FDCWD</srv>, "t", O_RDONLY|O_TRUNC) = 3</srv/t>', ['write /srv/t', 'read /srv/t']],
    ['openat(7</var/spool>, "../x//./y", O_RDONLY) = 3</var/x/y>', ['read /var/x/y']],
    ['openat(AT_FDCWD</srv>, "d", O_RDONLY|O_DIRECTORY) = 3</srv/d>', ['list /srv/d']],
    ['openat(AT_FDCWD</srv>, "p", O_RDONLY|O_PATH) = 3</srv/p>', ['look /srv/p']],
    [
      'openat(AT_FDCWD</srv>, "/tmp", O_RDWR|O_TMPFILE, 0600) = 3</tmp/#12>(deleted)',
      ['create-file /tmp/#unnamed 0600'],
    ],
    ['open("/run/a.pid", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3</run/a.pid>', ['write /run/a.pid 0644 may create']],
    ['open("/run/a.pid", O_WRONLY|O_CREAT|O_EXCL, 0644) = 3</run/a.pid>', ['create-file /run/a.pid 0644']],
    ['creat("/run/c", 0600) = 3</run/c>', ['write /run/c 0600 may create']],
    [
      'openat2(AT_FDCWD</srv>, "x", {flags=O_WRONLY|O_CREAT|O_EXCL, mode=0640, resolve=0}, 24) = 3</srv/x>',
      ['create-file /srv/x 0640'],
    ],
    ['open("/root/key", O_RDONLY) = -1 EACCES (Permission denied)', ['!read /root/key']],
    ['open("/x", O_WRONLY|O_CREAT, 0644) = -1 EROFS (Read-only file system)', ['!write /x 0644 may create']],
    ['open("/none", O_RDONLY) = -1 ENOENT (No such file or directory)', []],
    ['open("/tty", O_RDONLY) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)', []],
    ['open("/.harden-trace/lib/libc.so.6", O_RDONLY) = 3</.harden-trace/lib/libc.so.6>', []],
    // names
    ['mkdir("/run/a", 0750) = 0', ['create-directory /run/a 0750']],
    ['mkdir("/run/a", 0750) = -1 EEXIST (File exists)', []],
    ['mkdirat(5</run>, "b", 0700) = -1 EACCES (Permission denied)', ['!create-directory /run/b 0700']],
    ['mknodat(AT_FDCWD</srv>, "fifo", S_IFIFO|0622) = 0', ['create-file /srv/fifo 0622']],
    [
      'mknod("/dev/x", S_IFCHR|0600, makedev(0x1, 0x3)) = -1 EPERM (Operation not permitted)',
      ['!create-file /dev/x 0600 MKNOD'],
    ],
    ['unlink("/run/a.pid") = 0', ['remove /run/a.pid']],
    ['unlinkat(4</run/a>, "b", AT_REMOVEDIR) = 0', ['remove /run/a/b']],
    ['rmdir("/run/a") = -1 ENOTEMPTY (Directory not empty)', []],
    ['rename("a.tmp", "a") = 0', ['rename /srv/a.tmp to /srv/a']],
    ['renameat2(3</a>, "x", 4</b>, "y", RENAME_NOREPLACE) = 0', ['rename /a/x to /b/y']],
    ['linkat(3</a>, "x", 4</b>, "y", 0) = 0', ['create-file /b/y']],
    ['symlink("../t", "/run/l") = 0', ['create-file /run/l -> ../t']],
    ['truncate("/srv/f", 0) = 0', ['write /srv/f']],
    // attributes
    ['chmod("f", 0755) = 0', ['change-mode /srv/f 0755']],
    ['fchmod(3</srv/f>, 0600) = 0', ['change-mode /srv/f 0600']],
    ['fchmod(3<pipe:[77]>, 0600) = 0', []],
    ['fchmod(3</srv/f>(deleted), 0600) = 0', []],
    ['fchmodat(AT_FDCWD</srv>, "f", 0640) = -1 EPERM (Operation not permitted)', ['!change-mode /srv/f 0640']],
    ['chown("/data", 999, -1) = 0', ['change-owner /data uid 999 CHOWN']],
    ['fchownat(AT_FDCWD</srv>, "/data", 5, 6, AT_SYMLINK_NOFOLLOW) = 0', ['change-owner /data uid 5 gid 6 CHOWN']],
    ['fchownat(3</data/x>, "", 5, 6, AT_EMPTY_PATH) = 0', ['change-owner /data/x uid 5 gid 6 CHOWN']],
    ['utimensat(AT_FDCWD</srv>, "f", NULL, 0) = 0', ['write /srv/f']],
    ['utimensat(3</srv/g>, NULL, [{tv_sec=1, tv_nsec=0}, {tv_sec=1, tv_nsec=0}], 0) = 0', ['change-times /srv/g']],
    // questions
    ['stat("/srv/x", {st_mode=S_IFREG|0644, st_size=3, ...}) = 0', ['look /srv/x']],
    ['newfstatat(3</srv/x>, "", {st_mode=S_IFREG|0644, st_size=3, ...}, AT_EMPTY_PATH) = 0', []],
    [
      'statx(AT_FDCWD</srv>, "/root/y", AT_STATX_SYNC_AS_STAT, STATX_ALL, 0x7ffe) = -1 EACCES (Permission denied)',
      ['!look /root/y'],
    ],
    ['access("/srv", R_OK|W_OK) = 0', ['look /srv asked read', 'look /srv asked write']],
    ['faccessat2(AT_FDCWD</srv>, "bin", X_OK, AT_EACCESS) = 0', ['look /srv/bin asked execute']],
    // programs
    ['execve("/usr/bin/x", ["x"], 0x7ffc /* 3 vars */) = 0', ['execute /usr/bin/x']],
    ['execve("./run.sh", ["./run.sh"], 0x7ffc /* 3 vars */) = -1 EACCES (Permission denied)', ['!execute /srv/run.sh']],
    ['chdir("sub") = 0', ['traverse /srv/sub']],
    ['chroot("/jail") = 0', ['chroot /jail SYS_CHROOT']],
    // identity
    ['setuid(33) = 0', ['switch-user uid 33 SETUID']],
    ['setresuid(-1, 33, -1) = 0', ['switch-user uid 33 SETUID']],
    ['setreuid(33, -1) = -1 EPERM (Operation not permitted)', ['!switch-user uid 33 SETUID']],
    ['setregid(5, 6) = 0', ['switch-user gid 6 SETGID']],
    ['setgroups(2, [5, 60]) = 0', ['switch-user groups 5,60 SETGID']],
    ['setgroups(0, NULL) = -1 EPERM (Operation not permitted)', ['!switch-user groups  SETGID']],
    // privileges
    ['mount("none", "/mnt", "tmpfs", 0, NULL) = 0', ['mount /mnt SYS_ADMIN']],
    ['unshare(CLONE_NEWNS) = 0', ['use-capability SYS_ADMIN']],
    ['unshare(CLONE_FS) = 0', []],
    ['unshare(CLONE_NEWUSER|CLONE_NEWNS) = 0', []],
    [
      'clock_settime(CLOCK_REALTIME, {tv_sec=1, tv_nsec=0}) = -1 EPERM (Operation not permitted)',
      ['!use-capability SYS_TIME'],
    ],
    ['clock_adjtime(CLOCK_REALTIME, {modes=0, offset=0, ...}) = 5 (TIME_ERROR)', []],
    ['setpriority(PRIO_PROCESS, 0, -5) = 0', ['use-capability SYS_NICE']],
    ['setpriority(PRIO_PROCESS, 0, 5) = 0', []],
    ['prctl(PR_CAPBSET_DROP, CAP_KILL) = 0', ['use-capability SETPCAP']],
    ['prctl(PR_SET_NAME, "a, b) = 1") = 0', []],
    [
      'capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_CHOWN, permitted=1<<CAP_CHOWN, inheritable=0}) = -1 EPERM (Operation not permitted)',
      ['!use-capability SETPCAP'],
    ],
    [
      'prlimit64(0, RLIMIT_NOFILE, {rlim_cur=9, rlim_max=9}, NULL) = -1 EPERM (Operation not permitted)',
      ['!use-capability SYS_RESOURCE'],
    ],
    [
      'prlimit64(0, RLIMIT_STACK, {rlim_cur=9, rlim_max=8192*1024}, {rlim_cur=9, rlim_max=1024}) = 0',
      ['use-capability SYS_RESOURCE'],
    ],
    ['prlimit64(0, RLIMIT_STACK, {rlim_cur=9, rlim_max=1024}, {rlim_cur=9, rlim_max=RLIM64_INFINITY}) = 0', []],
    ['socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EPERM (Operation not permitted)', ['!use-capability NET_RAW']],
    // sockets
    ['bind(5<socket:[9]>, {sa_family=AF_UNIX, sun_path="s.sock"}, 9) = 0', ['create-socket /srv/s.sock']],
    ['bind(5<socket:[9]>, {sa_family=AF_UNIX, sun_path=@"hidden"}, 9) = 0', []],
    ['bind(5<socket:[9]>, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 0', []],
    ['bind(5<socket:[9]>, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("0.0.0.0")}, 16) = 0', []],
    [
      'bind(5<socket:[9]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("0.0.0.0")}, 16) = -1 EACCES (Permission denied)',
      ['!bind 80/? NET_BIND_SERVICE'],
    ],
    [
      'connect(5<socket:[9]>, {sa_family=AF_UNIX, sun_path="/run/php.sock"}, 16) = -1 EACCES (Permission denied)',
      ['!write /run/php.sock'],
    ],
    ['connect(5<socket:[9]>, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("1.1.1.1")}, 16) = 0', []],
  ])('%s', (line, expected) => {
    expect(told([line])).toEqual(expected)
  })
})

test('text in arguments can hold whatever a path can', () => {
  expect(
    told([
      String.raw`openat(AT_FDCWD</srv>, "a) = 3, \"b\"\n\303\251 \x41.txt", O_RDONLY) = 3</srv/a) = 3, \"b\"\n\303\251 A.txt>`,
      String.raw`fchmod(3</srv/x, y(z) \74w\76>, 0600) = 0`,
      'openat(AT_FDCWD</srv>, "cut short"..., O_RDONLY) = 3',
    ]),
  ).toEqual(['read /srv/a) = 3, "b"\né A.txt', 'change-mode /srv/x, y(z) <w> 0600'])
})

test('who, when and what are told', () => {
  const [, second] = operationsOf([
    'execve("/usr/sbin/d", ["d"], 0x7ffc /* 3 vars */) = 0',
    'openat(AT_FDCWD</srv>, "/etc/shadow", O_RDONLY) = -1 EACCES (Permission denied)',
  ])
  expect(second).toEqual({
    access: 'read',
    path: '/etc/shadow',
    outcome: 'refused',
    source: 'refused',
    detail: 'openat("/etc/shadow", O_RDONLY) = -1 EACCES',
    by: '/usr/sbin/d',
    as: 0,
    pid: 1,
    at: 1001,
  })
})

test('a long call is cut, its error is not', () => {
  const [operation] = operationsOf([`mkdir("/${'x'.repeat(400)}", 0755) = -1 EACCES (Permission denied)`])
  expect(operation?.detail).toHaveLength(156)
  expect(operation?.detail).toMatch(/\.\.\. = -1 EACCES$/)
})

describe('paths', () => {
  test('each process has its own directory', () => {
    expect(
      told([
        'chdir("/var") = 0',
        'fork() = 7',
        '7 chdir("lib") = 0',
        '7 mkdir("x", 0755) = 0',
        'mkdir("y", 0755) = 0',
      ]).filter((line) => line.startsWith('create')),
    ).toEqual(['create-directory /var/lib/x 0755', 'create-directory /var/y 0755'])
  })

  test('threads share it', () => {
    expect(
      told([
        'clone(child_stack=0x7, flags=CLONE_VM|CLONE_FS|CLONE_THREAD, tls=0x1) = 8',
        '8 chdir("/tmp") = 0',
        'unlink("a") = 0',
      ]),
    ).toContain('remove /tmp/a')
  })

  test('strace knows the directory better', () => {
    expect(told(['openat(AT_FDCWD</opt/app>, "a", O_RDONLY) = 3</opt/app/a>', 'mkdir("b", 0755) = 0'])).toEqual([
      'read /opt/app/a',
      'create-directory /opt/app/b 0755',
    ])
  })

  test('fchdir goes where the descriptor is', () => {
    expect(told(['fchdir(4</usr/share>) = 0', 'stat("x", {}) = 0'])).toEqual([
      'traverse /usr/share',
      'look /usr/share/x',
    ])
  })

  test('who works in a renamed directory moves with it', () => {
    expect(told(['chdir("/data/new/in") = 0', 'rename("/data/new", "/data/current") = 0', 'unlink("f") = 0'])).toEqual([
      'traverse /data/new/in',
      'rename /data/new to /data/current',
      'remove /data/current/in/f',
    ])
  })

  test('a pid that is given anew has nothing of whoever had it, whose end was not seen', () => {
    const start = [
      'clone(child_stack=NULL, flags=SIGCHLD) = 7',
      '7 openat(AT_FDCWD</>, "/dev/null", O_RDWR) = 4</dev/null>',
    ]
    const lines = [...start, '7 chroot("/jail") = 0', '7 setuid(100) = 0', ...start]
    expect(told(lines)).toEqual([
      'write /dev/null',
      'read /dev/null',
      'chroot /jail SYS_CHROOT',
      'switch-user uid 100 SETUID',
      'write /dev/null',
      'read /dev/null',
    ])
    expect(operationsOf(lines).at(-1)?.as).toBe(0)
  })

  test('what opens something outside of its new root has none: the container was killed and started again', () => {
    const lines = [
      'chroot("/jail") = 0',
      'openat(AT_FDCWD</>, "/etc/x", O_RDONLY) = 3</etc/x>',
      'open("/etc/y", O_RDONLY) = 3',
    ]
    expect(told(lines)).toEqual(['chroot /jail SYS_CHROOT', 'read /etc/x', 'read /etc/y'])
    expect(told([lines[0] ?? '', 'openat(AT_FDCWD</>, "/x", O_RDONLY) = 3</jail/x>'])).toContain('read /jail/x')
  })

  test('after chroot, / is the new root', () => {
    expect(told(['chroot("/jail") = 0', 'chdir("/") = 0', 'open("/etc/x", O_RDONLY) = 3'])).toEqual([
      'chroot /jail SYS_CHROOT',
      'traverse /jail',
      'read /jail/etc/x',
    ])
  })

  test('what strace could not read is counted', () => {
    const reader = traceReader(OPTIONS)
    const lines = trace([
      'openat(AT_FDCWD, 0x55e0a1, O_RDONLY) = 3',
      'mkdirat(4, "x", 0755) = 0',
      'stat(0x7ff, 0x7fe) = -1 ENOENT (No such file or directory)',
    ])
    expect(lines.flatMap((line) => reader.read(line))).toEqual([])
    expect(reader.lost()).toBe(2)
  })
})

test('a 32-bit program says the same in other words', () => {
  expect(
    told([
      '[ Process PID=1 runs in 32 bit mode. ]',
      'stat64("/etc/x", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0',
      'chown32("/srv/x", 33, 33) = 0',
      'fstatat64(AT_FDCWD</srv>, "y", {...}, 0) = -1 EACCES (Permission denied)',
      'setuid32(33) = 0',
      'umount("/mnt") = -1 EPERM (Operation not permitted)',
    ]),
  ).toEqual([
    'look /etc/x',
    'change-owner /srv/x uid 33 gid 33 CHOWN',
    '!look /srv/y',
    'switch-user uid 33 SETUID',
    '!mount /mnt SYS_ADMIN',
  ])
})

test.each([
  ['io_uring_setup(8, {flags=0, ...}) = 5<anon_inode:[io_uring]>', true],
  ['io_uring_setup(8, {flags=0, ...}) = -1 EPERM (Operation not permitted)', false],
])('work that is given to the kernel by a ring shows in no trace: %s', (call, hidden) => {
  const reader = traceReader(OPTIONS)
  for (const line of trace([call])) reader.read(line)
  expect(reader.hidden()).toBe(hidden)
})

describe('calls that take turns', () => {
  test('an unfinished call is told when it is resumed', () => {
    expect(
      operationsOf([
        'execve("/a", ["a"], 0x7ffc /* 1 var */) = 0',
        '1 openat(AT_FDCWD</srv>, "x", O_RDONLY|O_CLOEXEC <unfinished ...>',
        '2 stat("/z",  <unfinished ...>',
        '1 <... openat resumed>) = 3</srv/x>',
        '2 <... stat resumed>{st_mode=S_IFREG|0644, ...}) = 0',
      ]).map(({ access, path, pid, at }) => [access, path, pid, at]),
    ).toEqual([
      ['execute', '/a', 1, 1000],
      ['read', '/srv/x', 1, 1001],
      ['look', '/z', 2, 1002],
    ])
  })

  test('a child that speaks before its parent has forked inherits all the same', () => {
    const lines = ['chdir("/var") = 0', 'vfork( <unfinished ...>', '9 mkdir("x", 0755) = 0', '<... vfork resumed>) = 9']
    expect(told(lines)).toContain('create-directory /var/x 0755')
    const reader = traceReader(OPTIONS)
    for (const line of trace(lines)) reader.read(line)
    expect(reader.processes().map(({ pid, parent }) => [pid, parent])).toEqual([
      [1, null],
      [9, 1],
    ])
  })

  test('a wrong guess about the parent is put right', () => {
    const reader = traceReader(OPTIONS)
    const lines = trace([
      'fork() = 2',
      '2 chdir("/two") = 0',
      'clone(flags=SIGCHLD <unfinished ...>',
      '2 clone(flags=SIGCHLD <unfinished ...>',
      '3 geteuid() = 0',
      '<... clone resumed>) = 3',
      '2 <... clone resumed>) = 4',
      '3 unlink("a") = 0',
      '4 unlink("b") = 0',
    ])
    const paths = lines.flatMap((line) => reader.read(line)).map(({ path }) => path)
    expect(paths).toEqual(['/two', '/srv/a', '/two/b'])
    expect(reader.processes().map(({ pid, parent }) => `${pid}<${parent}`)).toEqual(['1<null', '2<1', '3<1', '4<2'])
  })

  test('a child that is gone before its parent has forked is counted once', () => {
    const reader = traceReader(OPTIONS)
    for (const line of trace([
      'vfork( <unfinished ...>',
      '5 geteuid() = 0',
      '5 +++ exited with 0 +++',
      '<... vfork resumed>) = 5',
    ]))
      reader.read(line)
    expect(reader.processes().map(({ pid }) => pid)).toEqual([1, 5].slice(0, reader.processes().length))
    expect(reader.processes()).toHaveLength(2)
  })

  test('a thread that runs a program takes over its process', () => {
    expect(
      told([
        'clone(flags=CLONE_VM|CLONE_FS|CLONE_THREAD) = 14',
        '14 execve("/bin/cat", ["cat"], 0x7ffe /* 3 vars */ <pid changed to 1 ...>',
        '1 +++ superseded by execve in pid 14 +++',
        '1 <... execve resumed>) = -1 ENOSYS (Function not implemented)',
      ]),
    ).toEqual(['execute /bin/cat'])
  })

  test('a program is told by the one that ran it', () => {
    const by = operationsOf([
      'execve("/bin/sh", ["sh"], 0x7 /* 1 var */) = 0',
      'fork() = 2',
      '2 execve("/bin/ls", ["ls"], 0x7 /* 1 var */) = 0',
      '2 open("/x", O_RDONLY) = 3</x>',
      '1 open("/y", O_RDONLY) = 3</y>',
    ]).map((operation) => operation.by)
    expect(by).toEqual([undefined, '/bin/sh', '/bin/ls', '/bin/sh'])
  })

  test('a second start of the container begins anew', () => {
    const seen = operationsOf([
      'chdir("/var") = 0',
      'setuid(33) = 0',
      'exit_group(0) = ?',
      'execve("/d", ["d"], 0x7 /* 1 var */) = 0',
      'mkdir("x", 0755) = 0',
    ])
    expect(seen.at(-1)).toMatchObject({ path: '/srv/x', as: 0, by: '/d' })
  })
})

describe('what the run made', () => {
  test.each<[string, string[], string]>([
    [
      'a file that was missing',
      ['stat("/r/p", 0x7) = -1 ENOENT (No such file or directory)', 'open("/r/p", O_WRONLY|O_CREAT, 0644) = 3</r/p>'],
      'create-file /r/p 0644',
    ],
    [
      'a file in a folder that it made',
      ['mkdir("/r", 0755) = 0', 'open("/r/p", O_WRONLY|O_CREAT, 0644) = 3</r/p>'],
      'create-file /r/p 0644 made',
    ],
    [
      'a file that it made before',
      ['open("/p", O_WRONLY|O_CREAT|O_EXCL, 0644) = 3</p>', 'open("/p", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3</p>'],
      'write /p made',
    ],
    [
      'a file that it removed before',
      ['unlink("/p") = 0', 'open("/p", O_RDWR|O_CREAT, 0644) = 3</p>'],
      'create-file /p 0644',
    ],
    [
      'what lies in a folder that it made and renamed',
      ['mkdir("/n", 0755) = 0', 'rename("/n", "/o") = 0', 'chmod("/o/f", 0600) = 0'],
      'change-mode /o/f 0600 made',
    ],
    [
      'a name that was freed by a rename',
      ['rename("/a", "/b") = 0', 'open("/a", O_WRONLY|O_CREAT, 0600) = 3</a>'],
      'create-file /a 0600',
    ],
    [
      'a foreign file moved into its folder',
      ['mkdir("/n", 0755) = 0', 'rename("/old", "/n/f") = 0', 'open("/n/f", O_WRONLY|O_CREAT, 0600) = 3</n/f>'],
      'write /n/f 0600 may create',
    ],
    [
      'a socket that it bound',
      ['bind(5<socket:[9]>, {sa_family=AF_UNIX, sun_path="/s"}, 9) = 0', 'chmod("/s", 0666) = 0'],
      'change-mode /s 0666 made',
    ],
    ['nothing it knows of', ['open("/p", O_WRONLY|O_CREAT, 0644) = 3</p>'], 'write /p 0644 may create'],
  ])('%s', (_, lines, expected) => {
    expect(told(lines).at(-1)).toBe(expected)
  })
})

test('the effective user is followed', () => {
  const as = operationsOf([
    'setgroups(0, []) = 0',
    'fork() = 2',
    '2 setuid(33) = 0',
    '2 stat("/a", {}) = 0',
    '1 stat("/b", {}) = 0',
    '2 geteuid() = 0',
    '2 stat("/c", {}) = 0',
    '1 kill(2, SIGTERM) = 0',
  ]).map((operation) => operation.as)
  expect(as).toEqual([0, 0, 33, 0, 0])
})

test('a signal to another user takes a capability', () => {
  expect(told(['fork() = 2', '2 setuid(33) = 0', 'kill(2, SIGTERM) = 0', 'kill(1, SIGTERM) = 0'])).toEqual([
    'switch-user uid 33 SETUID',
    'use-capability KILL',
  ])
})

test('the protocol of a port is that of its socket', () => {
  expect(
    told([
      'socket(AF_INET6, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 5<socket:[41]>',
      'socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 6<socket:[42]>',
      'bind(5<socket:[41]>, {sa_family=AF_INET6, sin6_port=htons(8080), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::", &sin6_addr), sin6_scope_id=0}, 28) = 0',
      'fork() = 2',
      '2 listen(5<socket:[41]>, 511) = 0',
      'bind(6<socket:[42]>, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("0.0.0.0")}, 16) = 0',
    ]),
  ).toEqual(['bind 8080/tcp', 'listen 8080/tcp', 'bind 53/udp NET_BIND_SERVICE'])
})

test.each([
  '',
  'garbage',
  '1 1.0',
  '1 2.0 --- SIGCHLD {si_signo=SIGCHLD} ---',
  '1 2.0 <... read resumed>) = 3',
  '1 2.0 open(',
  '1 2.0 open("/x',
  '1 2.0 x(<',
])('no operation and no error from %j', (line) => {
  expect([...parseTrace([line], OPTIONS)]).toEqual([])
})

test('when the first interval timer, or wait for a socket that ends by itself, was set: a server that only sets one as it ends does nothing by itself before', () => {
  const timerAt = (lines: readonly string[]): number => {
    const reader = traceReader(OPTIONS)
    for (const line of trace(lines)) reader.read(line)
    return reader.timerAt()
  }
  const set =
    'setitimer(ITIMER_REAL, {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=0, tv_usec=50000}}, NULL) = 0'
  const cleared = set.replaceAll('50000', '0')
  const patient = (value: string): string =>
    `setsockopt(3<TCP:[0.0.0.0:80]>, SOL_SOCKET, SO_RCVTIMEO_OLD, "${value}", 16) = 0`
  const reuse = 'setsockopt(3<socket:[1]>, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0'
  const none = patient('\\0'.repeat(16))
  expect(timerAt(['getppid() = 0', 'alarm(0) = 10', cleared, reuse, none])).toBe(Number.POSITIVE_INFINITY)
  for (const value of ['\\7\\0\\0', '<\\0\\0', '\\0\\0 \\241\\7']) expect(timerAt([patient(value)])).toBe(1000)
  expect(timerAt(['getppid() = 0', set, 'alarm(10) = 0'])).toBe(1001)
})

test('what still runs when the first process ends', () => {
  const outlived = (lines: readonly string[]): readonly string[] => {
    const reader = traceReader(OPTIONS)
    for (const line of trace(lines)) reader.read(line)
    return reader.outlived()
  }
  const started = ['execve("/bin/sh", ["sh"], 0x7 /* 1 var */) = 0', 'fork() = 2']
  const server = '2 execve("/sbin/srv", ["srv"], 0x7 /* 1 var */) = 0'
  expect(outlived([...started, server, 'exit_group(0) = ?'])).toEqual(['/sbin/srv'])
  expect(outlived([...started, server])).toEqual([])
  expect(outlived([...started, server, '2 exit_group(0) = ?', '2 +++ exited with 0 +++', 'exit_group(0) = ?'])).toEqual(
    [],
  )
  expect(outlived(['clone(flags=CLONE_VM|CLONE_THREAD) = 8', 'exit_group(0) = ?'])).toEqual([])
  // The second start ends as it is asked to.
  expect(outlived(['exit_group(0) = ?', ...started, server, 'exit_group(0) = ?'])).toEqual([])
})

test('what it wanted to make in a folder that is not there, unless it made it after all', () => {
  const unmade = (lines: readonly string[]): string | null => {
    const reader = traceReader(OPTIONS)
    for (const line of trace(lines)) reader.read(line)
    return reader.unmade()
  }
  const pid = 'openat(AT_FDCWD, "/run/x/x.pid", O_WRONLY|O_CREAT|O_TRUNC, 0644) = -1 ENOENT (No such file or directory)'
  const log = pid.replaceAll('/run/x/x.pid', '/log/x')
  expect(unmade([log, pid, 'exit_group(2) = ?'])).toBe('/run/x/x.pid')
  expect(unmade([log, pid, pid.replace(/-1.*/, '3')])).toBe('/log/x')
  expect(unmade(['openat(AT_FDCWD, "/etc/x", O_RDONLY) = -1 ENOENT (No such file or directory)'])).toBeNull()
})

test.each<[string, readonly string[], boolean]>([
  ['made outright', ['mkdir("/srv/x", 0777) = 0'], false],
  [
    'looked for first',
    ['stat("/srv/x", 0x7ffd) = -1 ENOENT (No such file or directory)', 'mkdir("/srv/x", 0777) = 0'],
    true,
  ],
  ['looked for afterwards', ['mkdir("/srv/x", 0777) = 0', 'stat("/srv/x", {st_mode=S_IFDIR|0755}) = 0'], false],
  [
    'beside one that was looked for',
    ['stat("/srv/y", 0x7ffd) = -1 ENOENT (No such file or directory)', 'mkdir("/srv/x", 0777) = 0'],
    false,
  ],
])('a folder that is %s', (_, lines, sought) => {
  const found = operationsOf(lines).filter(({ access }) => access === 'create-directory')
  expect(found.map((operation) => operation.sought === true)).toEqual([sought])
})
