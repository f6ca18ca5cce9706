import { commentWords } from '../../src/borders/dockerfile.ts'
import { bounds } from '../../src/bounds.ts'
import { ownCommentsStart } from '../../src/dockerfile/layout.ts'
import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/model.ts'
import type { Edit, Reason } from '../../src/edit.ts'
import { HardenError } from '../../src/errors.ts'
import { type DecisionKind, needsRoot } from '../../src/plan/plan.ts'

/** Instructions that say how a container starts: USER stands above them. */
const START = new Set(['CMD', 'ENTRYPOINT', 'HEALTHCHECK', 'STOPSIGNAL'])
/** Instructions that change no file: a step that must run as root can stand above them, before a VOLUME in particular. */
const NO_FILES = new Set([...START, 'EXPOSE', 'VOLUME', 'LABEL', 'MAINTAINER'])

/** Where whole lines go in. */
export interface LinePlace {
  readonly offset: number
  /** The text before the offset lacks its line end: lines are joined on instead of closed. */
  readonly open: boolean
}

/** A USER line that says root at the end of a stage; `replace`: it becomes the new user. */
export interface RootLine {
  /** Index into the stage's instructions. */
  readonly line: number
  readonly rootBefore: boolean
  readonly replace: boolean
}

/** The place for the lines of a decision: where root is in force for those that need it, else where USER stands. */
export function placeOf(dockerfile: Dockerfile, stage: Stage, end: RootLine | null, kind: DecisionKind): LinePlace {
  return needsRoot(kind) ? rootPlace(dockerfile, stage, end) : userPlace(dockerfile, stage)
}

/** After all that builds the stage, above what only declares, where root is in force. */
function rootPlace(dockerfile: Dockerfile, stage: Stage, end: RootLine | null): LinePlace {
  const line = end === null ? undefined : stage.instructions[end.line]
  if (end === null || line === undefined) return placeBefore(dockerfile, stage, tailOf(stage, NO_FILES))
  if (end.rootBefore) return placeBefore(dockerfile, stage, line)
  return placeAfter(dockerfile, line)
}

/** The USER line that becomes the new user; null where that gets a line of its own. */
export function replacedUser(stage: Stage, end: RootLine | null): Instruction | null {
  return end?.replace === true ? (stage.instructions[end.line] ?? null) : null
}

/** Above CMD and ENTRYPOINT when those end the stage, else its last line. */
function userPlace(dockerfile: Dockerfile, stage: Stage): LinePlace {
  return placeBefore(dockerfile, stage, tailOf(stage, START))
}

/** Above the stage's FROM, below the directives and the lines of the stage before. */
export function stagePlace(dockerfile: Dockerfile, stage: Stage): LinePlace {
  return placeBefore(dockerfile, stage, stage.from)
}

/** Above one instruction and the comment lines that belong to it. */
export function placeBefore(dockerfile: Dockerfile, stage: Stage, instruction: Instruction | null): LinePlace {
  if (instruction !== null) return { offset: ownCommentsStart(dockerfile, instruction), open: false }
  const last = stage.instructions.at(-1) ?? stage.from
  return { offset: last.lines.end, open: last.lines.end > 0 && dockerfile.source[last.lines.end - 1] !== '\n' }
}

/** Below one instruction. */
export function placeAfter(dockerfile: Dockerfile, instruction: Instruction): LinePlace {
  const { end } = instruction.lines
  return { offset: end, open: end > 0 && dockerfile.source[end - 1] !== '\n' }
}

export function insertLines(dockerfile: Dockerfile, place: LinePlace, all: readonly InsertedLine[]): Edit {
  const { eol } = dockerfile
  const lines = all.flatMap((one) => (typeof one === 'string' ? one : one.lines))
  const wrong = lines.find((line) => /[\n\0]/.test(line) || isTooLong(line))
  if (wrong !== undefined)
    throw new HardenError(
      'unwritable',
      `a line of ${wrong.length} characters cannot be put into a Dockerfile: ${commentWords(wrong.slice(0, 80)).join(' ')}`,
    )
  const reasons: Reason[] = []
  let text = ''
  for (const one of all) {
    const start = text.length
    for (const line of typeof one === 'string' ? [one] : one.lines)
      text += place.open ? `${eol}${line}` : `${line}${eol}`
    if (typeof one !== 'string') reasons.push({ start, end: text.length, short: one.short })
  }
  return { start: place.offset, end: place.offset, text, ...(reasons.length === 0 ? {} : { reasons }) }
}

/** A line, or a reason, which is several. */
export type InsertedLine = string | { readonly lines: readonly string[]; readonly short: string }

const encoder = new TextEncoder()

/** BuildKit reads no longer line. */
function isTooLong(line: string): boolean {
  return line.length > bounds.lineLength && encoder.encode(line).length >= 65_535
}

/** First instruction of the run of instructions of these kinds that ends the stage; null where there is none. */
function tailOf(stage: Stage, kinds: ReadonlySet<string>): Instruction | null {
  const above = stage.instructions.findLastIndex(({ keyword }) => !kinds.has(keyword))
  return stage.instructions[above + 1] ?? null
}

/** A COPY or ADD gives what it brings to the account. Numeric, since --link resolves no names (FACTS 13). */
export function chownOf(copy: Instruction, owner: string): Edit {
  const at = copy.keywordSpan.end
  return { start: at, end: at, text: ` --chown=${owner}` }
}

/** The instruction and its lines gone. At the end of a text without a final newline, the line end before goes too. */
export function removeInstruction(dockerfile: Dockerfile, instruction: Instruction): Edit {
  const { source } = dockerfile
  const { start, end } = instruction.lines
  if (end < source.length || source.endsWith('\n')) return { start, end, text: '' }
  let from = start
  if (source[from - 1] === '\n') from -= 1
  if (source[from - 1] === '\r') from -= 1
  return { start: from, end, text: '' }
}
