/**
 * Words, quotes, escapes and variables by the rules of BuildKit's `shell.Lex`
 * (moby/buildkit, frontend/dockerfile/shell): close to a shell's, but not the same.
 */
import { isSpace } from './words.ts'

export interface LexOptions {
  readonly escape: string
  /** The value of a variable; undefined when it is not set; null when that cannot be known. */
  readonly lookup: (name: string) => string | undefined | null
  /** Leave a variable that is not set as it is written. */
  readonly keepUnset?: boolean
  readonly keepQuotes?: boolean
  readonly keepEscapes?: boolean
  /** How many characters variables may put in; absent: any number. */
  readonly longest?: number
  /** Only the text is asked for, not its words. */
  readonly textOnly?: boolean
}

export type Lexed =
  | { readonly kind: 'text'; readonly text: string; readonly words: readonly LexedWord[] }
  | { readonly kind: 'unknown'; readonly variable: string }
  | { readonly kind: 'invalid'; readonly reason: string }

interface LexedWord {
  readonly text: string
  /** Where it starts in the lexed text. */
  readonly start: number
  readonly end: number
}

/** Left early, always caught by `lex`. */
interface Stop {
  readonly stop: Exclude<Lexed, { kind: 'text' }>
}

function invalid(reason: string): Stop {
  return { stop: { kind: 'invalid', reason } }
}

const nameStart = /[\p{L}_]/u
const namePart = /[\p{L}\p{Nd}_]/u
const special = '@*#?-$!0'

