import { mkdirSync } from 'node:fs'
import { withDefaults } from '../../src/app/api.ts'
import { targetProcessor } from '../../src/app/pipeline.ts'
import type { TargetResult } from '../../src/report/report.ts'
import { discover } from '../../src/workspace/discover.ts'
import { readText } from '../../src/workspace/files.ts'
import { tree } from '../workspace/tree.ts'

export type Files = Readonly<Record<string, string>>

/** The results of all Dockerfiles of a repository with these files, by path. */
export async function worked(
  files: Files,
  targets: readonly string[] = ['.'],
): Promise<ReadonlyMap<string, TargetResult>> {
  const cwd = tree(files)
  mkdirSync(`${cwd}/.git`)
  const process = targetProcessor()
  const hooks = { progress: () => {}, onCleanUp: () => {}, signal: new AbortController().signal }
  const results = new Map<string, TargetResult>()
  for (const item of (await discover(targets, cwd)).found) {
    const text = await readText(item.path ?? '', item.target)
    const options = withDefaults({ engine: 'none', offline: true })
    results.set(item.target, (await process({ ...item, text }, options, hooks)).result)
  }
  return results
}
