import type { RunSpec } from '../../engine/engine.ts'
import type { ImageConfig } from '../../image/facts.ts'
import { TRACED_CALLS } from './parse-trace.ts'
import { TRACE_FILE, TRACER_BINARY, TRACER_LIBRARIES, TRACER_LOADER } from './tracer-layout.ts'

export interface TraceMode {
  /**
   * Default false: strace's seccomp filter keeps a traced server within a tenth of its own pace, but sets no_new_privs,
   * so a setuid program run by a non-root process (sudo, postdrop) gets no privileges, and hides calls that the
   * engine's own seccomp profile refuses. True: neither, at two to three times the time to come up.
   */
  readonly faithful?: boolean
}

/** What a container runs: entrypoint and command together, with the spec's in place of the image's. Source: docker-run(1). */
export function commandOf(spec: RunSpec, config: ImageConfig): readonly string[] {
  const given = spec.command ?? []
  if (spec.entrypoint !== undefined) return [...(spec.entrypoint === '' ? [] : [spec.entrypoint]), ...given]
  return [...(config.entrypoint ?? []), ...(given.length > 0 ? given : (config.cmd ?? []))]
}

/** Loaded by the dynamic loader into strace itself, where a library of the image has no business. */
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
    // Appended, so that a stop and start of the same container is one trace.
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
    entrypoint: TRACER_LOADER,
    command: ['--library-path', TRACER_LIBRARIES, TRACER_BINARY, ...strace, '--', ...argv],
  }
}

function hasNoCapabilities(spec: RunSpec): boolean {
  return (spec.capDrop?.some((name) => name.toUpperCase() === 'ALL') ?? false) && (spec.capAdd ?? []).length === 0
}

/** Whether a process of a traced container is the tracer and none of the program's; it stays for as long as the program. */
export function isTracer(process: { readonly command: string }): boolean {
  return process.command === 'ld.so' || process.command.startsWith(`${TRACER_LOADER} `)
}
