import { htmlText } from '../borders/html.ts'
import { shellQuoted } from '../borders/shell.ts'
import { visible } from '../borders/terminal.ts'
import { bounds } from '../bounds.ts'
import { lineOf } from '../edit.ts'
import { type ChangeSet, choicesOf } from './changes.ts'
import { diff, type FileTexts, type Hunk, hunksOf } from './diff.ts'
import type { Format, Rendering } from './format.ts'
import { SCRIPT, STYLE } from './html-assets.ts'
import { withFewPortFindings } from './many-ports.ts'
import { proofInWord, proofInWords, proofRows, sandboxInWords, timesInWords } from './proof-rows.ts'
import { QUESTIONS_TITLE, questionInWords, questionsOf, questionsOfAll, withoutQuestions } from './questions.ts'
import { hasFailed, type ReportFinding, type ReportProof, type TargetResult, tool, type Verdict } from './report.ts'
import { changedFiles, SERVICE_COLUMNS, serviceRows, servicesTold } from './services.ts'
import { counted, runsAs, summaryLine } from './summary.ts'

/** One page that loads nothing: no font, picture or address, and no script but its own. */
export const html: Format = {
  name: 'html',
  tells: 'all',
  render: (renderings) => page(renderings, false),
}

/**
 * The second lock behind the escaping: the page loads nothing and sends nothing, and has no style and no script but its own,
 * named by their hashes, which a test computes.
 */
const POLICY =
  "default-src 'none'; script-src 'sha256-+Z2xNiidP8dCRlBX7tc65ShI8GOs8iDhAX/t9NLjlko='; style-src 'sha256-p+gneoiquQ9lmxxiMG8qcTaUgQ41tgh5bkCYAkWQeJg='; base-uri 'none'; form-action 'none'"

/** The same page with what a reviewer decides by: `src/cli/review.ts` serves it. */
export function reviewPage(renderings: readonly Rendering[]): string {
  return page(renderings, true)
}

function page(renderings: readonly Rendering[], isReview: boolean): string {
  const results = renderings.map(({ result }) => result)
  const groups = groupsOf(renderings, isReview)
  const kinds = kindsOf(renderings)
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${isReview ? REVIEW_POLICY : POLICY}">`,
    '<meta name="referrer" content="no-referrer">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<title>harden-image</title>',
    `<style>${STYLE}</style>`,
    '</head>',
    `<body data-review="${isReview ? 'yes' : 'no'}">`,
    '<a class="skip" href="#files">Skip to the files</a>',
    `<header><h1>harden-image</h1><p>${text(results.length === 0 ? 'no target' : summaryLine(results))}</p></header>`,
    '<main>',
    ...proofMatrix(results),
    ...(results.length > 1 ? questionList(questionsOfAll(results)) : []),
    ...kindTable(kinds),
    tools(results),
    '<h2 id="files" tabindex="-1">Files</h2>',
    ...groups.map((group) => card(group, kinds, isReview, groups.length === 1)),
    ...(isReview ? [decisions(renderings)] : []),
    '</main>',
    `<footer><p class="quiet">${text(tool)}</p></footer>`,
    `<script>${SCRIPT}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

export const REVIEW_POLICY = `${POLICY}; connect-src 'self'`

/** Text from outside stays text, and hidden characters are shown. */
function text(words: string): string {
  return htmlText(visible(words))
}

// Targets, of which those that are told alike are told once.

/** The same change of several files, or all that is to be said of one target. */
interface Group {
  readonly members: readonly [Member, ...Member[]]
  readonly parts: readonly Part[]
  readonly notes: readonly Note[]
  /** The changes to accept or reject; none where there is nothing to write. */
  readonly choices: ChangeSet['all']
}

interface Member {
  /** Among all targets. */
  readonly index: number
  readonly rendering: Rendering
}

/** A file that changes. */
interface Part {
  readonly file: FileTexts
  readonly hunks: readonly Hunk[]
}

/** A finding where it is told. */
interface Note {
  readonly finding: ReportFinding
  readonly service: string | null
  /** Its index among the changes; null for what changes nothing. */
  readonly change: number | null
  /** Where its first line is; null where no hunk has it. */
  readonly place: { readonly part: number; readonly hunk: number } | null
}

function groupsOf(renderings: readonly Rendering[], isReview: boolean): readonly Group[] {
  const groups = new Map<string, { -readonly [K in keyof Group]: Group[K] }>()
  for (const [index, rendering] of renderings.entries()) {
    const parts = partsOf(rendering)
    const notes = notesOf(rendering, parts)
    const choices = isReview ? choicesOf(rendering) : []
    const key = likeness(rendering, parts, notes) ?? `target ${index}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { members: [{ index, rendering }], parts, notes, choices })
    else group.members = [...group.members, { index, rendering }]
  }
  return [...groups.values()]
}

