import { dirname } from 'node:path'
import { type BuildGiven, nothingGiven, platformArguments } from '../dockerfile/index.ts'
import type { BuildRequest, Engine } from '../engine/engine.ts'
import { parsePlatform } from '../image/facts.ts'
import { ownPlatform } from '../image/sources/engine.ts'
import type { WorkItem } from '../workspace/work-item.ts'
import type { Options, TargetOutcome } from './task.ts'

/** Builds a text in the context of its target: what was said, the folder of the Dockerfile, or nothing for an image. */
export async function buildText(
  engine: Engine,
  item: WorkItem,
  options: Options,
  request: Pick<BuildRequest, 'dockerfile' | 'tag' | 'keep'>,
): Promise<string> {
  await engine.build({
    ...request,
    context: contextOf(item, options),
    ...(item.kind === 'image' ? {} : { buildArgs: Object.fromEntries(argsFor(item, options)) }),
    ...(item.path === null ? {} : { dockerfilePath: item.path }),
    ...(options.platform === null ? {} : { platform: options.platform }),
    ...(options.policy.target === null ? {} : { target: options.policy.target }),
  })
  return request.tag
}

/** What a build of it is told, for the look at its text. */
export function givenTo(item: WorkItem, options: Options): BuildGiven {
  const { platform } = options
  if (item.kind === 'image') return nothingGiven
  const own = ownPlatform()
  return {
    args: argsFor(item, options),
    platformArgs: platformArguments(own, platform === null ? own : parsePlatform(platform)),
  }
}

/** What was said holds against what Compose and bake files say. */
function argsFor({ build }: WorkItem, { buildArg }: Options): ReadonlyMap<string, string> {
  return new Map([...(build?.args ?? []), ...pairs(buildArg)])
}

/** By name; the last of several holds. */
export function pairs(given: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    given.map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

/** The folder that is sent along; null for none. */
export function contextOf({ kind, path }: WorkItem, { context }: Pick<Options, 'context'>): string | null {
  if (kind === 'image') return null
  return context ?? (path === null ? null : dirname(path))
}

/** What of the build was said, for whoever repeats it. */
export function howBuilt(item: WorkItem, options: Options): Pick<TargetOutcome, 'context' | 'buildArgs' | 'target'> {
  const args = item.kind === 'image' ? new Map<string, string>() : argsFor(item, options)
  const { context, policy } = options
  return {
    ...(context === null ? {} : { context }),
    ...(args.size === 0 ? {} : { buildArgs: Object.fromEntries(args) }),
    ...(policy.target === null ? {} : { target: policy.target }),
  }
}
