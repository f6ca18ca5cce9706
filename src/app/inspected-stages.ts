import type { Dockerfile } from '../dockerfile/model.ts'
import type { ImageFacts, Known } from '../image/facts.ts'
import type { Plan } from '../plan/plan.ts'
import type { StageInput } from '../plan/stage-input.ts'
import { type Inspection, inspection } from '../report/inspection.ts'
import type { WorkItem } from '../workspace/work-item.ts'

/** What is known and decided of each stage that is meant to run. */
export function inspectedStages(
  { reference }: WorkItem,
  dockerfile: Dockerfile,
  known: ReadonlyMap<string, Known<ImageFacts>>,
  stages: readonly StageInput[],
  plan: Plan,
): readonly Inspection[] {
  // An image is what was looked at, not what would be built upon it.
  const image = reference === null ? undefined : known.get(reference)
  return stages.flatMap(({ stage, facts }, index) => {
    const planned = plan.stages[index]
    const name = dockerfile.stages[stage]?.name ?? String(stage)
    return planned === undefined ? [] : [inspection(name, image ?? { known: true, value: facts }, planned)]
  })
}
