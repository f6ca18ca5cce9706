import type { Operation } from '../../evidence/operation.ts'
import type { TraceRecord } from '../run/run-record.ts'

/**
 * Whether the work itself takes root, as the trace shows it (FACTS 30): after it was up, each connection made it change
 * its root folder or become different users; or it mounted something. That a server started as non-root and answers
 * says nothing about it. Null where nothing of the kind was seen.
 */
export function rootWork(trace: TraceRecord): string | null {
  const mount = trace.operations.find((operation) => isDone(operation, 'mount'))
  if (mount !== undefined) return `it mounts file systems (${mount.detail})`
  const users = new Set(
    trace.exercised.flatMap((operation) =>
      isDone(operation, 'switch-user') && operation.uid !== undefined && operation.uid > 0 ? [operation.uid] : [],
    ),
  )
  const chroot = trace.exercised.find((operation) => isDone(operation, 'chroot'))
  // One that stays root in there (fossil) jails itself because it is root: what it does otherwise is there to be compared.
  if (chroot !== undefined && users.size > 0) return `it changes its root folder for each connection (${chroot.detail})`
  if (users.size > 1) return `it becomes a different user for each piece of work (uids ${[...users].join(', ')})`
  return null
}

function isDone(operation: Operation, access: Operation['access']): boolean {
  return operation.access === access && operation.outcome === 'done'
}
