import { memoizeSearch } from '../memoize.ts'
import { baseName, isInside, normalisePath, parentOf } from '../places.ts'

/** One folder of Go files, as far as they are built for Linux. */
interface Package {
  readonly imports: Set<string>
  isMain: boolean
}

/** The packages of the modules in a stage. */
export interface GoPackages {
  /** Folders of programs, without those that `./...` leaves out. */
  readonly mains: readonly string[]
  readonly isMain: (folder: string) => boolean
  /** Files that a build for Linux includes. */
  readonly files: ReadonlySet<string>
  /** The folder of an import path, or of a package as a command names it; null for a foreign package. */
  readonly folderOf: (path: string, from: string) => string | null
  /** The last word of the import path, by which `go build` calls a program. */
  readonly nameOf: (folder: string) => string
  /** Folders of the packages that these are built from; null where a part of what they import was not read. */
  readonly reachedFrom: (mains: ReadonlySet<string>) => ReadonlySet<string> | null
}

/**
 * What the files of a stage import. `files`: the paths of all, of which those without a text were not read. Source: *Go Modules
 * Reference*, and `go help packages`, `go help buildconstraint`.
 */
export function goPackages(texts: ReadonlyMap<string, string>, files: Iterable<string>): GoPackages {
  const packages = new Map<string, Package>()
  const built = new Set<string>()
  const unread = new Set<string>()
  const modules = new Map<string, string[]>()
  for (const path of files)
    if (path.endsWith('.go') && !texts.has(path) && !isOfOthers(path)) unread.add(parentOf(path))
  for (const [path, text] of texts) {
    const folder = parentOf(path)
    if (path.endsWith('/go.mod'))
      for (const one of modulesOf(text, folder)) {
        const folders = modules.get(one.path) ?? []
        if (folders.length < MOST_COPIES) modules.set(one.path, [...folders, one.folder])
      }
    if (!path.endsWith('.go')) continue
    const header = headerOf(text)
    if (isOfOthers(path) || !header.isBuilt) continue
    built.add(path)
    const known = packages.get(folder) ?? { imports: new Set(), isMain: false }
    for (const one of header.imports) known.imports.add(one)
    known.isMain ||= header.name === 'main'
    packages.set(folder, known)
  }
  const isMain = (folder: string): boolean => packages.get(folder)?.isMain === true
  const vendors = new Set([...packages.keys()].flatMap((folder) => /^.*?\/vendor(?=\/)/.exec(folder)?.[0] ?? []))
  const places = [...vendors, '/go/src'].slice(0, MOST_COPIES)
  const folderOf = (path: string, from: string): string | null => {
    if (path.length > LONGEST_IMPORT) return null
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folders = modules.get(path.slice(0, end)) ?? []
      const own = folders.find((folder) => isInside(from, folder)) ?? folders[0]
      if (own !== undefined) return `${own === '/' ? '' : own}${path.slice(end)}` || '/'
    }
    return places.map((place) => `${place}/${path}`).find((folder) => packages.has(folder)) ?? null
  }
  return {
    mains: [...packages.keys()].filter(
      (folder) => isMain(folder) && !/\/(?:[_.]|(?:testdata|vendor)(?:\/|$))/.test(folder),
    ),
    isMain,
    files: built,
    folderOf,
    nameOf(folder) {
      const [of = folder] = [...modules].find(([, folders]) => folders.includes(folder)) ?? []
      return of.replace(/\/v\d{1,3}$/, '').replace(/^.*\//s, '')
    },
    reachedFrom(mains) {
      const reached = new Set(mains)
      for (const folder of reached) {
        const known = packages.get(folder)
        // A file that a RUN generates, or that was not read, may import anything.
        if (known === undefined || unread.has(folder)) return null
        for (const path of known.imports) {
          const found = folderOf(path, folder)
          if (found !== null) reached.add(found)
        }
      }
      return modules.size === 0 && ![...mains].every((folder) => isInside(folder, '/go/src')) ? null : reached
    },
  }
}

interface Module {
  readonly path: string
  readonly folder: string
}

