import { allVisible, visibleLine } from '../borders/terminal.ts'
import { platformText } from '../image/facts.ts'
import type { Outcome } from '../transform.ts'
import type { Format, Rendering, RenderOptions } from './format.ts'
import type { InspectedImage, InspectedPlan, Inspection, Unknown } from './inspection.ts'
import { columnsOf, cut, type Line, laidOut, line, tableLines } from './layout.ts'
import { listedPorts, withFewPortFindings, withFewPortTexts } from './many-ports.ts'
import {
  checkRows,
  type ProofRow,
  proofInShort,
  proofInWord,
  proofInWords,
  proofRows,
  sandboxInWords,
  timesInWords,
} from './proof-rows.ts'
import { questionInWords, questionsOf } from './questions.ts'
import type { ReportFinding, ReportProof, ReportStage, TargetResult, Verdict } from './report.ts'
import { changedFiles, placeOf, SERVICE_COLUMNS, serviceRows, servicesTold } from './services.ts'
import { outcomeWord, type Paint, painter, runsAs, summaryLine } from './summary.ts'

/** For people: target by target, with the evidence, then the sum. */
export const text: Format = {
  name: 'text',
  tells: 'all',
  onlyNew: true,
  render(renderings, options) {
    if (renderings.length === 0) return ''
    return `${renderTargets(renderings, { ...options, evidence: true })}\n${summaryText(renderings, options)}`
  },
}

export interface Detail extends Pick<RenderOptions, 'colour' | 'width'> {
  /** What the findings rest on is said too, and all that a proof measured. */
  readonly evidence: boolean
}

/** The targets without the sum, a blank line between them. */
export function renderTargets(renderings: readonly Rendering[], detail: Detail): string {
  const how: How = { paint: painter(detail.colour), width: detail.width ?? null, evidence: detail.evidence }
  return renderings
    .map((rendering) => laidOut(targetLines(allVisible(rendering), how), how.width).join('\n'))
    .join('\n\n')
    .concat('\n')
}

/** The sum, with its line end. */
export function summaryText(renderings: readonly Rendering[], { width = null }: Pick<RenderOptions, 'width'>): string {
  const sum = summaryLine(renderings.map(({ result }) => result))
  return `${laidOut([line('', sum)], width).join('\n')}\n`
}

interface How {
  readonly paint: Paint
  readonly width: number | null
  readonly evidence: boolean
}

function targetLines(rendering: Rendering, how: How): readonly Line[] {
  const { result, inspection } = rendering
  return [
    headline(rendering, how),
    ...(result.error ? errorLines(result.error) : []),
    ...(result.stages.length > 1 ? result.stages.map(stageLine) : []),
    ...serviceLines(result, how),
    ...(inspection ?? []).flatMap((one) => inspectionLines(one)),
    ...allFindingLines(result, rendering.isWritten === true, { ...how, source: framed(rendering) }),
    ...questionLines(result, how),
    ...servicesTold(result).flatMap((service) => ofService(service, rendering.isWritten === true, how)),
    ...proofLines(result, how),
    ...projectEnd(result, how),
  ]
}

/** `Dockerfile: rewritten, would run as app (10001:10001); a new account` */
function headline(rendering: Rendering, { paint }: How): Line {
  const { result } = rendering
  const user = runsAs(rendering)
  const said = paint(verdictStyles[result.verdict], result.verdict) + (user === '' ? '' : `, ${user}`)
  return line('', `${paint('bold', visibleLine(result.target))}: ${said}`)
}

/** What moved, one line a service. */
function serviceLines(result: TargetResult, { paint, width }: How): Line[] {
  const rows = serviceRows(result).map(({ name, verdict, user, ports }) => [visibleLine(name), verdict, user, ports])
  if (rows.length === 0) return []
  const lines = tableLines([SERVICE_COLUMNS, ...rows], 2, width)
  return lines.map((one, index) => line(index === 0 ? paint('dim', one) : one, ''))
}

