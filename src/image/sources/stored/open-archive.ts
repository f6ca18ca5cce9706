import { stat } from 'node:fs/promises'
import { HardenError } from '../../../errors.ts'
import type { Platform } from '../../facts.ts'
import type { ArchiveReference } from '../../reference.ts'
import { archiveBlobs } from './archive-blobs.ts'
import type { Blobs } from './blobs.ts'
import { byDigest } from './by-digest.ts'
import { type Candidate, chooseImage, nameFor } from './candidate.ts'
import { imagesOfDockerArchive } from './docker-archive.ts'
import { folderBlobs } from './folder-blobs.ts'
import { imagesOfOciLayout } from './oci.ts'
import type { StoredImage } from './stored-image.ts'

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
