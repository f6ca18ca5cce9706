import type { Activity } from '../engine/engine.ts'
import { calmSince } from './calm.ts'

/** A program that owes an answer has been off the CPU for so long, milliseconds. */
const NOTHING_DONE = 300
/** Between two looks at what it does. */
const LOOK = 100

/** Tells what the processes of a container do at this moment; null where that cannot be seen. */
export type Watched = () => Activity | null

/** `work`: the answer takes the program work alone; `any`: it may also wait for a time before it answers. */
export type AnswerBy = 'work' | 'any'

/**
 * Calls `silent` once a program that was asked does nothing about it: waiting for longer would be in vain. `end`: until
 * when the answer is waited for, milliseconds since 1970. Gives what ends the watch.
 */
export function onSilence(watched: Watched, by: AnswerBy, end: number, silent: () => void): () => void {
  const calm = calmSince(Date.now())
  const looks = setInterval(() => {
    const activity = watched()
    calm.note('', activity)
    if (activity === null || calm.calm() < NOTHING_DONE) return
    if (by === 'work' || activity.wakesIn > end - Date.now()) silent()
  }, LOOK)
  return () => clearInterval(looks)
}
