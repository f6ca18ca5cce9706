import type { Paint } from './paint.ts'
import { type ProofRow, proofInWords, proofRows, sandboxInWords, timesInWords } from './proof-rows.ts'
import type { ReportProof } from './report.ts'

/** Baseline and result side by side. */
export function proofLines(proof: ReportProof, paint: Paint): string[] {
  const outcome = proof.passed ? paint('green', 'passed') : paint('red', 'failed')
  return [
    `  proof ${outcome}: ${proofInWords(proof)}`,
    ...table([{ name: '', baseline: 'baseline', result: 'result', mark: '' }, ...rows(proof)]),
    ...cellLines(proof.cells),
    ...proof.remarks.map((remark) => `    not shown: ${remark}`),
    ...(proof.sandbox?.reached ?? []).map((line) => `    limit      ${line}`),
    ...[sandboxInWords(proof)].filter(Boolean).map((line) => `    run in ${line}`),
    ...[timesInWords(proof)].filter(Boolean).map((line) => `    ${line}`),
  ]
}

/** What was not asked for one and the same reason is one line. */
function cellLines(cells: ReportProof['cells']): string[] {
  const unasked = cells.filter(({ outcome }) => outcome === 'not asked')
  const [first] = unasked
  const same = first !== undefined && unasked.length > 2 && unasked.every(({ reason }) => reason === first.reason)
  const shown = same ? cells.filter(({ outcome }) => outcome !== 'not asked') : cells
  return [
    ...shown.flatMap(cellText),
    ...(same ? [`    not asked  ${unasked.map(({ name }) => name).join('; ')}: ${first.reason}`] : []),
  ]
}

function cellText({ name, outcome, required, reason, command }: ReportProof['cells'][number]): string[] {
  const counts = outcome === 'fail' && !required ? ' (does not count)' : ''
  return [
    `    ${outcome.padEnd(9)}  ${name}${counts}${reason === '' ? '' : `: ${reason}`}`,
    ...(command !== undefined && outcome === 'fail' ? [`               once: ${command}`] : []),
  ]
}

// A root's capabilities alone would fill two lines; the JSON report has all of it, and a failure says what differs.
const widestCell = 40

function rows(proof: ReportProof): readonly ProofRow[] {
  return proofRows(proof).flatMap((row) =>
    row.mark === '' ? wrapped(row) : [{ ...row, baseline: cut(row.baseline), result: cut(row.result) }],
  )
}

/** What is to be known in full goes on below: many folders would push the marks out of sight. */
function wrapped(row: ProofRow): readonly ProofRow[] {
  const [baseline, result] = [inLines(row.baseline), inLines(row.result)]
  return Array.from({ length: Math.max(baseline.length, result.length) }, (_, at) => ({
    ...row,
    name: at === 0 ? row.name : '',
    baseline: baseline[at] ?? '',
    result: result[at] ?? '',
  }))
}

function inLines(text: string): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > widestCell) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

function table(lines: readonly ProofRow[]): string[] {
  // One long word (an image of a registry) makes no room for itself in all lines.
  const width = (column: 'name' | 'baseline' | 'result') =>
    Math.max(...lines.map((line) => line[column].length).filter((length) => column === 'name' || length <= widestCell))
  const [name, baseline, result] = [width('name'), width('baseline'), width('result')]
  return lines.map((line) =>
    ['   ', line.name.padEnd(name), line.baseline.padEnd(baseline), line.result.padEnd(result), line.mark]
      .join('  ')
      .trimEnd(),
  )
}

function cut(text: string): string {
  return text.length > widestCell ? `${text.slice(0, widestCell - 1)}…` : text
}