/** What is said of one, below its name; nothing where nothing is. */
function ofService(service: TargetResult, isWritten: boolean, how: How): Line[] {
  const said = [
    ...(service.error ? errorLines(service.error) : []),
    ...allFindingLines(service, isWritten, how),
    ...questionLines(service, how),
    ...proofLines(service, how),
  ]
  const file = service.file === undefined ? '' : ` (${visibleLine(service.file)})`
  return said.length === 0 ? [] : [line('  ', `${how.paint('bold', visibleLine(service.target))}${file}`), ...said]
}

function projectEnd(result: TargetResult, { paint }: How): Line[] {
  const changed = changedFiles(result)
  const { migration = null } = result
  return [
    ...(changed.length === 0 ? [] : [line('  changes ', changed.map(visibleLine).join(', '))]),
    ...(migration === null
      ? []
      : [
          line(`  ${paint('bold', 'once:')} `, migration.command),
          line(`  ${paint('dim', 'back:')} `, paint('dim', migration.undo)),
        ]),
  ]
}

export const verdictStyles = {
  hardened: 'green',
  rewritten: 'green',
  unchanged: 'green',
  exempt: 'dim',
  'needs-root': 'yellow',
  incomplete: 'yellow',
  'not-applicable': 'dim',
  failed: 'red',
} as const satisfies Record<Verdict, string>

function errorLines({ message, hint, line: at }: NonNullable<TargetResult['error']>): Line[] {
  return [
    line('  ', errorPlace({ message, ...(at === undefined ? {} : { line: at }) }) + message),
    ...(hint ? [line('    ', hint)] : []),
  ]
}

/** `line 3: `; empty where the message says it itself, as that of another file than the target (its configuration) does. */
export function errorPlace({
  message,
  line: at,
}: Pick<NonNullable<TargetResult['error']>, 'message' | 'line'>): string {
  return at === undefined || message.includes(`line ${at}`) || message.includes(`:${at}: `) ? '' : `line ${at}: `
}

function stageLine({ name, userBefore, userAfter }: ReportStage): Line {
  const user = userBefore === userAfter ? `runs as ${userBefore}` : `${userBefore} -> ${userAfter}`
  return line(`  stage ${visibleLine(name)}: `, user)
}

export const outcomeStyles = {
  fixed: 'green',
  offered: 'cyan',
  todo: 'yellow',
  question: 'dim',
  note: 'dim',
} as const satisfies Record<Outcome, string>

function allFindingLines(result: Pick<TargetResult, 'findings' | 'error'>, isWritten: boolean, how: Framing): Line[] {
  // What keeps it from being read may be among its notes.
  const isWhole = how.evidence || result.error !== undefined
  const { shown, more } = isWhole ? { shown: result.findings, more: [] } : shortly(result)
  const lines = toldFindings(shown).flatMap((finding) =>
    findingLines(how.evidence ? finding : { ...finding, evidence: [] }, isWritten, how),
  )
  return [...lines, ...more.map((text) => line('  ', how.paint('dim', text)))]
}

/** In the order of their lines, what is the same in several of them once, and each reason once. */
export function toldFindings(findings: readonly ReportFinding[]): readonly ReportFinding[] {
  const told = new Set<string>()
  // What the program said last comes first.
  const isCause = ({ transform, outcome }: ReportFinding): boolean => transform === 'prove' && outcome === 'todo'
  const ordered = inOrder(findings).toSorted((a, b) => Number(isCause(b)) - Number(isCause(a)))
  return withFewPortFindings(saidOnce(ordered)).map((finding) => {
    const evidence = finding.evidence.filter((one) => !told.has(JSON.stringify(one)))
    for (const one of evidence) told.add(JSON.stringify(one))
    return { ...finding, evidence }
  })
}

/** Decisions that are shown of a target where not all is asked for. */
const MOST_DECISIONS = 3
/** Of all of them, beside the headline and the questions. */
const MOST_LINES = 6
/** What a proof could not show, and what of a configuration does not count. */
const URGENT: ReadonlySet<string> = new Set(['prove', 'read-config'])

