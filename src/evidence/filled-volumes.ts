import { isInterpreter } from '../command/index.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import { type Step, shellCommands, wholeText } from '../dockerfile/index.ts'
import type { ImageConfig } from '../image/facts.ts'
import { baseName, normalisePath } from '../places.ts'
import type { Need } from '../plan/grants/need.ts'
import { stateNeed } from '../plan/grants/need.ts'

/** `server --version`, `nginx -t`: it fills nothing. */
const ONLY_ASKS = /^--?(v|V|t|h|version|help|test|configtest|check[\w-]*)$/

/** Tools of builds and of start scripts, which run in both for work of their own. */
const TOOLS =
  /^(set|cd|echo|export|exec|test|sleep|true|env|ls|rm|mkdir|cp|mv|ln|cat|touch|chmod|chown|sed|awk|grep|find|tar|unzip|curl|wget|git|make|npm|npx|yarn|pnpm|pip3?|pipenv|poetry|uv|conda|mamba|bundle|rake|composer|mvn|gradle|sbt|mix|cargo|apt|apt-get|apk|dnf|yum)$/

/** The build runs the very program that the image starts (`RUN taskd init`): what it left in a volume is root's, and not seen before the build. */
export function filledVolumeNeeds(
  { steps }: Pick<Shipped, 'steps'>,
  { volumes, workdir }: Pick<ImageConfig, 'volumes' | 'workdir'>,
  programs: readonly string[],
): readonly Need[] {
  if (volumes.length === 0) return []
  const own = programs.filter((name) => !isInterpreter(name) && !TOOLS.test(name))
  const step = steps.find((one) => own.some((name) => runs(one, name)))
  if (step === undefined) return []
  return volumes.flatMap((volume) => {
    const path = normalisePath(volume, workdir)
    const detail = `filled by RUN in line ${step.instruction.line}, which runs what the image starts`
    return path === null || path === '/' ? [] : [{ ...stateNeed(path, 'declared', detail), tree: true }]
  })
}

function runs({ instruction, shell }: Step, program: string): boolean {
  // Most RUN lines do not speak of it.
  if (instruction.keyword !== 'RUN' || !wholeText(instruction).includes(program)) return false
  const script = shellCommands(instruction, shell)
  return (
    script.kind === 'parsed' &&
    script.commands.some(
      ({ name, words }) => name !== null && baseName(name) === program && !ONLY_ASKS.test(words[1]?.value ?? ''),
    )
  )
}
