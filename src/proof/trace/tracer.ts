import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, chmod, copyFile, mkdir } from 'node:fs/promises'
import { basename, delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { sha256 } from '../../digest.ts'
import type { Engine } from '../../engine/engine.ts'
import { capabilityNumber } from '../../image/capabilities.ts'
import type { Known } from '../../image/facts.ts'
import { memoizeByObject } from '../../memoize.ts'
import { isBuiltHere, noteBuilt } from '../../run-list.ts'
import { removeFolder, temporaryFolder } from '../../temporary.ts'

/** The folder of the tracer in each traced container: a volume of the tracer's image. */
export const TRACER_FOLDER = '/.harden-trace'
export const TRACER_LOADER = `${TRACER_FOLDER}/ld.so`
export const TRACER_LIBRARIES = `${TRACER_FOLDER}/lib`
export const TRACER_BINARY = `${TRACER_FOLDER}/strace`
/** A FIFO that every uid may write to: the keeper reads it. */
export const TRACE_FILE = `${TRACER_FOLDER}/out/trace`
/** Runs the keeper of the trace. */
const TRACER_PERL = `${TRACER_FOLDER}/perl`
const PERL = [TRACER_LOADER, '--library-path', TRACER_LIBRARIES, TRACER_PERL, '-e']

const run = promisify(execFile)
/** The first with --seccomp-bpf. */
const OLDEST = 5.3

interface SharedObjects {
  readonly libraries: readonly string[]
  readonly loader: string | null
}

/** Reads `ldd PROGRAM`, as glibc and musl print it. */
export function sharedObjects(ldd: string): SharedObjects {
  const libraries: string[] = []
  let loader: string | null = null
  for (const line of ldd.split('\n')) {
    const library = /=> (\/\S+)/.exec(line)?.[1]
    const alone = /^\s*(\/\S*\/ld[^/\s]*) \(/.exec(line)?.[1]
    if (library !== undefined) libraries.push(library)
    else if (alone !== undefined) loader = alone
  }
  return { libraries, loader }
}

/** A build context whose `tree` holds the tracer's folder, made of this machine's strace. The caller removes it. */
async function collectHostTracer(): Promise<string> {
  const strace = await findStrace()
  const perl = await findInPath('perl')
  const [ofStrace, ofPerl] = await Promise.all([run('ldd', [strace]), run('ldd', [perl])])
  const { libraries, loader } = sharedObjects(`${ofStrace.stdout}\n${ofPerl.stdout}`)
  if (loader === null) throw new Error(`${strace} names no loader`)
  const context = await temporaryFolder('tracer')
  try {
    const folder = join(context, 'tree', TRACER_FOLDER)
    await mkdir(join(folder, 'lib'), { recursive: true })
    await mkdir(join(folder, 'out'))
    const inTree = ['', '/lib', '/out'].map((name) => `tree${TRACER_FOLDER}${name}`)
    for (const made of ['tree', ...inTree]) await chmod(join(context, made), 0o755)
    await copy(strace, join(folder, 'strace'))
    await copy(perl, join(folder, 'perl'))
    await copy(loader, join(folder, 'ld.so'))
    for (const library of new Set(libraries)) await copy(library, join(folder, 'lib', basename(library)))
    return context
  } catch (error) {
    await removeFolder(context)
    throw error
  }
}

async function findInPath(name: string): Promise<string> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name)
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return path
  }
  throw new Error(`no ${name} is installed`)
}

async function findStrace(): Promise<string> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'strace')
    const version = await run(path, ['-V']).then(
      ({ stdout }) => Number.parseFloat(/version (\d+\.\d+)/.exec(stdout)?.[1] ?? '0'),
      () => null,
    )
    if (version === null) continue
    if (version >= OLDEST) return path
    throw new Error(`${path} is older than ${OLDEST}`)
  }
  throw new Error('no strace is installed')
}

async function copy(from: string, to: string): Promise<void> {
  await copyFile(from, to)
  await chmod(to, 0o755)
}

const DEFAULT_BASE = 'debian:trixie-slim'
/** Images with apt that the engine may have already. */
const BASES = [
  DEFAULT_BASE,
  ...['debian:trixie', 'debian:stable-slim', 'debian:latest', 'debian:bookworm-slim', 'debian:bookworm'],
  ...['ubuntu:latest', 'ubuntu:24.04', 'ubuntu:22.04'],
]