/** A key that two targets share where they are told as one; null for a target that is told alone. The text around a change may differ. */
function likeness(rendering: Rendering, parts: readonly Part[], notes: readonly Note[]): string | null {
  const { result, changes } = rendering
  if (result.kind !== 'dockerfile' || result.proof !== null || result.error !== undefined) return null
  const said = notes.map(({ finding: { line: _, column: __, ...finding }, change, place }) => ({
    finding,
    change,
    place,
  }))
  const lines = parts.map(({ hunks }) => hunks.map((hunk) => hunk.lines.filter((line) => !line.startsWith(' '))))
  const asked = questionsOf(result).map(({ kind }) => kind)
  return JSON.stringify([result.verdict, runsAs(rendering), said, asked, lines, changes?.all.map(({ needs }) => needs)])
}

function partsOf({ result, source, path, files }: Rendering): readonly Part[] {
  if (result.verdict === 'failed') return []
  const own = { name: path, before: result.kind === 'image' ? null : source, after: result.output }
  return (files ?? [own])
    .map((file) => ({ file, hunks: hunksOf(file.before ?? '', file.after) }))
    .filter(({ hunks }) => hunks.length > 0)
}

function notesOf(rendering: Rendering, parts: readonly Part[]): readonly Note[] {
  const { result, changes } = rendering
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
    const start = change === null ? undefined : changes?.all[change]?.edits[0]?.start
    const line = start === undefined || changes === undefined ? finding.line : lineOf(changes.source, start)
    return { finding, service: null, change, place: placeOf(parts, finding.file ?? null, line) }
  })
  const services = servicesTold(result).flatMap((service) =>
    withFewPortFindings(withoutQuestions(service.findings)).map((finding): Note => {
      const file = finding.file ?? service.file ?? null
      return { finding, service: service.target, change: null, place: placeOf(parts, file, finding.line) }
    }),
  )
  return [...own.toSorted((a, b) => a.finding.line - b.finding.line), ...services]
}

function placeOf(parts: readonly Part[], file: string | null, line: number): Note['place'] {
  const part = file === null ? 0 : parts.findIndex((one) => one.file.name === file)
  const hunk = (parts[part]?.hunks ?? []).findIndex(
    ({ oldStart, oldLines }) => line >= oldStart && line <= oldStart + oldLines,
  )
  return hunk < 0 ? null : { part, hunk }
}

// The overview.

/** What is done, and to how many files: a change of many files is told once. */
interface Kind {
  readonly name: string
  readonly files: number
  readonly isOpen: boolean
}

function kindsOf(renderings: readonly Rendering[]): ReadonlyMap<string, Kind> {
  const kinds = new Map<string, Kind>()
  for (const { result } of renderings) {
    const all = [result, ...(result.services ?? [])].flatMap(({ findings }) => withoutQuestions(findings))
    for (const [key, { outcome }] of new Map(all.map((finding) => [kindOf(finding), finding])))
      kinds.set(key, {
        name: key,
        files: (kinds.get(key)?.files ?? 0) + 1,
        isOpen: outcome === 'todo' || outcome === 'offered',
      })
  }
  return new Map([...kinds].toSorted(([, a], [, b]) => b.files - a.files))
}

function kindOf({ transform, outcome, message }: ReportFinding): string {
  return `${outcome} ${transform}: ${message}`
}

