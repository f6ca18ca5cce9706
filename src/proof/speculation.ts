// Work that begins before it is known to be needed, so that nobody has to wait for it.
import { setTimeout as pause } from 'node:timers/promises'
import type { Engine, RunSpec } from '../engine/engine.ts'
import type { Hardened } from '../report/report.ts'
import { compare, isPassed } from './checks/index.ts'
import type { FirstConditionsRequest } from './conditions/condition.ts'
import { type FirstConditions, runFirstConditions } from './conditions/index.ts'
import {
  type Container,
  type ContainerOptions,
  removeAll,
  runContainer,
  type Started,
  start,
  type Underway,
  type Up,
  waitFor,
} from './container/container.ts'
import type { ReadyOptions } from './container/lifecycle.ts'
import type { RunRecord } from './container/run-record.ts'
import type { Round } from './round.ts'

/** A look at a trace takes about as long, milliseconds. */
const LONG = 150

/**
 * Tells what the trace of a run shows while it is still asked, where that takes long: the start is most of what there is.
 * Not called where it shows nothing.
 */
export async function tellEarly(container: Container, early: (record: RunRecord) => void): Promise<void> {
  const isLong = await Promise.race([container.asked.then(() => false), pause(LONG, true)])
  const record = isLong ? await container.snapshot('trace') : null
  if (record?.trace != null) early(record)
}

/** Containers of results that are started early: a long watch then overlaps with other work. */
export interface SpeculativeRuns {
  /** Starts this image, and waits for it. */
  begin(spec: RunSpec, options: ReadyOptions): void
  /** The container that runs this way, given once, or null; the caller waits for one whose ports were not open yet. */
  take(spec: RunSpec, ports: readonly number[]): Promise<Underway | null>
  /** Removes what nobody took. */
  drop(): Promise<void>
}

interface Running {
  readonly started: Promise<Started | null>
  readonly up: () => Up | null
  readonly ports: readonly number[]
  /** Whoever takes it waits for it himself. */
  readonly waitNoMore: () => void
}

export function speculativeRuns(engine: Engine): SpeculativeRuns {
  const runs = new Map<string, Running>()
  return {
    begin(spec, options) {
      const waiting = new AbortController()
      let up: Up | null = null
      // The run in its place will show what is wrong.
      const started = start(engine, spec).catch(() => null)
      started
        .then(async (one) => {
          const signal = AbortSignal.any([options.signal, waiting.signal])
          if (one !== null) up = await waitFor(engine, one, { ...options, signal })
        })
        .catch(() => undefined)
      runs.set(keyOf(spec), {
        started,
        up: () => up,
        ports: options.ports,
        waitNoMore: () => waiting.abort(),
      })
    },
    async take(spec, ports) {
      const run = runs.get(keyOf(spec))
      if (run === undefined) return null
      runs.delete(keyOf(spec))
      const started = await run.started
      const up = run.up()
      run.waitNoMore()
      const isUp = up?.ready.ready === true && ports.every((port) => run.ports.includes(port))
      return started === null ? null : { started, up: isUp ? up : null }
    },
    async drop() {
      await Promise.all(
        [...runs.values()].map(async (run) => {
          run.waitNoMore()
          const started = await run.started
          // What cannot be removed now is removed at the end of the session.
          if (started !== null) await engine.remove(started.container).catch(() => undefined)
        }),
      )
      runs.clear()
    },
  }
}

function keyOf(spec: RunSpec): string {
  return JSON.stringify(spec)
}

/** Builds of texts, each once. */
interface Builds {
  /** Gives the tag of the image. */
  of(text: string): Promise<string>
  /** Once none is under way. */
  settled(): Promise<void>
}

/** `build`: its name tells it from the others. */
export function buildsOnce(build: (text: string, name: string) => Promise<string>): Builds {
  const begun = new Map<string, Promise<string>>()
  return {
    of(text) {
      const image = begun.get(text) ?? build(text, String(begun.size + 1))
      begun.set(text, image)
      return image
    },
    async settled() {
      await Promise.allSettled(begun.values())
    },
  }
}

/**
 * Begins to build what the first sight of the original asks for, while it is still asked everything: in most cases it
 * is the first round's text. `early`: that sight; null where the first round is as early. `begin` is told of the image.
 */
export async function buildEarly(
  builds: Builds,
  early: Promise<RunRecord | null>,
  harden: (record: RunRecord) => Promise<Hardened>,
  begin: (image: string, hardened: Hardened, record: RunRecord) => void,
): Promise<void> {
  try {
    const record = await early
    if (record === null) return
    const hardened = await harden(record)
    if (hardened.result.changed) begin(await builds.of(hardened.selfContained), hardened, record)
  } catch {
    // The round that needs it is told what is wrong.
  }
}

/**
 * A first round that begins while the original is started for the second time: what only that start shows is rare. It
 * counts where the plan in the end is the one that it began with; and where it failed, since it shows why all the same.
 */
export interface SpeculativeRound {
  /** Where it counts for a plan with this text and such ports; null where there is none. Else null, and nothing is left of it. */
  roundFor(plan: Planned | null): Promise<Round | null>
}

interface Planned {
  readonly text: string
  readonly keepsLowPort: boolean
}

/** `begin` begins it, by what the run that is learned from had shown so far; null where it is too early for that. */
export async function speculativeRound(
  begun: Promise<RunRecord | null>,
  begin: (record: RunRecord) => Promise<{ readonly round: Promise<Round> } | null>,
): Promise<SpeculativeRound> {
  const record = await begun
  const round = record === null ? null : ((await begin(record))?.round ?? null)
  // It is waited for later.
  round?.catch(() => undefined)
  return {
    async roundFor(plan) {
      const done = await round
      if (done === null) return null
      const works = done.run !== null && isPassed(done.run.comparison)
      const isRunSo = plan?.keepsLowPort === done.keepsLowPort
      if (plan !== null && isRunSo && (plan.text === done.hardened.selfContained || !works)) return done
      await removeAll([done.run?.live, done.run?.tracedContainer])
      return null
    },
  }
}

/** Brings it up to stay; the first conditions do not wait for the end of its traced run, after which it may not have passed. */
export async function runWithFirst(
  request: FirstConditionsRequest,
  spec: RunSpec,
  options: ContainerOptions,
  underway: Underway | null,
): Promise<{ readonly live: Container; readonly first: FirstConditions | null }> {
  const live = await runContainer(request.engine, spec, options, underway)
  const works = isPassed(compare(request.baseline, await live.snapshot('seen'), request.moved))
  return { live, first: works ? await runFirstConditions(request) : null }
}
