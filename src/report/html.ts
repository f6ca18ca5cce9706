import { htmlText } from '../borders/html.ts'
import { shellQuoted } from '../borders/shell.ts'
import { visible } from '../borders/terminal.ts'
import { bounds } from '../bounds.ts'
import { diff } from './diff.ts'
import type { Format, Rendering } from './format.ts'
import { SCRIPT, STYLE } from './html-assets.ts'
import { type ChangedFile, groupsOf, isChanged, type Note, type Row, type TargetGroup } from './html-groups.ts'
import { proofInWord, proofInWords, proofRows, sandboxInWords, timesInWords } from './proof-rows.ts'
import { QUESTIONS_TITLE, questionInWords, questionsOf, questionsOfAll, withoutQuestions } from './questions.ts'
import { hasFailed, type ReportFinding, type ReportProof, type TargetResult, tool } from './report.ts'
import { changedFiles, SERVICE_COLUMNS, serviceRows, servicesTold } from './services.ts'
import { outcomeWord, runsAs, summaryLine, VERDICTS } from './summary.ts'
import { doing } from './text.ts'

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
  "default-src 'none'; script-src 'sha256-Cg0COjiwKh3hvi7DtKRGVmUs/uJ7mnBd5/4rF6J3kV8='; style-src 'sha256-jbukQJBng/UZjimF+zPHw86F3fzDV3fdtTWERNUtPYw='; img-src data:; base-uri 'none'; form-action 'none'"

export const REVIEW_POLICY = `${POLICY}; connect-src 'self'`

/** The same page with what a reviewer decides by: `src/cli/review.ts` serves it. */
export function reviewPage(renderings: readonly Rendering[]): string {
  return page(renderings, true)
}

