import type {
  AccountList,
  CatalogueImage,
  ListedAccounts,
  ListedGroup,
  Variant,
  VariantFacts,
  VendorWay,
} from '../../../catalogue/entry.ts'
import { baseAccounts, images } from '../../../catalogue/index.ts'
import { memoizeByObject } from '../../memoize.ts'
import { table } from '../../table.ts'
import { parseImageConfig } from '../config.ts'
import type { Accounts, ImageConfig, ImageFacts, Known, OsRelease, Platform } from '../facts.ts'
import { type ImageReference, parseReference } from '../reference.ts'

/** What the built-in catalogue says of one image: the file's `common` part and the variant that the tag is of, as one. */
export interface CatalogueEntry extends VariantFacts {
  /** Name of the catalogue's file for people, such as `nginx`. */
  readonly image: string
  readonly variant: string
  /** Tag by which the variant was chosen: `latest` where the reference has none. */
  readonly tag: string
  /** Another variant of the image has its account by another number: `www-data` is 33 on Debian and 82 on Alpine. */
  readonly numberVaries: boolean
}

const noFacts: Pick<
  VariantFacts,
  'writable' | 'ports' | 'mainConfig' | 'configEdits' | 'env' | 'fileCapabilities' | 'needsRoot' | 'unprivilegedVariant'
> = {
  writable: [],
  ports: [],
  mainConfig: null,
  configEdits: [],
  env: [],
  fileCapabilities: [],
  needsRoot: null,
  unprivilegedVariant: null,
}

/**
 * What the catalogue knows of an image by name; null where it has no entry, or where the tag, or a digest alone, does not
 * say which. Throws HardenError `bad-reference`.
 */
export function lookUp(reference: string): CatalogueEntry | null {
  const match = matchFor(reference)
  if (match === null) return null
  const entry = plainEntry(match)
  const way = entry.unprivilegedVariant
  return { ...entry, tag: match.tag, unprivilegedVariant: way === null ? null : fillIn(way, match.name, match.tag) }
}

/**
 * The catalogue's facts of an image; null where it has none. There are no files in it, and accounts are those of the
 * distribution with what the image adds. Where there is no shell the system is called `distroless`, whatever the
 * os-release says, since nothing can run in it.
 */
export function factsFromCatalogue(
  reference: string,
  platform: Platform = { os: 'linux', architecture: 'amd64' },
): ImageFacts | null {
  const found = matchFor(reference)
  if (found === null) return null
  const { text, digest } = found.reference
  return {
    reference: text,
    source: 'catalogue',
    digest,
    platform,
    files: { known: false, reason: 'the catalogue does not list files' },
    ...partsOf(plainEntry(found)),
  }
}

/** The image, and the variant that its tag is of. */
interface CatalogueMatch {
  readonly reference: ImageReference
  readonly image: CatalogueImage
  readonly variant: Variant
  /** In the catalogue. */
  readonly name: string
  readonly tag: string
}

/** The image and the variant that a reference names; null for none. Throws HardenError `bad-reference`. */
function matchFor(reference: string): CatalogueMatch | null {
  const known = answers.get(reference)
  if (known !== undefined) return known
  const found = search(reference)
  if (answers.size >= mostAnswers) answers.clear()
  answers.set(reference, found)
  return found
}

/** The files of a tree start from a few images, and each is asked for several times. */
const answers = new Map<string, CatalogueMatch | null>()
const mostAnswers = 1000

function search(text: string): CatalogueMatch | null {
  const reference = parseReference(text)
  if (reference.kind === 'archive') return null
  const name = commonName(reference.familiarName)
  const image = byName.get(name) ?? byPattern.find(({ pattern }) => pattern.test(name))?.image
  if (image === undefined) return null
  const isUnnamed = reference.tag === null && reference.digest !== null
  const tag = isUnnamed ? '' : (reference.tag ?? 'latest')
  const variant = isUnnamed ? onlyVariant(image) : image.variants.find((each) => tagPatternOf(each)?.test(tag) ?? true)
  return variant === undefined ? null : { reference, image, variant, name, tag }
}

const tagPatternOf = memoizeByObject(({ tagPattern }: Variant) => (tagPattern === null ? null : new RegExp(tagPattern)))

