import { commentsAbove, commentsOnTop } from '../dockerfile/layout.ts'
import type { Comment, Dockerfile, Instruction, Span, Stage } from '../dockerfile/model.ts'
import type { StageState } from '../dockerfile/stage-walk.ts'
import { ancestors } from '../dockerfile/stages.ts'
import type { ImageRun } from '../image/image-run.ts'
import { waitsForInput } from '../shell/index.ts'
import type { EndOfStage } from './account/stage-users.ts'
import type { Policy } from './stage-input.ts'

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
export function exemptionOf(dockerfile: Dockerfile, stage: Stage, policy: Pick<Policy, 'today'>): Exemption | null {
  if (!dockerfile.comments.some(({ text }) => ANY.test(text))) return null
  const last = stage.instructions.findLast(({ keyword }) => keyword === 'USER')
  const above = (instruction: Instruction | undefined): readonly Comment[] =>
    instruction === undefined ? [] : commentsAbove(dockerfile, instruction)
  // A USER line that is followed by another one does not decide how the stage ends.
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
    const ignore = ignoresIn(comment, policy)
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

/** `# harden-image ignore=NAME[,NAME] until=YYYY-MM-DD reason=…`, or the date last. */
export interface Ignore {
  readonly transforms: readonly string[]
  readonly reason: string
  readonly line: number
  /** What it holds for: an instruction with its comments, a stage (above FROM), the whole file (on top). */
  readonly scope: Span
}

const PATTERN = /^#\s*harden-image\s+ignore=([\w-]+(?:\s*,\s*[\w-]+)*)(?:\s+until=(\S+))?(?:\s+reason=(.*)|\s*)$/
const DATE_LAST = /\suntil=(\S{1,99})$/

type Ignoring = Pick<Ignore, 'transforms' | 'reason'> & { readonly until: string | null }

/** The date of the comment is checked elsewhere. */
function ignoring({ text }: Comment): Ignoring | null {
  const match = text.includes('harden-image') ? PATTERN.exec(text.trim()) : null
  if (match === null) return null
  const [, names = '', first, said = ''] = match
  const last = first === undefined ? DATE_LAST.exec(said) : null
  return {
    transforms: names.split(',').map((name) => name.trim()),
    reason: said.slice(0, last?.index).trim(),
    until: first ?? last?.[1] ?? null,
  }
}

function ignoresIn(comment: Comment, policy: Pick<Policy, 'today'>): Ignoring | null {
  const ignore = ignoring(comment)
  return ignore === null || endOf(ignore, policy) !== null ? null : ignore
}

/** Why the comment no longer holds; null while it does. The named day still counts. */
function endOf({ until }: Ignoring, { today }: Pick<Policy, 'today'>): 'over' | 'no date' | null {
  if (until === null) return null
  if (!isDate(until)) return 'no date'
  return today !== undefined && until < today ? 'over' : null
}

function isDate(text: string): boolean {
  const [year = 0, month = 0, day = 0] = (/^(\d{4})-(\d{2})-(\d{2})$/.exec(text)?.slice(1) ?? []).map(Number)
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
  return month >= 1 && month <= 12 && day >= 1 && day <= days
}

export function ignoreComments(dockerfile: Dockerfile, policy: Pick<Policy, 'today'>): readonly Ignore[] {
  if (!dockerfile.comments.some((comment) => ignoresIn(comment, policy) !== null)) return []
  const whole = { start: 0, end: dockerfile.source.length }
  const top = commentsOnTop(dockerfile)
  const found = (comments: readonly Comment[], scope: Span): readonly Ignore[] =>
    comments.flatMap((comment) => {
      const ignore = ignoresIn(comment, policy)
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

/** A comment that is meant for this program and ignores nothing. */
export interface Misread {
  readonly line: number
  readonly outcome: 'todo'
  readonly message: string
  readonly hint: string
}

/** Comments that would ignore something if they were spelt otherwise, stood elsewhere, or had not expired. */
export function misreadComments(dockerfile: Dockerfile, policy: Pick<Policy, 'today'>): readonly Misread[] {
  const meant = dockerfile.comments.filter(({ text }) => text.includes('harden-image') && MEANT.test(text.trim()))
  if (meant.length === 0) return []
  const placed = new Set(ignoreComments(dockerfile, policy).map(({ line }) => line))
  return meant.flatMap((comment): readonly Misread[] => {
    const why = whyNothing(comment, policy)
    if (why === null && placed.has(comment.line)) return []
    const misplaced = {
      message: 'the comment is about no instruction: it ignores nothing',
      hint: 'put it on top of the file, above FROM, or above the instruction that it is for',
    }
    return [{ line: comment.line, outcome: 'todo', ...(why ?? misplaced) }]
  })
}

/** Null where it would ignore something in the right place. */
function whyNothing(comment: Comment, policy: Pick<Policy, 'today'>): Pick<Misread, 'message' | 'hint'> | null {
  const ignore = ignoring(comment)
  if (ignore === null)
    return {
      message: 'the comment is not understood: it ignores nothing',
      hint: 'write # harden-image ignore=NAME until=YYYY-MM-DD reason=WHY, with several names separated by commas; the date may be left out',
    }
  const end = endOf(ignore, policy)
  if (end === 'over')
    return {
      message: `the comment ended on ${ignore.until}: it ignores nothing any more`,
      hint: 'remove it, or give it another date',
    }
  if (end === 'no date')
    return {
      message: `the comment says until=${ignore.until}, which is no date: it ignores nothing`,
      hint: 'write the date as until=2030-01-31',
    }
  return null
}

// The comments that this program writes have a colon, and no reason that a person gives begins with these words.
const MEANT = /^#\s*harden-image(?:\s*[:-]\s*|\s+)ignore\b|^#\s*harden-image\s+(?:disable|exempt|skip)\b/i

function ofStage(stage: Stage): Span {
  return { start: stage.from.lines.start, end: stage.span.end }
}

/**
 * Steps whose results others build upon: the plan goes without them, where one is ignored for any line of a stage. Left
 * out afterwards, EXPOSE would say a port that nothing was moved to.
 */
export const PLANNED_AROUND: ReadonlySet<string> = new Set(['raise-ports', 'create-user'])

/** The steps in PLANNED_AROUND that a stage ignores, and who asks for it. */
export function ignoredIn(dockerfile: Dockerfile, stage: Stage, policy: Policy): ReadonlyMap<string, string> {
  const { start, end } = ofStage(stage)
  const comments = ignoreComments(dockerfile, policy).filter(({ scope }) => scope.start < end && scope.end > start)
  return new Map(
    [
      ...comments.map((comment) => [comment.transforms, askedBy(comment)] as const),
      [policy.ignore, CONFIGURATION_ASKS] as const,
    ].flatMap(([names, who]) => names.filter((name) => PLANNED_AROUND.has(name)).map((name) => [name, who] as const)),
  )
}

export const CONFIGURATION_ASKS = 'the configuration asks (ignore)'

/** For a sentence that says what is left alone. */
export function askedBy({ line, reason }: Ignore): string {
  return `the comment in line ${line} asks (${reason === '' ? 'without a reason' : reason})`
}

/** A Dockerfile that is built FROM an image of the same tree, and counts on its user. */
export interface Child {
  /** For people. */
  readonly by: string
  readonly line: number
  /** The stage that it is built from; null for the last one. */
  readonly stage: string | null
  /** The same run works on it, and says root where its steps need it; absent where nobody has looked. */
  readonly isTarget?: boolean
}

/** Somebody who says as whom an image is to run, or counts on it. */
export interface ImageUser {
  /** `action`: of GitHub; `job`: the container of a CI job. */
  readonly kind: 'action' | 'job' | 'devcontainer'
  /** As whom, where it says so. */
  readonly user: string | null
  /** The file, and what in it, for people. */
  readonly what: string
}

/** A line of a file that counts on a port of the image. */
export interface PortUser {
  readonly port: number
  /** `FILE:LINE`, for people. */
  readonly place: string
  /** The stage that it is about; null for the one that is planned, and where nothing says it for the last one. */
  readonly stage: string | null
}

/** Who in the repository relies on the user of an image, and on its ports. */
export interface Dependents {
  readonly children: readonly Child[]
  readonly users: readonly ImageUser[]
  /** How files of the repository run it. */
  readonly runs: readonly ImageRun[]
  /** A Compose service publishes it. */
  readonly isServed: boolean
  /** Who counts on its low ports; absent: nobody that was looked for. */
  readonly ports?: readonly PortUser[]
  /** Why a change of the file itself is lost sooner or later; null where the file is what people edit. */
  readonly madeElsewhere: string | null
}

export const noDependents: Dependents = { children: [], users: [], runs: [], isServed: false, madeElsewhere: null }

/** The dependents that mean a stage of this Dockerfile. */
export function dependentsOf(dockerfile: Dockerfile, stage: Stage, all: Dependents): Dependents {
  const isFinal = stage.index === dockerfile.stages.length - 1
  const isOf = ({ stage: named }: { readonly stage: string | null }): boolean =>
    named === null ? isFinal : [stage.name, String(stage.index)].includes(named.toLowerCase())
  const { children, users, runs, ports = [] } = all
  // A stage that is built on it in the same file is run the same way, with more in it.
  const below = ancestors(dockerfile, stage).flatMap(({ name, index }) => [name, String(index)])
  const isBelow = (run: ImageRun): boolean => run.stage !== null && below.includes(run.stage.toLowerCase())
  return {
    ...all,
    children: children.filter(isOf),
    users: isFinal ? users : [],
    runs: runs.filter((run) => isOf(run) || isBelow(run)),
    // Another stage of the file that is run with this port starts the same program.
    ports: ports.map((user) => (isOf(user) ? { ...user, stage: null } : user)),
  }
}

/** A service, a port or a health check says that the image itself is run, or the program that it starts. */
export function isRunItself(chain: readonly Stage[], state: StageState, { isServed }: Dependents): boolean {
  const has = (pattern: RegExp): boolean =>
    chain.some(({ instructions }) => instructions.some(({ keyword }) => pattern.test(keyword)))
  if (isServed || has(/^(EXPOSE|HEALTHCHECK)$/)) return true
  const { cmd, entrypoint } = state
  if (!has(/^(CMD|ENTRYPOINT)$/) || !cmd.value.known || !entrypoint.value.known) return false
  // A start script without a command waits for one.
  if (cmd.value.value === null) return !/\.sh$|entrypoint/.test(entrypoint.value.value?.[0] ?? '')
  return !waitsForInput(shellFormOf(cmd.value.value))
}

/**
 * Why a stage is most likely there to be built upon: it has triggers for its children, or it starts nothing. Whether an
 * image that nobody could look at starts something is not known; ports and checks say that it does.
 */
export function builtUpon(chain: readonly Stage[], state: StageState): string | null {
  const has = (...keywords: readonly string[]): boolean =>
    chain.some((stage) => stage.instructions.some(({ keyword }) => keywords.includes(keyword)))
  if (has('ONBUILD')) return 'it is meant to be built upon: it has ONBUILD triggers'
  // A Dockerfile with FROM alone stands for an image that was named on the command line.
  const isBare = chain.every((stage) => stage.instructions.length === 0)
  if (isBare || has('CMD', 'ENTRYPOINT', 'EXPOSE', 'HEALTHCHECK')) return null
  const { cmd, entrypoint } = state
  if (!cmd.value.known || !entrypoint.value.known)
    return 'it may be meant to be built upon: nothing here says what it starts, and its base image is not known'
  if (cmd.value.value === null && entrypoint.value.value === null)
    return 'it is meant to be built upon: it has no CMD and no ENTRYPOINT'
  const starts = [...(entrypoint.value.value ?? []), ...(cmd.value.value ?? [])]
  if (!waitsForInput(starts)) return null
  return has('COPY', 'ADD')
    ? `what it is run with is not known: it starts ${starts.join(' ')} of its base image, which does nothing by itself`
    : `it is meant to be built upon: it ships nothing of its own and starts ${starts.join(' ')}`
}

/** The words of a shell form, as far as spaces tell them. */
function shellFormOf(argv: readonly string[]): readonly string[] {
  return argv.length === 3 && argv[1] === '-c' ? (argv[2] ?? '').trim().split(/\s+/) : argv
}

/**
 * Why a closing USER root is there on purpose: nothing below it needs root, another user was in force, and a comment above it says why, or
 * nothing is started here, so that it is for what is built on it. Null where it is not.
 */
export function rootOnPurpose(dockerfile: Dockerfile, stage: Stage, end: EndOfStage | null): string | null {
  const line = end === null || end.rootBefore ? undefined : stage.instructions[end.line]
  if (line === undefined) return null
  const [comment] = commentsAbove(dockerfile, line).filter(
    ({ text }) => /\w/.test(text) && !text.includes('harden-image'),
  )
  const said = `line ${line.line} goes back to root on purpose`
  if (comment !== undefined) return `${said} (${comment.text.trim()})`
  const starts = stage.instructions.some(({ keyword }) => /^(CMD|ENTRYPOINT|EXPOSE|HEALTHCHECK)$/.test(keyword))
  return starts ? null : `${said}: nothing below it needs root, and nothing is started here`
}
