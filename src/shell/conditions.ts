import { memoizeByText } from '../memoize.ts'
import { normalisePath } from '../path.ts'
import { staticValue, type Values } from './static-text.ts'

/** `ifMissing`: some file has to be missing for it, which the image does not have. */
export type Sure = { readonly holds: boolean; readonly ifMissing: boolean }

/** What conditions are tested against. */
export interface Asked {
  readonly variables: Values
  /** The script's `$1`; null where it is unknown. */
  readonly argument: string | null
  /** Null where no file is known. */
  readonly files: { readonly exists: (path: string) => boolean } | null
  readonly workdir: string
}

/** Whether conditions certainly hold at the first start: tests of `$1`, of a known variable, and of a file. */
export function sureConditions(conditions: readonly string[], start: Asked): Sure {
  let ifMissing = false
  for (const condition of conditions)
    for (const parts of allOf(condition)) {
      const found = parts.map((part) => answer(part, start))
      const sure = found.find((one) => one !== null) ?? null
      // Another branch may have been taken before it was tested.
      if (sure === null || (sure === 'missing' && found.length > 1)) return { holds: false, ifMissing: false }
      ifMissing ||= sure === 'missing'
    }
  return { holds: true, ifMissing }
}

/** The condition can never hold by what nothing from outside changes: the script itself, its command or a file of the image rules it out. */
export function neverHolds(condition: string, fixed: Asked): boolean {
  // A default counts only where nobody sets the variable.
  const isFixed = (part: string): boolean =>
    variablesAskedIn(part).every((name) => fixed.variables.get(name) !== undefined)
  return allOf(condition).some((parts) =>
    parts.every((part) => isFixed(part) && answer(negation(part), fixed) === 'known'),
  )
}

const variablesAskedIn = memoizeByText((part): readonly string[] =>
  [...part.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name = '']) => name),
)

export function negation(condition: string): string {
  return condition.startsWith('! ') ? condition.slice(2) : `! ${condition}`
}

/**
 * Conditions that must all hold, each with its alternatives: `a || b`, `a && b`, `[ a -a b ]` and their negations. A mixture is
 * unknown.
 */
const allOf = memoizeByText((condition): readonly (readonly string[])[] => {
  const isNot = condition.startsWith('! ')
  const inner = isNot ? condition.slice(2) : condition
  const [, open, asked, close] = /^(\[ |test )(.*?)( \]|)$/s.exec(inner) ?? []
  const word = ['&&', '||', ' -a ', ' -o '].filter((one) => inner.includes(one))
  if (word[0] === undefined || word.length > 1) return [[condition]]
  const isAnd = word[0] === '&&' || word[0] === ' -a '
  const isOfTest = word[0].startsWith(' -')
  if (isOfTest && (open === undefined || asked === undefined)) return [[condition]]
  const parts = isOfTest
    ? (asked ?? '').split(word[0]).map((part) => `${open}${part}${close}`)
    : inner.split(word[0]).map((part) => part.trim())
  const said = isNot ? parts.map(negation) : parts
  return isAnd === isNot ? [said] : said.map((part) => [part])
})

