import { bounds } from '../bounds.ts'
import type { Operation } from '../evidence/operation.ts'
import type { ExposedPort, ImageFacts } from '../image/facts.ts'
import { baseName } from '../places.ts'
import type { Observation } from '../plan/stage-input.ts'
import { FIRST_EPHEMERAL_PORT } from './ask/questions.ts'
import { isOptional, operationsOfDiff } from './container/files.ts'
import type { RunRecord } from './container/run-record.ts'
import { rootHome } from './container/run-specs.ts'
import { rootWork } from './needs-root.ts'
import { unwrittenPlaces } from './unwritten-places.ts'

/** What a run of the original as root has shown, for the plan: from its trace, or from `docker diff` where there is none. */
export function observationOf(record: RunRecord, facts: ImageFacts): Observation {
  const traced = record.trace?.operations ?? null
  const operations = traced ?? fromDiff(record, facts)
  return {
    // Refusals of the original itself are left out: a setuid(0) that must fail, a test where its user may not look.
    operations: operations.filter(({ outcome, path }) => outcome === 'done' && (path === null || !isOptional(path))),
    bound: boundPorts(record, facts),
    uids: [...new Set([...workerUids(record), ...switchedUids(traced ?? [])])],
    workers: record.processes.flatMap(({ uids, command }) => {
      const uid = uids[1] ?? uids[0] ?? 0
      return uid === 0 ? [] : [{ uid, program: programName(command) }]
    }),
    programs: [...new Set(record.processes.map((process) => programName(process.command)))],
    opened: traced === null ? null : openedFiles(traced),
    home: rootHome(facts),
    named: unwrittenPlaces(record, facts),
    needsRoot: record.trace === null ? null : rootWork(record.trace, facts),
  }
}

function fromDiff(record: RunRecord, facts: ImageFacts): readonly Operation[] {
  if (!facts.files.known) return []
  return operationsOfDiff(record.diff, facts.files.value, (path) => record.kinds.get(path) ?? null)
}

function boundPorts(record: RunRecord, facts: ImageFacts): readonly ExposedPort[] {
  const exposed = new Set(facts.config.exposedPorts.map((port) => port.port))
  return (record.listeners ?? [])
    .filter((listener) => listener.port < FIRST_EPHEMERAL_PORT || exposed.has(listener.port))
    .map(({ port, protocol }) => ({ port, protocol }))
}

/** Non-root uids by their number of processes: the most frequent does the work. */
function workerUids(record: RunRecord): readonly number[] {
  const counts = new Map<number, number>()
  for (const { uids } of record.processes) {
    const uid = uids[1] ?? uids[0]
    if (uid !== undefined && uid !== 0) counts.set(uid, (counts.get(uid) ?? 0) + 1)
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([uid]) => uid)
}

function switchedUids(operations: readonly Operation[]): readonly number[] {
  return operations.flatMap(({ access, outcome, uid }) =>
    access === 'switch-user' && outcome === 'done' && uid !== undefined && uid > 0 ? [uid] : [],
  )
}

function openedFiles(operations: readonly Operation[]): readonly string[] {
  return operations.flatMap(({ access, outcome, path }) =>
    access === 'read' && outcome === 'done' && path !== null ? [path] : [],
  )
}

/** `nginx: worker process` is nginx, `/usr/sbin/apache2 -k start` is apache2. */
function programName(command: string): string {
  return baseName((command.trim().split(/\s+/)[0] ?? '').replace(/:$/, ''))
}

/** Work that a program will do by itself later, repeatedly or once. */
export interface LaterWork {
  /** `/srv/app.js line 12`. */
  readonly at: string
  readonly milliseconds: number
}

/** Shorter timers have gone off before anybody looks; longer ones have no known purpose. */
const SHORTEST_TIMER = 5000
const LONGEST_TIMER = 24 * 3600 * 1000
/** Timers of libraries do not count. */
const OF_LIBRARIES = /\/(node_modules|site-packages|dist-packages|vendor|lib|lib64|usr\/share)\//

/** Timers that the files which the original has read set, by what stands there in numbers. Empty where it was not traced. */
export function laterWork(
  { trace }: Pick<RunRecord, 'trace'>,
  { files }: Pick<ImageFacts, 'files'>,
): readonly LaterWork[] {
  if (trace === null || !files.known) return []
  const read = new Set(openedFiles(trace.operations).filter((path) => !OF_LIBRARIES.test(path)))
  return [...read].flatMap((path) =>
    timersIn(files.value.text(path) ?? '', path).map(({ line, milliseconds }) => ({
      at: `${path} line ${line}`,
      milliseconds,
    })),
  )
}

interface Timer {
  readonly line: number
  readonly milliseconds: number
}

const JAVASCRIPT = /\.([cm]?js|[jt]sx|[cm]?ts)$/
const PYTHON = /\.py$/
/** A crontab for whoever runs one that needs no root. */
const CRONTAB = /(^|[/.])cron(tabs?)?([/.]|$)/

/** The timers of one source file, those of at least five seconds and at most a day. */
export function timersIn(text: string, path: string): readonly Timer[] {
  const isScript = JAVASCRIPT.test(path)
  const found = isScript
    ? [...ofCalls(text), ...ofSchedules(text)]
    : PYTHON.test(path)
      ? ofPython(text)
      : CRONTAB.test(path)
        ? ofCrontab(text)
        : []
  return found
    .filter(({ milliseconds }) => milliseconds >= SHORTEST_TIMER && milliseconds <= LONGEST_TIMER)
    .map(({ index, milliseconds }) => ({ line: text.slice(0, index).split('\n').length, milliseconds }))
}

