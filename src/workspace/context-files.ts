import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
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

/**
 * Folders and files of build contexts, each read once for all that ask: the services of a monorepo share a context. At
 * once: one by one they take longer to be waited for than to be read.
 */
export interface ContextFiles {
  /** Sorted; null where it cannot be read. */
  folder(path: string): readonly Dirent[] | null
  /** Null where it cannot be read. */
  entry(path: string, type: ContextEntry['type']): Omit<ContextEntry, 'text'> | null
  /** Of a small file; null for what is no text, and for what may hold a secret. */
  text(path: string, size: number): string | null
}

export function contextFiles(): ContextFiles {
  const folders = new Map<string, ReturnType<ContextFiles['folder']>>()
  const entries = new Map<string, ReturnType<ContextFiles['entry']>>()
  const texts = new Map<string, string | null>()
  let kept = 0
  return {
    folder: (path) => onceIn(folders, path, () => namesIn(path)),
    entry: (path, type) => onceIn(entries, path, () => entryAt(path, type)),
    text(path, size) {
      if (size === 0) return ''
      if (kept + size > mostKept) return texts.has(path) ? (texts.get(path) ?? null) : readText(path, size)
      return onceIn(texts, path, () => {
        const text = readText(path, size)
        if (text !== null) kept += size
        return text
      })
    },
  }
}

function readText(path: string, size: number): string | null {
  if (size > largestText || secret.test(path)) return null
  return textFile.test(path) || (size <= smallText && !asset.test(path)) ? textAt(path) : null
}

function onceIn<Read>(read: Map<string, Read>, path: string, make: () => Read): Read {
  const known = read.get(path)
  if (known !== undefined) return known
  const made = make()
  if (read.size < mostPaths) read.set(path, made)
  return made
}

function namesIn(folder: string): readonly Dirent[] | null {
  const names = orNull(() => readdirSync(folder, { withFileTypes: true }))
  return names?.sort((a, b) => (a.name < b.name ? -1 : 1)) ?? null
}

function entryAt(path: string, type: ContextEntry['type']): Omit<ContextEntry, 'text'> | null {
  const stats = orNull(() => lstatSync(path))
  if (stats === null) return null
  return {
    type,
    mode: stats.mode & 0o7777,
    size: type === 'file' ? stats.size : 0,
    link: type === 'symlink' ? orNull(() => readlinkSync(path)) : null,
  }
}

function textAt(path: string): string | null {
  const bytes = orNull(() => readFileSync(path))
  return bytes === null || bytes.includes(0) ? null : bytes.toString('utf8')
}

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
