import { bounds } from '../bounds.ts'
import { isRemoved, type StageContents } from '../contents/stage-contents.ts'
import { says } from '../dockerfile/index.ts'
import { lineOf } from '../edit.ts'
import { isRootUser } from '../image/accounts.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import type { InTurn } from '../in-turn.ts'
import { memoizeByObject } from '../memoize.ts'
import {
  baseName,
  isBelowSystem,
  isInside,
  isOwnPlace,
  isRuntimePlace,
  isStatePlace,
  isSystemFolder,
  looksLikeFile,
  normalisePath,
  parentOf,
} from '../places.ts'
import { argvOf, programsOf } from '../shell/index.ts'
import type { StepDownReport } from '../start/step-down.ts'
import { joinTruncated } from '../words.ts'
import { type Claim, declared, type Evidence, inferred, type PathClaim, question } from './claim.ts'
import type { Provider } from './provider.ts'
import { leftBehind, preparedByRun } from './run-lines.ts'
import { COMPILED, homeAsked, temporaryFolder } from './source-asks.ts'
import { sourceModules } from './source-modules.ts'
import { isComment, isForBuilders, isTest, sourceName } from './source-text.ts'
import { readSource, type UnnamedWrite } from './source-writes.ts'
import type { SourceParsers } from './syntax.ts'

const MOST_FINDS = 40
/** `mkdirSync`, `os.makedirs`, `make_path`, `create_dir_all`, `ensureDir`; a folder is only named by other calls. */
const MAKES = /mk_?(?:dir|path)|make_?(?:dir|path)|create_dir|ensure_?dir/i

/** Whether the call names files. One that makes a folder says nothing about the files that are put into it later. */
export function namesFiles({ detail }: Evidence): boolean {
  return !MAKES.test(detail.split(' ', 1)[0] ?? '')
}

/** Literal paths that the program's own source files write to, with the file and the line. */
export const sourceFiles: Provider = {
  name: 'source-files',
  summary: "literal paths that the program's own source files write to",
  when: 'always',
  *claims(view) {
    const { idle, started, start, chain, files, own } = view
    const contents = withoutIdle(view.contents, idle)
    const {
      claims: all,
      open,
      closed,
      cut,
      unread,
    } = yield* writtenBy(contents, started, view.parsers, start.launches, own)
    const line = preparedByRun(view)
    const found = withoutRemoved(line === null ? all : all.flatMap((claim) => leftBehind(claim, line)), contents)
    const written = [...found, ...configuredRotation(contents, open), ...handlersIn(contents, started)]
    yield* written
    yield* temporaryFolder(chain, files, contents)
    yield* homeAsked(contents, started)
    yield* workTrees(contents, own)
    const told = written.map(({ evidence }) => evidence.detail)
    yield* leftOpen(
      open.filter(({ file, line }) => !told.some((detail) => detail.endsWith(`${file} line ${line}`))),
      started,
    )
    yield* leftClosed(closed, started)
    yield* leftUnread({ cut, unread }, contents, started)
  },
}

function withoutIdle(contents: StageContents, idle: ReadonlySet<string>): StageContents {
  if (idle.size === 0) return contents
  return { ...contents, texts: new Map([...contents.texts].filter(([path]) => !idle.has(path))) }
}

