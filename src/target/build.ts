import { dirname } from 'node:path'
import type { BuildRequest, Engine } from '../engine/engine.ts'
import type { Options, WorkItem } from '../work.ts'

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
    ...(item.kind === 'image' ? {} : { buildArgs: pairs(options.buildArg) }),
    ...(item.path === null ? {} : { dockerfilePath: item.path }),
    ...(options.platform === null ? {} : { platform: options.platform }),
    ...(options.policy.target === null ? {} : { target: options.policy.target }),
  })
  return request.tag
}

function pairs(given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return [name, value.join('=')]
    }),
  )
}

/** The folder that is sent along; null for none. */
export function contextOf({ kind, path }: WorkItem, { context }: Pick<Options, 'context'>): string | null {
  if (kind === 'image') return null
  return context ?? (path === null ? null : dirname(path))
}
