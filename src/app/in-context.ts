import { dirname, relative } from 'node:path'
import type { Dockerfile } from '../dockerfile/model.ts'
import type { ReportFinding } from '../report/report.ts'
import { targetFinding } from '../report/report.ts'
import { likelyContext } from '../workspace/likely-context.ts'
import type { WorkItem } from '../workspace/work-item.ts'
import type { Session } from './session.ts'

/** Where nobody said what the build context is, it is that of the file that builds it, else the folder that has what the Dockerfile copies. */
export function inContext(
  item: WorkItem,
  dockerfile: Dockerfile,
  session: Session,
): { readonly session: Session; readonly notes: readonly ReportFinding[] } {
  const { options } = session
  // What that is taken from is said with what else comes from there.
  if (options.context === null && item.build?.context != null)
    return { session: { ...session, options: { ...options, context: item.build.context } }, notes: [] }
  const context =
    options.context === null && item.path !== null ? likelyContext(dockerfile, item.path, process.cwd()) : null
  if (item.path === null || context === null) return { session, notes: [] }
  const note = targetFinding(
    'report-remarks',
    'note',
    `the build context is taken to be ${relative(dirname(item.path), context)}, which has what it copies, and not the Dockerfile's own folder`,
    'name another one with --context, or context: in the configuration',
  )
  return { session: { ...session, options: { ...options, context } }, notes: [note] }
}
