#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import { transforms } from '../transforms/index.ts'
import { targetProcessor } from './app/pipeline.ts'
import type { Io } from './cli/io.ts'
import { main } from './cli/main.ts'
import { reasonOf } from './workspace/files.ts'

// Of a machine with much memory V8 takes twice what is in use before it looks for what is not: for large images over 400 MB.
setFlagsFromString('--heap-growing-percent=60')

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

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  // Only touched when it is asked for: it would keep the process waiting.
  get stdin() {
    return process.stdin
  },
  env: process.env,
  cwd: process.cwd(),
  signals: {
    on: (name, handle) => process.on(name, handle),
    off: (name, handle) => process.off(name, handle),
    raise: (name) => process.kill(process.pid, name),
  },
}

const code = await main(process.argv.slice(2), io, { processTarget: targetProcessor(), transforms })
process.exitCode = unwritable ? Math.max(code, cannotWork) : code
// After a signal something may still be running that nobody waits for.
if (code > 2) process.exit()
