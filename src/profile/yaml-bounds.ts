import { type Document, isScalar, Lexer, visit } from 'yaml'
import { bounds } from '../bounds.ts'

/** Something that no YAML file has which anybody has written, and what is wrong with it: a subject and a verb. */
export interface YamlFault {
  readonly reason: string
  /** Where, in UTF-16 units. */
  readonly offset: number
}

/**
 * Why a text is not given to the parser; null where it may be. One look at its words, since the parser itself is no guard: a text of
 * 300,000 opening brackets ends the whole process (measured with yaml 2.9 on Node 20), one of anchors takes minutes.
 */
export function yamlExcess(text: string): YamlFault | null {
  const { yamlWords, yamlDepth, yamlIndent, yamlReferences, yamlDocuments } = bounds
  let [offset, words, references, documents, flow, onLine] = [0, 0, 0, 0, 0, 0]
  let isLineStart = true
  const fault = (reason: string): YamlFault => ({ reason, offset })
  for (const word of new Lexer().lex(text)) {
    const [first = ''] = word
    words += 1
    if (words > yamlWords) return fault(`it has more than ${yamlWords} words`)
    if (isLineStart && first === ' ' && word.length > yamlIndent && word.trim() === '')
      return fault(`a line begins with more than ${yamlIndent} spaces`)
    isLineStart = word.endsWith('\n')
    if (word === '[' || word === '{') flow += 1
    if (word === ']' || word === '}') flow -= 1
    if (flow < 0) return fault('a bracket is closed that was not opened')
    onLine = isLineStart ? 0 : onLine + (word === '-' || word === '?' || word === ':' ? 1 : 0)
    if (flow === 0 ? onLine > yamlDepth : flow > yamlDepth)
      return fault(`it is nested more than ${yamlDepth} levels deep`)
    if (first === '&' || first === '*' || first === '!' || first === '%') references += 1
    if (references > yamlReferences) return fault(`it has more than ${yamlReferences} anchors, aliases and tags`)
    if (word === '---') [documents, flow] = [documents + 1, 0]
    if (documents > yamlDocuments) return fault(`it has more than ${yamlDocuments} documents`)
    // Signs of the lexer's own, which the text does not have.
    if (first !== '\x02' && first !== '\x1f' && first !== '\x18') offset += word.length
  }
  return null
}

/** The first key that a map has twice; the parser would compare each with all before it, and is told not to. */
export function repeatedKey(document: Document): YamlFault | null {
  let found: YamlFault | null = null
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>()
      for (const { key } of items) {
        const value = isScalar(key) ? key.value : key
        if (seen.has(value)) {
          const { range } = key as { readonly range?: readonly number[] }
          found = { reason: 'Map keys must be unique', offset: range?.[0] ?? 0 }
          return visit.BREAK
        }
        seen.add(value)
      }
      return undefined
    },
  })
  return found
}