/** What a person decides: the diff and the headline say what is done, and the questions have a line of their own. */
function shortly({ findings }: Pick<TargetResult, 'findings'>): {
  readonly shown: readonly ReportFinding[]
  readonly more: readonly string[]
} {
  const todos = saidOnce(inOrder(findings.filter(({ outcome }) => outcome === 'todo')))
  // Of a target whose changes are offered as a whole each says the same.
  const offered = [
    ...new Map(findings.flatMap((one) => (one.outcome === 'offered' ? [[one.hint ?? one.message, one]] : []))).values(),
  ]
  const decisions = [...todos, ...offered]
  const shown = decisions.slice(0, MOST_DECISIONS)
  const cost = ({ hint }: ReportFinding): number => (hint === undefined ? 1 : 2)
  let room = MOST_LINES - shown.reduce((sum, one) => sum + cost(one), 0)
  const notes = findings.filter(({ outcome }) => outcome === 'note')
  const isUrgent = ({ transform }: ReportFinding): boolean => URGENT.has(transform)
  const fixed = findings.filter(({ outcome }) => outcome === 'fixed')
  // Where nothing is to be decided there is room for what is done; what follows from it is said in any case.
  const done = fixed.filter(({ hint }) => decisions.length === 0 || hint !== undefined)
  const others = saidOnce([...notes.filter(isUrgent), ...done, ...notes.filter((one) => !isUrgent(one))])
  const fitting = others.filter((one) => {
    room -= cost(one)
    return room >= 0 || isUrgent(one)
  })
  const left = decisions.length - shown.length + others.length - fitting.length + fixed.length - done.length
  return {
    shown: [...shown, ...fitting],
    more: left === 0 ? [] : [`${left} more: -v shows ${left === 1 ? 'it' : 'them'}`],
  }
}

/** All kinds in one line: with the evidence each is said at its line. */
function questionLines(result: TargetResult, { paint, evidence }: How): Line[] {
  const questions = evidence ? [] : questionsOf(result)
  if (questions.length === 0) return []
  return [line(`  ${paint('dim', 'a run would answer:')} `, visibleLine(questions.map(questionInWords).join('; ')))]
}

/** By file, line and column; of one place as they came. The target's own file comes first. */
export function inOrder(findings: readonly ReportFinding[]): readonly ReportFinding[] {
  const byFile = ({ file = '' }: ReportFinding, { file: other = '' }: ReportFinding): number =>
    file === other ? 0 : file < other ? -1 : 1
  return findings.toSorted((a, b) => byFile(a, b) || a.line - b.line || a.column - b.column)
}

function saidOnce(findings: readonly ReportFinding[]): readonly ReportFinding[] {
  const key = ({ transform, outcome, message, hint, file }: ReportFinding): string =>
    JSON.stringify([transform, outcome, message, hint, file])
  return [...new Map(findings.toReversed().map((finding) => [key(finding), finding])).values()].toReversed()
}

/** Before what to do; choices say it themselves. */
export function doing(hint: string, paint: Paint): string {
  return hint.startsWith('a: ') ? '' : `${paint('bold', 'do:')} `
}

function findingLines(finding: ReportFinding, isWritten: boolean, how: Framing): Line[] {
  const { paint } = how
  const { outcome, message, transform, hint, evidence } = finding
  const head = `  ${visibleLine(placeOf(finding)).padEnd(7)} ${paint(outcomeStyles[outcome], outcomeWord(outcome, isWritten).padEnd(7))} `
  return [
    line(head, `${message} ${paint('dim', `(${transform})`)}`),
    ...frameOf(finding, how),
    ...(hint ? [line(`          ${doing(hint, paint)}`, hint)] : []),
    ...evidence.map((one) => line('          ', paint('dim', reasonInWords(one)))),
  ]
}

