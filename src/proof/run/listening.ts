import type { Activity, Engine, Listener } from '../../engine/engine.ts'

/** What one container listens on, looked at again and again. */
export interface Listening {
  /**
   * Read anew only where its processes have done anything since it was read: the kernel goes through the connections of
   * the whole machine for it. `activity`: from just before; null where that cannot be seen.
   */
  now(pid: number, activity: Activity | null): Promise<readonly Listener[] | null>
}

export function listening(engine: Pick<Engine, 'listeners'>, container: string): Listening {
  let last: { readonly pid: number; readonly cpu: number; readonly listeners: readonly Listener[] | null } | null = null
  return {
    async now(pid, activity) {
      const atRest = activity !== null && !activity.running
      if (atRest && last?.pid === pid && last.cpu === activity.cpu) return last.listeners
      const listeners = await engine.listeners(container, pid > 0 ? pid : undefined)
      last = atRest ? { pid, cpu: activity.cpu, listeners } : null
      return listeners
    },
  }
}
