import { normalisePath } from '../../path.ts'
import type { FileModel } from '../file-model.ts'
import { staticValue, type Variables } from './static-text.ts'

/** What is known of a first start. */
export interface FirstStart {
  readonly variables: Variables
  /** What the script gets as `$1`; null where that is not known. */
  readonly argument: string | null
  /** Null where no file is known. */
  readonly files: FileModel | null
  readonly workdir: string
}

/** `ifMissing`: some file has to be missing for it, which the image does not have. */
export type Sure = { readonly holds: boolean; readonly ifMissing: boolean }

/** Whether conditions hold at the first start for certain: those that ask for `$1`, for a variable that is known, and for a file that is not there yet. */
export function sureConditions(conditions: readonly string[], start: FirstStart): Sure {
  let ifMissing = false
  for (const condition of conditions) {
    const found = anyOf(condition).map((part) => oneOf(part.trim(), start))
    const sure = found.find((answer) => answer !== null) ?? null
    // What is not this one may have held before it was asked.
    if (sure === null || (sure === 'missing' && found.length > 1)) return { holds: false, ifMissing: false }
    ifMissing ||= sure === 'missing'
  }
  return { holds: true, ifMissing }
}

/** What neither the image nor the script sets is empty, where nobody says otherwise. */
export function withUnset(
  conditions: readonly string[],
  { text, variables }: { readonly text: string; readonly variables: Variables },
): Variables {
  const asked = conditions.flatMap((condition) => [...condition.matchAll(/\$\{?([A-Z][A-Z0-9_]*)/g)])
  const unset = asked.map(([, name = '']) => name).filter((name) => !variables.has(name) && !isSet(name, text))
  return unset.length === 0 ? variables : new Map([...variables, ...unset.map((name) => [name, ''] as const)])
}

/** `NAME=…`, `read NAME`, `for NAME in`, `printf -v NAME`, and `${NAME:=x}`. */
function isSet(name: string, text: string): boolean {
  return new RegExp(
    `(^|[^\\w$"{])${name}\\+?=|\\b(read|for|printf|mapfile|readarray|getopts)\\b[^\\n;]*\\b${name}\\b|\\{${name}:?=`,
    'm',
  ).test(text)
}

/** One of these is enough: `a || b`, and what a failed `[ a -a b ]` or `a && b` leaves. */
function anyOf(condition: string): readonly string[] {
  const [, failed] = /^! (.*&&.*)$/s.exec(condition) ?? []
  if (failed !== undefined) return failed.split('&&').map((part) => `! ${part.trim()}`)
  const [, open, asked, close] = /^! (\[ |test )(.*) -a (?:.*?)( \]|)$/s.exec(condition) ?? []
  if (open !== undefined && asked !== undefined)
    return condition
      .slice(2 + open.length, condition.length - (close?.length ?? 0))
      .split(' -a ')
      .map((part) => `! ${open}${part}${close}`)
  return condition.split('||')
}

const TEST = /^(! )?\s*(?:\[\[?|test)\s+(! )?\s*(.*)$/s

/** A loop over words that stand there is gone through. */
const OVER_WORDS = /^for\s+\w+\s+in(\s+[\w./:@%+-]+)+[\s;]*(do\s*)?$/

function oneOf(condition: string, start: FirstStart): 'known' | 'missing' | null {
  if (OVER_WORDS.test(condition)) return 'known'
  const [, before, inner, closed = ''] = TEST.exec(condition) ?? []
  const asked = closed.replace(/\]\]?$/, '').trimEnd()
  const negated = (before === undefined) !== (inner === undefined)
  const [, path] = /^-[efs]\s+(\S+)$/.exec(asked) ?? []
  if (path !== undefined) return negated && isMissing(path, start) ? 'missing' : null
  const [, set, word = ''] = /^(-[nz])\s+(\S+)$/.exec(asked) ?? []
  const value = set === undefined ? null : staticValue(word, start.variables)
  if (value !== null) return (value !== '') === ((set === '-n') !== negated) ? 'known' : null
  const [, left = '', operator, right = ''] = /^(\S+)\s+(==?|!=)\s+([\w./:@%+-]+|"[^"$`]*"|'[^']*')$/.exec(asked) ?? []
  const compared = operator === undefined || !/\$\{?[A-Za-z_]/.test(left) ? null : staticValue(left, start.variables)
  if (compared !== null) {
    const isSame = compared === staticValue(right, start.variables)
    return isSame === ((operator !== '!=') !== negated) ? 'known' : null
  }
  const [, pattern] = /^"?\$\{?1(?:[:-]+)?\}?"?\s+==?\s+(\S+)$/.exec(asked) ?? []
  return pattern !== undefined && !negated && matches(pattern, start) ? 'known' : null
}

function isMissing(word: string, { variables, files, workdir }: FirstStart): boolean {
  const path = staticValue(word, variables)
  return files !== null && path !== null && path !== '' && !files.exists(normalisePath(path, workdir))
}

/** `apache2*` as `[[` takes it. */
function matches(pattern: string, { argument }: FirstStart): boolean {
  const [, quoted] = /^(["'])([\w./-]+)\1$/.exec(pattern)?.slice(1) ?? []
  if (argument === null) return false
  if (quoted !== undefined) return argument === quoted
  return (
    /^[\w./-]+\*?$/.test(pattern) &&
    (pattern.endsWith('*') ? argument.startsWith(pattern.slice(0, -1)) : argument === pattern)
  )
}
