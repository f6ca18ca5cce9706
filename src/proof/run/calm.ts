import type { Activity } from '../../engine/engine.ts'

/** The share of the time that a calm program may be on the CPU: heartbeats and the like. */
const IDLE_SHARE = 0.1

/** How long nothing has happened in a container, by looks at it one after the other. */
export interface Calm {
  /** `look`: all else that would tell of a change. */
  note(look: string, activity: Activity | null): void
  /** Milliseconds since `look` changed. */
  unchanged(): number
  /** Milliseconds since its processes were busy, or `look` changed. */
  calm(): number
  /** Of the looks since `look` changed, most found it busy: it is at something, and tells nobody. */
  works(): boolean
}

export function calmSince(start: number): Calm {
  let last = ''
  let changed = start
  let busy = start
  let looks = 0
  let busyLooks = 0
  let before: { readonly at: number; readonly cpu: number } | null = null
  return {
    note(look, activity) {
      const now = Date.now()
      if (look !== last) {
        changed = now
        looks = 0
        busyLooks = 0
      }
      last = look
      looks += 1
      const share = before === null || activity === null ? 1 : (activity.cpu - before.cpu) / 1e6 / (now - before.at)
      if (activity === null || activity.running || share > IDLE_SHARE) {
        busy = now
        busyLooks += activity === null ? 0 : 1
      }
      before = activity === null ? null : { at: now, cpu: activity.cpu }
    },
    unchanged: () => Date.now() - changed,
    calm: () => Date.now() - Math.max(busy, changed),
    works: () => busyLooks > looks / 2,
  }
}
