import { commentsAbove, commentsOnTop } from '../dockerfile/layout.ts'
import type { Comment, Dockerfile, Instruction, Stage } from '../dockerfile/model.ts'
import { ignoresIn } from './ignore-comments.ts'

/** Somebody has decided, in the file itself, that a stage runs as root. */
export interface Exemption {
  readonly line: number
  /** The comment as written. */
  readonly text: string
  /** What was given as the reason; '' where none was. */
  readonly reason: string
}

/**
 * The exemption that holds for the user of a stage: harden-image's own, or one that a scanner honours at that place.
 * Our own: on top, or above any instruction of the stage.
 * hadolint: above the last USER, or `global`. trivy: above USER or FROM, or on top. checkov, KICS: anywhere.
 * Sources: the tools' pages on inline ignores.
 */
export function exemptionOf(dockerfile: Dockerfile, stage: Stage): Exemption | null {
  if (!dockerfile.comments.some(({ text }) => ANY.test(text))) return null
  const last = stage.instructions.findLast(({ keyword }) => keyword === 'USER')
  const above = (instruction: Instruction | undefined): readonly Comment[] =>
    instruction === undefined ? [] : commentsAbove(dockerfile, instruction)
  // A USER that another one follows says nothing of how the stage ends.
  const around = stage.instructions.filter((one) => one.keyword !== 'USER' || one === last)
  const places: readonly (readonly [readonly Comment[], readonly RegExp[]])[] = [
    [dockerfile.comments, EVERYWHERE],
    [[...commentsOnTop(dockerfile), ...above(stage.from), ...above(last)], [TRIVY]],
    [above(last), [HADOLINT]],
  ]
  for (const [comments, patterns] of places) {
    for (const comment of comments) {
      const match = patterns.map((pattern) => pattern.exec(comment.text)).find((found) => found !== null)
      if (match !== undefined && match !== null) return exemption(comment, match.groups?.reason ?? '')
    }
  }
  const own = [...commentsOnTop(dockerfile), ...above(stage.from), ...around.flatMap(above)]
  for (const comment of own) {
    const ignore = ignoresIn(comment)
    if (ignore?.transforms.includes('set-user')) return exemption(comment, ignore.reason)
  }
  return null
}

const ANY = /hadolint|trivy|tfsec|checkov|kics|nosemgrep|harden-image/
const HADOLINT = /^#\s*hadolint\s+ignore=(?:\S+,)?\s*DL3002\b(?<reason>.*)/
const TRIVY = /^#\s*trivy:ignore:(?:AVD-)?DS-?0*2\b(?<reason>.*)$/i
const EVERYWHERE = [
  /^#\s*hadolint\s+global\s+ignore=(?:\S+,)?\s*DL3002\b(?<reason>.*)/,
  /^#\s*checkov:skip=CKV_DOCKER_[38]\b:?(?<reason>.*)$/,
  /^#\s*kics-scan\s+disable=\S*fd54f200-402c-4333-a5a4-36ef6709af2f\b(?<reason>.*)/,
]

function exemption({ line, text }: Comment, reason: string): Exemption {
  return { line, text: text.trim(), reason: reason.replace(/^[\s:,-]+/, '').trim() }
}
