import type { Known } from '../image/facts.ts'
import type { Dockerfile, Instruction } from './model.ts'
import { type BaseEnv, effectiveInstructions, environmentAt, expand, lineage, unknownBaseEnv } from './variables.ts'

export type EffectiveUser =
  /** `instruction` is the USER that set it; null for the base image's own or the default. */
  | { readonly kind: 'known'; readonly text: string; readonly instruction: Instruction | null }
  | { readonly kind: 'unknown'; readonly reason: string; readonly instruction: Instruction | null }

export interface EffectiveUserOptions {
  /** The config user of a base image; '' is root. */
  readonly baseUser: (reference: string) => Known<string>
  readonly baseEnv?: BaseEnv
  /** The user in force just before this instruction of the stage; default: at its end. */
  readonly before?: Instruction
}

/** The user in force in a stage, followed through USER, the stages it is built from and the base image. */
export function effectiveUser(
  dockerfile: Dockerfile,
  stageIndex: number,
  options: EffectiveUserOptions,
): EffectiveUser {
  const baseEnv = options.baseEnv ?? unknownBaseEnv
  for (const index of lineage(dockerfile, stageIndex).toReversed()) {
    const stage = dockerfile.stages[index]
    if (stage === undefined) break
    const instructions = effectiveInstructions(dockerfile, index)
    const end = index === stageIndex ? endBefore(instructions, options.before) : instructions.length
    const user = instructions.slice(0, end).findLast((instruction) => instruction.keyword === 'USER')
    if (user !== undefined) return userOf(dockerfile, index, user, baseEnv)
    if (stage.base.kind === 'scratch') return { kind: 'known', text: '', instruction: null }
    if (stage.base.kind === 'unresolved') return { kind: 'unknown', reason: stage.base.reason, instruction: null }
    if (stage.base.kind === 'image') {
      const known = options.baseUser(stage.base.reference)
      if (known.known) return { kind: 'known', text: known.value, instruction: null }
      return { kind: 'unknown', reason: known.reason, instruction: null }
    }
  }
  return { kind: 'unknown', reason: `there is no stage ${stageIndex}`, instruction: null }
}

function endBefore(instructions: readonly Instruction[], before: Instruction | undefined): number {
  const index = before === undefined ? -1 : instructions.indexOf(before)
  return index === -1 ? instructions.length : index
}

function userOf(dockerfile: Dockerfile, stage: number, user: Instruction, baseEnv: BaseEnv): EffectiveUser {
  const environment = environmentAt(dockerfile, stage, user, baseEnv)
  const expanded = expand(user.text, environment, dockerfile.escape)
  if (expanded.kind === 'value') return { kind: 'known', text: expanded.value, instruction: user }
  return { kind: 'unknown', reason: expanded.reason, instruction: user }
}

/** Whether a USER value runs as uid 0: by name or number, whatever its group; no user at all is root. */
export function isRootUser(text: string): boolean {
  const user = text.split(':', 1)[0]?.trim() ?? ''
  // Go's Atoi, which reads the number, takes a sign and leading zeros.
  return user === '' || user === 'root' || /^[+-]?0+$/.test(user)
}
