import { readFileSync, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { bounds } from '../bounds.ts'
import { HardenError } from '../errors.ts'
import { readText } from './files.ts'
import { realOf, staysIn } from './trust.ts'

/**
 * Text of a file that nobody has named: what lies at a known place beside the Dockerfiles. A link may not lead out of `allowedRoot`
 * (real): what it says of its text would show a file of this machine. Throws HardenError `unreadable`.
 */
export async function readFound(path: string, name: string, allowedRoot: string): Promise<string> {
  if (!staysIn(allowedRoot, path))
    throw new HardenError(
      'unreadable',
      `${name} was not read: it is a link that leads out of ${allowedRoot}, to ${realOf(path)}`,
      {
        hint: 'put the file itself there, or name the one that it leads to with --config',
      },
    )
  const isFile = await stat(path).then(
    (stats) => stats.isFile(),
    () => true,
  )
  if (!isFile) throw new HardenError('unreadable', `${name} cannot be read: it is no regular file`)
  return readText(path, name)
}

/** The same of a file that says what is left out; null where it is not there, is no regular file, or is larger than any text that is read. */
export function rulesIn(path: string): string | null {
  try {
    // A pipe would be waited for, and a device has no end.
    const stats = statSync(path, { throwIfNoEntry: false })
    return stats?.isFile() && stats.size <= bounds.textBytes ? readFileSync(path, 'utf8') : null
  } catch {
    return null
  }
}
