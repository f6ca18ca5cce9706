import { defaultPolicy, type Policy } from '../plan/stage-input.ts'
import type { Inspection } from '../report/inspection.ts'
import type { TargetResult } from '../report/report.ts'
import { imageItem } from '../repository/discover.ts'
import { readText } from '../repository/files.ts'
import type { WorkItem } from '../repository/work-item.ts'
import { type SmokeCheck, smokeCommand } from '../smoke-check.ts'
import { targetProcessor } from './pipeline.ts'
import type { HardenMode, Mode, Options, TargetOutcome } from './task.ts'

/** What a call works on: the path of a Dockerfile, or an image. */
export type Target = { readonly dockerfile: string } | { readonly image: string }

export interface RunOptions extends Partial<Omit<Options, 'policy' | 'smoke' | 'mode'>> {
  readonly policy?: Partial<Policy>
  /** A shell command, or checks of your own. */
  readonly smoke?: string | readonly SmokeCheck[]
  /** Told what is being done now. */
  readonly progress?: (line: string) => void
  readonly signal?: AbortSignal
}

/** Facts, plan and verdict of a target; nothing is changed. */
export async function inspect(
  target: Target,
  options: RunOptions = {},
): Promise<{ readonly result: TargetResult; readonly inspection: readonly Inspection[] }> {
  const { result, inspection } = await once(target, withDefaults(options, { kind: 'inspect' }), options)
  return { result, inspection: inspection ?? [] }
}

/** Builds, runs the original and the result side by side and repairs until it works; needs an engine. */
export async function prove(target: Target, options: RunOptions = {}): Promise<TargetResult> {
  return (await once(target, withDefaults(options, { ...ONLY_PLANNED, prove: true }), options)).result
}

async function once(target: Target, options: Options, { progress, signal }: RunOptions): Promise<TargetOutcome> {
  const cleanUps: (() => Promise<void>)[] = []
  try {
    return await targetProcessor()(await itemFor(target), options, {
      progress: progress ?? (() => undefined),
      onCleanUp: (run) => void cleanUps.unshift(run),
      signal: signal ?? new AbortController().signal,
    })
  } finally {
    for (const run of cleanUps) await run().catch(() => undefined)
  }
}

async function itemFor(target: Target): Promise<WorkItem> {
  if ('image' in target) return { ...imageItem(target.image, process.cwd()), text: null }
  const path = target.dockerfile
  return { target: path, kind: 'dockerfile', path, reference: null, from: null, text: await readText(path, path) }
}

const ONLY_PLANNED: HardenMode = { kind: 'harden', prove: false, build: false, tag: null }

/** Fills in defaults, as the command line has them without a flag. */
export function withDefaults(options: RunOptions, mode: Mode = ONLY_PLANNED): Options {
  return {
    mode,
    engine: options.engine ?? 'auto',
    ...(options.builder === undefined ? {} : { builder: options.builder }),
    offline: options.offline ?? false,
    platform: options.platform ?? null,
    context: options.context ?? null,
    buildArg: options.buildArg ?? [],
    smoke: typeof options.smoke === 'string' ? [smokeCommand(options.smoke)] : (options.smoke ?? []),
    trace: options.trace ?? true,
    jobs: options.jobs ?? null,
    minimize: options.minimize ?? false,
    env: options.env ?? [],
    network: options.network ?? false,
    capAdd: options.capAdd ?? [],
    policy: {
      ...defaultPolicy,
      ...(options.policy?.ports === 'raise' ? { raiseUsed: true } : {}),
      ...options.policy,
    },
  }
}
