// npm run bench:proof -- IMAGE [RUNS]: what a proof costs, against the least that anybody would do by hand in the same
// minute: build the result, and run both until they answer. Needs an engine that has the image.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { prove } from '../../src/app/api.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { openEngine } from '../../src/engine/open-engine.ts'

const PATIENCE = 60_000

export async function main([image, runs = '3']: readonly string[]): Promise<number> {
  if (image === undefined) {
    console.error('usage: npm run bench:proof -- IMAGE [RUNS]')
    return 2
  }
  const engine = await openEngine()
  try {
    await measure(engine, image, Number(runs))
    return 0
  } finally {
    await engine.cleanUp()
  }
}

async function measure(engine: Engine, image: string, runs: number): Promise<void> {
  // Builds the tracer, which is kept, and tells what there is to build by hand.
  const first = await prove({ image })
  if (first.verdict !== 'hardened') throw new Error(`${image} is ${first.verdict}: there is nothing to compare`)
  const times = { byHand: [] as number[], anew: [] as number[], again: [] as number[] }
  let phases = first.proof?.phases ?? []
  const proveOnce = async (): Promise<void> => {
    phases = (await prove({ image })).proof?.phases ?? []
  }
  for (let run = 0; run < runs; run += 1) {
    times.byHand.push(await timed(() => buildAndRunBoth(engine, image, first.output, run)))
    process.env.XDG_CACHE_HOME = await mkdtemp(join(tmpdir(), 'harden-image-bench-'))
    try {
      times.anew.push(await timed(proveOnce))
      times.again.push(await timed(proveOnce))
    } finally {
      await rm(process.env.XDG_CACHE_HOME, { recursive: true, force: true })
    }
  }
  const bare = median(times.byHand)
  const told = (proof: number): string => `${seconds(proof)}, ratio ${(proof / bare).toFixed(2)}`
  console.log(`build and two runs           ${seconds(bare)}`)
  console.log(`proof of an image seen anew  ${told(median(times.anew))}`)
  console.log(`proof of the same again      ${told(median(times.again))}`)
  console.log(`the last one                 ${phases.map(({ name, seconds: time }) => `${name} ${time}`).join(', ')}`)
}

async function buildAndRunBoth(engine: Engine, image: string, dockerfile: string, run: number): Promise<void> {
  // What a proof builds is new to the engine too.
  const tag = `harden-image/bench:${engine.session}-${run}`
  const text = `${dockerfile}LABEL run=${engine.session}-${run}\n`
  await docker(['build', '--quiet', `--tag=${tag}`, '-'], text)
  await runUntilItAnswers(engine, [image])
  await runUntilItAnswers(engine, ['--cap-drop=ALL', '--security-opt=no-new-privileges', tag])
  await engine.removeImage(tag)
}

/** The engine's own command, as anybody would type it. */
async function docker(args: readonly string[], input = ''): Promise<string> {
  const running = promisify(execFile)('docker', args)
  running.child.stdin?.end(input)
  return (await running).stdout.trim()
}

async function runUntilItAnswers(engine: Engine, args: readonly string[]): Promise<void> {
  const ports = (await engine.inspectImage(args.at(-1) ?? ''))?.config.exposedPorts ?? []
  const container = await docker(['run', '--detach', ...args])
  try {
    const { address } = await engine.state(container)
    // A derived image keeps its base's EXPOSE lines beside those that hold now.
    const tcp = ports.filter(({ protocol }) => protocol === 'tcp').map(({ port }) => port)
    await untilOneOpens(address, tcp)
  } finally {
    await docker(['rm', '--force', '--volumes', container])
  }
}

async function untilOneOpens(host: string, ports: readonly number[]): Promise<void> {
  const end = Date.now() + PATIENCE
  while (!(await Promise.all(ports.map((port) => accepts(host, port)))).includes(true)) {
    if (Date.now() > end) throw new Error(`none of the ports ${ports.join(', ')} opens`)
    await pause(20)
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}

async function timed(run: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`
}
