import { bounds } from '../bounds.ts'
import { lineEnd, lineOf, lineStart } from '../edit.ts'
import { isInside, normalisePath, parentOf } from '../places.ts'
import { languageOfFile, rulesNamed, type SourceRule, saysWord } from './languages/index.ts'
import type { SourceModules } from './source-modules.ts'
import { argumentsOf, isFunction, isText, literal, nameOf, type SourceFile, textOf } from './source-names.ts'
import { ASKS_BEFORE } from './source-text.ts'
import { keyAndValue, keyName, keywordOf, receiverOf, type SourceValues } from './source-values.ts'
import { childOf, enclosing, nodesIn, type SyntaxNode } from './syntax.ts'
import type { Value } from './value.ts'

/** One place in a source file that writes to a path that the file itself names. */
interface SourceWrite {
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
  /** Of a folder: files in it that end so are written, by names that only the run tells. */
  readonly ending?: string
}

/** A call that writes to a path that the source leaves to the run: an argument, a setting, a name that is put together elsewhere. */
export interface UnnamedWrite extends Pick<SourceWrite, 'line' | 'call'> {
  /** What stands in the place of the path, as it is written there. */
  readonly expression: string
}

/** A place in a source file that hands a path to another program, or removes it. */
interface SourceUse extends Pick<SourceWrite, 'line' | 'call'> {
  /** A folder, or a file in the folder that is meant. */
  readonly path: string
  readonly how: 'removes' | 'runs'
}

export interface ReadSource {
  readonly writes: readonly SourceWrite[]
  readonly open: readonly UnnamedWrite[]
  readonly uses: readonly SourceUse[]
  /** Why not all of it was read; null where it was. */
  readonly unread: 'too many calls' | 'no tree' | null
}

const NOTHING: ReadSource = { writes: [], open: [], uses: [], unread: null }

/** Every path that a source names and writes to, as far as its text tells, and the calls of which it does not say the path. */
export function readSource(path: string, text: string, modules: SourceModules): ReadSource {
  const language = languageOfFile(path, text)?.language
  if (language === undefined || !language.mayWrite(text)) return NOTHING
  const values = modules.read(path, text)
  if (values === null) return { ...NOTHING, unread: 'no tree' }
  const writes: SourceWrite[] = []
  const open: UnnamedWrite[] = []
  const uses: SourceUse[] = []
  let looked = 0
  for (const found of matchesIn(values, language.rules)) {
    looked += 1
    if (looked > bounds.sourceCalls) return { writes, open, uses, unread: 'too many calls' }
    const one: Place = { ...found, values, workdir: workdirOf(values, modules) }
    if (found.rule.uses !== undefined) uses.push(...usesOf(one, found.rule.uses))
    else {
      const said = writesOf(one)
      writes.push(...said.writes)
      open.push(...said.open)
    }
  }
  return { writes, open, uses, unread: null }
}

function workdirOf({ file }: SourceValues, { about }: SourceModules): string {
  return file.path.endsWith('.php') ? (about.served?.(parentOf(file.path)) ?? about.workdir) : about.workdir
}

interface Match {
  readonly rule: SourceRule
  /** The call, or what stands for one. */
  readonly node: SyntaxNode
  readonly call: string
  /** What is given the value; null for a call, whose arguments the rule names. */
  readonly value: SyntaxNode | null
}

interface Place extends Match {
  readonly values: SourceValues
  readonly workdir: string
}

type Rules = NonNullable<ReturnType<typeof languageOfFile>>['language']['rules']

/** In the order of the text. */
function* matchesIn(values: SourceValues, rules: Rules): Iterable<Match> {
  const { file } = values
  for (const node of nodesIn(file.root)) {
    const key = keyAndValue(node)
    if (key !== null) yield* matched(rules.key, keyName(key[0], file), node, key[1])
    switch (node.kind) {
      case 'call':
      case 'call_expression':
      case 'function_call_expression':
      case 'member_call_expression':
      case 'scoped_call_expression':
        yield* matched(rules.call, values.calleeOf(node), node, null)
        break
      case 'new_expression':
      case 'object_creation_expression':
        yield* matched(rules.new, values.calleeOf(node), node, null)
        break
      case 'keyword_argument':
        yield* matched(rules.keyword, nameOf(childOf(node, 'name'), file), node, childOf(node, 'value'))
        break
      case 'method_definition':
        yield* matched(rules.key, nameOf(childOf(node, 'name'), file), node, node)
        break
      case 'assignment':
      case 'assignment_expression':
        yield* matched(rules.name, nameOf(childOf(node, 'left'), file), node, childOf(node, 'right'))
        break
      default:
        if (isText(node)) yield* databaseIn(node, file)
    }
  }
}

