import { failed } from '../app/run.ts'
import type { TargetOutcome } from '../app/task.ts'
import { HardenError } from '../errors.ts'
import type { Limiter } from '../proof/container/limiter.ts'
import type { Rendering } from '../report/format.ts'
import type { Found } from '../repository/discover.ts'
import { keptText } from './merge.ts'
import type { PlanLine } from './plan.ts'
import type { ResultStore } from './store.ts'

/** What the work on a shard needs from outside. */
export interface ShardHooks {
  readonly store: ResultStore
  /** The target of a line as it is here and now; null where it is gone. */
  find(line: PlanLine): Promise<Found | null>
  /** With the digests of the line. */
  keyOf(found: Found, line: PlanLine): Promise<string>
  /** Never throws. */
  work(found: Found, line: PlanLine): Promise<TargetOutcome>
  /** An image of the line that is another one here than when it was planned; null for none. */
  otherImage(line: PlanLine): Promise<string | null>
  show(outcome: TargetOutcome): Rendering
  readonly limiter: Limiter
  readonly signal: AbortSignal
  /** Told once a target is over: what is left of the shard to do. */
  told(line: PlanLine, about: ToldOfTarget): void
}

/** `done`: it has a result now; `there`: it had one; `open`: it has none yet. */
export interface ToldOfTarget {
  readonly how: 'done' | 'there' | 'open'
  /** Absent where it had a result. */
  readonly outcome?: TargetOutcome
}

/** How many workers a target may end before nobody begins with it any more. */
const mostDeaths = 3

/**
 * Works on the lines of a shard, and keeps the result of each as soon as it is there. What has one is left alone, so that to begin again
 * is to go on. A target in the midst of which a worker was ended comes last and alone: the next time that shows whose fault it was,
 * and the third time is its result. Never throws but HardenErrors of the store; begins nothing more when the signal is aborted.
 */
export async function workShard(lines: readonly PlanLine[], hooks: ShardHooks): Promise<void> {
  const { store, signal } = hooks
  const suspects: { readonly line: PlanLine; readonly deaths: number }[] = []
  const fresh = lines.map((line) =>
    hooks.limiter(async () => {
      if (signal.aborted) return
      if (await store.has(line.key)) return hooks.told(line, { how: 'there' })
      const deaths = await store.deaths(line.key)
      if (deaths > 0) suspects.push({ line, deaths })
      else await workLine(line, hooks)
    }),
  )
  await Promise.all(fresh)
  for (const { line } of suspects.sort((a, b) => a.deaths - b.deaths)) {
    if (signal.aborted) return
    if (await store.has(line.key)) hooks.told(line, { how: 'there' })
    // Others may have been at it meanwhile.
    else if ((await store.deaths(line.key)) >= mostDeaths) await keep(line, failedOf(line, poison), hooks)
    else await workLine(line, hooks)
  }
}

const poison = new HardenError('poison', `poison: ${mostDeaths} workers were ended in the midst of it`, {
  hint: 'run it alone, and look at how much memory and time it takes',
})

async function workLine(line: PlanLine, hooks: ShardHooks): Promise<void> {
  const attempt = await hooks.store.begin(line.key)
  const outcome = await outcomeOf(line, hooks)
  if (hooks.signal.aborted) return attempt.end()
  const { error } = outcome.result
  if (error !== undefined && OF_THE_MACHINE.has(error.code)) {
    await hooks.store.setOpen(line.key, keptText(line.key, hooks.show(outcome)))
    await attempt.end()
    hooks.told(line, { how: 'open', outcome })
    return
  }
  await keep(line, outcome, hooks)
}

/** Reasons why there is no result yet, and may be one later or on another machine. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set(['changed', 'no-engine', 'engine-failed', 'timeout', 'no-registry'])

async function keep(line: PlanLine, outcome: TargetOutcome, { store, show, told }: ShardHooks): Promise<void> {
  await store.add(line.key, keptText(line.key, show(outcome)))
  told(line, { how: 'done', outcome })
}

/** The result of a target that differs from the planned one does not count. */
async function outcomeOf(line: PlanLine, hooks: ShardHooks): Promise<TargetOutcome> {
  try {
    const found = await hooks.find(line)
    if (found === null) return failedOf(line, changed('it is not here any more', line))
    if ((await hooks.keyOf(found, line)) !== line.key)
      return failedOf(line, changed('its files or settings are not those that the plan was made of', line))
    const outcome = await hooks.work(found, line)
    const image = hooks.signal.aborted ? null : await hooks.otherImage(line)
    return image === null ? outcome : failedOf(line, changed(`${image} is another image now`, line))
  } catch (error) {
    return failedOf(line, error)
  }
}

function changed(what: string, { repository }: PlanLine): HardenError {
  const where = repository === null ? 'put back what it was made of' : `check out ${repository}`
  return new HardenError('changed', `changed since the plan: ${what}`, { hint: `${where}, or make the plan again` })
}

function failedOf(line: PlanLine, error: unknown): TargetOutcome {
  return failed(line, line.path, error)
}