function kindTable(kinds: ReadonlyMap<string, Kind>): string[] {
  const many = [...kinds.values()].filter(({ files }) => files > 1)
  if (many.length === 0) return []
  const indexes = [...kinds.keys()]
  const rows = many
    .slice(0, bounds.shownKinds)
    .map(
      ({ name, files }) =>
        `<li><button type="button" aria-pressed="false" data-kind="${indexes.indexOf(name)}">${counted(files, 'target')}</button> ${text(name)}</li>`,
    )
  const rest = many.length - rows.length
  return [
    `<details><summary><h2>The same in several targets: ${counted(many.length, 'finding')}</h2></summary>`,
    '<p class="quiet">A number shows only the targets that have it.</p>',
    `<ul class="notes">${rows.join('\n')}</ul>`,
    ...(rest > 0 ? [`<p>and ${rest} more, each in its targets</p>`] : []),
    '</details>',
  ]
}

function proofMatrix(results: readonly TargetResult[]): string[] {
  const proved = results.flatMap(({ target, proof, services = [] }) => [
    ...(proof === null ? [] : [{ target, proof }]),
    ...services.flatMap((service) =>
      service.proof === null ? [] : [{ target: `${target}: ${service.target}`, proof: service.proof }],
    ),
  ])
  if (proved.length === 0) return []
  const names = [...new Set(proved.flatMap(({ proof }) => proof.cells.map(({ name }) => name)))]
  const rows = proved.map(({ target, proof }) => {
    const cells = names.map((name) => {
      const cell = proof.cells.find((one) => one.name === name)
      return cell === undefined ? '' : outcomeOf(cell.outcome)
    })
    return [text(target), outcomeOf(proof.passed ? 'pass' : hasFailed({ proof }) ? 'fail' : 'not shown'), ...cells]
  })
  return ['<h2>Proofs</h2>', table('proofs', ['target', 'proof', ...names.map(text)], rows)]
}

function outcomeOf(outcome: string): string {
  return `<span class="${outcome.startsWith('not ') ? 'quiet' : outcome}">${outcome}</span>`
}

function tools(results: readonly TargetResult[]): string {
  const verdicts = new Map<Verdict, number>()
  for (const { verdict } of results) verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
  const only = [...verdicts].map(
    ([verdict, count]) =>
      `<button type="button" aria-pressed="false" data-only="${verdict}">${count} ${verdict}</button>`,
  )
  return [
    '<div class="tools" id="tools" role="search" aria-label="Files" hidden>',
    ...only,
    '<label>path <input type="search" id="path"></label>',
    '<span role="radiogroup" aria-label="Diff"><label><input type="radio" name="view" checked> inline</label> <label><input type="radio" name="view" id="split"> side by side</label></span>',
    '<button type="button" id="unfold">Unfold</button><button type="button" id="fold">Fold</button>',
    '<button type="button" id="before">Previous</button><button type="button" id="next">Next</button>',
    '<label><input type="checkbox" id="keys" checked> keys: j next, k previous, / path</label>',
    '<button type="button" id="copy">Copy git apply of those shown</button>',
    '<span role="status" id="said"></span>',
    '</div>',
  ].join('\n')
}

function decisions(renderings: readonly Rendering[]): string {
  const count = renderings.reduce((sum, rendering) => sum + choicesOf(rendering).length, 0)
  return [
    '<div class="decide" role="region" aria-label="Decision">',
    `<span id="sum" data-of="${count}"></span>`,
    '<button type="button" id="accept">Accept all shown</button><button type="button" id="reject">Reject all shown</button>',
    '<button type="button" class="primary" id="write" disabled>Write what is accepted</button>',
    '<button type="button" id="end">End without writing</button>',
    '<strong role="status" id="told"></strong>',
    '</div>',
  ].join('\n')
}

// One target.

