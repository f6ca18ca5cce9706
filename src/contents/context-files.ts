import type { FileEntry } from '../image/file-model.ts'
import type { BuildContext } from './build-context.ts'

export interface ContextFile {
  /** Path below what the source names; '' for that itself. */
  readonly below: string
  readonly name: string
  readonly entry: FileEntry
  readonly text: string | null
  /** Path in the build context. */
  readonly origin: string
}

/** What `COPY SOURCE` takes out of the build context. */
export function fromContext(context: BuildContext, source: string): readonly ContextFile[] {
  return matching([...context.entries.keys()], clean(source)).flatMap(({ path, below, name }) => {
    const entry = context.entries.get(path)
    if (entry === undefined) return []
    const { type, mode, size, link, text } = entry
    return [{ below, name, entry: { type, uid: 0, gid: 0, mode, size, link }, text, origin: path }]
  })
}

/** The paths that a source names, wildcards as in Go's filepath.Match, with all that lies below. */
export function matching(
  paths: readonly string[],
  source: string,
): readonly { readonly path: string; readonly below: string; readonly name: string }[] {
  const wanted = clean(source)
  if (wanted === '') return paths.map((path) => ({ path, below: path, name: nameOf(path) }))
  if (!/[*?[]/.test(wanted))
    return paths.flatMap((path) => {
      if (path === wanted) return [{ path, below: '', name: nameOf(path) }]
      return path.startsWith(`${wanted}/`) ? [{ path, below: path.slice(wanted.length + 1), name: nameOf(path) }] : []
    })
  const pattern = globExpression(wanted)
  const depth = wanted.split('/').length
  return paths.flatMap((path) => {
    const parts = path.split('/')
    if (!pattern.test(parts.slice(0, depth).join('/'))) return []
    return [{ path, below: parts.slice(depth).join('/'), name: nameOf(path) }]
  })
}

function clean(source: string): string {
  return source
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function globExpression(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
  try {
    return new RegExp(`^${source}$`)
  } catch {
    return /^$/
  }
}
