import { TRACE_FILE, TRACER_LIBRARIES, TRACER_LOADER, TRACER_PERL } from './tracer.ts'

/**
 * The trace is written by strace inside the container that it watches, where the program may be root: whatever file it is written to,
 * the program could write to. So it goes through a FIFO to another container, which keeps it where the program cannot reach: what has
 * been written is not taken back. The kernel tells the keeper of every open of the FIFO (inotify(7)) before the one who opens it can
 * write or read a byte, by its path or by /proc/PID/fd: strace opens it once for each start, so another open is the program's, and from
 * there on nothing is kept.
 *
 * perl, since it is in every Debian and Ubuntu (perl-base is essential) and can ask the kernel for what no shell can; it loads no
 * module. Numbers of the calls by ELF machine: inotify_init1, inotify_add_watch, mknodat. Source: the kernel's syscall tables.
 */
const SCRIPT = `
my ($fifo, $kept, $most) = @ARGV;
open(my $self, '<', '/proc/self/exe') or die "exe: $!\\n"; read($self, my $elf, 20);
my $machine = unpack(ord(substr($elf, 5, 1)) == 2 ? 'n' : 'v', substr($elf, 18, 2));
my @generic = (26, 27, 33);
my $calls = {62 => [294, 254, 259], 183 => [@generic], 243 => [@generic], 258 => [@generic], 40 => [360, 317, 324],
  3 => [332, 292, 297], 21 => [318, 276, 288], 22 => [324, 285, 290]}->{$machine} or die "no call numbers for machine $machine\\n";
umask 0;
syscall($calls->[2], -100, $fifo, 0010622, 0) == 0 or die "mkfifo: $!\\n";
sysopen(my $in, $fifo, 2 | 04000) or die "fifo: $!\\n";
my $watch = syscall($calls->[0], 04000); $watch >= 0 or die "inotify: $!\\n";
syscall($calls->[1], $watch, $fifo, 0x2a) >= 0 or die "watch: $!\\n";
open(my $events, '<&=', $watch) or die "events: $!\\n";
sysopen(my $out, $kept, 02101, 0600) or die "kept: $!\\n";
my ($opens, $bytes, $done) = (0, 0, 0);
sub note { syswrite($out, "\\n\\0$_[0]\\n") unless $done; }
sub look {
  while (sysread($events, my $buffer, 65536)) {
    for (my $at = 0; $at < length $buffer; ) {
      my (undef, $mask, undef, $name) = unpack('iIII', substr($buffer, $at, 16));
      $at += 16 + $name;
      if ($mask & 0x4000) { note('foreign'); $done = 1; }
      if ($mask & 0x20) { if (++$opens > 1) { note('foreign'); $done = 1; } else { note('start'); } }
      if ($mask & 0x8) { $opens--; note('end') if $opens == 0; }
    }
  }
}
for (;;) {
  my $ready = ''; vec($ready, fileno($in), 1) = 1; vec($ready, fileno($events), 1) = 1;
  select($ready, undef, undef, undef);
  my $read = sysread($in, my $chunk, 65536);
  look();
  next unless $read && !$done;
  $bytes += $read;
  if ($bytes > $most) { note('full'); $done = 1; next; }
  syswrite($out, $chunk);
}
`

/** In the keeper's own container: the program sees nothing of it. */
export const KEPT_FILE = '/kept'

/** What the keeper says between the lines of strace, each in a line of its own. */
export const MARKS = { start: '\0start', end: '\0end', foreign: '\0foreign', full: '\0full' } as const

/** Command of the keeper: makes the FIFO, then keeps at most so many bytes of what comes through it. */
export function keeperCommand(mostBytes: number): readonly string[] {
  return [
    TRACER_LOADER,
    '--library-path',
    TRACER_LIBRARIES,
    TRACER_PERL,
    '-e',
    SCRIPT,
    TRACE_FILE,
    KEPT_FILE,
    String(mostBytes),
  ]
}
