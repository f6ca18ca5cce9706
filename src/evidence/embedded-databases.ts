import { knownPrograms } from '../../catalogue/known-programs.ts'
import type { StageContents } from '../contents/stage-contents.ts'
import { lineOf } from '../edit.ts'
import type { ImageConfig } from '../image/facts.ts'
import { baseName, isInside, isOwnPlace, looksLikeFile, normalisePath, parentOf } from '../places.ts'
import { type Claim, declared } from './claim.ts'
import type { Provider, StageView } from './provider.ts'
import { databaseClaims } from './source-files.ts'
import { isComment, isTest } from './source-writes.ts'

/**
 * A program with SQLite or its like in it keeps a database in files, and as a user that may not write there it ends, or forgets. Where
 * no path of that was found, the one that its sources name is taken, and else it is said.
 */
export const embeddedDatabases: Provider = {
  name: 'embedded-databases',
  summary:
    'a database in files, by the libraries that the program is built of, of which no other evidence names the path',
  when: 'before-run',
  *claims(view, _, earlier) {
    if (servesAnother(view) || keepsElsewhere(view.started) || earlier.some((claim) => isData(claim, view.started)))
      return
    const used = usedLibrary(view)
    if (used === null) return
    const { library, manifest, texts, origins } = used
    const named = namedDatabases(texts, view.started.workdir)
    const [one, ...more] = named
    if (one !== undefined && more.length === 0) {
      const detail = `a database that ${origins.get(one.file) ?? one.file} line ${one.line} names, kept with ${library}`
      if (parentOf(one.path) === '/') yield declared('create-file', one.path, detail, { beside: true, fromStart: true })
      else yield* databaseClaims(one.path, detail)
      return
    }
    const candidates = named.slice(0, SHOWN).map(({ path }) => path)
    yield {
      kind: 'unknown',
      outcome: 'todo',
      transform: 'own-writable-paths',
      subject: library,
      message: `it keeps a database with ${library} (${manifest}), and where that lies was not found${
        candidates.length === 0 ? '' : `: ${candidates.join(' or ')}`
      }`,
      hint: 'name its folder with --writable, or run with --prove to see it',
      about: 'CMD',
      evidence: [{ source: 'declared', subject: library, detail: `in ${manifest}` }],
    }
  },
}

const SHOWN = 2

/** What is started comes from elsewhere, and serves what was built here. */
function servesAnother({ listed, servers, contents: { entries } }: StageView): boolean {
  const isOwn = [...entries].some(
    ([path, { type, mode }]) => type === 'file' && (mode & 0o111) !== 0 && /\/bin\/[^/]+$/.test(path),
  )
  return (listed || servers.length > 0) && !isOwn
}

const SERVER = new RegExp(`^(?:${knownPrograms.databaseServers.programs.join('|')})(?::|$)`, 'i')
const TELLS_KIND = /(?:^|_)(?:DB|DATABASE|STORAGE|STORE|SQL)(?:_|$)|DSN$|DATABASE/i

/** A setting of the image says which server it is. */
function keepsElsewhere({ env }: ImageConfig): boolean {
  return [...env].some(([name, value]) => TELLS_KIND.test(name) && SERVER.test(value))
}

/** What is made anew at each start, or by a build, is no place for a database. */
const NOT_DATA =
  /\/(?:logs?|\.?cache|te?mp|run|pids?|sockets?|sessions?|_build|deps|target|node_modules|\.next|dist|build|\.venv|vendor|assets|public|static)(?:\/|$)|\.(?:log|pid|sock|lock)$/

function isData(claim: Claim, { workdir }: ImageConfig): boolean {
  if (claim.kind !== 'path' || !['keep-state', 'create-file', 'write'].includes(claim.access)) return false
  if (claim.certainty === 'possible' || NOT_DATA.test(claim.path)) return false
  return claim.access === 'keep-state' || claim.path === workdir || /\.(?:\w*db\d?|sqlite\w?)$/.test(claim.path)
}

