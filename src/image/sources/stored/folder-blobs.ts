import { constants } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { isWithin } from '../../../path.ts'
import type { Blobs } from './blobs.ts'
import { broken } from './documents.ts'

/** A folder as the regular files in it, by their paths below it. */
export function folderBlobs(title: string, folder: string, signal: AbortSignal): Blobs {
  const opened = (name: string): Promise<FileHandle | null> => openBelow(title, folder, name)
  return {
    title,
    document: async (name, most) => {
      const file = await opened(name)
      if (file === null) return null
      try {
        const { size } = await file.stat()
        if (size > most) throw broken({ title }, `${name} has ${size} bytes, more than ${most}`)
        return await file.readFile({ signal })
      } finally {
        await file.close()
      }
    },
    each: async (names, read) => {
      for (const name of names) {
        const file = await opened(name)
        if (file === null) throw broken({ title }, `${name} is missing in it`)
        try {
          const { size } = await file.stat()
          const blob = file.createReadStream({ autoClose: false, signal })
          await read(name, blob, size)
        } finally {
          await file.close()
        }
      }
    },
  }
}

/** Null where it is missing. A link in the folder may lead to any file of the machine, and to a pipe that nobody writes to. */
async function openBelow(title: string, folder: string, name: string): Promise<FileHandle | null> {
  try {
    const path = await realpath(join(folder, name))
    if (!isWithin(path, await realpath(folder))) throw broken({ title }, `${name} is a link that leads out of it`)
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if ((await file.stat()).isFile()) return file
    await file.close()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    if (code === undefined || code === 'unreadable') throw error
    throw broken({ title }, `${name}: ${(error as Error).message}`)
  }
  throw broken({ title }, `${name} is no regular file`)
}
