import { mkdirSync } from 'node:fs'
import { withDefaults } from '../../src/app/api.ts'
import { targetProcessor } from '../../src/app/pipeline.ts'
import { run } from '../../src/app/run.ts'
import { limiterFor } from '../../src/proof/container/limiter.ts'
import type { TargetResult } from '../../src/report/report.ts'
import { discover } from '../../src/repository/discover.ts'
import { readText } from '../../src/repository/files.ts'
import { tree } from '../repository/tree.ts'

export type Files = Readonly<Record<string, string>>

/** The results of all Dockerfiles of a repository with these files, by path. */
export async function worked(
  files: Files,
  targets: readonly string[] = ['.'],
  asked: Parameters<typeof withDefaults>[0] = {},
): Promise<ReadonlyMap<string, TargetResult>> {
  const cwd = tree(files)
  mkdirSync(`${cwd}/.git`, { recursive: true })
  const outcomes = await run((await discover(targets, cwd)).found, {
    progress: () => {},
    onCleanUp: () => {},
    signal: new AbortController().signal,
    limiter: limiterFor(1),
    readText: ({ path, target }) => readText(path ?? '', target),
    optionsFor: async () => withDefaults({ engine: 'none', offline: true, ...asked }),
    processTarget: targetProcessor(),
  })
  return new Map(outcomes.map(({ result }) => [result.target, result]))
}
