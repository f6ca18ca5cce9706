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
 * The user in force at each point of a stage, and the user that it ends as. `isRoot` knows uid 0 by its other names, which become
 * `root` here.
 */
export function stageUsers(own: readonly Step[], end: Known<string>, isRoot: (user: string) => boolean): StageUsers {
  const named = (user: Known<string>): Known<string> =>
    user.known && isRoot(user.value) ? { known: true, value: 'root' } : user
  const lines: UserLine[] = []
  for (const [index, { instruction }] of own.entries()) {
    if (instruction.keyword !== 'USER') continue
    // A USER line is in force from the next instruction on.
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

/** A last USER line that says root, with nothing but declarations after it. */
export interface EndOfStage {
  readonly line: number
  /** Steps above that line run as root too. */
  readonly rootBefore: boolean
  /** The build arguments that decide this USER line, and say root by default. Absent: none does. */
  readonly byArgument?: ArgumentDefaults
}

/** `ARG APP_UID=0` … `USER $APP_UID:$APP_GID`: the switch that the authors offer. */
export interface ArgumentDefaults {
  readonly user: string
  /** Null: USER says no group. */
  readonly group: string | null
  /** Where each default stands: the text behind its ARG, which is this one argument. */
  readonly places: readonly { readonly name: string; readonly start: number; readonly end: number }[]
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
  const byArgument = last.hasVariable ? argumentDefaults(stage, last.index) : null
  // A build with another value also runs the steps above as root.
  if (byArgument !== null && !isOtherThanRoot(before)) return { line: last.index, rootBefore: true, byArgument }
  // On an unknown base image somebody had a reason to say root.
  return { line: last.index, rootBefore: before.known && isRootUser(before.value) }
}

/** Null where something else than arguments of this stage with the default 0 decides the user. */
function argumentDefaults({ instructions }: Stage, line: number): ArgumentDefaults | null {
  const said = /^"?\$(?:\{(\w+)\}|(\w+))(?::\$(?:\{(\w+)\}|(\w+)))?"?$/.exec(instructions[line]?.text.trim() ?? '')
  const user = said?.[1] ?? said?.[2]
  if (user === undefined) return null
  const group = said?.[3] ?? said?.[4] ?? null
  const places = [...new Set([user, group ?? user])].map((name) => {
    const own = instructions.filter(
      ({ keyword, text }, index) =>
        index < line && /^(?:ARG|ENV)$/.test(keyword) && new RegExp(`(?:^|\\s)${name}(?:[=\\s]|$)`).test(text),
    )
    const [one] = own
    const isDefault = own.length === 1 && one?.keyword === 'ARG' && /^\w+=(["']?)0\1$/.test(one.text.trim())
    return one !== undefined && isDefault ? { name, start: one.rest.start, end: one.rest.end } : null
  })
  return places.every((place) => place !== null) ? { user, group, places } : null
}
