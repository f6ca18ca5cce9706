import { bounds } from '../../bounds.ts'
import type { ContainerProcess } from '../../engine/engine.ts'
import { CHANGES, type Operation } from '../../evidence/operation.ts'
import { DEFAULT_CAPABILITIES } from '../../image/capabilities.ts'
import { baseName, isInside, isRuntimePlace } from '../../places.ts'
import type { ReportCheck } from '../../report/report.ts'
import { isInterpreter, isStarter } from '../../shell/index.ts'
import { withoutNumbers } from '../ask/answers.ts'
import { isOptional } from '../container/files.ts'
import type { RunRecord } from '../container/run-record.ts'
import { isRefusal, linesBeside } from '../log-refusals.ts'
import { type Check, operationsOf, type WatchRecord } from './check.ts'
import { madeCheck } from './files.ts'
import { newRefusals } from './refused-work.ts'

type Look = readonly ContainerProcess[]

/**
 * Whether the processes that stayed in the original stay in the result: a worker that dies and is started again, or
 * that is gone, leaves a main process that answers. Only what was the same at each look of the original is judged.
 * Empty where either was looked at only once.
 */
export const sameProcesses = {
  name: 'processes',
  summary: 'long-running processes keep running, and do not restart again and again',
  of: 'watch',
  compare(
    baseline: RunRecord,
    result: RunRecord,
    { disarmed = [] }: Pick<WatchRecord, 'disarmed'> = {},
  ): readonly ReportCheck[] {
    if (baseline.looks.length < 2 || result.looks.length < 2) return []
    const before = baseline.looks.map(byRole)
    const after = result.looks.map(byRole)
    const [first] = before
    const last = after.at(-1)
    if (first === undefined || last === undefined) return []
    for (const [role, pids] of first) {
      if (!before.every((look) => same(look.get(role), pids))) continue
      const looks = after.map((look) => look.get(role) ?? [])
      const [start = [], now = []] = [looks[0], looks.at(-1)]
      const least = Math.min(...looks.map((own) => own.length))
      const stays = `${pids.length} × ${role}`
      // Under another title it may be the same: what is judged by its absence is a program that is not there at all.
      if (now.length === 0 && hasProgram(last, role)) continue
      // squid calls its helper (pinger). Without a check of the user's own nobody knows what it was for.
      const isDisarmed = disarmed.includes(role.replace(/^\((.*)\)$/, '$1'))
      if (isDisarmed && baseline.smoke.length > 0) continue
      if (least < pids.length && !cameLate(looks, pids.length))
        return [differs(stays, `${least} × ${role}, at times or at the end`)]
      if (start.length === pids.length && start.some((pid) => !now.includes(pid)))
        return [differs(stays, 'ends and is started again')]
    }
    return [{ name: 'its processes', baseline: 'stay', result: 'stay', passed: true }]
  },
} satisfies Check

/** Not there yet at first, and then there to stay: what a start script starts behind a server that takes its time. */
function cameLate(looks: readonly (readonly number[])[], count: number): boolean {
  const from = looks.findIndex((pids) => pids.length >= count)
  const [first = [], ...later] = from < 0 ? [] : looks.slice(from)
  const isLess = looks.slice(0, from).some((pids, index) => pids.length < (looks[index - 1]?.length ?? 0))
  return !isLess && later.length > 0 && later.every((pids) => first.every((pid) => pids.includes(pid)))
}

function differs(baseline: string, result: string): ReportCheck {
  return { name: 'its processes', baseline, result, passed: false }
}

/** Pids of each kind of process. A root process that watches over others of its kind has nothing to do without root. */
function byRole(look: Look): ReadonlyMap<string, readonly number[]> {
  const roles = new Map<string, ContainerProcess[]>()
  for (const process of look) {
    const role = roleOf(process.command)
    if (role !== null) roles.set(role, [...(roles.get(role) ?? []), process])
  }
  return new Map([...roles].map(([role, all]) => [role, workers(all).map(({ pid }) => pid)]))
}

