import { table } from './table.ts'

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
  | 'too-large'
  /** Of a fleet: an input is another one than when its plan was made. */
  | 'changed'
  /** Of a fleet: it has ended too many of those who worked on it. */
  | 'poison'
  | 'bug'

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

/**
 * What ends the work on a target, whatever was thrown: an error of ours as it is. One that nobody expected is a bug, code
 * `bug`, with what was thrown as its cause; but for more than the machine can hold, which the input asked for: `too-large`.
 */
export function asFailure(thrown: unknown): HardenError {
  if (thrown instanceof HardenError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  if (thrown instanceof RangeError && OUT_OF_ROOM.test(message))
    return new HardenError('too-large', `it is too large, or nested too deeply, to be worked on (${message})`, {
      hint: 'if it is neither, please report it as a bug',
      cause: thrown,
    })
  return new HardenError('bug', `this is a bug: ${message.split('\n', 1)[0]}`, {
    hint: 'please report it with the stack that is printed last',
    cause: thrown,
  })
}

/** What V8 says of a stack, a string, an array, a Map or a buffer that became too long. */
const OUT_OF_ROOM =
  /^(Maximum call stack size exceeded|Invalid (string|array|typed array|array buffer) length|(Map|Set) maximum size exceeded|Array buffer allocation failed|Cannot create a string longer than)/

/** What the file system says, in words. */
export function reasonOf({
  code = '',
  message,
}: {
  readonly code?: string | undefined
  readonly message: string
}): string {
  return reasons[code] ?? message
}

const reasons: Readonly<Record<string, string>> = table({
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ELOOP: 'its links lead in a circle',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left',
  EDQUOT: 'the disk quota is used up',
  EIO: 'input or output error',
  EFBIG: 'it would be larger than is allowed',
})
