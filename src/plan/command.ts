import type { ImageFacts } from '../image/facts.ts'
import type { CommandChange } from './plan.ts'
import type { PortPlan } from './ports/plan-ports.ts'
import type { StepDownPlan } from './step-down/step-down-plan.ts'

/** ENTRYPOINT and CMD as they must become: ports moved in arguments, switches of user taken out. */
export function planCommand(facts: ImageFacts, ports: PortPlan, stepDown: StepDownPlan): CommandChange | null {
  const { config } = facts
  const { argv } = stepDown
  if ((ports.entrypoint ?? ports.cmd ?? argv.entrypoint ?? argv.cmd) === null) return null
  const entrypoint = ports.entrypoint ?? stepDown.argv.entrypoint ?? config.entrypoint
  const cmd = ports.cmd ?? stepDown.argv.cmd ?? config.cmd
  const entrypointMoved = !same(entrypoint, config.entrypoint)
  const cmdMoved = !same(cmd, config.cmd)
  if (!entrypointMoved && !cmdMoved) return null
  const reasons = [
    ...ports.decisions
      .filter((port) => port.to !== null && (ports.entrypoint !== null || ports.cmd !== null))
      .map((port) => `port ${port.from} becomes ${port.to}`),
    ...stepDown.argvReasons,
  ]
  return {
    entrypoint: entrypointMoved ? entrypoint : null,
    // A new ENTRYPOINT drops the CMD that the base image brings, so it is said again.
    cmd: cmdMoved || entrypointMoved ? cmd : null,
    reason: [...new Set(reasons)].join(', '),
    evidence: ports.decisions.flatMap((port) => port.evidence),
  }
}

function same(a: readonly string[] | null, b: readonly string[] | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
