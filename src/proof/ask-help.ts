import { setTimeout as pause } from 'node:timers/promises'
import type { Engine } from '../engine/engine.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { HelpText } from '../plan/evidence/help-move.ts'
import { portOption } from '../plan/evidence/help-option.ts'
import { baseName } from '../plan/places.ts'
import type { StagePlan } from '../plan/plan.ts'
import { argvOf, programsOf } from '../plan/program.ts'
import { limits } from './specs.ts'

/** Milliseconds that a program gets to say what it can; one that starts its service instead is ended. */
const PATIENCE = 3000

export interface HelpRequest {
  readonly engine: Engine
  readonly baseline: string
  readonly facts: ImageFacts
  readonly signal: AbortSignal
}

/** Asks the program that the image starts how its port is set, where the one low port that it has could not be moved. */
export async function askHelp(request: HelpRequest, { ports }: StagePlan): Promise<HelpText | null> {
  const kept = new Set(ports.flatMap(({ from, to }) => (to === null ? [from] : [])))
  const program = programsOf(request.facts.config).at(-1)
  const word = argvOf(request.facts.config).findLast((one) => baseName(one) === program)
  if (kept.size !== 1 || program === undefined) return null
  for (const flag of ['--help', '-h']) {
    const text = await said(request, word ?? program, flag)
    if (portOption(text) !== null) return { program, text }
  }
  return null
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
