import { CHANGES, type Operation } from '../../evidence/operation.ts'
import { table } from '../../table.ts'
import { LOOK_CALLS, OPEN_CALLS, PATH_CALLS } from './file-calls.ts'
import { NETWORK_CALLS, newNamespace, PRIVILEGE_CALLS } from './privilege-calls.ts'
import { CLONES, type Process, type ProcessTable, processTable, type TracedProcess } from './processes.ts'
import { type Handler, pathHistory, type Scene, type Told } from './scene.ts'
import { type Call, readCall, readLine } from './trace-line.ts'

/**
 * Calls of 32-bit programs that do, with wider arguments, what their namesake does. Source: syscall(2), and
 * arch/x86/entry/syscalls/syscall_32.tbl of Linux.
 */
const OLDER_NAMES: Readonly<Record<string, string>> = table({
  stat64: 'stat',
  lstat64: 'lstat',
  fstatat64: 'newfstatat',
  truncate64: 'truncate',
  chown32: 'chown',
  lchown32: 'lchown',
  fchown32: 'fchown',
  setuid32: 'setuid',
  setgid32: 'setgid',
  setreuid32: 'setreuid',
  setregid32: 'setregid',
  setresuid32: 'setresuid',
  setresgid32: 'setresgid',
  setfsuid32: 'setfsuid',
  setfsgid32: 'setfsgid',
  setgroups32: 'setgroups',
  geteuid32: 'geteuid',
  utimensat_time64: 'utimensat',
  clock_settime64: 'clock_settime',
  clock_adjtime64: 'clock_adjtime',
  umount: 'umount2',
})

export interface TraceOptions {
  /** Where the first process starts: the image's workdir. */
  readonly cwd: string
  /** The uid that it starts as; null where that is a name, or not known. */
  readonly uid: number | null
  readonly gid?: number | null
  /** Paths in here are the tracer's own and are left out. */
  readonly ignore: string
}

/** Reads a trace line by line and tells what each line adds. The order matters, so one reader reads one whole trace. */
interface TraceReader {
  read(line: string): readonly Operation[]
  processes(): readonly TracedProcess[]
  /** Calls whose path could not be told: strace was not let into the memory or the descriptors of the process. */
  lost(): number
  /** What the program did to the tracer, after which no line can be believed; null for nothing. */
  tampered(): string | null
  /** The program gave the kernel work in a way that no trace shows (io_uring). */
  hidden(): boolean
  /** The last path that it failed to make because the folder does not exist, and never made later; null for none. */
  unmade(): string | null
  /** Programs that ran on when the first process ended of itself; see ProcessTable. */
  outlived(): readonly string[]
  /** The processes that took connections; see Scene. */
  accepted(): ReadonlyMap<number, number | null>
  /** When the first interval timer was set, seconds since 1970; Infinity for none. */
  timerAt(): number
}

const CALLS: Readonly<Record<string, Handler>> = table({
  ...OPEN_CALLS,
  ...PATH_CALLS,
  ...LOOK_CALLS,
  ...NETWORK_CALLS,
  ...PRIVILEGE_CALLS,
})

const HANDLERS: Readonly<Record<string, Handler>> = table({
  ...CALLS,
  ...Object.fromEntries(
    Object.entries(OLDER_NAMES).flatMap(([name, same]) => {
      const handler = CALLS[same]
      return handler === undefined ? [] : [[name, handler]]
    }),
  ),
})

/** Calls that reach into another process, which may be the tracer. */
const REACHES: readonly string[] = ['ptrace', 'process_vm_readv', 'process_vm_writev', 'pidfd_getfd']

/** What strace is asked for. Calls that only work on what is open already (read, write, fsync) are not worth their time. */
export const TRACED_CALLS: readonly string[] = [
  ...Object.keys(HANDLERS),
  'clone',
  'clone3',
  'fork',
  'vfork',
  'exit_group',
  // It is no operation: only that a timer was set counts.
  'alarm',
  'setitimer',
  'setsockopt',
  // No trace shows what the kernel is asked through it.
  'io_uring_setup',
  ...REACHES,
]