function* matched(
  rules: Rules['call'],
  name: string | null,
  node: SyntaxNode,
  value: SyntaxNode | null,
): Iterable<Match> {
  if (name === null) return
  for (const { rule, name: call } of rulesNamed(rules, name)) yield { rule, node, value, call }
}

/** `sqlite:///x.db` anywhere in a source is a database that the program opens. */
const DATABASE_URL = /^(?:sqlite3?:\/\/\/?|dbi:SQLite:(?:dbname=)?)\/?[\w./-]+/
const DATABASE: SourceRule = { writes: 'database' }

function* databaseIn(node: SyntaxNode, file: SourceFile): Iterable<Match> {
  const inner = node.children.find(({ kind }) => /content|fragment/.test(kind))
  if (inner !== undefined && DATABASE_URL.test(file.text.slice(inner.start, Math.min(inner.end, inner.start + 300))))
    yield { rule: DATABASE, node, call: 'sqlite', value: node }
}

/** The expression of the path. */
function pathNode({ rule: { path = 0, like, called }, node, value, values: { file } }: Place): SyntaxNode | null {
  if (value !== null) return called === true && isFunction(value) ? calledBack(value) : value
  if (path === 'self') {
    const object = receiverOf(node)
    // A function of a module is called of nothing.
    const isModule = object !== null && file.imports.get(textOf(file, object))?.member === null
    return isModule ? null : object
  }
  if (path === 'any') return argumentsOf(node).find((one) => new RegExp(like ?? '').test(textOf(file, one))) ?? null
  return typeof path === 'number' ? (argumentsOf(node)[path] ?? null) : keywordOf(node, path, file)
}

/** multer's `destination: (req, file, cb) => cb(null, 'uploads')`. */
function calledBack(by: SyntaxNode): SyntaxNode | null {
  for (const node of nodesIn(by)) {
    const [none, path] = node.kind === 'call_expression' ? argumentsOf(node) : []
    if (path !== undefined && /^(?:null|undefined)$/.test(none?.kind ?? '')) return path
  }
  return null
}

function isMeant({ rule: { when, of }, node, value, values: { file } }: Place): boolean {
  const object = value === null ? receiverOf(node) : null
  if (object !== null && KEEPS_ELSEWHERE.test(textOf(file, object).slice(-40))) return false
  if (of !== undefined && !saysWord(of)(file.text)) return false
  if (when === undefined) return true
  const given = argumentsOf(node)[when.arg] ?? (when.or === undefined ? null : keywordOf(node, when.or, file))
  return given !== null && new RegExp(when.is).test(literal(given, file) ?? textOf(file, given))
}

