import { stripVTControlCharacters } from 'node:util'
import { argvOf } from '../../command/index.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { parentOf } from '../../places.ts'
import { waitsForInput } from '../../plan/built-upon.ts'
import { realPath } from '../../plan/real-path.ts'
import { exposedTcp } from '../run/baseline.ts'
import type { PortAnswer, RunRecord } from '../run/run-record.ts'
import { NOT_BELIEVED } from '../trace/trace.ts'

/** Why a baseline cannot be compared with, or null: one that does nothing proves nothing. */
export function unfitBaseline(baseline: RunRecord, facts: ImageFacts): string | null {
  const exposed = exposedTcp(facts.config)
  const { state, answers } = baseline
  // Some say only in a file of their own why they end.
  const lastLines = tail(`${baseline.logs}\n${baseline.logFiles}`)
  const why = `${lastLines === '' ? '' : `; its last words: ${lastLines}`}${missingFolder(baseline, facts)}`
  if (state.error !== '') return `the original does not start: ${state.error}`
  if (baseline.traceRefused?.startsWith(NOT_BELIEVED) === true)
    return `what the original does was not seen: ${baseline.traceRefused}`
  if (!state.running && state.exitCode !== 0)
    return `the original itself ends with exit code ${state.exitCode ?? '?'}, so there is nothing to compare with${why}`
  // A job may have its EXPOSE from its base; then a check of its user's own says that it did its work.
  const asked = state.running || baseline.smoke.length === 0
  const behind = asked ? wentToBackground(baseline, exposed) : null
  if (behind !== null) return behind
  // What listened for a moment, and ended, served nobody.
  const isNone = ({ kind }: PortAnswer): boolean => kind === 'closed' || (kind === 'bound' && !state.running)
  if (asked && exposed.length > 0 && answers.every(isNone)) {
    const end = state.running ? '' : 'ends by itself and '
    return `the original ${end}never answers on ${exposed.join(', ')}, which it exposes, so there is nothing to compare with${why}`
  }
  const wrong = baseline.smoke.find((check) => !check.passed)
  if (wrong !== undefined) {
    const said = wrong.output.trim().slice(-300)
    return `the ${wrong.name} already fails on the original (${wrong.value}), so it says nothing of the result: correct the check${said === '' ? '' : `; it said: ${said}`}`
  }
  return null
}

/** A server that lets go of its first process ends with it: a container lives no longer. A job may leave a helper behind. */
function wentToBackground({ state, trace, logs }: RunRecord, exposed: readonly number[]): string | null {
  const [first, ...more] = trace?.outlived ?? []
  if (state.running || first === undefined) return null
  const programs = [first, ...more]
  const listens = trace?.operations.some(
    ({ access, port, by }) => access === 'listen' && port !== undefined && by !== undefined && programs.includes(by),
  )
  if (exposed.length === 0 && listens !== true) return null
  const said = tail(logs)
  return `the original goes to the background: its first process ends with exit code 0 while ${programs.join(', ')} still runs, and the container ends with it, so there is nothing to compare with${said === '' ? '' : `; its last words: ${said}`}`
}

/** Of a job that leaves something running, which ends with it. */
export function leftBehind({ state, trace }: RunRecord): readonly string[] {
  const programs = trace?.outlived ?? []
  if (state.running || programs.length === 0) return []
  return [
    `what ${programs.join(', ')} does: the original ends while that still runs in the background, and the container ends with it`,
  ]
}

/** Of an image that leaves it to whoever runs it what is started. */
export function startsNothing({ state }: RunRecord, { config }: Pick<ImageFacts, 'config'>): readonly string[] {
  const argv = argvOf(config)
  return state.running || !waitsForInput(argv)
    ? []
    : [
        `what it is run with: its own command is ${argv.join(' ')}, which ends where nobody types; a CMD, or the command of a Compose service that builds it, is proved`,
      ]
}

/** Many packages leave the folder of their pid file to systemd, and their programs end without a word for want of it. */
function missingFolder({ trace }: RunRecord, { files }: ImageFacts): string {
  const path = trace?.unmade
  if (path === undefined || !files.known || files.value.entry(realPath(files.value, parentOf(path))) !== null) return ''
  return `; it wanted to make ${path}, and the image has no folder ${parentOf(path)} (mkdir -p makes it)`
}

/** The last lines of a log, for a message: from the one that says what is wrong, where advice follows it. */
export function tail(logs: string): string {
  // Colours that a program gives its words are not for a report.
  const lines = stripVTControlCharacters(logs)
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-12)
  const last = Math.max(0, lines.length - 3)
  const wrong = lines.findLastIndex((line) => /\b(error|fatal|must|required)\b/i.test(line))
  return lines
    .slice(wrong < 0 ? last : Math.min(wrong, last))
    .join(' | ')
    .slice(0, 400)
}
