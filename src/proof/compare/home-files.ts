import type { Operation } from '../../evidence/operation.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { isInside } from '../../places.ts'
import type { ReportCheck } from '../../report/report.ts'
import { rootHome } from '../learn/observation.ts'
import type { RunRecord } from '../run/run-record.ts'
import { operationsBy } from './refused-work.ts'

/** Of shells, of builds, or to be had again: nothing that a program's work hangs on. */
const SPARE =
  /\/\.((ba|z|k)?sh\w*|profile|inputrc|vim\w*|cache|npm|npmrc|yarn\w*|pip|pypirc|m2|gradle|cargo|nuget|composer|\w+_history|wget-hsts)(\/|$)|\/\.config\/(pip|composer|yarn)(\/|$)/

/**
 * Settings of the image in root's home (`RUN app config set …` leaves them there) that the original read and the result
 * did not: it has looked in another home, found nothing, and may have gone on without a word. Empty where the runs were
 * not traced.
 */
function lostHomeFiles(
  original: RunRecord,
  traced: RunRecord | null,
  facts: Pick<ImageFacts, 'config' | 'files' | 'accounts'>,
): readonly Operation[] {
  if (traced?.trace == null || !facts.files.known) return []
  const files = facts.files.value
  const home = rootHome(facts)
  if (!isInside(home, '/root')) return []
  const had = operationsBy(original, 'done', ({ access, path, made }) => {
    if (access !== 'read' || path === null || made === true) return null
    if (!path.startsWith(`${home}/.`) || SPARE.test(path)) return null
    const entry = files.entry(path)
    return entry?.type === 'file' && entry.size > 0 ? path : null
  })
  const has = operationsBy(traced, 'done', ({ access, path }) => (access === 'read' ? path : null))
  return [...had].filter(([path]) => !has.has(path)).map(([, operation]) => operation)
}

export function homeFiles(original: RunRecord, traced: RunRecord | null, facts: ImageFacts): readonly ReportCheck[] {
  const [lost] = lostHomeFiles(original, traced, facts)
  if (lost === undefined) return []
  const checked = original.smoke.length > 0
  const known = checked ? 'your own checks tell whether it does without' : 'it looks for it in the home of another user'
  return [{ name: `reads ${lost.path}`, baseline: 'read', result: `not read; ${known}`, passed: checked }]
}

/** As evidence for the next plan: who finds them by their home needs root's. */
export function homeLessons(original: RunRecord, traced: RunRecord | null, facts: ImageFacts): readonly Operation[] {
  return lostHomeFiles(original, traced, facts).map((operation) => ({
    ...operation,
    outcome: 'refused',
    source: 'refused',
    byHome: true,
    detail: `found by the home of root alone: ${operation.detail}`,
  }))
}