function workers(all: readonly ContainerProcess[]): readonly ContainerProcess[] {
  const others = all.filter(({ uids }) => !uids.includes(0))
  return others.length === 0 ? all : others
}

/** `nginx: worker process` as it is, `python3 /srv/worker.py --x` → `python3 worker.py`, null for what only starts others. */
function roleOf(command: string): string | null {
  const words = command.trim().split(/\s+/)
  const [first = ''] = words
  if (/^[\w./-]+:$/.test(first)) return command.trim().replace(/\d+/g, '0').slice(0, 60)
  const program = baseName(first)
  // What is there to start something may be another thing in the result.
  if (program === '' || isStarter(program)) return null
  // What runs others does so by a script, its first word without a dash.
  const script = isInterpreter(program) ? words.slice(1).find((word) => !word.startsWith('-')) : undefined
  return script === undefined ? program : `${program} ${baseName(script)}`
}

function hasProgram(look: ReadonlyMap<string, unknown>, role: string): boolean {
  const program = (text: string): string => text.split(/[\s:]/)[0] ?? ''
  return [...look.keys()].some((other) => program(other) === program(role))
}

function same(a: readonly number[] | undefined, b: readonly number[]): boolean {
  return a !== undefined && a.length === b.length && b.every((pid) => a.includes(pid))
}

/** So often after it was up: it goes on and on. */
const REPEATED = 3
const BAD =
  /\b(error|err|fatal|panic|critical|crit|emerg|alert|traceback|exception|segfault|failed|failure|unable|cannot|can't|could not)\b|permission denied|not permitted|\bEACCES\b|\bEPERM\b|read-only file system/i
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g')

/**
 * Complaints that the original never had and that the result, once it is up, repeats. One at the start is normal in
 * working programs; one that does not end is what somebody would be called for. `before`: its log when it was up.
 */
export function newErrors(baseline: string, before: string, after: string): readonly ReportCheck[] {
  const usual = new Set(complaints(baseline))
  const early = counted(complaints(before))
  const repeated = [...counted(complaints(after))].flatMap(([line, times]) =>
    times - (early.get(line) ?? 0) >= REPEATED && !usual.has(line) ? [line] : [],
  )
  const line = repeated.length === 0 ? undefined : repeated.find(isNew(usual, tagOf(baseline), tagOf(after)))
  if (line === undefined) return []
  const said = after
    .split('\n')
    .map(withoutColour)
    .find((one) => comparable(one) === line)
  const result = `again and again: ${(said ?? line).slice(0, 160)}`
  return [{ name: 'its log', baseline: 'no such complaint', result, passed: false }]
}

/** Not a usual complaint of a run that draws another word for its lines. */
function isNew(usual: ReadonlySet<string>, tagBefore: string, tagAfter: string): (line: string) => boolean {
  const untagged = new Set([...usual].map(withoutWord(tagBefore)))
  const bare = withoutWord(tagAfter)
  return (line) => !untagged.has(bare(line))
}

/** Without what differs from time to time: numbers, dates and identifiers. */
function complaints(log: string): readonly string[] {
  return linesOf(log).filter((line) => line.length < bounds.logLine && BAD.test(line))
}

function linesOf(log: string): readonly string[] {
  return log.split('\n').map((line) => comparable(withoutColour(line)))
}

function withoutColour(line: string): string {
  return line.replace(COLOUR, '').trim()
}

function comparable(line: string): string {
  return withoutNumbers(line).replace(/\b(mon|tue|wed|thu|fri|sat|sun)\b/gi, 'day')
}

/** Fewer lines tell nothing of what all have in common. */
const FEWEST_TAGGED = 4

/** The word that most lines begin with: some draw it for each run (`[NPBS4]`). '' where there is none. */
function tagOf(log: string): string {
  const first = linesOf(log).flatMap((line) => /^\S+/.exec(line)?.[0] ?? [])
  const [[tag, times] = ['', 0]] = [...counted(first)].sort(([, a], [, b]) => b - a)
  return times >= FEWEST_TAGGED && times * 2 > first.length ? tag : ''
}

function withoutWord(word: string): (line: string) => string {
  return (line) => (word !== '' && line.startsWith(`${word} `) ? line.slice(word.length + 1).trim() : line)
}

function counted(lines: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1)
  return counts
}