/** The lines of a target's own file, of which those are shown that a person has to decide about. */
interface Framing extends How {
  readonly source?: readonly string[]
}

/** An image has no text of its own. */
function framed({ result, source }: Rendering): readonly string[] {
  return result.kind === 'dockerfile' ? source.split(/\r?\n/) : []
}

/** The line that it is about, and a mark below the word; nothing for what is about the whole. */
function frameOf({ outcome, transform, file, line: at, column }: ReportFinding, how: Framing): Line[] {
  const { source = [], paint, width } = how
  const text = source[at - 1]
  const isDecision = outcome === 'todo' || outcome === 'offered'
  if (text === undefined || !isDecision || transform === 'prove' || file !== undefined) return []
  const gutter = `          ${at} | `
  const room = width === null ? WIDEST_FRAME : Math.max(1, width - gutter.length)
  const before = visibleLine(text.slice(0, column - 1))
  const [word = ''] = /^\S*/.exec(text.slice(column - 1)) ?? []
  const marks = cut(`${' '.repeat(columnsOf(before))}${'^'.repeat(Math.max(1, columnsOf(visibleLine(word))))}`, room)
  return [
    line('', `${paint('dim', gutter)}${cut(visibleLine(text), room)}`),
    line('', paint('dim', `${' '.repeat(gutter.length - 2)}| ${marks}`)),
  ]
}

const WIDEST_FRAME = 110

export function reasonInWords({ source, subject, detail }: ReportFinding['evidence'][number]): string {
  return `${source} ${visibleLine(subject)}: ${detail}`
}

/** Facts, then decisions, one a line. */
export function inspectionLines({ stage, image, plan }: Inspection): Line[] {
  return [line('  ', `stage ${stage}`), ...imageLines(image), ...planLines(plan)]
}

function imageLines(image: InspectedImage | Unknown): Line[] {
  if ('unknown' in image) return [fact('image', unknown(image))]
  return [
    fact('image', `${image.reference}${image.digest ? ` ${image.digest}` : ''}`),
    fact('facts from', image.source),
    fact('platform', platformText(image.platform)),
    fact('system', orUnknown(image.os)),
    fact('user', image.user === '' ? 'root (the image names none)' : image.user),
    fact('entrypoint', command(image.entrypoint)),
    fact('cmd', command(image.cmd)),
    fact('workdir', image.workdir),
    ...(image.exposedPorts.length > 0 ? [fact('ports', listedPorts(image.exposedPorts, ' '))] : []),
    ...(image.volumes.length > 0 ? [fact('volumes', image.volumes.join(' '))] : []),
    fact(
      'accounts',
      typeof image.accounts === 'object' && 'unknown' in image.accounts
        ? unknown(image.accounts)
        : accounts(image.accounts),
    ),
    fact('files', orUnknown(image.files)),
  ]
}

function planLines(plan: InspectedPlan): Line[] {
  const { account } = plan
  return [
    fact('plan', plan.reason === '' ? plan.outcome : `${plan.outcome}: ${plan.reason}`),
    fact('runs as now', orUnknown(plan.userBefore)),
    ...(account ? [fact('shall run as', `${account.name || 'uid'} ${account.uid}:${account.gid}`)] : []),
    ...plan.grants.map(({ path, kind, evidence }) => fact('grant', `${kind} ${path}${because(evidence)}`)),
    ...withFewPortTexts(plan.ports.map(portText)).map((text) => fact('port', text)),
    ...plan.fileEdits.map(({ path, reason }) => fact('edit', `${path}: ${reason}`)),
    ...plan.env.map(({ name, value, reason }) => fact('env', `${name}=${value}: ${reason}`)),
    ...(plan.command ? [fact('command', plan.command.reason)] : []),
    ...plan.remarks.map(({ outcome, message }) => fact(outcome, message)),
  ]
}

function portText({ from, protocol, to, reason }: InspectedPlan['ports'][number]): string {
  return `${from}/${protocol} -> ${to ?? 'kept'}${reason === '' ? '' : `: ${reason}`}`
}

