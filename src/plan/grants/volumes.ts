import type { Instruction, Stage } from '../../dockerfile/model.ts'
import { isInside, normalisePath } from '../places.ts'

/** The first VOLUME line of a stage that a path lies in; null where none does. */
export function coveringVolume(stage: Stage, path: string): Instruction | null {
  for (const instruction of stage.instructions) {
    if (instruction.keyword !== 'VOLUME') continue
    const paths = instruction.json?.map((item) => item.value) ?? instruction.words.map((word) => word.value)
    for (const volume of paths) {
      const folder = normalisePath(volume)
      if (folder !== null && isInside(path, folder)) return instruction
    }
  }
  return null
}
