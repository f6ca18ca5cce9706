import { chmod, mkdir, rm, rmdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HardenError } from '../../errors.ts'
import { replaceText, writeText } from '../../workspace/files.ts'
import type { FileChange } from '../plan.ts'
import { backupPath, encoded, readBackup, writeBackup } from './backup.ts'
import { type LockOptions, whileLocked } from './lock.ts'

/**
 * Writes the changes, each file all or nothing, the sub ids before daemon.json; a failure takes back what was written.
 * First a backup for `revert`. Throws HardenError `unreadable` for what cannot be written.
 */
export async function applyChanges(
  config: string,
  changes: readonly FileChange[],
  locking?: LockOptions,
): Promise<void> {
  if (changes.length === 0) return
  if ((await readBackup(config)) !== null) {
    throw new HardenError('bad-config', `${backupPath(config)} is there: an earlier apply was not reverted`, {
      hint: 'userns revert first, or move the backup away',
    })
  }
  const folders = await missingFolders(changes)
  for (const folder of folders) await mkdir(folder).catch((error: unknown) => refuse(folder, error))
  const done: FileChange[] = []
  try {
    await writeBackup(config, {
      version: 1,
      files: changes.map(({ path, name, before, after }) => ({
        path,
        name,
        before: before === null ? null : encoded(before),
        after: encoded(after),
      })),
      folders,
    })
    await chmod(backupPath(config), 0o600)
    // A daemon that starts meanwhile must find the ids that it is told to use.
    const ordered = [...changes].sort((one, other) => Number(one.path === config) - Number(other.path === config))
    const write = async () => {
      for (const change of ordered) {
        await writeChange(change)
        done.push(change)
      }
    }
    await whileLocked(
      changes.flatMap(({ path }) => (path === config ? [] : [path])),
      write,
      locking,
    )
  } catch (error) {
    for (const change of done) await restore(change).catch(() => undefined)
    await rm(backupPath(config), { force: true })
    for (const folder of [...folders].reverse()) await rmdir(folder).catch(() => undefined)
    throw error
  }
}

async function writeChange({ path, name, before, after }: FileChange): Promise<void> {
  if (before !== null) return replaceText(path, name, before, after)
  if (await exists(path)) {
    throw new HardenError('unwritable', `${name} was not written: it came into being meanwhile`, { hint: 'run again' })
  }
  await writeText(path, name, after)
  // Others, such as newuidmap for another user, must read it whatever the umask is.
  await chmod(path, 0o644)
}

/** Back to `before`, if it is still as written. */
export async function restore({ path, name, before, after }: FileChange): Promise<void> {
  if (before === null) await rm(path, { force: true })
  else await replaceText(path, name, after, before)
}

async function missingFolders(changes: readonly FileChange[]): Promise<readonly string[]> {
  const missing = new Set<string>()
  for (const { path } of changes) {
    for (let folder = dirname(path); !(await exists(folder)); folder = dirname(folder)) missing.add(folder)
  }
  return [...missing].sort((one, other) => one.length - other.length)
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

function refuse(folder: string, error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error)
  throw new HardenError('unwritable', `the folder ${folder} cannot be made: ${reason}`, {
    hint: 'run as root: these are files of the system',
  })
}
