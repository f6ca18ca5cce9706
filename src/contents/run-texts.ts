import { bounds } from '../bounds.ts'
import { knownIn, type Step, says, shellCommands } from '../dockerfile/index.ts'
import { baseName, normalisePath } from '../places.ts'
import {
  actionsBy,
  followFolders,
  isCertain,
  readSed,
  type ShellCommand,
  type Word,
  type Writes,
} from '../shell/index.ts'

/** A file that a RUN writes with a text of the Dockerfile. */
export interface RunText {
  readonly path: string
  /** Its whole text, or the text that is appended; null where a variable, a condition or another command decides it. */
  readonly text: string | null
  readonly appended: boolean
  /** Its text is that of this file (itself or another) with these changes. */
  readonly of?: { readonly path: string; readonly edits: readonly LineEdit[] }
  /** The file no longer exists. */
  readonly gone?: true
  /** It is not followed: too many came before it. */
  readonly leftOut?: true
}

/** What sed does to each line, or to the first place in it, as a regular expression of JavaScript says it. */
interface LineEdit {
  readonly pattern: string
  readonly flags: string
  readonly replacement: string
}

/**
 * What `cat > FILE <<EOF`, `tee FILE <<EOF`, `echo … > FILE` and `printf … > FILE` write, in their order, and the files whose text is
 * that of another: by `cp`, `mv`, `dos2unix` and `envsubst '$NAME'`, and by `sed` and `tr` where they change what is plain.
 */
export function runTexts(step: Step): readonly RunText[] {
  const { instruction, shell } = step
  if (instruction.keyword !== 'RUN' || !says(instruction, />|\b(?:tee|cp|mv|sed|dos2unix|envsubst)\b/)) return []
  const script = shellCommands(instruction, shell)
  if (script.kind !== 'parsed') return []
  const found: RunText[] = []
  // Texts that no other command has named since.
  const known = new Set<string>()
  // A command that is not understood came before.
  const odd: string[] = []
  const folderOf = followFolders(step.workdir)
  for (const command of script.commands) {
    const folder = folderOf(command)
    const copies = copiesOf(command, (word) => pathOf(word, folder), step)
    if (copies !== null) {
      const isSure = isCertain(command) && known.size + 2 * copies.length < bounds.writtenTexts
      const taken = new Set(copies.map(({ of }) => of.path))
      for (const copy of copies) {
        const isOdd = !isSure || odd.some((text) => names(text, baseName(copy.of.path)))
        found.push(isOdd ? { path: copy.path, text: null, appended: false } : { ...copy, text: null, appended: false })
        if (!isOdd) for (const path of [copy.path, copy.of.path]) known.add(path)
      }
      if (command.name === 'mv') {
        for (const path of taken) {
          found.push({ path, text: null, appended: false, ...(isSure ? { gone: true } : {}) })
          known.delete(path)
        }
      }
      continue
    }
    const target = targetOf(command)
    const path = pathOf(target?.word, folder)
    if (target === null || path === null) {
      if (KEEPS.has(command.name ?? '')) continue
      odd.push(command.words.map(({ text }) => text).join(' '))
      for (const before of known) {
        if (!command.words.some(({ text }) => text.includes(baseName(before)))) continue
        found.push({ path: before, text: null, appended: false })
        known.delete(before)
      }
      continue
    }
    const isFollowed = known.has(path) || known.size < bounds.writtenTexts
    const text = isCertain(command) && isFollowed ? written(command) : null
    if (text !== null) known.add(path)
    found.push({ path, text, appended: target.appended, ...(isFollowed ? {} : { leftOut: true }) })
  }
  return found
}

/** These commands leave the text of a file as it is. */
const KEEPS = new Set(['chmod', 'chown', 'cat', 'grep', 'ls', 'test', '[', 'stat', 'cp', 'mkdir', 'install'])

type Copy = Pick<RunText, 'path'> & { readonly of: NonNullable<RunText['of']> }