/** The one that a digest must be of, which says nothing of a tag. */
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

/** All that does not depend on the tag. */
type PlainEntry = Omit<CatalogueEntry, 'tag'>

const plainEntry = memoizeByObject(({ image, variant, name }: CatalogueMatch): PlainEntry => {
  const plain = entryOf(image, variant)
  const user = image.users?.[name]
  if (user === undefined || plain.class !== 'already-nonroot') return plain
  return { ...plain, config: { ...plain.config, user }, class: user === '0' ? 'plain-root' : plain.class, user: null }
})

function entryOf(image: CatalogueImage, variant: Variant): PlainEntry {
  let known = plainEntries.get(variant)
  if (known === undefined) {
    const { tagPattern: _, tags: __, ...facts } = variant
    // The schema holds that nothing without a default is missing (test/image/catalogue.test.ts).
    known = {
      ...noFacts,
      ...image.common,
      ...facts,
      image: image.image,
      numberVaries: varies(image, variant),
    } as PlainEntry
    plainEntries.set(variant, known)
  }
  return known
}

function varies({ variants }: CatalogueImage, { user }: Variant): boolean {
  return user != null && variants.some((other) => other.user?.name === user.name && other.user.uid !== user.uid)
}

const plainEntries = new WeakMap<Variant, PlainEntry>()

const partsOf = memoizeByObject((entry: PlainEntry): Pick<ImageFacts, 'config' | 'accounts' | 'os'> => {
  return { config: configOf(entry), accounts: accountsOf(entry.accounts, entry.image), os: osOf(entry) }
})

function fillIn(way: VendorWay, repository: string, tag: string): VendorWay {
  const { tags = [], ...rest } = way
  const rule = tags.find(({ pattern }) => new RegExp(pattern).test(tag))
  const text = way.reference.replace('{repository}', repository)
  if (rule === undefined) return { ...rest, reference: text.replace('{tag}', tag) }
  const to = tag.replace(new RegExp(rule.pattern), rule.to.replace(/\\(\d)/g, '$$$1'))
  return { ...rest, reference: `${text.slice(0, text.lastIndexOf(':'))}:${to}` }
}

function configOf({ config }: PlainEntry): ImageConfig {
  const keys = (names: readonly string[] = []): object => Object.fromEntries(names.map((name) => [name, {}]))
  return parseImageConfig({
    User: config.user,
    Entrypoint: config.entrypoint,
    Cmd: config.cmd,
    Env: Object.entries(config.env ?? {}).map(([name, value]) => `${name}=${value}`),
    ExposedPorts: keys(config.exposedPorts),
    Volumes: keys(config.volumes),
    WorkingDir: config.workdir,
    StopSignal: config.stopSignal,
  })
}

function accountsOf(listed: ListedAccounts, image: string): Known<Accounts> {
  const base: AccountList = listed.base === null ? { users: [], groups: [] } : baseAccounts[listed.base]
  const users = [...base.users, ...listed.users]
  if (users.length === 0) return unknown(`the catalogue lists no accounts for ${image}`)
  const groups: ListedGroup[] = [...base.groups, ...listed.groups]
  for (const { name, gid } of listed.users) {
    if (!groups.some((group) => group.gid === gid)) groups.push({ name, gid })
  }
  return {
    known: true,
    value: {
      users: users.map((user) => ({ ...user, home: user.home ?? '', shell: user.shell ?? '' })),
      groups: groups.map((group) => ({ ...group, members: [] })),
    },
  }
}

const relatives: Readonly<Record<string, readonly string[]>> = table({
  ubuntu: ['debian'],
  ol: ['fedora'],
  rhel: ['fedora'],
  azurelinux: [],
})

function osOf(entry: PlainEntry): Known<OsRelease> {
  if (!entry.shell) {
    return { known: true, value: { id: 'distroless', idLike: entry.os === null ? [] : [entry.os], versionId: '' } }
  }
  if (entry.os === null) return unknown(`the catalogue does not say which distribution ${entry.image} is made of`)
  return { known: true, value: { id: entry.os, idLike: relatives[entry.os] ?? [], versionId: '' } }
}

function unknown(reason: string): { readonly known: false; readonly reason: string } {
  return { known: false, reason }
}
