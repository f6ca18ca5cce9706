import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Blobs } from './blobs.ts'
import { broken } from './stored-image.ts'

/** A folder as the files in it, by their paths below it. */
export function folderBlobs(title: string, folder: string): Blobs {
  return {
    title,
    text: (name) => readFile(join(folder, name), 'utf8').catch(nullIfMissing),
    each: async (names, read) => {
      for (const name of names) {
        const file = join(folder, name)
        const stats = await stat(file).catch(nullIfMissing)
        if (stats === null) throw broken({ title }, `${name} is missing in it`)
        const blob = createReadStream(file)
        try {
          await read(name, blob, stats.size)
        } finally {
          blob.destroy()
        }
      }
    },
  }
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
  throw error
}