function card(group: Group, kinds: ReadonlyMap<string, Kind>, isReview: boolean, isOnly: boolean): string {
  const { members, parts, notes, choices } = group
  const [{ index, rendering }] = members
  const { result } = rendering
  const indexes = [...kinds.keys()]
  const kindNumbers = notes.flatMap(({ finding }) => {
    const at = indexes.indexOf(kindOf(finding))
    return at < 0 ? [] : [at]
  })
  const attributes = [
    `id="target-${index + 1}"`,
    `data-verdict="${result.verdict}"`,
    `data-files="${members.length}"`,
    `data-paths="${members.map((member) => text(member.rendering.result.target)).join('\n')}"`,
    `data-kinds="${[...new Set(kindNumbers)].join(' ')}"`,
    ...(isReview
      ? [`data-targets="${choices.length === 0 ? '' : members.map((member) => member.index).join(' ')}"`]
      : []),
    ...(isOnly ? ['open'] : []),
  ]
  const more = members.length > 1 ? ` and ${members.length - 1} more` : ''
  const user = runsAs(rendering, { brief: true })
  return [
    `<details class="card" ${attributes.join(' ')}>`,
    `<summary><h3>${text(result.target)}${more}</h3><span class="${result.verdict}">${result.verdict}</span>${user === '' ? proofWord(result) : `<span>${text(user)}</span>`}</summary>`,
    '<div class="body">',
    ...membersPart(group),
    ...(choices.length === 0 ? [] : [decisionTable(group)]),
    ...errorPart(result),
    ...servicePart(result),
    ...questionPart(result),
    ...noteList(
      notes.filter(({ place }) => place === null),
      group,
    ),
    ...parts.flatMap((part, at) => [
      ...(parts.length > 1 ? [`<h4>${text(part.file.name)}</h4>`] : []),
      ...hunkParts(part, at, group),
    ]),
    ...[result, ...(result.services ?? [])].flatMap((one) => (one.proof === null ? [] : proofParts(one, one.proof))),
    ...migrationPart(result),
    ...applyPart(group),
    '</div>',
    '</details>',
  ].join('\n')
}

function proofWord({ proof }: TargetResult): string {
  return proof === null ? '' : `<span>proof ${proofInWord({ proof })}</span>`
}

/** A line each kind; of a service behind its name. */
function questionPart(result: TargetResult): string[] {
  const lines = [result, ...servicesTold(result)].flatMap((one) =>
    questionsOf(one).map((question) => `${one === result ? '' : `${one.target}: `}${questionInWords(question)}`),
  )
  return questionList(lines)
}

function questionList(lines: readonly string[]): string[] {
  if (lines.length === 0) return []
  const items = lines.map((line) => `<li>${text(line)}</li>`)
  return [`<p>${QUESTIONS_TITLE}:</p><ul>${items.join('')}</ul>`]
}

function membersPart({ members }: Group): string[] {
  if (members.length === 1) return []
  const items = members.map(
    ({ index, rendering }, at) =>
      `<li${at === 0 ? '' : ` id="target-${index + 1}"`}>${text(rendering.result.target)}</li>`,
  )
  return [
    `<details><summary>the same in ${members.length} files; numbers and the lines around are those of the first</summary><ul>${items.join('')}</ul></details>`,
  ]
}

function errorPart({ error }: TargetResult): string[] {
  const said = [error?.message, error?.hint].filter((part) => part !== undefined).join('\n')
  return said === '' ? [] : [`<p class="failed">${text(said)}</p>`]
}

function servicePart(result: TargetResult): string[] {
  const rows = serviceRows(result).map(({ name, verdict, user, ports }) => [
    text(name),
    `<span class="${verdict}">${verdict}</span>`,
    text(user),
    text(ports),
  ])
  return rows.length === 0 ? [] : [table('services', SERVICE_COLUMNS, rows)]
}

function migrationPart(result: TargetResult): string[] {
  const changed = changedFiles(result)
  const { migration = null } = result
  return [
    ...(changed.length === 0 ? [] : [`<p>changes ${changed.map(text).join(', ')}</p>`]),
    ...(migration === null
      ? []
      : [
          `<p>once, in the folder of the project:</p><pre>${text(migration.command)}</pre>`,
          `<p>and back:</p><pre>${text(migration.undo)}</pre>`,
        ]),
  ]
}

function noteList(notes: readonly Note[], group: Group): string[] {
  if (notes.length === 0) return []
  return [`<ul class="notes">\n${notes.map((note) => noteItem(note, group)).join('\n')}\n</ul>`]
}

function noteItem({ finding, service, change }: Note, group: Group): string {
  const { file, line, outcome, message, hint, transform, evidence } = finding
  const why = evidence.map(({ source, subject, detail }) => `<li>${text(`${source} ${subject}: ${detail}`)}</li>`)
  const place = `${file === undefined ? '' : `${text(file)} `}line ${line}`
  const who = service === null ? '' : `${text(service)}: `
  return [
    '<li>',
    change === null ? '' : `${numberOf(change, group)} `,
    `<span class="${outcome}">${outcome}</span> ${who}${text(message)} <code>${text(transform)}</code> <span class="quiet">${place}</span>`,
    hint ? `<p>do: ${text(hint)}</p>` : '',
    why.length === 0 ? '' : `<ul class="why">${why.join('')}</ul>`,
    change !== null && group.choices.length > 0 ? `<p class="todo" data-warns="${change}" hidden></p>` : '',
    '</li>',
  ].join('')
}

