import type { CatalogueImage, Variant } from '../../../catalogue/entry.ts'
import { images } from '../../../catalogue/index.ts'
import { onceFor } from '../../once-for.ts'
import type { Known } from '../facts.ts'
import { type ImageReference, parseReference } from '../reference.ts'

/** The image, and the variant that its tag is of. */
export interface CatalogueMatch {
  readonly reference: ImageReference
  readonly image: CatalogueImage
  readonly variant: Variant
  /** In the catalogue. */
  readonly name: string
  readonly tag: string
}

/** The image and the variant that a reference names, or why there is none. Throws HardenError `bad-reference`. */
export function matchFor(reference: string): Known<CatalogueMatch> {
  const known = answers.get(reference)
  if (known !== undefined) return known
  const found = search(reference)
  if (answers.size >= mostAnswers) answers.clear()
  answers.set(reference, found)
  return found
}

/** The files of a tree start from a few images, and each is asked for several times. */
const answers = new Map<string, Known<CatalogueMatch>>()
const mostAnswers = 1000

function search(text: string): Known<CatalogueMatch> {
  const reference = parseReference(text)
  if (reference.kind === 'archive') return unknown('the catalogue is about images by name, not archives')
  const name = commonName(reference.familiarName)
  const image = byName.get(name) ?? byPattern.find(({ pattern }) => pattern.test(name))?.image
  if (image === undefined) return unknown(`the catalogue has no entry for ${reference.familiarName}`)
  const isUnnamed = reference.tag === null && reference.digest !== null
  const tag = isUnnamed ? '' : (reference.tag ?? 'latest')
  const variant = isUnnamed ? onlyVariant(image) : image.variants.find((each) => tagPatternOf(each)?.test(tag) ?? true)
  if (variant !== undefined) return { known: true, value: { reference, image, variant, name, tag } }
  if (!isUnnamed) return unknown(`the catalogue knows ${image.image}, but not the kind of its tag ${tag}`)
  const names = image.variants.map((each) => each.variant).join('; ')
  return unknown(`a digest alone does not say which variant of ${image.image} it is (${names})`)
}

const tagPatternOf = onceFor(({ tagPattern }: Variant) => (tagPattern === null ? null : new RegExp(tagPattern)))

/** The one that a digest must be of. */
function onlyVariant({ variants }: CatalogueImage): Variant | undefined {
  const [only, ...others] = variants
  return others.length === 0 && only?.tagPattern === null ? only : undefined
}

const repositories = images.flatMap((image) => image.repositories.map((name) => ({ name, image })))
const byName: ReadonlyMap<string, CatalogueImage> = new Map(repositories.map(({ name, image }) => [name, image]))
const byPattern = repositories
  .filter(({ name }) => name.includes('*'))
  .map(({ name, image }) => ({ pattern: globPattern(name), image }))

/** `*` stands for anything but `/`. */
function globPattern(glob: string): RegExp {
  return new RegExp(`^${glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}$`)
}

/** Docker Official Images as other registries publish them, under the same tags. */
const officialCopies = [
  'public.ecr.aws/docker/library/',
  'mirror.gcr.io/library/',
  // For one architecture each: what `node` is made of there.
  ...['amd64', 'arm32v5', 'arm32v6', 'arm32v7', 'arm64v8', 'i386', 'ppc64le', 'riscv64', 's390x'].map(
    (architecture) => `${architecture}/`,
  ),
]

function commonName(familiarName: string): string {
  const copy = officialCopies.find((prefix) => familiarName.startsWith(prefix))
  return copy === undefined ? familiarName : familiarName.slice(copy.length)
}

function unknown(reason: string): { readonly known: false; readonly reason: string } {
  return { known: false, reason }
}