/** A timeout of a socket does not show in /proc either. */
const TIMERS = /^((alarm|setitimer)\([^)]*[1-9]|setsockopt\([^)]*\bSO_RCVTIMEO\w*, (?!"(\\0)*"))/
const REFUSED = new Set(['EACCES', 'EPERM', 'EROFS'])
const PATHLESS = new Set<Operation['access']>(['bind', 'listen', 'switch-user', 'use-capability'])
/** Calls where ENOENT means that this very path is missing. In others it can mean an interpreter, or the folder of the second path. */
const TELLS_ABSENCE = new Set<Operation['access']>([
  'look',
  'read',
  'list',
  'write',
  'create-file',
  'remove',
  'traverse',
])

export function traceReader(options: TraceOptions): TraceReader {
  const processes = processTable(options.cwd, options.uid, options.gid ?? null)
  const shared: Omit<Scene, 'process' | 'fromStart'> = {
    processes,
    history: pathHistory(),
    sockets: new Map(),
    limits: new Map(),
    accepted: new Map(),
  }
  const pending = new Map<number, { at: number; text: string }>()
  const superseded = new Set<number>()
  let lost = 0
  let hidden = false
  let latest = 0
  let tampered: string | null = null
  let timerAt = Number.POSITIVE_INFINITY
  const unmade = new Set<string>()

  const take = (call: Call): readonly Operation[] => {
    const process = processes.of(call.pid, call.at)
    if (CLONES.test(call.name)) {
      processes.cloneEnds(call)
      const namespace = newNamespace(call.text)
        ? ({ access: 'use-capability', path: null, capability: 'SYS_ADMIN' } as const)
        : null
      return namespace && settled(call) ? [operationOf(namespace, call, whoOf(process))] : []
    }
    if (call.name === 'io_uring_setup' && call.result.done) hidden = true
    if (call.result.done && REACHES.includes(call.name) && reachesOthers(call, processes))
      tampered ??= `it reached into another process: ${call.text}`
    if (call.name === 'exit_group') processes.exits(call.pid)
    if (TIMERS.test(call.text)) timerAt = Math.min(timerAt, call.at)
    const handler = HANDLERS[call.name]
    if (!handler || !(settled(call) || call.result.errno === 'ENOENT')) return []
    const who = whoOf(process)
    const scene: Scene = { ...shared, process, fromStart: null }
    const operations: Operation[] = []
    for (const told of handler(call, scene)) {
      if (told.path === null && !PATHLESS.has(told.access)) {
        // NULL is a path too: a program asks with it whether the kernel knows the call.
        if (settled(call)) lost += 1
        continue
      }
      if (call.result.done && ALTERS.has(told.access)) {
        const at = [told.path, told.to].find(
          (path) => path != null && (isIn(path, options.ignore) || isOfOther(path, processes)),
        )
        if (at != null) tampered ??= `it changed ${at}, which is the tracer's: ${call.text}`
      }
      if (told.path !== null && isIn(told.path, options.ignore)) continue
      if (call.result.errno === 'ENOENT') {
        if (told.path !== null && TELLS_ABSENCE.has(told.access)) shared.history.absent(told.path)
        if (told.path !== null && (told.access.startsWith('create-') || told.mayCreate === true)) unmade.add(told.path)
        continue
      }
      if (told.path !== null) unmade.delete(told.path)
      // This is asked before the handler goes on, since it notes what the call has made.
      const made = told.path !== null && shared.history.isMade(told.path)
      const sought = told.access === 'create-directory' && told.path !== null && shared.history.isAbsent(told.path)
      const fromStart = scene.fromStart === true
      const isMore = made || fromStart || sought
      const more = { ...(made && { made }), ...(fromStart && { fromStart }), ...(sought && { sought }) }
      operations.push(operationOf(isMore ? { ...told, ...more } : told, call, who))
    }
    return operations
  }

  return {
    read(line) {
      const read = readLine(line)
      if (read === null) return []
      const { pid, at } = read
      if (at < latest - CLOCK_STEP) tampered ??= 'its lines are not in the order of time'
      latest = Math.max(latest, at)
      switch (read.kind) {
        case 'gone':
          pending.delete(pid)
          processes.gone(pid)
          return []
        case 'superseded': {
          const begun = pending.get(read.thread)
          if (begun) pending.set(pid, begun)
          pending.delete(read.thread)
          processes.gone(read.thread)
          superseded.add(pid)
          return []
        }
        case 'unfinished':
          processes.of(pid, at)
          pending.set(pid, { at, text: read.text })
          if (CLONES.test(read.text.slice(0, read.text.indexOf('(')))) processes.cloneBegins(pid)
          return []
        case 'resumed': {
          const begun = pending.get(pid)
          pending.delete(pid)
          const call = begun ? readCall(pid, begun.at, begun.text + read.text) : null
          if (call === null) return []
          // The threads are gone, so it has succeeded, though strace prints ENOSYS under a seccomp filter.
          return take(
            superseded.delete(pid) ? { ...call, result: { done: true, errno: '', value: 0, text: '0' } } : call,
          )
        }
        case 'call': {
          const call = readCall(pid, at, read.text)
          return call === null ? [] : take(call)
        }
      }
    },
    processes: () => processes.tree(),
    lost: () => lost,
    tampered: () => tampered,
    hidden: () => hidden,
    unmade: () => [...unmade].at(-1) ?? null,
    outlived: () => processes.outlived(),
    accepted: () => shared.accepted,
    timerAt: () => timerAt,
  }
}

