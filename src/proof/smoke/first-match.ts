import { createContext, Script } from 'node:vm'
import { bounds } from '../../bounds.ts'

/** What a check with such a pattern gives. */
export const TOO_SLOW = `the pattern took more than ${bounds.patternMs} ms`

/**
 * The index of the first text that a pattern of the user's matches, -1 for none, TOO_SLOW where that would take too long: both may be a
 * stranger's, and `(a+)+$` has no end. Patterns stay JavaScript's, as documented, which no linear matcher takes (re2js: no
 * look-ahead, no back-reference); a script of node:vm is one that V8 ends in the middle of a match.
 */
export function firstMatch(pattern: string, texts: readonly string[], flags = ''): number | typeof TOO_SLOW {
  Object.assign(room, { pattern, texts, flags })
  try {
    return find.runInContext(room, { timeout: bounds.patternMs }) as number
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return TOO_SLOW
    throw error
  } finally {
    Object.assign(room, { texts: [] })
  }
}

const room = createContext(Object.create(null))
const find = new Script(
  '{ const expression = new RegExp(pattern, flags); texts.findIndex((text) => expression.test(text)) }',
)
