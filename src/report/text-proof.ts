import type { Paint } from './paint.ts'
import type { ReportProof } from './report.ts'
import { counted } from './summary.ts'

interface Row {
  readonly name: string
  readonly baseline: string
  readonly result: string
  /** Empty where nothing is judged. */
  readonly mark: string
}

/** Baseline and result side by side. */
export function proofLines(proof: ReportProof, paint: Paint): string[] {
  const outcome = proof.passed ? paint('green', 'passed') : paint('red', 'failed')
  return [
    `  proof ${outcome}: ${parity(proof)} (${proof.engine}, ${counted(proof.rounds, 'round')})`,
    ...table([{ name: '', baseline: 'baseline', result: 'result', mark: '' }, ...rows(proof)]),
    ...cellLines(proof.cells),
    ...proof.remarks.map((remark) => `    not shown: ${remark}`),
    ...times(proof),
  ]
}

function parity({ parity, result }: ReportProof): string {
  if (parity) return 'does what the original does'
  return result === null ? 'nothing was run beside the original' : 'does not do what the original does'
}

function times({ phases }: ReportProof): string[] {
  if (phases.length === 0) return []
  const total = phases.reduce((sum, { seconds }) => sum + seconds, 0)
  return [`    ${total.toFixed(1)} s: ${phases.map(({ name, seconds }) => `${name} ${seconds.toFixed(1)}`).join(', ')}`]
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

function rows({ baseline, result, checks }: ReportProof): Row[] {
  const checked = checks.map(({ name, baseline, result, passed }) => ({
    name,
    baseline: cut(baseline),
    result: cut(result),
    mark: passed ? 'ok' : 'differs',
  }))
  if (!result) return [...checked, row('uids', list(baseline.uids), '-')]
  return [
    ...checked,
    row('image', baseline.image, result.image),
    row('uids', list(baseline.uids), list(result.uids)),
    row('capabilities', capabilities(baseline.capabilities), capabilities(result.capabilities)),
    row('no-new-privileges', '', yesNo(result.noNewPrivileges)),
    row('read-only root', '', yesNo(result.readOnlyRootfs)),
    ...(result.tmpfs.length > 0 ? [row('tmpfs', '', list(result.tmpfs))] : []),
    row('added', '', `${(result.addedBytes / 1000).toFixed(1)} kB`),
  ]
}

function row(name: string, baseline: string, result: string): Row {
  return { name, baseline, result, mark: '' }
}

function table(lines: readonly Row[]): string[] {
  const width = (column: 'name' | 'baseline' | 'result') => Math.max(...lines.map((line) => line[column].length))
  const [name, baseline, result] = [width('name'), width('baseline'), width('result')]
  return lines.map((line) =>
    ['   ', line.name.padEnd(name), line.baseline.padEnd(baseline), line.result.padEnd(result), line.mark]
      .join('  ')
      .trimEnd(),
  )
}

function list(values: readonly (string | number)[]): string {
  return values.length === 0 ? 'none' : values.join(' ')
}

function capabilities(names: readonly string[] | null): string {
  if (names === null) return 'could not be read'
  return names.length > 3 ? counted(names.length, 'capability', 'capabilities') : list(names)
}

function cut(text: string): string {
  return text.length > widestCell ? `${text.slice(0, widestCell - 1)}…` : text
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no'
}
