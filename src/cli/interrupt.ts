import type { EndSignal, Signals } from './io.ts'

/** What must be undone however the work ends, and the signals that end it early. */
export interface Interruption {
  readonly signal: AbortSignal
  /** The exit code of the first signal, as a shell reports it; never settles without one. */
  readonly interrupted: Promise<number>
  onCleanUp(run: () => Promise<void>): void
  /** Once, last registered first; one that fails does not keep the others from running. Returns what they threw. */
  cleanUp(): Promise<readonly unknown[]>
  /** Stops listening. */
  close(): void
}

export function watchSignals(signals: Signals): Interruption {
  const controller = new AbortController()
  const steps: (() => Promise<void>)[] = []
  let resolve: (code: number) => void = () => undefined
  const interrupted = new Promise<number>((settle) => {
    resolve = settle
  })
  const close = () => {
    for (const [name, handle] of handlers) signals.off(name, handle)
  }
  const end = (code: number) => () => {
    // A second Ctrl-C does what it does to every program. Only once this one is through: execa listens while a child
    // runs, and ends the process when it finds itself the only listener.
    setImmediate(close)
    controller.abort()
    resolve(code)
  }
  // As a shell reports them: 128 and the number of the signal.
  const handlers: readonly (readonly [EndSignal, () => void])[] = [
    ['SIGHUP', end(129)],
    ['SIGINT', end(130)],
    ['SIGTERM', end(143)],
  ]
  for (const [name, handle] of handlers) signals.on(name, handle)
  return {
    signal: controller.signal,
    interrupted,
    onCleanUp: (run) => {
      steps.push(run)
    },
    async cleanUp() {
      const errors: unknown[] = []
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        await step().catch((error: unknown) => errors.push(error))
      }
      return errors
    },
    close,
  }
}
