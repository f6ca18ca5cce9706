import type { Engine, RunSpec } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import type { Hardened } from '../harden.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { Operation } from '../plan/operation.ts'
import type { StagePlan } from '../plan/plan.ts'
import { FIRST_UNPRIVILEGED_PORT } from '../plan/ports.ts'
import type { Observation } from '../plan/stage-input.ts'
import type { ReportProof } from '../report/report.ts'
import { capabilitiesOf, compare, uidsOf, type Comparison } from './compare.ts'
import { observationOf } from './observation.ts'
import { refusalLines, refusalsIn } from './refusals.ts'
import { runOnce, type RunOptions } from './run.ts'
import type { RunRecord } from './run-record.ts'

const MOST_ROUNDS = 5
const BASELINE_PATIENCE = 30_000
const MEMORY = 2 * 1024 ** 3
const PIDS = 512

export interface ProveRequest {
  readonly engine: Engine
  /** The original as an image of the engine. */
  readonly baseline: string
  readonly facts: ImageFacts
  /** Plans and writes again with what was learned. */
  readonly harden: (observation: Observation) => Hardened
  /** Builds a resulting text; gives the image's tag. */
  readonly build: (text: string, round: number) => Promise<string>
  /** The stage that is built. */
  readonly stage: number
  readonly smoke: string | null
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

export interface Proof {
  readonly hardened: Hardened
  /** Null where there was nothing to prove: it runs as non-root already, or must keep root. */
  readonly report: ReportProof | null
  /** Why it did not pass, one sentence each; empty when it did. */
  readonly failures: readonly string[]
  /** Tag of the image that passed; null where none did. */
  readonly image: string | null
}

/** Runs the original, plans from what it did, builds, runs the result locked down beside it, and goes round until it works. */
export async function prove(request: ProveRequest): Promise<Proof> {
  const { engine, facts } = request
  request.progress(`running ${request.baseline} as it is`)
  const exposed = facts.config.exposedPorts.filter((port) => port.protocol === 'tcp').map((port) => port.port)
  const baseline = await runOnce(engine, limits({ image: request.baseline }), {
    ...runOptions(request, new Map(exposed.map((port) => [port, port]))),
    ports: exposed,
    patience: BASELINE_PATIENCE,
    kinds: true,
  })
  const observation = observationOf(baseline, facts)
  const unfit = unfitBaseline(baseline, exposed)
  const rounds: Round[] = []
  let operations: readonly Operation[] = []
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    const hardened = request.harden({ ...observation, operations: [...observation.operations, ...operations] })
    const plan = hardened.plan.stages.find((stage) => stage.stage === request.stage)
    if (plan === undefined || plan.outcome !== 'harden') return { hardened, report: null, failures: [], image: null }
    if (unfit !== null)
      return { hardened, report: report(request, baseline, null, [unfit]), failures: [unfit], image: null }
    if (rounds.some((other) => other.hardened.result.output === hardened.result.output)) break
    rounds.push(await runRound(request, baseline, hardened, plan, round))
    const current = rounds.at(-1)
    if (current === undefined) break
    const learned = learnedFrom(current, baseline, facts.config.workdir, operations)
    if (learned.length === 0) break
    operations = [...operations, ...learned]
  }
  const best = rounds.findLast((round) => round.comparison.parity && round.comparison.locked) ?? rounds.at(-1)
  if (best === undefined) throw new HardenError('engine-failed', 'the proof made no round')
  return conclude(request, baseline, best, rounds.length)
}

interface Round {
  readonly hardened: Hardened
  readonly image: string
  readonly record: RunRecord
  readonly comparison: Comparison
  readonly moved: ReadonlyMap<number, number>
  readonly addedBytes: number
}

async function runRound(
  request: ProveRequest,
  baseline: RunRecord,
  hardened: Hardened,
  plan: StagePlan,
  round: number,
): Promise<Round> {
  const { engine } = request
  request.progress(`round ${round}: building`)
  const image = await request.build(hardened.result.output, round)
  const moved = new Map(plan.ports.flatMap((port) => (port.to === null ? [] : [[port.from, port.to] as const])))
  const expected = baseline.answers
    .filter((answer) => answer.protocol === 'tcp' && answer.kind !== 'closed')
    .map((answer) => moved.get(answer.port) ?? answer.port)
  request.progress(`round ${round}: running it without root, capabilities or new privileges`)
  const names = new Map(baseline.answers.map((answer) => [answer.port, moved.get(answer.port) ?? answer.port]))
  const record = await runOnce(engine, lockedSpec(image), {
    ...runOptions(request, names),
    ports: expected,
    patience: Math.max(10_000, baseline.readyAfter * 3 + 5000),
  })
  const [before, after] = [await engine.inspectImage(request.baseline), await engine.inspectImage(image)]
  return {
    hardened,
    image,
    record,
    comparison: compare(baseline, record, moved),
    moved,
    addedBytes: (after?.size ?? 0) - (before?.size ?? 0),
  }
}

