import type { ImageFacts } from '../../image/facts.ts'
import type { Ground } from '../ground.ts'
import type { StepDownPlan } from '../step-down/step-down-plan.ts'
import { daemonMove } from './daemon-move.ts'
import { helpMove } from './help-move.ts'
import { type PortPlan, planPorts } from './plan-ports.ts'

/** The low ports of a stage: seen by a run, or said by its instructions, files and what its vendor lists. */
export function stagePorts({ input, policy, stated, readable, stepDown, spared, report }: Ground): PortPlan {
  const { observation, vendor } = input
  const { started } = report
  const keptBy = input.ignored?.get('raise-ports')
  return planPorts({
    facts: withCommand(readable, stepDown.argv),
    ...(keptBy === undefined ? { policy: policy.ports } : { policy: 'keep', keptBy }),
    bound: observation?.bound ?? null,
    programs: observation?.programs ?? stated.programs,
    opened: observation?.opened ?? null,
    vendor: (port) => vendor.moves.get(port) ?? null,
    listed: (port) => (observation === null ? (vendor.ports.get(port) ?? null) : null),
    isShipped: stated.isShipped,
    scripts: observation === null ? [] : report.scripts,
    spared,
    daemon: (from, to, command) =>
      daemonMove(
        vendor.daemonPorts,
        { facts: readable, seen: observation?.programs ?? [] },
        { command, started },
        from,
        to,
      ),
    help: (from, to, command) => helpMove(observation?.help ?? null, { command, started }, from, to),
    stock: observation === null ? stated.moves : new Map(),
  })
}

/** Ports are moved in the command as it becomes, without its switch of user. */
function withCommand(facts: ImageFacts, argv: StepDownPlan['argv']): ImageFacts {
  const { config } = facts
  if (argv.entrypoint === null && argv.cmd === null) return facts
  return {
    ...facts,
    config: { ...config, entrypoint: argv.entrypoint ?? config.entrypoint, cmd: argv.cmd ?? config.cmd },
  }
}
