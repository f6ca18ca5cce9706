import { argvOf } from '../command/index.ts'
import type { StageContents } from '../contents/stage-contents.ts'
import { lineOf } from '../edit.ts'
import { baseName, isInside, isOwnPlace, isRuntimePlace, normalisePath, parentOf } from '../places.ts'
import { type Claim, inferred } from './claim.ts'
import type { Provider, StageView } from './provider.ts'
import { isKeyOf } from './setting-keys.ts'
import { databaseClaims } from './source-files.ts'
import { isTest, kindOfSetting } from './source-writes.ts'

/**
 * A relative path in the program's own configuration counts from where the program starts, which is root's as a rule: `dataDir: files`,
 * `"dbDatabase": "./mail.db"`. Only settings called like ones of state, of a file that the start, a script or a source names.
 */
export const relativeSettings: Provider = {
  name: 'relative-settings',
  summary: 'relative paths that the configuration of the program names as written',
  when: 'always',
  *claims(view, _, earlier) {
    const { workdir, env } = view.started
    // It goes where its files are before it reads them.
    if (workdir === '' || workdir === '/') return
    const kept = earlier.flatMap((claim) =>
      claim.kind === 'path' && claim.access === 'keep-state' ? [claim.path] : [],
    )
    for (const { text, origin } of readByProgram(view))
      for (const { key, value, line, kind } of settingsIn(text)) {
        const path = normalisePath(value, workdir)
        if (path === null || path === workdir || isRuntimePlace(path) || isToldOtherwise(key, env)) continue
        // What is the program's own already it can make itself.
        if (kept.some((folder) => folder !== path && isInside(path, folder))) continue
        yield* claimsOf({ key, path, kind }, `named as ${key} in ${origin} line ${line}`, view.contents.entries)
      }
  },
}

/** `Database__ConnectionString` and `CLUB_UPLOAD_DIR` of the image say it instead of the file. */
function isToldOtherwise(key: string, env: ReadonlyMap<string, string>): boolean {
  const plain = (name: string): string => name.replace(/[^A-Za-z\d]/g, '').toLowerCase()
  const wanted = plain(key)
  return [...env].some(([name, value]) => value !== '' && plain(name).endsWith(wanted))
}

function claimsOf(
  { key, path, kind }: Pick<Setting, 'key' | 'kind'> & { readonly path: string },
  detail: string,
  entries: StageContents['entries'],
): readonly Claim[] {
  const place = kind === 'directory' ? path : parentOf(path)
  if (!isOwnPlace(path) || (place !== '/' && !isOwnPlace(place))) return []
  if (kind === 'database') return databaseClaims(path, detail)
  if (kind === 'directory') return isFilled(path, entries) ? [] : [inferred('keep-state', path, detail)]
  const isLog = isKeyOf('log', key) && /\.(?:log|txt)$/.test(path)
  return isLog && !entries.has(path) ? [inferred('create-file', path, detail)] : []
}

/** What the stage puts into it is there to be read; what only keeps it in a repository is not. */
function isFilled(folder: string, entries: StageContents['entries']): boolean {
  for (const [path, { type }] of entries)
    if (type !== 'directory' && isInside(path, folder) && !/\/(?:\.[^/]*|README[^/]*)$/i.test(path)) return true
  return false
}

interface ConfigText {
  readonly text: string
  /** As people call it. */
  readonly origin: string
}

const CONFIG = /\.(?:json5?|ya?ml|toml|ini|cfg|conf|config|properties|template|tmpl|tpl|j2)$/
/** What tools that build or check read, whatever else names them. */
const OF_TOOLS =
  /^(?:package|composer|tsconfig|jsconfig|angular|nx|lerna|turbo|babel|jest|pyproject|Cargo|Pipfile|setup|tox|mypy|pytest|docker-compose|compose|cypress|rush|vercel|netlify|renovate|appveyor|codecov|mkdocs)\b|^\./
const OF_OTHERS = /\/(?:node_modules|vendor|site-packages)\//
const LONGEST = 200_000
const MOST_FILES = 40
const SOURCE = /\.(?:go|rs|py|[cm]?[jt]sx?|rb|cs|fs|java|kt|exs?|php|pl|lua|sh)$/