/** The files that a command makes of others, or changes in a way that is understood; null for another command. */
function copiesOf(
  { name, words, redirects }: ShellCommand,
  read: (word: Word | undefined) => string | null,
  { environment }: Pick<Step, 'environment'>,
): readonly Copy[] | null {
  const args = words.slice(1)
  const operands = args.filter(({ text }) => !text.startsWith('-'))
  const options = args.filter(({ text }) => text.startsWith('-')).map(({ text }) => text)
  const paths = operands.map((word) => read(word))
  const output = redirects.length > 2 ? undefined : redirects.find(({ operator }) => /^>\|?$/.test(operator))?.target
  const input = redirects.find(({ operator }) => operator === '<')?.target
  const made = output == null ? null : read(output)
  const copy = (path: string | null | undefined, from: string | null | undefined, edits: readonly LineEdit[] = []) =>
    path == null || from == null ? null : [{ path, of: { path: from, edits } }]
  if (name === 'cp' || name === 'mv') {
    const [from, to] = paths
    const isPlain = redirects.length === 0 && paths.length === 2 && options.every((one) => /^-[afpv]+$/.test(one))
    return isPlain && to != null
      ? copy(operands[1]?.text.endsWith('/') === true ? `${to}/${baseName(from ?? '')}` : to, from)
      : null
  }
  if (name === 'dos2unix') {
    const isNew = options.some((one) => /^(-n|--newfile)$/.test(one))
    if (isNew) return paths.length === 2 ? copy(paths[1], paths[0], [WITHOUT_CR]) : null
    return all(paths.map((path) => copy(path, path, [WITHOUT_CR])))
  }
  if (name === 'tr' && made !== null && input != null && options.join() === '-d')
    return operands.length === 1 && operands[0]?.value === String.raw`\r` ? copy(made, read(input), [WITHOUT_CR]) : null
  if (name === 'envsubst' && made !== null && input != null && options.length === 0 && operands.length === 1)
    return copy(made, read(input), filledIn(operands[0]?.text ?? '', knownIn(environment)))
  if (name !== 'sed') return null
  const inPlace = options.some((one) => IN_PLACE.test(one))
  if (options.some((one) => !IN_PLACE.test(one) && !/^-[eEr]$/.test(one))) return null
  const { scripts, files: named } = readSed(args)
  const files = named.map(read)
  const edits = scripts.map(({ value }) => (value === null ? null : editOf(value)))
  if (edits.length === 0 || !edits.every((edit): edit is LineEdit => edit !== null)) return null
  if (inPlace) return files.length === 0 ? null : all(files.map((path) => copy(path, path, edits)))
  return files.length === 1 && made !== null ? copy(made, files[0], edits) : null
}

/** envsubst(1) fills in the variables that its operand names; of what only the build knows the name stays. */
function filledIn(operand: string, values: ReturnType<typeof knownIn>): readonly LineEdit[] {
  const named = new Set([...operand.matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name))
  return [...named].slice(0, MOST_FILLED).flatMap((name) => {
    const value = values.get(name)
    if (value === undefined) return []
    return [{ pattern: `\\$\\{${name}\\}|\\$${name}\\b`, flags: 'g', replacement: value.replaceAll('$', '$$$$') }]
  })
}

const MOST_FILLED = 64

function all(copies: readonly (readonly Copy[] | null)[]): readonly Copy[] | null {
  return copies.every((copy) => copy !== null) && copies.length > 0 ? copies.flat() : null
}

const IN_PLACE = /^(-[rE]*i[\w.~]*|--in-place(=.*)?)$/

const WITHOUT_CR: LineEdit = { pattern: '\\r', flags: 'g', replacement: '' }

