import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { bounds } from '../../bounds.ts'
import type { ContainerProcess, Engine, RunSpec } from '../../engine/engine.ts'
import type { ImageConfig, Known } from '../../image/facts.ts'
import { growingTrace, type ReadOptions, type Trace } from './growing-trace.ts'
import { TRACED_CALLS } from './parse-trace.ts'
import {
  bounded,
  ensureTracer,
  KEPT_FILE,
  keeperCommand,
  TRACE_FILE,
  TRACER_BINARY,
  TRACER_FOLDER,
  TRACER_LIBRARIES,
  TRACER_LOADER,
  unrefused,
} from './tracer.ts'

export interface TracedRun {
  /** Started already. */
  readonly container: string
  /** Reads the trace as far as it is written: while the program runs, and after it has ended. */
  read(options?: ReadOptions): Promise<Known<Trace>>
  /**
   * Removes the container and then its keeper. Each keeper holds an inotify(7) instance, of which a user has 128, so a batch would
   * run out of them.
   */
  remove(): Promise<void>
}

/**
 * Creates and starts a container under strace. Unknown where there is no tracer. An image that cannot start is no error here: the
 * state of the container tells.
 */
export async function traceRun(
  engine: Engine,
  config: ImageConfig,
  spec: RunSpec,
  mode: TraceMode = {},
): Promise<Known<TracedRun>> {
  const image = await ensureTracer(engine)
  if (!image.known) return image
  const kept = await startKeeper(engine, image.value)
  if (!kept.known) return kept
  const tracer = kept.value
  const container = await engine.run(tracedSpec(spec, config, tracer, mode))
  return { known: true, value: tracedRun(engine, { container, tracer, config, spec, mode }) }
}

interface TracedContainer {
  readonly container: string
  readonly tracer: string
  readonly config: ImageConfig
  /** The run without a tracer. */
  readonly spec: Pick<RunSpec, 'user'>
  readonly mode?: TraceMode
}

/** A container that is started already, by a spec of `tracedSpec`. */
export function tracedRun(engine: Engine, { container, tracer, config, spec, mode = {} }: TracedContainer): TracedRun {
  const growing = growingTrace({
    cwd: config.workdir,
    ...(mode.as ?? startIdentity(spec.user ?? config.user)),
    ignore: TRACER_FOLDER,
  })
  const read = async (options: ReadOptions): Promise<Known<Trace>> => {
    await engine.copyOut(tracer, KEPT_FILE, growing.readOn)
    // strace ends with the first process, which may have ended before it was stopped.
    if (growing.hasEnded() && (await engine.state(container)).running) {
      await pause(RESTART)
      await engine.copyOut(tracer, KEPT_FILE, growing.readOn)
      if (growing.hasEnded() && (await engine.state(container)).running) growing.tampered(KILLED)
    }
    const value = growing.soFar(options)
    return value === null ? { known: false, reason: await whyEmpty(engine, container) } : { known: true, value }
  }
  // Reads follow one another, since each goes on where the last one ended.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn: TracedRun['read'] = (options = {}) => {
    const next = last.then(() => read(options))
    last = next.catch(() => undefined)
    return next
  }
  const remove = async (): Promise<void> => {
    await engine.remove(container)
    await engine.remove(tracer)
  }
  return { container, read: inTurn, remove }
}

/** How long strace takes to open its output after a second start, in milliseconds. */
const RESTART = 500
const KILLED = 'strace had ended while the program ran on'

/** The keeper has no network, little memory, and only the capability to write into its root folder, which podman makes 0555. */
function keeperSpec(image: string): RunSpec {
  const [entrypoint = '', ...command] = keeperCommand(bounds.traceBytes)
  const rights = { capDrop: ['ALL'], capAdd: ['DAC_OVERRIDE'], noNewPrivileges: true } as const
  return { image, entrypoint, command, network: 'none', ...rights, memoryBytes: 128 * 1024 * 1024, pidsLimit: 16 }
}

/** It takes a start of a container. */
const LOOKS = 1000

/** The container of a keeper that is ready to keep what strace writes; `image`: that of the tracer. */
export async function startKeeper(engine: Engine, image: string): Promise<Known<string>> {
  const keeper = await engine.run(keeperSpec(image))
  for (let look = 0; look < LOOKS; look += 1) {
    if ((await engine.copyOut(keeper, KEPT_FILE, drain)) !== null) return { known: true, value: keeper }
    const state = await engine.state(keeper)
    if (!state.running && state.status !== 'created') {
      const said = (await engine.logs(keeper)).trim().split('\n').at(-1)
      return {
        known: false,
        reason: `the container that keeps the trace has ended: ${said || state.error || 'without a word'}`,
      }
    }
    await pause(20)
  }
  return { known: false, reason: 'the container that keeps the trace does not start' }
}

