import { setTimeout as pause } from 'node:timers/promises'
import { argvOf, isInterpreter, programsOf } from '../../command/index.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Operation } from '../../evidence/operation.ts'
import type { ImageConfig, ImageFacts } from '../../image/facts.ts'
import { baseName } from '../../places.ts'
import { decided, type StagePlan } from '../../plan/plan.ts'
import type { HelpText } from '../../plan/ports/told-port.ts'
import { portOption } from '../../plan/ports/told-port.ts'
import { limits } from '../container/run-specs.ts'

/** Milliseconds that a program gets to say what it can; one that starts its service instead is ended. */
const PATIENCE = 3000

export interface HelpRequest {
  readonly engine: Engine
  readonly baseline: string
  readonly facts: ImageFacts
  readonly signal: AbortSignal
}

/**
 * Asks the program that binds the one low port which could not be moved how that is set: the one that was seen to, else
 * the last of the image's command.
 */
export async function askHelp(
  request: HelpRequest,
  plan: Pick<StagePlan, 'decisions'>,
  operations: readonly Operation[],
): Promise<HelpText | null> {
  const kept = new Set(decided(plan, 'port').flatMap(({ from, to }) => (to === null ? [from] : [])))
  if (kept.size !== 1) return null
  for (const path of programsToAsk(request.facts.config, binderOf(operations, kept))) {
    for (const flag of ['--help', '-h']) {
      const text = await said(request, path, flag)
      if (portOption(text) !== null) return { program: baseName(path), text }
    }
  }
  return null
}

/** A start script is asked only where nothing else was seen; an interpreter speaks of itself. */
function programsToAsk(config: ImageConfig, binder: string | null): readonly string[] {
  const program = programsOf(config).at(-1)
  const word = argvOf(config).findLast((one) => baseName(one) === program) ?? program
  if (binder === null || isInterpreter(baseName(binder)) || baseName(binder) === program)
    return word === undefined ? [] : [word]
  return [binder]
}

function binderOf(operations: readonly Operation[], ports: ReadonlySet<number>): string | null {
  const bind = operations.findLast(
    ({ access, outcome, port }) => access === 'bind' && outcome === 'done' && port !== undefined && ports.has(port),
  )
  return bind?.by ?? null
}

/** In a container that can neither write nor reach anything. */
async function said({ engine, baseline, signal }: HelpRequest, program: string, flag: string): Promise<string> {
  const spec = {
    image: baseline,
    user: '65534:65534',
    capDrop: ['ALL'],
    noNewPrivileges: true,
    readOnly: true,
    network: 'none',
    entrypoint: program,
    command: [flag],
  }
  const container = await engine.run(limits(spec))
  try {
    const end = Date.now() + PATIENCE
    while (Date.now() < end && (await engine.state(container)).running) await pause(50, undefined, { signal })
    return await engine.logs(container)
  } finally {
    await engine.remove(container)
  }
}
