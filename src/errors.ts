/** What went wrong, for programs. The message says what and why, the hint what to do. */
export type ErrorCode =
  | 'bad-usage'
  | 'bad-reference'
  | 'bad-config'
  | 'unreadable'
  | 'unwritable'
  | 'not-a-dockerfile'
  | 'no-engine'
  | 'no-image'
  | 'no-registry'
  | 'build-failed'
  | 'engine-failed'
  | 'timeout'
  | 'conflicting-edits'

export interface HardenErrorOptions {
  /** What the user can do about it, one sentence. */
  readonly hint?: string
  /** 1-based line of the source text, where the error has one. */
  readonly line?: number
  readonly cause?: unknown
}

/** The one error class: everything expected that stops the work on a target. A bug is any other error. */
export class HardenError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly line: number | undefined

  constructor(code: ErrorCode, message: string, options: HardenErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'HardenError'
    this.code = code
    this.hint = options.hint
    this.line = options.line
  }
}
