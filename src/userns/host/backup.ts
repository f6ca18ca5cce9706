import { readFile } from 'node:fs/promises'
import { HardenError } from '../../errors.ts'
import { writeText } from '../../workspace/files.ts'

/** What `apply` found and wrote, so that `revert` can bring back every byte. Lies beside daemon.json. */
export interface Backup {
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
export async function readBackup(config: string): Promise<Backup | null> {
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
  throw new HardenError('bad-config', `${path} is no backup of userns apply`, { hint: 'move it away' })
}

export async function writeBackup(config: string, backup: Backup): Promise<void> {
  const path = backupPath(config)
  await writeText(path, path, `${JSON.stringify(backup, null, 2)}\n`)
}

export function encoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

export function decoded(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8')
}