function page(renderings: readonly Rendering[], isReview: boolean): string {
  const results = renderings.map(({ result }) => result)
  const groups = groupsOf(renderings, isReview)
  const kinds = kindsOf(results)
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${isReview ? REVIEW_POLICY : POLICY}">`,
    '<meta name="referrer" content="no-referrer">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    // An empty one, so that no browser asks for /favicon.ico.
    '<link rel="icon" href="data:,">',
    '<title>harden-image</title>',
    `<style>${STYLE}</style>`,
    '</head>',
    `<body class="${isReview ? 'review' : 'report'}">`,
    '<a class="skip" href="#files">Skip to the files</a>',
    `<header><h1>harden-image</h1><p>${text(results.length === 0 ? 'no target' : summaryLine(results))}</p>${TOOLS}</header>`,
    '<div class="columns">',
    sidebar(renderings, kinds, isReview),
    '<main id="files" tabindex="-1">',
    ...proofMatrix(results),
    ...(results.length > 1 ? questionList(questionsOfAll(results)) : []),
    ...groups.map((group) => card(group, kinds)),
    `<footer class="quiet">${text(tool)}</footer>`,
    '</main>',
    '</div>',
    bar(isReview),
    help(isReview),
    `<script>${SCRIPT}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

/** Text from outside stays text, and hidden characters are shown. */
function text(words: string): string {
  return htmlText(visible(words))
}

// What stands around the files.

const TOOLS = `<div class="tools" hidden>
<span role="radiogroup" aria-label="Diff" class="switch"><label><input type="radio" name="view" checked>Unified</label><label><input type="radio" name="view" id="split">Split</label></span>
<button type="button" id="fold">Fold all</button>
<button type="button" id="keys">Keys <kbd>?</kbd></button>
</div>`

/** All targets by name, with what chooses among them. */
function sidebar(renderings: readonly Rendering[], kinds: readonly Kind[], isReview: boolean): string {
  const chips = VERDICTS.flatMap((verdict) => {
    const count = renderings.filter(({ result }) => result.verdict === verdict).length
    return count === 0
      ? []
      : [
          `<button type="button" aria-pressed="false" data-only="${verdict}" class="${verdict}">${count} ${verdict}</button>`,
        ]
  })
  const options = kinds.flatMap(({ name, files }, index) =>
    files > 1 ? [`<option value="${index}">${files} × ${text(name)}</option>`] : [],
  )
  const items = renderings.map((rendering, index) => {
    const { target, verdict } = rendering.result
    const writes = writesOf(rendering).map(text).join('\n')
    return `<li data-verdict="${verdict}" data-writes="${writes}"><a href="#target-${index + 1}">${isReview ? mark(index) : ''}<span class="path">${text(target)}</span></a><span class="${verdict}">${verdict}</span></li>`
  })
  return [
    '<nav aria-label="Targets">',
    '<div class="filters" role="search" aria-label="Targets" hidden>',
    '<input type="search" id="path" aria-label="Filter by path" placeholder="Filter by path">',
    `<div class="chips" role="group" aria-label="Verdicts">${chips.join('\n')}</div>`,
    ...(options.length === 0
      ? []
      : [
          `<select id="kind" aria-label="Finding"><option value="">all findings</option>${options.slice(0, bounds.shownKinds).join('\n')}</select>`,
        ]),
    '<p class="counts"><span id="shown" role="status"></span> <span id="decided"></span></p>',
    ...(isReview
      ? [
          '<progress id="progress" aria-labelledby="decided"></progress>',
          '<p class="buttons"><button type="button" id="accept"></button><button type="button" id="reject"></button></p>',
        ]
      : []),
    '</div>',
    `<ul id="list">${items.join('\n')}</ul>`,
    '</nav>',
  ].join('\n')
}

/** What was decided about a target; the script fills it. */
function mark(index: number): string {
  return `<span class="mark" role="img" aria-label="not decided" data-mark="${index}"></span>`
}

/** The files that change with a target. */
function writesOf({ result, path, files }: Rendering): readonly string[] {
  if (!result.changed || result.verdict === 'failed') return []
  return files === undefined ? [path] : files.flatMap(({ name, before, after }) => (before === after ? [] : [name]))
}

function bar(isReview: boolean): string {
  const buttons = isReview
    ? '<button type="button" id="end">End without writing</button><button type="button" id="write" class="primary" disabled>Write</button>'
    : '<button type="button" id="copy" class="primary">Copy as git apply</button>'
  return `<section class="bar" aria-label="${isReview ? 'What is written' : 'What changes'}" hidden><p><strong id="sum"></strong> <span id="rest" class="quiet"></span> <span role="status" id="said"></span></p>${buttons}</section>`
}

function help(isReview: boolean): string {
  const keys = [
    ['j k', 'next, previous change'],
    ['] [', 'next, previous file'],
    ...(isReview
      ? [
          ['a', 'accept this change; on the name of a file all of its changes'],
          ['r', 'reject it'],
          ['u', 'leave it undecided'],
        ]
      : []),
    ['Enter', 'fold or unfold a file'],
    ['/', 'filter by path'],
    ['?', 'this list'],
  ]
  const rows = keys.map(([key = '', does]) => {
    const marks = key.split(' ').map((one) => `<kbd>${one}</kbd>`)
    return `<dt>${marks.join(' ')}</dt><dd>${does}</dd>`
  })
  return `<dialog id="help" aria-labelledby="help-title"><h2 id="help-title">Keys</h2><dl>${rows.join('')}</dl><p><label><input type="checkbox" id="single" checked> single-key shortcuts</label></p><button type="button" id="close" autofocus>Close</button></dialog>`
}

/** What is done, and to how many files. */
interface Kind {
  readonly name: string
  readonly files: number
}

/** The most frequent first. */
function kindsOf(results: readonly TargetResult[]): readonly Kind[] {
  const counts = new Map<string, number>()
  for (const result of results) {
    const all = [result, ...(result.services ?? [])].flatMap(({ findings }) => withoutQuestions(findings))
    for (const name of new Set(all.map(kindOf))) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].map(([name, files]) => ({ name, files })).toSorted((a, b) => b.files - a.files)
}

function kindOf({ transform, outcome, message }: ReportFinding): string {
  return `${outcome} ${transform}: ${message}`
}

// One group of targets.

function card(group: TargetGroup, kinds: readonly Kind[]): string {
  const { members, parts, notes, choices } = group
  const [{ index, rendering }] = members
  const { result } = rendering
  const names = new Set(notes.map(({ finding }) => kindOf(finding)))
  const of = kinds.flatMap(({ name }, kind) => (names.has(name) ? [kind] : []))
  const more = members.length > 1 ? ` and ${members.length - 1} more` : ''
  const user = runsAs(rendering, { brief: true })
  const said = user === '' && result.proof !== null ? `proof ${proofInWord(result)}` : user
  return [
    `<details class="card" open id="target-${index + 1}" data-targets="${members.map((member) => member.index).join(' ')}" data-kinds="${of.join(' ')}">`,
    `<summary><h2>${text(result.target)}${more}</h2> <span class="${result.verdict}">${result.verdict}</span> <span class="quiet">${text(said)}</span></summary>`,
    '<div class="body">',
    ...memberPart(group),
    ...errorPart(result),
    ...servicePart(result),
    ...questionPart(result),
    ...notesAt(group, ({ place, change }) => place === null && choices[change ?? -1] !== undefined),
    ...parts.flatMap((part, at) => [
      ...(parts.length > 1 ? [`<h3>${text(part.file.name)}</h3>`] : []),
      ...hunkParts(part, at, group),
    ]),
    ...notesAt(group, ({ place, change }) => place === null && choices[change ?? -1] === undefined),
    ...[result, ...(result.services ?? [])].flatMap((one) => (one.proof === null ? [] : proofParts(one, one.proof))),
    ...migrationPart(result),
    ...patchPart(group),
    '</div>',
    '</details>',
  ].join('\n')
}

/** The files by name, and what decides about all of them at once. */
function memberPart({ members, parts, choices }: TargetGroup): string[] {
  const isReview = choices.length > 0
  const [{ rendering }] = members
  const items = members.map(({ index, rendering: { result } }, at) => {
    const name = text(result.target)
    const box = `<label><input type="checkbox" class="member" checked data-target="${index}"> ${mark(index)}${name}</label>`
    return `<li${at === 0 ? '' : ` id="target-${index + 1}"`}>${isReview ? box : name}</li>`
  })
  const list = [
    `<p class="quiet">The same${parts.length === 0 ? '' : ' change'} in <span class="same">${members.length} files</span>${parts.length === 0 ? '' : `; the lines around it are those of ${text(rendering.result.target)}`}</p>`,
    `<div class="members" role="group" aria-label="files"${isReview ? '' : ' tabindex="0"'}><ul>${items.join('')}</ul></div>`,
  ]
  return [...(members.length > 1 ? list : []), ...(isReview ? [DECIDE] : [])]
}

const DECIDE =
  '<p class="buttons"><button type="button" aria-pressed="false" data-to="yes">Accept</button><button type="button" aria-pressed="false" data-to="no">Reject</button> <span class="state quiet"></span></p>'

function errorPart({ error }: TargetResult): string[] {
  const said = [error?.message, error?.hint].filter((part) => part !== undefined).join('\n')
  return said === '' ? [] : [`<p class="fail">${text(said)}</p>`]
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
  return [`<div class="questions"><p>${QUESTIONS_TITLE}:</p><ul>${items.join('')}</ul></div>`]
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

/** What applies the change of each file without this program, where it can be read as it is; else what does so with it. */
function patchPart({ members, parts }: TargetGroup): string[] {
  if (parts.length === 0) return []
  const patches = members.map(({ rendering }) => {
    const patch = diff.render([rendering], { colour: false })
    const isPlain = visible(patch) === patch && patch.length <= bounds.shownPatch
    const command = isPlain
      ? `git apply <<'PATCH'\n${patch}PATCH`
      : `harden-image --format diff ${shellQuoted(rendering.result.target)} | git apply`
    // HTML drops a line end at the start of a pre, so the text begins right behind the tag.
    return `<pre>${text(command)}</pre>`
  })
  return [
    '<details class="apply"><summary>git apply</summary><p class="quiet">In the folder that it was run in:</p>',
    ...patches,
    '</details>',
  ]
}

// Hunks, with a thread below the lines that a change made.

function hunkParts(part: ChangedFile, at: number, group: TargetGroup): string[] {
  const crlf = /\r\n/.test(part.file.after) && !/(?:^|[^\r])\n/.test(part.file.after)
  return [
    ...(crlf ? ['<p class="quiet">lines end in CR LF</p>'] : []),
    ...part.hunks.map(({ hunk: { oldStart, oldLines, newStart, newLines }, rows }, hunk) => {
      const shown = [`<div class="at">@@ -${oldStart},${oldLines} +${newStart},${newLines} @@</div>`]
      // Removed and added lines stand beside each other where nothing comes between them.
      let isBlock = false
      const block = (opens: boolean): void => {
        if (opens !== isBlock) shown.push(opens ? '<div class="block">' : '</div>')
        isBlock = opens
      }
      for (const [index, row] of rows.entries()) {
        block(isChanged(row))
        shown.push(line(row, crlf))
        const threads = notesAt(group, ({ place }) => place?.part === at && place.hunk === hunk && place.row === index)
        if (threads.length > 0) block(false)
        shown.push(...threads)
      }
      block(false)
      return `<div class="code">${shown.join('')}</div>`
    }),
  ]
}

function line({ mark, text: words, before, after, changes }: Row, crlf: boolean): string {
  const number = `${before === null ? '' : ` data-o="${before}"`}${after === null ? '' : ` data-n="${after}"`}`
  const content = text(crlf ? words.replace(/\r$/, '') : words)
  if (mark === '+') return `<ins${number} data-c="${changes.join(' ')}">${content}</ins>`
  if (mark === '-') return `<del${number} data-c="${changes.join(' ')}">${content}</del>`
  return `<span class="c"${number}>${content}</span>`
}

function notesAt(group: TargetGroup, isHere: (note: Note) => boolean): string[] {
  return group.notes.flatMap((note, index) => (isHere(note) ? [thread(note, index, group)] : []))
}

function thread({ finding, service, change, place }: Note, index: number, { members, choices }: TargetGroup): string {
  const { file, line, outcome, message, hint, transform, evidence } = finding
  const [{ rendering, index: target }] = members
  const id = `t${target + 1}-${index + 1}`
  const choice = change === null ? undefined : choices[change]
  const word = outcomeWord(outcome, rendering.isWritten === true)
  const why = evidence.map(({ source, subject, detail }) => `<li>${text(`${source} ${subject}: ${detail}`)}</li>`)
  return [
    `<div class="thread" id="${id}" tabindex="-1" role="group" aria-labelledby="${id}-m"${choice === undefined ? '' : ` data-change="${change}" data-needs="${choice.needs.join(' ')}" data-with="${choice.preparedBy.join(' ')}"`}>`,
    `<p><span class="${outcome}">${word}</span> <span id="${id}-m">${service === null ? '' : `${text(service)}: `}${text(message)}</span>`,
    // A whole text that is accepted at once is no transform's.
    transform === '' ? '' : ` <code>${text(transform)}</code>`,
    // What stands at its lines need not name one.
    place === null && transform !== ''
      ? ` <span class="quiet">${file === undefined ? '' : `${text(file)} `}line ${line}</span></p>`
      : '</p>',
    hint ? `<p>${text(doing(hint, (_, words) => words) + hint)}</p>` : '',
    why.length === 0 ? '' : `<ul class="why">${why.join('')}</ul>`,
    choice === undefined ? '' : `${DECIDE}<p class="todo" hidden></p>`,
    '</div>',
  ].join('')
}

// Proofs.

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

function proofParts({ target, ports }: TargetResult, proof: ReportProof): string[] {
  const rows = proofRows({ proof, ports }).map(({ name, baseline, result, mark }) => [
    ...[name, baseline, result].map(text),
    mark === '' ? '' : `<span class="${mark}">${mark}</span>`,
  ])
  const cells = proof.cells.map(({ name, outcome, reason }) => [text(name), outcomeOf(outcome), text(reason)])
  const times = timesInWords(proof)
  const sandbox = sandboxInWords(proof)
  return [
    `<h3>${text(target)}: proof ${proofInWord({ proof })}: ${text(proofInWords(proof))}</h3>`,
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
