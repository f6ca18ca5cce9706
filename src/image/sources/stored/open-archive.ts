import { stat } from 'node:fs/promises'
import { HardenError } from '../../../errors.ts'
import type { Platform } from '../../facts.ts'
import { type ArchiveReference, type ImageReference, parseImageReference } from '../../reference.ts'
import { type ArchiveBlobs, archiveBlobs, folderBlobs } from './archive-blobs.ts'
import { type Blobs, byDigest } from './blobs.ts'
import { parseSaved } from './documents.ts'
import { type ArchivedImage, imagesOfOciLayout, kindDocument, type StoredImage, storedImage } from './stored-image.ts'

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
) => Promise<{ readonly blobs: Blobs; readonly images: readonly ArchivedImage[] }>

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
    throw new HardenError('unreadable', `${file} is not a regular ${kind}`, { hint: 'write it to a file first' })
  throw new HardenError('unreadable', kind === 'file' ? `${file} is a folder` : `${file} is a file`, {
    hint: kind === 'file' ? `write it as oci:${file}` : `write it as oci-archive:${file} or docker-archive:${file}`,
  })
}

/** The images of a `docker save`. */
async function imagesOfDockerArchive(blobs: ArchiveBlobs): Promise<readonly ArchivedImage[]> {
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

const MOST_NAMED = 10

/** The one that is meant: by its name, by `@` and its number, or the only one. Throws HardenError `no-image`. */
export function chooseImage(reference: ArchiveReference, candidates: readonly ArchivedImage[]): ArchivedImage {
  const { text, transport, file, image } = reference
  const found = image === null ? candidates : candidates.filter(({ names }, index) => isCalled(image, names, index))
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  const there = candidates.map(({ names }, index) => names[0] ?? `@${index}`)
  const named = (there.length > MOST_NAMED ? [...there.slice(0, MOST_NAMED), '…'] : there).join(', ')
  const problem =
    there.length === 0
      ? `${text} has no images`
      : image === null
        ? `${text} has ${there.length} images: ${named}`
        : found.length === 0
          ? `${file} has no image that is called ${image}, only ${named}`
          : `${file} has ${found.length} images that are called ${image}: ${named}`
  throw new HardenError('no-image', problem, {
    hint: there.length === 0 ? 'make the archive again' : `choose one: ${transport}:${file}:${there[0]}`,
  })
}

function isCalled(image: string, names: readonly string[], index: number): boolean {
  if (image === `@${index}` || names.includes(image)) return true
  const wanted = fullName(image)
  return wanted !== null && names.some((name) => fullName(name) === wanted)
}

/** `docker.io/library/nginx:latest`; null for what is no name of an image. */
function fullName(text: string): string | null {
  const reference = parsed(text)
  return reference === null ? null : `${reference.repository}:${reference.tag ?? 'latest'}`
}

/**
 * What a FROM line calls it. A tag alone is none: such an image is called after its file, on the host that stands for
 * no registry, so that nobody takes it for another one's.
 */
function nameFor({ file, image }: ArchiveReference, names: readonly string[]): string {
  const chosen = image === null || image.startsWith('@') ? [] : [image]
  for (const name of [...chosen, ...names]) {
    const reference = /[:/]/.test(name) ? parsed(name) : null
    if (reference !== null) return `${reference.familiarName}:${reference.tag ?? 'latest'}`
  }
  const base =
    file
      .replace(/(?<!\/)\/+$/, '')
      .split('/')
      .at(-1) ?? ''
  const stem = base.toLowerCase().replace(/\.(?:tar(?:\.\w+)?|tgz)$/, '')
  const tag = names.find((name) => /^\w[\w.-]{0,127}$/.test(name)) ?? 'latest'
  return `localhost/${stem.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'image'}:${tag}`
}

function parsed(text: string): ImageReference | null {
  try {
    return parseImageReference(text)
  } catch (error) {
    if (error instanceof HardenError) return null
    throw error
  }
}