/** `s/\r$//`, `s#localhost#db#g`: a plain text, with a line's end or begin; null for what else sed can say. */
function editOf(script: string): LineEdit | null {
  const [, delimiter = '', rest = ''] = /^s([/#|,:@!%_;])(.*)$/s.exec(script) ?? []
  const [pattern = '', replacement = '', flag = '', ...more] = rest.split(delimiter)
  if (delimiter === '' || more.length > 0 || !/^g?$/.test(flag) || /[\\&\n]/.test(replacement)) return null
  const [, begin, plain = '', end] = /^(\^)?(.*?)(\$)?$/s.exec(pattern) ?? []
  if (!/^(?:[^\\*[\]^$+?(){}|\n]|\\[rt.])+$/.test(plain)) return null
  const found = plain.replace(/\\.|\./g, (one) => (one === '.' ? '[^\\n]' : one))
  const isEach = flag === 'g' || begin !== undefined || end !== undefined
  const [before, after] = [begin === undefined ? '' : '(?<![^\\n])', end === undefined ? '' : '(?![^\\n])']
  return {
    pattern: isEach ? `${before}${found}${after}` : `(?<![^\\n])([^\\n]*?)${found}`,
    flags: 'g',
    replacement: `${isEach ? '' : '$1'}${replacement.replaceAll('$', '$$$$')}`,
  }
}

function pathOf(word: Word | undefined, folder: string | null): string | null {
  return word?.value == null ? null : normalisePath(word.value, folder ?? '')
}

/** The one file that a command's output goes to. */
function targetOf(command: ShellCommand): { readonly word: Word; readonly appended: boolean } | null {
  const written = actionsBy(command, 'writes')
  const found = command.name === 'tee' ? written.filter(({ tool }) => tool === 'tee') : written.filter(isRedirect)
  const [first, ...more] = found
  if (first === undefined || (command.name === 'tee' && more.length > 0)) return null
  return { word: first.path, appended: first.anew !== true }
}

function isRedirect({ tool }: Writes): boolean {
  return /^>[>|]?$/.test(tool)
}

function written({ name, words, redirects }: ShellCommand): string | null {
  const heredocs = redirects.filter(({ body }) => body !== null)
  if (name === 'cat' || name === 'tee') {
    const [heredoc, ...more] = heredocs
    const hasInput = redirects.some(({ operator }) => operator === '<' || operator === '<<<')
    const reads = name === 'cat' && words.length > 1
    if (heredoc?.body == null || more.length > 0 || hasInput || reads) return null
    const body = heredoc.operator === '<<-' ? heredoc.body.replace(/^\t+/gm, '') : heredoc.body
    return heredoc.expands === true ? unescaped(body) : body
  }
  const values = words.slice(1).map(({ value }) => value)
  if (!values.every((value): value is string => value !== null)) return null
  if (name === 'printf') return printed(values)
  return name === 'echo' ? echoed(values) : null
}

/** A heredoc whose delimiter is not quoted: null where the shell puts something in. */
function unescaped(body: string): string | null {
  if (/(?<!\\)(?:\\\\)*(?:\$[\w({!?$@*#-]|`)/.test(body)) return null
  return body.replace(/\\([$`\\])|\\\n/g, '$1')
}

/** `printf 'a\nb\n'` and `printf '%s\n' a b`; other formats are not known. */
function printed([format = '', ...values]: readonly string[]): string | null {
  if (format === '%s\\n') return values.map((value) => `${value}\n`).join('')
  return values.length > 0 || format.includes('%') ? null : withEscapes(format)
}

/** Shells differ in what a backslash means to `echo`. */
function echoed(values: readonly string[]): string | null {
  const options = values[0] !== undefined && /^-[neE]+$/.test(values[0]) ? values[0] : ''
  const text = values.slice(options === '' ? 0 : 1).join(' ')
  const whole = options.includes('n') ? text : `${text}\n`
  if (options.includes('e')) return withEscapes(whole)
  return text.includes('\\') ? null : whole
}

function withEscapes(text: string): string | null {
  if (/\\[^nt\\]/.test(text)) return null
  return text.replace(/\\([nt\\])/g, (_, letter: string) => (letter === 'n' ? '\n' : letter === 't' ? '\t' : '\\'))
}

/** The name stands in the text, and is no part of a longer one. */
export function names(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1))
    if (!/[\w-]/.test(text[at - 1] ?? '') && !/[\w-]/.test(text[at + name.length] ?? '')) return true
  return false
}
