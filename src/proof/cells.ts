import type { RunSpec } from '../engine/engine.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { StagePlan } from '../plan/plan.ts'
import type { ReportCell } from '../report/report.ts'
import { compare } from './compare.ts'
import { runOnce } from './live.ts'
import type { ProveRequest } from './prove.ts'
import { writableMounts } from './read-only.ts'
import { besideOptions, type Round } from './round.ts'
import type { RunRecord } from './run-record.ts'
import { limits, lockedSpec } from './specs.ts'
import { tail } from './unfit.ts'

export interface Cells {
  readonly cells: readonly ReportCell[]
  readonly readOnly: boolean
  /** `/tmp`, `/run/nginx`: what a read-only root needs to be writable. */
  readonly writable: readonly string[]
}

/** Runs a result that passed under the other conditions it will meet; each is independent, so they run side by side. */
export async function runCells(
  request: ProveRequest,
  baseline: RunRecord,
  round: Round,
  original: RunRecord,
): Promise<Cells> {
  const plan = round.hardened.plan.stages.find((stage) => stage.stage === request.stage)
  const { image } = round
  const mounts = plan === undefined ? [] : mountsFor(plan, round, original, request.facts)
  const dropped: RunSpec = { image, capDrop: ['ALL'], noNewPrivileges: true }
  const readOnly = { ...lockedSpec(image), readOnly: true, mounts }
  const [plain, locked, frozen] = await Promise.all([
    cell(request, baseline, round, 'plain', limits({ image })),
    cell(request, baseline, round, 'capabilities dropped, no new privileges', limits(dropped)),
    cell(request, baseline, round, 'read-only root', readOnly),
  ])
  const { volumes } = request.facts.config
  return {
    cells: [
      plain,
      locked,
      { name: 'the same, low ports refused', outcome: 'pass', reason: 'the run that was compared' },
      { ...frozen, reason: frozen.outcome === 'pass' ? described(mounts) : frozen.reason },
      {
        name: 'fresh volume',
        outcome: volumes.length > 0 ? 'pass' : 'not asked',
        reason:
          volumes.length > 0 ? `${volumes.join(', ')}, new in the run that was compared` : 'it declares no volume',
      },
      { name: 'arbitrary uid, group 0', outcome: 'not asked', reason: 'only a platform that assigns uids needs it' },
    ],
    readOnly: frozen.outcome === 'pass',
    writable: mounts.map((mount) => mount.target),
  }
}

function mountsFor(
  plan: StagePlan,
  round: Round,
  original: RunRecord,
  facts: ImageFacts,
): ReturnType<typeof writableMounts> {
  if (plan.account === null) return []
  const operations = round.run?.traced?.trace?.operations ?? original.trace?.operations ?? []
  return writableMounts(operations, plan.grants, facts, plan.account)
}

async function cell(
  request: ProveRequest,
  baseline: RunRecord,
  round: Round,
  name: string,
  spec: RunSpec,
): Promise<ReportCell> {
  const options = besideOptions(request, baseline, round.moved)
  const record = await runOnce(request.engine, spec, { ...options, smoke: null, leavings: 'none' })
  const { checks } = compare({ ...baseline, smoke: null }, record, round.moved)
  const failed = checks.find((check) => !check.passed)
  if (failed === undefined) return { name, outcome: 'pass', reason: '' }
  const words = tail(record.logs)
  const reason = `${failed.name}: was ${failed.baseline}, is ${failed.result}${words === '' ? '' : `; its last words: ${words}`}`
  return { name, outcome: 'fail', reason }
}

function described(mounts: readonly { readonly type: string; readonly target: string }[]): string {
  if (mounts.length === 0) return 'nothing needs to be writable'
  return mounts.map(({ type, target }) => `${type} on ${target}`).join(', ')
}
