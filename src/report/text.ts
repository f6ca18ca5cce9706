import { allVisible, visibleLine } from '../borders/terminal.ts'
import { platformText } from '../image/facts.ts'
import type { Outcome } from '../transform.ts'
import type { Format, Rendering, RenderOptions } from './format.ts'
import type { InspectedImage, InspectedPlan, Inspection, Unknown } from './inspection.ts'
import { listedPorts, withFewPortFindings, withFewPortTexts } from './many-ports.ts'
import { type ProofRow, proofInWords, proofRows, sandboxInWords, timesInWords } from './proof-rows.ts'
import type { ReportFinding, ReportProof, ReportStage, TargetResult, Verdict } from './report.ts'
import { changedFiles, placeOf, SERVICE_COLUMNS, serviceRows, servicesTold } from './services.ts'
import { type Paint, painter, runsAs, summaryLine } from './summary.ts'

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
    ...serviceLines(result, paint),
    ...(inspection ?? []).flatMap((one) => inspectionLines(one)),
    ...withFewPortFindings(result.findings).flatMap((finding) => findingLines(finding, paint)),
    ...servicesTold(result).flatMap((service) => ofService(service, paint)),
    ...(result.proof ? proofLines(result.proof, paint) : []),
    ...projectEnd(result, paint),
  ]
}

/** What moved, one line a service. */
function serviceLines(result: TargetResult, paint: Paint): string[] {
  const rows = serviceRows(result).map(({ name, verdict, user, ports }) => [visibleLine(name), verdict, user, ports])
  if (rows.length === 0) return []
  const lines = [[...SERVICE_COLUMNS], ...rows]
  const widths = SERVICE_COLUMNS.map((_, at) => Math.max(...lines.map((cells) => cells[at]?.length ?? 0)))
  return lines.map((cells, index) => {
    const line = cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')
    return `  ${index === 0 ? paint('dim', line.trimEnd()) : line.trimEnd()}`
  })
}

/** What is said of one, below its name; nothing where nothing is. */
function ofService(service: TargetResult, paint: Paint): string[] {
  const said = [
    ...(service.error ? errorLines(service.error) : []),
    ...withFewPortFindings(service.findings).flatMap((finding) => findingLines(finding, paint)),
    ...(service.proof ? proofLines(service.proof, paint) : []),
  ]
  const file = service.file === undefined ? '' : ` (${visibleLine(service.file)})`
  return said.length === 0 ? [] : [`  ${paint('bold', visibleLine(service.target))}${file}`, ...said]
}

function projectEnd(result: TargetResult, paint: Paint): string[] {
  const changed = changedFiles(result)
  const { migration = null } = result
  return [
    ...(changed.length === 0 ? [] : [`  changes ${changed.map(visibleLine).join(', ')}`]),
    ...(migration === null
      ? []
      : [
          `  ${paint('bold', 'once:')} ${indented(migration.command)}`,
          `  ${paint('dim', `back: ${indented(migration.undo)}`)}`,
        ]),
  ]
}

const verdictStyles = {
  hardened: 'green',
  unchanged: 'green',
  exempt: 'dim',
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
  const place = visibleLine(placeOf(finding)).padEnd(7)
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

/** Facts, then decisions, one a line. */
export function inspectionLines({ stage, image, plan }: Inspection): string[] {
  return [`  stage ${stage}`, ...imageLines(image), ...planLines(plan)]
}

function imageLines(image: InspectedImage | Unknown): string[] {
  if ('unknown' in image) return [line('image', unknown(image))]
  return [
    line('image', `${image.reference}${image.digest ? ` ${image.digest}` : ''}`),
    line('facts from', image.source),
    line('platform', platformText(image.platform)),
    line('system', orUnknown(image.os)),
    line('user', image.user === '' ? 'root (the image names none)' : image.user),
    line('entrypoint', command(image.entrypoint)),
    line('cmd', command(image.cmd)),
    line('workdir', image.workdir),
    ...(image.exposedPorts.length > 0 ? [line('ports', listedPorts(image.exposedPorts, ' '))] : []),
    ...(image.volumes.length > 0 ? [line('volumes', image.volumes.join(' '))] : []),
    line(
      'accounts',
      typeof image.accounts === 'object' && 'unknown' in image.accounts
        ? unknown(image.accounts)
        : accounts(image.accounts),
    ),
    line('files', orUnknown(image.files)),
  ]
}

function planLines(plan: InspectedPlan): string[] {
  const { account } = plan
  return [
    line('plan', plan.reason === '' ? plan.outcome : `${plan.outcome}: ${plan.reason}`),
    line('runs as now', orUnknown(plan.userBefore)),
    ...(account ? [line('shall run as', `${account.name || 'uid'} ${account.uid}:${account.gid}`)] : []),
    ...plan.grants.map(({ path, kind, evidence }) => line('grant', `${kind} ${path}${because(evidence)}`)),
    ...withFewPortTexts(plan.ports.map(portText)).map((text) => line('port', text)),
    ...plan.fileEdits.map(({ path, reason }) => line('edit', `${path}: ${reason}`)),
    ...plan.env.map(({ name, value, reason }) => line('env', `${name}=${value}: ${reason}`)),
    ...(plan.command ? [line('command', plan.command.reason)] : []),
    ...plan.remarks.map(({ outcome, message }) => line(outcome, message)),
  ]
}

function portText({ from, protocol, to, reason }: InspectedPlan['ports'][number]): string {
  return `${from}/${protocol} -> ${to ?? 'kept'}${reason === '' ? '' : `: ${reason}`}`
}

function line(label: string, value: string): string {
  return `    ${label.padEnd(13)} ${visibleLine(value)}`
}

function because(evidence: readonly { readonly source: string; readonly detail: string }[]): string {
  const [first] = evidence
  return first ? ` (${first.source}: ${first.detail})` : ''
}

function command(words: readonly string[] | null): string {
  return words === null ? 'none' : JSON.stringify(words)
}

/** Service accounts are what matters; the full list is in the JSON. */
function accounts(entries: readonly string[]): string {
  const shown = entries.slice(-3).join(', ')
  return entries.length > 3 ? `${entries.length}, the last: ${shown}` : shown
}

function orUnknown(value: string | Unknown): string {
  return typeof value === 'string' ? value : unknown(value)
}

function unknown({ unknown: reason }: Unknown): string {
  return `not known: ${reason}`
}

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