const FINAL = `FROM scratch
COPY --from=files /tree /
VOLUME ${TRACER_FOLDER}
`

const FROM_PACKAGES = `ARG BASE=${DEFAULT_BASE}
FROM \${BASE} AS files
USER 0
RUN apt-get update && apt-get install -y --no-install-recommends strace
RUN set -e; t=/tree${TRACER_FOLDER}; mkdir -p $t/lib; mkdir $t/out; \\
    cp -L "$(command -v strace)" $t/strace; cp -L "$(command -v perl)" $t/perl; \\
    ldd $t/strace $t/perl | sed -n 's/.*=> \\(\\/[^ ]*\\).*/\\1/p' | sort -u | xargs -I{} cp -L {} $t/lib/; \\
    cp -L "$(ldd $t/strace | sed -n 's/^[[:space:]]*\\(\\/[^ ]*ld[^ ]*\\) .*/\\1/p')" $t/ld.so
${FINAL}`

const FROM_HOST = `FROM scratch AS files
COPY tree /tree
${FINAL}`

const recipe = sha256(FROM_PACKAGES).slice(0, 12)

/** The name holds a digest of the recipe: a new recipe is a new image, and an old one is found again. */
export const TRACER_IMAGE = `harden-image/tracer:${recipe}`

/**
 * The image that lends strace, perl for the keeper of the trace, their libraries and their loader to any container by volume. Built once and kept: it is not
 * part of a session, so `cleanUp` leaves it, and `docker image rm` is all that it takes to be rid of it. Where it can't
 * be made (no base image, no network, no strace on this machine) the reason is the answer, and it is not tried again.
 */
export const ensureTracer: (engine: Engine) => Promise<Known<string>> = memoizeByObject(findOrBuild)

async function findOrBuild(engine: Engine): Promise<Known<string>> {
  const reasons: string[] = []
  const attempt = async (what: string, make: () => Promise<boolean>): Promise<boolean> => {
    try {
      return await make()
    } catch (error) {
      reasons.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
      return false
    }
  }
  const made =
    (await attempt('looking for it', () => isKept(engine))) ||
    (await attempt('from an image that is here', async () => {
      const base = await localBase(engine)
      return base !== null && (await buildFromPackages(engine, base))
    })) ||
    (engine.local && (await attempt("from this machine's strace", () => buildFromHost(engine)))) ||
    (await attempt(`from ${DEFAULT_BASE}`, () => pullAndBuild(engine)))
  if (made) {
    noteBuilt((await engine.inspectImage(TRACER_IMAGE))?.id ?? '')
    return { known: true, value: TRACER_IMAGE }
  }
  return { known: false, reason: `the tracer image could not be made: ${reasons.join('; ') || 'no way to'}` }
}

async function isKept(engine: Engine): Promise<boolean> {
  const image = await engine.inspectImage(TRACER_IMAGE)
  return image !== null && isBuiltHere(image.id)
}

async function localBase(engine: Engine): Promise<string | null> {
  for (const base of BASES) if (await engine.inspectImage(base)) return base
  return null
}

async function buildFromPackages(engine: Engine, base: string): Promise<boolean> {
  await engine.build({
    dockerfile: labelled(FROM_PACKAGES),
    context: null,
    tag: TRACER_IMAGE,
    buildArgs: { BASE: base },
    keep: true,
  })
  return true
}

async function pullAndBuild(engine: Engine): Promise<boolean> {
  // An image that is there was tried before.
  if (await engine.inspectImage(DEFAULT_BASE)) return false
  await engine.pull(DEFAULT_BASE)
  return buildFromPackages(engine, DEFAULT_BASE)
}

/** Needs no network: strace, its libraries and its loader as they are installed here, with perl. */
export async function buildFromHost(engine: Engine, tag = TRACER_IMAGE): Promise<boolean> {
  const context = await collectHostTracer()
  try {
    await engine.build({ dockerfile: labelled(FROM_HOST), context, tag, keep: true })
    return true
  } finally {
    await removeFolder(context)
  }
}

