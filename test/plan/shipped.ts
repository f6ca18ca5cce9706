import type { BuildContext } from '../../src/contents/build-context.ts'
import { type StageContents, stageContents } from '../../src/contents/stage-contents.ts'
import { parseDockerfile, stageWalks } from '../../src/dockerfile/index.ts'
import { emptyConfig } from '../../src/image/config.ts'
import { atOnce } from '../../src/in-turn.ts'

/** What instructions upon a base that nobody looked into ship. */
export function shipped(text: string, context: BuildContext | null = null): StageContents {
  const dockerfile = parseDockerfile(`FROM debian:trixie-slim\n${text}\n`)
  const config = { known: true, value: emptyConfig } as const
  const sources = { dockerfile, walks: stageWalks(dockerfile, () => config), context, base: null, idsOf: () => null }
  return atOnce(stageContents(sources, dockerfile.stages.length - 1))
}
