import { pathOf, type SourceNames, splitAt } from './path-expression.ts'

/**
 * The folder in which an expression names something that only the run tells: `uploads` of `` `uploads/${name}` ``,
 * `path.join('uploads', name)`, `UPLOADS + '/' + name` and `f"uploads/{name}"`. Null where the program's own folder is all
 * that is left of it.
 */
export function folderOf(expression: string, names: SourceNames): string | null {
  const bare = expression.trim().replace(/[;,]$/, '')
  const text = /^\([^()]*\)$/.test(bare) ? bare.slice(1, -1) : bare
  const filled = /^[fF]?(["'`])(.*)\1$/s.exec(text)
  if (filled !== null) {
    const known = /^[^{$]*/.exec(filled[2] ?? '')?.[0] ?? ''
    return known.includes('/') ? ownFolder(`'${known.slice(0, known.lastIndexOf('/')) || '/'}'`, names) : null
  }
  const joined = /^(?:(?:path\.(?:posix\.)?)?(?:join|resolve)|os\.path\.join|File\.join)\((.*)\)$/s.exec(text)?.[1]
  if (joined !== undefined) return ofParts(splitAt(joined, /^,/), (parts) => `path.join(${parts.join(', ')})`, names)
  const slashed = splitAt(text, /^\/(?!\/)/)
  if (slashed.length > 1) return ofParts(slashed, (parts) => parts.join(' / '), names)
  const added = splitAt(text, /^[+.](?=\s*["'`])|^[+.](?=\s*[$\w])|^\+/)
  return added.length > 1 ? ofParts(added, (parts) => parts.join(' + '), names) : null
}

/** By as many of the leading parts as are known. */
function ofParts(
  parts: readonly string[],
  joined: (parts: readonly string[]) => string,
  names: SourceNames,
): string | null {
  for (let count = parts.length - 1; count > 0; count -= 1) {
    const leading = parts.slice(0, count)
    const folder = ownFolder(count === 1 ? (leading[0] ?? '') : joined(leading), names)
    if (folder !== null) return folder
  }
  return null
}

function ownFolder(expression: string, names: SourceNames): string | null {
  const path = pathOf(expression, names)?.replace(/(?<!\/\.?)(\/\.?)+$/, '') ?? null
  return path === null || path === '' || path === names.folder || path === names.workdir ? null : path
}
