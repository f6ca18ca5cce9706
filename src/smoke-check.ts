/** A check of the user's own, asked of the original and of the result. Patterns are JavaScript regular expressions. */
export type SmokeCheck = HttpCheck | TcpCheck | ExecCheck | LogCheck | FileCheck

interface Named {
  /** As the report calls it. */
  readonly name: string
  /** Of a stack the service that it is asked of; absent: whose port it names, or nobody's in particular. */
  readonly service?: string
}

export interface HttpCheck extends Named {
  readonly kind: 'http'
  readonly path: string
  /** Of the original, wherever it is now; null for the first one that it exposes or listens on. */
  readonly port: number | null
  readonly tls: boolean
  readonly method: string
  /** Body of the request; null for none. */
  readonly data: string | null
  /** Null: any below 400, and the same on both. */
  readonly status: readonly number[] | null
  /** Header of the answer → pattern. */
  readonly headers: Readonly<Record<string, string>>
  /** Pattern for the body of the answer. */
  readonly body: string | null
}

export interface TcpCheck extends Named {
  readonly kind: 'tcp'
  readonly port: number
  readonly send: string | null
  readonly expect: string | null
}

export interface ExecCheck extends Named {
  readonly kind: 'exec'
  /** A text is for a shell. */
  readonly command: string | readonly string[]
  readonly in: 'container' | 'host'
  readonly exitCode: number
}

/** Of standard output and standard error, from the first line to the last one after the stop. */
export interface LogCheck extends Named {
  readonly kind: 'log'
  /** Must appear. */
  readonly match: string | null
  /** Must not appear. */
  readonly not: string | null
}

/** In the container, while it runs or after it has stopped. */
export interface FileCheck extends Named {
  readonly kind: 'file'
  readonly path: string
  /** Pattern for its text; null: it only has to be there. */
  readonly match: string | null
}

/** `--smoke CMD`: a shell command on this machine that must end with 0. */
export function smokeCommand(command: string): ExecCheck {
  return { kind: 'exec', name: 'smoke test', command, in: 'host', exitCode: 0 }
}

/** A request that the files around an image show or declare: nobody has asked for it to be made. */
export interface LearnedRequest {
  readonly method: string
  readonly path: string
  /** As the file says it, which may be the port of the host; null where it does not. */
  readonly port: number | null
  readonly data: string | null
  readonly headers: Readonly<Record<string, string>>
  /** The file that says so, for people. */
  readonly by: string
}

export interface LearnedRequests {
  /** Those that change nothing, and what a README itself sends. */
  readonly asked: readonly LearnedRequest[]
  /** `GET /notes`: all that the sources declare. */
  readonly declared: readonly string[]
}
