// npm run bench:bounds [-- PATTERN]: doubles each kind of foreign input and prints how the CPU time grows. Each kind has a process
// of its own, so that its memory is its own too, and one that does not end is ended.
import { spawnSync } from 'node:child_process'
import { HardenError } from '../../src/errors.ts'
import { dockerfiles } from './dockerfiles.ts'
import { images } from './images.ts'
import type { Input } from './input.ts'

const INPUTS: readonly Input[] = [...dockerfiles, ...images]

const MOST_GROWTH = 2.5
const MOST_MEGABYTES = 400
/** Milliseconds of CPU from which a ratio says something. */
const MEASURABLE = 60
const MOST_BYTES = 512 * 1024
const ROUNDS = 3
const TIMEOUT = 60_000

export async function main(args: readonly string[]): Promise<number> {
  const [first = '', name = ''] = args
  if (first === '--one') return one(name)
  const chosen = INPUTS.filter((input) => input.name.includes(first))
  const failed = chosen.filter((input) => !measured(input.name))
  console.log(`${chosen.length} inputs, ${failed.length} over the bounds (growth ${MOST_GROWTH}, ${MOST_MEGABYTES} MB)`)
  return failed.length === 0 ? 0 : 1
}

function measured(name: string): boolean {
  const script = process.argv[1] ?? ''
  const { status } = spawnSync(process.execPath, [script, 'bounds', '--one', name], {
    stdio: 'inherit',
    timeout: TIMEOUT,
  })
  if (status === null) console.log(`${name.padEnd(56)} did not end within ${TIMEOUT / 1000} s`)
  return status === 0
}

async function one(name: string): Promise<number> {
  const input = INPUTS.find((each) => each.name === name)
  if (input === undefined) throw new Error(`there is no input ${name}`)
  await cpu(input, 64)
  let n = 64
  let time = await cpu(input, n)
  let twice = await cpu(input, 2 * n)
  while (time.milliseconds < MEASURABLE && twice.bytes < MOST_BYTES) {
    n *= 2
    time = twice
    twice = await cpu(input, 2 * n)
  }
  const growth = time.milliseconds < MEASURABLE ? 1 : twice.milliseconds / time.milliseconds
  const megabytes = process.resourceUsage().maxRSS / 1024
  const row = [name.padEnd(56), `n ${n}`, `${time.milliseconds.toFixed(0)} ms`, `x ${growth.toFixed(2)}`]
  console.log([...row, `${megabytes.toFixed(0)} MB`].join('  '))
  return growth <= MOST_GROWTH && megabytes < MOST_MEGABYTES ? 0 : 1
}

/** The least of some rounds. What is refused takes time as well. */
async function cpu(input: Input, n: number): Promise<{ readonly bytes: number; readonly milliseconds: number }> {
  const { bytes, work } = await input.prepare(n)
  let milliseconds = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round += 1) {
    const since = process.cpuUsage()
    try {
      await work()
    } catch (error) {
      if (!(error instanceof HardenError)) throw error
    }
    const { user, system } = process.cpuUsage(since)
    milliseconds = Math.min(milliseconds, (user + system) / 1000)
  }
  return { bytes, milliseconds }
}
