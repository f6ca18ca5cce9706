import { markdownCode as code, markdownText as escaped, markdownBlock as fenced } from '../borders/markdown.ts'
import { allVisible, visibleLine } from '../borders/terminal.ts'
import { diff } from './diff.ts'
import type { Format, Rendering } from './format.ts'
import { withFewPortFindings } from './many-ports.ts'
import { type Proved, proofInWord, proofInWords, proofRows, sandboxInWords, timesInWords } from './proof-rows.ts'
import { QUESTIONS_TITLE, questionInWords, questionsOf, questionsOfAll, withoutQuestions } from './questions.ts'
import { hasFailed, isComplete, type ReportFinding, type TargetResult, type Verdict } from './report.ts'
import { allFindings, changedFiles, rowOf, SERVICE_COLUMNS, serviceRows, servicesTold } from './services.ts'
import { counted, outcomeWord, summaryLine } from './summary.ts'

/** GitHub takes 65,536 characters of a comment or a body; bytes are never fewer than those, however they are counted. */
const MOST_BYTES = 65_000
/** At most this much of it for the table, for the findings of one target, and for a note on what is left out. */
const TABLE_BYTES = 30_000
const LIST_BYTES = 12_000
const NOTE_BYTES = 400

/** For a pull request's text or comment: why, what changes, what others have to do, what was shown, what is open; then target by target. */
export const markdown: Format = {
  name: 'markdown',
  tells: 'all',
  render(renderings) {
    if (renderings.length === 0) return ''
    const shown = renderings
      .map((rendering) => allVisible(rendering))
      .sort((a, b) => URGENT_FIRST.indexOf(a.result.verdict) - URGENT_FIRST.indexOf(b.result.verdict))
    const results = shown.map(({ result }) => result)
    const isAsked = results.some((result) => result.changed && isComplete(result))
    const head = [...(isAsked ? [WHY] : []), escaped(summaryLine(renderings.map(({ result }) => result)))]
    const rows = overview(shown)
    const parts = [
      ...listOf('At deployment', deployment(results)),
      ...listOf('What was shown', shownLines(results)),
      ...(shown.length > 1 ? listOf('Open', openLines(results)) : []),
    ]
    const sections = sectionsIn(
      MOST_BYTES - NOTE_BYTES - bytesOf([...head, rows.text, ...parts].join('\n\n')),
      shown.filter(hasMore),
    )
    const leftOut = [
      leftOutOf(rows.leftOut, rows.all, 'row of the table', 'rows of the table'),
      leftOutOf(sections.leftOut, shown.filter(hasMore).length, 'target', 'targets'),
      leftOutOf(sections.changesLeftOut, sections.changes, 'change', 'changes'),
    ].filter((part) => part !== '')
    const note =
      leftOut.length === 0 ? [] : [`Not shown here, since GitHub takes no more: ${leftOut.join(', ')}. ${ALL}`]
    const texts = [...head, ...note, rows.text, ...parts, ...sections.texts]
    return `${texts.filter((text) => text !== '').join('\n\n')}\n`
  },
}

/** For a reviewer who knows nothing of it. */
const WHY =
  'These containers ran as root: whoever breaks into the program of one owns all that is in it, and is one flaw away from the machine. Now each runs as a user of its own, without the rights of root, and may write only what its program needs.'

function listOf(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`**${title}**\n\n${lines.map((line) => `- ${line}`).join('\n')}`]
}

/** `web/Dockerfile`, or `web/Dockerfile and 3 more`. */
function namesOf(names: readonly string[]): string {
  const rest = new Set(names).size - 1
  return `${code(names[0] ?? '')}${rest > 0 ? ` and ${rest} more` : ''}`
}

/** What whoever runs them has to do, each once with who asks for it. */
function deployment(results: readonly TargetResult[]): readonly string[] {
  const asked = new Map<string, string[]>()
  for (const result of results)
    for (const { outcome, hint } of allFindings(result))
      if (outcome === 'fixed' && hint !== undefined) asked.set(hint, [...(asked.get(hint) ?? []), result.target])
  const migrations = results.flatMap(({ migration }) => (migration == null ? [] : [migration.command]))
  return fewOf([
    ...[...asked].map(([hint, names]) => `${escaped(hint)} (${namesOf(names)})`),
    ...migrations.map((command) => `once, in the folder of the project: ${code(command)}`),
  ])
}

