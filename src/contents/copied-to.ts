import type { Instruction } from '../dockerfile/model.ts'
import { normalisePath } from '../places.ts'

/** Where a COPY or ADD copies to; null where that is not absolute. */
export function copiedTo(instruction: Instruction): string | null {
  const words = instruction.json?.map((item) => item.value) ?? instruction.words.map((word) => word.value)
  return normalisePath(words.at(-1) ?? '')
}
