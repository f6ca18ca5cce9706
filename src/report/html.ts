import { htmlText as escaped } from '../borders/html.ts'
import { allVisible } from '../borders/terminal.ts'
import { diff } from './diff.ts'
import type { Format, Rendering } from './format.ts'
import { withFewPortFindings } from './many-ports.ts'
import { proofInWords, proofRows, sandboxInWords, timesInWords } from './proof-rows.ts'
import { type ReportFinding, type ReportProof, type TargetResult, tool } from './report.ts'
import { changedFiles, SERVICE_COLUMNS, serviceRows, servicesTold } from './services.ts'
import { runsAs, summaryLine } from './summary.ts'

/** One page that needs nothing else: no script, no font, no address. */
export const html: Format = {
  name: 'html',
  tells: 'all',
  render(renderings) {
    const shown = renderings.map((rendering) => allVisible(rendering))
    const rows = shown.map(({ result }, index) => [
      `<a href="#target-${index + 1}">${escaped(result.target)}</a>`,
      `<span class="${result.verdict}">${result.verdict}</span>`,
      escaped(runsAs(result)),
      result.proof === null ? '' : result.proof.passed ? 'passed' : 'failed',
    ])
    const sum = shown.length === 0 ? 'no target' : summaryLine(shown.map(({ result }) => result))
    return [
      '<!doctype html>',
      '<html lang="en">',
      '<head>',
      '<meta charset="utf-8">',
      `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
      '<meta name="referrer" content="no-referrer">',
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
      '<title>harden-image</title>',
      `<style>${STYLE}</style>`,
      '</head>',
      '<body>',
      '<h1>harden-image</h1>',
      `<p>${escaped(sum)}</p>`,
      table(['target', 'verdict', 'runs as', 'proof'], rows),
      ...shown.map(section),
      `<footer>${escaped(tool)}</footer>`,
      '</body>',
      '</html>',
      '',
    ].join('\n')
  },
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --good: light-dark(#176f2c, #6fce85); --open: light-dark(#8a5a00, #e3b341); --bad: light-dark(#b3261e, #ff8a80); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
pre { overflow-x: auto; padding: .8rem; border: 1px solid var(--line); }
code, pre { font-size: .9em; }
.hardened, .unchanged, .ok, ins { color: var(--good); text-decoration: none; }
.incomplete, .needs-root, .todo, .offered { color: var(--open); }
.failed, .differs, del { color: var(--bad); text-decoration: none; }
.why { opacity: .75; font-size: .9em; }
`

/**
 * The second lock behind the escaping: the page runs nothing, loads nothing and sends nothing, and has no style but its
 * own, named by its hash, which a test computes.
 */
const POLICY =
  "default-src 'none'; style-src 'sha256-uCM4vgI7V8JaMnTjiXj1c+fVJ8qtP8NIrU8vBTBwVQw='; base-uri 'none'; form-action 'none'"

function section(rendering: Rendering, index: number): string {
  const { result } = rendering
  const changes = diff.render([rendering], { colour: false })
  return [
    `<section id="target-${index + 1}">`,
    `<h2>${escaped(result.target)}: <span class="${result.verdict}">${result.verdict}</span></h2>`,
    ...serviceParts(result),
    ...said(result),
    ...servicesTold(result).flatMap((service) => {
      const parts = said(service)
      return parts.length === 0 ? [] : [`<h3>${escaped(service.target)}</h3>`, ...parts]
    }),
    ...migrationParts(result),
    ...(changes === '' ? [] : [`<pre>${changes.split('\n').map(diffLine).join('\n')}</pre>`]),
    '</section>',
  ].join('\n')
}

function said({ error: why, findings, proof }: TargetResult): string[] {
  const error = [why?.message, why?.hint].filter((part) => part !== undefined).join('\n')
  return [
    ...(error === '' ? [] : [`<p class="failed">${escaped(error)}</p>`]),
    ...(findings.length === 0 ? [] : [`<ul>\n${withFewPortFindings(findings).map(finding).join('\n')}\n</ul>`]),
    ...(proof === null ? [] : proofParts(proof)),
  ]
}

function serviceParts(result: TargetResult): string[] {
  const rows = serviceRows(result).map(({ name, verdict, user, ports }) => [
    escaped(name),
    `<span class="${verdict}">${verdict}</span>`,
    escaped(user),
    escaped(ports),
  ])
  return rows.length === 0 ? [] : [table(SERVICE_COLUMNS, rows)]
}

function migrationParts(result: TargetResult): string[] {
  const changed = changedFiles(result)
  const { migration = null } = result
  return [
    ...(changed.length === 0 ? [] : [`<p>changes ${changed.map(escaped).join(', ')}</p>`]),
    ...(migration === null
      ? []
      : [
          `<p>once, in the folder of the project:</p><pre>${escaped(migration.command)}</pre>`,
          `<p>and back:</p><pre>${escaped(migration.undo)}</pre>`,
        ]),
  ]
}

function finding({ file, line, outcome, message, hint, transform, evidence }: ReportFinding): string {
  const why = evidence.map(
    ({ source, subject, detail }) => `<br><span class="why">${escaped(`${source} ${subject}: ${detail}`)}</span>`,
  )
  const how = hint ? `<br>do: ${escaped(hint)}` : ''
  return `<li><span class="${outcome}">${outcome}</span> ${file === undefined ? '' : `${escaped(file)} `}line ${line}: ${escaped(message)} <code>${escaped(transform)}</code>${how}${why.join('')}</li>`
}

function proofParts(proof: ReportProof): string[] {
  const rows = proofRows(proof).map(({ name, baseline, result, mark }) => [
    ...[name, baseline, result].map(escaped),
    mark === '' ? '' : `<span class="${mark}">${mark}</span>`,
  ])
  const cells = proof.cells.map(({ name, outcome, reason }) => [name, outcome, reason].map(escaped))
  const times = timesInWords(proof)
  const sandbox = sandboxInWords(proof)
  return [
    `<h3>Proof ${proof.passed ? 'passed' : 'failed'}: ${escaped(proofInWords(proof))}</h3>`,
    table(['', 'baseline', 'result', ''], rows),
    ...(cells.length === 0 ? [] : [table(['condition', 'outcome', 'reason'], cells)]),
    ...proof.remarks.map((remark) => `<p>not shown: ${escaped(remark)}</p>`),
    ...(proof.sandbox?.reached ?? []).map((line) => `<p>limit: ${escaped(line)}</p>`),
    ...(sandbox === '' ? [] : [`<p>run in ${escaped(sandbox)}</p>`]),
    ...(times === '' ? [] : [`<p>${escaped(times)}</p>`]),
  ]
}

/** Cells are markup already. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`
  return `<table>\n${[line(head, 'th'), ...rows.map((row) => line(row, 'td'))].join('\n')}\n</table>`
}

function diffLine(line: string): string {
  const text = escaped(line)
  if (line.startsWith('+')) return `<ins>${text}</ins>`
  return line.startsWith('-') ? `<del>${text}</del>` : text
}
