import type { Instruction, Stage } from '../../dockerfile/model.ts'
import { onceFor } from '../../once-for.ts'
import { normalisePath, parentOf } from '../../places.ts'

/** The first VOLUME line of a stage that a path lies in; null where none does. */
export function coveringVolume(stage: Stage, path: string): Instruction | null {
  const volumes = volumesOf(stage)
  if (volumes.size === 0) return null
  let first: Placed | null = null
  for (let at = path; ; at = parentOf(at)) {
    const found = volumes.get(at)
    if (found !== undefined && (first === null || found.index < first.index)) first = found
    if (at === '/') return first?.instruction ?? null
  }
}

interface Placed {
  readonly instruction: Instruction
  readonly index: number
}

/** The first line that names each folder. */
const volumesOf = onceFor((stage: Stage): ReadonlyMap<string, Placed> => {
  const found = new Map<string, Placed>()
  for (const [index, instruction] of stage.instructions.entries()) {
    if (instruction.keyword !== 'VOLUME') continue
    const paths = instruction.json?.map((item) => item.value) ?? instruction.words.map((word) => word.value)
    for (const volume of paths) {
      const folder = normalisePath(volume)
      if (folder !== null && !found.has(folder)) found.set(folder, { instruction, index })
    }
  }
  return found
})

/** VOLUME lines that stand together get one step above them all. */
export function firstInRow(stage: Stage, volume: Instruction): Instruction {
  return firstsInRow(stage).get(volume) ?? volume
}

const firstsInRow = onceFor((stage: Stage): ReadonlyMap<Instruction, Instruction> => {
  const firsts = new Map<Instruction, Instruction>()
  let first: Instruction | null = null
  for (const instruction of stage.instructions) {
    first = instruction.keyword === 'VOLUME' ? (first ?? instruction) : null
    if (first !== null) firsts.set(instruction, first)
  }
  return firsts
})