/**
 * Whether a result is refused something after a while that it was not refused before: a program that says nothing of it
 * goes on, without the key that it reads after seconds. `early` and `later` are one traced run at two times. What root
 * would be refused as well is none of it. Empty where nothing is; traces that go on for as long tell more.
 */
export function lateRefusals(original: RunRecord, early: RunRecord, later: RunRecord): readonly ReportCheck[] {
  if (original.trace === null) return []
  const usual = new Set(newRefusals(early, original).map(keyOf))
  const news = newRefusals(later, original).find((operation) => isRoots(operation) && !usual.has(keyOf(operation)))
  if (news === undefined) return []
  return [{ name: 'what it does later', baseline: 'allowed', result: news.detail, passed: false }]
}

function isRoots({ path, capability }: Operation): boolean {
  if (capability !== undefined && !DEFAULT_CAPABILITIES.includes(capability)) return false
  return path === null || !isRuntimePlace(path)
}

function keyOf({ access, path, port, capability }: Operation): string {
  return `${access} ${withoutNumbers(path ?? '')} ${port ?? ''} ${capability ?? ''}`
}

export const log = {
  name: 'log',
  summary: 'no complaint repeats that the original does not make',
  of: 'watch',
  compare: (original: RunRecord, result: RunRecord, { study, before }: WatchRecord): readonly ReportCheck[] =>
    newErrors(`${original.logs}\n${study.logs}`, before.logs, result.logs),
} satisfies Check

/** Nothing of it can be asked. */
export function isUnseen(record: RunRecord): boolean {
  return record.state.running && isUnasked(record)
}

function isUnasked({ state, answers, smoke }: RunRecord): boolean {
  return state.health === null && smoke.length === 0 && answers.every(({ kind }) => kind === 'closed')
}

/** Nothing of it can be asked, and its runs have left nothing: that it goes on is all that it shows. `study`: see WatchRecord. */
export function onlyRuns(original: RunRecord, study: RunRecord): boolean {
  const isWork = (path: string | null): boolean =>
    path !== null && !isOptional(path) && !['/dev', '/proc', '/sys'].some((folder) => isInside(path, folder))
  const changes = operationsOf(study).filter(({ access, outcome }) => outcome === 'done' && CHANGES.has(access))
  return isUnasked(original) && ![...changes, ...study.diff].some(({ path }) => isWork(path))
}

/** What is refused is the work of a program that shows no other; one that goes on to say what it always says has more. */
export const refusals = {
  name: 'refusals',
  summary: 'a program that shows nothing else logs no refusal that the original does not',
  of: 'watch',
  compare(original: RunRecord, result: RunRecord, { study }: Pick<WatchRecord, 'study'>): readonly ReportCheck[] {
    if (!onlyRuns(original, study)) return []
    const line = linesBeside(`${original.logs}\n${study.logs}`, result.logs).find(isRefusal)
    const last = linesOf(original.logs).findLast((one) => one !== '')
    if (line === undefined || (last !== undefined && linesOf(result.logs).includes(last))) return []
    return [{ name: 'its log', baseline: 'no such refusal', result: line.slice(0, 300), passed: false }]
  },
} satisfies Check

export const laterRefusals = {
  name: 'later-refusals',
  summary: 'nothing is refused to it later that was not refused to the original',
  of: 'watch',
  compare: (_original: RunRecord, _result: RunRecord, { study, traces }: WatchRecord): readonly ReportCheck[] =>
    traces === null ? [] : lateRefusals(study, traces.before, traces.later),
} satisfies Check

export const laterFiles = {
  name: 'later-files',
  summary: 'it makes, changes and removes files later as the original does',
  of: 'watch',
  compare: (_original: RunRecord, _result: RunRecord, { missed }: WatchRecord): readonly ReportCheck[] =>
    missed.length === 0 ? [] : [madeCheck(missed)],
} satisfies Check
