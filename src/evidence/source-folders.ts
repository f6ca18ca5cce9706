import { lineOf } from '../edit.ts'
import { parentOf } from '../places.ts'
import { folderOf, pathOf, type SourceNames, splitAt } from './path-expression.ts'
import { argumentsFrom, isComment, isTest, namesOf, receiverBefore, type SourceAbout } from './source-writes.ts'

/** A place in a source file that hands a path to another program, or removes it. */
export interface SourceUse {
  /** A folder, or a file in the folder that is meant. */
  readonly path: string
  /** 1-based. */
  readonly line: number
  /** `os.unlink`, `subprocess.run`. */
  readonly call: string
  readonly how: 'removes' | 'runs'
}

/** Calls of one file that are looked at: each looks for names in what stands above it. */
const MOST_CALLS = 200

interface Calls {
  readonly files: RegExp
  /** Up to the expression of what goes. */
  readonly removes: RegExp
  /** The same of a method, whose object goes. */
  readonly removed?: RegExp
  /** Up to the words of a command. */
  readonly runs: RegExp
}

const LANGUAGES: readonly Calls[] = [
  {
    files: /\.py$/,
    removes: /\b(os\.(?:unlink|remove|rmdir)|shutil\.rmtree)\(/g,
    removed: /\.(unlink|rmdir)\((?=\s*(?:missing_ok\s*=\s*\w+\s*)?\))/g,
    runs: /\b(subprocess\.(?:run|Popen|call|check_call|check_output)|(?:asyncio\.)?create_subprocess_(?:exec|shell)|os\.(?:system|popen))\(|(?<![\w.])(Popen|check_call|check_output)\(/g,
  },
  {
    files: /\.(js|mjs|cjs|ts|mts|jsx|tsx)$/,
    removes:
      /\b(unlinkSync|unlink|rmSync|rmdirSync|removeSync|emptyDirSync)\(|\b(?:fs|fsp|fse|promises)\.(rm|rmdir|remove|emptyDir)\(/g,
    runs: /\b(execFile|execFileSync|spawn|spawnSync|execSync|execa)\(|(?:(?<![\w.])|\b(?:cp|child_process)\.)(exec)\(/g,
  },
  {
    files: /\.(rb|ru)$/,
    removes: /\b(File\.(?:delete|unlink)|FileUtils\.(?:rm|rm_f|rm_r|rm_rf|remove_entry))\b[ \t]*\(?/g,
    runs: /(?<![\w.:])(system|spawn)\b[ \t]*\(?|\b(Open3\.\w{1,40}|IO\.popen|Process\.spawn)\(/g,
  },
  {
    files: /\.php$/,
    removes: /(?<![\w>:])(unlink|rmdir)\(/g,
    runs: /(?<![\w>:])(exec|shell_exec|system|passthru|proc_open|popen)\(/g,
  },
  { files: /\.go$/, removes: /\bos\.(Remove|RemoveAll)\(/g, runs: /\bexec\.(Command|CommandContext)\(/g },
  {
    files: /\.(pl|pm|psgi|cgi)$/,
    removes: /(?<![\w>$])(unlink|rmtree|remove_tree)\b[ \t]*\(?/g,
    runs: /(?<![\w>$])(system)\b[ \t]*\(?/g,
  },
]

/**
 * Paths that a source file names, wholly or to a folder, where it has another program write or takes away what is there: an argument of
 * a child process, what is removed by name, or what a listing of the folder has named.
 */
export function sourceFolders(path: string, text: string, about: SourceAbout): readonly SourceUse[] {
  if (isTest(path) && about.isStarted?.(path) !== true) return []
  const calls = LANGUAGES.find(({ files }) => files.test(path))
  if (calls === undefined) return []
  const names = namesOf(path, text, about)
  const found: SourceUse[] = []
  let looked = 0
  const take = (
    pattern: RegExp,
    how: SourceUse['how'],
    wordsAt: (end: number, call: string) => readonly string[],
  ): void => {
    for (const match of text.matchAll(pattern)) {
      looked += 1
      if (looked > MOST_CALLS) return
      const call = match[1] ?? match[2] ?? ''
      if (isComment(text, match.index)) continue
      for (const word of wordsAt(match.index + match[0].length, call)) {
        const where = placeOf(word, text, match.index, names)
        if (where !== null) found.push({ path: where, line: lineOf(text, match.index), call, how })
      }
    }
  }
  take(calls.removes, 'removes', (end) => argumentsFrom(text, end).slice(0, 1))
  if (calls.removed !== undefined) take(calls.removed, 'removes', (end, call) => [receiverBefore(text, end, call)])
  take(calls.runs, 'runs', (end) => handedOver(argumentsFrom(text, end)))
  return found
}

/** The words of a command behind its program, each as an expression, and the folder that it is started in. */
function handedOver(args: readonly string[]): readonly string[] {
  const words: string[] = []
  const folders: string[] = []
  for (const arg of args) {
    const options = /^\{(.*)\}$/s.exec(arg)?.[1] ?? arg
    for (const option of splitAt(options, /^,/)) {
      const started = /^(?:cwd|chdir)\s*[:=]\s*(.+)$/s.exec(option)?.[1]
      if (started !== undefined) folders.push(started)
    }
    // Other options than that, by name.
    if (/^(?:\w+\s*=(?!=)|\{)/.test(arg) || /^\w+:\s/.test(arg)) continue
    const list = /^(?:\[\]string\{|[[(])(.*)[\])}]$/s.exec(arg)?.[1]
    for (const item of list === undefined ? [arg] : splitAt(list, /^,/)) words.push(...ofShell(item))
  }
  return [...words.slice(1), ...folders]
}

/** What a shell would take apart, as expressions of its own: `f"convert {src} {CACHE}/x"`, `'tar xf ' . $file . ' -C ' . $dir`. */
function ofShell(expression: string): readonly string[] {
  const parts = splitAt(expression, /^[+.](?=\s)/)
  if (parts.length > 1 && parts.some((part) => /^["'`].*\s.*["'`]$/s.test(part))) return parts.flatMap(ofShell)
  const [, kind = '', quote, words] = /^([frb]{0,2})(["'`])(.*\s.*)\2$/s.exec(expression.trim()) ?? []
  if (quote === undefined || words === undefined) return [expression]
  return words
    .split(/\s+/)
    .map((word) => word.replace(/^(?:\d?>{1,2}|--?[\w-]+=)|^["']|["']$/g, ''))
    .filter((word) => word !== '')
    .map((word) => `${kind}${quote}${word}${quote}`)
}

/** What a shell or a call asks for that its words are taken literally. */
const QUOTES = /^(?:str|String|escapeshellarg|shlex\.quote|quote|os\.fspath|Shellwords\.escape)\((.*)\)$/s
const DEEPEST = 4

function placeOf(expression: string, text: string, index: number, names: SourceNames, depth = 0): string | null {
  const bare = expression
    .trim()
    .replace(/\s+(?:or|if|unless|\|\|)\s.*$/s, '')
    .replace(/;$/, '')
  const word = QUOTES.exec(bare)?.[1] ?? bare
  // An option, or a word that is no path: what a command is told beside its files.
  if (depth > DEEPEST || word === '' || /^["'`](?:-[^"'`]*|[^/"'`{$#]*)["'`]$/.test(word)) return null
  const all = word.includes('*') ? pathOf(word.replace(/\*+/g, 'x'), names) : null
  // What a name alone stands for is looked for above it, in the same function.
  const isName = /^[$@]?\w+$/.test(word)
  const known = all === null ? (pathOf(word, names) ?? (isName ? null : folderOf(word, names))) : parentOf(all)
  if (known !== null) return known
  const first = leading(word)
  const name = /^[$@]?(?:self\.|this\.)?([A-Za-z_]\w*)(?:\.(?:path|name|to_s|as_posix\(\)))?$/.exec(first ?? word)?.[1]
  if (name === undefined) return null
  const said = definedAbove(text, index, name) ?? listedAbove(text, index, name)
  return said === null ? null : placeOf(said, text, index, names, depth + 1)
}

/** What the names of a path begin with, where that is one name: `root` of `os.path.join(root, f)` and of `` `${root}/${f}` ``. */
function leading(expression: string): string | null {
  const joined = /^(?:[\w.]+\.)?(?:join|Join|resolve)\((.*)\)$/s.exec(expression)?.[1]
  if (joined !== undefined) return splitAt(joined, /^,/)[0] ?? null
  const filled = /^[fF]?["'`](?:[$#]?\{\$?(\w+)\}|\$(\w+))/.exec(expression)
  if (filled !== null) return filled[1] ?? filled[2] ?? null
  return splitAt(expression, /^(?:\/(?!\/)|[+.](?=\s*["'`]))/).length > 1
    ? (splitAt(expression, /^(?:\/(?!\/)|[+.](?=\s*["'`]))/)[0] ?? null)
    : null
}

/** How far above a name is given its value, in UTF-16 units. */
const NEAR = 3000
const FUNCTION =
  /^\s*(?:(?:pub|public|private|protected|static|async|export|default)\s+)*(?:def|function|func|sub|fn|class)\b/

/** The expression that gives a name its value, next above in the same function. */
function definedAbove(text: string, index: number, name: string): string | null {
  const begin = Math.max(0, index - NEAR)
  const given = new RegExp(
    String.raw`^(?:.*;)?[ \t]*(?:(?:const|let|var|my|our|auto)[ \t]+)?[$@]?(?:self\.|this\.)?${name}(?:[ \t]*,[ \t]*\w+)?[ \t]*(?::[^=\n]{0,60})?:?=(?![=>~])[ \t]*`,
  )
  let end = index
  while (end > begin) {
    const start = Math.max(begin, text.lastIndexOf('\n', end - 1) + 1)
    const line = text.slice(start, end)
    const found = given.exec(line)
    if (found !== null) return argumentsFrom(text, start + found[0].length)[0] ?? line.slice(found[0].length)
    // A name of another function, or one that this one is called with.
    if (FUNCTION.test(line) || new RegExp(String.raw`\([^()\n]{0,200}\b${name}\b[^()\n]{0,200}\)\s*=>`).test(line))
      return null
    end = start - 1
  }
  return null
}

const LISTS =
  /(?:\b(?:os\.(?:scandir|listdir|walk|fwalk|ReadDir)|(?<![\w.)])(?:glob\.)?i?glob|scandir|readdir(?:Sync)?|Dir\.(?:glob|each_child|children|entries)|ioutil\.ReadDir|filepath\.(?:Glob|Walk|WalkDir))|\bDir)[([]/
const LISTED = /([\w.$@]{1,80})\.(?:r?glob|iterdir|each_child|children)\b/
/** Lines above in which a loop may begin. */
const LOOP_LINES = 8

/** The folder of whose names a loop gives one: `for entry in os.scandir(CACHE)`, `Dir.glob(…).each { |f| … }`. */
function listedAbove(text: string, index: number, name: string): string | null {
  let end = text.indexOf('\n', index)
  if (end < 0) end = text.length
  for (let count = 0; count < LOOP_LINES && end > 0; count += 1) {
    const start = text.lastIndexOf('\n', end - 1) + 1
    const line = text.slice(start, end).slice(0, 400)
    const lists = new RegExp(String.raw`\b${name}\b`).test(line) ? LISTS.exec(line) : null
    if (lists !== null) return argumentsFrom(text, start + lists.index + lists[0].length)[0] ?? null
    const of = new RegExp(String.raw`\b${name}\b`).test(line) ? LISTED.exec(line)?.[1] : undefined
    if (of !== undefined && of !== name) return of
    end = start - 1
  }
  return null
}
