import { basename, dirname } from 'node:path'
import { profileOf } from '../profile/make-profile.ts'
import type { Profile } from '../profile/profile.ts'
import type { TargetResult } from '../report/report.ts'
import type { WorkItem } from '../workspace/work-item.ts'
import { buildText } from './build.ts'
import type { Planned } from './planner.ts'
import type { Session } from './session.ts'
import type { HardenMode } from './task.ts'
import { isLeftAsItIs } from './verdict.ts'

/** The profile of the stage that is built, the last of those that are meant to run; null where nobody can say who runs. */
export function profileFor(
  item: WorkItem,
  { inputs, plan, result }: Planned,
  { kind, tag }: Pick<HardenMode, 'kind' | 'tag'>,
  /** NAME=VALUE of all its runs. */
  given: readonly string[],
): Profile | null {
  const input = inputs.at(-1)
  const stage = plan.stages.at(-1)
  if (input === undefined || stage === undefined) return null
  const { facts, vendor } = input
  const folder = item.build?.name ?? (item.path === null ? '' : basename(dirname(item.path)))
  const { reference } = item
  const built = kind !== 'profile'
  return profileOf({ plan: stage, facts, vendor, result, reference, folder, given, built, name: tag })
}

/** Builds the result. Its tag, null where it is not kept; undefined where there is none to build. */
export async function buildResult(
  item: WorkItem,
  { engine, options, hooks, number }: Session,
  result: TargetResult,
  profile: Profile | null,
  mode: HardenMode,
): Promise<string | null | undefined> {
  if (engine === null) return undefined
  const isProfile = mode.kind === 'profile'
  // An image that is run as it is keeps its name for itself.
  const isRun = isProfile && profile?.asIs?.enough !== true ? profile : null
  // What runs as it should already is a result too, under the name that was asked for.
  const isResult = result.verdict === 'hardened' || (isLeftAsItIs(result) && !isProfile)
  if (!isResult || (isProfile && isRun === null)) return undefined
  const tag = mode.tag ?? isRun?.image.name ?? null
  hooks.progress(`${item.target}: building the result`)
  await buildText(engine, item, options, {
    dockerfile: result.output,
    tag: tag ?? `harden-image/result:${engine.session}-${number}`,
    keep: tag !== null,
  })
  return tag
}
