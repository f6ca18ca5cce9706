import { stripVTControlCharacters } from 'node:util'
import { listedPorts } from '../report/many-ports.ts'
import type { ReportCheck } from '../report/report.ts'
import { counted } from '../report/summary.ts'
import type { RunRecord } from './container/run-record.ts'
import { isRefusal, refusalsIn, textOf, withoutKnown } from './log-refusals.ts'

type Logged = Pick<RunRecord, 'logs' | 'logFiles'>
type Failed = Logged & Pick<RunRecord, 'state' | 'ready' | 'smoke'>

/** Whether it still runs, how it ended, and how often. */
const ENDS = new Set(['still running', 'exit code', 'state', 'restarts'])
/** `http :80/`, `tcp :953` */
const PORT = /^\w+ :\d+\/?$/

/**
 * Why a run failed, as one sentence, with the line of its log that says most; null where nothing did. What has ended, or never came
 * up, fails all its other checks by that; of several differences in what runs the first is told, and how many more there are.
 */
export function causeOf(checks: readonly ReportCheck[], usual: Logged, result: Failed): string | null {
  const failed = checks.filter(({ passed }) => !passed)
  const [first] = failed
  if (first === undefined) return null
  const end = failed.find(({ name }) => ENDS.has(name))
  if (end !== undefined && (!result.state.running || result.state.restartCount > 0))
    return `${endInWords(end, result)}${saying(': ', lastLine(usual, result))}`
  const ports = checks.filter(({ name }) => PORT.test(name))
  if (ports.length > 0 && ports.every(({ passed, result: answer }) => !passed && answer === 'closed')) {
    const names = listedPorts(ports.map(({ name }) => name))
    return `the result does not come up, and ${names} stays closed${saying(': ', lastLine(usual, result))}`
  }
  const rest = failed.length - 1
  const more = rest === 0 ? '' : `, and ${counted(rest, 'more check')} ${rest === 1 ? 'differs' : 'differ'}`
  const told = `${first.name}: was ${first.baseline}, is ${first.result}`
  const own = result.smoke.find(({ name }) => name === first.name)
  if (own !== undefined) {
    const said = lastLine(NOTHING, { logs: own.output, logFiles: new Map() })
    return `${told}${more}${saying('; it says: ', said)}`
  }
  const line = complaint(usual, result)
  // Some checks are about that very line.
  return `${told}${more}${saying('; it logs: ', line !== null && told.includes(line.text) ? null : line)}`
}

function endInWords({ name, baseline }: ReportCheck, { state, ready }: Pick<Failed, 'state' | 'ready'>): string {
  if (state.error !== '') return `the result does not start: ${state.error.slice(0, MOST_QUOTED)}`
  if (state.restartCount > 0) return 'the result ends and is started again and again'
  if (state.oomKilled) return 'the result runs out of memory'
  const end = `the result ends with exit code ${state.exitCode ?? '?'}`
  if (name === 'exit code') return `${end}, and the original with ${baseline.replace(/^exit /, '')}`
  return ready ? end : `${end} at start`
}

const MOST_QUOTED = 300

function saying(lead: string, line: Line | null): string {
  if (line === null) return ''
  const text = line.text.length > MOST_QUOTED ? `${line.text.slice(0, MOST_QUOTED - 3)}...` : line.text
  return line.file === null ? `${lead}${text}` : `; ${line.file} says: ${text}`
}

interface Line {
  readonly text: string
  /** The log file that it stands in; null for what was printed. */
  readonly file: string | null
}

const NOTHING: Logged = { logs: '', logFiles: new Map() }

/** So many lines before an end may say why. */
const LAST = 12

/** What ended said why at its end, or said nothing of it. */
function lastLine(usual: Logged, result: Logged): Line | null {
  return most(newLines(usual, result, LAST), 0)
}

/** A refusal or an error that the original did not log. */
function complaint(usual: Logged, result: Logged): Line | null {
  return most(newLines(usual, result), 1)
}

/** The last one of those that say most. */
function most(lines: readonly Line[], least: number): Line | null {
  const ranked = lines.map((line) => ({ line, rank: rankOf(line.text) }))
  const rank = Math.max(...ranked.map((one) => one.rank))
  return rank < least ? null : (ranked.findLast((one) => one.rank === rank)?.line ?? null)
}

const WRONG =
  /\b(error|err|fatal|panic|crit(ical)?|emerg|alert|exception|failed|failure|unable|cannot|can't|could not|must|required?|invalid)\b/i

/** A refusal that names its path says most, then any other one, then what is called an error. */
function rankOf(text: string): number {
  const refused = refusalsIn(text, '/')
  if (refused.some(({ path }) => path !== null)) return 3
  return refused.length > 0 || isRefusal(text) ? 2 : WRONG.test(text) ? 1 : 0
}

/** Where a program was when it failed, as Python, Node, Java and Go print it, and what Node prints of an error besides. */
const FRAME =
  /^\s*(?:at \S|\.{3} \d+ more|goroutine \d|Traceback \(|Node\.js v\d|(?:errno|code|syscall|path):\s)|^[^\p{L}]*$/u
/** Python prints the line of its source below the place. */
const PLACE_AND_SOURCE = /^[ \t]*File "[^"\n]*", line \d{1,9}(?!\d).*\n[ \t].*$/gm

/** What it printed comes last, since that is read first. */
function newLines(usual: Logged, { logs, logFiles }: Logged, last = Number.POSITIVE_INFINITY): readonly Line[] {
  const known = textOf(usual)
  return [...logFiles, [null, logs] as const].flatMap(([file, text]) =>
    withoutKnown(known, stripVTControlCharacters(text).replace(PLACE_AND_SOURCE, ''))
      .filter((line) => !FRAME.test(line))
      .slice(-last)
      .map((line) => ({ text: line, file })),
  )
}
