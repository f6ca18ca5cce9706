import { commentsAbove } from '../dockerfile/comments.ts'
import { parseDockerfile } from '../dockerfile/index.ts'
import type { Instruction } from '../dockerfile/model.ts'
import { HardenError } from '../errors.ts'

const OURS = /^# harden-image: /

/** A Compose file that an earlier `-o` has written. */
export function isOwnCompose(text: string): boolean {
  return OURS.test(text)
}

/**
 * A Dockerfile that an earlier `-o` has written: one image, and below it nothing but our own lines. One that somebody
 * else wrote has such lines too once `-w` has changed it, and others beside them.
 */
export function isOwnDockerfile(text: string): boolean {
  try {
    const dockerfile = parseDockerfile(text)
    const [stage, ...others] = dockerfile.stages
    if (stage === undefined || others.length > 0 || dockerfile.metaArgs.length > 0) return false
    const said = (instruction: Instruction) =>
      commentsAbove(dockerfile, instruction).some((comment) => OURS.test(comment.text))
    return stage.instructions.every((instruction, index) => {
      const before = stage.instructions[index - 1]
      const follows = instruction.keyword === 'CMD' && before?.keyword === 'ENTRYPOINT' && said(before)
      return follows || /^(EXPOSE|HEALTHCHECK)$/.test(instruction.keyword) || said(instruction)
    })
  } catch (error) {
    if (error instanceof HardenError) return false
    throw error
  }
}
