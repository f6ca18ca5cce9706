import { rm, rmdir, stat } from 'node:fs/promises'
import { HardenError } from '../../errors.ts'
import { readText } from '../../workspace/files.ts'
import type { FileChange } from '../plan.ts'
import { withoutAdded } from '../sub-ids.ts'
import { restore } from './apply.ts'
import { type Backup, backupPath, decoded, readBackup } from './backup.ts'
import { type LockOptions, whileLocked } from './lock.ts'

/**
 * Brings back every byte that `apply` found and removes what it made, the backup last. Gives what was changed, null where
 * nothing was applied. What others added to the sub ids since stays. Throws HardenError, with nothing written, where a
 * file is no longer as `apply` left it.
 */
export async function revert(config: string, locking?: LockOptions): Promise<readonly FileChange[] | null> {
  const backup = await readBackup(config)
  if (backup === null) return null
  const subIds = backup.files.flatMap(({ path }) => (path === config ? [] : [path]))
  return whileLocked(subIds, () => takeBack(backup, config), locking)
}

async function takeBack(backup: Backup, config: string): Promise<readonly FileChange[]> {
  const changes: FileChange[] = []
  for (const { path, name, before, after } of backup.files) {
    const change = { path, name, before: before === null ? null : decoded(before), after: decoded(after) }
    const now = (await exists(path)) ? await readText(path, name) : null
    // An apply that was cut off, or a revert.
    if (now === change.before) continue
    const others = now === null || now === change.after ? null : withoutAdded(change.before, change.after, now)
    if (now === change.after) changes.push(change)
    else if (now !== null && others !== null) changes.push({ ...change, before: others, after: now })
    else throw changed(change, now, config)
  }
  // daemon.json first: a daemon that starts meanwhile must not be told to use ids that are gone.
  for (const change of changes.sort((one, other) => Number(other.path === config) - Number(one.path === config))) {
    await restore(change)
  }
  await rm(backupPath(config), { force: true })
  // One that holds something else by now stays.
  for (const folder of [...backup.folders].reverse()) await rmdir(folder).catch(() => undefined)
  return changes
}

function changed({ name, before, after }: FileChange, now: string | null, config: string): HardenError {
  const lines = after.split('\n').filter((line) => line !== '' && !(before ?? '').split('\n').includes(line))
  const what = now === null ? 'it was removed' : 'it was changed'
  return new HardenError('bad-config', `${name} is not as apply left it: ${what} since, and nothing was reverted`, {
    hint: `take back by hand what apply added (${lines.map((line) => line.trim()).join(' ')}), then remove ${backupPath(config)}`,
  })
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
