import type { Instruction } from '../dockerfile/model.ts'
import type { FileEntry } from '../image/file-model.ts'
import { normalisePath } from '../places.ts'

/** One entry of the folder that an image is built from. Its owner does not matter: COPY gives everything to root. */
export interface ContextEntry {
  readonly type: 'file' | 'directory' | 'symlink'
  /** Permission bits, which COPY keeps. */
  readonly mode: number
  readonly size: number
  readonly link: string | null
  /** Text of a small file; null where it was not read. */
  readonly text: string | null
}

/** The build context as far as it was listed, by path below it, without what .dockerignore leaves out. */
export interface BuildContext {
  readonly entries: ReadonlyMap<string, ContextEntry>
  /** A bound was reached: files that are not listed may exist all the same. */
  readonly partial: boolean
  /** Sources, by path, that a bound left unread; absent where there are none. */
  readonly unread?: ReadonlySet<string>
  /** The number of files at which listing stopped; absent where all are listed. */
  readonly cutAt?: number
  /**
   * Programs that a release tool builds of the sources in here before it copies them: by their name the folder of their main package, ''
   * for the top. Absent where there is none.
   */
  readonly released?: ReadonlyMap<string, string>
}

/** Of texts by path: their folders, and no claim that nothing else is there. A script that names its interpreter can be run. */
export function contextOfTexts(texts: ReadonlyMap<string, string>): BuildContext {
  const entries = new Map<string, ContextEntry>()
  for (const [path, text] of texts) {
    const parts = path.split('/')
    for (const depth of parts.slice(1).keys())
      entries.set(parts.slice(0, depth + 1).join('/'), {
        type: 'directory',
        mode: 0o755,
        size: 0,
        link: null,
        text: null,
      })
    const mode = text.startsWith('#!') ? 0o755 : 0o644
    entries.set(path, { type: 'file', mode, size: text.length, link: null, text })
  }
  return { entries, partial: true }
}

export interface ContextFile {
  /** Path below what the source names; '' for that itself. */
  readonly below: string
  readonly name: string
  readonly entry: FileEntry
  readonly text: string | null
  /** Path in the build context. */
  readonly origin: string
}

/** The files that `COPY SOURCE` takes from the build context. */
export function fromContext(context: BuildContext, source: string): readonly ContextFile[] {
  return matching([...context.entries.keys()], contextPath(source)).flatMap(({ path, below, name }) => {
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
  const wanted = contextPath(source)
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

/** The path below the build context that a source of COPY names. A `..` that would lead out of it is left out, as BuildKit does. */
export function contextPath(source: string): string {
  const parts: string[] = []
  for (const part of source.split('/'))
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  return parts.join('/')
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

/** Where a COPY or ADD copies to; null where that is not absolute. */
export function copiedTo(instruction: Instruction): string | null {
  const words = instruction.json?.map((item) => item.value) ?? instruction.words.map((word) => word.value)
  return normalisePath(words.at(-1) ?? '')
}

/** What an instruction takes from the build context: the sources of COPY and ADD, and those of `RUN --mount=type=bind`. */
export function contextSources({ keyword, flags, json, words }: Instruction): readonly string[] {
  if (keyword === 'RUN')
    return flags.flatMap(({ name, value }) => {
      if (name !== 'mount' || value === null || /(^|,)from=/.test(value) || !/(^|,)type=bind(,|$)/.test(value))
        return []
      return /(?:^|,)(?:source|src)=([^,]+)/.exec(value)?.slice(1) ?? []
    })
  if ((keyword !== 'COPY' && keyword !== 'ADD') || flags.some(({ name }) => name === 'from')) return []
  const all = json?.map(({ value }) => value) ?? words.map(({ value }) => value)
  return all.slice(0, -1).filter((word) => !word.startsWith('<<') && !/^\w+:|^git@/.test(word))
}

/** Whether it takes a file of the build context along, by its path there. */
export function takesAlong(instruction: Instruction, path: string): boolean {
  return contextSources(instruction).some((source) => matching([path], source).length > 0)
}
