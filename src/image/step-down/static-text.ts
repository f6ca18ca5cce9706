import { bounds } from '../../bounds.ts'

/** What variables hold at the start: the image's ENV, then the script's own static assignments. */
export type Variables = ReadonlyMap<string, string>

export type Values = Pick<Variables, 'get'>

/**
 * The value of a shell word as it stands in the script, with known variables filled in; null when something else
 * decides it, or it is longer than any that is followed. A default (`${A:-x}`) counts where the variable is not known.
 */
export function staticValue(text: string, variables: Values): string | null {
  const parts = splitQuotes(text)
  if (parts === null) return null
  let value = ''
  for (const { part, literal, quoted } of parts) {
    const filled = literal ? part : fill(part, variables, quoted)
    if (filled === null) return null
    value += filled
    if (value.length > bounds.expandedLength) return null
  }
  return value
}

interface WordPart {
  readonly part: string
  readonly literal: boolean
  readonly quoted: boolean
}

function splitQuotes(text: string): readonly WordPart[] | null {
  const parts: WordPart[] = []
  for (const match of text.matchAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|([^'"]+)|(["'])/gs)) {
    if (match[4] !== undefined) return null
    if (match[1] !== undefined) parts.push({ part: match[1], literal: true, quoted: true })
    else if (match[2] !== undefined) parts.push({ part: match[2], literal: false, quoted: true })
    else parts.push({ part: match[3] ?? '', literal: false, quoted: false })
  }
  return parts
}

function fill(text: string, variables: Values, quoted: boolean): string | null {
  let unknown = false
  let length = 0
  const put = (value: string): string => {
    length += value.length
    if (length > bounds.expandedLength) unknown = true
    return unknown ? '' : value
  }
  const filled = text.replace(
    /\$(?:(\w+)|\{(\w+)(?:(:?[-=])([^}$`]*))?\})|([$`\\])|([*?[{~])/g,
    (
      all: string,
      bare?: string,
      braced?: string,
      operator?: string,
      fallback?: string,
      odd?: string,
      glob?: string,
    ) => {
      if (glob !== undefined) {
        if (!quoted) unknown = true
        return all
      }
      const name = bare ?? braced
      const value = name === undefined || odd !== undefined ? undefined : variables.get(name)
      if (value !== undefined && !(value === '' && operator?.startsWith(':'))) return put(value)
      if (name !== undefined && fallback !== undefined) return fallback
      unknown = true
      return ''
    },
  )
  return unknown ? null : filled
}
