import { bounds } from '../bounds.ts'
import { normalisePath, parentOf } from '../places.ts'
import { languageOfFile } from './languages/index.ts'
import { type SourceFile, sourceFile } from './source-names.ts'
import { isTest, sourceName } from './source-text.ts'
import { type SourceValues, sourceValues, type WorkLeft } from './source-values.ts'
import type { SourceParsers } from './syntax.ts'
import type { Value } from './value.ts'

export interface ModulesAbout {
  readonly parsers: SourceParsers
  /** All sources by path, for what one brings in from another. */
  readonly texts: ReadonlyMap<string, string>
  readonly env: ReadonlyMap<string, string>
  /** Where the program starts, for relative paths. */
  readonly workdir: string
  /** Where a web server starts the PHP that lies in this folder; absent where none does. */
  readonly served?: ((folder: string) => string) | undefined
}

export interface SourceModules {
  readonly about: ModulesAbout
  /** Null where nothing reads its language, or where it takes too much. */
  read(path: string, text: string): SourceValues | null
}

/** A file in which a program keeps its settings, for all its others. */
const SETTINGS =
  /(?:^|\/)(?:settings?|config(?:uration)?|constants?|paths?|env(?:ironment)?|defaults?|options)(?:\/index)?\.(?:py|[cm]?[jt]s)$/i

/** Trees that are kept for what other files bring in of them. */
const MOST_KEPT = 64

export function sourceModules(about: ModulesAbout): SourceModules {
  const { parsers, texts, env, workdir, served } = about
  const kept = new Map<string, SourceValues | null>()
  const work: WorkLeft = { left: 0, depth: 0 }
  const opened = (path: string, text: string): SourceValues | null => {
    const known = kept.get(path)
    if (known !== undefined) return known
    const as = languageOfFile(path, text)
    const root = as === null ? null : parsers.parse(as.grammar, text)
    const values =
      as === null || root === null
        ? null
        : sourceValues(sourceFile(sourceName(path, text), text, root), {
            language: as.language,
            workdir: path.endsWith('.php') ? (served?.(parentOf(path)) ?? workdir) : workdir,
            env,
            moduleOf,
            settingOf,
            projectOf,
            work,
          })
    if (kept.size >= MOST_KEPT) kept.clear()
    kept.set(path, values)
    return values
  }
  const moduleOf = (from: SourceFile, module: string): SourceValues | null => {
    const path = moduleFile(module, from.path, workdir, texts)
    const text = path === null || path === from.path ? undefined : texts.get(path)
    return path === null || text === undefined ? null : opened(path, text)
  }
  const projectOf = (path: string): string => {
    for (let at = parentOf(path); at !== '/'; at = parentOf(at)) if (texts.has(`${at}/manage.py`)) return at
    return parentOf(path)
  }
  const settings = [...texts].filter(([path]) => SETTINGS.test(path) && !isTest(path)).slice(0, MOST_KEPT)
  const settingOf = (name: string, from: SourceFile): readonly Value[] => {
    if (!/^\w{2,100}$/.test(name)) return []
    const said = settings.flatMap(([path, text]) =>
      path !== from.path && text.includes(name) ? (opened(path, text)?.named(name) ?? []) : [],
    )
    const paths = said.filter(({ text, open }) => !open && /[./]/.test(text))
    return new Set(paths.map(({ text }) => text)).size === 1 ? paths.slice(0, 1) : []
  }
  return {
    about,
    read(path, text) {
      work.left = bounds.sourceSteps
      return opened(path, text)
    },
  }
}

/** The file of the tree that an import means; null for one of others. */
function moduleFile(module: string, from: string, workdir: string, texts: ReadonlyMap<string, string>): string | null {
  if (module.length > bounds.pathLength) return null
  if (from.endsWith('.py')) return pythonFile(module, from, workdir, texts)
  return module.startsWith('.') ? scriptFile(module, from, texts) : null
}

/** `app.paths` from any folder above, `.paths` from that of the file. */
function pythonFile(module: string, from: string, workdir: string, texts: ReadonlyMap<string, string>): string | null {
  const dots = /^\.*/.exec(module)?.[0] ?? ''
  const below = module.slice(dots.length).replaceAll('.', '/')
  const ends = below === '' ? ['/__init__.py'] : [`/${below}.py`, `/${below}/__init__.py`]
  const has = (folder: string): string | null => {
    const at = folder === '/' ? '' : folder
    return ends.map((end) => `${at}${end}`).find((file) => texts.has(file)) ?? null
  }
  let folder = parentOf(from)
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

/** What `./x` names beside a file: with its end, or without. */
export function scriptFile(module: string, from: string, texts: ReadonlyMap<string, string>): string | null {
  const at = normalisePath(module, parentOf(from)) ?? ''
  const bare = at.replace(/\.[cm]?js$/, '')
  const ends = ['.js', '.ts', '.mjs', '.cjs', '.mts', '.jsx', '.tsx', '/index.js', '/index.ts']
  return [at, ...ends.map((end) => `${bare}${end}`)].find((file) => texts.has(file)) ?? null
}
