import type { ImageFacts } from '../image/facts.ts'
import type { Need } from './need.ts'
import type { FileEdit, Remark } from './plan.ts'

/** What an image that switches user by itself needs when it starts as that user already. */
export interface StepDownPlan {
  /** Users it switches to. */
  readonly switches: readonly { readonly user: string; readonly detail: string }[]
  readonly needs: readonly Need[]
  readonly fileEdits: readonly FileEdit[]
  /** ENTRYPOINT or CMD without the words that switch. */
  readonly strip: (argv: readonly string[]) => readonly string[]
  readonly argvReasons: readonly string[]
  readonly remarks: readonly Remark[]
}

export function planStepDown(_facts: ImageFacts): StepDownPlan {
  return { switches: [], needs: [], fileEdits: [], strip: (argv) => argv, argvReasons: [], remarks: [] }
}