/** Verbs of git that change a repository or its work tree, as a word of a command: `git commit`, `git('commit', '-q')`. */
const GIT_WRITES =
  /(?:\bgit\s+(?:-C\s+\S{1,200}\s+)?|["'`])(add|am|apply|checkout|clean|commit|fetch|gc|merge|mv|pull|rebase|reset|rm|stash)(?=["'`\s])/
const STARTS_GIT = /["'`](?:\/usr\/bin\/)?git["'`\s]/

/** Repositories of the image, where a source runs what writes into one. */
function* workTrees({ texts, origins }: StageContents, files: FileModel): Iterable<Claim> {
  for (const [file, text] of texts) {
    const found = isTest(file) || isForBuilders(file) || !STARTS_GIT.test(text) ? null : GIT_WRITES.exec(text)
    if (found === null || isComment(text, found.index)) continue
    const detail = `git ${found[1]} in ${origins.get(file) ?? file} line ${lineOf(text, found.index)}`
    for (const path of files.paths())
      if (path.endsWith('/.git/HEAD')) yield inferred('keep-state', parentOf(parentOf(path)), detail, { tree: true })
    return
  }
}

/** The log that a setting names, `RotatingFileHandler(config["log"])`, where one file of settings has one of that name. */
function configuredRotation(
  { texts, origins }: Pick<StageContents, 'texts' | 'origins'>,
  open: Written['open'],
): readonly PathClaim[] {
  return open.flatMap(({ file, line, call, expression }): readonly PathClaim[] => {
    const key = /RotatingFileHandler$/.test(call)
      ? /(?:\[|\.get\(|\.)\s*["']?(\w{2,60})["']?\s*(?:[\])]|,[^,]{0,100}\))?$/.exec(expression)?.[1]
      : undefined
    if (key === undefined) return []
    const said = new RegExp(String.raw`^[ \t]*["']?${key}["']?[ \t]*[:=][ \t]*["']?(/[\w./-]{1,200})`, 'im')
    const named = [...texts].flatMap(([path, one]) => {
      const value = SETTINGS.test(path) ? said.exec(one)?.[1] : undefined
      return value === undefined ? [] : [{ value, where: origins.get(path) ?? path }]
    })
    const path = normalisePath(named[0]?.value ?? '')
    if (path === null || new Set(named.map(({ value }) => value)).size !== 1 || !isOwnPlace(path)) return []
    const detail = `named as ${key} in ${named[0]?.where ?? ''}, and rotated in ${file} line ${line}`
    return [inferred('create-file', path, detail, { how: 'beside' })]
  })
}

/** Files of logs in the form of Python's `logging.config.fileConfig`: `class=FileHandler`, `args=('/var/log/x.log', 'a')`. */
function handlersIn(
  { texts, origins }: Pick<StageContents, 'texts' | 'origins'>,
  { workdir }: Pick<ImageConfig, 'workdir'>,
): readonly PathClaim[] {
  const isOne = (file: string, text: string): boolean => /\.(?:ini|cfg|conf)$/.test(file) && text.includes('[handler_')
  const sections = [...texts].flatMap(([file, text]) =>
    isOne(file, text) ? text.split(/^\[/m).map((section) => ({ file, section })) : [],
  )
  return sections.flatMap(({ file, section }) => {
    const [, kind] = /^class[ \t]{0,9}=[ \t]{0,9}([\w.]{0,100}FileHandler)[ \t]*$/m.exec(section) ?? []
    const [, said] = /^args[ \t]{0,9}=[ \t]{0,9}\([ \t]{0,9}r?["']([\w./-]{1,200})["']/m.exec(section) ?? []
    if (kind === undefined || said === undefined) return []
    const path = normalisePath(said, workdir === '' ? '/' : workdir)
    if (path === null || !isOwnPlace(path)) return []
    const how = /Rotating|Watched/.test(kind) ? ({ how: 'beside' } as const) : {}
    return [inferred('create-file', path, `a ${kind} in ${origins.get(file) ?? file}`, how)]
  })
}

const SETTINGS = /\.(?:ya?ml|json|toml|ini|cfg|conf|env|properties)$/

/** A folder that a RUN has taken away on purpose is not made again; one by the name of state only begins empty. */
function withoutRemoved(claims: readonly PathClaim[], contents: StageContents): readonly PathClaim[] {
  return claims.filter(
    ({ path, access }) => access !== 'keep-state' || isStatePlace(path) || !isRemoved(contents, path),
  )
}

/**
 * Whether an expression is called like an option of the command line, or a variable, that gives a path: `args.log` and `--log /x`,
 * `cfg.DataDir` and `DATA_DIR=/x`. What those name, others claim.
 */
function toldAtStart(argv: readonly string[], { env }: Pick<ImageConfig, 'env'>): (expression: string) => boolean {
  const words = argv.flatMap((word) => word.split(/\s+/))
  const options = words.flatMap((word, at) => {
    const [, name = '', value = words[at + 1] ?? ''] = /^--?([\w-]{2,60})(?:=(.*))?$/.exec(word) ?? []
    return /[/.]/.test(value) && !value.startsWith('-') ? [plain(name)] : []
  })
  const variables = [...env].flatMap(([name, value]) => (value.startsWith('/') ? [plain(name)] : []))
  const told = new Set(
    [...options, ...variables].filter((name) => name.length > 2 && name !== 'path' && name !== 'home'),
  )
  return (expression) => (expression.match(/\w+/g) ?? []).some((name) => told.has(plain(name)))
}

function plain(name: string): string {
  return name.replace(/[_-]/g, '').toLowerCase()
}

/** What the sources say of the places that they write to. */
interface Written {
  readonly claims: readonly PathClaim[]
  /** Calls whose path they leave to the run. */
  readonly open: readonly (UnnamedWrite & { readonly file: string })[]
  /** Writes to folders of the system, where nothing is granted for a text alone. */
  readonly closed: readonly { readonly path: string; readonly where: string }[]
  /** Files with more calls than are looked at. */
  readonly cut: readonly string[]
  /** Files that no grammar has read. */
  readonly unread: readonly string[]
}

/** `launches`: what start scripts start. Stops behind each file. */
function* writtenBy(
  { texts, origins, entries }: Pick<StageContents, 'texts' | 'origins' | 'entries'>,
  config: ImageConfig,
  parsers: SourceParsers,
  launches: StepDownReport['launches'] = [],
  files: FileModel | null = null,
): InTurn<Written> {
  const argv = [...argvOf(config), ...launches.flatMap(({ words }) => words)]
  const names = new Set(argv.map(baseName))
  const started = new Set(argv.flatMap((word) => normalisePath(word, config.workdir) ?? []))
  const claims: PathClaim[] = []
  const open: Written['open'][number][] = []
  const closed: Written['closed'][number][] = []
  const cut: string[] = []
  const unread: string[] = []
  const { workdir, env } = config
  const modules = sourceModules({ parsers, texts, workdir, env, served: servedFrom(texts, config) })
  const isOnlyRead = readFolders(entries)
  const isTold = toldAtStart(argv, config)
  for (const [file, text] of texts) {
    if (claims.length >= MOST_FINDS) break
    yield
    if (isTest(file) && !started.has(file)) continue
    const { writes, open: left, uses, unread: why } = readSource(file, text, modules)
    for (const { path: named, call, line, how } of uses) {
      const place = normalisePath(named)
      // `rmdir /S /Q` is told so on Windows.
      if (place === null || /^\/[A-Za-z?]$/.test(place)) continue
      // What it runs, or hands to others to be read.
      if (how === 'runs' && (entries.get(place) ?? files?.entry(place))?.type === 'file') continue
      const path = looksLikeFile(place) ? parentOf(place) : place
      // Its own code is what most programs hand to others.
      const isOfProgram = isInside(config.workdir, path) || (isInside(path, config.workdir) && !isStatePlace(path))
      if (!isUsable(path, 'directory') || isOfProgram || isInside(path, NOWHERE) || isOnlyRead(path)) continue
      const what = how === 'runs' ? 'is given a path there' : 'takes away what is there'
      claims.push(inferred('keep-state', path, `${call} in ${origins.get(file) ?? file} line ${line} ${what}`))
    }
    if (why === 'too many calls') cut.push(origins.get(file) ?? file)
    if (why === 'no tree') unread.push(origins.get(file) ?? file)
    if (!isForBuilders(file)) {
      // Where a log is that is rotated another rule asks.
      const others = left.filter(({ expression }) => !isTold(expression))
      open.push(...others.map((one) => ({ ...one, file: origins.get(file) ?? file })))
    }
    for (const found of writes) {
      const path = normalisePath(found.path)
      if (path === null) continue
      // What is started writes its settings at each start; another source file may be there to install something.
      const isSetting = found.kind !== 'database' && names.has(baseName(file)) && isSettings(path, found.kind)
      // Relative, in a program that starts where the system does: it starts elsewhere, or that is said.
      const isFromStart = found.path.startsWith('//') && found.kind !== 'directory' && parentOf(path) === '/'
      const isOfBuild =
        found.kind === 'file' && OF_BUILD.test(path) && looksLikeFile(path) && isOwnPlace(path) && isModule(file, texts)
      if (!isSetting && !isFromStart && !isUsable(path, found.kind) && !isOfBuild) {
        if (isOfSystem(path) && !isForBuilders(file))
          closed.push({ path, where: `${origins.get(file) ?? file} line ${found.line} (${found.call})` })
        continue
      }
      // Who writes source that is there makes the program anew; at work it reads that.
      if (found.kind === 'file' && entries.has(path) && IS_SOURCE.test(path) && !SETS.test(baseName(path))) continue
      // `./` is where a name is still to be put.
      if (found.kind === 'file' && /(^|\/)\.{0,2}\/?$/.test(found.path)) continue
      const detail = `${found.call} in ${origins.get(file) ?? file} line ${found.line}`
      // What is copied or moved to the top is a file of a name that stands there, or a folder that it is put into.
      const isPlaced = parentOf(path) === '/' && /cop(y|ies)|move|rename|replace/i.test(found.call)
      const beside = (found.beside === true || found.absent === true) && !isPlaced
      // Made beforehand it would be in the way: its folder has to let it be made.
      if (found.absent === true && !isPlaced) {
        const claim = isUsable(parentOf(path), 'directory') ? inferred : declared
        const why = found.asked === true ? 'is left out with more' : 'fails'
        claims.push(claim('create-file', path, `${detail} ${why} where it is there already`, { how: 'beside' }))
      } else if (found.kind === 'directory' || (found.beside === true && !beside && !looksLikeFile(path)))
        claims.push(
          inferred('keep-state', path, detail, MAKES.test(found.call) ? { made: true } : {}),
          ...(MAKES.test(found.call) ? [] : rewritten(entries, path, found.ending)).map((file) =>
            inferred('write', file, detail),
          ),
        )
      else if (isFromStart) claims.push(declared('create-file', path, detail, { how: 'beside', fromStart: true }))
      else if (found.kind === 'database') claims.push(...databaseClaims(path, detail))
      else {
        const access = entries.has(path) && !beside ? 'write' : 'create-file'
        // Of such a place nothing but the very file can be had: what names it there is as good as an instruction.
        const isOne = isSetting || isAlone(path) || isOfBuild
        const how = beside ? ({ how: 'beside' } as const) : isOne ? ({ how: 'any' } as const) : {}
        claims.push(inferred(access, path, detail, { ...how, ...(isOne ? { certainty: 'declared' } : {}) }))
      }
    }
  }
  return { claims, open, closed, cut, unread }
}

/**
 * Writes at paths that nothing tells before the run. Whoever wrote the Dockerfile has thought of them where the program runs as another
 * user already.
 */
function leftOpen(open: Written['open'], { user }: Pick<ImageConfig, 'user'>): readonly Claim[] {
  if (open.length === 0 || !isRootUser(user)) return []
  const byFile = new Map<string, Written['open'][number]>()
  for (const each of open) if (!byFile.has(each.file)) byFile.set(each.file, each)
  const places = [...byFile.values()].map(({ file, line, call }) => `${file} line ${line} (${call})`)
  return places.map(unnamedWrite)
}

/** `/usr/share/app/x`: the program's own place in a folder of the system, and no device. */
function isOfSystem(path: string): boolean {
  return /^\/(?:usr|lib\w*|etc|boot)\/[^/]+\//.test(path) && !/\/(?:site|dist)-packages\//.test(path)
}

function leftClosed(closed: Written['closed'], { user }: Pick<ImageConfig, 'user'>): readonly Claim[] {
  const [first] = isRootUser(user) ? closed : []
  return first === undefined
    ? []
    : [
        question('writes', first.where, `${first.where} writes ${first.path}, which stays root's`, {
          answeredByRun: 'wrote',
        }),
      ]
}

function unnamedWrite(where: string): Claim {
  return question('writes', where, `${where} writes to a path that only the run decides`, { answeredByRun: 'wrote' })
}

/** What the calls behind those write that were looked at, and what stands in sources that nothing reads. */
function* leftUnread(
  { cut, unread }: Pick<Written, 'cut' | 'unread'>,
  { texts, origins }: Pick<StageContents, 'texts' | 'origins'>,
  { user }: Pick<ImageConfig, 'user'>,
): Iterable<Claim> {
  if (!isRootUser(user)) return
  const [first] = cut
  const [other] = unread
  // Numbers of a language take V8 tens of milliseconds, once: only for whoever has that many.
  if (first !== undefined) {
    const most = bounds.sourceCalls.toLocaleString('en')
    yield question(
      'sources',
      first,
      `${joinTruncated(cut)}: of more than ${most} calls that write only the first were read`,
    )
  }
  if (other !== undefined)
    yield question('sources', other, `${joinTruncated(unread)}: what is written was not read out of the text`)
  const languages = new Set<string>()
  for (const [path, text] of texts) {
    const name = sourceName(path, text)
    const language =
      isTest(path) || isForBuilders(path) ? undefined : LEFT_TO_THE_RUN.get(name.slice(name.lastIndexOf('.') + 1))
    if (language === undefined || path.includes('/node_modules/')) continue
    const at = language.writes === undefined ? -1 : text.search(language.writes)
    if (at < 0 || isComment(text, at)) languages.add(language.name)
    else yield unnamedWrite(`${origins.get(path) ?? path} line ${lineOf(text, at)}`)
  }
  const named = [...languages].join(', ')
  if (named !== '') yield question('sources', named, `sources in ${named} are not read for what they write`)
}

const OF_JAVA =
  /\bnew (?:java\.io\.)?(?:FileOutputStream|FileWriter|PrintWriter\(\s*new File)|\bFiles\.(?:write|newBufferedWriter|newOutputStream|create|copy|move)|\.mkdirs?\(/

/**
 * Languages whose sources only a run tells of, by the ends of their files, with how those that are interpreted write: what is compiled
 * brings more code than its program runs.
 */
const LEFT_TO_THE_RUN: ReadonlyMap<string, { readonly name: string; readonly writes?: RegExp }> = new Map([
  ['jsp', { name: 'JSP', writes: OF_JAVA }],
  [
    'rb',
    {
      name: 'Ruby',
      writes:
        /\b(?:(?:File|IO)\.(?:write|binwrite)|File\.(?:open|new)\([^)\n]{0,200},\s{0,9}["'][wa]|FileUtils\.(?:mkdir|touch|cp|mv)\w*|Dir\.mkdir)/,
    },
  ],
  [
    'pl',
    {
      name: 'Perl',
      writes: /\b(?:make_path\(|mkpath\(|mkdir[ (]|(?:sys)?open\b[^;\n]{0,100}?,\s{0,9}["']\+?>|(?:copy|move)\()/,
    },
  ],
  ['lua', { name: 'Lua', writes: /\b(?:io\.open\([^)\n]{0,200},\s{0,9}["'][wa]|lfs\.mkdir)/ }],
  ['rs', { name: 'Rust' }],
  ['ex', { name: 'Elixir', writes: /\bFile\.(?:write|mkdir_p|cp|open!?\([^)\n]{0,200}:(?:write|append))/ }],
  ['java', { name: 'Java' }],
  ['kt', { name: 'Kotlin' }],
  ['cs', { name: 'C#' }],
  ['c', { name: 'C' }],
  ['cc', { name: 'C++' }],
  ['cpp', { name: 'C++' }],
])

const IS_SOURCE = /\.(?:[cm]?[jt]sx?|pyi?|go|rs|c|cc|cpp|h|hpp|java|kt|cs)$/
/** What an installation writes in the language of the program. */
const SETS = /conf|setting|local|env/i

/** Folders, but of state, in which the stage puts files: those are there to be read. */
function readFolders(entries: StageContents['entries']): (path: string) => boolean {
  const filled = new Set<string>()
  for (const [path, { type }] of entries)
    if (type !== 'directory')
      for (let at = parentOf(path); at !== '/' && !filled.has(at); at = parentOf(at)) filled.add(at)
  return (path) => filled.has(path) && !isStatePlace(path)
}

/** SQLite creates its journal in the folder of the database for each change, and removes it: making that file beforehand is not enough. */
export function databaseClaims(path: string, detail: string, isFilled = false): readonly PathClaim[] {
  return [
    inferred('create-file', path, detail, { subject: path, ...(isFilled ? { tree: true } : {}) }),
    inferred('create-file', `${path}-journal`, detail, { subject: path, how: 'beside' }),
  ]
}

/**
 * A web server starts PHP in the folder of the script that is asked for: index.php, there or above. On a command line it
 * starts where the command does.
 */
function servedFrom(
  texts: StageContents['texts'],
  config: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
): ((folder: string) => string) | undefined {
  const argv = argvOf(config)
  const isCommandLine = programsOf(config).some((name) => /^php[\d.]*$/.test(name)) && !argv.join(' ').includes(' -S ')
  if (isCommandLine) return undefined
  return (folder) => {
    for (let at = folder; at !== '/'; at = parentOf(at))
      for (const root of ['', '/public', '/web', '/html', '/www', '/htdocs'])
        if (texts.has(`${at}${root}/index.php`)) return `${at}${root}`
    return folder
  }
}

/** What a build makes; at work only a part of the program itself writes there: `dist/env.js`. */
const OF_BUILD = /\/(?:dist|build)\//

/** Another source of the tree brings it in: it is no script that people start by hand. */
function isModule(path: string, texts: StageContents['texts']): boolean {
  const name = stemOf(path)
  return SCRIPT.test(path) && !path.includes('/node_modules/') && name !== 'index' && broughtIn(texts).has(name)
}

function stemOf(path: string): string {
  return baseName(path).replace(SCRIPT, '')
}

/** What sources of JavaScript call the others that they bring in. */
const broughtIn = memoizeByObject((texts: StageContents['texts']): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const [path, text] of texts)
    if (SCRIPT.test(path) && !isTest(path) && !path.includes('/node_modules/'))
      for (const [, module = ''] of text.matchAll(BRINGS_IN)) found.add(stemOf(module))
  return found
})

const BRINGS_IN = /\b(?:require\(|from|import)\s{0,9}["'](\.{1,2}\/[\w./-]{1,200})["']/g

function isUsable(path: string, kind: 'file' | 'directory' | 'database'): boolean {
  if (/\/(node_modules|\.git|dist|build|site-packages)(\/|$)/.test(path)) return false
  if (kind === 'file' && isAlone(path)) return !isRuntimePlace(path) && !isBelowSystem(path)
  return isOwnPlace(path) && (kind === 'directory' || parentOf(path) !== '/')
}

/** Below a folder of its own in /etc. */
function isSettings(path: string, kind: 'file' | 'directory'): boolean {
  const folder = kind === 'file' ? parentOf(path) : path
  return isInside(path, '/etc') && folder !== '/etc' && !isBelowSystem(path) && !isSystemFolder(folder)
}

/** What a page is made of is read, where nothing says what a name ends in. */
const IS_SERVED = /\.(?:html?|css|map|svg|png|jpe?g|gif|ico|webp|woff2?|ttf|json|ya?ml|toml|lock|php|rb|pl|sh)$/

/** Files of the image that the program may write again, by their folder and their ending: only their owner can. */
function rewritten(entries: StageContents['entries'], folder: string, ending: string | undefined): readonly string[] {
  const isOne = (path: string): boolean => (ending === undefined ? !IS_SERVED.test(path) : path.endsWith(ending))
  return [...entries].flatMap(([path, { type, uid }]) =>
    type === 'file' && uid === 0 && parentOf(path) === folder && isOne(path) && !IS_SOURCE.test(path) ? [path] : [],
  )
}

/** In a folder of the system nothing but the file itself can be had. */
function isAlone(path: string): boolean {
  return parentOf(path) === '/' || parentOf(path) === '/etc'
}

/** No program is ever there: what a source says of its own folder is not true of what it was compiled to. */
const NOWHERE = '/proc/source'

/** What the source in a build stage says of the program that the last stage takes from there: Go, TypeScript, bundled JavaScript. */
export const compiledSources: Provider = {
  name: 'compiled-sources',
  summary: 'the same of the source in build stages, from which the program was compiled',
  when: 'always',
  *claims({ builders, contents, idle, started, chain, files, servers, listed, start, parsers }) {
    // A server of another kind that is given what the stage has made serves that: nothing of the source runs.
    const isServed =
      (listed || servers.length > 0) && !start.programs.some((name) => RUNS_SCRIPTS.test(name)) && !isOwn(contents)
    const taken = new Set(contents.origins.values())
    const removed = { texts: contents.removedSources, origins: contents.origins, steps: [] }
    const hasOwn = [...contents.texts.keys()].some((path) => path.endsWith('.py'))
    const sources = [...builders, removed].flatMap(({ texts, origins, steps }) => {
      const isInstalled = !hasOwn && steps.some(installsItself)
      return [...texts].flatMap(([path, text]) => {
        const origin = origins.get(path) ?? path
        const at = transpiled(path, texts, started.workdir) ?? `${NOWHERE}${path}`
        const isSource = COMPILED.test(path) || (isInstalled && path.endsWith('.py'))
        return isSource &&
          !idle.has(path) &&
          !(isServed && SCRIPT.test(path)) &&
          !(texts !== removed.texts && taken.has(origin))
          ? [{ path: at, text, origin }]
          : []
      })
    })
    if (sources.length === 0) return
    const read = {
      copies: contents.copies,
      texts: new Map(sources.map(({ path, text }) => [path, text])),
      origins: new Map(sources.map(({ path, origin }) => [path, origin])),
      entries: contents.entries,
    }
    const { claims, open, closed, cut, unread } = yield* writtenBy(read, started, parsers)
    yield* claims
    yield* temporaryFolder(chain, files, read)
    yield* homeAsked(read, started)
    yield* leftOpen(open, started)
    yield* leftClosed(closed, started)
    yield* leftUnread({ cut, unread }, read, started)
  },
}

/** A stage installs the project that it copied, as a package of Python: pip with a place among its words, or what knows no other. */
const PIP = /\bpip[\d.]{0,9} (?:install|wheel)\b/
const PLACE = /\s\.(?:\/|\[[\w,-]{1,99}\])?(?=\s|$)/
const PACKAGES_ITSELF =
  /\b(?:poetry|uv|pdm) (?:install|build|sync)\b|\bpython[\d.]{0,9} (?:setup\.py (?:install|bdist_wheel)|-m build)\b/

function installsItself({ instruction }: StageContents['steps'][number]): boolean {
  return says(instruction, PACKAGES_ITSELF) || (says(instruction, PIP) && says(instruction, PLACE))
}

const SCRIPT = /\.[cm]?[jt]sx?$/
const RUNS_SCRIPTS = /^(node|nodejs|bun|deno|npm|npx|yarn|pnpm|pm2(-\w+)?|tsx|ts-node)$/

/** The image starts something that the stage itself has put in, whatever that is. */
function isOwn({ entries }: StageContents): boolean {
  return [...entries].some(
    ([path, { type, mode }]) => type === 'file' && (mode & 0o111) !== 0 && /\/bin\/[^/]+$/.test(path),
  )
}

/** TypeScript keeps its folders: `src` beside package.json becomes `dist` where the program starts, and `..` is the same. */
function transpiled(path: string, texts: StageContents['texts'], workdir: string): string | null {
  const [, project, below] = /^(?=.*\.[cm]?[jt]s$)(.*)\/src\/(.+\.[cm]?[jt]s)$/.exec(path) ?? []
  if (project === undefined || workdir === '/' || !texts.has(`${project}/package.json`)) return null
  return `${workdir}/dist/${below}`
}
