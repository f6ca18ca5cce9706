import { setImmediate } from 'node:timers/promises'
import type { InTurn } from '../in-turn.ts'

/** Milliseconds of work between two pauses: a signal is answered in a pause alone. */
const LONGEST_TURN = 50

/** Does long work, and lets signals and other targets have their turn meanwhile: it is left with the reason of `signal` then. */
export async function withPauses<T>(work: InTurn<T>, signal: AbortSignal): Promise<T> {
  let since = performance.now()
  for (;;) {
    const next = work.next()
    if (next.done === true) return next.value
    if (performance.now() - since < LONGEST_TURN) continue
    await setImmediate()
    signal.throwIfAborted()
    since = performance.now()
  }
}
