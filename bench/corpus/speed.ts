import { harden } from '../../src/api.ts'
import { parseDockerfile, shellCommands } from '../../src/dockerfile/index.ts'

/** Milliseconds for all texts. */
export interface Spent {
  /** Text to model. */
  readonly parse: number
  /** The same, and the commands of each RUN, CMD and ENTRYPOINT: what any look at what a Dockerfile does must read. */
  readonly commands: number
  /** The whole rewrite, which parses too. */
  readonly whole: number
}

const works: Readonly<Record<keyof Spent, (text: string) => unknown>> = {
  parse: parseDockerfile,
  commands: withCommands,
  whole: (dockerfile) => harden({ dockerfile }),
}

const WARM_UP = 2
const ROUNDS = 8

/**
 * The best time of each text, after a warm-up, summed. The three take turns text by text: so all have the same warm or
 * cold caches and the same neighbours on the machine, and what they are compared by holds on a busy one too.
 */
export function speed(texts: readonly string[]): Spent {
  const names = ['parse', 'commands', 'whole'] as const
  const best = texts.map(() => ({ parse: Infinity, commands: Infinity, whole: Infinity }))
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, text] of texts.entries()) {
      for (const name of names) {
        const taken = timed(() => works[name](text))
        const so = best[index]
        if (round >= WARM_UP && so !== undefined) so[name] = Math.min(so[name], taken)
      }
    }
  }
  const sum = (name: keyof Spent): number => best.reduce((total, one) => total + one[name], 0)
  return { parse: sum('parse'), commands: sum('commands'), whole: sum('whole') }
}

function timed(work: () => unknown): number {
  const start = performance.now()
  try {
    work()
  } catch {
    // Refused texts cost time too, and are counted elsewhere.
  }
  return performance.now() - start
}

function withCommands(text: string): void {
  for (const stage of parseDockerfile(text).stages)
    for (const instruction of stage.instructions)
      if (/^(RUN|CMD|ENTRYPOINT)$/.test(instruction.keyword)) shellCommands(instruction)
}