function labelled(dockerfile: string): string {
  return `${dockerfile}LABEL harden-image.tracer=${recipe}\n`
}

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

/** The file is in the keeper's container, which the program cannot see. */
export const KEPT_FILE = '/kept'

/** What the keeper says between the lines of strace, each in a line of its own. */
export const MARKS = { start: '\0start', end: '\0end', foreign: '\0foreign', full: '\0full' } as const

/** Command of the keeper: makes the FIFO, then keeps at most so many bytes of what comes through it. */
export function keeperCommand(mostBytes: number): readonly string[] {
  return [...PERL, SCRIPT, TRACE_FILE, KEPT_FILE, String(mostBytes)]
}

/** Capabilities that make permissions refuse nothing. The numbers are those of linux/capability.h. */
const OPENING = { CHOWN: 0, DAC_OVERRIDE: 1, FOWNER: 3, FSETID: 4, NET_BIND_SERVICE: 10 }

/** What a container needs to become a user with those. */
export const OPENING_CAPABILITIES: readonly string[] = [...Object.keys(OPENING), 'SETGID', 'SETUID', 'SETPCAP']

/** Numbers by ELF machine: capset, prctl. Perl has no names for them. */
const CALLS = `
open(my $self, '<', '/proc/self/exe') or die "exe: $!\\n"; read($self, my $elf, 20);
my $machine = unpack(ord(substr($elf, 5, 1)) == 2 ? 'n' : 'v', substr($elf, 18, 2));
my @generic = (91, 167);
my $calls = {62 => [126, 157], 183 => [@generic], 243 => [@generic], 258 => [@generic], 40 => [185, 172],
  3 => [185, 172], 21 => [184, 171], 22 => [185, 172]}->{$machine} or die "no call numbers for machine $machine\\n";
my ($capset, $prctl) = @$calls;
my ($uid, $gid, $caps, @command) = @ARGV;
my @caps = split /,/, $caps;
sub become {
  $) = "$gid $gid"; $( = $gid; $) == $gid && $( == $gid or die "group: $!\\n";
  ($<, $>) = ($uid, $uid); $< == $uid && $> == $uid or die "user: $!\\n";
}
`

/**
 * Does what `setpriv --securebits +no_setuid_fixup --inh-caps --ambient-caps` does, which not every machine has. Without that bit
 * access(2) ignores the capabilities of a user who is not root.
 */
const OPEN = `${CALLS}
syscall($prctl, 28, 0x4, 0, 0, 0) == 0 or die "securebits: $!\\n";
become();
my $mask = 0; $mask |= 1 << $_ for @caps;
my ($head, $data) = (pack('Li', 0x20080522, 0), pack('L6', $mask, $mask, $mask, 0, 0, 0));
syscall($capset, $head, $data) == 0 or die "capset: $!\\n";
for my $cap (@caps) { syscall($prctl, 47, 2, $cap, 0, 0) == 0 or die "ambient: $!\\n"; }
exec { $command[0] } @command or die "exec: $!\\n";
`

/** Does what `setpriv --bounding-set -all,+…` does, as the engine makes of `--cap-drop=ALL --cap-add=… --user`. */
const BOUND = `${CALLS}
my %kept = map { $_ => 1 } @caps;
for my $cap (0 .. 63) {
  last if syscall($prctl, 23, $cap, 0, 0, 0) < 0;
  $kept{$cap} or syscall($prctl, 24, $cap, 0, 0, 0) == 0 or die "bounding: $!\\n";
}
become();
exec { $command[0] } @command or die "exec: $!\\n";
`

/** Starts a command as a user whom no permission refuses anything, by capabilities and without root. */
export function unrefused({ uid, gid }: { readonly uid: number; readonly gid: number }): readonly string[] {
  return [...PERL, OPEN, String(uid), String(gid), Object.values(OPENING).join()]
}

/** Starts a command as a user without any capability, whose programs can gain these and no others. */
export function bounded({
  uid,
  gid,
  bounding,
}: {
  readonly uid: number
  readonly gid: number
  readonly bounding: readonly string[]
}): readonly string[] {
  return [...PERL, BOUND, String(uid), String(gid), bounding.flatMap((name) => capabilityNumber(name) ?? []).join()]
}
