import { bounds } from '../bounds.ts'
import { lineEnd, lineOf, lineStart } from '../edit.ts'
import { memoizeOnce } from '../memoize.ts'
import { isStatePlace, looksLikeFile, parentOf, STATE_NAME } from '../places.ts'
import { folderOf, pathOf, type SourceNames, splitAt } from './path-expression.ts'
import { isKeyOf } from './setting-keys.ts'
import { type Imports, importedPath, importsIn } from './source-modules.ts'
import { C, CSHARP, ELIXIR, GO, JAVA, LUA, PERL, PHP, PYTHON, RUBY, RUST, type Rule, SCRIPT } from './source-rules.ts'

/** One place in a source file that writes to a path that the file itself names. */
export interface SourceWrite {
  readonly path: string
  readonly kind: 'file' | 'directory' | 'database'
  /** 1-based. */
  readonly line: number
  /** The call, as people know it: `mkdirSync`, `sqlite3.connect`. */
  readonly call: string
  /** New files are made beside it, or put in its place. */
  readonly beside?: true
  /** The call fails where it is there already: whoever makes it beforehand breaks the program. */
  readonly absent?: true
  /** The source asks whether it is there, and does more than to make it where it is not: whoever makes it beforehand has that left out. */
  readonly asked?: true
  /** Only what the setting is called says that it is written. */
  readonly byName?: true
}

/** A call that writes to a path that the source leaves to the run: an argument, a setting, a name that is put together elsewhere. */
export interface UnnamedWrite extends Pick<SourceWrite, 'line' | 'call'> {
  /** What stands in the place of the path, as it is written there. */
  readonly expression: string
}

export interface SourceAbout extends Pick<SourceNames, 'workdir' | 'env' | 'webRoot'> {
  /** Paths that the settings of the program say, by name. */
  readonly shared?: ReadonlyMap<string, string> | undefined
  /** All sources by path, for what one brings in from another. */
  readonly texts?: ReadonlyMap<string, string> | undefined
  /** A file of the program itself, whatever its folder is called. */
  readonly isStarted?: ((path: string) => boolean) | undefined
  /** Where a web server starts the PHP that lies in this folder; absent where none does. */
  readonly served?: ((folder: string) => string) | undefined
}

function rulesFor(path: string): readonly Rule[] {
  if (/\.(js|mjs|cjs|ts|mts|jsx|tsx)$/.test(path)) return SCRIPT
  if (path.endsWith('.py')) return PYTHON
  if (path.endsWith('.go')) return GO
  if (path.endsWith('.rs')) return RUST
  if (/\.(c|cc|cpp|cxx|h|hpp)$/.test(path)) return C
  if (/\.(java|kt)$/.test(path)) return JAVA
  if (path.endsWith('.cs')) return CSHARP
  if (/\.(rb|ru)$/.test(path)) return RUBY
  if (/\.(pl|pm|psgi|cgi)$/.test(path)) return PERL
  if (path.endsWith('.lua')) return LUA
  if (/\.exs?$/.test(path)) return OF_MIX.test(path) ? [] : ELIXIR
  return path.endsWith('.php') ? PHP : []
}

/** Tasks of a developer, and settings of what a release is not. */
const OF_MIX = /(?:^|\/)(?:mix\.exs|lib\/mix\/|priv\/|config\/(?:dev|test)\.exs)/

const NOT_THE_PROGRAM =
  /(^|\/)(tests?|__tests__|spec|examples?|docs?|scripts|bench|fixtures|migrations)\/|(?<!ecosystem)\.(test|spec|config|d)\.[a-z]+$|_test\.(?:go|py|rb)$|_spec\.rb$|(^|\/)(?:tests?|test_\w{1,80})\.py$|Tests?\.(?:cs|java|kt)$|(^|\/)(setup|conftest|gulpfile|webpack[^/]*|vite[^/]*)\.[a-z]+$/

/** A file that is there for those who build the program. */
export function isTest(path: string): boolean {
  return NOT_THE_PROGRAM.test(path)
}

/** Folders of a repository with what builds, tests or delivers the program. */
const FOR_BUILDERS = /(?:^|\/)(?:script|tools?|hack|e2e|integration|benchmarks?|contrib|testutils?|\.[\w-]{1,40})\//

/** It is of a folder that holds what builds, tests or delivers the program. */
export function isForBuilders(path: string): boolean {
  return FOR_BUILDERS.test(path)
}

