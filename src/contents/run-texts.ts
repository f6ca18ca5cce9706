import { bounds } from '../bounds.ts'
import type { ShellCommand } from '../command/index.ts'
import { type Step, says, shellCommands } from '../dockerfile/index.ts'
import { baseName, normalisePath } from '../places.ts'

/** A file that a RUN writes with a text of the Dockerfile. */
export interface RunText {
  readonly path: string
  /** Its whole text, or what is put at its end; null where a variable, a question or another command decides it. */
  readonly text: string | null
  readonly appended: boolean
  /** It is not followed, since there are too many before it. */
  readonly leftOut?: true
}

/** What `cat > FILE <<EOF`, `tee FILE <<EOF`, `echo … > FILE` and `printf … > FILE` write, in their order. */
export function runTexts(step: Step): readonly RunText[] {
  const { instruction, shell } = step
  if (instruction.keyword !== 'RUN' || !says(instruction, />|\btee\b/)) return []
  const script = shellCommands(instruction, shell)
  if (script.kind !== 'parsed') return []
  const found: RunText[] = []
  // Texts that no other command has named since.
  const known = new Set<string>()
  let folder = step.workdir
  for (const command of script.commands) {
    if (command.name === 'cd') folder = command.conditional ? null : pathOf(command.words[1], folder)
    const target = targetOf(command)
    const path = pathOf(target?.word, folder)
    if (target === null || path === null) {
      if (KEEPS.has(command.name ?? '')) continue
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

/** They leave what is in a file as it is. */
const KEEPS = new Set(['chmod', 'chown', 'cat', 'grep', 'ls', 'test', '[', 'stat', 'cp', 'mkdir'])

function isCertain({ conditional, connector }: ShellCommand): boolean {
  return !conditional && /^(|;|&&)$/.test(connector)
}

function pathOf(word: ShellCommand['words'][number] | undefined, folder: string | null): string | null {
  return word?.value == null ? null : normalisePath(word.value, folder ?? '')
}

function targetOf({ name, words, redirects }: ShellCommand): {
  readonly word: ShellCommand['words'][number]
  readonly appended: boolean
} | null {
  const redirect = redirects.find(({ operator }) => /^>[>|]?$/.test(operator))
  if (name === 'tee') {
    const [first, ...more] = words.slice(1).filter(({ text }) => !text.startsWith('-'))
    const appended = words.some(({ text }) => /^(-a|--append)$/.test(text))
    return first === undefined || more.length > 0 ? null : { word: first, appended }
  }
  const word = redirect?.target
  return word == null ? null : { word, appended: redirect?.operator === '>>' }
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

/** What a backslash means to `echo` is another thing in each shell. */
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
