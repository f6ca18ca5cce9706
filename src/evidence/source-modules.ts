import { normalisePath, parentOf } from '../places.ts'
import { pathOf, type SourceNames } from './path-expression.ts'

/** What one statement brings in of another module of the tree. */
interface Import {
  readonly from: string
  /** As listed: `A, B as C`, `{ A: b }`; '' where it is the module itself. */
  readonly names: string
  /** The name that the module itself gets. */
  readonly whole: string | undefined
}

interface Importer {
  readonly path: string
  readonly imports: Imports
  readonly workdir: string
  readonly texts: ReadonlyMap<string, string>
  readonly ofModule: (file: string, source: string) => SourceNames
}

/** By each word that a statement lists, or gives the module: those that have it, in their order. */
export type Imports = ReadonlyMap<string, readonly Import[]>

/** Of Python and JavaScript; of other languages none. */
export function importsIn(path: string, text: string): Imports {
  const imports = new Map<string, Import[]>()
  const pattern = path.endsWith('.py') ? PYTHON_IMPORT : /\.[cm]?[jt]sx?$/.test(path) ? SCRIPT_IMPORT : null
  if (pattern === null) return imports
  for (const { groups } of text.matchAll(pattern)) {
    const one = { from: groups?.from ?? '', names: groups?.names ?? '', whole: groups?.whole }
    for (const word of new Set(`${one.names} ${one.whole ?? ''}`.match(/\w+/g))) {
      const alike = imports.get(word) ?? []
      if (alike.length === 0) imports.set(word, alike)
      // Of one name the first counts, where that is not in the tree the next.
      if (alike.length < MOST_ALIKE) alike.push(one)
    }
  }
  return imports
}

const MOST_ALIKE = 20

/**
 * The path that another module of the tree gives a name: `from app.paths import LOGS`, `from . import paths` and `paths.LOGS`,
 * `const { LOGS } = require('./paths')`. Null where none is brought in, or that module leaves it to the run.
 */
export function importedPath(name: string, of: string | null, importer: Importer): string | null {
  const { path, imports, workdir, texts, ofModule } = importer
  const wanted = of ?? name
  if (!/^\w+$/.test(wanted)) return null
  const isPython = path.endsWith('.py')
  for (const { from, names, whole } of imports.get(wanted) ?? []) {
    const said = names.includes(wanted) ? listedAs(wanted, names) : null
    if (said === null && !(of !== null && whole === of)) continue
    // `from app import paths`: what is named is the module itself.
    const isModule = isPython && of !== null
    const module = isModule ? `${from}${from.endsWith('.') ? '' : '.'}${said ?? of}` : from
    if (!isModule && of !== null && whole !== of) continue
    const file = isPython ? pythonFile(module, path, workdir, texts) : scriptFile(module, path, texts)
    const source = file === null || file === path ? undefined : texts.get(file)
    if (file === null || source === undefined) continue
    const found = pathOf(of === null ? (said ?? name) : name, ofModule(file, source))
    if (found !== null) return found
  }
  return null
}

/** What the other module calls it: `A` of `A as wanted` and of `{ A: wanted }`; null where it is not in the list. */
function listedAs(wanted: string, names: string): string | null {
  for (const one of names.replace(/[{}()]/g, '').split(',')) {
    const [theirs = '', own = theirs] = one
      .trim()
      .split(/\sas\s|: ?|#/)
      .map((part) => part.trim())
    if (own === wanted) return theirs
  }
  return null
}

const PYTHON_IMPORT =
  /^[ \t]{0,40}from[ \t]{1,9}(?<from>[\w.]{1,200})[ \t]{1,9}import[ \t]{1,9}(?<names>\([^()]{1,2000}\)|[^\n(]{1,400})/gm
const SCRIPT_IMPORT =
  /\b(?:import|const|let|var)\s{1,9}(?:(?<names>\{[^{}]{1,1000}\})|(?:\*\s{1,9}as\s{1,9})?(?<whole>\w{1,99}))\s{0,9}(?:from\s{0,9}|=\s{0,9}require\(\s{0,9})["'](?<from>\.{1,2}\/[\w./@-]{1,200})["']/g

/** `app.paths` from any folder above, `.paths` from that of the file. */
function pythonFile(module: string, path: string, workdir: string, texts: ReadonlyMap<string, string>): string | null {
  const dots = /^\.*/.exec(module)?.[0] ?? ''
  const below = module.slice(dots.length).replaceAll('.', '/')
  const ends = below === '' ? ['/__init__.py'] : [`/${below}.py`, `/${below}/__init__.py`]
  const has = (folder: string): string | null => {
    const at = folder === '/' ? '' : folder
    return ends.map((end) => `${at}${end}`).find((file) => texts.has(file)) ?? null
  }
  let folder = parentOf(path)
  if (dots !== '') {
    for (let up = 1; up < dots.length; up += 1) folder = parentOf(folder)
    return has(folder)
  }
  for (; folder !== '/'; folder = parentOf(folder)) {
    const file = has(folder)
    if (file !== null) return file
  }
  return has(workdir) ?? has('/')
}

function scriptFile(module: string, path: string, texts: ReadonlyMap<string, string>): string | null {
  const at = normalisePath(module, parentOf(path)) ?? ''
  const plain = at.replace(/\.[cm]?js$/, '')
  const ends = ['.js', '.ts', '.mjs', '.cjs', '.mts', '/index.js', '/index.ts']
  return [at, ...ends.map((end) => `${plain}${end}`)].find((file) => texts.has(file)) ?? null
}
