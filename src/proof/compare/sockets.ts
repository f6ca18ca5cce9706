import { baseName } from '../../places.ts'
import type { ReportCheck } from '../../report/report.ts'
import type { RunRecord } from '../run/run-record.ts'
import { withoutNumbers } from '../without-numbers.ts'

/**
 * The sockets in the file system that a run bound, wherever they are now: a server that has no port is reached by
 * them. Empty where the runs were not traced.
 */
export function boundSockets(original: RunRecord, traced: RunRecord | null): readonly ReportCheck[] {
  if (original.trace === null || traced?.trace == null) return []
  const [before, after] = [socketsOf(original), socketsOf(traced)]
  // One that the original has as well stands for itself.
  const names = new Set(after.filter((path) => !before.includes(path)).map(anyName))
  return before.map((path) => {
    const passed = after.includes(path) || names.has(anyName(path))
    return { name: `socket ${path}`, baseline: 'bound', result: passed ? 'bound' : 'not bound', passed }
  })
}

function socketsOf({ trace }: RunRecord): readonly string[] {
  const paths = (trace?.operations ?? []).flatMap(({ access, outcome, path }) =>
    access === 'create-socket' && outcome === 'done' && path !== null ? [path] : [],
  )
  return [...new Set(paths)].sort()
}

/** Also one that has a number or a digest of its own each time: LibreOffice names it by the uid and its folder. */
function anyName(path: string): string {
  return withoutNumbers(baseName(path))
}