/** The operations of a whole trace, one for each call. `summarise` makes them few. */
export function* parseTrace(lines: Iterable<string>, options: TraceOptions): Generator<Operation> {
  const reader = traceReader(options)
  for (const line of lines) yield* reader.read(line)
}

/** Seconds by which the clock of a machine may be set back while a run is watched. */
const CLOCK_STEP = 60

const ALTERS: ReadonlySet<Operation['access']> = new Set([...CHANGES, 'mount'])

/** A line of a process that the trace knows nothing of: strace itself, or one that came from outside. */
function isOfOther(path: string, processes: ProcessTable): boolean {
  const pid = /^\/proc\/(\d+)\//.exec(path)?.[1]
  return pid !== undefined && !processes.knows(Number(pid))
}

function reachesOthers({ name, args }: Call, processes: ProcessTable): boolean {
  if (name === 'pidfd_getfd') return true
  if (name === 'ptrace' && !/ATTACH|SEIZE/.test(args[0] ?? '')) return false
  const pid = Number.parseInt(args[name === 'ptrace' ? 1 : 0] ?? '', 10)
  return !processes.knows(pid)
}

function settled(call: Call): boolean {
  return call.result.done || REFUSED.has(call.result.errno)
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

const LONGEST_DETAIL = 156

type Who = Pick<Operation, 'by' | 'as'>

/** The identity before the call, which may change it. */
function whoOf(process: Process): Who {
  return {
    ...(process.program.path === null ? {} : { by: process.program.path }),
    ...(process.uid === null ? {} : { as: process.uid }),
  }
}

function operationOf(told: Told, call: Call, who: Who): Operation {
  const { done } = call.result
  const outcome = done
    ? ({ outcome: 'done', source: 'traced' } as const)
    : ({ outcome: 'refused', source: 'refused' } as const)
  return { ...told, ...outcome, detail: detailOf(call), ...who, pid: call.pid, at: call.at }
}

/** The call as a person reads it: without what strace adds to the current directory, and with the error. */
function detailOf({ text, result }: Call): string {
  const call = text.replace(/AT_FDCWD(?:(?<!AT_FDCWD<[^>]*?AT_FDCWD)<[^>]*>(?:\(deleted\))?)?, /, '')
  const error = result.done ? '' : ` = -1 ${result.errno}`
  return call.length + error.length <= LONGEST_DETAIL
    ? call + error
    : `${call.slice(0, LONGEST_DETAIL - 3 - error.length)}...${error}`
}
