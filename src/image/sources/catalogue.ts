import type {
  AccountList,
  ListedAccounts,
  ListedGroup,
  Variant,
  VariantFacts,
  VendorWay,
} from '../../../catalogue/entry.ts'
import { baseAccounts } from '../../../catalogue/index.ts'
import { onceFor } from '../../once-for.ts'
import { table } from '../../table.ts'
import { parseImageConfig } from '../config.ts'
import type { Accounts, ImageConfig, ImageFacts, Known, OsRelease, Platform } from '../facts.ts'
import { type CatalogueMatch, matchFor } from './catalogue-match.ts'

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
  | 'mainConfig'
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
  mainConfig: null,
  configEdits: [],
  env: [],
  fileCapabilities: [],
  needsRoot: null,
  unprivilegedVariant: null,
  notes: [],
}

/** What the catalogue knows of an image by name; null where it has no entry, or where the tag does not say which. */
export function lookUp(reference: string): CatalogueEntry | null {
  const found = findEntry(reference)
  return found.known ? found.value : null
}

/** As lookUp, with the reason where there is no answer. Throws HardenError `bad-reference`. */
export function findEntry(reference: string): Known<CatalogueEntry> {
  const found = matchFor(reference)
  return found.known ? { known: true, value: entryOf(found.value) } : found
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
  if (!found.known) return null
  const { text, digest } = found.value.reference
  return {
    reference: text,
    source: 'catalogue',
    digest,
    platform,
    files: { known: false, reason: 'the catalogue does not list files' },
    ...partsOf(plainEntry(found.value)),
  }
}

/** All that does not depend on the tag. */
type PlainEntry = Omit<CatalogueEntry, 'tag'>

function plainEntry({ image, variant }: CatalogueMatch): PlainEntry {
  let known = plainEntries.get(variant)
  if (known === undefined) {
    const { tagPattern: _, tags: __, ...facts } = variant
    // The schema holds that nothing without a default is missing (test/image/catalogue.test.ts).
    known = { ...noFacts, ...image.common, ...facts, image: image.image } as PlainEntry
    plainEntries.set(variant, known)
  }
  return known
}

const plainEntries = new WeakMap<Variant, PlainEntry>()

const partsOf = onceFor((entry: PlainEntry): Pick<ImageFacts, 'config' | 'accounts' | 'os'> => {
  return { config: configOf(entry), accounts: accountsOf(entry.accounts, entry.image), os: osOf(entry) }
})

function entryOf(match: CatalogueMatch): CatalogueEntry {
  const { tag, name } = match
  const entry = plainEntry(match)
  const way = entry.unprivilegedVariant
  return { ...entry, tag, unprivilegedVariant: way === null ? null : fillIn(way, name, tag) }
}

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
