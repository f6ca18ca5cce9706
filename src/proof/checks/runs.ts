import { listedPorts } from '../../report/many-ports.ts'
import type { ReportCheck } from '../../report/report.ts'
import { isWeb, type PortAnswer, variantsOf } from '../ask/answers.ts'
import type { RunRecord, StopRecord } from '../container/run-record.ts'
import { isExercised, type SmokeResult } from '../smoke/run-checks.ts'
import type { Check } from './check.ts'

export const liveness = {
  name: 'state',
  summary: 'it still runs, or ends with the same exit code',
  of: 'runs',
  compare(baseline: RunRecord, result: RunRecord): readonly ReportCheck[] {
    const before = describeState(baseline)
    const after = describeState(result)
    return [
      {
        name: baseline.state.running ? 'still running' : 'exit code',
        baseline: before,
        result: after,
        passed: before === after,
      },
    ]
  },
} satisfies Check

function describeState({ state }: Pick<RunRecord, 'state'>): string {
  if (state.running) return 'running'
  const error = state.error === '' ? '' : `: ${state.error.slice(0, 200)}`
  return `exit ${state.exitCode ?? '?'}${state.oomKilled ? ' (out of memory)' : ''}${error}`
}

export const health = {
  name: 'health-check',
  summary: 'the HEALTHCHECK reports the same',
  of: 'runs',
  compare(baseline: RunRecord, result: RunRecord): readonly ReportCheck[] {
    const before = baseline.state.health
    if (before === null) return []
    const after = result.state.health ?? 'none'
    return [{ name: 'health check', baseline: before, result: after, passed: before === after || after === 'healthy' }]
  },
} satisfies Check

/** What was asked of one start. */
type Answered = Pick<RunRecord, 'answers'>

function answered(baseline: Answered, result: Answered, moved: ReadonlyMap<number, number>): readonly ReportCheck[] {
  return baseline.answers
    .filter((answer) => answer.kind !== 'closed')
    .map((answer) => {
      const port = moved.get(answer.port) ?? answer.port
      const after = result.answers.find((other) => other.port === port && other.protocol === answer.protocol)
      const name = isWeb(answer.kind) ? `${answer.kind} :${port}/` : `${answer.protocol} :${port}`
      return {
        name,
        baseline: describe(answer),
        result: after === undefined ? 'closed' : describe(after),
        passed: after !== undefined && sameClass(answer, after),
      }
    })
}

function describe(answer: PortAnswer): string {
  return answer.detail === '' ? answer.kind : answer.detail
}

/**
 * What the original gives now and then, the result may give always. A port that accepts and says nothing can be one of
 * a server that is not up yet (it binds, then loads its applications): a page is no less than that, nor is an answer in its protocol.
 * Of a port that the original was not asked about no more is known than that it was open.
 */
function sameClass(before: PortAnswer, after: PortAnswer): boolean {
  if (before.unasked === true) return after.kind !== 'closed'
  const speaks = after.kind === 'spoken' || (isWeb(after.kind) && /^[23]/.test(after.detail))
  if (before.kind === 'open' && speaks) return true
  if (before.kind === 'bound' && after.kind === 'answer') return true
  const usual = new Set(variantsOf(before))
  if (after.kind === 'closed') return false
  const given = variantsOf(after)
  // Of a port that is nobody's address (kadmind's second one), once without an answer in time is a matter of what else it is asked.
  const spoken = given.filter((variant) => variant !== 'open' && variant !== 'bound')
  const counted = before.undeclared === true && spoken.length > 0 ? spoken : given
  return counted.every((variant) => usual.has(variant))
}

export const smoke = {
  name: 'your-checks',
  summary: 'your own checks pass in both',
  of: 'runs',
  compare(baseline: Pick<RunRecord, 'smoke'>, result: Pick<RunRecord, 'smoke'>): readonly ReportCheck[] {
    return baseline.smoke.map((before) => {
      const after = result.smoke.find(({ name }) => name === before.name)
      return {
        name: before.name,
        baseline: before.value,
        result: after?.value ?? 'not run',
        passed: before.passed && after?.passed === true && (!before.same || before.value === after.value),
      }
    })
  },
} satisfies Check

