import type { EndSignal, Signals } from './io.ts'

/** What must be undone however the work ends, and the signals that end it early. */
export interface Interruption {
  readonly signal: AbortSignal
  /** The exit code of the first signal, as a shell reports it, or 2 for a bug; never settles without one. */
  readonly interrupted: Promise<number>
  /** `otherwise`: how a person does it where that is ended as well. */
  onCleanUp(run: () => Promise<void>, otherwise?: string): void
  /** Once, last registered first; one that fails does not keep the others from running. Returns what they threw. */
  cleanUp(): Promise<readonly unknown[]>
  /** Stops listening. */
  close(): void
}

// npx hands on what the terminal has sent to both: milliseconds in which a second signal is the first.
const TWICE = 500

interface Step {
  readonly run: () => Promise<void>
  readonly otherwise: string | undefined
}

/**
 * `abandoned`: told what is not done, when a second signal ends the clean-up too. What is rejected and waited for by nobody is
 * a bug (`tellBug`), which must not end the process before what was made is removed; after a signal it is what was cut off.
 */
export function watchSignals(
  signals: Signals,
  abandoned: (otherwise: readonly string[]) => void,
  tellBug: (reason: unknown) => void,
): Interruption {
  const controller = new AbortController()
  const steps: Step[] = []
  const undone = new Set<Step>()
  let resolve: (code: number) => void = () => undefined
  const interrupted = new Promise<number>((settle) => {
    resolve = settle
  })
  const close = () => {
    for (const [name, handle] of handlers) signals.off(name, handle)
    signals.off('unhandledRejection', rejected)
  }
  const rejected = (reason: unknown): void => {
    if (controller.signal.aborted) return
    tellBug(reason)
    controller.abort()
    resolve(2)
  }
  let since = 0
  const end = (name: EndSignal, code: number) => () => {
    if (!controller.signal.aborted) {
      since = performance.now()
      controller.abort()
      resolve(code)
      return
    }
    if (performance.now() - since < TWICE) return
    // A second one does what it does to every program.
    close()
    abandoned([...undone].flatMap(({ otherwise }) => otherwise ?? []))
    signals.raise(name)
  }
  // As a shell reports them: 128 and the number of the signal.
  const handlers: readonly (readonly [EndSignal, () => void])[] = [
    ['SIGHUP', end('SIGHUP', 129)],
    ['SIGINT', end('SIGINT', 130)],
    ['SIGTERM', end('SIGTERM', 143)],
  ]
  for (const [name, handle] of handlers) signals.on(name, handle)
  signals.on('unhandledRejection', rejected)
  return {
    signal: controller.signal,
    interrupted,
    onCleanUp: (run, otherwise) => {
      const step = { run, otherwise }
      steps.push(step)
      undone.add(step)
    },
    async cleanUp() {
      const errors: unknown[] = []
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        await step.run().catch((error: unknown) => errors.push(error))
        undone.delete(step)
      }
      return errors
    },
    close,
  }
}
