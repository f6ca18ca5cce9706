import type { Plan, StagePlan } from './plan.ts'

/** The plan of the stage with this index. */
export function stagePlanOf({ stages }: Plan, stage: number): StagePlan | undefined {
  return stages.find((one) => one.stage === stage)
}
