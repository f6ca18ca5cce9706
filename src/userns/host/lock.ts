import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { HardenError } from '../../errors.ts'

export interface LockOptions {
  /** How often it is tried, a second apart: as often as useradd and usermod try it. */
  readonly tries: number
}

/**
 * Does `work` while the files are locked as shadow's tools lock them (lib/commonio.c): `subuid.lock` holds the pid of the
 * process that writes `subuid`, and one whose process is gone is taken over. Throws HardenError `unreadable`.
 */
export async function whileLocked<T>(
  paths: readonly string[],
  work: () => Promise<T>,
  { tries }: LockOptions = { tries: 15 },
): Promise<T> {
  const [path, ...others] = paths
  if (path === undefined) return work()
  const lock = `${path}.lock`
  const own = `${path}.${process.pid}`
  try {
    await writeFile(own, String(process.pid), { mode: 0o600 })
    for (let left = tries; ; await setTimeout(1000)) {
      const holder = await take(own, lock)
      if (holder === null) break
      left -= 1
      if (left <= 0) throw locked(path, lock, holder)
    }
  } catch (error) {
    throw error instanceof HardenError ? error : refused(lock, error)
  } finally {
    await rm(own, { force: true })
  }
  try {
    return await whileLocked(others, work, { tries })
  } finally {
    await rm(lock, { force: true })
  }
}

/** Null when it is taken, else what its holder wrote into it. A link is made by one process only, on NFS too. */
async function take(own: string, lock: string): Promise<string | null> {
  const isTaken = await link(own, lock).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false
      throw error
    },
  )
  if (isTaken) return null
  const holder = (await readFile(lock, 'latin1').catch(() => '')).replace(/\0.*$/s, '')
  if (!/^[1-9]\d*$/.test(holder) || isAlive(Number(holder))) return holder
  await rm(lock, { force: true })
  return take(own, lock)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function locked(path: string, lock: string, holder: string): HardenError {
  const who = /^[1-9]\d*$/.test(holder) ? `process ${holder}` : 'somebody who left no pid'
  return new HardenError('unwritable', `${path} is locked by ${who}, and nothing was written`, {
    hint: `run again when that is done; if nothing of the kind runs, remove ${lock}`,
  })
}

function refused(lock: string, error: unknown): HardenError {
  const reason = error instanceof Error ? error.message : String(error)
  return new HardenError('unwritable', `${lock} cannot be made: ${reason}`, {
    hint: 'run as root: these are files of the system',
  })
}