async function drain(tar: Readable): Promise<true> {
  for await (const _ of tar);
  return true
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

/** Begins the reason where the program tampered with its own trace. */
export const NOT_BELIEVED = 'the trace is not believed'

/** Begins the reason where the program never ran: what the container shows is not its work. */
export const NEVER_RAN = 'strace wrote nothing'

/** strace says on standard error why it may not trace: a policy that forbids ptrace, a program that is not there. */
async function whyEmpty(engine: Engine, container: string): Promise<string> {
  const state = await engine.state(container)
  const said = (await engine.logs(container)).split('\n').find((line) => line.startsWith(`${TRACER_BINARY}: `))
  const why = said?.slice(TRACER_BINARY.length + 2) ?? (state.error || `the container is ${state.status}`)
  return `${NEVER_RAN}: ${why}`
}

export interface TraceMode {
  /**
   * Default false: strace's seccomp filter keeps a traced server within a tenth of its own pace, but sets no_new_privs,
   * so a setuid program run by a non-root process (sudo, postdrop) gets no privileges, and hides calls that the
   * engine's own seccomp profile refuses. True: neither, at two to three times the time to come up.
   */
  readonly faithful?: boolean
  /**
   * Whom it becomes: before anything is traced, a user whom permissions refuse nothing; with `bounding`, under a tracer that stays
   * root, a user as any other, whose programs may gain those capabilities. The container itself is root's.
   */
  readonly as?: { readonly uid: number; readonly gid: number; readonly bounding?: readonly string[] }
}

/** What a container runs: entrypoint and command together, with the spec's in place of the image's. Source: docker-run(1). */
export function commandOf(spec: RunSpec, config: ImageConfig): readonly string[] {
  const given = spec.command ?? []
  if (spec.entrypoint !== undefined) return [...(spec.entrypoint === '' ? [] : [spec.entrypoint]), ...given]
  return [...(config.entrypoint ?? []), ...(given.length > 0 ? given : (config.cmd ?? []))]
}

/** Variables by which the loader would put libraries of the image into strace itself. */
const LOADER_VARIABLES = ['LD_PRELOAD', 'LD_AUDIT']

/**
 * The same run under strace. The tracer makes itself a grandchild in a session of its own (`-DDD`), so the program is
 * still process 1: it gets the signals, its exit code is the container's, and its standard streams are its own. strace
 * looks a bare name up in PATH, from the image's workdir, as the engine would. A spec without a command comes back
 * unchanged: the engine refuses it with its own words.
 *
 * What it can notice: the tracer is one more child of process 1. A supervisor that ends only when *all* its children
 * have ended (`haproxy -W`) then stops by SIGKILL, so how long a program takes to stop is measured untraced.
 *
 * CAP_SYS_PTRACE is added unless all capabilities are dropped and none given: without it the memory and the
 * descriptors of a process that has changed its user cannot be read, and paths are lost. A locked-down run needs none,
 * since nothing in it can change its user.
 */
export function tracedSpec(spec: RunSpec, config: ImageConfig, tracerContainer: string, mode: TraceMode = {}): RunSpec {
  const argv = commandOf(spec, config)
  if (argv.length === 0) return spec
  const preloads = LOADER_VARIABLES.flatMap((name) => {
    const value = spec.env?.[name] ?? config.env.get(name)
    return value === undefined || value === '' ? [] : [{ name, value }]
  })
  const strace = [
    ...['-DDD', '-f', '-y', '-ttt', '-q', '-s', '200', '-e', 'signal=none'],
    ...(mode.faithful ? [] : ['--seccomp-bpf']),
    ...preloads.flatMap(({ name, value }) => ['-E', `${name}=${value}`]),
    // The output is appended to, so that a stop and a start of one container are one trace.
    ...['-A', '-o', TRACE_FILE],
    // `?`: not every architecture has every call.
    ...['-e', `trace=${TRACED_CALLS.map((call) => `?${call}`).join()}`],
  ]
  return {
    ...spec,
    ...(preloads.length === 0
      ? {}
      : { env: { ...spec.env, ...Object.fromEntries(preloads.map(({ name }) => [name, ''])) } }),
    ...(hasNoCapabilities(spec) ? {} : { capAdd: [...(spec.capAdd ?? []), 'SYS_PTRACE'] }),
    volumesFrom: [...(spec.volumesFrom ?? []), tracerContainer],
    ...startedBy([
      ...(mode.as === undefined || mode.as.bounding !== undefined ? [] : unrefused(mode.as)),
      ...[TRACER_LOADER, '--library-path', TRACER_LIBRARIES, TRACER_BINARY, ...strace, '--'],
      ...(mode.as?.bounding === undefined ? [] : bounded({ ...mode.as, bounding: mode.as.bounding })),
      ...argv,
    ]),
  }
}

function startedBy([entrypoint = '', ...command]: readonly string[]): Pick<RunSpec, 'entrypoint' | 'command'> {
  return { entrypoint, command }
}

function hasNoCapabilities(spec: RunSpec): boolean {
  return (spec.capDrop?.some((name) => name.toUpperCase() === 'ALL') ?? false) && (spec.capAdd ?? []).length === 0
}

/**
 * The pid of the tracer in a container whose run is traced: whoever traces its first process, and no other can then; null where
 * that is nobody. A name or a command line is the program's to choose.
 */
export function tracerAmong(processes: readonly Pick<ContainerProcess, 'pid' | 'first' | 'tracer'>[]): number | null {
  const traced = processes.filter(({ tracer }) => tracer !== null && tracer > 0)
  const first = processes.find((one) => one.first) ?? [...traced].sort((one, other) => one.pid - other.pid)[0]
  return first?.tracer || null
}
