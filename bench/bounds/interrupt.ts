import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Milliseconds from the start to the signal: reading has begun then. Where it has not, twice as long is waited. */
const BEFORE = 1000
const LONGEST = 8000
const COMMAND = join('dist', 'cli.js')

export interface Latency {
  /** From the signal to the end; 0 where it ended before. */
  readonly milliseconds: number
  /** How. */
  readonly ended: string
}

/** How long the command goes on with the largest such repository after a SIGINT. */
export async function latency(files: (n: number) => Readonly<Record<string, string>>, most: number): Promise<Latency> {
  const root = mkdtempSync(join(tmpdir(), 'harden-image-bench-interrupt-'))
  try {
    mkdirSync(join(root, '.git'))
    for (const [path, text] of Object.entries(largest(files, most))) {
      const file = join(root, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
    for (let before = BEFORE; ; before *= 2) {
      const found = await interruptedAfter(before, root)
      if (found.ended !== 'SIGINT' || before >= LONGEST) return found
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** Ended by the signal itself: nobody listened to it yet. */
async function interruptedAfter(before: number, root: string): Promise<Latency> {
  const child = spawn(process.execPath, [COMMAND, '--engine', 'none', '--offline', root], { stdio: 'ignore' })
  const closed = once(child, 'close')
  const done = await Promise.race([closed, delay(before, null)])
  // A crash ends it too, and is no answer.
  if (done !== null) return { milliseconds: 0, ended: `before, with ${done[0] ?? done[1]}` }
  const since = performance.now()
  child.kill('SIGINT')
  const [code, signal] = await closed
  return { milliseconds: performance.now() - since, ended: code === null ? String(signal) : `exit ${code}` }
}

function largest(
  files: (n: number) => Readonly<Record<string, string>>,
  most: number,
): Readonly<Record<string, string>> {
  const size = (n: number): number => Math.max(...Object.values(files(n)).map((text) => text.length))
  let [fits, over] = [1, 2]
  while (size(over) <= most) [fits, over] = [over, 2 * over]
  while (over - fits > fits / 32) {
    const middle = (fits + over) >> 1
    if (size(middle) <= most) fits = middle
    else over = middle
  }
  return files(fits)
}