function writesOf(place: Place): Pick<ReadSource, 'writes' | 'open'> {
  const none = { writes: [], open: [] }
  const { rule, node, call, values, workdir } = place
  const { file } = values
  if (!isMeant(place)) return none
  const kind = rule.writes ?? 'file'
  const about = { kind, line: lineOf(file.text, node.start), call }
  const how = rule.beside === true ? { beside: true as const } : {}
  const named = pathNode(place)
  if (named === null)
    return rule.usual === undefined
      ? none
      : { writes: [{ path: `${workdir}/${rule.usual}`, ...about, ...how }], open: [] }
  const expression = textOf(file, named).slice(0, bounds.expressionLength).replace(/\s+/g, ' ')
  const all = values.of(named)
  const like = rule.like === undefined ? null : new RegExp(rule.like)
  if (like !== null && !like.test(expression) && !all.some(({ text }) => like.test(text))) return none
  const paths = all.map((value) => ({ ...value, text: kind === 'database' ? databasePath(value.text) : value.text }))
  // Below the home of whoever runs it others tell; what has a scheme is no place.
  // And a script that leaves the folder where it starts by more than one is of a tree of repositories.
  const places = paths.filter(({ text }) => !/^~|^(?:\.\.\/){2}|:\/\/|:memory:|[\0\n*?<>|${}]/.test(text))
  const whole = places.filter(({ open, text }) => !open && text !== '')
  if (rule.within === true && whole.length > 0) return none
  const fresh = freshness(place, named)
  const absolute = ({ text }: Value): string => (text.startsWith('/') ? text : `${workdir}/${text}`)
  // The folder that the program starts in is there, with all above it.
  const isThere = (path: string): boolean => kind === 'directory' && isInside(workdir, normalisePath(path) ?? '')
  const writes = whole
    .map((value): SourceWrite => ({ path: absolute(value), ...about, ...how, ...fresh }))
    .filter(({ path }) => !isThere(path))
  const folders = kind === 'database' ? [] : places.flatMap((value) => folderOf(value, workdir, file))
  const ending = kind === 'file' && fresh.absent !== true ? ENDING.exec(expression)?.[0] : undefined
  for (const path of folders)
    writes.push({ path, ...about, kind: 'directory', ...(ending === undefined ? {} : { ending }) })
  const isTold = folders.length > 0 || paths.length > places.length || whole.some(({ given }) => given !== true)
  const isOpen = !isTold && rule.within !== true && rule.known !== true && isOnDisk(expression)
  return { writes, open: isOpen ? [{ line: about.line, call, expression }] : [] }
}

