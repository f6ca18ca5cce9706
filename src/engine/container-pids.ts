import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where each container's control group was found; looking through all of /proc for it takes a hundred times as long. */
const found = new Map<string, readonly string[]>()

/**
 * Pids of a container on this machine, by its control group, which a process cannot leave; none where it has ended or
 * this machine's /proc is not the engine's.
 */
export function pidsOf(container: string): readonly string[] {
  const groups = found.get(container)
  if (groups !== undefined) return groups.flatMap(pidsIn)
  const processes = readdirSync('/proc').flatMap((pid) => {
    const text = /^\d+$/.test(pid) ? (orGone(() => readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ?? '') : ''
    return text.includes(container) ? [{ pid, group: groupOf(text, container) }] : []
  })
  const folders = processes.flatMap(({ group }) => group ?? [])
  // Where control groups are not mounted, or seen from inside one, /proc is all there is.
  if (folders.length > 0 && folders.length === processes.length) found.set(container, [...new Set(folders)])
  return processes.map(({ pid }) => pid)
}

/**
 * `/sys/fs/cgroup/pids/docker/ID`: the folder named after the container, below which a program may have made others. Lines
 * of proc_pid_cgroup(5) are `hierarchy:controllers:path`; the unified one has neither number nor controllers.
 */
function groupOf(text: string, container: string): string | null {
  for (const line of text.split('\n')) {
    const [, , controllers = '', path = ''] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? []
    const end = path.indexOf('/', path.indexOf(container))
    const own = end < 0 ? path : path.slice(0, end)
    const folder = join('/sys/fs/cgroup', controllers.replace(/^name=/, ''), own)
    if (own.includes(container) && existsSync(join(folder, 'cgroup.procs'))) return folder
  }
  return null
}

function pidsIn(folder: string): readonly string[] {
  const own = orGone(() => readFileSync(join(folder, 'cgroup.procs'), 'utf8')) ?? ''
  const below = orGone(() => readdirSync(folder, { withFileTypes: true })) ?? []
  return [
    ...own.split('\n').filter(Boolean),
    ...below.filter((entry) => entry.isDirectory()).flatMap((entry) => pidsIn(join(folder, entry.name))),
  ]
}

/** Also what has threads of one process in groups of their own: the group above lists the process (cgroups(7)). */
const gone = new Set(['ENOENT', 'ESRCH', 'ENODEV', 'ENOTSUP', 'EOPNOTSUPP'])

/** Undefined for what has ended meanwhile. */
export function orGone<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (gone.has((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** A process more was wanted than the container may have: pids.events of its control group, in either version. */
export function reachedPids(container: string): boolean {
  return (found.get(container) ?? []).some((folder) => {
    const ofPids = folder.replace(/^\/sys\/fs\/cgroup\/[^/]+(?=\/)/, '/sys/fs/cgroup/pids')
    return [folder, ofPids].some((place) => {
      const events = orGone(() => readFileSync(join(place, 'pids.events'), 'utf8')) ?? ''
      return Number(/^max (\d+)/m.exec(events)?.[1] ?? 0) > 0
    })
  })
}
