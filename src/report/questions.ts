import { QUESTIONS, questionKinds } from '../questions.ts'
import type { ReportFinding, ReportQuestion, TargetResult } from './report.ts'

/** Above them, where they have a section of their own. */
export const QUESTIONS_TITLE = 'for a run to answer, with --prove'

/** Those that are said at their line: of questions each kind is said once. */
export function withoutQuestions(findings: readonly ReportFinding[]): readonly ReportFinding[] {
  return findings.filter(({ question }) => question === undefined)
}

/** Of a target itself; its services have their own. In the order of the table. */
export function questionsOf(
  result: Pick<TargetResult, 'target' | 'kind' | 'file' | 'findings'>,
): readonly ReportQuestion[] {
  return questionKinds.flatMap((kind) => {
    const own = result.findings.filter(({ question }) => question === kind)
    const [first] = own
    if (first === undefined) return []
    const count = own.reduce((sum, { evidence }) => sum + Math.max(1, evidence.length), 0)
    return [{ kind, count, where: first.evidence[0]?.subject ?? placeOf(first, result) }]
  })
}

/** An image has no lines. */
function placeOf(
  { file, line }: ReportFinding,
  { target, kind, file: own }: Parameters<typeof questionsOf>[0],
): string {
  const path = file ?? own ?? (kind === 'image' ? null : target)
  return path === null ? target : `${path}:${line}`
}

/** `writes whose path only a run tells: 3, such as app.py:41` */
export function questionInWords({ kind, count, where }: ReportQuestion): string {
  return `${QUESTIONS[kind]}: ${count === 1 ? where : `${count}, such as ${where}`}`
}

/** `base images not inspected: 12 of 60`, of many targets. */
export function questionsOfAll(results: readonly TargetResult[]): readonly string[] {
  return questionKinds.flatMap((kind) => {
    const count = results.filter((result) =>
      [result, ...(result.services ?? [])].some(({ findings }) => findings.some(({ question }) => question === kind)),
    ).length
    return count === 0 ? [] : [`${QUESTIONS[kind]}: ${count} of ${results.length}`]
  })
}
