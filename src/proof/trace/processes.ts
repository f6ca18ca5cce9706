import type { Call } from './trace-line.ts'

/** The folders that a path of a process depends on. Threads and CLONE_FS share them. */
interface WorkingPlace {
  cwd: string
  /** No process has changed its folder since the program was started. */
  atStart: boolean
  /** '' until chroot. */
  root: string
}

export interface Process {
  readonly pid: number
  parent: number | null
  place: WorkingPlace
  /** Effective ids; null where they are not known. */
  uid: number | null
  gid: number | null
  /** Shared by the threads of a process. */
  program: { path: string | null }
  /**
   * Set where it appeared before the call that made it came back, so that its parent is a guess: the folder that it started in by
   * that guess. Otherwise null.
   */
  guess: string | null
}

export interface TracedProcess {
  readonly pid: number
  readonly parent: number | null
  /** A thread of its parent, not a process of its own. */
  readonly thread: boolean
  readonly startedAt: number
  readonly program: string | null
  /** The effective uid of its parent when it was made; null where that is not known. */
  readonly madeBy: number | null
}

export interface ProcessTable {
  /** The process of a pid. A new pid becomes the child of the latest clone that has not come back. */
  of(pid: number, at: number): Process
  /** Whether this pid was ever seen. */
  knows(pid: number): boolean
  /** A clone, fork or vfork begins. Its child may appear before it comes back. */
  cloneBegins(pid: number): void
  cloneEnds(call: Call): void
  gone(pid: number): void
  /** exit_group; when the first process ends, the kernel ends all others, and what follows is another start. */
  exits(pid: number): void
  /** A folder has a new name, so processes that work in it are somewhere else now. */
  moved(from: string, to: string): void
  uidOf(pid: number): number | null
  /** Programs that were still running when the first process ended for the first time, and that the kernel ended with it. */
  outlived(): readonly string[]
  /** All that were seen, in order of appearance. */
  tree(): readonly TracedProcess[]
}

export const CLONES = /^(clone3?|v?fork)$/

export function processTable(cwd: string, uid: number | null, gid: number | null): ProcessTable {
  const alive = new Set<Process>()
  /** The latest process of each pid. */
  const latest = new Map<number, Entry>()
  const seen: Entry[] = []
  const cloning: number[] = []
  let outlived: readonly string[] | null = null

  const add = (process: Process, startedAt: number, thread: boolean): Process => {
    const entry = { process, thread, startedAt, madeBy: process.uid }
    alive.add(process)
    latest.set(process.pid, entry)
    seen.push(entry)
    return process
  }
  const living = (pid: number | undefined): Process | undefined => {
    const process = pid === undefined ? undefined : latest.get(pid)?.process
    return process && alive.has(process) ? process : undefined
  }
  const guessed = (pid: number): Process => {
    const parent = living(cloning.at(-1))
    const base: Process = parent
      ? childOf(parent, pid, '')
      : { pid, parent: null, place: { cwd, atStart: true, root: '' }, uid, gid, program: { path: null }, guess: null }
    return { ...base, guess: seen.length === 0 ? null : base.place.cwd }
  }

  return {
    of: (pid, at) => living(pid) ?? add(guessed(pid), at, false),
    knows: (pid) => latest.has(pid),
    cloneBegins: (pid) => void cloning.push(pid),
    cloneEnds({ pid, at, text, result }) {
      const index = cloning.lastIndexOf(pid)
      if (index >= 0) cloning.splice(index, 1)
      const parent = living(pid)
      if (!result.done || !parent) return
      const thread = text.includes('CLONE_THREAD')
      const entry = latest.get(result.value)
      if (entry && entry.process.guess !== null) {
        entry.thread = thread
        entry.madeBy = parent.uid
        settle(entry.process, parent, text)
        // A pid is given anew: of whoever had it the end was not seen, as where a container is killed and started again.
      } else add(childOf(parent, result.value, text), at, thread)
    },
    gone(pid) {
      const process = living(pid)
      if (process) alive.delete(process)
    },
    exits(pid) {
      const first = living(1)
      if (living(pid)?.program !== first?.program) return
      outlived ??= [...alive].flatMap(({ program }) => (program === first?.program ? [] : (program.path ?? [])))
      alive.clear()
      cloning.length = 0
    },
    moved(from, to) {
      for (const place of new Set([...alive].map((process) => process.place))) {
        if (place.cwd === from || place.cwd.startsWith(`${from}/`)) place.cwd = to + place.cwd.slice(from.length)
      }
    },
    outlived: () => [...new Set(outlived ?? [])],
    uidOf: (pid) => living(pid)?.uid ?? null,
    tree: () =>
      seen.map(({ process, thread, startedAt, madeBy }) => {
        const { pid, parent, program } = process
        return { pid, parent, thread, startedAt, program: program.path, madeBy }
      }),
  }
}

interface Entry {
  readonly process: Process
  thread: boolean
  readonly startedAt: number
  madeBy: number | null
}

function childOf(parent: Process, pid: number, call: string): Process {
  const { uid, gid } = parent
  return {
    pid,
    parent: parent.pid,
    place: placeOf(parent, call),
    uid,
    gid,
    program: programOf(parent, call),
    guess: null,
  }
}

/** The real parent is known now. What the child did meanwhile (chdir, execve) stays. */
function settle(child: Process, parent: Process, call: string): void {
  const unmoved = child.place.cwd === child.guess
  const right = child.parent === parent.pid
  child.guess = null
  child.parent = parent.pid
  if (call.includes('CLONE_FS') || (!right && unmoved)) child.place = placeOf(parent, call)
  if (call.includes('CLONE_THREAD')) child.program = parent.program
  if (right) return
  child.uid = parent.uid
  child.gid = parent.gid
}

function placeOf(parent: Process, call: string): WorkingPlace {
  return call.includes('CLONE_FS') ? parent.place : { ...parent.place }
}

function programOf(parent: Process, call: string): Process['program'] {
  return call.includes('CLONE_THREAD') ? parent.program : { path: parent.program.path }
}