export function lex(source: string, options: LexOptions): Lexed {
  const chars = Array.from(source)
  let at = 0
  let offset = 0
  let depth = 0
  let keepEscapes = options.keepEscapes ?? false
  let left = options.longest ?? Number.POSITIVE_INFINITY

  function next(): string | undefined {
    const char = chars[at]
    if (char === undefined) return undefined
    at += 1
    offset += char.length
    return char
  }

  function readName(): string {
    const first = chars[at]
    if (first === undefined) return ''
    if (/\p{Nd}/u.test(first)) {
      let digits = ''
      while (/\p{Nd}/u.test(chars[at] ?? '')) digits += next()
      return digits
    }
    if (special.includes(first)) return next() ?? ''
    if (!nameStart.test(first)) return ''
    let name = ''
    while (namePart.test(chars[at] ?? '')) name += next()
    return name
  }

  /** Undefined for a variable that is not set. */
  function setValue(name: string): string | undefined {
    const value = options.lookup(name)
    if (value === null) throw { stop: { kind: 'unknown', variable: name } } satisfies Stop
    return within(value)
  }

  /** A variable twice in its own value doubles it: what is too long is told before it is made. */
  function within(value: string | undefined): string | undefined {
    left -= value?.length ?? 0
    if (left < 0) throw invalid(`its variables make it longer than ${options.longest} characters`)
    return value
  }

  function single(): string {
    let text = ''
    next()
    for (;;) {
      const char = next()
      if (char === undefined) throw invalid('a single quote is not closed')
      if (char === "'") break
      text += char
    }
    return options.keepQuotes ? `'${text}'` : text
  }

  function double(): string {
    let text = ''
    next()
    for (;;) {
      const char = chars[at]
      if (char === undefined) throw invalid('a double quote is not closed')
      if (char === '$') {
        text += dollar()
        continue
      }
      next()
      if (char === '"') break
      if (char !== options.escape) {
        text += char
        continue
      }
      if (keepEscapes) text += char
      const escaped = chars[at]
      if (escaped === undefined) continue
      if (escaped === '"' || escaped === '$' || escaped === options.escape) text += next()
      else text += char
    }
    return options.keepQuotes ? `"${text}"` : text
  }

  function dollar(): string {
    depth += 1
    // Hostile text only: nobody nests a hundred substitutions, and the stack is not endless.
    if (depth > 100) throw invalid('substitutions are nested too deep')
    const value = dollarValue()
    depth -= 1
    return value
  }

  function dollarValue(): string {
    next()
    if (chars[at] !== '{') {
      const name = readName()
      if (name === '') return '$'
      const value = setValue(name)
      return value ?? (options.keepUnset ? `$${name}` : '')
    }
    next()
    const first = chars[at]
    if (first === undefined) throw invalid("'}' is missing")
    if ('{}:'.includes(first)) throw invalid('bad substitution')
    return substitution(readName())
  }

  function substitution(name: string): string {
    if (chars[at] === undefined) throw invalid("'}' is missing")
    let modifier = next() ?? ''
    if (modifier === '}') return setValue(name) ?? (options.keepUnset ? `\${${name}}` : '')
    const colon = modifier === ':'
    if (colon) modifier = next() ?? ''
    if (modifier === '/' && !colon) {
      if (chars[at] === '/') next()
      const pattern = until('/', true)
      const replacement = until('}', true)
      return unevaluated(name, `/${pattern}/${replacement}`)
    }
    if (!'+-?#%'.includes(modifier) || modifier === '' || (colon && '#%'.includes(modifier))) {
      throw invalid(`the modifier '${colon ? ':' : ''}${modifier}' in \${${name}} is not supported`)
    }
    const word = until('}', '#%'.includes(modifier))
    if ('#%'.includes(modifier)) return unevaluated(name, `${modifier}${word}`)
    const value = knownOrUnset(name, modifier)
    if (value === undefined && options.keepUnset) return `\${${name}${colon ? ':' : ''}${modifier}${word}}`
    const unset = value === undefined || (colon && value === '')
    if (modifier === '-') return unset ? word : value
    if (modifier === '+') return unset ? '' : word
    if (unset) throw invalid(`${name}: ${word === '' ? 'must be set' : word}`)
    return value
  }

  /** A default says what to take when nothing else is given: so an ARG without a value counts as not set there. */
  function knownOrUnset(name: string, modifier: string): string | undefined {
    const value = options.lookup(name)
    if (value === null && modifier !== '-') throw { stop: { kind: 'unknown', variable: name } } satisfies Stop
    return within(value ?? undefined)
  }

  /** `#`, `%` and `/` patterns are not evaluated: their result counts as unknown where the variable is set. */
  function unevaluated(name: string, rest: string): string {
    const value = setValue(name)
    if (value === undefined) return options.keepUnset ? `\${${name}${rest}}` : ''
    throw { stop: { kind: 'unknown', variable: name } } satisfies Stop
  }

  function until(close: string, escapes: boolean): string {
    const before = keepEscapes
    keepEscapes = escapes
    const text = run(close).text
    keepEscapes = before
    return text
  }

  function run(close: string | null): { text: string; words: LexedWord[] } {
    let text = ''
    const words: LexedWord[] = []
    let word = ''
    let wordStart = -1
    const add = (part: string, start: number): void => {
      if (wordStart === -1) wordStart = start
      word += part
    }
    const finish = (end: number): void => {
      if (word !== '') {
        words.push({ text: word, start: wordStart, end })
        word = ''
      }
      wordStart = -1
    }
    for (;;) {
      const start = offset
      const char = chars[at]
      if (char === undefined) break
      if (char === close) {
        next()
        finish(start)
        return { text, words }
      }
      if (char === "'" || char === '"') {
        const quoted = char === "'" ? single() : double()
        text += quoted
        add(quoted, start)
      } else if (char === '$') {
        const value = dollar()
        text += value
        // Blanks that come out of a variable split words too.
        for (const part of options.textOnly === true ? [] : Array.from(value)) {
          if (!isSpace(part)) add(part, start)
          else if (word !== '') finish(offset)
        }
      } else if (char === '<') {
        let marker = next() ?? ''
        if (chars[at] === '<') {
          marker += next()
          // White space between << and the delimiter belongs to the same word (BuildKit 0.26).
          while (chars[at] === ' ' || chars[at] === '\t' || chars[at] === '\r') marker += next()
        }
        text += marker
        add(marker, start)
      } else if (char === options.escape) {
        next()
        if (keepEscapes) {
          text += char
          add(char, start)
        }
        const escaped = next()
        if (escaped === undefined) break
        text += escaped
        add(escaped, start)
      } else {
        next()
        text += char
        if (!isSpace(char)) add(char, start)
        else if (word !== '') finish(start)
      }
    }
    if (close !== null) throw invalid(`'${close}' is missing`)
    finish(offset)
    return { text, words }
  }

  try {
    return { kind: 'text', ...run(null) }
  } catch (thrown) {
    if (typeof thrown === 'object' && thrown !== null && 'stop' in thrown) return (thrown as Stop).stop
    throw thrown
  }
}
