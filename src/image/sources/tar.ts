import { bounds } from '../../bounds.ts'
import { isWithin, nameOf, normalisePath, parentOf } from '../../path.ts'
import type { ImageConfig } from '../facts.ts'
import type { FileEntry } from '../file-model.ts'
import { entryBytes, type ImageLimits, imageLimits } from './image-limits.ts'
import { type TarHeader, tarEntries } from './tar-entries.ts'

/** The entries of a tar and the texts that were wanted, by absolute path. */
export interface TarContent {
  readonly entries: Map<string, FileEntry>
  readonly texts: Map<string, string>
}

/** A layer has, beside what is whole in it, names for files of the layers below: by path, the path that each is a link to. */
export interface LayerContent extends TarContent {
  readonly links: Map<string, string>
}

export interface TarOptions {
  readonly wanted: (path: string, size: number) => WantedText
  /** Where the tar's root lies in the image; default `/`. */
  readonly under?: string
  /** What may be held of the image that the tar is a part of; default: a whole one for this tar. */
  readonly limits?: ImageLimits
}

const LONGEST_PATH = 4096

/** Reads a tar to its end. Contents that are not wanted go by without being held; nothing is written to disk. */
export async function readTar(tar: AsyncIterable<Uint8Array>, options: TarOptions): Promise<LayerContent> {
  const { wanted, under = '/', limits = imageLimits() } = options
  const content: LayerContent = { entries: new Map(), texts: new Map(), links: new Map() }
  const place = placer(content, limits)
  let left = totalLimit
  for await (const { header, content: bytes } of tarEntries(tar)) {
    const path = pathOf(header.name, under)
    place(path, header, under)
    const kind = header.type === 'file' && !header.isSparse ? wanted(path, header.size) : null
    const text = kind === null ? null : await readText(bytes(), kind)
    if (kind === null || text === null) continue
    const held = text.length * (isLatin1(text) ? 1 : 2)
    if (kind === 'named') limits.hold(held)
    else if (held > left) continue
    else left -= held
    content.texts.set(path, text)
  }
  return content
}

/** Null where the content turns out to be no text (or no script). */
async function readText(bytes: AsyncIterable<Buffer>, wanted: WantedText): Promise<string | null> {
  const chunks: Buffer[] = []
  for await (const chunk of bytes) {
    if (chunks.length === 0 && wanted === 'script' && chunk[0] !== 0x23) return null
    chunks.push(chunk)
  }
  const whole = Buffer.concat(chunks)
  if (wanted === 'script' && !(whole[0] === 0x23 && whole[1] === 0x21)) return null
  return textOf(whole)
}

function isLatin1(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range that takes one byte in memory
  return /^[\u0000-\u00ff]*$/.test(text)
}

/** Adds entries one after the other as unpacking them would: the last of a path counts. */
function placer({ entries, texts, links }: LayerContent, limits: ImageLimits) {
  /** Folders that are only there because something lies in them. */
  const implied = new Set<string>()
  /** What lies behind a link is elsewhere, and where that is engines do not agree on. */
  const checkParents = (path: string): void => {
    for (let at = parentOf(path); at !== '/'; at = parentOf(at)) {
      const entry = entries.get(at)
      if (entry?.type === 'directory') return
      if (entry !== undefined || links.has(at)) limits.giveUp(`${path} is in it, and ${at} is not a folder`)
      if (implied.has(at)) return
      implied.add(at)
      limits.hold(entryBytes(at, null))
    }
  }
  return (path: string, header: TarHeader, under: string): void => {
    if (path.length > LONGEST_PATH) throw new Error(`a path in it has ${path.length} characters`)
    if (path === '/') {
      if (header.type !== 'directory') throw new Error('what it has as / is not a folder')
    } else checkParents(path)
    const before = entries.get(path)
    const isFolder = before?.type === 'directory' || implied.has(path)
    if (header.type !== 'directory' && isFolder)
      limits.giveUp(`${path} is in it as a folder, and then as something else`)
    texts.delete(path)
    links.delete(path)
    if (header.type === 'link') {
      const target = pathOf(header.link, under)
      if (target === path) return
      const entry = entries.get(target)
      const text = texts.get(target)
      if (entry?.type === 'directory') throw new Error(`${path} is a hard link to the folder ${target}`)
      limits.hold(entryBytes(path, entry === undefined ? target : null))
      if (entry === undefined) {
        entries.delete(path)
        links.set(path, links.get(target) ?? target)
      } else entries.set(path, entry)
      if (text !== undefined) texts.set(path, text)
      return
    }
    const entry = entryOf(header)
    limits.hold(entryBytes(path, entry.link) + 8 * (entry.capabilities?.length ?? 0))
    entries.set(path, entry)
  }
}

function entryOf({ type, uid, gid, mode, size, link, capabilities }: TarHeader): FileEntry {
  const isLink = type === 'symlink'
  const own = type !== 'file' || capabilities.length === 0 ? {} : { capabilities }
  return { type: type === 'link' ? 'other' : type, uid, gid, mode, size, link: isLink ? link : null, ...own }
}

