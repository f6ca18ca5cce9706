import { basename, dirname } from 'node:path'
import type { Plan } from '../plan/plan.ts'
import type { StageInput } from '../plan/stage-input.ts'
import { profileOf } from '../profile/make-profile.ts'
import type { Profile } from '../profile/profile.ts'
import type { TargetResult } from '../report/report.ts'
import type { WorkItem } from '../workspace/work-item.ts'

/** The profile of the stage that is built: the last of those that are meant to run. `given`: NAME=VALUE of all its runs; `built`: of the image that the result builds, not of the original; `name`: of the image that is run. */
export function profileFor(
  item: WorkItem,
  stages: readonly StageInput[],
  plan: Plan,
  result: TargetResult,
  given: readonly string[],
  built: boolean,
  name: string | null = null,
): Profile | null {
  const input = stages.at(-1)
  const stage = plan.stages.at(-1)
  if (input === undefined || stage === undefined) return null
  const { facts, vendor } = input
  const folder = item.build?.name ?? (item.path === null ? '' : basename(dirname(item.path)))
  return profileOf({ plan: stage, facts, vendor, result, reference: item.reference, folder, given, built, name })
}