interface Used {
  readonly library: string
  /** Path of the file that lists it, as people call it. */
  readonly manifest: string
  /** Those of the stage that it was listed in, where the program is, or was compiled. */
  readonly texts: StageContents['texts']
  readonly origins: StageContents['origins']
}

function usedLibrary({ contents, builders }: StageView): Used | null {
  for (const stage of [contents, ...builders])
    for (const [path, text] of stage.texts) {
      const name = baseName(path)
      const rule = knownPrograms.embeddedDatabases.find(({ manifest }) => new RegExp(manifest).test(name))
      if (rule === undefined || isTest(path) || /\/(?:node_modules|vendor|site-packages)\//.test(path)) continue
      // What a front end is made of runs in a browser.
      if (stage !== contents && name === 'package.json' && !contents.texts.has(path)) continue
      const said = new Set(librariesIn(name, text))
      const library = rule.names.find((one) => [...said].some((each) => isSame(each, one)))
      if (library === undefined || !isUsed(rule.used, library, parentOf(path), stage.texts)) continue
      return { library, manifest: stage.origins.get(path) ?? path, texts: stage.texts, origins: stage.origins }
    }
  // Python brings SQLite along.
  const { texts, origins } = contents
  for (const [path, text] of texts)
    if (path.endsWith('.py') && !isTest(path) && !path.includes('/site-packages/') && CONNECTS.test(text))
      return { library: 'sqlite3', manifest: origins.get(path) ?? path, texts, origins }
  return null
}

/** By the module, or by a URL of which a call makes the rest: `'sqlite:///' + os.path.join(…)`, `f"sqlite:///{folder}/x"`. */
const CONNECTS =
  /\b(?:sqlite3|aiosqlite)\.connect\((?!\s{0,9}["']:memory:)|\bsqlite(?:\+\w{1,20})?:\/{3}(?:["'](?:\s{0,9}[+%]|\.format\()|\{|%s)/

/** `github.com/dgraph-io/badger/v4` is that of any version. */
function isSame(said: string, library: string): boolean {
  return said === library || (said.startsWith(`${library}/`) && library.includes('/'))
}

const SOURCE = /\.(?:go|rs|py|[cm]?[jt]sx?|rb|cs|fs|java|kt|exs?)$/

/** Some source beside the list says so; where none can be read, it is taken to. */
function isUsed(pattern: string, library: string, folder: string, texts: StageContents['texts']): boolean {
  const uses = pattern === '' ? null : new RegExp(pattern, 'i')
  let seen = false
  for (const [path, text] of texts) {
    if (!SOURCE.test(path) || isTest(path) || !isInside(path, folder)) continue
    seen = true
    if (uses === null ? text.includes(library) || text.includes(library.replaceAll('-', '_')) : uses.test(text))
      return true
  }
  return !seen
}

/** Names of what a program is built of, without what only its developers need. */
function librariesIn(file: string, text: string): readonly string[] {
  if (file === 'package.json') return keysOf(text, ['dependencies', 'optionalDependencies'])
  if (file === 'go.mod')
    return [...text.matchAll(/^(?:require)?[ \t]{0,9}([\w.~/-]+)[ \t]+v[\d][^\n]*$/gm)].flatMap(([line, name = '']) =>
      line.includes('// indirect') ? [] : [name],
    )
  if (/^requirements/.test(file))
    return /dev|test|doc|lint/.test(file)
      ? []
      : [...text.matchAll(/^[ \t]{0,9}([\w.-]+)/gm)].map(([, name = '']) => name.toLowerCase())
  if (/\.(?:toml)$|^Pipfile$/.test(file)) return inSections(text)
  if (file === 'Gemfile') return gems(text)
  if (file === 'mix.exs')
    return [...text.matchAll(/\{:(\w+),[^\n]*/g)].flatMap(([line, name = '']) =>
      line.includes('only:') && !line.includes(':prod') ? [] : [name],
    )
  if (/\.(?:\w+proj|props)$/.test(file))
    return [...text.matchAll(/<PackageReference\s+Include="([\w.-]+)"/g)].map(([, name = '']) => name)
  if (file === 'pom.xml')
    return text
      .split('<dependency>')
      .slice(1)
      .map((rest) => rest.slice(0, 2000).split('</dependency>')[0] ?? '')
      .flatMap((body) => (/<scope>\s*test/.test(body) ? [] : (/<artifactId>\s*([\w.-]+)/.exec(body)?.[1] ?? [])))
  return text
    .split('\n')
    .filter((line) => !/^\s*(?:test|androidTest)\w*[ (]/.test(line))
    .flatMap((line) => [...line.matchAll(/["'][\w.-]+:([\w.-]+)(?::[^"']*)?["']/g)].map(([, name = '']) => name))
}

function keysOf(text: string, lists: readonly string[]): readonly string[] {
  try {
    const all = JSON.parse(text) as Readonly<Record<string, unknown>>
    return lists.flatMap((list) => Object.keys((all[list] ?? {}) as object))
  } catch {
    return []
  }
}

const FOR_DEVELOPERS = /dev|test|doc|lint|build-dep|optional-dependencies|dependency-groups|extras/i

/** TOML: `name = "1"` and `"name>=1"` in the tables that a program is built of. */
function inSections(text: string): readonly string[] {
  const found: string[] = []
  let isMeant = true
  for (const line of text.split('\n')) {
    const [, table] = /^\s*\[{1,2}([^\]]+)\]/.exec(line) ?? []
    if (table !== undefined) {
      isMeant = !FOR_DEVELOPERS.test(table)
      // `[dependencies.rusqlite]`.
      found.push(...(isMeant ? table.split('.').slice(-1) : []))
    } else if (isMeant) {
      const [, name, quoted] = /^\s*(?:([\w-]+)\s*=|["']([\w.-]+)(?:\[[\w,\s-]*\])?\s*[<>=!~;"',])/.exec(line) ?? []
      const told = name ?? quoted
      if (told !== undefined) found.push(told.toLowerCase())
    }
  }
  return found
}

function gems(text: string): readonly string[] {
  const found: string[] = []
  let inGroup = false
  for (const line of text.split('\n')) {
    if (/^\s*group\b.*\bdo\b/.test(line)) inGroup = !line.includes(':production') && !line.includes(':default')
    else if (/^\s*end\b/.test(line)) inGroup = false
    const [, name] = /^\s*gem[\s(]*["']([\w.-]+)["']/.exec(line) ?? []
    if (name !== undefined && !inGroup && (!/groups?(?:\s{0,9}=>|:)/.test(line) || line.includes(':production')))
      found.push(name)
  }
  return found
}

/** Files that are named like databases, in the program's own sources. */
function namedDatabases(
  texts: StageContents['texts'],
  workdir: string,
): readonly { readonly path: string; readonly file: string; readonly line: number }[] {
  const found = new Map<string, { readonly path: string; readonly file: string; readonly line: number }>()
  for (const [file, text] of texts) {
    if (!SOURCE.test(file) || isTest(file) || file.includes('/node_modules/')) continue
    for (const match of text.matchAll(DATABASE_NAME)) {
      const path = normalisePath(match[1] ?? '', workdir === '' ? '/' : workdir)
      if (path === null || isComment(text, match.index) || found.has(path)) continue
      if (!looksLikeFile(path) || (parentOf(path) !== '/' && !isOwnPlace(path))) continue
      found.set(path, { path, file, line: lineOf(text, match.index) })
    }
  }
  return [...found.values()]
}

const DATABASE_NAME =
  /["'`](?:sqlite3?:(?:\/\/){0,1}|file:)?((?:[\w.-]{1,60}\/|\/){0,12}[\w-]{1,80}\.(?:db3?|sqlite3?|duckdb))(?:\?[^"'`\n]{0,200})?["'`]/g