/** Every literal path that a source file writes to, and the calls of which it does not say the path. Text is matched, not run. */
export function sourceWrites(
  path: string,
  source: string,
  about: SourceAbout,
): {
  readonly writes: readonly SourceWrite[]
  readonly open: readonly UnnamedWrite[]
  /** More calls follow than are looked at. */
  readonly isCut: boolean
} {
  const rules = isTest(path) && about.isStarted?.(path) !== true ? [] : rulesFor(path)
  if (rules.length === 0) return { writes: [], open: [], isCut: false }
  const text = rules === LUA ? plainLua(source) : source
  const names = namesOf(path, text, about)
  const { workdir } = names
  const found: SourceWrite[] = []
  const open: UnnamedWrite[] = []
  let ofHome: ReadonlySet<string> | null = null
  const setFrom = memoizeOnce(() => fieldsSet(text))
  let looked = 0
  for (const { pattern, kind, with: needed, only, receiver, usual, of, beside, within, known, quoted } of rules) {
    if (of !== undefined && !text.includes(of)) continue
    for (const match of text.matchAll(pattern)) {
      const call = match[1] ?? ''
      const end = match.index + match[0].length
      if (isComment(text, match.index)) continue
      looked += 1
      if (looked > bounds.sourceCalls) break
      if (usual !== undefined) {
        const line = lineOf(text, match.index)
        found.push({ path: `${workdir}/${usual}`, kind, line, call, ...(beside === true ? { beside } : {}) })
        continue
      }
      const rest = receiver === true ? [receiverBefore(text, end, call)] : argumentsFrom(text, end)
      const [said = '', ...others] = rest
      const argument = quoted === true ? `"${/^[^\s"';&|]{0,400}/.exec(text.slice(end, end + 400))?.[0] ?? ''}"` : said
      if (kind === 'database' && argument.includes(':memory:')) continue
      // SQLite's own way to name a file.
      const first =
        kind === 'database' ? argument.replace(/^(["'`])file:/, '$1').replace(/\?[\w=&.-]*(["'`])$/, '$1') : argument
      if (needed !== undefined && !needed.test(others.join(','))) continue
      if (only !== undefined && !only.test(first)) continue
      const line = lineOf(text, match.index)
      const where = within === true ? null : pathOf(first, names)
      if (within === true && pathOf(first, names) !== null) continue
      const isOpen = where === null && within !== true
      if (isOpen && known === true) continue
      const looped = isOpen ? [...loopedOver(text, match.index, first), ...chosenBefore(text, match.index, first)] : []
      const usually = isOpen && looped.length === 0 ? defaultOf(text, match.index, first, setFrom) : null
      const given = usually === null ? null : pathOf(usually, names)
      // Who calls it may give another: what that is stays open.
      if (given !== null) found.push({ path: given, kind, line, call, ...(beside === true ? { beside } : {}) })
      for (const each of looped) {
        const place = pathOf(each, names)
        if (place !== null) found.push({ path: place, kind, line, call, ...(beside === true ? { beside } : {}) })
      }
      const isAsked = isAskedFor(text, match.index, first)
      const isNew = isAsked || isMadeNew(text, match.index, call, rest.join(','))
      const how = {
        ...(beside === true ? { beside } : {}),
        ...(isNew ? { absent: true as const } : {}),
        ...(isAsked ? { asked: true as const } : {}),
      }
      if (where !== null) found.push({ path: where, kind, line, call, ...how })
      // `php://output` is no place, nor is any other address.
      const isAddress = /^["'`]\w+:\/\//.test(first.trim())
      // What it makes or takes away in a folder of its own has the name of the moment.
      const isOfFolder = kind !== 'database' && looped.length === 0
      const folder = where === null && isOfFolder && !isAddress ? folderOf(first, names) : null
      if (folder !== null) found.push({ path: folder, kind: 'directory', line, call })
      if (!isOpen || looped.length > 0 || folder !== null || isAddress || !isOnDisk(first)) continue
      ofHome ??= homeWords(text)
      if (!isOfHome(first, ofHome)) open.push({ line, call, expression: first.replace(/\s+/g, ' ') })
    }
  }
  const byName = rules === GO ? [...defaultFolders(text, names), ...flagFolders(text, names)] : []
  const isCut = looked > bounds.sourceCalls
  return { writes: [...found, ...sqliteUrls(text, names), ...byName], open, isCut }
}

/** A stream that is open already, the folder for temporary files, and what only bears the name of such a method need no place. */
function isOnDisk(expression: string): boolean {
  return (
    /[A-Za-z_]/.test(expression) &&
    !/te?mp(?!lat)|std(?:out|err)|fileno|dev_?null|:memory:/i.test(expression) &&
    !NO_FOLDER.test(expression)
  )
}

/** Below the home of whoever runs it, of which others tell. */
function isOfHome(expression: string, words: ReadonlySet<string>): boolean {
  return HOME.test(expression) || wordsIn(expression).some((word) => words.has(word))
}

/** The words of the lines that ask for the home. */
function homeWords(text: string): ReadonlySet<string> {
  const words = new Set(text.split('\n').flatMap((line) => (HOME.test(line) ? wordsIn(line) : [])))
  for (const word of MODULES) words.delete(word)
  return words
}

function wordsIn(text: string): readonly string[] {
  return text.match(/[A-Za-z_]\w*/g) ?? []
}

const MODULES = ['os', 'path', 'filepath', 'join', 'Join', 'this', 'self']
const HOME = /user_?home_?dir|home_?dir\(|["'](?:HOME|~|user\.home)\b|\.home\(\)|expanduser|SpecialFolder\.User/i

/** Modules, and what keeps things elsewhere: `os` of `os.mkdir(x)`, which another rule reads; a cache's `touch`. */
const NO_FOLDER =
  /^(?:os|fs|fsp|shutil|promises|sftp|ftp|\w*(?:cache|client|session|redis|conn(?:ection)?|bucket|s3))$/i

/** Its comments left out, and its texts joined as those of others, at the same places. */
function plainLua(text: string): string {
  return text
    .replace(/--[^\n]*/g, (comment) => ' '.repeat(comment.length))
    .replace(/(?<=[\w"')\]] ?)\.\.(?= ?[\w"'(])/g, ' +')
}

/** What a source file says of its own names, and what is known of those of others. */
export function namesOf(path: string, text: string, about: SourceAbout, depth = 0): SourceNames {
  const folder = parentOf(path)
  const workdir = path.endsWith('.php') ? (about.served?.(folder) ?? about.workdir) : about.workdir
  const { env, webRoot } = about
  let constants: SourceNames['constants'] | null = null
  let imports: Imports | null = null
  const modules = new Map<string, SourceNames>()
  const ofModule = (file: string, source: string): SourceNames => {
    const known = modules.get(file) ?? namesOf(file, source, about, depth + 1)
    modules.set(file, known)
    return known
  }
  const settings = memoizeOnce(() => broughtWords(text))
  const broughtIn = (name: string, of: string | null): string | null => {
    if (about.texts === undefined || depth >= MOST_MODULES) return null
    imports ??= importsIn(path, text)
    return importedPath(name, of, { path, imports, workdir: about.workdir, texts: about.texts, ofModule })
  }
  return {
    env,
    shared: (name, of) => broughtIn(name, of) ?? sharedBy(about.shared, settings, name, of),
    webRoot,
    workdir,
    folder,
    // Most files write nothing that a name would tell.
    get constants() {
      constants ??= constantsOf(text)
      return constants
    },
  }
}

/**
 * An expression once for each value that a loop around it gives its name: `for d in (DATA, LOGS): os.makedirs(d)`,
 * `for (const d of [DATA, LOGS]) mkdirSync(join(ROOT, d))`, and a comprehension.
 */
function loopedOver(text: string, index: number, expression: string): readonly string[] {
  const around = text.slice(Math.max(0, index - LONGEST_LIST), Math.min(lineEnd(text, index), index + 300))
  const words = new Set(expression.match(/\w+/g))
  const [, name = '', values = ''] = [...around.matchAll(LOOP)].findLast(([, one = '']) => words.has(one)) ?? []
  const [, plain, listed = '', each = ''] =
    [...around.matchAll(EACH)].findLast(([, , , one = '']) => words.has(one)) ?? []
  if (name === '' && each !== '')
    return (plain === undefined ? splitAt(listed, /^,/) : (plain.match(/\S+/g) ?? []).map((one) => `'${one}'`))
      .slice(0, MOST_VALUES)
      .map((value) => expression.replace(/\w+/g, (word) => (word === each ? value : word)))
  return splitAt(values, /^,/)
    .slice(0, MOST_VALUES)
    .map((value) => expression.replace(/\w+/g, (word) => (word === name ? value : word)))
}

/**
 * An expression once for each value that the branches before it give its name: `if x: D = '/a'`, `else: D = '/b'`, `os.makedirs(D)`. Of
 * other functions' names nothing is said, so only what stands close is taken.
 */
function chosenBefore(text: string, index: number, expression: string): readonly string[] {
  const start = lineStart(text, index)
  const indent = indentOf(text, start, index)
  const lines = text
    .slice(Math.max(0, start - 2_000), start)
    .split('\n')
    .slice(-CLOSE)
  const words = new Set(expression.match(/[A-Za-z_]\w*/g))
  const values = new Map<string, Set<string>>()
  for (const line of lines) {
    const at = line.search(/:?=/)
    const [, before = '', name = ''] = at < 0 ? [] : (NAMED.exec(line.slice(0, at).trimEnd()) ?? [])
    const value = line.slice(at).replace(/^:?=/, '').replace(/;$/, '').trim()
    if (/^[=>]/.test(value)) continue
    if (!words.has(name) || !before.startsWith(indent)) continue
    // Outside of a branch it is what counts, whatever was before.
    if (before === indent) values.delete(name)
    values.set(name, (values.get(name) ?? new Set()).add(value))
  }
  const [name, all] = [...values].find(([, { size }]) => size > 1) ?? []
  if (name === undefined) return []
  return [...(all ?? [])]
    .slice(0, MOST_VALUES)
    .map((value) => expression.replace(/[A-Za-z_]\w*/g, (word) => (word === name ? value : word)))
}

/**
 * What a parameter is where a call leaves it out: `def save(data, path=SETTINGS)` and `open(path, "w")`; of `self.folder` that of the
 * parameter which it is set from. Null where the function that stands above the call says none.
 */
function defaultOf(
  text: string,
  index: number,
  expression: string,
  setFrom: () => ReadonlyMap<string, RegExpMatchArray>,
): string | null {
  const [, ofSelf, plain = ''] = /^(?:self\.([a-z_]\w{0,60})|([a-z_]\w{0,60}))$/i.exec(expression.trim()) ?? []
  const set = ofSelf === undefined ? undefined : setFrom().get(ofSelf)
  const name = ofSelf === undefined ? plain : (set?.[2] ?? '')
  if (name === '') return null
  const end = set?.index ?? index
  const before = `\n${text.slice(Math.max(0, end - FAR), end)}`
  const head = Math.max(before.lastIndexOf('\ndef '), before.lastIndexOf(' def '), before.lastIndexOf('function'))
  const signature = head < 0 ? [] : argumentsFrom(before, before.indexOf('(', head) + 1)
  for (const one of signature) {
    const [, said, value] = /^(\w+)\s{0,9}(?::[^=]{0,100})?=(?![=>])\s{0,9}(.+)$/s.exec(one) ?? []
    if (said === name && value !== undefined) return value
  }
  return null
}

/** By its name where a field is first set from a name. */
function fieldsSet(text: string): ReadonlyMap<string, RegExpMatchArray> {
  const fields = new Map<string, RegExpMatchArray>()
  for (const match of text.matchAll(SET_FROM)) if (!fields.has(match[1] ?? '')) fields.set(match[1] ?? '', match)
  return fields
}

/** `self.folder = folder` */
const SET_FROM = /\bself\.(\w{1,60})[ \t]{0,9}=[ \t]{0,9}(\w{1,60})[ \t]{0,9}$/gm
/** How far above a call the function begins that it stands in, in UTF-16 units. */
const FAR = 3000

/** Lines above a call in which its name is looked for. */
const CLOSE = 15
const NAMED = /^([ \t]*)(?:(?:const|let|var) )?([A-Za-z_]\w*)$/

/** How far above a call the list of its loop may begin, in UTF-16 units. */
const LONGEST_LIST = 700
const LOOP =
  /\bfor\s{0,9}\(?\s{0,9}(?:const\s|let\s|var\s)?\s{0,9}(\w{1,60})\s{1,9}(?:in|of)\s{1,9}[([]((?:[^()[\]]|\([^()]{0,200}\)){1,600})[)\]]/g
/** `%w[log tmp].each { |d| … }`, `[A, 'b'].each do |d|`, `['a', 'b'].forEach((d) => …)` */
const EACH =
  /(?:%w[[({]([\w./\s-]{1,400})[\])}]|\[((?:[^[\]()]|\([^()]{0,200}\)){1,400})\])\.(?:each|map|forEach)\s{0,9}(?:\{|do\b|\()\s{0,9}(?:\||\(?(?:async\s)?\(?)?\s{0,9}(\w{1,60})/g
const MOST_VALUES = 20

/** Calls that fail where what they make is there: of a folder those that make no others above it, of a file those for a new one. */
const MAKES_NEW: readonly (readonly [call: RegExp, unless: RegExp])[] = [
  [/^os\.m(?:kdir|akedirs)$/, /\bexist_ok\s*=\s*True/],
  [/^(?:fs\.)?mkdirSync$/, /\brecursive\b|^[^,]*,\s*\w+\s*$/],
  [/^(?:Mkdir|create_dir|Dir\.mkdir|Files\.createDirectory|Files\.createFile|File::create_new)$/, /(?!)/],
]
const NEW_MODE = /(?:^|,)\s*(?:mode\s*=\s*)?["'](?:[bt+]*x[bt+]*|[wa]x\+?)["']/
/** The source asks first whether it is there, or goes on where it is. */
const ASKS_BEFORE = /exist|\bis_?(?:dir|file)\b|\b(?:access|l?stat)(?:Sync)?\(|\bos\.L?Stat\(|\btry\s*\{|\bsuppress\(/i
const GOES_ON =
  /IsExist|ErrExist|EEXIST|AlreadyExists|except\b[^\n:]{0,60}:\n?[ \t]{0,40}pass\b|\.ok\(\)|\.catch\(|\brescue\b/

/**
 * The line above a call asks whether the very place is missing, and what follows there does more than to make it:
 * `if not X.exists(): X.mkdir(); download(X)`. What it only says of it counts for nothing.
 */
function isAskedFor(text: string, index: number, expression: string): boolean {
  if (!/^[\w.$]{1,100}$/.test(expression)) return false
  const start = lineStart(text, index)
  if (start - lineStart(text, index, 1) > NEXT) return false
  const above = text.slice(lineStart(text, index, 1), start).trim()
  const python = [
    `if not ${expression}.exists():`,
    `if not os.path.exists(${expression}):`,
    `if not os.path.isdir(${expression}):`,
  ]
  const script = /^if \(!\s?(?:fs\.)?existsSync\(([\w.$]+)\)\) \{$/.exec(above)?.[1] === expression
  if (!script && !python.includes(above)) return false
  const indent = indentOf(text, start, index)
  const end = lineEnd(text, index)
  for (const line of text.slice(end + 1, end + 1 + NEXT).split('\n')) {
    const said = line.trim()
    if (said === '') continue
    if (!line.startsWith(indent) || /^[\])}]/.test(said)) return false
    if (!SAYS_ONLY.test(said)) return true
  }
  return false
}

/** No person indents a line by more. */
function indentOf(text: string, start: number, end: number): string {
  return /^[ \t]*/.exec(text.slice(start, Math.min(end, start + LONGEST_LINE)))?.[0] ?? ''
}

/** How far behind a call the rest of its block is looked at, and above it what asks for it, in UTF-16 units. */
const NEXT = 600
const SAYS_ONLY =
  /^(?:#|\/\/|print|console\.|(?:self\.)?_?log|pass$|(?:os|fs)\.(?:chmod|chown|mkdir|makedirs)|\w+\.(?:chmod|mkdir)\()/i

function isMadeNew(text: string, index: number, call: string, args: string): boolean {
  const isNew = MAKES_NEW.some(([name, unless]) => name.test(call) && !unless.test(args))
  if (!isNew && !(/open/i.test(call) && NEW_MODE.test(args))) return false
  const lines = text.slice(Math.max(lineStart(text, index, 3), index - NEXT), index).split('\n')
  // Go and Rust throw away what nobody asks for.
  if (
    /^\s*(?:(?:let\s+)?_\s*=\s*)?(?:std::)?(?:os\.|fs::)?$/.test(lines.at(-1) ?? '') &&
    /^(?:Mkdir|create_dir)$/.test(call)
  )
    return false
  return (
    !ASKS_BEFORE.test(lines.join('\n')) &&
    !GOES_ON.test(
      text
        .slice(index, index + NEXT)
        .split('\n', 5)
        .join('\n'),
    )
  )
}

/**
 * Some source asks whether a folder is there before it makes it, and may do more where it is not; or nobody knows. Else what is looked
 * for before it is made is the way of a library: `mkdir_p` of Ruby.
 */
export function asksBeforeMaking(texts: ReadonlyMap<string, string>): boolean {
  const sources = [...texts].filter(([path]) => rulesFor(path).length > 0 && !isTest(path))
  return (
    sources.length === 0 ||
    sources.some(([, text]) => {
      const lines = text.replaceAll(/\bexist_ok\b|\bErrExist\b|\bIsExist\b/g, '').split('\n')
      return lines.some(
        (line, at) => MAKES_FOLDER.test(line) && ASKS_BEFORE.test(lines.slice(Math.max(0, at - 3), at + 1).join('\n')),
      )
    })
  )
}

const MAKES_FOLDER = /\b(?:mkdir|makedirs|make_path|create_dir|ensureDir|createDirector)/i

/** A file in which a program keeps its settings, for all its others. */
const SETTINGS =
  /(?:^|\/)(?:settings?|config(?:uration)?|constants?|paths?|env(?:ironment)?|defaults?|options)(?:\/index)?\.(?:py|[cm]?[jt]s)$/i

/** Paths that files of settings give a name: `LOG = os.getenv("LOG", "/var/log/x")`, `logDir: '/var/log/x'`. Of two of a name none counts. */
export function sharedPaths(
  texts: ReadonlyMap<string, string>,
  about: Pick<SourceNames, 'workdir' | 'env'>,
): ReadonlyMap<string, string> | undefined {
  const files = [...texts].filter(([path]) => SETTINGS.test(path) && !isTest(path))
  const shared = new Map<string, string>()
  const twice = new Set<string>()
  for (const [path, text] of files) {
    const constants = new Map(constantsOf(text))
    const names = { ...about, folder: parentOf(path), constants }
    if (!path.endsWith('.py'))
      for (const [, name = '', value = ''] of text.matchAll(
        /^[ \t]{0,40}["']?(\w{1,99})["']?:[ \t]{0,9}([^\n]{1,400})$/gm,
      ))
        constants.set(name, value.replace(/,\s*$/, ''))
    for (const [name, value] of constants) {
      if (!/["'`]/.test(value)) continue
      const said = pathOf(value, names)
      if (said === null || !/[./]/.test(value)) continue
      if (shared.has(name) && shared.get(name) !== said) twice.add(name)
      shared.set(name, said)
    }
  }
  for (const name of twice) shared.delete(name)
  return shared.size === 0 ? undefined : shared
}

/** Modules behind each other that are looked into for a name. */
const MOST_MODULES = 4

/** `of`: what the name stands behind, `settings` in `settings.log`; a name alone has to be brought in. */
function sharedBy(
  shared: SourceAbout['shared'],
  broughtIn: () => ReadonlyMap<string, boolean>,
  name: string,
  of: string | null,
): string | null {
  const said = shared?.get(name)
  if (said === undefined) return null
  if (of !== null) return /(?:settings?|config|conf|cfg|const|paths?|env|opt)/i.test(of) ? said : null
  return broughtIn().get(name) === true ? said : null
}

/** The words of lines that may bring in a name, and whether the first line that has one does: `from settings import LOG`, `const { LOG } = require(…)`. */
function broughtWords(text: string): ReadonlyMap<string, boolean> {
  const words = new Map<string, boolean>()
  for (const [line] of text.matchAll(/^[ \t]{0,40}(?:from|import|const|let|var|export)\b[^\n]{0,400}/gm)) {
    const isImport = /^\s*(?:from|import)\b/.test(line)
    const required = line.search(/\brequire\(/)
    const own = new Map<string, boolean>()
    for (const { 0: word, index } of line.matchAll(/\w+/g))
      own.set(word, isImport || (required >= 0 && required < index))
    for (const [word, isBrought] of own) if (!words.has(word)) words.set(word, isBrought)
  }
  return words
}

/** `sqlite:///x.db` anywhere in a source is a database that the program opens. */
function sqliteUrls(text: string, { workdir }: SourceNames): readonly SourceWrite[] {
  return [
    ...text.matchAll(/["'`](?:sqlite3?:\/\/\/?|dbi:SQLite:(?:dbname=)?|jdbc:(?:sqlite|h2):(?:file:)?)(\/?[\w./-]+)/g),
  ]
    .filter((match) => match[1] !== undefined && !match[1].includes(':memory:') && !isComment(text, match.index))
    .map((match) => {
      const path = match[1] ?? ''
      return {
        path: path.startsWith('/') ? path : `${workdir}/${path}`,
        kind: 'database' as const,
        line: lineOf(text, match.index),
        call: 'sqlite',
      }
    })
}

/**
 * Go's defaults of settings: `PluginsDir: "data/plugins"` in a literal, `c.CacheDir = "certs"`, `default:"data/plugins"` behind a field,
 * `viper.SetDefault("data-dir", "x")`. The folder of state in which the program then keeps them is meant, from where it starts; of a
 * setting that is called one of state what it names.
 */
function defaultFolders(text: string, { workdir }: SourceNames): readonly SourceWrite[] {
  return [...text.matchAll(DEFAULTS)].flatMap((match): readonly SourceWrite[] => {
    const [, assigned, literal, field, tag, set, value] = match
    const key = assigned ?? field ?? set ?? ''
    const said = literal ?? tag ?? value ?? ''
    if (isComment(text, match.index)) return []
    const about = { line: lineOf(text, match.index), call: `the default of ${key}`, byName: true as const }
    const [, first = ''] = RELATIVE.exec(said) ?? []
    if (STATE_NAME.test(first)) return [{ ...about, path: `${workdir}/${first}`, kind: 'directory' }]
    const kind = kindOfSetting(key, said)
    return kind === null ? [] : [{ ...about, path: `${workdir}/${said}`, kind }]
  })
}

/** A path below the folder that a program starts in, by its first name. */
const RELATIVE = /^(?:\.\/)?(?!\.\.)([\w.-]+)(?:\/[\w.-]+)*\/?$/

/** What a setting makes of a relative path that it names, where it is called like one of state; null where it is not, or may be read. */
function kindOfSetting(key: string, value: string): 'directory' | 'database' | null {
  if (!RELATIVE.test(value) || /^[.\d]+$/.test(value) || value.includes('..')) return null
  if (/\.(?:db3?|sqlite3?)$/.test(value)) return isKeyOf('folder', key) || isKeyOf('database', key) ? 'database' : null
  if (!isKeyOf('folder', key)) return null
  if (/(?:dir|directory|folder)$/i.test(key)) return 'directory'
  // `cachePath: memory`, `data_path: sensors.temperature`
  return !looksLikeFile(value) && (value.includes('/') || STATE_NAME.test(value)) ? 'directory' : null
}

const DEFAULTS =
  /\b(\w{0,40}(?:Dir|Directory|Folder|File|Database|Connection|DSN|DataPath|StoragePath|CachePath))(?::|[ \t]=)[ \t]*"([^"\n]+)"|^[ \t]{0,8}(\w{0,40}(?:Dir|Directory|Folder|File|Path|Database|Connection|DSN))[ \t]+string[ \t]+`[^`\n]*\b(?:default|envDefault|env-default):"([^"\n]+)"|\bviper\.SetDefault\([ \t]{0,9}"([\w.-]{1,60})"[ \t]{0,9},[ \t]{0,9}"([^"\n]+)"/gm

/** Go's flags of a folder of state, and what they are where nobody gives one: `flag.StringVar(&c.root, "data-dir", "/storage", …)`. */
function flagFolders(text: string, names: SourceNames): readonly SourceWrite[] {
  return [...text.matchAll(FLAGS)].flatMap((match): readonly SourceWrite[] => {
    const { plain, other = '', value, literal } = match.groups ?? {}
    const name = plain ?? other
    const [said = ''] = value === undefined ? [] : splitAt(value, /^,/)
    const path = isComment(text, match.index) || !isKeyOf('folder', name) ? null : pathOf(literal ?? said, names)
    if (path === null) return []
    const below = path.startsWith(`${names.workdir}/`) ? path.slice(names.workdir.length + 1) : path
    const kind = isStatePlace(path) && !looksLikeFile(path) ? 'directory' : kindOfSetting(name, below)
    const call = `the default of -${name}`
    return kind === null ? [] : [{ path, kind, line: lineOf(text, match.index), call, byName: true }]
  })
}

/** flag and pflag; kingpin; urfave/cli. */
const FLAGS =
  /\.String(?:Var)?P?\(\s{0,9}(?:&[\w.]{1,80}\s{0,9},\s{0,9})?"(?<plain>[\w.-]{1,60})"\s{0,9},\s{0,9}(?:"\w?"\s{0,9},\s{0,9})?(?<value>[^\n]{1,300})|(?:\.Flag\(\s{0,9}|\bName:\s{0,9})"(?<other>[\w.-]{1,60})"[^\n{}]{0,300}?(?:\n[^\n{}]{0,300}){0,4}?(?:\.Default\(|\bValue:)\s{0,9}(?<literal>"[^"\n]{1,200}")/g

export function constantsOf(text: string): ReadonlyMap<string, string> {
  const constants = new Map<string, string>()
  const twice = new Set<string>()
  const set = (name: string, written: string): void => {
    // `root, _ := envOr("ROOT", "/x")`
    const value = written.replace(/^(?:_|ok|err)\s{0,9}:?=(?!=)\s{0,9}/, '')
    const before = constants.get(name)
    // `dir := os.Getenv("DIR")`, and in the next line what it is where that says nothing.
    if (before !== undefined && FROM_ENV.test(before) && /^["'`]/.test(value))
      constants.set(name, `${before} || ${value}`)
    else {
      if (before !== undefined) twice.add(name)
      constants.set(name, value)
    }
  }
  for (const match of text.matchAll(
    /^[ \t]*(?:export )?(?:(?:const|let|var|local|my|our|pub|static|mut|public|private|protected|internal|final|readonly|val|string|String|Path|File)[ \t]+)*(?:define\(["'])?\$?([A-Za-z_]\w*)["']?\s*(?::[^=\n\r\u2028\u2029]*)?(=(?![=>])|,)\s*(.+)$/gm,
  )) {
    const name = match[1] ?? ''
    const value = match[3] ?? ''
    // One of a list, and no name that is given a value, as it is in Go's `root, err := …`.
    if (match[2] === ',' && !match[0].includes('define(') && !/^\w{1,60}[ \t]{0,9}:=/.test(value)) continue
    // Perl's `//` begins no comment.
    const [said = '', ...more] = statements(
      value.replace(value.includes('$ENV{') ? /(?<!\s)\s+#.*/ : /(?<!\s)\s+(?:\/\/|#).*/, '').replace(/;\s*$/, ''),
    )
    set(name, /define\($/.test(match[0].slice(0, match[0].indexOf(name) - 1)) ? said.replace(/\)$/, '') : said)
    for (const other of more) assigned(other, set)
  }
  // Several statements of a line, of which the first gives no name.
  for (const [line] of text.matchAll(/^[ \t]*(?:import|from) .*$/gm))
    for (const other of statements(line).slice(1)) assigned(other, set)
  // C's: `#define STATE "/var/lib/x"`, `const char *dir = STATE;`, `char path[] = "x"`.
  for (const [, macro, value = '', name = '', other = ''] of text.matchAll(C_NAMES))
    if (macro !== undefined) set(macro, value.trim())
    else {
      const [first = '', ...more] = splitAt(other, /^,/)
      set(name, first)
      // `char a[9] = "x", b[9] = "y";`
      for (const one of more) {
        const [, next, text = ''] = /^\*{0,2}(\w{1,99})(?:\[\w{0,40}\])? ?= ?(.+)$/.exec(one) ?? []
        if (next !== undefined) set(next, text)
      }
    }
  // Go's flags: their name, then the value where none is given.
  for (const match of text.matchAll(/\bflag\.StringVarP?\(\s*&(\w+)\s*,\s*"[\w-]*"\s*,(?:\s*"\w"\s*,)?\s*("[^"\n]*")/g))
    set(match[1] ?? '', match[2] ?? '')
  for (const name of twice) constants.delete(name)
  return constants
}

const C_NAMES =
  /^[ \t]{0,40}#[ \t]{0,9}define[ \t]{1,40}(\w{1,99})[ \t]{1,40}([^\n]+)$|^[ \t]{0,40}(?:(?:static|const)[ \t]{1,9}){0,2}(?:char|std::string)(?:[ \t]{1,9}const)?[ \t]{0,9}[*&]{0,2}[ \t]{0,9}(\w{1,99})(?:\[\w{0,40}\])?[ \t]{0,9}=[ \t]{0,9}([^;\n]{1,400});/gm

const FROM_ENV = /^(?:(?:\w+\.)?(?:get_?env|Get_?[eE]nv|getEnv|environ\.get)\(\s*["']\w+["']\s*\)|process\.env\.\w+)$/i

function statements(text: string): readonly string[] {
  return text.includes(';') ? splitAt(text, /^;/) : [text]
}

function assigned(statement: string, set: (name: string, value: string) => void): void {
  const [, name, value] = /^(?:(?:const|let|var) )?([A-Za-z_]\w*) ?=(?![=>]) ?(.+)$/.exec(statement.trim()) ?? []
  if (name !== undefined && value !== undefined) set(name, value)
}

/** What a method is called of: `UPLOADS`, `Path('x')`, `(UPLOADS / name)`. `end`: behind its opening bracket. */
export function receiverBefore(text: string, end: number, call: string): string {
  const stop = text.lastIndexOf(`.${call}`, end)
  let at = stop
  let depth = 0
  while (at > 0 && stop - at < 300) {
    const char = text[at - 1] ?? ''
    if (char === ')') depth += 1
    else if (char === '(' && depth > 0) depth -= 1
    else if (depth === 0 && !/[\w.]/.test(char)) break
    at -= 1
  }
  return text.slice(at, stop)
}

/** The arguments of a call, or what follows a key, up to the end of it. */
export function argumentsFrom(text: string, start: number): readonly string[] {
  const parts: string[] = []
  let from = start
  let depth = 0
  let quote = ''
  for (let at = start; at < Math.min(text.length, start + 400); at += 1) {
    const char = text[at] ?? ''
    if (quote !== '') {
      if (char === quote) quote = ''
    } else if (char === '"' || char === "'" || char === '`') quote = char
    else if (/[([{]/.test(char)) depth += 1
    else if (/[)\]}]/.test(char) || (char === '\n' && depth === 0 && text.slice(from, at).trim() !== '')) {
      if (depth === 0) return [...parts, text.slice(from, at).trim()]
      depth -= 1
    } else if (char === ',' && depth === 0) {
      parts.push(text.slice(from, at).trim())
      from = at + 1
    }
  }
  const isAll = depth === 0 && quote === '' && text.length - start < 400
  return isAll && text.slice(from).trim() !== '' ? [...parts, text.slice(from).trim()] : parts
}

/** A line of a comment, or what stands behind code: `handler = Stream()  # or File("app.log")`. */
export function isComment(text: string, at: number): boolean {
  const start = lineStart(text, at)
  const line = text.slice(start, Math.min(at, start + LONGEST_LINE))
  if (/^\s*(#|\/\/|\*|\/\*)/.test(line)) return true
  // No person writes longer ones, and a program that is packed has one line.
  return at - start <= LONGEST_LINE && /\s(?:#\s|\/\/)/.test(line.replace(QUOTED, ''))
}

const LONGEST_LINE = 400
const QUOTED = /"[^"\n]*"|'[^'\n]*'|`[^`\n]*`/g
