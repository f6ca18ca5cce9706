import type { Remark } from '../plan.ts'
import type { Shipped } from '../shipped.ts'

/** Sources of COPY that the build context has not: the build would fail, and nothing is known of what they are. */
export function missingCopies({ copies }: Pick<Shipped, 'copies'>): readonly Remark[] {
  const missing = copies.filter(({ missing }) => missing === true)
  if (missing.length === 0) return []
  const names = [...new Set(missing.map(({ source }) => source))]
  return [
    {
      outcome: 'note',
      transform: 'report-remarks',
      message: `${names.join(', ')}: not in the build context, so that what ${names.length === 1 ? 'it writes' : 'they write'} is not known`,
      hint: "name the context with --context (context: in the configuration) where it is not the Dockerfile's folder",
      about: 'COPY',
      evidence: [],
    },
  ]
}
