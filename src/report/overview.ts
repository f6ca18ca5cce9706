import { allVisible, visibleLine } from '../borders/terminal.ts'
import { bounds } from '../bounds.ts'
import type { Outcome } from '../transform.ts'
import type { Format, Rendering, RenderOptions } from './format.ts'
import { columnsOf, cut, type Line, laidOut, line, padded } from './layout.ts'
import { QUESTIONS_TITLE, questionsOfAll } from './questions.ts'
import type { ReportFinding, TargetResult, Verdict } from './report.ts'
import { allFindings, changedFiles } from './services.ts'
import { counted, type Paint, painter, runsAs, saidOfProof, VERDICTS } from './summary.ts'
import { doing, errorPlace, inOrder, outcomeStyles, verdictStyles } from './text.ts'

// Of hundreds of targets nobody reads what is said of each: here each has a line below its verdict, and what is said of several
// of them is said once.

/** Many targets, a line each, and what there is to decide and to know of them all. */
export function renderOverview(
  renderings: readonly Rendering[],
  { colour, width = null }: Pick<RenderOptions, 'colour' | 'width'>,
): string {
  const paint = painter(colour)
  const shown = renderings.map((rendering) => allVisible(rendering))
  const lines = [
    ...VERDICTS.flatMap((verdict) => groupLines(verdict, shown, paint, width)),
    ...SECTIONS.flatMap((section) => sectionLines(section, shown, paint)),
    ...questionLines(shown, paint),
  ]
  return `${laidOut(lines, width).join('\n')}\n`
}

/** A line for each file that would change, and for each target that has something left to do: what `--check` asks for. */
export const changed: Format = {
  name: 'changed',
  tells: 'names',
  onlyNew: true,
  render: (renderings) =>
    renderings
      .map((rendering) => allVisible(rendering))
      .filter(({ result }) => result.changed || result.verdict === 'incomplete' || result.verdict === 'needs-root')
      .flatMap((rendering) => {
        const { result } = rendering
        const files = changedFiles(result)
        const names = files.length === 0 ? [result.target] : files
        return names.map((name) => `${visibleLine(name)}: ${wordsOf(rendering)}\n`)
      })
      .join(''),
}

function wordsOf(rendering: Rendering): string {
  const { verdict } = rendering.result
  const row = rowText(rendering, null)
  return verdict === 'rewritten' || verdict === 'hardened' ? row : [verdict, row].filter(Boolean).join(', ')
}

/** Each kind once for all of them. */
function questionLines(renderings: readonly Rendering[], paint: Paint): readonly Line[] {
  const lines = questionsOfAll(renderings.map(({ result }) => result))
  if (lines.length === 0) return []
  return [line('', paint(outcomeStyles.question, QUESTIONS_TITLE)), ...lines.map((one) => line('  ', one))]
}

function groupLines(
  verdict: Verdict,
  renderings: readonly Rendering[],
  paint: Paint,
  width: number | null,
): readonly Line[] {
  const those = renderings.filter(({ result }) => result.verdict === verdict)
  if (those.length === 0) return []
  const head = `${paint(verdictStyles[verdict], verdict)}${paint('dim', `: ${counted(those.length, 'target')}`)}`
  if (QUIET.has(verdict) && those.length > MOST_QUIET) return [line('', `${head}${paint('dim', ', which -v names')}`)]
  const [first] = those
  const said = first === undefined ? '' : rowText(first, null)
  // A configuration that cannot be read fails all of them alike.
  if (verdict === 'failed' && those.length > 2 && those.every((one) => rowText(one, null) === said))
    return [
      line('', head),
      line('  ', said),
      line('  ', paint('dim', `the first is ${visibleLine(first?.result.target ?? '')}`)),
    ]
  const names = those.map(({ result }) => visibleLine(result.target))
  // One long path does not widen the column of all lines.
  const most = Math.min(Math.max(...names.map(columnsOf)), Math.floor((width ?? WIDEST) / 2))
  return [
    line('', head),
    ...those.map((rendering, index) => {
      const start = `  ${padded(names[index] ?? '', most)}  `
      return line(start, rowText(rendering, width === null ? null : width - columnsOf(start)))
    }),
  ]
}

const WIDEST = 160
/** Nothing is to be done about them, so of many only the number is told. */
const QUIET: ReadonlySet<Verdict> = new Set(['unchanged', 'not-applicable'])
const MOST_QUIET = 2

/** What is said of one target in its line; `room`: its columns, null for as many as it takes. */
function rowText(rendering: Rendering, room: number | null): string {
  const { result } = rendering
  const { verdict, error, stages, proof } = result
  if (error !== undefined)
    return [errorPlace(error) + error.message, ...(error.hint === undefined ? [] : [error.hint])].join('; ')
  const before = rendering.isWritten === true || verdict !== 'rewritten' ? undefined : stages.at(-1)?.userBefore
  const user = `${before === undefined ? '' : `runs as ${before}; `}${runsAs(rendering, { brief: true })}`
  const parts = [...servicesIn(result), ...(user === '' ? [] : [user])]
  if (parts.length === 0 && proof !== null) parts.push(saidOfProof(result))
  if (verdict === 'incomplete') return [...openIn(result), ...parts].join(', ')
  if (parts.length > 0) return parts.join(', ')
  const why = isSaidInRow(result) ? reasonOf(result) : undefined
  if (why !== undefined) return room === null || room < LEAST_ROOM ? why.message : cut(why.message, room)
  const last = stages.at(-1)
  if (last === undefined || verdict === 'not-applicable') return ''
  return `${verdict === 'needs-root' ? 'stays' : 'runs as'} ${last.userAfter}`
}

