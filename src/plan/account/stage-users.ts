import type { Stage, Step } from '../../dockerfile/index.ts'
import { isRootUser } from '../../image/accounts.ts'
import type { Known } from '../../image/facts.ts'

/** A USER line of the stage itself. */
interface UserLine {
  /** Index into the stage's instructions. */
  readonly index: number
  /** Variables filled in. */
  readonly user: Known<string>
  readonly hasVariable: boolean
}

export interface StageUsers {
  /** In force before the stage's first instruction: of the stage it is built from, or of the base image. */
  readonly initial: Known<string>
  readonly lines: readonly UserLine[]
}

/**
 * Who is in force where in a stage, by its own steps and the user it ends as. `isRoot` knows uid 0 by its other names,
 * which become `root` here.
 */
export function stageUsers(own: readonly Step[], end: Known<string>, isRoot: (user: string) => boolean): StageUsers {
  const named = (user: Known<string>): Known<string> =>
    user.known && isRoot(user.value) ? { known: true, value: 'root' } : user
  const lines: UserLine[] = []
  for (const [index, { instruction }] of own.entries()) {
    if (instruction.keyword !== 'USER') continue
    // What it sets is in force for the next one.
    const user = named(own[index + 1]?.user ?? end)
    lines.push({ index, user, hasVariable: instruction.text.includes('$') })
  }
  return { initial: named(own[0]?.user ?? end), lines }
}

/** The user in force when an instruction of the stage runs. */
function userAt({ initial, lines }: StageUsers, index: number): Known<string> {
  return lines.findLast((line) => line.index < index)?.user ?? initial
}

export function isOtherThanRoot(user: Known<string>): boolean {
  return user.known && !isRootUser(user.value)
}

/** Where the stage says root once more at its end, and nothing but declarations follow. */
export interface EndOfStage {
  readonly line: number
  /** Steps above that line run as root too. */
  readonly rootBefore: boolean
}

const DECLARES = new Set([
  'CMD',
  'ENTRYPOINT',
  'HEALTHCHECK',
  'STOPSIGNAL',
  'EXPOSE',
  'VOLUME',
  'LABEL',
  'MAINTAINER',
  'ENV',
  'ARG',
  'ONBUILD',
])

export function endOfStage(stage: Stage, users: StageUsers): EndOfStage | null {
  const last = users.lines.at(-1)
  if (last === undefined || !last.user.known || !isRootUser(last.user.value)) return null
  const after = stage.instructions.slice(last.index + 1)
  if (!after.every((instruction) => DECLARES.has(instruction.keyword))) return null
  const before = userAt(users, last.index)
  // Where the base is not known, somebody had a reason to say root.
  return { line: last.index, rootBefore: before.known && isRootUser(before.value) }
}
