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
import { parseImageConfig } from '../config.ts'
import type { Accounts, ImageConfig, ImageFacts, Known, OsRelease, Platform } from '../facts.ts'
import { parseReference } from '../reference.ts'

export type { ConfigEdit, PortMove, VendorWay, WritablePath } from '../../../catalogue/entry.ts'

/** What the built-in catalogue says of one image: the file's `common` part and the variant that the tag is of, as one. */
export interface CatalogueEntry extends VariantFacts {
  /** Name of the catalogue's file for people, such as `nginx`. */
  readonly image: string
  readonly variant: string
  /** Tag by which the variant was chosen: `latest` where the reference has none. */
  readonly tag: string
}

const noFacts: Pick<
  VariantFacts,
  | 'stepDown'
  | 'writable'
  | 'ports'
  | 'configEdits'
  | 'env'
  | 'fileCapabilities'
  | 'needsRoot'
  | 'unprivilegedVariant'
  | 'notes'
> = {
  stepDown: null,
  writable: [],
  ports: [],
  configEdits: [],
  env: [],
  fileCapabilities: [],
  needsRoot: null,
  unprivilegedVariant: null,
  notes: [],
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

/** What the catalogue knows of an image by name; null where it has no entry, or where the tag does not say which. */
export function lookUp(reference: string): CatalogueEntry | null {
  const found = findEntry(reference)
  return found.known ? found.value : null
}

/** As lookUp, with the reason where there is no answer. Throws HardenError `bad-reference`. */
export function findEntry(reference: string): Known<CatalogueEntry> {
  const known = answers.get(reference)
  if (known !== undefined) return known
  const found = search(reference)
  if (answers.size >= mostAnswers) answers.clear()
  answers.set(reference, found)
  return found
}

/** The files of a tree start from a few images, and each is asked for several times. */
const answers = new Map<string, Known<CatalogueEntry>>()
const mostAnswers = 1000

function search(reference: string): Known<CatalogueEntry> {
  const parsed = parseReference(reference)
  if (parsed.kind === 'archive') return unknown('the catalogue is about images by name, not archives')
  const name = commonName(parsed.familiarName)
  const image = images.find((candidate) => candidate.repositories.some((glob) => matchesGlob(glob, name)))
  if (image === undefined) return unknown(`the catalogue has no entry for ${parsed.familiarName}`)
  if (parsed.tag === null && parsed.digest !== null) return withoutTag(image, name)
  const tag = parsed.tag ?? 'latest'
  const variant = image.variants.find(({ tagPattern }) => tagPattern === null || new RegExp(tagPattern).test(tag))
  if (variant === undefined) return unknown(`the catalogue knows ${image.image}, but not the kind of its tag ${tag}`)
  return { known: true, value: merge(image, variant, name, tag) }
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
  const entry = lookUp(reference)
  const parsed = parseReference(reference)
  if (entry === null || parsed.kind === 'archive') return null
  return {
    reference: parsed.text,
    source: 'catalogue',
    digest: parsed.digest,
    platform,
    files: { known: false, reason: 'the catalogue does not list files' },
    ...partsOf(entry),
  }
}

type Parts = Pick<ImageFacts, 'config' | 'accounts' | 'os'>

const parts = new WeakMap<CatalogueEntry, Parts>()

function partsOf(entry: CatalogueEntry): Parts {
  const known = parts.get(entry)
  if (known !== undefined) return known
  const made = { config: configOf(entry), accounts: accountsOf(entry.accounts, entry.image), os: osOf(entry) }
  parts.set(entry, made)
  return made
}

function withoutTag(image: CatalogueImage, name: string): Known<CatalogueEntry> {
  const [only, ...others] = image.variants
  if (only !== undefined && others.length === 0 && only.tagPattern === null) {
    return { known: true, value: merge(image, only, name, '') }
  }
  const names = image.variants.map(({ variant }) => variant).join('; ')
  return unknown(`a digest alone does not say which variant of ${image.image} it is (${names})`)
}

function merge(image: CatalogueImage, variant: Variant, repository: string, tag: string): CatalogueEntry {
  const { tagPattern: _, tags: __, ...facts } = variant
  // The schema holds that nothing without a default is missing (test/image/catalogue.test.ts).
  const entry = { ...noFacts, ...image.common, ...facts, image: image.image, tag } as CatalogueEntry
  const way = entry.unprivilegedVariant
  return way === null ? entry : { ...entry, unprivilegedVariant: fillIn(way, repository, tag) }
}

function fillIn(way: VendorWay, repository: string, tag: string): VendorWay {
  const { tags = [], ...rest } = way
  const rule = tags.find(({ pattern }) => new RegExp(pattern).test(tag))
  const text = way.reference.replace('{repository}', repository)
  if (rule === undefined) return { ...rest, reference: text.replace('{tag}', tag) }
  const to = tag.replace(new RegExp(rule.pattern), rule.to.replace(/\\(\d)/g, '$$$1'))
  return { ...rest, reference: `${text.slice(0, text.lastIndexOf(':'))}:${to}` }
}

function commonName(familiarName: string): string {
  const copy = officialCopies.find((prefix) => familiarName.startsWith(prefix))
  return copy === undefined ? familiarName : familiarName.slice(copy.length)
}

/** Each glob is compiled once: a tree of Dockerfiles asks thousands of times. */
const compiled = new Map<string, RegExp>()

/** `*` stands for anything but `/`. */
function matchesGlob(glob: string, name: string): boolean {
  if (!glob.includes('*')) return glob === name
  let pattern = compiled.get(glob)
  if (pattern === undefined) {
    pattern = new RegExp(`^${glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}$`)
    compiled.set(glob, pattern)
  }
  return pattern.test(name)
}

function configOf({ config }: CatalogueEntry): ImageConfig {
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

const relatives: Readonly<Record<string, readonly string[]>> = {
  ubuntu: ['debian'],
  ol: ['fedora'],
  rhel: ['fedora'],
  azurelinux: [],
}

function osOf(entry: CatalogueEntry): Known<OsRelease> {
  if (!entry.shell) {
    return { known: true, value: { id: 'distroless', idLike: entry.os === null ? [] : [entry.os], versionId: '' } }
  }
  if (entry.os === null) return unknown(`the catalogue does not say which distribution ${entry.image} is made of`)
  return { known: true, value: { id: entry.os, idLike: relatives[entry.os] ?? [], versionId: '' } }
}

function unknown(reason: string): { readonly known: false; readonly reason: string } {
  return { known: false, reason }
}