const LEAST_ROOM = 24

/** `2 services, 1 rewritten` */
function servicesIn({ services, proof }: TargetResult): readonly string[] {
  if (services === undefined) return []
  const done = (['hardened', 'rewritten'] as const).flatMap((word) => {
    const count = services.filter(({ verdict }) => verdict === word).length
    return count === 0 ? [] : [`${count} ${word}`]
  })
  const said = proof?.passed === false ? [saidOfProof({ proof })] : []
  return [[counted(services.length, 'service'), ...done, ...said].join(', ')]
}

/** `2 todo`, `1 offered` */
function openIn(result: TargetResult): readonly string[] {
  const count = (outcome: Outcome): number =>
    allFindings(result).filter((finding) => finding.outcome === outcome).length
  const [todo, offered] = [count('todo'), count('offered')]
  return [...(todo > 0 ? [`${todo} todo`] : []), ...(offered > 0 ? [`${offered} offered`] : [])]
}

/** The reason for keeping root differs from file to file, so it stands in its line and nowhere else. */
function isSaidInRow({ verdict, findings }: TargetResult): boolean {
  return verdict === 'exempt' && findings.some(isReason)
}

function reasonOf({ findings }: TargetResult): ReportFinding | undefined {
  return findings.find(isReason)
}

function isReason({ transform, outcome }: ReportFinding): boolean {
  return transform === 'set-user' && outcome === 'note'
}

interface Section {
  readonly title: string
  readonly outcome: Outcome
  readonly holds: (finding: ReportFinding) => boolean
}

const SECTIONS: readonly Section[] = [
  // Who publishes a port that moves has to know.
  {
    title: 'changes that others have to follow',
    outcome: 'fixed',
    holds: ({ outcome, hint }) => outcome === 'fixed' && hint !== undefined,
  },
  { title: 'offered, with --unsafe', outcome: 'offered', holds: ({ outcome }) => outcome === 'offered' },
  { title: 'to decide', outcome: 'todo', holds: ({ outcome }) => outcome === 'todo' },
]

interface Kind {
  /** The first of them. */
  readonly finding: ReportFinding
  readonly places: string[]
  readonly targets: Set<string>
  /** They differ in numbers. */
  isSame: boolean
}

function sectionLines(
  { title, outcome, holds }: Section,
  renderings: readonly Rendering[],
  paint: Paint,
): readonly Line[] {
  const kinds = [...kindsOf(renderings, holds)]
  if (kinds.length === 0) return []
  const shown = kinds.slice(0, bounds.shownFindings)
  const rest = kinds.slice(shown.length)
  return [
    line('', paint(outcomeStyles[outcome], title)),
    ...shown.flatMap((kind, index) => kindLines(kind, shown.slice(0, index), paint)),
    ...(rest.length === 0 ? [] : [line('  ', paint('dim', `and ${rest.length} more: -v names each at its file`))]),
  ]
}

/** Findings that several targets share, the most frequent first; those that differ in numbers alone count as the same. */
function kindsOf(renderings: readonly Rendering[], holds: Section['holds']): readonly Kind[] {
  const kinds = new Map<string, Kind>()
  for (const { result } of renderings) {
    for (const finding of inOrder(allFindings(result))) {
      if (!holds(finding) || (isSaidInRow(result) && finding === reasonOf(result))) continue
      const { transform, message, hint = '', file = result.target, line: at } = finding
      const key = JSON.stringify([transform, withoutNumbers(message), withoutNumbers(hint)])
      const place = `${file}:${at}`
      const known = kinds.get(key)
      if (known === undefined) {
        kinds.set(key, { finding, places: [place], targets: new Set([result.target]), isSame: true })
        continue
      }
      known.places.push(place)
      known.targets.add(result.target)
      known.isSame &&= known.finding.message === message && known.finding.hint === finding.hint
    }
  }
  return [...kinds.values()].toSorted((a, b) => b.targets.size - a.targets.size)
}

function withoutNumbers(text: string): string {
  return text.replace(/\d+/g, '#')
}

/** The hint is printed once for those that share it. */
function kindLines({ finding, places, targets, isSame }: Kind, before: readonly Kind[], paint: Paint): readonly Line[] {
  const isHintSaid = before.some((kind) => kind.finding.hint === finding.hint)
  const { message, hint, transform } = finding
  const [first = '', second] = places
  const count = targets.size
  const where =
    count === 1 ? first : count === 2 ? `${first}, ${second}` : `${counted(count, 'target')}, first ${first}`
  return [
    line('  - ', `${isSame ? '' : 'such as: '}${message} ${paint('dim', `(${transform})`)}`),
    ...(hint === undefined || isHintSaid ? [] : [line(`    ${doing(hint, paint)}`, hint)]),
    line('    ', paint('dim', where)),
  ]
}