/** Configuration that the stage ships, and that something of the program names; of .NET's the one beside the project that is started. */
function* readByProgram(view: StageView): Iterable<ConfigText> {
  const { contents, builders, started, start } = view
  const words = [...argvOf(started), ...started.env.values(), ...start.launches.flatMap(({ words }) => words)]
  const files = [...contents.texts].filter(([path, text]) => isConfig(path, text)).slice(0, MOST_FILES)
  if (files.length > 0) {
    const named = namesIn([contents, ...builders], files, start.scripts)
    for (const [path, text] of files) {
      const name = baseName(path)
      const isTold = words.some((word) => word === name || word.endsWith(`/${name}`) || word.endsWith(`=${name}`))
      if (isTold || named.has(name)) yield { text, origin: contents.origins.get(path) ?? path }
    }
  }
  const projects = new Set(words.flatMap((word) => (word.endsWith('.dll') ? baseName(word).slice(0, -4) : [])))
  for (const { texts, origins } of projects.size === 0 ? [] : [contents, ...builders])
    for (const [path, text] of texts) {
      if (!/\/appsettings(?:\.Production)?\.json$/.test(path) || text.length > LONGEST) continue
      const isBeside = [...projects].some((name) => texts.has(`${parentOf(path)}/${name}.csproj`))
      if (isBeside) yield { text, origin: origins.get(path) ?? path }
    }
}

function isConfig(path: string, text: string): boolean {
  return (
    CONFIG.test(path) &&
    !OF_TOOLS.test(baseName(path)) &&
    !OF_OTHERS.test(path) &&
    !isTest(path) &&
    text.length <= LONGEST
  )
}

/** Those of the files whose name a source or a start script says. */
function namesIn(
  stages: readonly StageContents[],
  files: readonly (readonly [path: string, text: string])[],
  scripts: readonly string[],
): ReadonlySet<string> {
  const wanted = new Set(files.map(([path]) => baseName(path)))
  const found = new Set<string>()
  for (const { texts } of stages)
    for (const [path, text] of texts) {
      const isStarted = scripts.includes(path)
      if (!isStarted && (!SOURCE.test(path) || isTest(path) || path.includes('/node_modules/'))) continue
      for (const name of wanted)
        if (!found.has(name) && (isStarted ? text.includes(name) : saysName(text, name))) found.add(name)
    }
  return found
}

/** As a text of its own, or the last part of one. */
function saysName(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at > 0; at = text.indexOf(name, at + 1))
    if (/["'`/]/.test(text[at - 1] ?? '') && /["'`]/.test(text[at + name.length] ?? '')) return true
  return false
}

interface Setting {
  readonly key: string
  readonly value: string
  /** Null where the key says none. */
  readonly kind: 'directory' | 'database' | null
  /** 1-based. */
  readonly line: number
}

function* settingsIn(text: string): Iterable<Setting> {
  for (const { 1: key = '', 2: value = '', index } of text.matchAll(SETTING))
    yield { key, value, kind: kindOfSetting(key, value), line: lineOf(text, index) }
  for (const { 1: value = '', index } of text.matchAll(CONNECTION)) {
    const [, key = 'connection'] =
      /([A-Za-z][\w.-]{0,60})["']?[ \t]{0,9}$/.exec(text.slice(Math.max(0, index - KEY), index)) ?? []
    yield { key, value, kind: 'database', line: lineOf(text, index) }
  }
}

/** How long a key and what stands around it may be. */
const KEY = 80
/** A key and a value on a line of their own, or of an object in one line. */
const SETTING =
  /(?:^[ \t]{0,40}|[{,][ \t]{0,9})["']?([A-Za-z][\w.-]{0,60})["']?[ \t]{0,9}[:=][ \t]{0,20}["']?([A-Za-z.][\w./-]{0,200})["']?[ \t]{0,9}(?=$|[,;}\r#]|\/\/)/gm
/** `"Data Source=./x.db;Cache=Shared"`, `sqlite:///x.db`, `sqlite://x.db` */
const CONNECTION =
  /[:=][ \t]{0,20}["']?(?:(?:Data ?Source|Filename)[ \t]{0,9}=[ \t]{0,9}|sqlite3?:(?:\/\/){0,1}\/?)((?:\.\/)?[\w-][\w./-]{0,200}\.(?:db3?|sqlite3?))(?=["';?\s])/gi
