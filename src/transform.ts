import type { Dockerfile, Stage } from './dockerfile/model.ts'
import type { Edit } from './edit.ts'
import type { Evidence } from './evidence/claim.ts'
import type { FileEdit } from './evidence/file-edit.ts'
import type { StagePlan } from './plan/plan.ts'
import type { QuestionKind } from './questions.ts'

/**
 * `fixed`: the edits are applied. `offered`: right in most cases but not provably so; applied with `--unsafe` only.
 * `todo`: needs a person, and the verdict is `incomplete`. `question`: a run of the result answers it. `note`: said so that nobody is
 * surprised; nothing is left to do.
 */
export type Outcome = 'fixed' | 'offered' | 'todo' | 'question' | 'note'

/** What a transform has to say about one line. */
export interface Finding {
  /** In whose name it is said, and by whose name it is ignored; absent: the transform that yields it. */
  readonly transform?: string
  readonly outcome: Outcome
  /** What kind of question it is; absent for what is none. */
  readonly question?: QuestionKind
  /** 1-based, in the text as it was. */
  readonly line: number
  readonly column: number
  /** What is wrong or was done, and why; lower case, with the concrete path, uid or line. */
  readonly message: string
  /** What is wrong, for who reads it before it is changed: `runs as root; would run as app (10001:10001)`. Absent: the message says it. */
  readonly problem?: string
  /** What to do, where somebody must. */
  readonly hint?: string
  readonly evidence: readonly Evidence[]
  /** Another file that the same run changes asks for it, so that it is made where the rest of its stage is only offered. Absent: no. */
  readonly follows?: true
  /** For `fixed` and `offered`. */
  readonly edits: readonly Edit[]
  /** Changes of files of the build context; where it has no others, the finding is reported in that file. Absent: none. */
  readonly contextEdits?: readonly FileEdit[]
}

interface Context {
  readonly stage: Stage
  /** What is decided for that stage. */
  readonly plan: StagePlan
}

/** One named step that turns the decisions for one stage into text edits. Pure: the same text and plan give the same findings. */
export interface Transform {
  /** Verb-first kebab-case, equal to the file name. */
  readonly name: string
  /** One imperative sentence. */
  readonly summary: string
  /** Those whose changes of the same stage its own make no sense without: whoever accepts these accepts them too. */
  readonly needs?: readonly string[]
  /** It is what the others of its stage prepare: made without one of them, it is not what was planned. */
  readonly isGoal?: true
  run(dockerfile: Dockerfile, context: Context): Iterable<Finding>
}
