import { lineOf } from '../edit.ts'
import { type ChangeSet, choicesOf } from './changes.ts'
import { type FileTexts, type Hunk, hunksOf } from './diff.ts'
import type { Rendering } from './format.ts'
import { withFewPortFindings } from './many-ports.ts'
import { questionsOf, withoutQuestions } from './questions.ts'
import type { ReportFinding } from './report.ts'
import { servicesTold } from './services.ts'
import { runsAs } from './summary.ts'

// What the HTML page says of a target, and which targets it can say that of at once.

/** The same change of several files, or all that is to be said of one target. */
export interface TargetGroup {
  readonly members: readonly [Member, ...Member[]]
  readonly parts: readonly ChangedFile[]
  readonly notes: readonly Note[]
  /** The changes to accept or reject; none where nobody is asked, or there is nothing to write. */
  readonly choices: ChangeSet['all']
}

interface Member {
  /** Among all targets. */
  readonly index: number
  readonly rendering: Rendering
}

/** A file that changes. */
export interface ChangedFile {
  readonly file: FileTexts
  readonly hunks: readonly { readonly hunk: Hunk; readonly rows: readonly Row[] }[]
}

/** A line of a hunk. */
export interface Row {
  readonly mark: ' ' | '+' | '-' | '\\'
  /** With the mark. */
  readonly text: string
  /** Its numbers in the two texts; null where it is not in that one. */
  readonly before: number | null
  readonly after: number | null
  /** The changes that made it; none of a comment about a decision, which goes with any of them. */
  readonly changes: readonly number[]
}

/** A finding and where it is told. */
export interface Note {
  readonly finding: ReportFinding
  readonly service: string | null
  /** Its index among the changes; null for what changes nothing. */
  readonly change: number | null
  /** It stands below this row; null where no hunk has its line. */
  readonly place: { readonly part: number; readonly hunk: number; readonly row: number } | null
}

