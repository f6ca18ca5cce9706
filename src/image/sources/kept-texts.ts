import { bounds } from '../../bounds.ts'
import { isWithin, nameOf } from '../../path.ts'
import type { ImageConfig } from '../facts.ts'

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
export const totalLimit = 48 * 1024 * 1024

// A hash or a key is never needed to decide anything, so it is never held in memory or a report.
const secret = /^\/etc\/g?shadow-?$|^\/etc\/ssl\/private\/|_key$|\.(?:key|pem|p12|jks|crt)$/
const bulk =
  /\/(?:node_modules|site-packages|dist-packages|\.git)\/|^\/usr\/share\/(?:doc|man|perl\d?|zoneinfo|locale)\//
const configFolder =
  /^\/etc\/|^\/usr\/local\/etc\/|^\/opt\/[^/]+\/(?:etc|conf|config)\/|^\/usr\/(?:share|local|lib)\/[^/]+\/(?:conf|config|etc)\//
const configFile = /\.(?:conf|cfg|ini|ya?ml|toml|properties|xml|json|env|cnf)$/i
const scriptFile = /\.(?:sh|bash|envsh)$/
/** Source of an application, and the file that names its framework. */
const sourceFile = /\.(?:[cm]?[jt]sx?|py|rb|ru|php|java|kt|go|rs|cs|exs?)$|\/Gemfile$/

/** `named`: keep any text; `text`: keep a small text; `script`: keep a small one that starts with `#!`; null: skip. */
export type Wanted = 'named' | 'text' | 'script' | null

/** Which files of an image with this config have their text kept. */
export function keptTexts(config: ImageConfig): (path: string, size: number) => Wanted {
  const words = [...(config.entrypoint ?? []), ...(config.cmd ?? []), ...(config.healthcheck?.test ?? [])]
  const started = new Set(
    words
      .flatMap((word) => word.split(/[\s;&|"'=]+/))
      .map(nameOf)
      .filter(Boolean),
  )
  const appFolders = ['/app', '/srv', '/opt', '/usr/src/app', ...(config.workdir === '/' ? [] : [config.workdir])]
  return (path, size) => {
    if (size === 0 || secret.test(path)) return null
    if (systemFiles.has(path)) return size <= bounds.textBytes ? 'named' : null
    if (size <= bounds.textBytes && started.has(nameOf(path))) return 'named'
    if (size <= otherLimit && accountFile.test(path)) return 'text'
    if (size > otherLimit || bulk.test(path)) return null
    if (configFolder.test(path) || scriptFile.test(path)) return 'text'
    const isOfApp = configFile.test(path) || (sourceFile.test(path) && !/\/vendor\//.test(path))
    if (isOfApp && appFolders.some((folder) => isWithin(path, folder))) return 'text'
    return 'script'
  }
}

/** Text has no NUL byte (the rule of git and grep). */
export function textOf(content: Buffer): string | null {
  return content.includes(0) ? null : content.toString('utf8')
}
