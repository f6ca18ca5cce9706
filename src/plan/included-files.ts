import type { FileModel } from '../image/file-model.ts'
import { isInside, normalisePath, parentOf } from './places.ts'

/** `include /srv/sites/*.vhost;`, `IncludeOptional sites/*.conf`, `$IncludeConfig`, `!includedir`, `import`. */
const INCLUDE =
  /^[ \t]*[$!]?(?:include(?:optional|config|dir|-toplevel)?|import)\b[ \t]*(?:[:=][ \t]*)?["']?([^\s;"'#]+)/gim

/** Configuration with what it includes; a relative name counts from its own folder, or from one above that. */
export function withIncluded(paths: readonly string[], files: FileModel): readonly string[] {
  const all = new Set(paths)
  // What is added is gone through as well.
  for (const path of all) {
    for (const [, name = ''] of (files.text(path) ?? '').matchAll(INCLUDE)) {
      for (const pattern of patternsOf(name, path))
        for (const found of files.texts()) if (pattern(found)) all.add(found)
    }
  }
  return [...all]
}

function patternsOf(name: string, includer: string): readonly ((path: string) => boolean)[] {
  const folders = name.startsWith('/') ? ['/'] : [parentOf(includer), parentOf(parentOf(includer))]
  return folders.flatMap((folder) => {
    const path = normalisePath(name, folder)
    if (path === null || path === '/') return []
    if (!/[*?[]/.test(path)) return [(other: string) => other === path || (other !== path && isDirectlyIn(other, path))]
    const source = path
      .replace(/[.+^${}()|\\[\]]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')
    const pattern = new RegExp(`^${source}$`)
    return [(other: string) => pattern.test(other)]
  })
}

/** `!includedir /etc/mysql/conf.d/`. */
function isDirectlyIn(path: string, folder: string): boolean {
  return isInside(path, folder) && parentOf(path) === folder
}
