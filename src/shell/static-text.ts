import { bounds } from '../bounds.ts'
import { memoizeByText } from '../memoize.ts'

/** What variables hold at the start: the image's ENV, then the script's own static assignments. */
export type Variables = ReadonlyMap<string, string>

export type Values = Pick<Variables, 'get'>

/**
 * The value of a shell word as it stands in the script, with known variables filled in; null when something else
 * decides it, or it is longer than any that is followed. A default (`${A:-x}`) counts where the variable is not known.
 */
export function staticValue(text: string, variables: Values): string | null {
  const pieces = piecesOf(text.includes('-$') ? withDefaults(text, variables) : text)
  if (pieces === null) return null
  let value = ''
  for (const piece of pieces) {
    const filled = typeof piece === 'string' ? piece : fill(piece, variables)
    if (filled === undefined) return null
    value += filled
    if (value.length > bounds.expandedLength) return null
  }
  return value
}

/** `${LOGS:-$HOME_DIR}`: the variable that is the default where the first is not known. */
function withDefaults(text: string, variables: Values): string {
  return text.replace(/\$\{(\w+)(:?)-(\$\{\w+\}|\$\w+)\}/g, (_, name: string, orEmpty: string, other: string) => {
    const value = variables.get(name)
    return value !== undefined && !(value === '' && orEmpty !== '') ? `\${${name}}` : other
  })
}

interface Filled {
  readonly name: string
  /** An empty value counts as none. */
  readonly orEmpty: boolean
  readonly fallback: string | undefined
}

function fill({ name, orEmpty, fallback }: Filled, variables: Values): string | undefined {
  const value = variables.get(name)
  return value !== undefined && !(value === '' && orEmpty) ? value : fallback
}

/** What of a word is text, and what variables; null where a substitution or a pattern decides it. A script has the same words many times. */
const piecesOf = memoizeByText((text): readonly (string | Filled)[] | null => {
  const pieces: (string | Filled)[] = []
  for (const match of text.matchAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|([^'"]+)|(["'])/gs)) {
    const [, literal, inQuotes, bare, open] = match
    if (open !== undefined) return null
    if (literal !== undefined) pieces.push(literal)
    else if (!piecesIn(inQuotes ?? bare ?? '', inQuotes !== undefined, pieces)) return null
  }
  return pieces
})

/** False for what is not known without a run. */
function piecesIn(part: string, quoted: boolean, pieces: (string | Filled)[]): boolean {
  let end = 0
  for (const match of part.matchAll(/\$(?:(\w+)|\{(\w+)(?:(:?[-=])([^}$`]*))?\})|([$`\\])|([*?[{~])/g)) {
    const [all, bare, braced, operator, fallback, odd, glob] = match
    if (odd !== undefined || (glob !== undefined && !quoted)) return false
    if (glob !== undefined) continue
    pieces.push(part.slice(end, match.index), {
      name: bare ?? braced ?? '',
      orEmpty: operator?.startsWith(':') === true,
      fallback,
    })
    end = match.index + all.length
  }
  pieces.push(part.slice(end))
  return true
}
