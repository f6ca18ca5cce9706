import { markdownCode as code, markdownText as escaped, markdownBlock as fenced } from '../borders/markdown.ts'
import { allVisible, visibleLine } from '../borders/terminal.ts'
import { diff } from './diff.ts'
import type { Format, Rendering } from './format.ts'
import { withFewPortFindings } from './many-ports.ts'
import { type Proved, proofInWord, proofInWords, proofRows, sandboxInWords, timesInWords } from './proof-rows.ts'
import { QUESTIONS_TITLE, questionInWords, questionsOf, questionsOfAll, withoutQuestions } from './questions.ts'
import { hasFailed, isComplete, type ReportFinding, type TargetResult, type Verdict } from './report.ts'
import { changedFiles, SERVICE_COLUMNS, serviceRows, servicesTold } from './services.ts'
import { counted, summaryLine, whoIs } from './summary.ts'

/** GitHub takes 65,536 characters of a comment or a body; bytes are never fewer than those, however they are counted. */
const MOST_BYTES = 65_000
/** At most this much of it for the table, for the findings of one target, and for a note on what is left out. */
const TABLE_BYTES = 30_000
const LIST_BYTES = 12_000
const NOTE_BYTES = 400

/** For a pull request's text or comment: the sum and a table, then target by target, folded where there are several. */
export const markdown: Format = {
  name: 'markdown',
  tells: 'all',
  render(renderings) {
    if (renderings.length === 0) return ''
    const shown = renderings
      .map((rendering) => allVisible(rendering))
      .sort((a, b) => URGENT_FIRST.indexOf(a.result.verdict) - URGENT_FIRST.indexOf(b.result.verdict))
    const head = ['## harden-image', escaped(summaryLine(renderings.map(({ result }) => result)))]
    const rows = overview(shown)
    const asked = shown.length > 1 ? questionList(questionsOfAll(shown.map(({ result }) => result))) : []
    const room = MOST_BYTES - NOTE_BYTES - bytesOf([...head, rows.text, ...asked].join('\n\n'))
    const sections = sectionsIn(room, shown.filter(hasMore))
    const leftOut = [
      leftOutOf(rows.leftOut, shown.length, 'row of the table', 'rows of the table'),
      leftOutOf(sections.leftOut, shown.filter(hasMore).length, 'target', 'targets'),
      leftOutOf(sections.changesLeftOut, sections.changes, 'change', 'changes'),
    ].filter((part) => part !== '')
    const note =
      leftOut.length === 0 ? [] : [`Not shown here, since GitHub takes no more: ${leftOut.join(', ')}. ${ALL}`]
    return `${[...head, ...note, rows.text, ...asked, ...sections.texts].join('\n\n')}\n`
  },
}

/**
 * The title of a pull request with the changes, at most 72 characters; nothing where there is nothing to ask for. What is not
 * known to run as another user in the end is not said to do so.
 */
export const title: Format = {
  name: 'title',
  tells: 'changes',
  render(renderings) {
    const changed = renderings
      .map(({ result }) => result)
      .filter(({ changed, verdict, proof }) => changed && verdict !== 'failed' && !hasFailed({ proof }))
    const [only] = changed
    if (only === undefined) return ''
    const hardened = changed.filter(isComplete).length
    const what = only.kind === 'dockerfile' || only.kind === 'image' ? '' : 'the containers of '
    const said = hardened === 0 ? ['Prepare', 'to run as non-root'] : ['Run', 'as non-root']
    const line = (subject: string): string => visibleLine([said[0], subject, said[1]].join(' '))
    const alone = line(`${what}${only.target}`)
    if (changed.length === 1 && alone.length <= TITLE_LENGTH) return `${alone}\n`
    const [one, many] = changed.every(({ kind }) => kind === 'dockerfile')
      ? ['Dockerfile', 'Dockerfiles']
      : ['target', 'targets']
    const part = hardened === 0 || hardened === changed.length ? '' : `${hardened} of `
    return `${line(`${part}${counted(changed.length, one, many)}`)}\n`
  },
}

/** As git and GitHub show it whole. */
const TITLE_LENGTH = 72

const ALL = '`--format html` and `--format json` have all of it.'

/** Findings that need a person come first, and stay where there is no room for all. */
const URGENT_FIRST: readonly Verdict[] = [
  'failed',
  'incomplete',
  'needs-root',
  'hardened',
  'rewritten',
  'exempt',
  'unchanged',
  'not-applicable',
]

function leftOutOf(count: number, all: number, one: string, many: string): string {
  return count === 0 ? '' : `${count} of ${counted(all, one, many)}`
}

