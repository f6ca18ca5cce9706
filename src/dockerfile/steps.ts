import type { Known } from '../image/facts.ts'
import type { Environment } from './environment.ts'
import type { Instruction } from './model.ts'
import { type Expanded, expand } from './variables.ts'

/** One instruction with what was in force when it ran. */
export interface Step {
  readonly instruction: Instruction
  /** '' is root. */
  readonly user: Known<string>
  /** Absolute; null where a variable or an unknown base decides it. */
  readonly workdir: string | null
  /** ENV and ARG. */
  readonly environment: Environment
  /** SHELL in force; null for the default. */
  readonly shell: readonly string[] | null
  /** Words of COPY, ADD, VOLUME and WORKDIR, variables filled in; null where one is not known. */
  readonly words: readonly (string | null)[]
}

const takesPaths: ReadonlySet<string> = new Set(['COPY', 'ADD', 'VOLUME', 'WORKDIR'])
const none: Step['words'] = []

export function pathWords(
  { keyword, json, words }: Instruction,
  expandHere: (text: string) => Known<string>,
): Step['words'] {
  if (!takesPaths.has(keyword)) return none
  const value = (text: string): string | null => {
    const expanded = expandHere(text)
    return expanded.known ? expanded.value : null
  }
  return json === null ? words.map((word) => value(word.text)) : json.map((item) => value(item.value))
}

/** Text of a step's instruction, quotes removed and its variables filled in. */
export function expandIn({ environment }: Step, text: string, escapeChar: string): Expanded {
  return expand(text, environment, escapeChar)
}
