import type { Operation } from '../../plan/operation.ts'

/** These are counted for each process: what is done again for every connection or job looks different from what is done once. */
const PER_PROCESS = new Set<Operation['access']>(['switch-user', 'chroot', 'mount', 'use-capability'])

export interface Summary {
  add(operation: Operation): void
  /** How many are kept. */
  size(): number
  /** In the order in which they were first seen. */
  all(): readonly Operation[]
  /** What was done from `since` until before `until`, seconds since 1970, counted in that time alone. */
  within(since: number, until: number): readonly Operation[]
}

/** Keeps one row for what is the same but for its time; a JVM asks the same thousand files a million times. */
export function summary(): Summary {
  const rows = new Map<string, Operation>()
  // Which row, when, how often: of a million operations that is all that is kept of each.
  const seen: Operation[] = []
  const at: number[] = []
  const times: number[] = []
  const within = (since: number, until: number): readonly Operation[] => {
    const counts = new Map<Operation, number>()
    for (const [index, row] of seen.entries()) {
      const when = at[index] ?? 0
      if (when >= since && when < until) counts.set(row, (counts.get(row) ?? 0) + (times[index] ?? 1))
    }
    return [...counts].map(([row, count]) => (count === 1 ? row : { ...row, times: count }))
  }
  return {
    add(operation) {
      const key = keyOf(operation)
      const row = rows.get(key) ?? operation
      rows.set(key, row)
      seen.push(row)
      at.push(operation.at ?? 0)
      times.push(operation.times ?? 1)
    },
    size: () => rows.size,
    all: () => within(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
    within,
  }
}

export function summarise(operations: Iterable<Operation>): readonly Operation[] {
  const rows = summary()
  for (const operation of operations) rows.add(operation)
  return rows.all()
}

function keyOf(o: Operation): string {
  const pid = PER_PROCESS.has(o.access) ? o.pid : ''
  const what = [o.access, o.path, o.to, o.link, o.asked, o.mayCreate, o.made, o.fromStart, o.outcome, o.by, o.as]
  return [...what, o.port, o.protocol, o.uid, o.gid, o.groups?.join(), o.mode, o.capability, pid].join('\0')
}
