import { parseAccounts } from '../accounts.ts'
import type { Accounts, FactSource, ImageConfig, ImageFacts, Known, OsRelease, Platform } from '../facts.ts'
import { createFileModel } from '../file-index.ts'
import type { FileModel } from '../file-model.ts'
import { imageLimits } from './image-limits.ts'
import { keptTexts, readTar, type TarContent } from './tar.ts'

/** What the tar itself does not say. */
export interface ImageIdentity {
  readonly reference: string
  readonly source: FactSource
  readonly digest: string | null
  readonly platform: Platform
  readonly config: ImageConfig
}

/** The files of an image whose root file system comes as one tar (an export; no layers). Unknown where they pass a bound. */
export function filesOfTar(tar: AsyncIterable<Uint8Array>, config: ImageConfig): Promise<Known<TarContent>> {
  const limits = imageLimits()
  return limits.within(() => readTar(tar, { wanted: keptTexts(config), limits }))
}

export function factsFromFiles(content: Known<TarContent>, identity: ImageIdentity): ImageFacts {
  if (!content.known) return { ...identity, accounts: content, files: content, os: content }
  const { entries, texts } = content.value
  const files = createFileModel(entries, texts)
  return { ...identity, accounts: accountsOf(files), files: { known: true, value: files }, os: osOf(files) }
}

/** An image without passwd has no accounts, and that is known; one whose passwd was not kept is another matter. */
function accountsOf(files: FileModel): Known<Accounts> {
  for (const path of ['/etc/passwd', '/etc/group']) {
    const size = files.entry(files.resolve(path) ?? path)?.size ?? 0
    if (size > 0 && files.text(path) === null) return { known: false, reason: `${path} could not be read` }
  }
  return { known: true, value: parseAccounts(files.text('/etc/passwd') ?? '', files.text('/etc/group') ?? '') }
}

function osOf(files: FileModel): Known<OsRelease> {
  const text = files.text('/etc/os-release') ?? files.text('/usr/lib/os-release')
  if (text === null) return { known: false, reason: 'the image has no os-release file' }
  return { known: true, value: parseOsRelease(text) }
}

/** Reads os-release(5): shell-like assignments, quoted or not. Unknown lines are skipped. */
export function parseOsRelease(text: string): OsRelease {
  const values = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([A-Z_][A-Z0-9_]*)=(.*)$/.exec(line)
    if (match?.[1] !== undefined) values.set(match[1], unquote((match[2] ?? '').trim()))
  }
  return {
    id: (values.get('ID') ?? '').toLowerCase(),
    idLike: (values.get('ID_LIKE') ?? '').toLowerCase().split(/\s+/).filter(Boolean),
    versionId: values.get('VERSION_ID') ?? '',
  }
}

function unquote(value: string): string {
  const quoted = /^(["'])(.*)\1$/.exec(value)
  return quoted?.[2] === undefined ? value : quoted[2].replace(/\\(["'$`\\])/g, '$1')
}
