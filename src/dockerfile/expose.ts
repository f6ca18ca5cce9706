import type { Instruction, Stage } from './model.ts'

/** The stage's own EXPOSE that names a port; null where none does. */
export function exposeOf(stage: Stage, port: number): Instruction | null {
  return (
    stage.instructions.find(
      (instruction) =>
        instruction.keyword === 'EXPOSE' && instruction.words.some((word) => exposedPort(word.value)?.port === port),
    ) ?? null
  )
}

/** `80`, `53/udp`; null for a range or a variable. */
export function exposedPort(word: string): { readonly port: number; readonly protocol: 'tcp' | 'udp' } | null {
  const match = /^(\d+)(?:\/(tcp|udp|sctp))?$/i.exec(word)
  return match === null ? null : { port: Number(match[1]), protocol: match[2]?.toLowerCase() === 'udp' ? 'udp' : 'tcp' }
}
