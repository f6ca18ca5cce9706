import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withTemporaryFolder } from '../temporary.ts'

/** Gives a path at which the engine's CLI can write the id of the container that it creates (`--cidfile`). */
export function withIdFile<T>(use: (path: string) => Promise<T>): Promise<T> {
  return withTemporaryFolder('id', (folder) => use(join(folder, 'id')))
}

/** '' where no container was created. */
export async function readIdFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
