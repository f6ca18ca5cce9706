import { ownCommentsStart } from './build.ts'
import type { Comment, Dockerfile, Instruction } from './model.ts'

/** The comment lines right above an instruction. */
export function commentsAbove(dockerfile: Dockerfile, instruction: Instruction): readonly Comment[] {
  const start = ownCommentsStart(dockerfile, instruction)
  return dockerfile.comments.filter(({ span }) => span.start >= start && span.start < instruction.lines.start)
}

/** The comment lines above the first instruction. */
export function commentsOnTop(dockerfile: Dockerfile): readonly Comment[] {
  const first = dockerfile.metaArgs[0] ?? dockerfile.stages[0]?.from
  return dockerfile.comments.filter(({ span }) => first === undefined || span.start < first.lines.start)
}