const TEST = /^(! )?\s*(?:\[\[?|test)\s+(! )?\s*(.*)$/s

/** A loop over literal words, or over an array, runs at least once. */
const OVER_WORDS = /^for\s+\w+\s+in(\s+[\w./:@%+-]+|\s+"\$\{!?\w+\[@\]\}")+[\s;]*(do\s*)?$/

/** `$1`, `${1:-}`, quoted or not. */
const FIRST = /^"?\$\{?1(?:[:-]+)?\}?"?$/

/** A condition, parsed. */
interface Question {
  readonly isNot: boolean
  readonly overWords: boolean
  /** `case WORD in PATTERNS`. */
  readonly choice: { readonly word: string; readonly patterns: string } | null
  /** `expr WORD : BEGINS`. */
  readonly match: { readonly word: string; readonly begins: string } | null
  readonly negated: boolean
  /** `-e PATH`. */
  readonly path: string | null
  /** `-n WORD`. */
  readonly length: { readonly operator: string; readonly word: string } | null
  /** A variable alone. */
  readonly bare: string | null
  /** `LEFT = TEXT`. */
  readonly compared: Comparison | null
  /** `LEFT = PATTERN`. */
  readonly matched: Comparison | null
}

interface Comparison {
  readonly left: string
  readonly isSame: boolean
  readonly right: string
}

/** Scripts repeat the same conditions. */
const questionIn = memoizeByText((condition): Question => {
  const text = condition.replace(/^! /, '')
  const [, word = '', patterns] = /^case\s+(\S+)\s+in\s+(\S+(?:\s+\|\s+\S+)*)$/.exec(text) ?? []
  const [, of = '', , begins] = /^expr\s+(\S+)\s+:\s+(["']?)([\w./-]+)(?:\.\*)?\2\s*(?:>.*)?$/.exec(text) ?? []
  const [, before, inner, closed = ''] = TEST.exec(condition) ?? []
  // `[ "x$1" = x ]` is an old way to ask for what may be empty.
  const asked = closed
    .replace(/\]\]?\s*;?$/, '')
    .trimEnd()
    .replace(/^("?)[xX](\$\{?\w+\}?"?\s+(?:==?|!=)\s+"?)[xX]/, '$1$2')
    .replace(/(==?|!=)\s+$/, '$1 ""')
  const [, operator, measured = ''] = /^(-[nz])\s+(\S+)$/.exec(asked) ?? []
  const comparison = (pattern: RegExp): Comparison | null => {
    const [, left = '', is, right = ''] = pattern.exec(asked) ?? []
    return is === undefined ? null : { left, isSame: is !== '!=', right }
  }
  return {
    isNot: condition.startsWith('! '),
    overWords: OVER_WORDS.test(condition),
    choice: patterns === undefined ? null : { word, patterns },
    match: begins === undefined ? null : { word: of, begins },
    negated: (before === undefined) !== (inner === undefined),
    path: /^-[efs]\s+(\S+)$/.exec(asked)?.[1] ?? null,
    length: operator === undefined ? null : { operator, word: measured },
    bare: /^"?\$\{?(?:1|[A-Za-z_]\w*)(?::?-)?\}?"?$/.test(asked) ? asked : null,
    compared: comparison(/^(\S+)\s+(==?|!=)\s+([\w./:@%+-]+|"[^"$`]*"|'[^']*')$/),
    matched: comparison(/^(\S+)\s+(==?|!=)\s+(\S+)$/),
  }
})

/** The answer; null where something else decides, or the condition does not hold. */
function answer(condition: string, start: Asked): 'known' | 'missing' | null {
  const { isNot, overWords, negated, path, length, bare, compared, matched, ...said } = questionIn(condition)
  if (overWords) return 'known'
  const ofMatch = matchOf(said, start)
  if (ofMatch !== null) return ofMatch === isNot ? null : 'known'
  const variables = withArgument(start)
  if (path !== null && !negated) return isPresent(path, start) ? 'known' : null
  if (path !== null) return isMissing(path, start) ? 'missing' : null
  const value = length === null ? null : staticValue(length.word, variables)
  if (length !== null && value !== null)
    return (value !== '') === ((length.operator === '-n') !== negated) ? 'known' : null
  const held = bare === null ? null : staticValue(bare, variables)
  if (held !== null) return (held !== '') !== negated ? 'known' : null
  const left =
    compared === null || !/\$\{?[A-Za-z_]/.test(compared.left) ? null : staticValue(compared.left, start.variables)
  if (compared !== null && left !== null)
    return (left === staticValue(compared.right, start.variables)) === (compared.isSame !== negated) ? 'known' : null
  const isMet = matched !== null && FIRST.test(matched.left) ? matches(matched.right, start) : null
  return isMet !== null && isMet === (matched?.isSame !== negated) ? 'known' : null
}

function withArgument({ variables, argument }: Asked): Values {
  return argument === null ? variables : { get: (name) => (name === '1' ? argument : variables.get(name)) }
}

/** `case "$1" in serve | run)` and `expr "$1" : "serve" >/dev/null`, without regard to a `! ` before it; null where that is not known. */
function matchOf({ choice, match }: Pick<Question, 'choice' | 'match'>, start: Asked): boolean | null {
  if (choice !== null) {
    const value = FIRST.test(choice.word) ? start.argument : staticValue(choice.word, start.variables)
    const met = choice.patterns
      .split('|')
      .map((pattern) => (pattern.trim() === '*' ? null : matches(pattern.trim(), { argument: value })))
    return met.includes(true) ? true : met.includes(null) ? null : false
  }
  if (match === null || !FIRST.test(match.word) || start.argument === null || /\.(?!\*$)/.test(match.begins))
    return null
  return start.argument.startsWith(match.begins)
}

function isMissing(word: string, start: Asked): boolean {
  const path = pathIn(word, start)
  return path !== null && start.files?.exists(path) === false
}

function isPresent(word: string, start: Asked): boolean {
  const path = pathIn(word, start)
  return path !== null && start.files?.exists(path) === true
}

function pathIn(word: string, { variables, workdir }: Asked): string | null {
  const path = staticValue(word, variables)
  return path === null || path === '' ? null : normalisePath(path, workdir)
}

/** `apache2*` as `[[` and `case` take it; null where that is not known. */
function matches(pattern: string, { argument }: Pick<Asked, 'argument'>): boolean | null {
  const [, quoted] = /^(["'])([\w./-]*)\1$/.exec(pattern)?.slice(1) ?? []
  if (argument === null) return null
  if (quoted !== undefined) return argument === quoted
  if (!/^[\w./-]+\*?$/.test(pattern)) return pattern === '' ? argument === '' : null
  return pattern.endsWith('*') ? argument.startsWith(pattern.slice(0, -1)) : argument === pattern
}

/** The words of the tests `-d WORD` and their like in a text, by their letters; `[ ! -e X ]` asks for X too. */
export function testedWords(text: string, letters: string): readonly string[] {
  return [...text.matchAll(TESTED)].flatMap(([, letter = '', word = '']) => (letters.includes(letter) ? [word] : []))
}

const TESTED = /(?:^|[\s(])-([a-zA-Z])\s+("[^"]*"|[^\s"';&|)\]]+)/g