/** Ports below 1024 are refused as they are where no runtime lifts the limit (FACTS 18). */
export function lockedSpec(image: string): RunSpec {
  return limits({
    image,
    capDrop: ['ALL'],
    noNewPrivileges: true,
    sysctls: { 'net.ipv4.ip_unprivileged_port_start': String(FIRST_UNPRIVILEGED_PORT) },
  })
}

function limits(spec: RunSpec): RunSpec {
  return { ...spec, memoryBytes: MEMORY, pidsLimit: PIDS }
}

function runOptions(
  request: ProveRequest,
  portNames: ReadonlyMap<number, number>,
): Pick<RunOptions, 'smoke' | 'signal' | 'portNames'> {
  return { smoke: request.smoke, signal: request.signal, portNames }
}

/** A baseline that does nothing proves nothing. */
function unfitBaseline(baseline: RunRecord, exposed: readonly number[]): string | null {
  const { state, answers } = baseline
  const lastLines = tail(baseline.logs)
  if (state.error !== '') return `the original does not start: ${state.error}`
  if (!state.running && state.exitCode !== 0)
    return `the original itself ends with exit code ${state.exitCode ?? '?'}, so there is nothing to compare with${lastLines}`
  if (state.running && exposed.length > 0 && answers.every((answer) => answer.kind === 'closed')) {
    return `the original never answers on ${exposed.join(', ')}, which it exposes, so there is nothing to compare with${lastLines}`
  }
  if (baseline.smoke !== null && baseline.smoke.exitCode !== 0)
    return `the smoke test already fails on the original (exit code ${baseline.smoke.exitCode}): ${baseline.smoke.output.trim().slice(-300)}`
  return null
}

function tail(logs: string): string {
  const lines = logs
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-3)
  return lines.length === 0 ? '' : `; its last words: ${lines.join(' | ').slice(0, 400)}`
}

/** Refusals that this round brought to light: all when it failed, new lines beside the baseline's when it passed. */
function learnedFrom(
  round: Round,
  baseline: RunRecord,
  workdir: string,
  known: readonly Operation[],
): readonly Operation[] {
  const text = `${round.record.state.error}\n${round.record.logs}\n${round.record.logFiles}`
  const usual = new Set(refusalLines(`${baseline.logs}\n${baseline.logFiles}`))
  const lines = text.split('\n').filter((line) => !usual.has(line.trim().replace(/\d+/g, '0')))
  const passed = round.comparison.parity && round.comparison.locked
  const relevant = passed ? lines.filter((line) => refusalLines(line).length > 0) : lines
  const seen = new Set(known.map((operation) => `${operation.access} ${operation.path}`))
  return (
    refusalsIn(relevant.join('\n'), workdir)
      .filter((operation) => !seen.has(`${operation.access} ${operation.path}`))
      // A program that works does without what it wanted to remove: a pid file at its end, mostly.
      .filter((operation) => !passed || operation.access !== 'remove')
  )
}

function conclude(request: ProveRequest, baseline: RunRecord, best: Round, rounds: number): Proof {
  const passed = best.comparison.parity && best.comparison.locked
  const remarks: string[] = []
  if (best.record.listeners === null)
    remarks.push('the ports could not be looked at from here, so they were not compared')
  if (best.record.processes.length === 0) remarks.push('it ended before its processes could be looked at')
  const usual = new Set(refusalLines(`${baseline.logs}\n${baseline.logFiles}`))
  const news = refusalLines(`${best.record.logs}\n${best.record.logFiles}`).filter((line) => !usual.has(line))
  if (passed && news.length > 0) remarks.push(`it works, and logs a refusal that the original did not: ${news[0]}`)
  const failures = passed
    ? []
    : best.comparison.checks
        .filter((check) => !check.passed)
        .map((check) => `${check.name}: was ${check.baseline}, is ${check.result}`)
        .concat(tail(best.record.logs) === '' ? [] : [`the result's${tail(best.record.logs).replace('; its', '')}`])
  return {
    hardened: best.hardened,
    report: report(request, baseline, { round: best, rounds }, remarks),
    failures,
    image: passed ? best.image : null,
  }
}

function report(
  request: ProveRequest,
  baseline: RunRecord,
  result: { readonly round: Round; readonly rounds: number } | null,
  remarks: readonly string[],
): ReportProof {
  const comparison = result?.round.comparison
  return {
    engine: request.engine.version,
    rounds: result?.rounds ?? 0,
    passed: comparison !== undefined && comparison.parity && comparison.locked,
    parity: comparison?.parity ?? false,
    baseline: { image: request.baseline, uids: uidsOf(baseline), capabilities: capabilitiesOf(baseline) },
    result:
      result === null
        ? null
        : {
            image: result.round.image,
            uids: uidsOf(result.round.record),
            capabilities: capabilitiesOf(result.round.record),
            noNewPrivileges:
              result.round.record.processes.length > 0 &&
              result.round.record.processes.every((process) => process.noNewPrivileges === true),
            readOnlyRootfs: false,
            tmpfs: [],
            addedBytes: result.round.addedBytes,
          },
    checks: comparison?.checks ?? [],
    remarks,
  }
}
