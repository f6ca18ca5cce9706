/** Parent directory of an absolute, normalised path; that of `/` is `/`. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function joinPath(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`
}

/** Whether `path` is `directory` or lies below it. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || directory === '/' || path.startsWith(`${directory}/`)
}

/** A path, and the folders that it lies in, the root last. */
export function* withParents(path: string): Generator<string> {
  for (let at = path; ; at = parentOf(at)) {
    yield at
    if (at === '/') return
  }
}

/** Makes a path absolute (against `base`) and removes `.`, `..` and doubled slashes by text alone. */
export function normalisePath(path: string, base = '/'): string {
  // Nearly all are so already, and an image has tens of thousands.
  if (path.startsWith('/') && !path.includes('//') && !path.includes('/.') && !path.endsWith('/')) return path
  const parts: string[] = []
  const full = path.startsWith('/') ? path : `${base}/${path}`
  for (const part of full.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** Without those that lie in another of them, sorted. */
export function outermost(paths: Iterable<string>): readonly string[] {
  const all = new Set(paths)
  const liesInAnother = (path: string): boolean => {
    for (let above = path; above !== '/'; ) {
      above = parentOf(above)
      if (all.has(above)) return true
    }
    return false
  }
  return [...all].filter((path) => !liesInAnother(path)).sort()
}

/** The way from a folder to a path, both absolute and normalised; `.` for the folder itself. */
export function relativePath(folder: string, path: string): string {
  const [from, to] = [folder, path].map((one) => one.split('/').filter((part) => part !== ''))
  if (from === undefined || to === undefined) return path
  let same = 0
  while (same < Math.min(from.length, to.length) && from[same] === to[same]) same += 1
  return [...from.slice(same).map(() => '..'), ...to.slice(same)].join('/') || '.'
}
