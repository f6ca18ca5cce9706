#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'
import { reasonOf } from './errors.ts'
import { version } from './report/report.ts'

/** The exit code of a result that does not reach who asked for it. */
const cannotWork = 2

let unwritable = false
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Who reads may stop early (`| head`), and a terminal may be closed: that is no error of ours.
    if (unwritable || error.code === 'EPIPE' || (error.code === 'EIO' && stream.isTTY)) return
    unwritable = true
    process.exitCode = Math.max(Number(process.exitCode ?? 0), cannotWork)
    if (stream === process.stdout)
      process.stderr.write(`harden-image: standard output cannot be written: ${reasonOf(error)}\n`)
  })
}

// Asked for by scripts before each run: it needs nothing of the rest.
if (process.argv.length === 3 && process.argv[2] === '--version') process.stdout.write(`${version}\n`)
else start()

/**
 * Runs the command line of the program, which scripts/build.mjs has made one script of, with the code that V8 has made of it there: to compile
 * it takes longer than a Dockerfile does. As much is believed of that file as of the program beside it; V8 itself refuses what
 * another version of it has made, or one with other flags, and compiles.
 */
function start(): void {
  const url = new URL('program.cjs', import.meta.url).href
  const program = fileURLToPath(url)
  const source = readFileSync(program, 'latin1')
  const cachedData = compiled(fileURLToPath(new URL('program.cache', import.meta.url)), source)
  const script = new Script(source, { filename: program, ...(cachedData === null ? {} : { cachedData }) })
  const parts = { exports: {} as { run(): unknown } }
  script.runInThisContext()(createRequire(program), parts, url)
  parts.exports.run()
}

/** Null where there is none of this very text: it begins with the line that the text begins with, a hash of the rest. */
function compiled(file: string, source: string): Buffer | null {
  const mark = Buffer.from(source.slice(0, source.indexOf('\n') + 1))
  try {
    const bytes = readFileSync(file)
    return bytes.subarray(0, mark.length).equals(mark) ? bytes.subarray(mark.length) : null
  } catch {
    return null
  }
}