function fact(label: string, value: string): Line {
  return line(`    ${label.padEnd(13)} `, visibleLine(value))
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

/** All that was measured, where that is asked for; else what differs, or how much was the same. */
export function proofLines(
  { proof, ports }: Pick<TargetResult, 'proof' | 'ports'>,
  { paint, width, evidence }: How,
): Line[] {
  if (proof === null) return []
  const word = proofInWord({ proof })
  const outcome = paint(word === 'passed' ? 'green' : word === 'failed' ? 'red' : 'yellow', word)
  const remarks = proof.remarks.map((remark) => line('    not shown: ', remark))
  const reached = (proof.sandbox?.reached ?? []).map((one) => line('    limit      ', one))
  if (evidence)
    return [
      line('  ', `proof ${outcome}: ${proofInWords(proof)}`),
      ...rowLines(proofRows({ proof, ports }), width),
      ...cellLines(proof.cells),
      ...remarks,
      ...reached,
      ...[sandboxInWords(proof)].filter(Boolean).map((one) => line('    run in ', one)),
      ...[timesInWords(proof)].filter(Boolean).map((one) => line('    ', one)),
    ]
  if (word !== 'failed' && proof.result !== null)
    return [line('  ', `proof ${outcome}: ${proofInShort(proof)}; -v shows them`), ...remarks, ...reached]
  const differing = checkRows({ proof, ports }).filter(({ mark }) => mark === 'differs')
  return [
    line('  ', `proof ${outcome}: ${proofInWords(proof)}; -v shows all of it`),
    ...(differing.length === 0 ? [] : rowLines(differing, width)),
    ...cellLines(proof.cells.filter(({ outcome, required }) => outcome === 'fail' && required)),
    ...reached,
  ]
}

/** What was not asked for one and the same reason is one line. */
function cellLines(cells: ReportProof['cells']): Line[] {
  const unasked = cells.filter(({ outcome }) => outcome === 'not asked')
  const [first] = unasked
  const same = first !== undefined && unasked.length > 2 && unasked.every(({ reason }) => reason === first.reason)
  const shown = same ? cells.filter(({ outcome }) => outcome !== 'not asked') : cells
  return [
    ...shown.flatMap(cellText),
    ...(same ? [line('    not asked  ', `${unasked.map(({ name }) => name).join('; ')}: ${first.reason}`)] : []),
  ]
}

function cellText({ name, outcome, required, reason, command }: ReportProof['cells'][number]): Line[] {
  const counts = outcome === 'fail' && !required ? ' (does not count)' : ''
  return [
    line(`    ${outcome.padEnd(9)}  `, `${name}${counts}${reason === '' ? '' : `: ${reason}`}`),
    ...(command !== undefined && outcome === 'fail' ? [line('               once: ', command)] : []),
  ]
}

// A root's capabilities alone would fill two lines; the JSON report has all of it, and a failure says what differs.
const WIDEST_CELL = 40
const INDENT = 5

/** The columns are as wide as the terminal lets them be, and no wider than is good to read. */
function rowLines(rows: readonly ProofRow[], width: number | null): Line[] {
  const name = Math.max(...rows.map((row) => columnsOf(row.name)))
  const marks = 'differs'.length
  const room = width === null ? WIDEST_CELL : Math.floor((width - INDENT - Math.min(name, WIDEST_CELL) - marks - 6) / 2)
  const widest = Math.max(LEAST_CELL, Math.min(WIDEST_CELL, room))
  const cells = rows.map((row) => {
    // What is judged has its mark beside it; what is to be known in full goes on below.
    const shown = (text: string): string => (row.mark === '' ? text : cut(text, widest))
    return [row.name, shown(row.baseline), shown(row.result), row.mark]
  })
  return tableLines([['', 'baseline', 'result', ''], ...cells], INDENT, width, widest).map((one) => line(one, ''))
}

const LEAST_CELL = 12
