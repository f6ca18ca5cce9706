import type { BroughtText } from '../contents/stage-contents.ts'
import { joinAnd } from '../words.ts'
import type { Evidence } from './claim.ts'

/** A change to one text file inside the image, line by line. */
export interface FileEdit {
  readonly path: string
  readonly substitutions: readonly Substitution[]
  /** Why: the comment above the line in the Dockerfile. */
  readonly reason: string
  readonly purpose: 'port' | 'config' | 'step-down'
  /** The current text, for an image without sed; null where it is unknown, absent where sed exists. */
  readonly text?: string | null
  /** The file of the build context that it is an unchanged copy of; absent where there is none. */
  readonly brought?: BroughtText
  /** What that file is called from where it was run, where it is changed itself; absent where a line of the Dockerfile changes the copy. */
  readonly inContext?: string
  readonly evidence: readonly Evidence[]
}

/** One sed substitution in extended syntax. */
export interface Substitution {
  /** POSIX extended regular expression. */
  readonly pattern: string
  readonly replacement: string
  readonly global: boolean
  /** Delete the line instead of replacing in it. */
  readonly remove?: boolean
}

/** A file of the build context that changes. */
export interface ContextText {
  /** Path in the build context. */
  readonly origin: string
  /** From where it was run. */
  readonly name: string
  readonly before: string
  readonly after: string
  /** What is changed in it, in this order. */
  readonly edits: readonly Substitution[]
}

export function escapeEre(text: string): string {
  return text.replace(/[\\^$.[\]*+?(){}|]/g, '\\$&').replaceAll('\\]', ']')
}

export function escapeReplacement(text: string): string {
  return text.replace(/[\\&]/g, '\\$&')
}

/** Replaces one text by another, its first occurrence in each line. */
export function inPlaceOf(text: string, other: string): Substitution {
  return { pattern: escapeEre(text), replacement: escapeReplacement(other), global: false }
}

/** One `sed` command that makes the change. */
export function sedCommand(edit: FileEdit, quote: (word: string) => string): readonly string[] {
  const scripts = edit.substitutions.map((one) => quote(sedScript(one)))
  const expressions = scripts.length === 1 ? scripts : scripts.map((script) => `-e ${script}`)
  return ['sed -i -E', ...expressions, quote(edit.path)]
}

