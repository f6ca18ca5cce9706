import type { Instruction, Stage } from '../../dockerfile/index.ts'
import { isRootUser } from '../../image/accounts.ts'
import type { StageUsers } from '../account/stage-users.ts'
import { rootWork } from './root-work.ts'

/** Instructions that need root where another user is in force. */
export interface RootSteps {
  /** Indexes into the stage's instructions: first and last of a row of such steps. */
  readonly first: number
  readonly last: number
  /** The user to whom the build goes back, as its USER line says it; for the base image's user as its config does. */
  readonly user: string
  /** What in them needs root. */
  readonly reason: string
  /** The USER line that came too early and can move below them; null: the steps go between two USER lines of their own. */
  readonly move: number | null
}

/** The names of users. */
export interface UserTexts {
  /** How the USER line with this index will read; null for the user of the base image. */
  readonly written: (line: number | null, text: string) => string
  readonly isSame: (owner: string, user: string) => boolean
}

/** Steps that cannot work as the user that is in force when they run. */
export function rootSteps(stage: Stage, users: StageUsers, texts: UserTexts): readonly RootSteps[] {
  const starts = [{ index: -1, user: users.initial, hasVariable: false }, ...users.lines]
  return starts.flatMap((start, position): readonly RootSteps[] => {
    const end = starts[position + 1]?.index ?? stage.instructions.length
    const { user } = start
    if (!user.known || isRootUser(user.value)) return []
    const rows = rowsOf(stage.instructions, start.index + 1, end, (owner) => texts.isSame(owner, user.value))
    const [first] = rows
    const last = rows.at(-1)
    if (first === undefined || last === undefined) return []
    const line = stage.instructions[start.index]
    const text = texts.written(line === undefined ? null : start.index, line?.text ?? user.value)
    const before = starts[position - 1]?.user
    const rootBefore = before?.known === true && isRootUser(before.value)
    if (
      line !== undefined &&
      rootBefore &&
      canMove(stage.instructions.slice(start.index + 1, last.last + 1), rows, start.index + 1)
    )
      return [{ ...last, first: first.first, reason: first.reason, user: text, move: start.index }]
    return rows.map((row) => ({ ...row, user: text, move: null }))
  })
}

interface Row {
  readonly first: number
  readonly last: number
  readonly reason: string
}

function rowsOf(
  instructions: readonly Instruction[],
  from: number,
  end: number,
  isOwn: (owner: string) => boolean,
): readonly Row[] {
  const rows: Row[] = []
  for (let index = from; index < end; index += 1) {
    const instruction = instructions[index]
    const reason = instruction === undefined ? null : rootWork(instruction, isOwn)
    if (reason === null) continue
    const before = rows.at(-1)
    if (before !== undefined && before.last === index - 1) rows[rows.length - 1] = { ...before, last: index }
    else rows.push({ first: index, last: index, reason })
  }
  return rows
}

/** Only these steps, and lines to which the user does not matter, stand between. */
function canMove(between: readonly Instruction[], rows: readonly Row[], offset: number): boolean {
  const needed = (index: number): boolean => rows.some((row) => row.first <= index && index <= row.last)
  return between.every(
    (instruction, index) => needed(offset + index) || !/^(RUN|WORKDIR|USER|ONBUILD)$/.test(instruction.keyword),
  )
}