export function groupsOf(renderings: readonly Rendering[], isReview: boolean): readonly TargetGroup[] {
  const groups = new Map<string, { -readonly [K in keyof TargetGroup]: TargetGroup[K] }>()
  for (const [index, rendering] of renderings.entries()) {
    const choices = isReview ? choicesOf(rendering) : []
    const parts = partsOf(rendering)
    const notes = notesOf(rendering, parts, choices)
    const key = likeness(rendering, parts, notes) ?? `target ${index}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { members: [{ index, rendering }], parts, notes, choices })
    else group.members = [...group.members, { index, rendering }]
  }
  return [...groups.values()]
}

/** A key that two targets share where they are told as one; null for a target that is told alone. The text around a change may differ. */
function likeness(rendering: Rendering, parts: readonly ChangedFile[], notes: readonly Note[]): string | null {
  const { result, changes } = rendering
  if (result.kind !== 'dockerfile' || result.proof !== null || result.error !== undefined) return null
  const said = notes.map(({ finding: { line: _, column: __, ...finding }, change, place }) => ({
    finding,
    change,
    place: place === null ? null : [place.part, place.hunk],
  }))
  const lines = parts.map(({ hunks }) => hunks.map(({ rows }) => rows.filter(isChanged).map(({ text }) => text)))
  const asked = questionsOf(result).map(({ kind }) => kind)
  return JSON.stringify([result.verdict, runsAs(rendering), said, asked, lines, changes?.all.map(({ needs }) => needs)])
}

function partsOf(rendering: Rendering): readonly ChangedFile[] {
  const { result, source, path, files } = rendering
  if (result.verdict === 'failed') return []
  const own = { name: path, before: result.kind === 'image' ? null : source, after: result.output }
  const tags = tagsOf(rendering)
  return (files ?? [own])
    .map((file) => ({
      file,
      hunks: hunksOf(file.before ?? '', file.after).map((hunk) => ({ hunk, rows: rowsOf(hunk, tags) })),
    }))
    .filter(({ hunks }) => hunks.length > 0)
}

function rowsOf({ oldStart, newStart, lines }: Hunk, tags: Tags): readonly Row[] {
  let [before, after] = [oldStart, newStart]
  return lines.map((text): Row => {
    if (text.startsWith('+')) return { mark: '+', text, before: null, after, changes: tags.after(after++) }
    if (text.startsWith('-')) return { mark: '-', text, before, after: null, changes: tags.before(before++) }
    if (text.startsWith('\\')) return { mark: '\\', text, before: null, after: null, changes: [] }
    return { mark: ' ', text, before: before++, after: after++, changes: [] }
  })
}

export function isChanged({ mark }: Row): boolean {
  return mark !== ' '
}

/** Null for what can only be accepted as a whole, which is one change. */
function partsToChoose({ changes, files }: Rendering): ChangeSet | null {
  return files === undefined ? (changes ?? null) : null
}

// Which changes made a line, by its number.

interface Tags {
  before(line: number): readonly number[]
  after(line: number): readonly number[]
}

function tagsOf(rendering: Rendering): Tags {
  const { result } = rendering
  const changes = partsToChoose(rendering)
  if (changes === null) return { before: () => [0], after: () => [0] }
  const before = new Map<number, number[]>()
  const after = new Map<number, number[]>()
  const { source, looseEnd, decisions, all } = changes
  const edits = [
    ...all.flatMap(({ edits }, change) => edits.map((edit) => ({ ...edit, change }))),
    ...[...decisions, ...(looseEnd === null ? [] : [looseEnd])].map((edit) => ({ ...edit, change: null })),
  ].toSorted((a, b) => a.start - b.start || a.end - b.end)
  let moved = 0
  for (const { start, end, text: words, change } of edits) {
    if (change !== null) {
      // An insertion above a line does not change that line.
      if (end > start || (start > 0 && source[start - 1] !== '\n')) add(before, source, start, end, change)
      add(after, result.output, start + moved, start + moved + words.length, change)
    }
    moved += words.length - (end - start)
  }
  return { before: (line) => before.get(line) ?? [], after: (line) => after.get(line) ?? [] }
}

function add(lines: Map<number, number[]>, source: string, start: number, end: number, change: number): void {
  // A line end belongs to the line that it ends.
  const last = lineOf(source, Math.max(start, end - 1))
  for (let line = lineOf(source, start); line <= last; line++) {
    const changes = lines.get(line) ?? []
    if (!changes.includes(change)) lines.set(line, [...changes, change])
  }
}

// Findings, each at the lines that it is about.

function notesOf(rendering: Rendering, parts: readonly ChangedFile[], choices: ChangeSet['all']): readonly Note[] {
  const { result } = rendering
  const changes = partsToChoose(rendering)
  const left = new Map((changes?.all ?? []).map((change, index) => [index, change]))
  const changeOf = (finding: ReportFinding): number | null => {
    const found = [...left].find(
      ([, { finding: other }]) =>
        other.transform === finding.transform && other.line === finding.line && other.message === finding.message,
    )
    if (found === undefined) return null
    left.delete(found[0])
    return found[0]
  }
  const own = withFewPortFindings(withoutQuestions(result.findings)).map((finding): Note => {
    const change = changeOf(finding)
    return { finding, service: null, change, place: placeOf(parts, finding, change) }
  })
  const services = servicesTold(result).flatMap((service) =>
    withFewPortFindings(withoutQuestions(service.findings)).map((finding): Note => {
      const file = finding.file ?? service.file
      const place = placeOf(parts, file === undefined ? finding : { ...finding, file }, null)
      return { finding, service: service.target, change: null, place }
    }),
  )
  // What can be accepted is told, also where findings like it are only counted.
  const told = new Set(own.flatMap(({ change }) => change ?? []))
  const untold = choices.flatMap(({ finding }, change): Note[] =>
    told.has(change)
      ? []
      : [{ finding, service: null, change, place: changes === null ? null : placeOf(parts, finding, change) }],
  )
  return [...untold, ...own.toSorted((a, b) => a.finding.line - b.finding.line), ...services]
}

/** Below the first lines that its change made, else below its own line. */
function placeOf(
  parts: readonly ChangedFile[],
  { file, line }: Pick<ReportFinding, 'file' | 'line'>,
  change: number | null,
): Note['place'] {
  const part = file === undefined ? 0 : parts.findIndex((one) => one.file.name === file)
  const hunks = parts[part]?.hunks ?? []
  if (change !== null)
    for (const [hunk, { rows }] of hunks.entries()) {
      const first = rows.findIndex(({ changes }) => changes.includes(change))
      if (first < 0) continue
      const end = rows.findIndex((row, index) => index > first && !isChanged(row))
      const block = rows.slice(first, end < 0 ? rows.length : end)
      return { part, hunk, row: first + block.findLastIndex(({ changes }) => changes.includes(change)) }
    }
  for (const [hunk, { rows }] of hunks.entries()) {
    const row = rows.findLastIndex(({ before }) => before !== null && before <= line)
    if (row >= 0 && rows.some(({ before }) => before !== null && before >= line)) return { part, hunk, row }
  }
  return null
}