function sedScript(substitution: Substitution): string {
  const delimiter =
    ['/', '#', '|', '~', ',', '@', '%'].find(
      (mark) => !substitution.pattern.includes(mark) && !substitution.replacement.includes(mark),
    ) ?? '/'
  // A sign that is escaped already stays so.
  const masked = (text: string): string =>
    delimiter === '/' ? text.replace(/\\.|\//gs, (part) => (part === '/' ? '\\/' : part)) : text
  if (substitution.remove === true) {
    const start = delimiter === '/' ? '/' : `\\${delimiter}`
    return `${start}${masked(substitution.pattern)}${delimiter}d`
  }
  return `s${delimiter}${masked(substitution.pattern)}${delimiter}${masked(substitution.replacement)}${delimiter}${substitution.global ? 'g' : ''}`
}

/** The text after the change, as sed would make it; null where a pattern means something else to JavaScript. */
export function applySubstitutions(text: string, substitutions: readonly Substitution[]): string | null {
  // A script may have thousands of lines, and a hundred changes.
  let result = linesOf(text).map((line) => ({ said: content(line), end: line.endsWith('\n') ? '\n' : '' }))
  for (const substitution of substitutions) {
    const pattern = toRegExp(substitution)
    if (pattern === null) return null
    result =
      substitution.remove === true
        ? result.filter(({ said }) => !pattern.test(said))
        : result.map(({ said, end }) => ({ said: said.replace(pattern, replacementOf(substitution)), end }))
  }
  return result.map(({ said, end }) => `${said}${end}`).join('')
}

/** With their line ends, so that the last line can lack its own. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

function content(line: string): string {
  return line.endsWith('\n') ? line.slice(0, -1) : line
}

/** Lines that a substitution would change. */
export function matches(text: string, substitution: Substitution): boolean {
  const pattern = toRegExp({ ...substitution, global: false })
  return pattern !== null && linesOf(text).some((line) => pattern.test(content(line)))
}

function toRegExp(substitution: Substitution): RegExp | null {
  const source = substitution.pattern
    .replaceAll('[[:space:]]', String.raw`\s`)
    .replaceAll('[:space:]', String.raw`\s`)
    .replaceAll('[:alnum:]', 'A-Za-z0-9')
    .replaceAll('[:digit:]', '0-9')
    .replaceAll('[:blank:]', String.raw` \t`)
  try {
    return new RegExp(source, substitution.global ? 'g' : '')
  } catch {
    return null
  }
}

/** What sed inserts for a match: `&` is the match, `\\1` a group, `\\n` a new line, and a backslash keeps any other sign. */
function replacementOf({ replacement }: Substitution): (...match: readonly string[]) => string {
  return (all, ...groups) =>
    replacement.replace(/\\(.)|&/gs, (part, escaped: string | undefined) => {
      if (part === '&') return all ?? ''
      if (escaped === 'n') return '\n'
      return /\d/.test(escaped ?? '') ? (groups[Number(escaped) - 1] ?? '') : (escaped ?? '')
    })
}

/**
 * Edits of other texts that must follow an edit: a script that waits for the old pid file does not see a configuration that now
 * says `/tmp/x.pid`. Every text of the image that names the path gets the same change.
 */
export function followingEdits(
  edits: readonly FileEdit[],
  textOf: (path: string) => string | null,
  texts: ReadonlyMap<string, string>,
): readonly FileEdit[] {
  return edits.flatMap((edit) =>
    edit.substitutions
      .filter(
        ({ remove, replacement }) => edit.purpose === 'config' && remove !== true && replacement.includes('/tmp/'),
      )
      .flatMap((substitution) => {
        const own = textOf(edit.path)
        return [...texts].flatMap(([path, text]): readonly FileEdit[] => {
          if (path === edit.path || NO_PROGRAM.test(path)) return []
          // The text of a package's file is unknown: the pattern alone says what it names.
          const moved = movedPaths(own ?? text, substitution).filter(([from]) => namesPath(text, from))
          if (moved.length === 0) return []
          const substitutions = moved.map(([from, to]) => ({ ...inPlaceOf(from, to), global: true }))
          const reason = `${path} names ${joinAnd(moved.map(([from]) => from))}, which moves`
          return [{ path, substitutions, reason, purpose: 'config', evidence: edit.evidence }]
        })
      }),
  )
}

const NO_PROGRAM = /\.(md|rst|adoc|txt|html?|svg|css|map|lock|json)$/i

/** The paths that a substitution replaces and inserts, where both are paths. */
function movedPaths(text: string, substitution: Substitution): readonly (readonly [from: string, to: string])[] {
  const pattern = toRegExp({ ...substitution, global: true })
  const found = pattern === null ? [] : linesOf(text).flatMap((line) => [...content(line).matchAll(pattern)])
  const moved = found.flatMap((match): readonly (readonly [string, string])[] => {
    const from = PATH.exec(match[0])?.[0]
    const to = PATH.exec(replacementOf(substitution)(...match))?.[0]
    return from === undefined || to === undefined || from === to ? [] : [[from, to]]
  })
  return [...new Map(moved)]
}

const PATH = /\/[\w./-]+/

/** The text names this path, and not a longer one. */
function namesPath(text: string, path: string): boolean {
  for (let at = text.indexOf(path); at !== -1; at = text.indexOf(path, at + 1))
    if (!/[\w/-]/.test(text[at + path.length] ?? '') && !/[\w.-]/.test(text[at - 1] ?? '')) return true
  return false
}

/** One edit a file and purpose, with all substitutions and reasons. */
export function mergeByFile(edits: readonly FileEdit[]): readonly FileEdit[] {
  const merged = new Map<string, FileEdit>()
  for (const edit of edits) {
    const key = `${edit.purpose} ${edit.path}`
    const before = merged.get(key)
    merged.set(key, before === undefined ? edit : join(before, edit))
  }
  return [...merged.values()]
}

function join(a: FileEdit, b: FileEdit): FileEdit {
  return {
    ...a,
    substitutions: [...a.substitutions, ...withoutMade(b.substitutions, a.substitutions)],
    reason: a.reason.split('; ').includes(b.reason) ? a.reason : `${a.reason}; ${b.reason}`,
    evidence: [...a.evidence, ...b.evidence],
  }
}

/** Those that are not among the others. */
export function withoutMade(
  substitutions: readonly Substitution[],
  made: readonly Substitution[],
): readonly Substitution[] {
  const known = new Set(made.map((one) => JSON.stringify(one)))
  return substitutions.filter((one) => !known.has(JSON.stringify(one)))
}
