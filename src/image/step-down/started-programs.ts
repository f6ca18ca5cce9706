import { invocationOf } from '../../command/index.ts'
import { nameOf } from '../../path.ts'
import type { ReadScript } from './scripts.ts'

/** A command of a start script, from the name of its program on: wrappers, and what switches user, are left out. */
export interface StartedProgram {
  readonly path: string
  /** Base name. */
  readonly program: string
  /** The program as it is written there, and the word behind it; '' where there is none. */
  readonly word: string
  readonly next: string
  /** All of it, to its last word. */
  readonly text: string
  /** What one of its words is by a variable is not known. */
  readonly words: readonly (string | null)[]
}

export function startedPrograms(scripts: readonly ReadScript[]): readonly StartedProgram[] {
  return scripts.flatMap(({ path, text, commands }) =>
    commands.flatMap(({ command: { words, within } }) => {
      if (within === 'trap') return []
      const { at } = invocationOf(words)
      const [word, last] = [words[at], words.at(-1)]
      if (path === null || word?.value == null || last === undefined) return []
      return [
        {
          path,
          program: nameOf(word.value),
          word: word.text,
          next: words[at + 1]?.text ?? '',
          text: text.slice(word.span.start, last.span.end),
          words: words.slice(at).map(({ value }) => value),
        },
      ]
    }),
  )
}
