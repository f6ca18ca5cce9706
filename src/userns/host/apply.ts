import { chmod, mkdir, readFile, rm, rmdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HardenError } from '../../errors.ts'
import { readText, replaceText, writeText } from '../../repository/files.ts'
import type { FileChange } from '../plan.ts'
import { withoutAdded } from '../sub-ids.ts'
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
      hint: 'run userns revert first, or move the backup away',
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
    // A daemon that starts in between must find the ids that it is told to use.
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
  // Other programs, such as newuidmap, must be able to read it whatever the umask is.
  await chmod(path, 0o644)
}

/** Restores `before` where the file is still as it was written. */
async function restore({ path, name, before, after }: FileChange): Promise<void> {
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
  // daemon.json comes first: a daemon that starts in between must not use ids that are gone.
  for (const change of changes.sort((one, other) => Number(other.path === config) - Number(one.path === config))) {
    await restore(change)
  }
  await rm(backupPath(config), { force: true })
  // A folder that holds other files by now stays.
  for (const folder of [...backup.folders].reverse()) await rmdir(folder).catch(() => undefined)
  return changes
}

function changed({ name, before, after }: FileChange, now: string | null, config: string): HardenError {
  const lines = after.split('\n').filter((line) => line !== '' && !(before ?? '').split('\n').includes(line))
  const what = now === null ? 'it was removed' : 'it was changed'
  return new HardenError('bad-config', `${name} is not as apply left it: ${what} since, and nothing was reverted`, {
    hint: `undo by hand what apply added (${lines.map((line) => line.trim()).join(' ')}), then remove ${backupPath(config)}`,
  })
}

/** What `apply` found and wrote, so that `revert` can bring back every byte. Lies beside daemon.json. */
interface Backup {
  readonly version: 1
  readonly files: readonly BackedUp[]
  /** Made by `apply`, outermost first. */
  readonly folders: readonly string[]
}

interface BackedUp {
  readonly path: string
  readonly name: string
  /** Base64; null where the file did not exist. */
  readonly before: string | null
  readonly after: string
}

export function backupPath(config: string): string {
  return `${config}.before-userns`
}

/** Null where there is none. */
async function readBackup(config: string): Promise<Backup | null> {
  const path = backupPath(config)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
    throw new HardenError('unreadable', `${path} cannot be read: ${error.message}`)
  })
  if (text === null) return null
  try {
    const backup = JSON.parse(text) as Backup
    if (backup.version === 1 && Array.isArray(backup.files) && Array.isArray(backup.folders)) return backup
  } catch {
    // Said below.
  }
  throw new HardenError('bad-config', `${path} is not a backup of userns apply`, { hint: 'move it away' })
}

async function writeBackup(config: string, backup: Backup): Promise<void> {
  const path = backupPath(config)
  await writeText(path, path, `${JSON.stringify(backup, null, 2)}\n`)
}

function encoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

function decoded(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8')
}