/** What the files around an image show or declare, where the original answers it. */
export const routes = {
  name: 'routes',
  summary: 'requests that a README, a health check, OpenAPI or the sources show are answered the same',
  of: 'runs',
  compare(baseline: RunRecord, result: RunRecord, moved: ReadonlyMap<number, number>): readonly ReportCheck[] {
    if (baseline.state.running && !result.state.running) return []
    return baseline.routes.filter(isExercised).map(({ request, port, values }) => {
      const after = result.routes.find((other) => other.request === request)?.values ?? []
      return {
        name: `${request.method} :${moved.get(port) ?? port}${request.path}`,
        baseline: values[0] ?? '',
        result: after.find((value) => !values.includes(value)) ?? after[0] ?? 'no answer',
        passed: after.length > 0 && after.every((value) => values.includes(value)),
      }
    })
  },
} satisfies Check

/** Stopped and started again it must come up no worse than the original does. */
export const restart = {
  name: 'second-start',
  summary: 'it comes up as well after a stop and a start',
  of: 'runs',
  compare(baseline: RunRecord, result: RunRecord, moved: ReadonlyMap<number, number>): readonly ReportCheck[] {
    const [before, after] = [baseline.restart, result.restart]
    if (before === null || after === null) return []
    const again = (name: string): SmokeResult | undefined => after.smoke.find((check) => check.name === name)
    const worse = [
      ...(before.state.running && !after.state.running ? [describeState(after)] : []),
      ...answered(before, after, moved)
        .filter(({ passed }) => !passed)
        .map(({ name, baseline: was, result: is }) => `${name}: ${is} for ${was}`),
      ...before.smoke
        .filter((check) => check.passed && check.counts === 'up' && again(check.name)?.passed !== true)
        .map(({ name }) => `${name}: ${again(name)?.value ?? 'not run'}`),
    ]
    return [
      {
        name: 'second start',
        baseline: before.state.running ? 'comes up again' : 'does not come up',
        result: worse.length === 0 ? 'comes up again' : `does not come up as before: ${listedPorts(worse)}`,
        passed: worse.length === 0,
      },
    ]
  },
} satisfies Check

/** What ends in time when it is asked to must still: else each `docker stop` takes ten seconds and cuts it off. */
export const stop = {
  name: 'stop',
  summary: 'it stops when it is asked to, as before',
  of: 'runs',
  compare({ stop: before }: RunRecord, { stop: after }: RunRecord): readonly ReportCheck[] {
    if (before === null || after === null) return []
    const text = (record: StopRecord): string => (record.byItself ? 'ends by itself' : 'has to be killed')
    const passed = after.byItself || !before.byItself
    return [{ name: 'when asked to stop', baseline: text(before), result: text(after), passed }]
  },
} satisfies Check

export const uids = {
  name: 'no-root',
  summary: 'none of its processes is root',
  of: 'runs',
  locks: true,
  compare(baseline: RunRecord, result: RunRecord): readonly ReportCheck[] {
    const after = uidsOf(result)
    // A job that ended before anybody looked ran as its USER says, which was not measured.
    const mayBeOver = !baseline.state.running && !result.state.running
    const passed = result.processes.length > 0 ? !after.includes(0) : mayBeOver
    return [
      {
        name: 'no root process',
        baseline: uidsOf(baseline).join(', ') || 'not seen',
        result: after.join(', ') || 'not seen',
        passed,
      },
    ]
  },
} satisfies Check

export const capabilities = {
  name: 'no-capability',
  summary: 'none of its processes has a capability',
  of: 'runs',
  locks: true,
  compare(baseline: RunRecord, result: RunRecord): readonly ReportCheck[] {
    const before = capabilitiesOf(baseline)
    const after = capabilitiesOf(result)
    const text = (list: readonly string[] | null): string =>
      list === null ? 'not readable' : list.length === 0 ? 'none' : list.join(', ')
    return [
      {
        name: 'no capability',
        baseline: text(before),
        result: text(after),
        passed: after !== null && after.length === 0,
      },
    ]
  },
} satisfies Check

/** Every uid of every process that was seen, ascending. */
export function uidsOf(record: RunRecord): readonly number[] {
  return [...new Set(record.processes.flatMap((process) => process.uids))].sort((a, b) => a - b)
}

/** Every capability of every process; null where one could not be read. */
export function capabilitiesOf(record: RunRecord): readonly string[] | null {
  const all = new Set<string>()
  for (const process of record.processes) {
    if (process.capabilities === null) return null
    for (const name of process.capabilities) all.add(name)
  }
  return [...all].sort()
}

export const ports = {
  name: 'ports',
  summary: 'each port is open and answers the same',
  of: 'runs',
  compare: answered,
} satisfies Check
