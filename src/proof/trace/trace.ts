import type { Engine, RunSpec } from '../../engine/engine.ts'
import type { ImageConfig, Known } from '../../image/facts.ts'
import type { Operation } from '../../plan/operation.ts'
import { type TraceReader, traceReader } from './parse-trace.ts'
import type { TracedProcess } from './processes.ts'
import { summary } from './summarise.ts'
import { linesOfFile } from './trace-file.ts'
import { type TraceMode, tracedSpec } from './traced-spec.ts'
import { ensureTracer } from './tracer-image.ts'
import { TRACE_FILE, TRACER_BINARY, TRACER_FOLDER } from './tracer-layout.ts'

export interface Trace {
  /** Each kind of access to a path once, in the order of first sight. */
  readonly operations: readonly Operation[]
  /** The same of the time that was asked for. */
  readonly within: readonly Operation[]
  readonly processes: readonly TracedProcess[]
  /** Calls whose path is not known, because strace was not let in: above 0 the operations are not complete. */
  readonly lost: number
  /** It works through io_uring, which no trace shows: the operations are not complete. */
  readonly hidden: boolean
  /** See TraceReader. */
  readonly unmade: string | null
  /** An interval timer, or a wait for a socket that ends by itself, was set before the end of that time. */
  readonly timers: boolean
}

export interface TracedRun {
  /** Started already. */
  readonly container: string
  /** Holds the trace; goes with the session. */
  readonly tracer: string
  /** Reads the trace as far as it is written: while the program runs, and after it has ended. */
  read(options?: ReadOptions): Promise<Known<Trace>>
}

export interface ReadOptions {
  /** What `within` tells of, seconds since 1970 on the engine's clock. */
  readonly since?: number
  readonly until?: number
}

/**
 * Creates and starts a container as `spec` says, under strace. Not known where there is no tracer; an image that the
 * engine cannot start is no error here: the engine says so in the container's state.
 */
export async function traceRun(
  engine: Engine,
  config: ImageConfig,
  spec: RunSpec,
  mode: TraceMode = {},
): Promise<Known<TracedRun>> {
  const image = await ensureTracer(engine)
  if (!image.known) return image
  // Never started: it only lends its volume.
  const tracer = await engine.create({ image: image.value, command: [TRACER_BINARY] })
  const container = await engine.run(tracedSpec(spec, config, tracer, mode))

  const read = async ({ since = 0, until = Number.POSITIVE_INFINITY }: ReadOptions = {}): Promise<Known<Trace>> => {
    const reader = traceReader({
      cwd: config.workdir,
      ...startIdentity(spec.user ?? config.user),
      ignore: TRACER_FOLDER,
    })
    const rows = summary()
    const some = summary()
    const lines = await engine.copyOut(tracer, TRACE_FILE, (tar) =>
      readAll(linesOfFile(tar), reader, (operation) => {
        const at = operation.at ?? 0
        rows.add(operation)
        if (at >= since && at < until) some.add(operation)
      }),
    )
    if (!lines) return { known: false, reason: await whyEmpty(engine, container) }
    return {
      known: true,
      value: {
        operations: rows.all(),
        within: some.all(),
        processes: reader.processes(),
        lost: reader.lost(),
        hidden: reader.hidden(),
        unmade: reader.unmade(),
        timers: reader.timerAt() < until,
      },
    }
  }
  return { known: true, value: { container, tracer, read } }
}

/** Returns the number of lines. */
async function readAll(
  lines: AsyncIterable<string>,
  reader: TraceReader,
  tell: (operation: Operation) => void,
): Promise<number> {
  let count = 0
  for await (const line of lines) {
    count += 1
    for (const operation of reader.read(line)) tell(operation)
  }
  return count
}

/** `10001:10001` → its numbers; a name is not looked up, and stays unknown until the program asks for its uid. */
function startIdentity(user: string): { readonly uid: number | null; readonly gid: number | null } {
  const [uid = '', gid = ''] = user.split(':')
  if (uid === '' || uid === 'root') return { uid: 0, gid: gid === '' ? 0 : numberOf(gid) }
  return { uid: numberOf(uid), gid: numberOf(gid) }
}

function numberOf(text: string): number | null {
  return /^\d+$/.test(text) ? Number(text) : null
}

/** Begins the reason where the program itself has not run: what the container shows is not its work. */
export const NEVER_RAN = 'strace wrote nothing'

/** strace says on standard error why it may not trace: a policy that forbids ptrace, a program that is not there. */
async function whyEmpty(engine: Engine, container: string): Promise<string> {
  const state = await engine.state(container)
  const said = (await engine.logs(container)).split('\n').find((line) => line.startsWith(`${TRACER_BINARY}: `))
  const why = said?.slice(TRACER_BINARY.length + 2) ?? (state.error || `the container is ${state.status}`)
  return `${NEVER_RAN}: ${why}`
}
