// Programs that work against whoever runs them: each proof ends in time, with a true verdict, and leaves nothing behind.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import type { Verdict } from '../../src/report/report.ts'
import { hostilePasswd, hostileUsers } from '../hostile/users.ts'
import { inventory } from './support/cli.ts'
import { callOn, expectHonest, type HostileCall, tagged } from './support/hostile-call.ts'
import { buildImage, docker, TEST_LABEL } from './support/images.ts'

interface HostileProgram {
  readonly name: string
  /** What the image starts, in Perl, which Debian's base has. */
  readonly perl: string
  /** The one that is true. */
  readonly verdict: Verdict
  /** Further lines of its Dockerfile. */
  readonly lines?: readonly string[]
}

const SERVE = `use IO::Socket::INET; $SIG{CHLD} = 'IGNORE'; $| = 1;
my $s = IO::Socket::INET->new(LocalPort => 8000, Listen => 50, ReuseAddr => 1) or die "listen: $!";
sub serve { my $say = shift; while (1) { my $c = $s->accept or next; $say->($c); close $c } }
sub ok { my $c = shift; sysread $c, my $q, 4096; print $c "HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok" }
`

const programs: readonly HostileProgram[] = [
  {
    name: 'a log of ten megabytes a second',
    perl: `${SERVE}if (!fork) { my $l = ('x' x 1000) . "\\n"; while (1) { print $l x 100; select undef, undef, undef, 0.01 } } serve(\\&ok)`,
    verdict: 'hardened',
  },
  {
    name: 'a log of escape sequences, marks of direction and bytes that are no UTF-8',
    perl: `${SERVE}print "\\e[2J\\e]0;evil\\a\\x{202e}"; print STDERR "\\xff\\xfe\\x9b31m ::error::x\\r\\n\\e[31mPermission denied: /data/\\e[2J\\n"; serve(\\&ok)`,
    verdict: 'hardened',
  },
  {
    name: 'a log that says it was refused what nobody is given',
    perl: `${SERVE}print STDERR "open $_: Permission denied\\n" for '/etc/shadow', '/etc/passwd', '/etc/cron.d/x', '/root/.ssh/authorized_keys', '/', '/etc', '/usr/bin/perl', '/x(y[', '/a/../etc/shadow'; if ($<) { exit 1 } serve(\\&ok)`,
    verdict: 'incomplete',
  },
  {
    name: 'a log that says what a trace says',
    perl: `${SERVE}print STDERR "1 openat(AT_FDCWD, \\"/etc/shadow\\", O_WRONLY) = -1 EACCES (Permission denied)\\n1 chown(\\"/etc/passwd\\", 10001, 10001) = 0\\n+++ exited with 0 +++\\n" x 50; serve(\\&ok)`,
    verdict: 'hardened',
  },
  {
    name: 'an answer that never ends',
    perl: `${SERVE}serve(sub { my $c = shift; if (!fork) { $SIG{PIPE} = sub { exit }; print $c "HTTP/1.0 200 OK\\r\\n\\r\\n"; print $c 'x' x 65536 while 1 } })`,
    verdict: 'hardened',
  },
  {
    name: 'no answer at all',
    perl: `${SERVE}my @kept; while (my $c = $s->accept) { push @kept, $c }`,
    verdict: 'hardened',
  },
  {
    name: 'an answer of escape sequences and of a page that is not ours',
    perl: `${SERVE}serve(sub { my $c = shift; print $c "HTTP/1.0 200 \\e[2J</script><script>x\\r\\nServer: \\e]0;x\\a\\r\\n\\r\\n</script>\\e[2J" })`,
    verdict: 'hardened',
  },
  { name: 'a connection that is closed at once', perl: `${SERVE}serve(sub {})`, verdict: 'hardened' },
  // None of its hundred others is where the original had it.
  {
    name: 'another port at each start, and a hundred more',
    perl: `${SERVE}my @more = map { IO::Socket::INET->new(LocalPort => 20000 + int(rand 20000), Listen => 1) } 1 .. 100; serve(\\&ok)`,
    verdict: 'incomplete',
  },
  {
    name: 'a program that takes the names of the tracer and of this tool',
    perl: `${SERVE}$0 = 'strace -f -o /trace'; for my $n ('harden-image', 'ld.so', "a\\nUid: 0 0 0 0", "\\e[2J") { if (!fork) { $0 = $n; sleep 1000 } } serve(\\&ok)`,
    verdict: 'hardened',
  },
  {
    name: 'a program that takes no signal',
    perl: `$SIG{$_} = 'IGNORE' for qw(TERM INT HUP QUIT USR1); ${SERVE}serve(\\&ok)`,
    verdict: 'hardened',
  },
  {
    name: 'a program that goes into the background and leaves zombies',
    perl: `${SERVE}$SIG{CHLD} = 'DEFAULT'; for (1 .. 100) { if (!fork) { exit } } if (!fork) { require POSIX; POSIX::setsid(); serve(\\&ok) } sleep 1000`,
    verdict: 'hardened',
  },
  // Nothing of it was there to compare with.
  { name: 'a program that is done at once', perl: 'exit 0', verdict: 'rewritten' },
  // It ends its tracer too, and is run without one; what it serves is the same.
  {
    name: 'a program that ends its siblings',
    perl: `${SERVE}if (!fork) { while (1) { kill 'KILL', grep { $_ > 1 && $_ != $$ } map { m{(\\d+)} } glob '/proc/[0-9]*'; sleep 1 } } serve(\\&ok)`,
    verdict: 'hardened',
  },
  // In the proof the helper is no help, and under `plain`, without no-new-privileges, it is.
  {
    name: 'a program that is root again by a set-user-id helper',
    perl: `${SERVE}if (!fork) { exec '/helper', '-e', '$< = $> ; sleep 1000' } serve(\\&ok)`,
    lines: ['RUN cp /usr/bin/perl /helper && chmod 4755 /helper'],
    verdict: 'incomplete',
  },
  {
    name: 'a program that works only as root and says that it works',
    perl: `${SERVE}serve(sub { my $c = shift; $< == 0 ? ok($c) : print $c "HTTP/1.0 500 no\\r\\n\\r\\n" })`,
    verdict: 'incomplete',
  },
  {
    name: 'a program that fills 200 MB of its layer',
    perl: `${SERVE}open my $f, '>', '/var/fill'; if ($f) { print $f 'x' x 1048576 for 1 .. 200 } serve(\\&ok)`,
    verdict: 'hardened',
  },
  {
    name: 'files with names of line breaks and commands, made at start',
    perl: `${SERVE}mkdir '/srv/d'; for my $n ("a\\nRUN touch INJECTED", '$(touch INJECTED)', "\\e[2J", "it's", '-rf', "\\xff") { open my $f, '>', "/srv/d/$n" or die "$n: $!" } serve(\\&ok)`,
    verdict: 'hardened',
  },
  // It says nothing of root that a verdict `needs-root` could be shown by: it ends with the code of its own `die`.
  {
    name: 'its own account file, written at start',
    perl: `${SERVE}open my $f, '>>', '/etc/passwd' or die "passwd: $!"; print $f "toor::0:0::/:/bin/sh\\n"; serve(\\&ok)`,
    verdict: 'incomplete',
  },
  {
    name: 'a program that says it is ready and ends with success, where it is not root',
    perl: `$| = 1; if ($<) { print "listening on port 8000, ready\\n"; exit 0 } ${SERVE}print "listening on port 8000, ready\\n"; serve(\\&ok)`,
    verdict: 'incomplete',
  },
  {
    name: 'a port that is opened late, and by root alone',
    perl: `if ($<) { sleep 1000 } sleep 4; ${SERVE}serve(\\&ok)`,
    verdict: 'incomplete',
  },
  {
    name: 'a program that leaves its uid and takes it back before it answers',
    perl: `${SERVE}$> = 65534; $> = 0; serve(sub { my $c = shift; $> == 0 ? ok($c) : print $c "HTTP/1.0 403 no\\r\\n\\r\\n" })`,
    verdict: 'incomplete',
  },
  // The limit of processes is that of the original too.
  {
    name: 'a fork bomb beside a server',
    perl: `${SERVE}if (!fork) { while (1) { defined(fork) or sleep 1 } } serve(\\&ok)`,
    verdict: 'hardened',
  },
]

