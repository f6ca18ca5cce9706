import { type Step, stageWalks } from '../../src/dockerfile/index.ts'
import type { Dockerfile, Stage } from '../../src/dockerfile/model.ts'
import { normalisePath } from '../../src/places.ts'

/** The instructions of a stage, each with what the Dockerfile itself has set before it. */
export function stepsOf(dockerfile: Dockerfile, { index }: Stage): readonly Step[] {
  return stageWalks(dockerfile, () => NOT_KNOWN).own(index)
}

const NOT_KNOWN = { known: false, reason: 'what a base image sets is not asked for' } as const

/** Where a COPY or ADD puts what it brings; null where that cannot be told. */
export function copiedTo({ words, workdir }: Pick<Step, 'words' | 'workdir'>): string | null {
  const target = words.at(-1) ?? null
  return target === null || (workdir === null && !target.startsWith('/')) ? null : normalisePath(target, workdir ?? '/')
}
