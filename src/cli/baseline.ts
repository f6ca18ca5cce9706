import { resolve } from 'node:path'
import type { TargetOutcome } from '../app/task.ts'
import { bounds } from '../bounds.ts'
import { sha256 } from '../digest.ts'
import { HardenError } from '../errors.ts'
import { ANYWHERE, readIn } from '../files-in.ts'
import { memoizeByObject } from '../memoize.ts'
import type { Rendering } from '../report/format.ts'
import { fingerprintOf, locatedFindings } from '../report/located.ts'
import { hasFailed, type ReportFinding, type TargetResult } from '../report/report.ts'
import { counted } from '../report/summary.ts'
import { writeText } from '../repository/files.ts'
import type { FailOn } from '../repository/settings.ts'
import { exitCode, isCounted, rendering } from './show.ts'

/** What is left to do and known, one line a finding: `FINGERPRINT  TARGET: MESSAGE`, sorted. The words behind the fingerprint are for people. */
export interface Baseline {
  /** Exit codes that count known findings as done. */
  codeOf(outcome: TargetOutcome, failOn: FailOn): number
  /** Whether the file has a finding of this id, which is the one that reports give it. */
  isKnown(fingerprint: string): boolean
  /** The target with only those findings that the file does not have; null where it has them all. All of them where it is written anew. */
  newOf(outcome: TargetOutcome): TargetOutcome | null
  /** What to say of the file once all outcomes are known; `update` writes it anew. */
  close(outcomes: readonly TargetOutcome[]): Promise<readonly string[]>
}

const HEAD =
  '# harden-image baseline 2: findings that are known; harden-image --baseline FILE --update-baseline writes it'
const HEADS: readonly (string | undefined)[] = [HEAD, HEAD.replace('baseline 2', 'baseline 1')]
/** Lines of a file of the first version hold messages, which change with their words. */
const LINE = /^([0-9a-f]{16}:\d+|[0-9a-f]{64}) {2}(.*)$/

/** Throws HardenError `bad-usage` where there is none and none is to be written, and for a file that is something else. */
export function openBaseline(name: string, update: boolean, cwd: string): Baseline {
  const path = resolve(cwd, name)
  const text = readBaseline(path, name, update)
  if (text !== null && !HEADS.includes(text.split('\n')[0]))
    throw new HardenError('bad-usage', `${name} is no baseline of harden-image`, { hint: 'name another file' })
  const lines = (text ?? '').split('\n').flatMap((line) => {
    const [, id, said] = LINE.exec(line) ?? []
    return id === undefined || said === undefined ? [] : [{ id, said }]
  })
  const known = new Set(lines.map(({ id }) => id))
  const isKnown = ({ id, before }: Open): boolean => known.has(id) || known.has(before)
  return {
    codeOf(outcome, failOn) {
      if (outcome.bug !== undefined) return 2
      const code = exitCode([outcome.result], failOn)
      // With `update` everything that there is now is known.
      return code === 1 && (update || openOf(rendering(outcome, cwd), failOn).every(isKnown)) ? 0 : code
    },
    isKnown: (id) => known.has(id),
    newOf: memoizeByObject((outcome: TargetOutcome) => {
      if (update || outcome.result.verdict === 'failed') return outcome
      const shown = rendering(outcome, cwd)
      if (openOf(shown, 'changes').every(isKnown)) return null
      const old = new Set(
        locatedFindings([shown]).flatMap(({ finding, fingerprint }) => (known.has(fingerprint) ? [finding] : [])),
      )
      const withNew = (result: TargetResult): TargetResult => ({
        ...result,
        findings: result.findings.filter((finding) => !old.has(finding)),
        ...(result.services === undefined ? {} : { services: result.services.map(withNew) }),
      })
      return { ...outcome, result: withNew(outcome.result) }
    }),
    async close(outcomes) {
      const now = outcomes.flatMap((outcome) => openOf(rendering(outcome, cwd), 'changes'))
      const ids = new Set(now.flatMap(({ id, before }) => [id, before]))
      const worked = new Set(outcomes.map(({ result }) => result.target))
      const news = now.filter((one) => !isKnown(one))
      // A target that this run did not work on may still have its findings.
      const failed = outcomes.some(({ result }) => result.verdict === 'failed')
      const targetOf = (said: string): string => said.slice(0, said.lastIndexOf(': ', said.indexOf(' | ')))
      const others = lines.filter(({ id }) => !ids.has(id))
      const gone = others.filter(({ said }) => worked.has(targetOf(said)) && !failed)
      if (update) {
        const all = [...others.filter((line) => !gone.includes(line)), ...now]
        const sorted = all.sort((a, b) => (a.said < b.said ? -1 : a.said > b.said ? 1 : 0))
        await writeText(path, name, `${[HEAD, ...sorted.map(({ id, said }) => `${id}  ${said}`)].join('\n')}\n`)
        return [`wrote ${name}: ${counted(all.length, 'finding')} known, ${news.length} new, ${gone.length} gone`]
      }
      const told = [`${counted(now.length - news.length, 'finding')} of ${name} known, ${news.length} new`]
      if (gone.length > 0)
        told.push(`${counted(gone.length, 'finding')} of ${name} gone: --update-baseline takes them out`)
      return told
    },
  }
}

interface Open {
  /** The id of SARIF: rule, subject and line. */
  readonly id: string
  /** The id of a baseline of the first version. */
  readonly before: string
  readonly said: string
}

/** Everything that changes the exit code: findings, and also a verdict or a failed proof without a finding of its own. */
function openOf(rendering: Rendering, failOn: FailOn): readonly Open[] {
  const { result, path, fromRoot = path } = rendering
  const place = result.kind === 'image' ? result.target : fromRoot
  const of = (subject: string, name: string, message: string, id: string): Open => {
    const said = message.replace(/\s+/g, ' ')
    const target = `${result.target}${subject === '' ? '' : ` (${subject})`}`
    const plain = said.replace(/\b[0-9a-f]{12,}\b/g, '').replace(/\d+/g, '0')
    return { id, before: sha256([target, name, plain].join('\0')), said: `${result.target}: ${name} | ${said}` }
  }
  const isCountedHere = ({ outcome }: ReportFinding): boolean =>
    outcome === 'todo' || outcome === 'offered' || (failOn === 'changes' && outcome === 'fixed')
  const subjectOf = (of: TargetResult): string => (of.target === result.target ? '' : of.target)
  const found = locatedFindings([rendering]).filter(({ finding }) => isCountedHere(finding))
  const whole = [result, ...(result.services ?? [])].flatMap((one) => {
    const subject = subjectOf(one)
    const ofAll = (name: string, message: string): Open =>
      of(subject, name, message, fingerprintOf(place, subject, name, message))
    return [
      ...(one.verdict === 'needs-root' || one.verdict === 'incomplete' ? [ofAll('verdict', one.verdict)] : []),
      ...(hasFailed(one) ? [ofAll('proof', 'failed')] : []),
      ...(isCounted(one, failOn) ? [ofAll('verdict', 'changes')] : []),
    ]
  })
  return [
    ...found.map(({ finding, result: one, fingerprint }) =>
      of(subjectOf(one), finding.transform, finding.message, fingerprint),
    ),
    ...whole,
  ]
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
