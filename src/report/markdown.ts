import { markdownCode as code, markdownText as escaped, markdownBlock as fenced } from '../borders/markdown.ts'
import { allVisible } from '../borders/terminal.ts'
import { diff } from './diff.ts'
import type { Format, Rendering } from './format.ts'
import { withFewPortFindings } from './many-ports.ts'
import { proofInWords, proofRows, sandboxInWords, timesInWords } from './proof-rows.ts'
import type { ReportFinding, ReportProof, TargetResult } from './report.ts'
import { changedFiles, SERVICE_COLUMNS, serviceRows, servicesTold } from './services.ts'
import { runsAs, summaryLine } from './summary.ts'

/** For a pull request's comment or a job's summary: the sum, a table, then target by target. */
export const markdown: Format = {
  name: 'markdown',
  tells: 'all',
  render(renderings) {
    if (renderings.length === 0) return ''
    const shown = renderings.map((rendering) => allVisible(rendering))
    const rows = shown.map(({ result }) => [
      code(result.target, 'cell'),
      result.verdict,
      escaped(runsAs(result)),
      result.proof === null ? '' : result.proof.passed ? 'passed' : 'failed',
    ])
    return [
      '## harden-image',
      escaped(summaryLine(shown.map(({ result }) => result))),
      table(['target', 'verdict', 'runs as', 'proof'], rows),
      ...shown.filter(hasMore).map(section),
    ]
      .join('\n\n')
      .concat('\n')
  },
}

function hasMore({ result }: Rendering): boolean {
  return (
    (result.services ?? []).length > 0 ||
    result.findings.length > 0 ||
    result.proof !== null ||
    result.changed ||
    result.error !== undefined
  )
}

function section(rendering: Rendering): string {
  const { result } = rendering
  const changes = diff.render([rendering], NO_COLOUR)
  return [
    `### ${code(result.target)}: ${result.verdict}`,
    ...serviceParts(result),
    ...said(result),
    ...servicesTold(result).flatMap((service) => {
      const parts = said(service)
      return parts.length === 0 ? [] : [`#### ${code(service.target)}`, ...parts]
    }),
    ...migrationParts(result),
    ...(changes === '' ? [] : [folded('the change', fenced('diff', changes))]),
  ].join('\n\n')
}

function said({ error, findings, proof }: TargetResult): string[] {
  return [
    ...(error ? [escaped([error.message, error.hint ?? ''].filter(Boolean).join(' '))] : []),
    ...(findings.length > 0 ? [withFewPortFindings(findings).map(findingItem).join('\n')] : []),
    ...(proof === null ? [] : proofParts(proof)),
  ]
}

function serviceParts(result: TargetResult): string[] {
  const rows = serviceRows(result).map(({ name, verdict, user, ports }) => [
    code(name, 'cell'),
    verdict,
    escaped(user),
    escaped(ports),
  ])
  return rows.length === 0 ? [] : [table(SERVICE_COLUMNS, rows)]
}

function migrationParts(result: TargetResult): string[] {
  const changed = changedFiles(result)
  const { migration = null } = result
  return [
    ...(changed.length === 0 ? [] : [`changes ${changed.map((path) => code(path)).join(', ')}`]),
    ...(migration === null
      ? []
      : [
          `once, in the folder of the project:`,
          fenced('sh', `${migration.command}\n`),
          'and back:',
          fenced('sh', `${migration.undo}\n`),
        ]),
  ]
}

const NO_COLOUR = { colour: false }

function findingItem({ file, line, outcome, message, hint, transform }: ReportFinding): string {
  const where = file === undefined ? '' : `${code(file)} `
  const what = `- **${outcome}** ${where}line ${line}: ${escaped(message)} (${code(transform)})`
  return hint ? `${what}  \n  do: ${escaped(hint)}` : what
}

function proofParts(proof: ReportProof): string[] {
  const rows = proofRows(proof).map(({ name, baseline, result, mark }) => [name, baseline, result, mark].map(escaped))
  const cells = proof.cells.map(({ name, outcome, reason }) => [name, outcome, reason].map(escaped))
  const times = timesInWords(proof)
  const sandbox = sandboxInWords(proof)
  const reached = proof.sandbox?.reached ?? []
  return [
    `**Proof ${proof.passed ? 'passed' : 'failed'}**: ${escaped(proofInWords(proof))}`,
    table(['', 'baseline', 'result', ''], rows),
    ...(cells.length > 0 ? [folded('conditions', table(['condition', 'outcome', 'reason'], cells))] : []),
    ...(proof.remarks.length > 0 ? [proof.remarks.map((remark) => `- not shown: ${escaped(remark)}`).join('\n')] : []),
    ...(reached.length > 0 ? [reached.map((line) => `- limit: ${escaped(line)}`).join('\n')] : []),
    ...(sandbox === '' ? [] : [`run in ${escaped(sandbox)}`]),
    ...(times === '' ? [] : [escaped(times)]),
  ]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function folded(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`
}
