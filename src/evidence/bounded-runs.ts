import { bounds } from '../bounds.ts'
import { runTexts } from '../contents/run-texts.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import { shellCommands } from '../dockerfile/index.ts'
import type { Remark } from '../plan/plan.ts'

/** RUN lines of which more is to be said than was looked at: what the program finds in its image is not all known then. */
export function boundedRuns({
  steps,
  tooLong,
  tooMany,
}: Pick<Shipped, 'steps' | 'tooLong' | 'tooMany'>): readonly Remark[] {
  const long = new Set(tooLong)
  return steps.flatMap((step): readonly Remark[] => {
    const { instruction, shell } = step
    if (instruction.keyword !== 'RUN') return []
    const script = shellCommands(instruction, shell)
    const reasons =
      script.kind === 'unparsed'
        ? script.tooLong === true
          ? [script.reason]
          : []
        : [
            ...(runTexts(step).some(({ leftOut }) => leftOut === true)
              ? [`it writes more than ${bounds.writtenTexts} files`]
              : []),
            ...(instruction.line === tooMany
              ? [`it is behind the first ${bounds.removedPatterns} patterns of rm`]
              : []),
            ...(long.has(instruction.line) ? [`it names a path of more than ${bounds.pathLength - 1} characters`] : []),
          ]
    return reasons.map((reason) => ({
      outcome: 'todo',
      transform: 'own-writable-paths',
      message: `RUN in line ${instruction.line} was not read to its end (${reason}): what it leaves behind is not all known`,
      hint: 'run with --prove to see what the program writes, or name it with --writable',
      about: 'RUN',
      evidence: [],
    }))
  })
}
