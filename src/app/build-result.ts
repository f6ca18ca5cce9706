import type { Profile } from '../profile/profile.ts'
import type { TargetResult } from '../report/report.ts'
import type { WorkItem } from '../workspace/work-item.ts'
import { buildText } from './build.ts'
import type { Session } from './session.ts'

/** Builds the result where that was asked for. Its tag, null where it is not kept; undefined where none was built. */
export async function buildResult(
  item: WorkItem,
  { engine, options, hooks, number }: Session,
  result: TargetResult,
  profile: Profile | null,
): Promise<string | null | undefined> {
  if (!options.build || engine === null) return undefined
  // An image that is run as it is keeps its name for itself.
  const isRun = options.profile && profile?.asIs?.enough !== true ? profile : null
  // What runs as it should already is a result too, under the name that was asked for.
  const isResult = result.verdict === 'hardened' || (result.verdict === 'unchanged' && !options.profile)
  if (!isResult || (options.profile && isRun === null)) return undefined
  const tag = options.tag ?? isRun?.image.name ?? null
  hooks.progress(`${item.target}: building the result`)
  await buildText(engine, item, options, {
    dockerfile: result.output,
    tag: tag ?? `harden-image/result:${engine.session}-${number}`,
    keep: tag !== null,
  })
  return tag
}
