import { allVisible, visibleLine } from '../borders/terminal.ts'
import type { Outcome } from '../transform.ts'
import type { Format, Rendering, RenderOptions } from './format.ts'
import { withFewPortFindings } from './many-ports.ts'
import { type Paint, painter } from './paint.ts'
import type { ReportFinding, ReportStage, TargetResult, Verdict } from './report.ts'
import { runsAs } from './runs-as.ts'
import { summaryLine } from './summary.ts'
import { inspectionLines } from './text-inspection.ts'
import { proofLines } from './text-proof.ts'

/** For people: target by target, then the sum. */
export const text: Format = {
  name: 'text',
  tells: 'all',
  render(renderings, options) {
    if (renderings.length === 0) return ''
    return `${renderTargets(renderings, options)}\n${summaryLine(renderings.map(({ result }) => result))}\n`
  },
}

/** The targets without the sum, a blank line between them. */
export function renderTargets(renderings: readonly Rendering[], { colour }: Pick<RenderOptions, 'colour'>): string {
  const paint = painter(colour)
  return renderings
    .map((rendering) => targetLines(allVisible(rendering), paint).join('\n'))
    .join('\n\n')
    .concat('\n')
}

function targetLines({ result, inspection }: Rendering, paint: Paint): string[] {
  return [
    `${paint('bold', visibleLine(result.target))}: ${paint(verdictStyles[result.verdict], result.verdict)}${runsAs(result) === '' ? '' : `, runs as ${runsAs(result)}`}`,
    ...(result.error ? errorLines(result.error) : []),
    ...(result.stages.length > 1 ? result.stages.map(stageLine) : []),
    ...(inspection ?? []).flatMap((one) => inspectionLines(one)),
    ...withFewPortFindings(result.findings).flatMap((finding) => findingLines(finding, paint)),
    ...(result.proof ? proofLines(result.proof, paint) : []),
  ]
}

const verdictStyles = {
  hardened: 'green',
  unchanged: 'green',
  'needs-root': 'yellow',
  incomplete: 'yellow',
  'not-applicable': 'dim',
  failed: 'red',
} as const satisfies Record<Verdict, string>

function errorLines({ message, hint, line }: NonNullable<TargetResult['error']>): string[] {
  // Of another file than the target (its configuration) the message names the place itself.
  const isNamed = line === undefined || message.includes(`line ${line}`) || message.includes(`:${line}: `)
  const where = isNamed ? '' : `line ${line}: `
  return [`  ${where}${indented(message)}`, ...(hint ? [`    ${indented(hint)}`] : [])]
}

function stageLine({ name, userBefore, userAfter }: ReportStage): string {
  return `  stage ${visibleLine(name)}: ${userBefore === userAfter ? `runs as ${userBefore}` : `${userBefore} -> ${userAfter}`}`
}

const outcomeStyles = {
  fixed: 'green',
  offered: 'cyan',
  todo: 'yellow',
  note: 'dim',
} as const satisfies Record<Outcome, string>

function findingLines(finding: ReportFinding, paint: Paint): string[] {
  const place = `${finding.line}:${finding.column}`.padEnd(7)
  const outcome = paint(outcomeStyles[finding.outcome], finding.outcome.padEnd(7))
  return [
    `  ${place} ${outcome} ${indented(finding.message)} ${paint('dim', `(${finding.transform})`)}`,
    ...(finding.hint ? [`          ${paint('bold', 'do:')} ${indented(finding.hint)}`] : []),
    ...finding.evidence.map(({ source, subject, detail }) =>
      paint('dim', `          ${source} ${visibleLine(subject)}: ${indented(detail)}`),
    ),
  ]
}

/** Further lines of a message stay below its first. */
function indented(message: string): string {
  return message.replaceAll('\n', '\n            ')
}
