import { readdirSync, readFileSync } from 'node:fs'
import { capabilityNames } from '../../image/capabilities.ts'
import { pidsOf } from '../activity.ts'
import { nameArgument } from '../arguments.ts'
import type { ContainerProcess } from '../engine.ts'
import { failureOf } from '../failure.ts'
import { ENGINES } from '../kinds.ts'
import type { Cli } from './process.ts'

interface Row {
  readonly pid: number
  readonly command: string
}

/**
 * All processes of a running container: from this machine's /proc where the engine is local, else as seen by a shell
 * inside, else by the engine's ps, which knows ids but no capabilities.
 */
export async function processes(cli: Cli, container: string, local: boolean): Promise<readonly ContainerProcess[]> {
  if (local) {
    const rows = hereRows(container) ?? (await hostRows(cli, container))
    const seen = fromHost(rows, container)
    if (seen !== null) return seen
  }
  const inside = await fromInside(cli, container)
  const outside = await fromEngine(cli, container)
  if (inside === null) return outside
  // The shell is the image's own, and may leave out whom it likes.
  const hasRoot = inside.some(({ uids }) => uids.includes(0))
  return [...inside, ...outside.filter(({ uids }) => uids.includes(0) && !hasRoot)]
}

/** Null for none: it has ended, or this machine's /proc is not the engine's. */
function hereRows(container: string): readonly Row[] | null {
  const pids = pidsOf(container)
  return pids.length === 0 ? null : pids.map((pid) => ({ pid: Number(pid), command: '' }))
}

async function hostRows(cli: Cli, container: string): Promise<readonly Row[]> {
  return rowsOf(await top(cli, container, ENGINES[cli.name].top.pids))
}

/** Rows without their header; none for a container that has ended meanwhile. */
async function top(cli: Cli, container: string, columns: readonly string[]): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await cli.run(['top', nameArgument(container), ...columns])
  if (exitCode === 0) return stdout.split('\n').slice(1)
  if (/not running|only be used on running|is restarting/i.test(stderr)) return []
  throw failureOf(cli.name, 'list the processes of a container', stderr)
}

function rowsOf(rows: readonly string[]): readonly Row[] {
  return rows.flatMap((row) => {
    const match = /^\s*(\d+)\s+(.*)$/s.exec(row)
    return match?.[1] === undefined ? [] : [{ pid: Number(match[1]), command: (match[2] ?? '').trim() }]
  })
}

/** Null when a pid is not the container's on this machine: then /proc is another machine's or namespace's. */
function fromHost(rows: readonly Row[], container: string): readonly ContainerProcess[] | null {
  const result: ContainerProcess[] = []
  for (const row of rows) {
    const read = (file: string): string => readFileSync(`/proc/${row.pid}/${file}`, 'utf8')
    try {
      if (!read('cgroup').includes(container)) return null
      const ids = [parseIdMap(read('uid_map')), parseIdMap(read('gid_map'))] as const
      const threads = readdirSync(`/proc/${row.pid}/task`).flatMap((thread) => {
        try {
          return [parseStatus(read(`task/${thread}/status`), ...ids)]
        } catch (error) {
          if (hasEnded(error)) return []
          throw error
        }
      })
      const command = read('cmdline').replaceAll('\0', ' ').trim()
      for (const { identity, first, tracer } of oneOfEachCredentials(threads))
        result.push({ pid: row.pid, command: command || row.command, ...identity, first, tracer })
    } catch (error) {
      // It ended between `top` and now.
      if (hasEnded(error)) continue
      return null
    }
  }
  return result
}

function hasEnded(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ESRCH'
}

/** A first thread that has ended is a zombie while others work on. */
export function oneOfEachCredentials(threads: readonly ProcessStatus[]): readonly ProcessStatus[] {
  const alive = threads.filter(({ zombie }) => !zombie)
  return [...new Map(alive.toReversed().map((thread) => [credentialsOf(thread), thread])).values()].toReversed()
}

function credentialsOf({ identity: { uids, gids, groups, capabilities } }: ProcessStatus): string {
  return JSON.stringify([uids, gids, groups, capabilities])
}

const listing = `echo "self $$"; for d in /proc/[0-9]*; do echo "= $d"; cat "$d/status" 2>/dev/null; echo "> $(tr '\\0' ' ' < "$d/cmdline" 2>/dev/null)"; done`

/** Needs a shell and cat in the image. Pids are those inside the container. */
async function fromInside(cli: Cli, container: string): Promise<readonly ContainerProcess[] | null> {
  const { exitCode, stdout } = await cli.run(['exec', nameArgument(container), 'sh', '-c', listing])
  const self = Number(/^self (\d+)$/m.exec(stdout)?.[1])
  if (exitCode !== 0 || !Number.isInteger(self)) return null
  const result: ContainerProcess[] = []
  for (const block of stdout.split(/^= \/proc\/\d+\n/m).slice(1)) {
    const { identity, pid, parent, name, zombie, first, tracer } = parseStatus(block)
    // The listing itself and its children; those that ended have no status.
    if (pid === 0 || zombie || pid === self || parent === self) continue
    const command = /^> (.*)$/m.exec(block)?.[1]?.trim()
    result.push({ pid, command: command || name, ...identity, first, tracer })
  }
  return result.length === 0 ? null : result
}

