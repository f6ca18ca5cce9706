import type { Operation } from '../evidence/operation.ts'
import { stagePlanOf } from '../plan/plan.ts'
import type { Hardened } from '../report/report.ts'
import type { RunRecord } from './container/run-record.ts'
import { learnedFrom } from './lessons.ts'
import type { ProveRequest } from './request.ts'
import { dropRound, type Round, runRound } from './round.ts'
import { hasPassed } from './tried.ts'

export interface MinimizeRequest {
  readonly request: ProveRequest
  readonly baseline: RunRecord
  /** Of the original. */
  readonly operations: readonly Operation[]
  readonly original: RunRecord
  /** Plans and writes again with all that was learned, without the named parts. */
  readonly hardenWithout: (parts: readonly string[]) => Promise<Hardened>
  /** Left out already. */
  readonly excluded: readonly string[]
}

export interface Minimized {
  /** The rounds, with the smallest one that passed in place of the last. */
  readonly rounds: readonly Round[]
  readonly remarks: readonly string[]
}

/**
 * Leaves out grants and cures one by one, each time built and run: what it works without stays out. A run that can no
 * longer keep something the program means to keep does not count as working, though it answers as before.
 */
export async function minimize(
  { request, baseline, operations, original, hardenWithout, excluded }: MinimizeRequest,
  rounds: readonly Round[],
): Promise<Minimized> {
  const first = rounds.findLast(hasPassed)
  if (first === undefined) return { rounds, remarks: [] }
  const lostIn = (round: Round): readonly string[] =>
    learnedFrom(round, original, baseline, []).filter(isLoss).map(keyOf)
  const usual = new Set(lostIn(first))
  const parts = partsIn(first).filter((name) => !excluded.includes(name))
  let best = first
  const out: string[] = []
  for (const [index, part] of parts.entries()) {
    const hardened = await hardenWithout([...excluded, ...out, part])
    const plan = stagePlanOf(hardened.plan, request.stage)
    // Without one grant another may be gone already.
    if (plan === undefined || hardened.selfContained === best.hardened.selfContained) continue
    request.progress(`leaving out ${part}`)
    const seen = { baseline, operations, original }
    const tried = await runRound(request, seen, hardened, plan, request.before + rounds.length + 1 + index)
    const works = hasPassed(tried) && lostIn(tried).every((key) => usual.has(key))
    const over = works ? best : tried
    if (hasPassed(over)) await dropRound(over)
    if (!works) continue
    best = tried
    out.push(part)
  }
  request.times.lap('minimize')
  return { rounds: rounds.map((round) => (round === first ? best : round)), remarks: said(parts, out) }
}

function partsIn({ plan }: Round): readonly string[] {
  return plan.parts.map(({ name }) => name)
}

/** A program that goes on without its pid or lock file has lost nothing. */
function isLoss({ path }: Operation): boolean {
  return path === null || !/\.(pid|lock)$|\/(pid|lock|LOCK)$/.test(path)
}

function keyOf({ access, path }: Operation): string {
  return `${access} ${path}`
}

function said(parts: readonly string[], out: readonly string[]): readonly string[] {
  const kept = parts.filter((part) => !out.includes(part))
  return [
    ...out.map((part) => `left out, since it was shown to work without: ${part}`),
    ...(kept.length === 0 ? [] : [`shown to be needed: ${kept.join(', ')}`]),
  ]
}