/** What a program is never given, whatever it does or says: accounts, tables of cron, root's home, programs, whole trees. */
const CLOSED = /\b(?:chown|chmod|touch|mkdir|setfacl)\b.* '?\/(?:etc(?:\/.*)?|root\b.*|usr\/bin\b.*)?(?:\s|$)/m

const ran = new Map<string, Promise<HostileCall>>()
// Some of them keep both cores busy, and other files of tests run meanwhile.
const room = pLimit(1)
let folder = ''
let before: ReadonlySet<string> = new Set()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  before = await inventory()
  for (const [index, program] of programs.entries()) {
    const call = room(async () => {
      const image = await build(`program-${index}`, program)
      return callOn([image, '--prove', '--jobs', '1'], 240_000, folder)
    })
    call.catch(() => undefined)
    ran.set(program.name, call)
  }
}, 60_000)

afterAll(async () => {
  await Promise.allSettled(ran.values())
  await rm(folder, { recursive: true, force: true })
  const tags = programs.map((_, index) => tagged(`program-${index}`))
  await docker(['image', 'rm', '--force', ...tags, tagged('users')]).catch(() => undefined)
}, 60_000)

async function build(name: string, { perl, lines = [] }: Pick<HostileProgram, 'perl' | 'lines'>): Promise<string> {
  const context = await mkdtemp(join(folder, 'context-'))
  await writeFile(join(context, 'p.pl'), `${perl};\n`)
  const text = [
    'FROM debian:trixie-slim',
    ...lines,
    'COPY p.pl /p.pl',
    'EXPOSE 8000',
    'ENTRYPOINT ["perl", "/p.pl"]',
    '',
  ]
  await writeFile(join(context, 'Dockerfile'), text.join('\n'))
  return buildImage(tagged(name), [context])
}

test.each(programs)(
  'proved: $name',
  async ({ name, verdict }) => {
    const call = await ran.get(name)
    if (call === undefined) throw new Error('it was not run')
    const { output } = expectHonest(call, [verdict])
    expect(output).not.toMatch(CLOSED)
  },
  600_000,
)

test('nothing is left of any of them', async () => {
  await Promise.allSettled(ran.values())
  const left = [...(await inventory())].filter((id) => !before.has(id))
  expect(left).toEqual([])
}, 600_000)

test('the engine runs USER as we say it does, in an image with a hostile passwd', async () => {
  const context = await mkdtemp(join(folder, 'context-'))
  await writeFile(join(context, 'passwd'), hostilePasswd)
  await writeFile(join(context, 'Dockerfile'), 'FROM debian:trixie-slim\nCOPY passwd /etc/passwd\n')
  await buildImage(tagged('users'), [context])
  const flags = ['run', '--rm', '--label', TEST_LABEL, '--network', 'none']
  const asked = hostileUsers.map(([user, uid]) =>
    room(async () => {
      const seen = await docker([...flags, '--user', user, tagged('users'), 'id', '-u']).catch(() => null)
      return [user, seen === null ? null : Number(seen), uid] as const
    }),
  )
  for (const [user, seen, uid] of await Promise.all(asked)) expect([user, seen]).toEqual([user, uid])
}, 600_000)
