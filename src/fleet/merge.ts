import { HardenError } from '../errors.ts'
import type { Rendering } from '../report/format.ts'
import { type ReportProof, type TargetResult, targetFinding, tool } from '../report/report.ts'
import { joinAnd } from '../words.ts'
import { inPlanOrder, type PlanLine } from './plan.ts'

/** What a worker keeps of a target: enough to show it in each format. */
interface KeptResult {
  readonly tool: string
  readonly key: string
  readonly rendering: Rendering
}

/** A result without what differs from run to run: times, names with the number of a run, and which sign of a failure was seen first. */
export function keptText(key: string, { result, ...rendering }: Rendering): string {
  const kept: KeptResult = { tool, key, rendering: { ...rendering, result: stable(result) } }
  return JSON.stringify(kept)
}

function stable(result: TargetResult): TargetResult {
  const { services } = result
  return {
    ...result,
    proof: result.proof === null ? null : stableProof(result.proof),
    ...(services === undefined ? {} : { services: services.map(stable) }),
  }
}

/** Images that a proof builds are called after its session. */
const SESSION = /\bharden-image\/proof:[0-9a-f]{16}-\d+-/g

function stableProof(proof: ReportProof): ReportProof {
  const cells = proof.cells.map((cell) => (cell.outcome === 'fail' && !cell.required ? { ...cell, reason: '' } : cell))
  const text = JSON.stringify({ ...proof, cells, phases: [] }).replace(SESSION, 'harden-image/proof:')
  return JSON.parse(text) as ReportProof
}

/** Throws HardenError `unreadable` for what no worker of this version has written. */
function parseKept(text: string, key: string): KeptResult {
  const wrong = (what: string): HardenError =>
    new HardenError('unreadable', `the result ${key.slice(0, 12)} cannot be read: ${what}`, {
      hint: 'merge with the version that ran the fleet',
    })
  let kept: Partial<KeptResult> | null
  try {
    kept = JSON.parse(text) as Partial<KeptResult> | null
  } catch {
    throw wrong('it is not JSON')
  }
  const result: Partial<TargetResult> | undefined = kept?.rendering?.result
  if (typeof result?.target !== 'string' || typeof result.verdict !== 'string') throw wrong('it has no result')
  if (kept?.tool !== tool) throw wrong(`it was made by ${String(kept?.tool).slice(0, 60)}, and this is ${tool}`)
  return kept as KeptResult
}

/** Everything that a store has for one key. */
export interface Gathered {
  readonly key: string
  /** Final results, each once. */
  readonly results: readonly string[]
  /** Why it has no result yet; null for nothing. */
  readonly open: string | null
}

interface Merged {
  /** In the order of a plan. */
  readonly renderings: readonly Rendering[]
  /** Targets of the plan that nobody has a result of, in its order. */
  readonly missing: readonly string[]
  /** Targets whose runs gave different results. */
  readonly flaky: readonly string[]
}

/**
 * One report of what all workers have found, whoever did what. `lines`: of the plan; null: all that is there. Throws HardenError
 * `unreadable`.
 */
export function merged(gathered: readonly Gathered[], lines: readonly PlanLine[] | null): Merged {
  const found = new Map<string, { readonly target: string; readonly key: string; readonly rendering: Rendering }>()
  const flaky: string[] = []
  for (const { key, results: final, open } of gathered) {
    const kept = (final.length > 0 ? final : open === null ? [] : [open]).map((text) => parseKept(text, key))
    const [first, ...others] = kept
    if (first === undefined) continue
    const { target } = first.rendering.result
    if (others.length > 0) flaky.push(target)
    const results = kept.map(({ rendering }) => rendering.result)
    const rendering = others.length > 0 ? flakyOf(first.rendering, results) : first.rendering
    found.set(key, { target, key, rendering })
  }
  const wanted = lines === null ? [...found.values()] : lines.flatMap(({ key }) => found.get(key) ?? [])
  const missing = lines === null ? [] : inPlanOrder(lines).filter(({ key }) => !found.has(key))
  return {
    renderings: inPlanOrder(wanted).map(({ rendering }) => rendering),
    missing: missing.map(({ target }) => target),
    flaky: flaky.sort(),
  }
}

/** No result of several is believed, so the text stays as it is. */
function flakyOf(first: Rendering, results: readonly TargetResult[]): Rendering {
  const { target, kind, stages } = first.result
  const verdicts = [...new Set(results.map(({ verdict }) => verdict))].sort()
  const what = verdicts.length > 1 ? `its verdict (${joinAnd(verdicts)})` : `its ${joinAnd(differing(results))}`
  const hint = 'run it alone, and see what in it depends on time, chance or what else runs'
  return {
    source: first.source,
    path: first.path,
    ...(first.fromRoot === undefined ? {} : { fromRoot: first.fromRoot }),
    result: {
      target,
      kind,
      verdict: 'incomplete',
      user: null,
      ports: [],
      stages,
      findings: [
        targetFinding(
          'merge-results',
          'todo',
          `flaky: ${results.length} runs of the same inputs differ in ${what}`,
          hint,
        ),
      ],
      output: first.source,
      changed: false,
      proof: null,
    },
  }
}

/** The fields in which the reports differ; those of the proof by name. */
function differing(results: readonly TargetResult[]): readonly string[] {
  const names = [...new Set(results.flatMap((result) => Object.keys(result)))].sort()
  const differs = (of: (result: TargetResult) => unknown): boolean =>
    new Set(results.map((result) => JSON.stringify(of(result)))).size > 1
  return names.filter((name) => differs((result) => (result as unknown as Record<string, unknown>)[name]))
}