/** The module of a go.mod, and the modules of its `replace` lines that are folders. */
function modulesOf(text: string, folder: string): readonly Module[] {
  return text.split('\n').flatMap((line): readonly Module[] => {
    const words: readonly string[] = (line.split('//')[0] ?? '').match(/[^\s"]+/g) ?? []
    if (words[0] === 'module' && words[1] !== undefined) return [{ path: words[1], folder }]
    const at = words.indexOf('=>')
    const [path, place] = [words[words[0] === 'replace' ? 1 : 0], words[at + 1] ?? '']
    const to = at > 0 && /^\.{1,2}(?:\/|$)/.test(place) ? normalisePath(place, folder) : null
    return to === null || path === undefined ? [] : [{ path, folder: to }]
  })
}

/** Characters of an import path. */
const LONGEST_IMPORT = 400
/** Folders of modules of one path, and of what is vendored. */
const MOST_COPIES = 20

/** Source: internal/syslist of Go. */
const OTHER_SYSTEMS = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js nacl netbsd openbsd plan9 solaris wasip1 windows zos'.split(
    ' ',
  ),
)
const ARCHITECTURES = new Set(
  '386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc64 ppc64le riscv64 s390x wasm'.split(' '),
)

/** Tests, and files whose name says another system. */
function isOfOthers(path: string): boolean {
  const [last = '', before = ''] = baseName(path).slice(0, -'.go'.length).split('_').slice(1).reverse()
  return last === 'test' || OTHER_SYSTEMS.has(ARCHITECTURES.has(last) ? before : last)
}

interface Header {
  /** Null for what is no Go. */
  readonly name: string | null
  readonly imports: readonly string[]
  /** Its build constraint may hold on Linux. */
  readonly isBuilt: boolean
}

/** The text above the first declaration. Source: the Go specification, *Source file organization*. */
const headerOf = memoizeSearch((text): Header => {
  let isBuilt = true
  const comment = (line: string): void => {
    const [, expression, old] =
      /^\/\/(?:go:build[ \t]([^\n]{1,1000})|[ \t]?\+build[ \t]([^\n]{1,1000}))/.exec(line) ?? []
    if (expression !== undefined) isBuilt &&= isMet(expression)
    else if (old !== undefined)
      isBuilt &&= old
        .trim()
        .split(/\s+/)
        .some((each) => each.split(',').every(isTagMet))
  }
  let at = skipped(text, 0, comment)
  const [clause, name] = matchAt(/package\s+(\w+)/y, text, at) ?? []
  if (clause === undefined || name === undefined) return { name: null, imports: [], isBuilt }
  at = skipped(text, at + clause.length)
  const imports: string[] = []
  const one = (): boolean => {
    const [spec, , quoted, raw] = matchAt(/([\w.]+[ \t]+)?(?:"([^"\n]*)"|`([^`\n]*)`)/y, text, at) ?? []
    if (spec === undefined) return false
    imports.push(quoted ?? raw ?? '')
    at = skipped(text, at + spec.length)
    return true
  }
  while (text.startsWith('import', at)) {
    at = skipped(text, at + 'import'.length)
    if (text[at] !== '(') {
      if (!one()) break
      continue
    }
    at = skipped(text, at + 1)
    while (one());
    if (text[at] !== ')') break
    at = skipped(text, at + 1)
  }
  return { name, imports, isBuilt }
})

function matchAt(sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at
  return sticky.exec(text)
}

/** Behind white space, semicolons and comments; of those that end with their line each is told. */
function skipped(text: string, from: number, comment: (line: string) => void = () => {}): number {
  let at = from
  for (;;) {
    const isLine = text.startsWith('//', at)
    if (isLine || text.startsWith('/*', at)) {
      const end = isLine ? text.indexOf('\n', at) : text.indexOf('*/', at)
      const next = end < 0 ? text.length : end + (isLine ? 1 : 2)
      if (isLine) comment(text.slice(at, next))
      at = next
    } else if (at < text.length && /[\s;\uFEFF]/.test(text[at] ?? '')) at += 1
    else return at
  }
}

/** An unknown tag may be set. */
function isTagMet(tag: string): boolean {
  return tag.startsWith('!')
    ? !/^(?:linux|unix)$/.test(tag.slice(1))
    : !OTHER_SYSTEMS.has(tag) && !/^(?:ignore|tools?)$/.test(tag)
}

/** `//go:build`: false where no build for Linux meets it. What has brackets may be met. */
function isMet(expression: string): boolean {
  if (expression.includes('(')) return true
  return expression.split('||').some((each) => each.split('&&').every((tag) => isTagMet(tag.trim())))
}
