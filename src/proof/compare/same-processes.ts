import { isInterpreter, isStarter } from '../../command/index.ts'
import type { ContainerProcess } from '../../engine/engine.ts'
import { baseName } from '../../places.ts'
import type { ReportCheck } from '../../report/report.ts'
import type { RunRecord } from '../run/run-record.ts'

type Look = readonly ContainerProcess[]

/**
 * Whether the processes that stayed in the original stay in the result: a worker that dies and is started again, or
 * that is gone, leaves a main process that answers. Only what was the same at each look of the original is judged.
 * Empty where either was looked at only once.
 */
export function sameProcesses(baseline: RunRecord, result: RunRecord): readonly ReportCheck[] {
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
    if (least < pids.length && !cameLate(looks, pids.length))
      return [differs(stays, `${least} × ${role}, at times or at the end`)]
    if (start.length === pids.length && start.some((pid) => !now.includes(pid)))
      return [differs(stays, 'ends and is started again')]
  }
  return [{ name: 'its processes', baseline: 'stay', result: 'stay', passed: true }]
}

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
