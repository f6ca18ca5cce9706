import { WORKDIR } from '../../plan/grants/spare.ts'
import type { Operation } from '../../plan/operation.ts'
import type { Part } from '../../plan/plan.ts'
import { stagePlanOf } from '../../plan/stage-plan.ts'
import { tail } from '../compare/unfit.ts'
import { hasPassed, type Round } from '../round.ts'

/**
 * What a round changed in the program's own settings, and that did not help: it fails just as the round before did, in
 * the same checks and with the same last words. Such changes are taken back; grants are not, they have a ladder.
 */
export function uselessCures(before: Round | null, now: Round, stage: number): readonly string[] {
  if (before === null || hasPassed(now) || before.run === null || now.run === null) return []
  if (failureOf(before.run) !== failureOf(now.run)) return []
  const known = new Set(curesOf(before, stage).map(({ name }) => name))
  return curesOf(now, stage).flatMap(({ name }) => (known.has(name) ? [] : [name]))
}

/** It does not work where it starts now, and nothing that it was refused says why: what it needs lies where it started. */
export function movedInVain(now: Round, stage: number, news: readonly Operation[]): readonly string[] {
  const isMoved = stagePlanOf(now.hardened.plan, stage)?.workdir !== undefined
  return isMoved && !hasPassed(now) && news.length === 0 ? [WORKDIR] : []
}

function curesOf({ hardened }: Round, stage: number): readonly Part[] {
  const plan = stagePlanOf(hardened.plan, stage)
  return (plan?.parts?.() ?? []).filter(({ kind }) => kind === 'cure')
}

/** Numbers differ from run to run: process ids, times. */
function failureOf({ comparison, record }: NonNullable<Round['run']>): string {
  const failed = comparison.checks.filter(({ passed }) => !passed).map(({ name, result }) => `${name}: ${result}`)
  return [...failed, tail(record.logs)].join('\n').replace(/\d+/g, '0')
}
