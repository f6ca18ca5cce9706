import { lstatSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseDockerfile } from '../dockerfile/index.ts'
import { commentsAbove } from '../dockerfile/layout.ts'
import type { Instruction } from '../dockerfile/model.ts'
import { HardenError } from '../errors.ts'
import { textIn } from '../files-in.ts'

/** Comments with decisions stand in files of other people. */
const OURS = /^# harden-image: (?!decide: )/

/** What the top of a file says that nobody edits. */
export const SAYS_GENERATED =
  /\b(?:do not|don't|don’t|never) (?:manually |directly )?(?:edit|modify|change|touch)\b|\bauto-?generated\b|\b(?:edits|changes|modifications)\b.{0,30}\b(?:lost|overwritten)\b/i

/** A Compose file that an earlier `-o` has written. */
export function isOwnCompose(text: string): boolean {
  return OURS.test(text)
}

/**
 * A Dockerfile that an earlier run has made for an image of somebody else: one image, and below it nothing but our own lines. One that somebody
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
      const follows =
        (instruction.keyword === 'CMD' && before?.keyword === 'ENTRYPOINT' && said(before)) ||
        // No run writes the same reason twice.
        stage.instructions.slice(0, index).some((one) => one.keyword === instruction.keyword && said(one))
      return follows || /^(EXPOSE|HEALTHCHECK)$/.test(instruction.keyword) || said(instruction)
    })
  } catch (error) {
    if (error instanceof HardenError) return false
    throw error
  }
}

/**
 * Where a Dockerfile goes that is to be made at `path`: there, also over one of an earlier run, or beside what somebody else has there.
 * Nothing is followed to where a link leads. Throws HardenError `unwritable` where there is no such place.
 */
export function placeForDockerfile(path: string): string {
  const places = [path, `${path}.harden-image`]
  const free = places.find((place) => {
    const stats = lstatSync(place, { throwIfNoEntry: false })
    if (stats === undefined) return true
    const text = stats.isFile() ? textIn(dirname(place), place) : null
    return text !== null && isOwnDockerfile(text)
  })
  if (free !== undefined) return free
  throw new HardenError('unwritable', `${places.join(' and ')} are there already and not from harden-image`, {
    hint: 'move them somewhere else',
  })
}