function pathOf(name: string, under: string): string {
  if (under === '/' && !/\/\/|(?:^|\/)\.\.?(?:\/|$)/.test(name)) {
    const from = name.startsWith('/') ? 1 : 0
    const to = name.endsWith('/') ? -1 : undefined
    return name === '' || name === '/' ? '/' : `/${name.slice(from, to)}`
  }
  return normalisePath(name.replace(/^\/+/, ''), under)
}

/** Files that are kept whatever their size says, up to `bounds.textBytes`, as what the image starts is: its accounts and packages. */
const systemFiles: ReadonlySet<string> = new Set([
  '/etc/passwd',
  '/etc/group',
  '/etc/os-release',
  '/usr/lib/os-release',
  '/lib/apk/db/installed',
  '/usr/lib/apk/db/installed',
])
/** Where a link from there may lead: /usr/lib/passwd, /usr/share/defaults/etc/group. */
const accountFile = /\/(?:passwd|group)$/
const otherLimit = 64 * 1024
/** All texts of one image together, accounts and entrypoint scripts not counted. */
const totalLimit = 48 * 1024 * 1024

// A hash or a key is never needed to decide anything, so it is never held in memory or a report.
const secret = /^\/etc\/g?shadow-?$|^\/etc\/ssl\/private\/|_key$|\.(?:key|pem|p12|jks|crt)$/
const bulk =
  /\/(?:node_modules|site-packages|dist-packages|\.git)\/|^\/usr\/share\/(?:doc|man|perl\d?|zoneinfo|locale)\//
const configFolder =
  /^\/etc\/|^\/usr\/local\/etc\/|^\/opt\/[^/]+\/(?:etc|conf|config)\/|^\/usr\/(?:share|local|lib)\/[^/]+\/(?:conf|config|etc)\//
const configFile = /\.(?:conf|cfg|ini|ya?ml|toml|properties|xml|json|env|cnf)$/i
const scriptFile = /\.(?:sh|bash|envsh)$/
/** Source of an application, and the file that names its framework. */
const sourceFile = /\.(?:[cm]?[jt]sx?|py|rb|ru|php|jsp|pl|lua|java|kt|go|rs|cs|exs?)$|\/Gemfile$/
const isShared = /^\/(?:usr\/)?(?:local\/)?s?bin\//
const webRoot = /\/(?:webapps|htdocs|cgi-bin)\//
/** Where a distribution keeps modules and programs of all kinds. */
const libraries = /^\/(?:usr|lib\w*|bin|sbin|etc)\//

/** `named`: keep any text; `text`: keep a small text; `script`: keep a small one that starts with `#!`; null: skip. */
export type WantedText = 'named' | 'text' | 'script' | null

/** Which files of an image with this config have their text kept. */
export function keptTexts(config: ImageConfig): (path: string, size: number) => WantedText {
  const words = [...(config.entrypoint ?? []), ...(config.cmd ?? []), ...(config.healthcheck?.test ?? [])]
  const started = new Set(
    words
      .flatMap((word) => word.split(/[\s;&|"'=]+/))
      .map(nameOf)
      .filter(Boolean),
  )
  // The package of what is started lies in a folder of its name: dist-packages/radicale.
  const names = new Set([...started].map((name) => name.toLowerCase().replaceAll('-', '_')))
  const besideStarted = words.filter((word) => word.startsWith('/')).map(parentOf)
  const ofStarted = (path: string): boolean =>
    path
      .split('/')
      .slice(3, -1)
      .some((part) => names.has(part.toLowerCase().replaceAll('-', '_'))) ||
    (!isShared.test(path) && besideStarted.includes(parentOf(path)))
  const appFolders = ['/app', '/srv', '/opt', '/usr/src/app', ...(config.workdir === '/' ? [] : [config.workdir])]
  return (path, size) => {
    if (size === 0 || secret.test(path)) return null
    if (systemFiles.has(path)) return size <= bounds.textBytes ? 'named' : null
    if (size <= bounds.textBytes && started.has(nameOf(path))) return 'named'
    if (size <= otherLimit && accountFile.test(path)) return 'text'
    if (size > otherLimit) return null
    if (sourceFile.test(path) && (ofStarted(path) || webRoot.test(path))) return 'text'
    if (bulk.test(path)) return null
    if (configFolder.test(path) || scriptFile.test(path)) return 'text'
    const isOfApp = configFile.test(path) || (sourceFile.test(path) && !/\/vendor\//.test(path))
    const isElsewhere = sourceFile.test(path) && !libraries.test(path)
    if (isOfApp && (isElsewhere || appFolders.some((folder) => isWithin(path, folder)))) return 'text'
    return 'script'
  }
}

/** Text has no NUL byte (the rule of git and grep). */
function textOf(content: Buffer): string | null {
  return content.includes(0) ? null : content.toString('utf8')
}