/** By which run it is known that they work. */
function shownLines(results: readonly TargetResult[]): readonly string[] {
  const by = (word: ReturnType<typeof proofInWord>): readonly TargetResult[] =>
    results.filter((result) => (result.changed || result.proof !== null) && proofInWord(result) === word)
  const said = (
    word: ReturnType<typeof proofInWord>,
    text: (names: string, engine: string) => string,
  ): readonly string[] => {
    const those = by(word)
    return those.length === 0
      ? []
      : [text(namesOf(those.map(({ target }) => target)), escaped(those[0]?.proof?.engine ?? ''))]
  }
  return [
    ...said(
      'passed',
      (names, engine) =>
        `${names}: built, and run beside the original without root and capabilities, where it did the same (${engine})`,
    ),
    ...said('failed', (names) => `${names}: the proof failed, and nothing of it is written`),
    ...said('not shown', (names) => `${names}: run beside the original, which did not show whether it works`),
    ...said('', (names) => `${names}: not run; \`harden-image --prove\` shows whether it works`),
  ]
}

/** What a person decides, and what a run would answer. */
function openLines(results: readonly TargetResult[]): readonly string[] {
  const todos = new Map<string, string[]>()
  for (const result of results)
    for (const { outcome, message } of allFindings(result))
      if (outcome === 'todo') todos.set(message, [...(todos.get(message) ?? []), result.target])
  return [
    ...fewOf([...todos].map(([message, names]) => `to decide: ${escaped(message)} (${namesOf(names)})`)),
    ...questionsOfAll(results).map((line) => `for a run to answer: ${escaped(line)}`),
  ]
}

/** As many lines as are read. */
function fewOf(lines: readonly string[]): readonly string[] {
  return lines.length <= MOST_LINES
    ? lines
    : [...lines.slice(0, MOST_LINES), `and ${lines.length - MOST_LINES} more, at their files below`]
}

const MOST_LINES = 6

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

/** What changes, or needs a person, a row each; nothing of what stays as it was. */
function overview(shown: readonly Rendering[]): {
  readonly text: string
  readonly all: number
  readonly leftOut: number
} {
  const rows = shown
    .filter(({ result }) => result.changed || !['unchanged', 'not-applicable'].includes(result.verdict))
    .map(({ result }) => {
      const { verdict, user, ports } = rowOf(result)
      return [code(result.target, 'cell'), verdict, arrows(user), arrows(ports), proofInWord(result)]
    })
  if (rows.length === 0) return { text: '', all: 0, leftOut: 0 }
  const fits = room(TABLE_BYTES)
  const taken = rows.filter((row) => fits(row.join(' | ')))
  const leftOut = rows.length - taken.length
  const last = leftOut === 0 ? [] : [[`and ${leftOut} more`, '', '', '', '']]
  return {
    text: table(['target', 'verdict', 'user', 'ports', 'proof'], [...taken, ...last]),
    all: rows.length,
    leftOut,
  }
}

function arrows(text: string): string {
  return escaped(text.replaceAll('->', '→'))
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

function sectionParts({ result, isWritten = false }: Rendering): readonly string[] {
  const services = servicesTold(result).flatMap((service) => {
    const parts = said(service, isWritten)
    return parts.length === 0 ? [] : [[`#### ${code(service.target)}`, ...parts].join('\n\n')]
  })
  return [
    ...serviceParts(result),
    ...said(result, isWritten),
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

function said(result: TargetResult, isWritten: boolean): string[] {
  const { error, findings, proof, ports } = result
  const decided = withoutQuestions(findings)
  return [
    ...(error ? [escaped([error.message, error.hint ?? ''].filter(Boolean).join(' '))] : []),
    ...(decided.length > 0 ? [findingList(decided, isWritten)] : []),
    ...questionList(questionsOf(result).map(questionInWords)),
    ...(proof === null ? [] : proofParts({ proof, ports })),
  ]
}

function questionList(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${QUESTIONS_TITLE}:\n\n${lines.map((line) => `- ${escaped(line)}`).join('\n')}`]
}

function findingList(findings: readonly ReportFinding[], isWritten: boolean): string {
  const items = withFewPortFindings(findings).map((finding) => findingItem(finding, isWritten))
  return asFit(items, LIST_BYTES, (count) => `- and ${counted(count, 'finding')} more: ${ALL}`).join('\n')
}

function serviceParts(result: TargetResult): string[] {
  const rows = serviceRows(result).map(({ name, verdict, user, ports }) => [
    code(name, 'cell'),
    verdict,
    arrows(user),
    arrows(ports),
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

function findingItem({ file, line, outcome, message, hint, transform }: ReportFinding, isWritten: boolean): string {
  const where = file === undefined ? '' : `${code(file)} `
  const what = `- **${outcomeWord(outcome, isWritten)}** ${where}line ${line}: ${escaped(message)} (${code(transform)})`
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
