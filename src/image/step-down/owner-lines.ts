import type { FileModel } from '../file-model.ts'
import type { AccountNames } from './account-options.ts'
import { type Place, place } from './directives.ts'

/** `$FileOwner root`, `log_group = adm`, `"socketUser": "x"`: the key of a setting that names whom a program gives its files to. */
const OWNER =
  /^[ \t]*\$?["']?(?:file|dir|directory|log|output|socket|sock|unix|pid|db|data|create|default)[_-]?(?:owner|user|group|uid|gid)["']?(?:[ \t]*[=:][ \t]*|[ \t]+)["']?(?<name>[\w.-]+)["']?[ \t]*(?:[;,][ \t]*)?$/gim

export interface OwnerLine extends Place {
  readonly path: string
}

/** Lines of files that a program has read which name an account of the image as the owner of what it writes. */
export function ownerLines(files: FileModel, paths: readonly string[], names: AccountNames): readonly OwnerLine[] {
  return [...new Set(paths)].sort().flatMap((path) => {
    const text = files.text(path) ?? ''
    return [...text.matchAll(OWNER)].flatMap((match): readonly OwnerLine[] => {
      const name = match.groups?.name ?? ''
      return names.users.has(name) || names.groups.has(name) ? [{ path, ...place(text, match.index) }] : []
    })
  })
}
