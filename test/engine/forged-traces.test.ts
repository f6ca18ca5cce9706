// Programs that are root in the run that is traced, and lay hands on their own trace: no line that they write is believed.
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Engine, RunSpec } from '../../src/engine/engine.ts'
import { openEngine } from '../../src/engine/open-engine.ts'
import type { Trace } from '../../src/proof/trace/growing-trace.ts'
import { type TraceMode, traceRun } from '../../src/proof/trace/trace.ts'
import { retryOnce } from './support/retry.ts'
import { buildText, debian } from './support/small-images.ts'

retryOnce()

/** A line as strace would write it, of a file that the program has never touched. */
const FORGED = '1 9999999999.000000 openat(AT_FDCWD</>, "/forged", O_WRONLY|O_CREAT, 0666) = 3</forged>'
const OUT = '/.harden-trace/out/trace'
/** The process of strace: one that no process of the program has made. */
const TRACER = `for p in /proc/[0-9]*; do case "$(tr '\\0' ' ' < $p/cmdline 2>/dev/null)" in *-DDD*) t=\${p#/proc/};; esac; done`
/** Its output, among what it has open. */
const DESCRIPTOR = `${TRACER}; for f in /proc/$t/fd/*; do [ "$(readlink $f)" = ${OUT} ] && d=$f; done`

let engine: Engine
let image: string

beforeAll(async () => {
  engine = await openEngine()
  image = await buildText(engine, 'forger', `FROM ${debian}\nCMD ["true"]\n`)
})

afterAll(() => engine.cleanUp())

async function traceOf(script: string, spec: Partial<RunSpec> = {}, mode: TraceMode = {}): Promise<Trace> {
  const config = (await engine.inspectImage(image))?.config
  if (config === undefined) throw new Error('the image is gone')
  const command = ['sh', '-c', `${script}\nmkdir /tmp/after 2>/dev/null; exit 0`]
  const run = await traceRun(engine, config, { image, command, ...spec }, mode)
  if (!run.known) throw new Error(run.reason)
  for (let left = 300; left > 0 && (await engine.state(run.value.container)).running; left -= 1) {
    if (mode.faithful === true && left < 240) break
    await delay(50)
  }
  const trace = await run.value.read()
  if (!trace.known) throw new Error(trace.reason)
  return trace.value
}

const ATTACKS: Readonly<Record<string, string>> = {
  'adds lines': `echo '${FORGED}' >> ${OUT}`,
  'writes from the start, over the record of its own open': `exec 3<> ${OUT}; echo '${FORGED}' >&3`,
  'takes lines away before they are read': `exec 3< ${OUT}; head -c 100000 <&3 >/dev/null & sleep 1; kill $!`,
  'writes by the descriptor of strace': `${DESCRIPTOR}; echo '${FORGED}' > $d`,
  'truncates it': `: > ${OUT}`,
  'puts another file in its place': `echo '${FORGED}' > /.harden-trace/out/new; mv /.harden-trace/out/new ${OUT}`,
  'takes it away': `rm ${OUT}`,
  'writes into the memory of strace': `${TRACER}; echo x > /proc/$t/mem`,
}

test.each(Object.entries(ATTACKS))('a root program that %s is found out', async (_, script) => {
  const trace = await traceOf(script)
  expect(trace.tampered).not.toBeNull()
  expect(trace.operations.filter(({ path }) => path === '/forged')).toEqual([])
})

test('a program that is not root is found out too', async () => {
  const locked = { user: '10001:10001', capDrop: ['ALL'], noNewPrivileges: true }
  const trace = await traceOf(`echo '${FORGED}' >> ${OUT}`, locked)
  expect(trace.tampered).toBe('the program opened the output of strace')
  expect(trace.operations.filter(({ path }) => path === '/forged')).toEqual([])
})

test('a program that ends strace ends with it, or is found out where it goes on', async () => {
  const script = `${TRACER}; kill -9 $t; sleep 100`
  const ended = await traceOf(script)
  expect(ended.operations.map(({ path }) => path)).not.toContain('/tmp/after')
  const trace = await traceOf(script, {}, { faithful: true })
  expect(trace.tampered).toBe('strace had ended while the program ran on')
})

test('a program that only looks around is believed', async () => {
  const trace = await traceOf(
    'ls -lR /.harden-trace >/dev/null; echo forged > /dev/null; cat /proc/1/status > /tmp/status',
  )
  expect(trace.tampered).toBeNull()
  expect(trace.operations.map(({ path }) => path)).toContain('/tmp/after')
})
