import { asFailure, HardenError } from '../errors.ts'
import type { TargetResult } from '../report/report.ts'
import type { Found } from '../workspace/discover.ts'
import type { WorkItem } from '../workspace/work-item.ts'
import type { Options, ProcessTarget, TargetOutcome, TaskHooks } from './task.ts'

/** What a run needs from the outside. */
export interface RunHooks extends TaskHooks {
  /** Text of a Dockerfile; throws HardenError `unreadable`. */
  readText(found: Found): Promise<string>
  /** Flags and the configuration nearest to the target; throws HardenError `bad-config`. */
  optionsFor(found: Found): Promise<Options>
  readonly processTarget: ProcessTarget
  /** Told of each outcome as soon as it is there, and waited for; absent: nobody asks. */
  finished?(outcome: TargetOutcome, index: number): Promise<void>
  /** For the targets, which are independent of each other. */
  readonly limiter: <T>(run: () => Promise<T>) => Promise<T>
}

/**
 * Works on all targets, and gives their outcomes in their order. Whatever stops one target is its own result, and the
 * others go on. Never throws; begins no other one when the signal is aborted.
 */
export async function run(found: readonly Found[], hooks: RunHooks): Promise<readonly TargetOutcome[]> {
  const outcomes = found.map((one, index) =>
    hooks.limiter(async () => {
      if (hooks.signal.aborted) return []
      const outcome = await runOne(one, hooks)
      await hooks.finished?.(outcome, index)
      return [outcome]
    }),
  )
  return (await Promise.all(outcomes)).flat()
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
    // It may be just what was left out that it could not do without.
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
  const { code, message, hint, line, cause } = asFailure(thrown)
  const result: TargetResult = {
    target,
    kind,
    verdict: 'failed',
    user: null,
    ports: [],
    stages: [],
    findings: [],
    output: '',
    changed: false,
    proof: null,
    error: { code, message, ...(hint === undefined ? {} : { hint }), ...(line === undefined ? {} : { line }) },
  }
  return { result, source: '', path, ...(code === 'bug' ? { bug: cause } : {}) }
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
