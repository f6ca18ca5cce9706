import { Buffer } from 'node:buffer'
import type { Readable } from 'node:stream'
import { isInterpreter, isSwitcher } from '../../command/index.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Operation } from '../../evidence/operation.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { baseName } from '../../places.ts'
import type { RunRecord } from '../run/run-record.ts'

/** A dynamic program names what it imports, each between two zero bytes: elf(5), string table. */
const SWITCHES = ['setgroups', 'initgroups']

type Run = Pick<RunRecord, 'container' | 'state' | 'trace' | 'processes' | 'smoke' | 'answers'>

/**
 * A server that stays root, hands work to processes of its own, imports what it takes to become the user that the work
 * is for, and never did in anything that it was asked: its work was not seen. As another user it would start and greet
 * just the same, and fail at the first real request, so nothing can be compared. Null where that is not so: above all
 * where it answered without making a process, since who becomes another user in between cannot serve the next one; that
 * says nothing where a process of its own stands by with root in reserve (shellinabox: for whoever logs in).
 */
export async function unexercised(
  { engine, facts }: { readonly engine: Engine; readonly facts: ImageFacts },
  { container, state, trace, processes, smoke, answers }: Run,
): Promise<string | null> {
  if (trace === null || smoke.length > 0 || !facts.files.known) return null
  if (trace.exercised.some(isSwitch)) return null
  // A job has done its work when it ends, and all of that was watched.
  if (!state.running) return null
  const asked = answers.some(({ protocol, kind }) => protocol === 'tcp' && kind !== 'closed')
  if (asked && trace.forked === 0 && !keepsRootAside(processes)) return null
  const files = facts.files.value
  const root = processes.filter(({ uids }) => uids.includes(0))
  const running = new Set(root.map(({ command }) => baseName(command.split(/\s+/)[0] ?? '')))
  const programs = trace.operations.flatMap(({ access, outcome, path }) =>
    access === 'execute' && outcome === 'done' && path !== null && running.has(baseName(path))
      ? [files.resolve(path) ?? path]
      : [],
  )
  for (const path of new Set(programs)) {
    // Interpreters bring all calls along for whatever they run.
    if (isInterpreter(baseName(path)) || isSwitcher(baseName(path))) continue
    const names = await engine.copyOut(container, path, (tar) => namesIn(tar, SWITCHES))
    if (names !== null && names.size > 0)
      return `its work was not seen: ${path} stays root and can become another user for what it does, and did not in anything that it was asked; give the proof a check that makes it work (--smoke, or smoke: in the configuration)`
  }
  return null
}

/**
 * Who answers has given up root for good, and beside it the same program waits that can come back to it. Nobody keeps that
 * without a use: credentials(7), saved set-user-ID.
 */
function keepsRootAside(processes: Run['processes']): boolean {
  const name = ({ command }: Run['processes'][number]): string => baseName(command.split(/\s+/)[0] ?? '')
  const free = new Set(processes.filter(({ uids }) => !uids.includes(0)).map(name))
  return processes.some((process) => {
    const [, effective] = process.uids
    return process.uids.includes(0) && effective !== 0 && free.has(name(process))
  })
}

function isSwitch({ access, outcome }: Operation): boolean {
  return outcome === 'done' && (access === 'chroot' || access === 'switch-user')
}

/** Which of the names stand between two zero bytes; a name may lie across two chunks. */
export async function namesIn(stream: Readable, names: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  const wanted = names.map((name) => ({ name, bytes: Buffer.from(`\0${name}\0`) }))
  const longest = Math.max(...wanted.map(({ bytes }) => bytes.length))
  let rest = Buffer.alloc(0)
  for await (const chunk of stream) {
    const text = Buffer.concat([rest, chunk as Buffer])
    for (const { name, bytes } of wanted) if (text.includes(bytes)) found.add(name)
    rest = text.subarray(Math.max(0, text.length - longest))
  }
  return found
}
