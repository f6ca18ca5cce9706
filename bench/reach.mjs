// npm run bench:reach [-- -v]: how many source files a run without engine and network enters for a Dockerfile of two lines, as
// V8 counts what runs. A file is entered when one of its functions is: that it is loaded does not count. `-v` lists them.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { moduleBundle } from '../scripts/bundle.mjs'

const LIMIT = 120
const DOCKERFILE = 'FROM debian:12\nCMD ["/x"]\n'

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))))
const folder = mkdtempSync(join(tmpdir(), 'harden-image-bench-reach-'))
try {
  const program = join(folder, 'program.mjs')
  await build({
    ...moduleBundle,
    entryPoints: ['src/cli/program.ts'],
    outfile: program,
  })
  writeFileSync(join(folder, 'Dockerfile'), DOCKERFILE)
  const { status, stderr } = spawnSync(
    process.execPath,
    [program, '--engine', 'none', '--offline', join(folder, 'Dockerfile')],
    { env: { ...process.env, NODE_V8_COVERAGE: join(folder, 'coverage') } },
  )
  if (status !== 0) throw new Error(`it has ended with ${status}:\n${stderr}`)
  const files = entered(readFileSync(program, 'utf8'), functionsThatRan(join(folder, 'coverage'), program))
  if (process.argv.includes('-v'))
    for (const [file, count] of files) console.log(`${String(count).padStart(4)}  ${file}`)
  const functions = [...files.values()].reduce((sum, count) => sum + count, 0)
  console.log(`${files.size} files entered (${functions} functions), at most ${LIMIT} are meant to be`)
  process.exitCode = files.size <= LIMIT ? 0 : 1
} finally {
  rmSync(folder, { recursive: true })
}

/**
 * Where they begin in the program.
 * @param {string} coverage a folder
 * @param {string} program
 */
function functionsThatRan(coverage, program) {
  const starts = []
  for (const name of readdirSync(coverage)) {
    const { result } = JSON.parse(readFileSync(join(coverage, name), 'utf8'))
    for (const { url, functions } of result) {
      if (!url.endsWith(program)) continue
      // What loads a module goes by the name of its file.
      for (const { functionName, ranges } of functions)
        if (ranges[0].count > 0 && ranges[0].startOffset > 0 && !/\.(?:ts|json|[cm]?js)$/.test(functionName))
          starts.push(ranges[0].startOffset)
    }
  }
  return starts
}

/**
 * The bundler writes the name of each file above what is of it.
 * @param {string} text
 * @param {number[]} starts
 * @returns {Map<string, number>} how many functions of each
 */
function entered(text, starts) {
  const headings = [...text.matchAll(/^\/\/ (\S+\.(?:ts|json|[cm]?js))$/gm)]
  /** @type {Map<string, number>} */
  const files = new Map()
  for (const start of starts) {
    const file = headings.findLast(({ index }) => index < start)?.[1] ?? ''
    if (/^(?:src|transforms|catalogue)\//.test(file)) files.set(file, (files.get(file) ?? 0) + 1)
  }
  return new Map([...files].sort(([one], [other]) => (one < other ? -1 : 1)))
}
