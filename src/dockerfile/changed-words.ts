import type { Edit } from '../edit.ts'
import type { Instruction } from './model.ts'
import { sourceSpan } from './pieces.ts'

/** What makes a shell form say `after`: only the words that differ, so that line breaks and spacing stay. */
export function changedWords({ text, pieces, rest }: Instruction, after: string): readonly Edit[] {
  const before = [...text.matchAll(/\S+/g)]
  const words = after.match(/\S+/g) ?? []
  if (before.length !== words.length) return [{ ...rest, text: after }]
  return before.flatMap(({ index, 0: word }, nth) => {
    const changed = words[nth] ?? word
    return changed === word ? [] : [{ ...sourceSpan(pieces, index, index + word.length), text: changed }]
  })
}
