import type { Shipped } from '../contents/stage-contents.ts'
import type { Remark } from '../plan/plan.ts'

/** A VOLUME whose folder a variable of the base image, or of the build alone, decides: it is written, and nobody can say where it is. */
export function unknownVolumes({ steps }: Pick<Shipped, 'steps'>): readonly Remark[] {
  return steps
    .filter(({ instruction, words }) => instruction.keyword === 'VOLUME' && words.includes(null))
    .map(({ instruction: { text, line } }) => ({
      outcome: 'todo',
      transform: 'own-writable-paths',
      message: `which folder VOLUME ${text.trim()} in line ${line} means, is not known: it is not given to the user`,
      hint: 'name it with --writable, or run with --prove, where the image of its base is looked into',
      about: 'VOLUME',
      evidence: [],
    }))
}
