import { HardenError } from '../../../errors.ts'
import { type ArchiveReference, type ImageReference, parseImageReference } from '../../reference.ts'
import type { StoredImage } from './stored-image.ts'

const MOST_NAMED = 10

/** One image of an archive. */
export interface Candidate {
  /** What the archive calls it, tags without a name among them. */
  readonly names: readonly string[]
  open(): Promise<StoredImage>
}

/** The one that is meant: by its name, by `@` and its number, or the only one. Throws HardenError `no-image`. */
export function chooseImage(reference: ArchiveReference, candidates: readonly Candidate[]): Candidate {
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
    hint: there.length === 0 ? 'make the archive again' : `say which: ${transport}:${file}:${there[0]}`,
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
export function nameFor({ file, image }: ArchiveReference, names: readonly string[]): string {
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