/** The number that the lines of a change and the table of decisions call it by; where it is decided, with its box. */
function numberOf(change: number, { choices }: Group): string {
  const choice = choices[change]
  if (choice === undefined) return `<span class="number">${change + 1}</span>`
  return `<label><input type="checkbox" class="each" data-change="${change}" data-needs="${choice.needs.join(' ')}" data-with="${choice.preparedBy.join(' ')}"> accept <span class="number">${change + 1}</span></label>`
}

/** A row for each of several files; the boxes of a change stand at its hunk. */
function decisionTable({ members, choices, notes }: Group): string {
  const all = '<p><label><input type="checkbox" class="all"> accept all changes here</label></p>'
  // A change that is accepted as a whole stands at no hunk.
  const told = new Set(notes.flatMap(({ change }) => change ?? []))
  const untold = choices.flatMap((choice, index) =>
    told.has(index)
      ? []
      : [
          `<li>${numberOf(index, { choices } as Group)} ${text(choice.finding.message)}<p data-warns="${index}" hidden></p></li>`,
        ],
  )
  const others = untold.length === 0 ? '' : `<ul class="notes">${untold.join('')}</ul>`
  if (members.length === 1) return `${all}${others}`
  const rows = members.map(({ index, rendering: { result } }) => {
    const name = text(result.target)
    const boxes = choices.map(
      (_, change) =>
        `<input type="checkbox" class="one" data-file="${index}" data-change="${change}" aria-label="${name}: change ${change + 1}">`,
    )
    return [`<label><input type="checkbox" class="file" data-file="${index}"> ${name}</label>`, ...boxes]
  })
  const head = ['file', ...choices.map((_, change) => String(change + 1))]
  return `${all}${others}<details><summary>file by file</summary>${table('decisions', head, rows)}</details>`
}

// Hunks with what is said of them.

function hunkParts(part: Part, at: number, group: Group): string[] {
  const [{ rendering }] = group.members
  const tags = at === 0 && rendering.files === undefined ? tagsOf(rendering) : NO_TAGS
  const crlf = /\r\n/.test(part.file.after) && !/(?:^|[^\r])\n/.test(part.file.after)
  return [
    ...(crlf ? ['<p class="quiet">lines end in CR LF</p>'] : []),
    ...part.hunks.flatMap((hunk, index) => [
      ...noteList(
        group.notes.filter(({ place }) => place !== null && place.part === at && place.hunk === index),
        group,
      ),
      hunkCode(hunk, tags, crlf),
    ]),
  ]
}

function hunkCode({ oldStart, oldLines, newStart, newLines, lines }: Hunk, tags: Tags, crlf: boolean): string {
  const shown: string[] = [`<div class="at">@@ -${oldStart},${oldLines} +${newStart},${newLines} @@</div>`]
  let [before, after] = [oldStart, newStart]
  let isBlock = false
  for (const line of lines) {
    const isChange = line.startsWith('+') || line.startsWith('-')
    if (isChange !== isBlock && !line.startsWith('\\')) {
      shown.push(isChange ? '<div class="block">' : '</div>')
      isBlock = isChange
    }
    const words = text(crlf ? line.replace(/\r$/, '') : line)
    if (line.startsWith('+')) shown.push(`<ins data-n="${after}"${tagged(tags.after.get(after++))}>${words}</ins>`)
    else if (line.startsWith('-'))
      shown.push(`<del data-o="${before}"${tagged(tags.before.get(before++))}>${words}</del>`)
    else if (line.startsWith('\\')) shown.push(`<span class="c">${words}</span>`)
    else shown.push(`<span class="c" data-o="${before++}" data-n="${after++}">${words}</span>`)
  }
  if (isBlock) shown.push('</div>')
  return `<div class="code">${shown.join('')}</div>`
}

