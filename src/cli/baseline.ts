import { resolve } from 'node:path'
import type { TargetOutcome } from '../app/task.ts'
import { bounds } from '../bounds.ts'
import { sha256 } from '../digest.ts'
import { HardenError } from '../errors.ts'
import { ANYWHERE, readIn } from '../files-in.ts'
import { hasFailed, type ReportFinding, type TargetResult } from '../report/report.ts'
import { counted } from '../report/summary.ts'
import { writeText } from '../workspace/files.ts'
import type { FailOn } from '../workspace/settings.ts'
import { exitCode, isCounted } from './show.ts'

/** What is left to do and known, one line a finding: `FINGERPRINT  TARGET: MESSAGE`, sorted. The words behind the fingerprint are for people. */
export interface Baseline {
  /** Exit codes, with what is known counted as done. */
  codeOf(outcome: TargetOutcome, failOn: FailOn): number
  /** What there is to say of the file, given all outcomes; written anew with `update`. */
  close(outcomes: readonly TargetOutcome[]): Promise<readonly string[]>
}

const HEAD =
  '# harden-image baseline 1: findings that are known; harden-image --baseline FILE --update-baseline writes it'
const LINE = /^([0-9a-f]{64}) {2}/

/** Throws HardenError `bad-usage` where there is none and none is to be written, and for a file that is something else. */
export function openBaseline(name: string, update: boolean, cwd: string): Baseline {
  const path = resolve(cwd, name)
  const text = readBaseline(path, name, update)
  if (text !== null && text.split('\n')[0] !== HEAD)
    throw new HardenError('bad-usage', `${name} is no baseline of harden-image`, { hint: 'name another file' })
  const known = new Set((text ?? '').split('\n').flatMap((line) => LINE.exec(line)?.[1] ?? []))
  return {
    codeOf({ result, bug }, failOn) {
      if (bug !== undefined) return 2
      const code = exitCode([result], failOn)
      // With `update` all that there is now is known.
      return code === 1 && (update || openOf(result, failOn).every((one) => known.has(one.fingerprint))) ? 0 : code
    },
    async close(outcomes) {
      const now = new Map(
        outcomes.flatMap(({ result }) => openOf(result, 'changes').map((one) => [one.fingerprint, one.text] as const)),
      )
      const worked = new Set(outcomes.map(({ result }) => result.target))
      const news = [...now.keys()].filter((one) => !known.has(one))
      // Of a target that this run did not work on, or could not, nobody knows what is gone.
      const failed = outcomes.some(({ result }) => result.verdict === 'failed')
      const lines = (text ?? '').split('\n').filter((line) => LINE.test(line))
      const targetOf = (line: string): string => line.slice(66, line.lastIndexOf(': ', line.indexOf(' | ')))
      const gone = lines.filter((line) => !now.has(line.slice(0, 64)) && worked.has(targetOf(line)) && !failed)
      if (update) {
        const kept = lines.filter((line) => !gone.includes(line) && !now.has(line.slice(0, 64)))
        const all = [...kept, ...[...now].map(([fingerprint, said]) => `${fingerprint}  ${said}`)]
        const sorted = all.sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : a.slice(66) > b.slice(66) ? 1 : 0))
        await writeText(path, name, `${[HEAD, ...sorted].join('\n')}\n`)
        return [`wrote ${name}: ${counted(all.length, 'finding')} known, ${news.length} new, ${gone.length} gone`]
      }
      const told = [`${counted(now.size - news.length, 'finding')} of ${name} known, ${news.length} new`]
      if (gone.length > 0)
        told.push(`${counted(gone.length, 'finding')} of ${name} gone: --update-baseline takes them out`)
      return told
    },
  }
}

interface Open {
  readonly fingerprint: string
  readonly text: string
}

/** All that would end a run with another exit code; a verdict or a proof that no finding tells is one too. */
function openOf(result: TargetResult, failOn: FailOn): readonly Open[] {
  const of = (subject: string, name: string, message: string): Open => {
    const said = message.replace(/\s+/g, ' ')
    const place = `${result.target}${subject === '' ? '' : ` (${subject})`}`
    // Lines move, and ids of runs differ: neither is part of what is known.
    const plain = said.replace(/\b[0-9a-f]{12,}\b/g, '').replace(/\d+/g, '0')
    return { fingerprint: sha256([place, name, plain].join('\0')), text: `${result.target}: ${name} | ${said}` }
  }
  const counts = ({ outcome }: ReportFinding): boolean =>
    outcome === 'todo' || outcome === 'offered' || (failOn === 'changes' && outcome === 'fixed')
  const parts = [{ subject: '', one: result }, ...(result.services ?? []).map((one) => ({ subject: one.target, one }))]
  return parts.flatMap(({ subject, one }) => [
    ...one.findings.filter(counts).map(({ transform, message }) => of(subject, transform, message)),
    ...(one.verdict === 'needs-root' || one.verdict === 'incomplete' ? [of(subject, 'verdict', one.verdict)] : []),
    ...(hasFailed(one) ? [of(subject, 'proof', 'failed')] : []),
    ...(isCounted(one, failOn) ? [of(subject, 'verdict', 'changes')] : []),
  ])
}

function readBaseline(path: string, name: string, update: boolean): string | null {
  try {
    return readIn(ANYWHERE, path, bounds.traceBytes).toString('utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && update) return null
    throw new HardenError(
      'bad-usage',
      `the baseline ${name} cannot be read: ${error instanceof HardenError ? message : code}`,
      {
        hint: 'write it with --update-baseline',
      },
    )
  }
}
