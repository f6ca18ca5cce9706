import type { EnvSetting } from '../evidence/claim.ts'
import type { ImageFacts } from '../image/facts.ts'
import { includedHome } from './grants/excluded-parts.ts'
import type { HomePlan } from './home.ts'
import type { CommandChange, StagePlan } from './plan.ts'
import type { PlanContext } from './plan-context.ts'
import type { PortPlan } from './ports/plan-ports.ts'
import type { StepDownPlan } from './step-down/step-down-plan.ts'

export interface StartCommand extends Pick<StagePlan, 'inService'> {
  readonly command: CommandChange | null
  readonly env: readonly EnvSetting[]
}

/** ENTRYPOINT, CMD and ENV as they must become. What a service sets has to change in the service: the image has no say there. */
export function startCommand(
  { input, stepDown, excluded }: PlanContext,
  ports: PortPlan,
  home: HomePlan,
): StartCommand {
  const { facts, overlay, stated, vendor } = input
  const command = planCommand(facts, ports, stepDown)
  const env = [...ports.env, ...vendor.env, ...stated.env, ...includedHome(home.env, excluded)]
  if (overlay === undefined) return { command, env }
  const isSaid = overlay.entrypoint !== null || overlay.command !== null
  const ofService = env.filter(({ name }) => overlay.env.has(name))
  return {
    command: isSaid ? null : command,
    env: env.filter(({ name }) => !overlay.env.has(name)),
    inService: { command: isSaid ? command : null, env: ofService },
  }
}

/** ENTRYPOINT and CMD as they must become: ports moved in arguments, switches of user taken out. */
function planCommand(facts: ImageFacts, ports: PortPlan, stepDown: StepDownPlan): CommandChange | null {
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
