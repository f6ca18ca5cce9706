import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Gives a path at which the engine's CLI can write the id of the container that it creates (`--cidfile`). */
export async function withIdFile<T>(use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'harden-image-id-'))
  try {
    return await use(join(folder, 'id'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
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
