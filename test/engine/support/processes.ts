import { readdir, readFile } from 'node:fs/promises'

/** One process of a container as the kernel shows it on the engine's machine. */
export interface Process {
  readonly pid: number
  readonly name: string
  /** Real, effective, saved, file system. */
  readonly uids: readonly number[]
  readonly gids: readonly number[]
  readonly groups: readonly number[]
  /** Bit masks in hexadecimal, as in /proc/<pid>/status. */
  readonly capabilities: {
    readonly effective: string
    readonly permitted: string
    readonly inheritable: string
    readonly ambient: string
    readonly bounding: string
  }
  readonly noNewPrivileges: boolean
}

/**
 * All processes of a container, found by their control group. Deliberately not `docker top` and not the product's
 * code, so that a test of the product does not trust what it tests. `id` has all 64 digits.
 */
export async function processesOf(id: string): Promise<readonly Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(pids.map((pid) => readProcess(pid, id)))
  return found.filter((process) => process !== null)
}

async function readProcess(pid: string, id: string): Promise<Process | null> {
  try {
    if (!(await readFile(`/proc/${pid}/cgroup`, 'utf8')).includes(id)) return null
    return parseStatus(Number(pid), await readFile(`/proc/${pid}/status`, 'utf8'))
  } catch (error) {
    // The process ended between the listing and the reading.
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return null
    throw error
  }
}

function parseStatus(pid: number, status: string): Process {
  const fields = new Map(
    status.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    }),
  )
  const text = (field: string) => {
    const value = fields.get(field)
    if (value === undefined) throw new Error(`/proc/${pid}/status has no ${field}`)
    return value
  }
  const numbers = (field: string) => text(field).split(/\s+/).filter(Boolean).map(Number)
  return {
    pid,
    name: text('Name'),
    uids: numbers('Uid'),
    gids: numbers('Gid'),
    groups: numbers('Groups'),
    capabilities: {
      effective: text('CapEff'),
      permitted: text('CapPrm'),
      inheritable: text('CapInh'),
      ambient: text('CapAmb'),
      bounding: text('CapBnd'),
    },
    noNewPrivileges: text('NoNewPrivs') === '1',
  }
}
