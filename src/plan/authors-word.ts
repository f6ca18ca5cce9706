import type { Dockerfile, Instruction, Stage } from '../dockerfile/model.ts'
import type { Remark } from '../evidence/claim.ts'
import type { StepDownReport } from '../start/step-down.ts'
import { choices } from '../words.ts'

/** A comment that says why the container is meant to run as root. */
export interface AuthorsWord {
  readonly line: number
  /** The sentence, bounded. */
  readonly text: string
  /** Keyword of the instruction that it stands above; null at the end of the stage. */
  readonly above: string | null
}

/** Comment lines that follow each other; texts without their `#`. */
interface Block {
  readonly line: number
  /** The last one's. */
  readonly end: number
  readonly text: string
}

/**
 * In a stage such words count where USER stands, or would: above what only declares, or at its end. Above a RUN they are about that step,
 * as they are above a USER root that is for steps below it.
 */
export function authorsWords(dockerfile: Dockerfile, { from, index, instructions }: Stage): readonly AuthorsWord[] {
  const last = instructions.at(-1) ?? from
  // Behind the last instruction of a stage they are about the next one.
  const end = index === dockerfile.stages.length - 1 ? dockerfile.source.length : last.lines.start
  const comments = dockerfile.comments.filter(
    ({ span: { start } }) => from.lines.end <= start && start < end && !isWithin(instructions, start),
  )
  return blocksOf(comments).flatMap((block) => {
    const rest = instructions.filter(({ line }) => line > block.end)
    const isAtUser = rest.every(({ keyword }, at) => DECLARES.test(keyword) && (at === 0 || keyword !== 'USER'))
    const text = isAtUser ? saidIn(block.text) : null
    return text === null ? [] : [{ line: block.line, text, above: rest[0]?.keyword ?? null }]
  })
}

const DECLARES = /^(?:USER|CMD|ENTRYPOINT|EXPOSE|VOLUME|HEALTHCHECK|LABEL|STOPSIGNAL)$/

function isWithin(instructions: readonly Instruction[], offset: number): boolean {
  return instructions.some(({ lines }) => lines.start <= offset && offset < lines.end)
}

/** What the author of a Dockerfile or of a start script says is left to him: a todo that quotes it. */
export function authorsRemarks(
  words: readonly AuthorsWord[],
  report: Pick<StepDownReport, 'scripts' | 'stepDowns' | 'actions'>,
  textOf: (path: string) => string | null,
): readonly Remark[] {
  const remark = (place: string, { text, above }: AuthorsWord): Remark => ({
    outcome: 'todo',
    transform: 'set-user',
    message: `${place} says that root is meant: "${text}"`,
    hint: choices(
      'let it start as USER says, and take that comment out',
      'keep root: # harden-image ignore=set-user reason=WHY above FROM',
    ),
    ...(above === null ? {} : { about: above }),
    evidence: [{ source: 'declared', subject: 'root', detail: `said in ${place}` }],
  })
  return [
    ...words.map((word) => remark(`line ${word.line}`, word)),
    ...report.scripts.flatMap((path) =>
      wordsInScript(path, textOf(path) ?? '', report).map((word) => remark(`${path} line ${word.line}`, word)),
    ),
  ]
}

