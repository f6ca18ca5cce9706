import type { Engine } from '../engine/engine.ts'
import type { Operation } from '../evidence/operation.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { Observation } from '../plan/stage-input.ts'
import type { Hardened, ReportProof } from '../report/report.ts'
import type { LearnedRequests, SmokeCheck } from '../smoke-check.ts'
import type { Idle, Limiter } from './container/limiter.ts'
import type { CapabilityWay } from './helper-capability.ts'
import type { Late } from './judge.ts'
import type { Original } from './original.ts'
import type { Stopwatch } from './proof-report.ts'
import type { SpeculativeRuns } from './speculation.ts'

export interface ProveRequest {
  readonly engine: Engine
  /** The original as an image of the engine. */
  readonly baseline: string
  readonly facts: ImageFacts
  /** Already running, since it only needs the image. */
  readonly original: Promise<Original>
  /** Plans and writes again with what was learned. */
  readonly harden: (observation: Observation) => Promise<Hardened>
  /** Builds a resulting text; gives the image's tag. */
  readonly build: (text: string) => Promise<string>
  /** Results that were started before it was known whether they are needed. */
  readonly speculativeRuns: Pick<SpeculativeRuns, 'take'>
  /** Runs it again; the studied run stays up that long, milliseconds. */
  readonly again: (stays: number) => Promise<Original>
  /** What runs before these missed only later: each run that is learned from stays up for as long. Null where there were none. */
  readonly late: Late | null
  /** Rounds that were run before. */
  readonly before: number
  /** The stage that is built. */
  readonly stage: number
  readonly smoke: readonly SmokeCheck[]
  /** Requests that the files around it show and declare; absent where there are none. */
  readonly learned?: LearnedRequests
  /** The original as people call it; null where it is only built here. */
  readonly reference: string | null
  /** It has to work with any uid and group 0. */
  readonly arbitraryUid: boolean
  /** Trace the runs; `--no-trace` goes without. */
  readonly trace: boolean
  /** For the runs that are independent of each other. */
  readonly limiter: Limiter
  readonly idle: Idle
  /** What the original is run with beside the default capabilities. */
  readonly capAdd: readonly string[]
  /** Leave out all without which it still works. */
  readonly minimize: boolean
  /** What is known not to be shown. */
  readonly remarks: readonly string[]
  /** It runs since the work on this target began. */
  readonly times: Stopwatch
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

/** What runs have shown that a text leaves open. */
export interface Shown {
  /** What the traced run of the result has read. */
  readonly read?: ReadonlySet<string>
  /** The original has written to a place that no source names, or nobody has seen what it writes. */
  readonly wrote?: boolean
  /** The original has become another user, changed its root folder or used a raw socket: the result was asked for that too. */
  readonly workedAsRoot?: boolean
}

export interface Proof {
  readonly hardened: Hardened
  /** Null where there was nothing to prove: it runs as non-root already, or must keep root. */
  readonly report: ReportProof | null
  /** The work that it was shown not to do, one sentence each. */
  readonly failures: readonly string[]
  /** The difference showed only after a round had passed; see Judged. */
  readonly late?: Late | null
  /** Why it did not pass, where that is a helper without its capability, and what a run with that showed. */
  readonly capability?: CapabilityWay | null
  /** What its runs have shown, beside that they pass. */
  readonly shown?: Shown
  /** All that it did; absent where there is none. */
  readonly operations?: readonly Operation[]
  /** For an image that must keep root: how little it was shown to need. */
  readonly advice?: string
}