function tagged(changes: readonly number[] | undefined): string {
  return changes === undefined ? '' : ` data-c="${changes.join(' ')}"`
}

/** Which changes made a line, by its number. */
interface Tags {
  readonly before: ReadonlyMap<number, readonly number[]>
  readonly after: ReadonlyMap<number, readonly number[]>
}

const NO_TAGS: Tags = { before: new Map(), after: new Map() }

function tagsOf({ result, changes }: Rendering): Tags {
  if (changes === undefined) return NO_TAGS
  const before = new Map<number, number[]>()
  const after = new Map<number, number[]>()
  const edits = changes.all
    .flatMap(({ edits }, change) => edits.map((edit) => ({ ...edit, change })))
    .toSorted((a, b) => a.start - b.start || a.end - b.end)
  let moved = 0
  for (const { start, end, text: words, change } of edits) {
    // An insertion above a line does not change that line.
    if (end > start || (start > 0 && changes.source[start - 1] !== '\n'))
      add(before, changes.source, start, end, change)
    add(after, result.output, start + moved, start + moved + words.length, change)
    moved += words.length - (end - start)
  }
  return { before, after }
}

function add(lines: Map<number, number[]>, source: string, start: number, end: number, change: number): void {
  // A line end belongs to the line that it ends.
  const last = lineOf(source, Math.max(start, end - 1))
  for (let line = lineOf(source, start); line <= last; line++) {
    const changes = lines.get(line) ?? []
    if (!changes.includes(change)) lines.set(line, [...changes, change])
  }
}

/** What applies the change without this program, where it can be read as it is; else what does so with it. */
function applyPart({ members, parts }: Group): string[] {
  if (parts.length === 0) return []
  const patch = diff.render(
    members.map(({ rendering }) => rendering),
    { colour: false },
  )
  const isPlain = visible(patch) === patch && patch.length <= bounds.shownPatch
  const targets = members.map(({ rendering }) => shellQuoted(rendering.result.target)).join(' ')
  const command = isPlain ? `git apply <<'PATCH'\n${patch}PATCH` : `harden-image --format diff ${targets} | git apply`
  return [
    '<details class="apply"><summary>git apply</summary><p class="quiet">In the folder that it was run in:</p>',
    '<button type="button" data-copy hidden>Copy</button>',
    // HTML drops a line end at the start of a pre, so the text begins right behind the tag.
    `<pre>${text(command)}</pre></details>`,
  ]
}

function proofParts({ target, ports }: TargetResult, proof: ReportProof): string[] {
  const rows = proofRows({ proof, ports }).map(({ name, baseline, result, mark }) => [
    ...[name, baseline, result].map(text),
    mark === '' ? '' : `<span class="${mark}">${mark}</span>`,
  ])
  const cells = proof.cells.map(({ name, outcome, reason }) => [text(name), outcomeOf(outcome), text(reason)])
  const times = timesInWords(proof)
  const sandbox = sandboxInWords(proof)
  return [
    `<h4>${text(target)}: proof ${proofInWord({ proof })}: ${text(proofInWords(proof))}</h4>`,
    table('comparison', ['check', 'baseline', 'result', 'outcome'], rows),
    ...(cells.length === 0 ? [] : [table('conditions', ['condition', 'outcome', 'reason'], cells)]),
    ...proof.remarks.map((remark) => `<p>not shown: ${text(remark)}</p>`),
    ...(proof.sandbox?.reached ?? []).map((line) => `<p>limit: ${text(line)}</p>`),
    ...(sandbox === '' ? [] : [`<p>run in ${text(sandbox)}</p>`]),
    ...(times === '' ? [] : [`<p>${text(times)}</p>`]),
  ]
}

/** Cells are markup already. */
function table(name: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const heads = head.map((cell) => `<th scope="col">${cell}</th>`).join('')
  const line = (cells: readonly string[]): string =>
    `<tr>${cells.map((cell, index) => (index === 0 ? `<th scope="row">${cell}</th>` : `<td>${cell}</td>`)).join('')}</tr>`
  return `<div class="scroll" role="group" aria-label="${name}" tabindex="0"><table>\n<thead><tr>${heads}</tr></thead>\n<tbody>${rows.map(line).join('\n')}</tbody>\n</table></div>`
}
