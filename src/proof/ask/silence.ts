import type { Activity } from '../../engine/engine.ts'
import { calmSince } from '../run/calm.ts'

/** Between two looks at what it does, milliseconds. */
const LOOK = 40

/** Tells what the processes of a container do at this moment; null where that cannot be seen. */
export type Watched = () => Activity | null

interface Answer {
  /** A program that owes it has been off the CPU for so long, milliseconds. */
  readonly calm: number
  /** It may also wait for a time before it answers. */
  readonly slept: boolean
}

const ANSWERS = {
  /** It takes the program work alone. */
  work: { calm: 120, slept: false },
  /** Who speaks first asks nobody else, but some let their guest wait. */
  greeting: { calm: 120, slept: true },
  /** It may be another server that is asked for it. */
  any: { calm: 300, slept: true },
} satisfies Record<string, Answer>

export interface Awaited {
  /** Until when it is waited for, milliseconds since 1970. */
  readonly end: number
  /** How much it has said so far. */
  readonly heard?: () => number
  /** Called once nothing is done about it: waiting for longer would be in vain. */
  readonly silent: () => void
}

/** Watches a program that was asked for as long as it owes an answer. Gives what ends the watch. */
export function onSilence(
  watched: Watched,
  by: keyof typeof ANSWERS,
  { end, heard = () => 0, silent }: Awaited,
): () => void {
  const calm = calmSince(Date.now())
  const looks = setInterval(() => {
    const activity = watched()
    calm.note(`${heard()}`, activity)
    if (activity === null || calm.calm() < ANSWERS[by].calm) return
    if (!ANSWERS[by].slept || activity.wakesIn > end - Date.now()) silent()
  }, LOOK)
  return () => clearInterval(looks)
}