/** Beside what needs root in a start script, and beside what it hands over to. */
function wordsInScript(
  path: string,
  text: string,
  { stepDowns, actions }: Pick<StepDownReport, 'stepDowns' | 'actions'>,
): readonly AuthorsWord[] {
  if (!MAY_SAY.test(text)) return []
  const lines = text.split('\n')
  const places = new Set([
    ...stepDowns.flatMap((one) => (one.path === path && one.line !== null ? [one.line] : [])),
    ...actions.flatMap((one) => (one.script === path ? [one.line] : [])),
    ...lines.flatMap((line, at) => (/^\s*exec\s/.test(line) ? [at + 1] : [])),
  ])
  const comments = lines.flatMap((line, at) => (/^\s*#(?!!)/.test(line) ? [{ text: line.trim(), line: at + 1 }] : []))
  return blocksOf(comments).flatMap((block) => {
    const said = places.has(block.end + 1) ? saidIn(block.text) : null
    return said === null ? [] : [{ line: block.line, text: said, above: 'ENTRYPOINT' }]
  })
}

function blocksOf(comments: readonly { readonly text: string; readonly line: number }[]): readonly Block[] {
  const blocks: Block[] = []
  for (const { text, line } of comments) {
    // What an earlier run has left quotes such words itself.
    if (/^#+\s*harden-image\b/.test(text)) continue
    const plain = text.replace(/^#+\s?/, '').trim()
    const before = blocks.at(-1)
    if (before?.end === line - 1) blocks[blocks.length - 1] = { ...before, end: line, text: `${before.text} ${plain}` }
    else blocks.push({ line, end: line, text: plain })
  }
  return blocks
}

const MAY_SAY = /root|\bUSER\b|non-?root|privileg|not (?:run|start|switch)/i

/** The sentence of a comment that says that root is kept on purpose; null where none does. */
function saidIn(block: string): string | null {
  if (!MAY_SAY.test(block)) return null
  const sentences = block
    .replace(/[\s\p{C}]+/gu, ' ')
    .slice(0, LONGEST_COMMENT)
    .split(/(?<=[.!?]) (?=[A-Z"'\u0060])/)
  const said = sentences.find(saysWhy)
  return said === undefined ? null : said.length > LONGEST ? `${said.slice(0, LONGEST - 1).trimEnd()}…` : said
}

const LONGEST_COMMENT = 1000
const LONGEST = 140

function saysWhy(sentence: string): boolean {
  // Advice to whoever runs it.
  if (/\b(?:if|when|unless|whether)\b/i.test(sentence)) return false
  if (ON_PURPOSE.test(sentence) && (NO_OTHER_USER.test(sentence) || saysRoot(sentence, AS_ROOT))) return true
  if (NO_USER_LINE.test(sentence) || NOT_WITHOUT_ROOT.test(sentence)) return true
  return saysRoot(sentence, MUST_BE_ROOT) || saysRoot(sentence, ROOT_SINCE)
}

const ON_PURPOSE = /\b(?:intentional(?:ly)?|deliberate(?:ly)?|on purpose|purpose(?:ly|fully)|by design)\b/i
/** `not running as node`, `USER is not set`; not `not running as a daemon`, and not `not running as root`. */
const NO_OTHER_USER =
  /\bnot (?:be(?:ing)? )?(?:run|running|started|starting|switched|switching) (?:as|to) (?:(?:an? |the )?(?:non-?root|unprivileged|other|another|different|dedicated)\b|(?!root\b)["'\u0060$]?[\w-]{2,32}["'\u0060]?(?: user\b|\s*(?:$|[,.;:(#])))|\bnot (?:to )?drop(?:ping)? (?:root|privileges)\b|\b(?:no|not|without|omit(?:s|ted)?)\b[^.]{0,30}\bUSER\b(?! root)|\bUSER\b[^.]{0,30}\b(?:omitted|left out|not set|missing|unset|absent)\b/
const AS_ROOT =
  /\b(?:run|runs|running|stay|stays|staying|remain|remains|kept|keep|keeps|keeping|start|starts|started|left)(?: [\w-]+)?(?: as)? root\b/i
/** The instruction is in capitals; a user is not. */
const NO_USER_LINE =
  /\b(?:[Dd]o not|[Dd]on'?t|[Nn]ever) (?:add|set|use|put|specify|declare) (?:an? |the |any )?USER\b(?! (?:to )?root)/
const NOT_WITHOUT_ROOT =
  /\b(?:do not|don'?t|never|can ?not|can'?t|must not|does not|doesn'?t|won'?t|will not) (?:be )?(?:run|start|started|switch|work)(?: [\w-]+)? (?:as|to|with) (?:an? )?(?:non-?root|unprivileged)\b/i
const MUST_BE_ROOT =
  /\b(?:must|needs? to|has to|have to|required to) (?:be )?(?:run|start|stay|remain|started|kept)(?: [\w-]+)? as root\b/i
const ROOT_SINCE =
  /\b(?:runs?|running|stays?|remains?|keeps?|kept|starts?|started)(?: [\w-]+)? (?:as )?root\b[^.]{0,30}\b(?:because|since|due to|so that)\b|\bbecause\b[^.]{3,80}\b(?:needs?|requires?) root\b/i

/** Not what a word right before it denies: `no longer needs to run as root`, `intentionally not running as root`. */
function saysRoot(sentence: string, pattern: RegExp): boolean {
  const at = pattern.exec(sentence)?.index
  return at !== undefined && !DENIES.test(sentence.slice(Math.max(0, at - 30), at))
}

const DENIES = /(?:\b(?:not|never|no|nothing|nobody|without|avoid(?:s|ing)?|longer|than|of)|n['’]t)(?: [\w-]+)? $/i
