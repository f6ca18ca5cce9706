import type { Dirent } from 'node:fs'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import type { ContextEntry } from '../contents/build-context.ts'

const largestText = 64 * 1024
const textFile =
  /(^|\/)([^/.]+|\.env|Gemfile|artisan|[^/]*\.(sh|bash|js|mjs|cjs|ts|mts|jsx|tsx|py|go|rb|ru|php|pl|pm|psgi|cgi|conf|cfg|ini|ya?ml|toml|json|xml|properties|env|cnf|template|tmpl|j2|service|txt|lock|vcl|hcl))$/i
/** Configuration may end as it likes, where an `include` names the folder (`sites/*.vhost`): small files that are not one of these. */
const smallText = 16 * 1024
const asset =
  /\.(html?|css|scss|sass|less|svg|map|md|rst|csv|tsv|sql|png|jpe?g|gif|webp|ico|bmp|avif|woff2?|ttf|otf|eot|pdf|zip|gz|tgz|bz2|xz|zst|7z|jar|war|class|exe|dll|so|a|o|pyc|wasm|mp[34]|webm|bin|dat|db|sqlite3?|crt|cer|der)$/i
// What holds a secret is never held in memory or a report.
const secret =
  /(^|\/)(?=[^/]*$)(id_[a-z0-9]+$|[^/]*\.(pem|key|p12|pfx|jks|keystore|kdbx|gpg|asc|jwk|psk)$|[^/]*(passwd|password|secret|token|credential))/i

/** Of the texts that are kept, characters, and of the paths of each kind: what comes after them is read each time that it is asked for. */
const mostKept = 32 * 1024 * 1024
const mostPaths = 200_000

/** Folders and files of build contexts, each read once for all that ask: the services of a monorepo share a context. */
export interface ContextFiles {
  /** Sorted; null where it cannot be read. */
  folder(path: string): Promise<readonly Dirent[] | null>
  /** Null where it cannot be read. */
  entry(path: string, type: ContextEntry['type']): Promise<Omit<ContextEntry, 'text'> | null>
  /** Of a small file; null for what is no text, and for what may hold a secret. */
  text(path: string, size: number): Promise<string | null>
}

export function contextFiles(): ContextFiles {
  const folders = new Map<string, ReturnType<ContextFiles['folder']>>()
  const entries = new Map<string, ReturnType<ContextFiles['entry']>>()
  const texts = new Map<string, Promise<string | null>>()
  let kept = 0
  return {
    folder: (path) => onceIn(folders, path, () => namesIn(path)),
    entry: (path, type) => onceIn(entries, path, () => entryAt(path, type)),
    text(path, size) {
      if (size === 0) return EMPTY
      if (kept + size > mostKept) return texts.get(path) ?? readText(path, size)
      return onceIn(texts, path, () => {
        const text = readText(path, size)
        if (text !== NONE) kept += size
        return text
      })
    },
  }
}

const NONE: Promise<string | null> = Promise.resolve(null)
const EMPTY: Promise<string | null> = Promise.resolve('')

function readText(path: string, size: number): Promise<string | null> {
  if (size > largestText || secret.test(path)) return NONE
  return textFile.test(path) || (size <= smallText && !asset.test(path)) ? textAt(path) : NONE
}

function onceIn<Read>(read: Map<string, Read>, path: string, make: () => Read): Read {
  const known = read.get(path) ?? make()
  if (read.size < mostPaths) read.set(path, known)
  return known
}

async function namesIn(folder: string): Promise<readonly Dirent[] | null> {
  const names = await readdir(folder, { withFileTypes: true }).catch(() => null)
  return names?.sort((a, b) => (a.name < b.name ? -1 : 1)) ?? null
}

async function entryAt(path: string, type: ContextEntry['type']): Promise<Omit<ContextEntry, 'text'> | null> {
  const stats = await lstat(path).catch(() => null)
  if (stats === null) return null
  return {
    type,
    mode: stats.mode & 0o7777,
    size: type === 'file' ? stats.size : 0,
    link: type === 'symlink' ? await readlink(path).catch(() => null) : null,
  }
}

async function textAt(path: string): Promise<string | null> {
  const bytes = await readFile(path).catch(() => null)
  return bytes === null || bytes.includes(0) ? null : bytes.toString('utf8')
}
