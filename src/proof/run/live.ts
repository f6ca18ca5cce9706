import type { ImageConfig } from '../../image/facts.ts'
import type { SmokeCheck } from '../../smoke-check.ts'
import type { QuestionOptions } from '../ask/questions.ts'
import type { ReadyOptions } from './ready.ts'
import type { RunRecord } from './run-record.ts'

export interface LiveOptions extends ReadyOptions, QuestionOptions {
  readonly smoke: readonly SmokeCheck[]
  /** How long they are repeated until they pass, milliseconds. */
  readonly smokePatience?: number
  /** As the image config has it; null means SIGTERM. */
  readonly stopSignal: string | null
  /** Trace it; the config says what the image starts. */
  readonly trace?: ImageConfig
  /** Told what a trace shows by then, where it takes long to ask it everything: the start is most of what there is. */
  readonly early?: (record: RunRecord) => void
  /**
   * What to look at of what it leaves in its file system; default its log files. `all`, where no trace tells it: also
   * what was there while it was up, and of which kind each path is.
   */
  readonly leavings?: 'none' | 'logs' | 'all'
}

/** A container that is up, or has ended, and can be looked at again. */
export interface Live {
  readonly readyAfter: number
  /** When it was up, milliseconds since 1970. */
  readonly upSince: number
  /** When it was started for the second time, milliseconds since 1970; 0 before that. */
  startedAgain(): number
  isUp(): Promise<boolean>
  /** Milliseconds until one of its processes goes on by itself, at the earliest; 0 where that is not known. */
  wakesIn(): number
  /** Only looks who runs. */
  glance(): Promise<void>
  /** Asks everything again, and what answers HTTP many times. */
  look(): Promise<void>
  /** Stops it, starts the same container again and asks once more. `begun` is told what was seen by then. */
  restart(begun?: (record: RunRecord) => void): Promise<void>
  /** All that was seen so far, without what it printed. */
  seen(): RunRecord
  /** The same with what it printed; what only shows after the end is left out. */
  peek(): Promise<RunRecord>
  /** The same with its trace as far as it goes. */
  study(): Promise<RunRecord>
  /** Removes it as it is. */
  drop(): Promise<void>
  /** Stops and removes it, and tells all that was seen. `logPaths`: the log files to read, where that is known. */
  finish(logPaths?: readonly string[] | null): Promise<RunRecord>
}
