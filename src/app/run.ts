import { asFailure, HardenError } from '../errors.ts'
import { isRootUser } from '../image/accounts.ts'
import { failedResult, hasFailed, type TargetResult } from '../report/report.ts'
import type { Found } from '../repository/discover.ts'
import type { NeighbourImage, WorkItem } from '../repository/work-item.ts'
import type { Options, ProcessTarget, TargetOutcome, TaskHooks } from './task.ts'

/** The ports of a run to the outside. */
export interface RunHooks extends TaskHooks {
  /** Text of a Dockerfile; throws HardenError `unreadable`. */
  readText(found: Found): Promise<string>
  /** Flags and the configuration nearest to the target; throws HardenError `bad-config`. */
  optionsFor(found: Found): Promise<Options>
  readonly processTarget: ProcessTarget
  /** Receives each outcome as soon as it is there, and is waited for; absent: nobody. */
  finished?(outcome: TargetOutcome, index: number): Promise<void>
  /** For the targets, which are independent of each other. */
  readonly limiter: <T>(run: () => Promise<T>) => Promise<T>
}

/**
 * Works on all targets, and gives their outcomes in their order. One that is built upon what another one makes waits for it, and is worked on
 * as that makes it. Whatever stops one target is its own result, and the others go on. Never throws; begins no other one when the signal is
 * aborted.
 */
export async function run(found: readonly Found[], hooks: RunHooks): Promise<readonly TargetOutcome[]> {
  const basesOf = basesAmong(found)
  const paths = new Set(found.map(({ path }) => path))
  const begun = new Map<number, Promise<TargetOutcome | null>>()
  const begin = (one: Found, index: number): Promise<TargetOutcome | null> => {
    const before = begun.get(index)
    if (before !== undefined) return before
    const bases = basesOf.get(index) ?? []
    const work = (target: Found) =>
      hooks.limiter(async () => {
        if (hooks.signal.aborted) return null
        const outcome = await runOne(target, hooks)
        await hooks.finished?.(outcome, index)
        return outcome
      })
    const outcome =
      bases.length === 0
        ? work(amongTargets(one, paths))
        : Promise.all(bases.map((base) => begin(found[base] ?? one, base))).then((outcomes) =>
            work(uponResults(amongTargets(one, paths), outcomes)),
          )
    begun.set(index, outcome)
    return outcome
  }
  const outcomes = await Promise.all(found.map(begin))
  return outcomes.flatMap((outcome) => outcome ?? [])
}

/** For each target the indexes of the targets that build its base images; in a circle the first waits for the others. */
function basesAmong(found: readonly Found[]): ReadonlyMap<number, readonly number[]> {
  const byPath = new Map(found.flatMap(({ path }, index) => (path === null ? [] : [[path, index] as const])))
  const all = new Map(
    found.flatMap(({ surroundings }, index) => {
      const paths = pathsOf(surroundings?.bases ?? new Map())
      const bases = [...paths].flatMap((path) => byPath.get(path) ?? []).filter((base) => base !== index)
      return bases.length === 0 ? [] : [[index, bases] as const]
    }),
  )
  const order = new Map<number, number>()
  const seen = new Set<number>()
  const visit = (index: number): void => {
    if (seen.has(index)) return
    seen.add(index)
    for (const base of all.get(index) ?? []) visit(base)
    order.set(index, order.size)
  }
  for (const index of all.keys()) visit(index)
  const isBefore = (one: number, other: number): boolean => (order.get(one) ?? 0) < (order.get(other) ?? 0)
  return new Map([...all].map(([index, bases]) => [index, bases.filter((base) => isBefore(base, index))]))
}

function pathsOf(bases: ReadonlyMap<string, NeighbourImage>): ReadonlySet<string> {
  return new Set([...bases.values()].flatMap((base) => [base.path, ...pathsOf(base.bases)]))
}