function overview(shown: readonly Rendering[]): { readonly text: string; readonly leftOut: number } {
  const rows = shown.map((rendering) => [
    code(rendering.result.target, 'cell'),
    rendering.result.verdict,
    rendering.result.user === null ? '' : escaped(whoIs(rendering.result.user)),
    proofInWord(rendering.result),
  ])
  const fits = room(TABLE_BYTES)
  const taken = rows.filter((row) => fits(row.join(' | ')))
  const leftOut = rows.length - taken.length
  const last = leftOut === 0 ? [] : [[`and ${leftOut} more`, '', '', '']]
  return { text: table(['target', 'verdict', 'user', 'proof'], [...taken, ...last]), leftOut }
}

interface Sections {
  readonly texts: readonly string[]
  readonly leftOut: number
  readonly changes: number
  readonly changesLeftOut: number
}

/** The reasons of all of them before the change of any: a pull request shows its changes beside this. */
function sectionsIn(bytes: number, shown: readonly Rendering[]): Sections {
  const fits = room(bytes)
  const isFolded = shown.length > 1
  const all = shown.map((rendering) => {
    const change = changeOf(rendering)
    const alone = sectionParts(rendering)
    const parts = change === '' ? alone : [...alone, CHANGE_IS_ELSEWHERE]
    return {
      change,
      without: section(rendering, parts, isFolded),
      whole: section(rendering, [...alone, change], isFolded),
    }
  })
  const taken = all.filter(({ without }) => fits(without))
  const changes = all.filter(({ change }) => change !== '').length
  const shownChanges = new Set(taken.filter(({ change }) => change !== '' && fits(change)))
  return {
    texts: taken.map((one) => (shownChanges.has(one) ? one.whole : one.without)),
    leftOut: all.length - taken.length,
    changes,
    changesLeftOut: changes - shownChanges.size,
  }
}

const CHANGE_IS_ELSEWHERE = 'The change itself is not shown here.'

/** Whether there is room for one more text, which then takes it. */
function room(bytes: number): (text: string) => boolean {
  let left = bytes
  return (text) => {
    const size = bytesOf(text) + SEPARATOR
    if (size > left) return false
    left -= size
    return true
  }
}

/** A blank line between two parts, or what a row of a table has around it. */
const SEPARATOR = 8

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length
}

function hasMore({ result }: Rendering): boolean {
  const { services = [], findings, proof, error, changed } = result
  return services.length > 0 || findings.length > 0 || proof !== null || error !== undefined || changed
}

function section({ result }: Rendering, parts: readonly string[], isFolded: boolean): string {
  if (!isFolded) return [`### ${code(result.target)}: ${result.verdict}`, ...parts].join('\n\n')
  return folded(`<code>${escaped(result.target)}</code>: ${result.verdict}`, parts.join('\n\n'))
}

function sectionParts({ result }: Rendering): readonly string[] {
  const services = servicesTold(result).flatMap((service) => {
    const parts = said(service)
    return parts.length === 0 ? [] : [[`#### ${code(service.target)}`, ...parts].join('\n\n')]
  })
  return [
    ...serviceParts(result),
    ...said(result),
    ...asFit(services, 2 * LIST_BYTES, (count) => `and ${counted(count, 'service')} more`),
    ...migrationParts(result),
  ]
}

function changeOf(rendering: Rendering): string {
  const changes = diff.render([rendering], NO_COLOUR)
  return changes === '' ? '' : folded('the change', fenced('diff', changes))
}

/** As many as fit, and how many more there are. */
function asFit(texts: readonly string[], bytes: number, more: (count: number) => string): readonly string[] {
  const fits = room(bytes)
  const taken = texts.filter((text) => fits(text))
  return taken.length === texts.length ? texts : [...taken, more(texts.length - taken.length)]
}

function said(result: TargetResult): string[] {
  const { error, findings, proof, ports } = result
  const decided = withoutQuestions(findings)
  return [
    ...(error ? [escaped([error.message, error.hint ?? ''].filter(Boolean).join(' '))] : []),
    ...(decided.length > 0 ? [findingList(decided)] : []),
    ...questionList(questionsOf(result).map(questionInWords)),
    ...(proof === null ? [] : proofParts({ proof, ports })),
  ]
}

function questionList(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${QUESTIONS_TITLE}:\n\n${lines.map((line) => `- ${escaped(line)}`).join('\n')}`]
}

function findingList(findings: readonly ReportFinding[]): string {
  const items = withFewPortFindings(findings).map(findingItem)
  return asFit(items, LIST_BYTES, (count) => `- and ${counted(count, 'finding')} more: ${ALL}`).join('\n')
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

function proofParts(proved: Proved): string[] {
  const { proof } = proved
  const rows = proofRows(proved).map(({ name, baseline, result, mark }) => [name, baseline, result, mark].map(escaped))
  const cells = proof.cells.map(({ name, outcome, reason }) => [name, outcome, reason].map(escaped))
  const times = timesInWords(proof)
  const sandbox = sandboxInWords(proof)
  const reached = proof.sandbox?.reached ?? []
  return [
    `**Proof ${proofInWord({ proof })}**: ${escaped(proofInWords(proof))}`,
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