/** `{name}.json"` and what closes the expression behind it. */
const ENDING = /(?<=[}"'`%\w])\.[a-z]\w{1,7}(?=["'`)\s]{1,4}$)/

/** SQLite's own ways to name a file. */
function databasePath(text: string): string {
  const [, schemed] = /^(?:sqlite3?:(?:\/\/\/?)?|file:|dbi:SQLite:(?:dbname=)?)(.*)$/s.exec(text) ?? []
  const path = (schemed ?? text).replace(/\?[\w=&.-]*$/, '')
  return /^sqlite3?:\/\/\/\//.test(text) ? `/${path.replace(/^\/+/, '')}` : path
}

/** The folder in which an expression names something that only the run tells; none where the program's own folder is all that is left of it. */
function folderOf({ text, open }: Value, workdir: string, { path: file }: SourceFile): readonly string[] {
  const end = open ? text.lastIndexOf('/') : -1
  const folder = end < 0 ? '' : text.slice(0, end).replace(/(?<!\/\.?)(\/\.?)+$/, '')
  if (folder === '' || folder === '.') return []
  const path = folder.startsWith('/') ? folder : `${workdir}/${folder}`
  const place = normalisePath(path)
  const isOfProgram = place === null || isInside(workdir, place) || place === parentOf(file)
  return isOfProgram ? [] : [path]
}

/** A stream that is open already, the folder for temporary files, and what only bears the name of such a method need no place. */
function isOnDisk(expression: string): boolean {
  return (
    /[A-Za-z_]/.test(expression) &&
    !/te?mp(?!lat)|std(?:out|err)|fileno|dev_?null|:memory:/i.test(expression) &&
    !NO_FOLDER.test(expression)
  )
}

/** What is asked to save something puts it where it is told to by its settings. */
const KEEPS_ELSEWHERE = /(?:cache|client|session|redis|bucket|s3|storage|ftp)$/i

/** Modules, and what keeps things elsewhere: `os` of `os.mkdir(x)`, which another rule reads; a cache's `touch`. */
const NO_FOLDER =
  /^(?:os|fs|fsp|shutil|promises|sftp|ftp|\w*(?:cache|client|session|redis|conn(?:ection)?|bucket|s3))$/i

const NEW_MODE = /(?:^|,)\s*(?:mode\s*=\s*)?["'](?:[bt+]*x[bt+]*|[wa]x\+?)["']/
const GOES_ON = /IsExist|ErrExist|EEXIST|except\b[^\n:]{0,60}:\n?[ \t]{0,40}pass\b|\.catch\(/
/** How far behind a call it is looked for what goes on, and above it for what asks, in UTF-16 units. */
const NEAR = 600

/** Whether what is made must not be there before. */
function freshness(place: Place, named: SyntaxNode): Pick<SourceWrite, 'absent' | 'asked'> {
  if (isAskedFor(place, named)) return { absent: true, asked: true }
  const { rule, node, values } = place
  const { text } = values.file
  const args = argumentsOf(node).slice(1)
  const given = text.slice(args[0]?.start ?? node.end, node.end)
  const isFresh =
    rule.fresh === undefined
      ? NEW_MODE.test(given)
      : rule.fresh === '' ||
        !(
          given.includes(rule.fresh) ||
          text.slice(node.start, node.end).includes(`${rule.fresh}=True`) ||
          args[0]?.kind === 'identifier'
        )
  // Go throws away what nobody asks for.
  const isThrownAway =
    node.kind === 'call_expression' &&
    /^(?:expression_statement|assignment_statement)$/.test(node.parent?.kind ?? '') &&
    rule.fresh === ''
  if (!isFresh || isThrownAway) return {}
  const before = text.slice(Math.max(lineStart(text, node.start, 3), node.start - NEAR), node.start)
  const behind = text
    .slice(node.start, node.start + NEAR)
    .split('\n', 5)
    .join('\n')
  return ASKS_BEFORE.test(before) || GOES_ON.test(behind) ? {} : { absent: true }
}

const SAYS_ONLY =
  /^(?:#|\/\/|print|console\.|(?:self\.)?_?log|pass$|(?:os|fs)\.(?:chmod|chown|mkdir|makedirs)|\w+\.(?:chmod|mkdir)\()/i
const ASKS_WHETHER = /^\(?(?:not |!) ?[\w.]*(?:exists|isdir|existsSync|is_dir)\b/

/** `if not X.exists(): X.mkdir(); download(X)`. What it only says of it counts for nothing. */
function isAskedFor({ node, values: { file } }: Place, named: SyntaxNode): boolean {
  const asked = textOf(file, named)
  const branch = enclosing(node, ({ kind }) => kind === 'if_statement')
  const condition = branch === null ? null : childOf(branch, 'condition')
  const block = branch === null ? null : (childOf(branch, 'consequence') ?? null)
  if (condition === null || block === null || !/^[\w.$]{1,100}$/.test(asked)) return false
  const says = textOf(file, condition).slice(0, NEAR)
  if (!ASKS_WHETHER.test(says) || !says.includes(asked)) return false
  return block.children.some(
    (each) =>
      each.start >= node.end &&
      !SAYS_ONLY.test(file.text.slice(each.start, Math.min(each.end, lineEnd(file.text, each.start)))),
  )
}

function usesOf(place: Place, how: SourceUse['how']): readonly SourceUse[] {
  const { node, call, values, workdir } = place
  const { file } = values
  const named = how === 'removes' ? pathNode(place) : null
  const words = how === 'runs' ? handedOver(node, values) : named === null ? [] : values.of(named)
  const line = lineOf(file.text, node.start)
  return words.flatMap((word): readonly SourceUse[] => {
    if (!word.text.includes('/') || /^~|:\/\/|[\0\n*?<>|${}=%]/.test(word.text)) return []
    // What is taken away by its whole name, from where it starts, need not be there.
    if (how === 'removes' && !word.open && !word.text.startsWith('/')) return []
    const [path] = word.open
      ? folderOf(word, workdir, file)
      : [word.text.startsWith('/') ? word.text : `${workdir}/${word.text}`]
    return path === undefined ? [] : [{ path, line, call, how }]
  })
}

/** The words of a command behind its program, and the folder that it is started in. */
function handedOver(call: SyntaxNode, values: SourceValues): readonly Value[] {
  const { file } = values
  const words: (readonly Value[])[] = []
  for (const arg of argumentsOf(call)) {
    if (arg.kind === 'object') continue
    const isList = /^(?:list|array|array_creation_expression)$/.test(arg.kind)
    for (const item of isList ? arg.children : [arg]) words.push(...values.words(item))
  }
  // What another daemon is told is of that one's files.
  if (words[0]?.some(({ text }) => text === 'docker') === true) return []
  const folder = keywordOf(call, 'cwd', file)
  return [...words.slice(1).flat(), ...(folder === null ? [] : values.of(folder))]
}