/** Marks which of its children are worked on as well. */
function amongTargets(one: Found, paths: ReadonlySet<string | null>): Found {
  const { surroundings } = one
  if (surroundings === undefined || surroundings.children.length === 0) return one
  const children = surroundings.children.map((child) => ({ ...child, isTarget: paths.has(child.path) }))
  return { ...one, surroundings: { ...surroundings, children } }
}

/** The base images as the results of other targets make them. A target that has not passed its proof stays as it was. */
function uponResults(one: Found, outcomes: readonly (TargetOutcome | null)[]): Found {
  const made = new Map(
    outcomes.flatMap((outcome) =>
      outcome === null || outcome.path === null || hasFailed(outcome.result) ? [] : [[outcome.path, outcome] as const],
    ),
  )
  if (one.surroundings === undefined || made.size === 0) return one
  const changed = (bases: ReadonlyMap<string, NeighbourImage>): ReadonlyMap<string, NeighbourImage> =>
    new Map(
      [...bases].map(([reference, base]) => {
        const outcome = made.get(base.path)
        const becomes = outcome?.result.changed === true ? (outcome.selfContained ?? outcome.result.output) : null
        const endsAs = outcome === undefined ? null : newUserOf(outcome.result, base.target)
        return [
          reference,
          {
            ...base,
            bases: changed(base.bases),
            ...(becomes === null ? {} : { becomes }),
            ...(endsAs === null ? {} : { endsAs }),
          },
        ]
      }),
    )
  return { ...one, surroundings: { ...one.surroundings, bases: changed(one.surroundings.bases) } }
}

/** As whom a stage ends that was root before; null where it was not, or stays root. */
function newUserOf({ stages, findings }: TargetResult, target: string | null): string | null {
  const isOffered = findings.some(({ transform, outcome }) => transform === 'set-user' && outcome === 'offered')
  const stage =
    target === null
      ? stages.at(-1)
      : stages.find(({ name, index }) => [name, String(index)].includes(target.toLowerCase()))
  if (stage === undefined || isOffered || !isRootUser(stage.userBefore) || isRootUser(stage.userAfter)) return null
  return stage.userAfter
}

async function runOne({ error, ...found }: Found, hooks: RunHooks): Promise<TargetOutcome> {
  let notes: Options['notes'] = []
  try {
    if (error) throw error
    const text = found.kind === 'dockerfile' ? await hooks.readText({ ...found, error }) : null
    const item: WorkItem = { ...found, text }
    const options = await hooks.optionsFor({ ...found, error })
    notes = options.notes
    return withNotes(await hooks.processTarget(item, options, hooks), notes)
  } catch (thrown) {
    const error = thrown instanceof HardenError ? withOtherReading(found, thrown) : thrown
    // The target may fail because of the very change that was left out.
    return withNotes(failed(found, found.path, error), notes)
  }
}

function withNotes(outcome: TargetOutcome, notes: Options['notes'] = []): TargetOutcome {
  const { result } = outcome
  return notes.length === 0 ? outcome : { ...outcome, result: { ...result, findings: [...result.findings, ...notes] } }
}

/** The outcome of a target that could not be worked on, whatever was thrown. */
export function failed(
  { target, kind }: Pick<WorkItem, 'target' | 'kind'>,
  path: string | null,
  thrown: unknown,
): TargetOutcome {
  const failure = asFailure(thrown)
  const result = failedResult(target, kind, failure)
  return { result, source: '', path, ...(failure.code === 'bug' ? { bug: failure.cause } : {}) }
}

/** A folder that was mistyped reads as an image on Docker Hub: say that no such folder was there. */
function withOtherReading(found: Omit<WorkItem, 'text'>, error: HardenError): HardenError {
  const { target } = found
  if (
    found.kind !== 'image' ||
    !['no-image', 'no-registry'].includes(error.code) ||
    !/^[a-z0-9._-]+(\/[a-z0-9._-]+)*$/.test(target)
  )
    return error
  const other = `no file or folder ${target} exists either`
  return new HardenError(error.code, error.message, {
    hint: error.hint ? `${error.hint}; ${other}` : other,
    ...(error.line === undefined ? {} : { line: error.line }),
    cause: error,
  })
}
