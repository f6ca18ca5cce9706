import { bounds } from '../../bounds.ts'
import { mergeByFile } from '../../evidence/file-edit.ts'
import type { EnvSetting, FileEdit, PortDecision } from '../plan.ts'
import { type Before, decidePort } from './decide-port.ts'
import { lowPorts } from './low-ports.ts'
import type { Command } from './port-search.ts'
import type { PortSources } from './port-sources.ts'

/**
 * Where ports are moved: what to do about each low one, and the changes that this takes. Entrypoint and command are those
 * after the move; null where they stay.
 */
export interface PortPlan extends Command {
  readonly decisions: readonly PortDecision[]
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
}

/** Decides for every low port. */
export function planPorts(sources: PortSources): PortPlan {
  const { entrypoint, cmd } = sources.facts.config
  let before: Before = { decisions: [], command: { entrypoint, cmd } }
  const fileEdits: FileEdit[] = []
  const env: EnvSetting[] = []
  const beyond: PortSources = {
    ...sources,
    policy: 'keep',
    keptBy: `no more than ${bounds.movedPorts} low ports are looked for`,
  }
  for (const [index, port] of lowPorts(sources).entries()) {
    const decided = decidePort(port, index < bounds.movedPorts ? sources : beyond, before)
    if (decided === null) continue
    before = { decisions: [...before.decisions, decided.decision], command: decided.command }
    fileEdits.push(...decided.fileEdits)
    env.push(...decided.env)
  }
  const { decisions, command } = before
  return {
    decisions,
    fileEdits: mergeByFile(fileEdits),
    env,
    entrypoint: isSame(command.entrypoint, entrypoint) ? null : command.entrypoint,
    cmd: isSame(command.cmd, cmd) ? null : command.cmd,
  }
}

function isSame(a: readonly string[] | null, b: readonly string[] | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
