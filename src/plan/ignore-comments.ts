import { commentsAbove, commentsOnTop } from '../dockerfile/layout.ts'
import type { Comment, Dockerfile, Span, Stage } from '../dockerfile/model.ts'
import type { Policy } from './policy.ts'

/** `# harden-image ignore=NAME[,NAME] reason=…` */
export interface Ignore {
  readonly transforms: readonly string[]
  readonly reason: string
  readonly line: number
  /** What it holds for: an instruction with its comments, a stage (above FROM), the whole file (on top). */
  readonly scope: Span
}

const PATTERN = /^#\s*harden-image\s+ignore=([\w-]+(?:\s*,\s*[\w-]+)*)(?:\s+reason=(.*))?\s*$/

export function ignoresIn({ text }: Comment): Pick<Ignore, 'transforms' | 'reason'> | null {
  const match = text.includes('harden-image') ? PATTERN.exec(text.trim()) : null
  if (match === null) return null
  return { transforms: (match[1] ?? '').split(',').map((name) => name.trim()), reason: (match[2] ?? '').trim() }
}

export function ignoreComments(dockerfile: Dockerfile): readonly Ignore[] {
  if (!dockerfile.comments.some((comment) => ignoresIn(comment) !== null)) return []
  const whole = { start: 0, end: dockerfile.source.length }
  const top = commentsOnTop(dockerfile)
  const found = (comments: readonly Comment[], scope: Span): readonly Ignore[] =>
    comments.flatMap((comment) => {
      const ignore = ignoresIn(comment)
      return ignore === null ? [] : [{ ...ignore, line: comment.line, scope }]
    })
  return [
    ...found(top, whole),
    ...dockerfile.stages.flatMap((stage) => [
      ...found(
        commentsAbove(dockerfile, stage.from).filter((comment) => !top.includes(comment)),
        ofStage(stage),
      ),
      ...stage.instructions.flatMap((instruction) => {
        const comments = commentsAbove(dockerfile, instruction)
        const start = Math.min(instruction.lines.start, ...comments.map((comment) => comment.span.start))
        return found(comments, { start, end: instruction.lines.end })
      }),
    ]),
  ]
}

function ofStage(stage: Stage): Span {
  return { start: stage.from.lines.start, end: stage.span.end }
}

/**
 * Steps whose results others build upon: the plan goes without them, where one is ignored for any line of a stage. Left
 * out afterwards, EXPOSE would say a port that nothing was moved to.
 */
export const PLANNED_AROUND: ReadonlySet<string> = new Set(['raise-ports', 'create-user'])

/** Those of them that are ignored in a stage, and who asks for it. */
export function ignoredIn(dockerfile: Dockerfile, stage: Stage, { ignore }: Policy): ReadonlyMap<string, string> {
  const { start, end } = ofStage(stage)
  const comments = ignoreComments(dockerfile).filter(({ scope }) => scope.start < end && scope.end > start)
  return new Map(
    [
      ...comments.map((comment) => [comment.transforms, askedBy(comment)] as const),
      [ignore, CONFIGURATION_ASKS] as const,
    ].flatMap(([names, who]) => names.filter((name) => PLANNED_AROUND.has(name)).map((name) => [name, who] as const)),
  )
}

export const CONFIGURATION_ASKS = 'the configuration asks (ignore)'

/** For a sentence that says what is left alone. */
export function askedBy({ line, reason }: Ignore): string {
  return `the comment in line ${line} asks (${reason === '' ? 'without a reason' : reason})`
}
