import { join } from 'node:path'
import { failed } from '../app/run.ts'
import type { TargetOutcome } from '../app/task.ts'
import { replaceText } from '../workspace/files.ts'
import { type OwnFile, writeOwn } from './own-file.ts'
import type { Work } from './request.ts'

export interface Written {
  /** As they came; a file that could not be written has failed. */
  readonly outcomes: readonly TargetOutcome[]
  /** As given or joined. */
  readonly files: readonly string[]
  /** Changed targets that were not written because their proof failed. */
  readonly heldBack: readonly string[]
  /** What was not begun any more after a signal. */
  readonly notWritten: readonly string[]
}

/**
 * `-w` and `-o`: each file all or nothing, the others go on when one cannot be written. No other one is begun when the signal is
 * aborted.
 */
export async function writeResults(
  request: Work,
  outcomes: readonly TargetOutcome[],
  { cwd, signal }: { readonly cwd: string; readonly signal: AbortSignal },
): Promise<Written> {
  const files: string[] = []
  const heldBack: string[] = []
  const notWritten: string[] = []
  const after: TargetOutcome[] = []
  for (const outcome of outcomes) {
    try {
      const job = await jobOf(request, outcome, cwd)
      if (job !== null && outcome.result.proof?.passed === false) heldBack.push(outcome.result.target)
      else if (job !== null && signal.aborted) {
        notWritten.push(job.name)
        continue
      } else if (job !== null) {
        await job.write()
        files.push(job.name)
      }
      after.push(outcome)
    } catch (error) {
      after.push(failed(outcome.result, outcome.path, error))
    }
  }
  return { outcomes: after, files, heldBack, notWritten }
}

interface Job {
  readonly name: string
  write(): Promise<void>
}

/** Null where nothing is to be written. */
async function jobOf(
  { write, output }: Work,
  { result, source, path, profile }: TargetOutcome,
  cwd: string,
): Promise<Job | null> {
  if (result.verdict === 'failed') return null
  if (result.kind === 'image') {
    if (output === null) return null
    const name = join(output, 'Dockerfile')
    const files: OwnFile[] = [[name, result.output]]
    const { profileFile } = await import('../profile/compose-file.ts')
    if (profile !== undefined) files.push([join(output, 'compose.yaml'), profileFile(profile)])
    return { name: files.map(([file]) => file).join(' and '), write: () => writeOwn(files, cwd) }
  }
  if (!write || path === null || !result.changed) return null
  return { name: result.target, write: () => replaceText(path, result.target, source, result.output) }
}