interface Found {
  readonly index: number
  readonly milliseconds: number
}

/** `setInterval(() => { … }, 40 * 1000)`, also with a constant that the file sets. */
function ofCalls(text: string): readonly Found[] {
  return [...text.matchAll(/\bset(?:Interval|Timeout)\(/g)].flatMap(({ index, 0: call }) => {
    const body = bracketed(text.slice(index + call.length, index + call.length + bounds.timerCall))
    const last = body === null ? undefined : splitAt(body, /^,/).at(-1)
    const milliseconds = last === undefined ? null : numberIn(last, text)
    return milliseconds === null ? [] : [{ index, milliseconds }]
  })
}

/** The text up to the bracket that closes the one open at its start; inside it quotes are skipped. */
function bracketed(text: string): string | null {
  let depth = 1
  let quote = ''
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (quote !== '') {
      if (char === '\\') at += 1
      else if (char === quote) quote = ''
    } else if (char === '"' || char === "'" || char === '`') quote = char
    else if (char === '(') depth += 1
    else if (char === ')') depth -= 1
    if (depth === 0) return text.slice(0, at)
  }
  return null
}

/** `60_000`, `40 * 1000`, or a constant that is one of these. */
function numberIn(expression: string, text: string, isName = true): number | null {
  const factors = expression.split('*').map((factor) => factor.trim())
  if (factors.every((factor) => /^\d[\d_]{0,15}(\.\d{1,9})?$/.test(factor)))
    return factors.reduce((product, factor) => product * Number(factor.replaceAll('_', '')), 1)
  const [name = ''] = /^[A-Za-z_$][\w$]{0,60}$/.exec(expression.trim()) ?? []
  if (name === '' || !isName) return null
  const value = text
    .split('\n')
    .map((line) => /^(?:export )?(?:const|let|var) ([\w$]+) = (\d[\d_.* ]*)/.exec(line.trim()))
    .find((found) => found?.[1] === name)?.[2]
  return value === undefined ? null : numberIn(value, text, false)
}

/** node-cron, node-schedule and cron. */
function ofSchedules(text: string): readonly Found[] {
  return [
    ...text.matchAll(/\b(?:cron\.schedule|scheduleJob|new CronJob|Cron)\(\s{0,9}['"`]([-\d*/, ]{9,60})['"`]/g),
  ].flatMap(({ index, 1: pattern = '' }) => ofPattern(index, pattern))
}

function ofCrontab(text: string): readonly Found[] {
  return [...text.matchAll(/^[ \t]{0,9}((?:[-\d*/,]{1,20}[ \t]{1,9}){5})\S/gm)].flatMap(({ index, 1: pattern = '' }) =>
    ofPattern(index, pattern),
  )
}

/** The time between two jobs by the seconds and minutes fields; an hour where only the others differ. */
function ofPattern(index: number, pattern: string): readonly Found[] {
  const fields = pattern.trim().split(/\s+/)
  if (fields.length < 5 || fields.length > 6) return []
  const [seconds = '0', minutes = ''] = fields.length === 6 ? fields : ['0', ...fields]
  const each = (field: string): number => (field === '*' ? 1 : Number(/^\*\/(\d{1,2})$/.exec(field)?.[1] ?? 0))
  const second = each(seconds)
  const minute = each(minutes)
  const milliseconds = second > 0 ? Math.max(second * 1000, SHORTEST_TIMER) : minute > 0 ? minute * 60_000 : 3_600_000
  return [{ index, milliseconds }]
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['second', 1000],
  ['minute', 60_000],
  ['hour', 3_600_000],
])

/** threading.Timer, sleeps, schedule, APScheduler and the like. */
function ofPython(text: string): readonly Found[] {
  const waits =
    /\b(?:Timer|asyncio\.sleep|time\.sleep|\.call_later|\.enter)\(\s{0,9}(\d{1,6}(?:\.\d{1,6})?)\s{0,9}[,)]/g
  const every = /\bevery\(\s{0,9}(\d{0,6})\s{0,9}\)\.(second|minute|hour)s?\b/g
  const jobs =
    /\b(?:add_job|scheduled_job|IntervalTrigger|repeat_every|run_repeating|tasks\.loop)\([^()]{0,200}?\b(second|minute|hour)s\s{0,9}=\s{0,9}(\d{1,6})\b/g
  const unit = (name = ''): number => UNITS.get(name) ?? 0
  return [
    ...[...text.matchAll(waits)].map(({ index, 1: count }) => ({ index, milliseconds: Number(count) * 1000 })),
    ...[...text.matchAll(every)].map(({ index, 1: count, 2: name }) => ({
      index,
      milliseconds: Number(count === '' ? 1 : count) * unit(name),
    })),
    ...[...text.matchAll(jobs)].map(({ index, 1: name, 2: count }) => ({
      index,
      milliseconds: Number(count) * unit(name),
    })),
  ]
}

/** Cuts an expression at a separator that stands outside of brackets and quotes. */
function splitAt(text: string, separator: RegExp): readonly string[] {
  const parts: string[] = []
  let start = 0
  let depth = 0
  let quote = ''
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (quote !== '') {
      if (char === quote) quote = ''
      continue
    }
    if (char === '"' || char === "'" || char === '`') quote = char
    else if (/[([{]/.test(char)) depth += 1
    else if (/[)\]}]/.test(char)) depth -= 1
    else if (depth === 0 && at > start) {
      const found = separator.exec(text.slice(at))
      if (found === null) continue
      parts.push(text.slice(start, at))
      start = at + found[0].length
      at = start - 1
    }
  }
  return [...parts, text.slice(start)].map((part) => part.trim()).filter((part) => part !== '')
}
