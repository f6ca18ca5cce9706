// npm run bench:bounds [-- PATTERN]: doubles each kind of foreign input and prints how the CPU time grows. Each kind has a process
// of its own, so that its memory is its own too, and one that does not end is ended.
// npm run bench:bounds -- --interrupt [PATTERN]: starts the command of dist/ on the largest of each kind that is a repository, and prints
// how long it goes on after a SIGINT.
import { spawn } from 'node:child_process'
import { setFlagsFromString } from 'node:v8'
import { HardenError } from '../../src/errors.ts'
import { archives } from './archives.ts'
import { dockerfiles } from './dockerfiles.ts'
import { images } from './images.ts'
import type { Input } from './input.ts'
import { latency } from './interrupt.ts'
import { reports } from './reports.ts'
import { repositories } from './repositories.ts'
import { scripts } from './scripts.ts'
import { manySources, sources } from './sources.ts'
import { traces } from './traces.ts'

const INPUTS: readonly Input[] = [
  ...dockerfiles,
  ...images,
  ...traces,
  ...repositories,
  ...sources,
  ...scripts,
  ...archives,
  ...reports,
]

const MOST_GROWTH = 2.5
const MOST_MEGABYTES = 400
/** Milliseconds of CPU from which on a ratio says something: doubling ends with the first size that takes them. */
const MEASURABLE = 100
/** An input that is larger is refused or bounded elsewhere: Dockerfiles, configuration and start scripts end at a megabyte. */
const MOST_BYTES = 1024 * 1024
/** Of a ratio over the bound: other work on the machine slows one size and not the other. */
const MORE_ROUNDS = 5
/** Milliseconds of CPU that the largest there is may take. */
const MOST_AT_BOUND = 1000
/** Milliseconds in which a SIGINT ends the command. */
const MOST_LATENCY = 1000
const WARM_UPS = 5
const TIMEOUT = 60_000
const AT_A_TIME = 2

export async function main(args: readonly string[]): Promise<number> {
  const [first = '', name = ''] = args
  if (first === '--one') return one(name)
  if (first === '--interrupt') return interrupted(name)
  const waiting = INPUTS.filter((input) => input.name.includes(first))
  const count = waiting.length
  let failed = 0
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      if (!(await measured(next.name))) failed += 1
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
  console.log(`${count} inputs, ${failed} over the bounds (growth ${MOST_GROWTH}, ${MOST_MEGABYTES} MB)`)
  return failed === 0 && count > 0 ? 0 : 1
}

/** One by one: what else runs would take their time. */
async function interrupted(name: string): Promise<number> {
  let [count, failed] = [0, 0]
  // Of many files the time that one takes is what counts: their number is bounded.
  for (const input of [...INPUTS, ...manySources]) {
    if (input.files === undefined || !input.name.includes(name)) continue
    count += 1
    const { milliseconds, ended } = await latency(input.files, input.most ?? MOST_BYTES)
    const isBad = milliseconds > MOST_LATENCY
    if (isBad) failed += 1
    console.log(`${input.name.padEnd(60)}  ${milliseconds.toFixed(0).padStart(6)} ms  ${ended}${isBad ? '  OVER' : ''}`)
  }
  console.log(`${count} inputs, ${failed} that a SIGINT took longer than ${MOST_LATENCY} ms to end`)
  return failed === 0 && count > 0 ? 0 : 1
}

/** Prints its row, and whatever went wrong, at once. */
function measured(name: string): Promise<boolean> {
  const program = `const { main } = await import(${JSON.stringify(import.meta.url)}); process.exitCode = await main(['--one', ${JSON.stringify(name)}])`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT,
    killSignal: 'SIGKILL',
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (printed += part.toString()))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => {
      process.stdout.write(printed)
      if (status === null) console.log(`${name.padEnd(56)} did not end within ${TIMEOUT / 1000} s`)
      resolve(status === 0)
    })
  })
}

interface Cost {
  readonly n: number
  readonly bytes: number
  readonly milliseconds: number
}

/** Where a bound stops the growth, it is the doubling that took longest which counts. */
async function one(name: string): Promise<number> {
  // As the command has it.
  setFlagsFromString('--heap-growing-percent=60')
  const input = INPUTS.find((each) => each.name === name)
  if (input === undefined) throw new Error(`there is no input ${name}`)
  for (let round = 0; round < WARM_UPS; round += 1) await cost(input, 32)
  const costs = [await cost(input, 32)]
  const most = input.most ?? MOST_BYTES
  const isLast = ({ n, bytes }: Cost): boolean => n === input.bound || 2 * bytes > most
  for (let last = costs[0]; last !== undefined && !isLast(last); last = costs.at(-1)) {
    const next = await cost(input, 2 * last.n)
    // What takes long because it runs for the first time does not say so twice.
    const again = next.milliseconds < MEASURABLE ? next : await cost(input, next.n)
    costs.push(again.milliseconds < next.milliseconds ? again : next)
    if (last.milliseconds >= MEASURABLE && input.bound === undefined) break
  }
  const longest = costs.slice(1).reduce((a, b) => (b.milliseconds > a.milliseconds ? b : a))
  const half = costs[costs.indexOf(longest) - 1] ?? longest
  let [before, after] = [half.milliseconds, longest.milliseconds]
  // Folders in one another: twice as many are four times the text.
  const mostGrowth = MOST_GROWTH * Math.max(1, longest.bytes / half.bytes / 2)
  const isLargest = longest.n === input.bound || (input.bound === 'most' && 2 * longest.bytes > most)
  const isOver = (): boolean =>
    after >= MEASURABLE && after > mostGrowth * before && !(isLargest && after <= MOST_AT_BOUND)
  for (let round = 0; round < MORE_ROUNDS && isOver(); round += 1) {
    after = Math.min(after, (await cost(input, longest.n)).milliseconds)
    before = Math.min(before, (await cost(input, half.n)).milliseconds)
  }
  const megabytes = process.resourceUsage().maxRSS / 1024
  const growth = after < MEASURABLE ? '' : `x ${(after / before).toFixed(2)}`
  const isBad = isOver() || megabytes >= MOST_MEGABYTES
  const row = [name.padEnd(60), `n ${half.n}`.padEnd(9), `${before.toFixed(0)} ms`.padStart(7)]
  console.log(
    [...row, `${after.toFixed(0)} ms`.padStart(7), growth.padEnd(6), `${megabytes.toFixed(0)} MB`].join('  ') +
      (isBad ? '  OVER' : ''),
  )
  return isBad ? 1 : 0
}

/** What is refused takes time as well. */
async function cost(input: Input, n: number): Promise<Cost> {
  const { bytes, work, end } = await input.prepare(n)
  const since = process.cpuUsage()
  try {
    await work()
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
  } finally {
    end?.()
  }
  const { user, system } = process.cpuUsage(since)
  return { n, bytes, milliseconds: (user + system) / 1000 }
}
