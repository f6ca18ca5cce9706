import type { Operation } from '../../plan/operation.ts'

/** These are counted for each process: what is done again for every connection or job looks different from what is done once. */
const PER_PROCESS = new Set<Operation['access']>(['switch-user', 'chroot', 'mount', 'use-capability'])

export interface Summary {
  add(operation: Operation): void
  /** In the order in which they were first seen. */
  all(): readonly Operation[]
}

/** Keeps one row for what is the same but for its time; a JVM asks the same thousand files a million times. */
export function summary(): Summary {
  const rows = new Map<string, { first: Operation; times: number }>()
  return {
    add(operation) {
      const key = keyOf(operation)
      const row = rows.get(key)
      if (row) row.times += operation.times ?? 1
      else rows.set(key, { first: operation, times: operation.times ?? 1 })
    },
    all: () => [...rows.values()].map(({ first, times }) => (times === 1 ? first : { ...first, times })),
  }
}

export function summarise(operations: Iterable<Operation>): readonly Operation[] {
  const rows = summary()
  for (const operation of operations) rows.add(operation)
  return rows.all()
}

function keyOf(o: Operation): string {
  const pid = PER_PROCESS.has(o.access) ? o.pid : ''
  const what = [o.access, o.path, o.to, o.link, o.asked, o.mayCreate, o.made, o.outcome, o.by, o.as]
  return [...what, o.port, o.protocol, o.uid, o.gid, o.groups?.join(), o.mode, o.capability, pid].join('\0')
}
