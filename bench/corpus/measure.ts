import { withDefaults } from '../../src/app/api.ts'
import { targetProcessor } from '../../src/app/pipeline.ts'
import type { ProcessTarget } from '../../src/app/task.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { HardenError } from '../../src/errors.ts'
import type { TargetResult } from '../../src/report/report.ts'
import { diffLines } from './lines.ts'

/** What became of one file. */
export type Measured =
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'crashed'; readonly stack: string }
  | { readonly kind: 'done'; readonly result: TargetResult; readonly checks: Checks }

export interface Checks {
  /** The result is no Dockerfile any more: why. */
  readonly unparsable: string | null
  /** A second run changed it again. */
  readonly changedAgain: boolean
  readonly commentsLost: number
  /** Lines added and removed. */
  readonly linesTouched: number
}

const options = withDefaults({ engine: 'none', offline: true, trace: false })

/** As the command line does it without engine and registry: the folder that the file stands in is its build context. */
export function measurer(): (path: string, text: string) => Promise<Measured> {
  const process = targetProcessor()
  return (path, text) => measure(process, path, text)
}

async function measure(process: ProcessTarget, path: string, text: string): Promise<Measured> {
  const run = (dockerfile: string): Promise<TargetResult> => hardened(process, path, dockerfile)
  let result: TargetResult
  try {
    result = await run(text)
  } catch (error) {
    if (error instanceof HardenError) return { kind: 'refused', reason: error.message }
    return { kind: 'crashed', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
  return { kind: 'done', result, checks: await check(text, result.output, run) }
}

async function hardened(process: ProcessTarget, path: string, text: string): Promise<TargetResult> {
  const ports = { progress: () => {}, onCleanUp: () => {}, signal: new AbortController().signal }
  return (await process({ target: path, kind: 'dockerfile', path, reference: null, from: null, text }, options, ports))
    .result
}

async function check(before: string, after: string, run: (text: string) => Promise<TargetResult>): Promise<Checks> {
  if (before === after) return { unparsable: null, changedAgain: false, commentsLost: 0, linesTouched: 0 }
  const linesTouched = diffLines(before, after)
  try {
    return {
      unparsable: null,
      changedAgain: (await run(after)).output !== after,
      commentsLost: commentsLost(before, after),
      linesTouched,
    }
  } catch (error) {
    return { unparsable: String(error), changedAgain: false, commentsLost: 0, linesTouched }
  }
}

function commentsLost(before: string, after: string): number {
  const left = new Map<string, number>()
  for (const { text } of parseDockerfile(after).comments) left.set(text, (left.get(text) ?? 0) + 1)
  let lost = 0
  for (const { text } of parseDockerfile(before).comments) {
    const count = left.get(text) ?? 0
    if (count === 0) lost += 1
    left.set(text, count - 1)
  }
  return lost
}
