import { constants } from 'node:fs'
import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { HardenError } from '../../../errors.ts'
import { isWithin } from '../../../path.ts'
import type { Platform } from '../../facts.ts'
import type { ArchiveReference } from '../../reference.ts'
import { type ArchiveBlobs, archiveBlobs } from './archive-blobs.ts'
import type { Blobs } from './blobs.ts'
import { byDigest } from './by-digest.ts'
import { type Candidate, chooseImage, nameFor } from './candidate.ts'
import { broken, parseSaved } from './documents.ts'
import { imagesOfOciLayout } from './oci.ts'
import { kindDocument, type StoredImage, storedImage } from './stored-image.ts'

export interface OpenedImage {
  readonly blobs: Blobs
  readonly image: StoredImage
  /** What a FROM line calls it. */
  readonly name: string
}

/**
 * The image of an archive or of an OCI image layout; it lies at `path`. `platform`: which of several,
 * null for that of this machine. Throws HardenError `unreadable` or `no-image`.
 */
export async function openArchive(
  reference: ArchiveReference,
  path: string,
  platform: Platform | null,
  signal: AbortSignal = new AbortController().signal,
): Promise<OpenedImage> {
  const { blobs, images } = await openers[reference.transport](reference, { path, platform, signal })
  const chosen = chooseImage(reference, images)
  return { blobs, image: await chosen.open(), name: nameFor(reference, chosen.names) }
}

type Opener = (
  reference: ArchiveReference,
  from: { readonly path: string; readonly platform: Platform | null; readonly signal: AbortSignal },
) => Promise<{ readonly blobs: Blobs; readonly images: readonly Candidate[] }>

const openers: Readonly<Record<ArchiveReference['transport'], Opener>> = {
  async 'docker-archive'({ file }, { path, signal }) {
    await check(file, path, 'file')
    const blobs = await archiveBlobs(`the archive ${file}`, path, signal)
    return { blobs, images: await imagesOfDockerArchive(blobs) }
  },
  async 'oci-archive'({ file }, { path, platform, signal }) {
    await check(file, path, 'file')
    const layout = await archiveBlobs(`the archive ${file}`, path, signal)
    return { blobs: byDigest(layout), images: await imagesOfOciLayout(layout, platform) }
  },
  async oci({ file }, { path, platform, signal }) {
    await check(file, path, 'folder')
    const layout = folderBlobs(`the folder ${file}`, path, signal)
    return { blobs: byDigest(layout), images: await imagesOfOciLayout(layout, platform) }
  },
}

async function check(file: string, path: string, kind: 'file' | 'folder'): Promise<void> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new HardenError('unreadable', `there is no ${kind} ${file}`, { hint: 'check the path', cause: error })
  })
  if (kind === 'folder' ? stats.isDirectory() : stats.isFile()) return
  // It is read twice, and one that nobody writes to would be waited for.
  if (!stats.isDirectory() && !stats.isFile())
    throw new HardenError('unreadable', `${file} is no regular ${kind}`, { hint: 'write it to a file first' })
  throw new HardenError('unreadable', kind === 'file' ? `${file} is a folder` : `${file} is a file`, {
    hint: kind === 'file' ? `write it as oci:${file}` : `write it as oci-archive:${file} or docker-archive:${file}`,
  })
}

/** The images of a `docker save`. */
async function imagesOfDockerArchive(blobs: ArchiveBlobs): Promise<readonly Candidate[]> {
  const name = 'manifest.json'
  const bytes = await kindDocument(blobs, {
    file: name,
    kind: 'archive of docker save',
    twin: {
      file: 'index.json',
      hint: 'it is an OCI archive: write oci-archive:',
      otherwise: 'make it with docker save --output FILE IMAGE',
    },
  })
  return parseSaved(bytes, { blobs, name }).map(({ config, names, layers }) => ({
    names,
    open: () =>
      storedImage(blobs, {
        digest: null,
        configBlob: blobs.real(config),
        layers: layers.map((layer) => blobs.real(layer)),
      }),
  }))
}

/** A folder as the regular files in it, by their paths below it. */
function folderBlobs(title: string, folder: string, signal: AbortSignal): Blobs {
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