async function fromEngine(cli: Cli, container: string): Promise<readonly ContainerProcess[]> {
  const { ids: columns, count: ids } = ENGINES[cli.name].top
  const rows = await top(cli, container, columns)
  return rows.flatMap((row) => {
    const fields = row.trim().split(/\s+/)
    const numbers = fields.slice(0, ids + 1).map(Number)
    const [pid] = numbers
    if (pid === undefined || numbers.some(Number.isNaN)) return []
    return [
      {
        pid,
        command: fields.slice(ids + 1).join(' '),
        uids: ids === 8 ? numbers.slice(1, 5) : numbers.slice(1),
        gids: ids === 8 ? numbers.slice(5) : [],
        groups: [],
        capabilities: null,
        bounding: null,
        noNewPrivileges: null,
        handled: null,
        first: false,
        tracer: null,
      },
    ]
  })
}

/** One line of /proc/<pid>/uid_map as the reader sees it: ids from `inside` on are ids from `outside` on. */
interface IdRange {
  readonly inside: number
  readonly outside: number
  readonly count: number
}

/** How an id that no range maps shows up inside a user namespace (/proc/sys/kernel/overflowuid). */
const overflowId = 65534

export function parseIdMap(text: string): readonly IdRange[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([inside, outside, count]) =>
      inside === undefined || outside === undefined || !count ? [] : [{ inside, outside, count }],
    )
}

/** What a /proc/<pid>/status says. */
interface ProcessStatus {
  readonly name: string
  readonly pid: number
  readonly parent: number
  /** It has ended and waits to be reaped; it can do nothing any more. */
  readonly zombie: boolean
  readonly first: boolean
  readonly tracer: number | null
  readonly identity: Omit<ContainerProcess, 'pid' | 'command' | 'first' | 'tracer'>
}

/** `uids` and `gids` map ids back to those inside the container; empty where they are the same. */
export function parseStatus(text: string, uids: readonly IdRange[] = [], gids: readonly IdRange[] = []): ProcessStatus {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const at = line.indexOf(':')
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1).trim())
  }
  const numbers = (key: string): readonly number[] => (fields.get(key) ?? '').split(/\s+/).filter(Boolean).map(Number)
  const sets = ['CapEff', 'CapPrm', 'CapInh', 'CapAmb'].map((key) => fields.get(key))
  const bounding = fields.get('CapBnd')
  // Whoever reads signals from a signalfd, or waits for them, has no handler and blocks them (signalfd(2), sigwaitinfo(2)).
  const handled = ['SigCgt', 'SigBlk'].flatMap((key) => fields.get(key) ?? [])
  const noNewPrivileges = fields.get('NoNewPrivs')
  return {
    name: fields.get('Name') ?? '',
    pid: Number(fields.get('Pid') ?? 0),
    parent: Number(fields.get('PPid') ?? 0),
    zombie: /^[ZX]/.test(fields.get('State') ?? ''),
    // Its pid in each namespace that it is in, the innermost last.
    first: (numbers('NSpid').at(-1) ?? Number(fields.get('Pid'))) === 1,
    tracer: numbers('TracerPid')[0] ?? null,
    identity: {
      uids: numbers('Uid').map((id) => insideId(id, uids)),
      gids: numbers('Gid').map((id) => insideId(id, gids)),
      groups: numbers('Groups').map((id) => insideId(id, gids)),
      capabilities: sets.some((set) => set === undefined)
        ? null
        : capabilityNames(sets.map((set) => BigInt(`0x${set}`))),
      bounding: bounding === undefined ? null : capabilityNames([BigInt(`0x${bounding}`)]),
      noNewPrivileges: noNewPrivileges === undefined ? null : noNewPrivileges === '1',
      handled: handled.length === 0 ? null : signalsIn(handled.reduce((all, set) => all | BigInt(`0x${set}`), 0n)),
    },
  }
}

/** Signal 1 is bit 0. */
function signalsIn(set: bigint): readonly number[] {
  const signals: number[] = []
  for (let bit = 0n; set >> bit > 0n; bit += 1n) if (((set >> bit) & 1n) === 1n) signals.push(Number(bit) + 1)
  return signals
}

function insideId(id: number, ranges: readonly IdRange[]): number {
  if (ranges.length === 0) return id
  const range = ranges.find(({ outside, count }) => id >= outside && id < outside + count)
  return range === undefined ? overflowId : range.inside + (id - range.outside)
}
