import type { Mount } from '../../engine/engine.ts'
import type { ReportCell } from '../../report/report.ts'
import { compare } from '../checks/index.ts'
import type { RunRecord } from '../container/run-record.ts'
import {
  type Condition,
  type ConditionsRequest,
  type FirstCondition,
  type FirstConditionsRequest,
  notAsked,
  outcomeOf,
  passed,
} from './condition.ts'
import {
  arbitraryUser,
  dropped,
  filledVolume,
  freshVolume,
  lowPorts,
  migratedVolume,
  plain,
  podVolume,
  readOnly,
} from './conditions.ts'

/** In the order of the report. Each is independent of the others, so they run side by side. */
export const CONDITIONS: readonly Condition[] = [
  plain,
  dropped,
  lowPorts,
  readOnly,
  arbitraryUser,
  freshVolume,
  filledVolume,
  migratedVolume,
  podVolume,
]

const COMPARED = 'the run that was compared'

export interface FirstConditions {
  /** By the name of the condition. */
  readonly cells: ReadonlyMap<string, ReportCell>
  /** What a read-only root was expected to need. */
  readonly mounts: readonly Mount[]
}

export interface Conditions {
  readonly cells: readonly ReportCell[]
  readonly readOnly: boolean
  /** `/tmp`, `/run/nginx`: what a read-only root needs to be writable. */
  readonly writable: readonly string[]
}

/** Those that need not wait, beside whatever else the result is asked at that time. */
export async function runFirstConditions(request: FirstConditionsRequest): Promise<FirstConditions> {
  const cells = await Promise.all(
    CONDITIONS.map(async (condition) =>
      condition.when === 'end' ? [] : [[condition.name, await runFirst(condition, request)] as const],
    ),
  )
  return { cells: new Map(cells.flat()), mounts: request.mounts }
}

/** Runs a result that passed under the conditions that are left. */
export async function runConditions(request: ConditionsRequest, first: FirstConditions): Promise<Conditions> {
  const asExpected = isSame(first.mounts, request.mounts)
  const running = new Map<string, Promise<ReportCell | null>>()
  const run = async (condition: Condition): Promise<ReportCell | null> => {
    if (condition.when === 'end') return condition.run(request, (await running.get(condition.after ?? '')) ?? null)
    const known = condition.usesMounts !== true || asExpected ? first.cells.get(condition.name) : undefined
    return known ?? runFirst(condition, request)
  }
  for (const condition of CONDITIONS) running.set(condition.name, run(condition))
  const cells = await Promise.all(running.values())
  return resultOf(
    cells.filter((cell) => cell !== null),
    request.mounts,
  )
}

/** The same where the result wrote elsewhere too by the end: without these mounts it would fail then. */
export async function withMounts(
  request: ConditionsRequest,
  conditions: Conditions,
  mounts: readonly Mount[],
): Promise<Conditions> {
  if (!conditions.readOnly || isSame(mounts, request.mounts)) return conditions
  const again = await readOnly.run({ ...request, mounts })
  return resultOf(
    conditions.cells.map((cell) => (cell.name === again.name ? again : cell)),
    mounts,
  )
}

/**
 * For a result that does not do what the original did: which of the first conditions it is that it cannot stand. A low
 * port that stays fails here under the third alone. `first`: where they were run already.
 */
export async function failingConditions(
  request: ConditionsRequest,
  compared: RunRecord,
  first: FirstConditions | null,
): Promise<Conditions> {
  const outcome = outcomeOf(compare(request.baseline, compared, request.moved), request.baseline, compared)
  const why = 'it does not do what the original does in the run that was compared'
  const cells = await Promise.all(
    CONDITIONS.map((condition) => {
      const { name, when } = condition
      if (when === 'end') return unlessOptional(condition, why)
      if (when === 'cause' && !condition.isCompared(request)) return first?.cells.get(name) ?? condition.run(request)
      return condition.isRequired(request) ? { name, required: true, ...outcome } : notAsked(name, why)
    }),
  )
  return { cells: cells.filter((cell) => cell !== null), readOnly: false, writable: [] }
}

/** Those that every proof has, whatever came of them. `alwaysRequired`: a proof that passed has passed them. */
export function knownConditions(): readonly { readonly name: string; readonly alwaysRequired: boolean }[] {
  return noConditions('').cells.map(({ name }) => ({
    name,
    alwaysRequired: name === plain.name || name === dropped.name,
  }))
}

/** All of them, where there was nothing to run. */
export function noConditions(reason: string): Conditions {
  const cells = CONDITIONS.map((condition) => unlessOptional(condition, reason))
  return { cells: cells.filter((cell) => cell !== null), readOnly: false, writable: [] }
}

async function runFirst(condition: FirstCondition, request: FirstConditionsRequest): Promise<ReportCell> {
  return condition.isCompared(request) ? passed(condition.name, COMPARED) : condition.run(request)
}

function unlessOptional(condition: Condition, reason: string): ReportCell | null {
  const isOptional = condition.when === 'end' && condition.isOptional === true
  return isOptional ? null : notAsked(condition.name, reason)
}

function resultOf(cells: readonly ReportCell[], mounts: readonly Mount[]): Conditions {
  const isReadOnly = cells.some(({ name, outcome }) => name === readOnly.name && outcome === 'pass')
  return { cells, readOnly: isReadOnly, writable: mounts.map(({ target }) => target) }
}

function isSame(some: readonly Mount[], others: readonly Mount[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others)
}
