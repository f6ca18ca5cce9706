import { DockerfileParser, ModifiableInstruction } from 'dockerfile-ast'
import { harden } from '../../src/app/harden-text.ts'
import { allInstructions, parseDockerfile, shellCommands } from '../../src/dockerfile/index.ts'
import { pairsOf } from '../../src/dockerfile/words.ts'

/** Milliseconds for all texts. */
export interface Spent {
  /** Text to instructions, their flags, JSON forms and words. */
  readonly structure: number
  /** Text to the whole model: pairs, and the shell commands of RUN, CMD, ENTRYPOINT and HEALTHCHECK too. */
  readonly model: number
  /** Text to instructions, arguments, flags and comments by dockerfile-ast alone: a measure that does not change with ours. */
  readonly library: number
  /** The whole rewrite, which parses too. */
  readonly whole: number
}

const works: Readonly<Record<keyof Spent, (text: string) => unknown>> = {
  structure: parseDockerfile,
  model: wholeModel,
  library: parsedByLibrary,
  whole: (dockerfile) => harden({ dockerfile }),
}

const WARM_UP = 2
const ROUNDS = 10

/**
 * The best time of each text, after a warm-up, summed. Each work goes over all texts by itself, as it does for a user:
 * taken in turns, the caches of one would be cold from the other.
 */
export function speed(texts: readonly string[]): Spent {
  const spent = (work: (text: string) => unknown): number => {
    const best = texts.map(() => Number.POSITIVE_INFINITY)
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [index, text] of texts.entries()) {
        const taken = timed(() => work(text))
        if (round >= WARM_UP) best[index] = Math.min(best[index] ?? taken, taken)
      }
    }
    return best.reduce((total, one) => total + one, 0)
  }
  return {
    structure: spent(works.structure),
    model: spent(works.model),
    library: spent(works.library),
    whole: spent(works.whole),
  }
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

function parsedByLibrary(text: string): void {
  const dockerfile = DockerfileParser.parse(text)
  for (const instruction of dockerfile.getInstructions()) {
    instruction.getArguments()
    if (instruction instanceof ModifiableInstruction) instruction.getFlags()
  }
  dockerfile.getComments()
}

function wholeModel(text: string): void {
  const dockerfile = parseDockerfile(text)
  for (const instruction of allInstructions(dockerfile)) {
    if (/^(ARG|ENV|LABEL)$/.test(instruction.keyword)) pairsOf(instruction, dockerfile.escape)
    if (/^(RUN|CMD|ENTRYPOINT|HEALTHCHECK)$/.test(instruction.keyword)) shellCommands(instruction)
  }
}
