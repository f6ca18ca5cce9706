// npm run demo: runs the command on a small Flask program, with an engine, and writes what a terminal shows as an animated picture,
// docs/images/demo.svg. Looked at: svg-term-cli and termtosvg, which nobody maintains any more.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import wrapAnsi from 'wrap-ansi'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const OUT = join(root, 'docs/images/demo.svg')
const COLUMNS = 100
const FILES = {
  Dockerfile: `FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3-flask
WORKDIR /app
COPY app.py .
EXPOSE 8000
CMD ["python3", "app.py"]
`,
  'app.py': `import sqlite3
from flask import Flask

app = Flask(__name__)

@app.get("/")
def count():
    with sqlite3.connect("visits.db") as db:
        db.execute("create table if not exists visits (at default current_timestamp)")
        db.execute("insert into visits default values")
        return f"{db.execute('select count(*) from visits').fetchone()[0]} visits\\n"

app.run(host="0.0.0.0", port=8000)
`,
}

/** What the command prints, and what git says of the file then, in colours. */
function recorded() {
  const folder = mkdtempSync(join(tmpdir(), 'harden-image-demo-'))
  try {
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text)
    const run = (/** @type {string} */ command, /** @type {readonly string[]} */ args) =>
      spawnSync(command, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, FORCE_COLOR: '1' } })
    run('git', ['init', '--quiet'])
    run('git', ['add', '.'])
    const { status, stderr } = run(process.execPath, [join(root, 'dist/cli.js'), 'Dockerfile', '--prove', '-w'])
    if (status !== 0 || !stderr.includes('hardened')) throw new Error(`the proof did not pass:\n${stderr}`)
    const diff = run('git', ['-c', 'color.ui=always', '-c', 'diff.noprefix=false', 'diff']).stdout
    return { report: stderr.trimEnd().split('\n'), diff: diff.trimEnd().split('\n') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

// Steps of the picture: what is typed, and what then comes, each in its time.

/** @typedef {{ readonly text: string, readonly at: number }} Row */

const TYPED = 0.04
const PAUSE = 0.7
const LINE = 0.05

/** @returns {{ rows: readonly Row[], seconds: number }} */
function timed() {
  const { report, diff } = recorded()
  /** @type {Row[]} */
  const rows = []
  let at = 0.3
  const type = (/** @type {string} */ command) => {
    rows.push({ text: `\u001b[32m$\u001b[39m \u001b[1m${command}\u001b[22m`, at })
    at += command.length * TYPED
  }
  const print = (/** @type {readonly string[]} */ lines, pace = LINE) => {
    for (const text of lines) {
      rows.push({ text, at })
      at += pace
    }
  }
  type('cat Dockerfile')
  print(FILES.Dockerfile.trimEnd().split('\n'))
  at += 2 * PAUSE
  type('harden-image Dockerfile --prove -w')
  at += PAUSE
  print(report, 6 * LINE)
  at += 2 * PAUSE
  type('git diff')
  print(diff, 2 * LINE)
  return { rows, seconds: at }
}

const SIZE = { width: 8.4, height: 19, left: 18, top: 44 }
/** Classes by SGR code; 22 and 39 end them. @type {Readonly<Record<string, string>>} */
const STYLES = { 1: 'b', 2: 'd', 31: 'r', 32: 'g', 33: 'y', 36: 'c' }

const escaped = (/** @type {string} */ text) =>
  text.replace(/[&<>]/g, (mark) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[mark] ?? mark)

/** SGR: how a terminal is told a style. */
const STYLE = new RegExp(`${'\u001b'}\\[(\\d*)m`)

/** @param {string} text */
function spans(text) {
  let style = new Set()
  return text
    .split(STYLE)
    .map((part, index) => {
      if (index % 2 === 0) {
        if (part === '') return ''
        return style.size === 0 ? escaped(part) : `<tspan class="${[...style].join(' ')}">${escaped(part)}</tspan>`
      }
      const name = STYLES[part]
      if (name !== undefined) style.add(name)
      else if (part === '' || part === '0') style = new Set()
      else style = new Set([...style].filter((one) => (part === '22' ? !'bd'.includes(one) : 'bd'.includes(one))))
      return ''
    })
    .join('')
}

function picture() {
  const { rows, seconds } = timed()
  const folded = rows.flatMap(({ text, at }) =>
    wrapAnsi(text, COLUMNS, { hard: true, trim: false })
      .split('\n')
      .map((part, index) => ({ text: index === 0 ? part : `    ${part}`, at })),
  )
  const width = SIZE.left * 2 + COLUMNS * SIZE.width
  const height = SIZE.top + folded.length * SIZE.height + 16
  const lines = folded.map(({ text, at }, index) => {
    const y = SIZE.top + (index + 0.7) * SIZE.height
    return `<text x="${SIZE.left}" y="${y.toFixed(1)}" style="animation-delay:${at.toFixed(2)}s">${spans(text)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="t">
<title id="t">harden-image makes a Flask program run as a user of its own, shows by a run that it still works, and writes the Dockerfile: ${seconds.toFixed(0)} seconds</title>
<style>
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d8dee9;white-space:pre;opacity:0;animation:s .01s forwards}
@keyframes s{to{opacity:1}}@media (prefers-reduced-motion:reduce){text{animation:none;opacity:1}}
.b{font-weight:700}.d{fill:#8a94a6}.r{fill:#ff7b85}.g{fill:#7ee0a1}.y{fill:#f0c674}.c{fill:#7fd1e0}
</style>
<rect width="100%" height="100%" rx="9" fill="#12161e"/>
<g fill="#3a4252"><circle cx="22" cy="20" r="6"/><circle cx="42" cy="20" r="6"/><circle cx="62" cy="20" r="6"/></g>
${lines.join('\n')}
</svg>
`
}

writeFileSync(OUT, picture())
console.log(`wrote ${OUT.slice(root.length + 1)}`)
