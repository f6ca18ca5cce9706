import type { Format, Rendering } from './format.ts'
import type { Inspection } from './inspection.ts'
import { questionsOf } from './questions.ts'
import { type Report, type TargetResult, tool } from './report.ts'

/** The contract of schema/report.schema.json: two spaces, keys always in the same order. */
export const json: Format = {
  name: 'json',
  tells: 'data',
  render: (renderings) => `${JSON.stringify(reportOf(renderings), null, 2)}\n`,
}

export function reportOf(renderings: readonly Pick<Rendering, 'result' | 'inspection'>[]): Report {
  return { version: 1, tool, results: renderings.map(entry) }
}

/** Services are targets of their own. */
function entry({ result, inspection }: Pick<Rendering, 'result' | 'inspection'>): InspectedEntry {
  const ordered = inOrder(result)
  return inspection ? { ...ordered, inspection } : ordered
}

type Entry = Report['results'][number]
type InspectedEntry = Entry & { readonly inspection?: readonly Inspection[] }

function inOrder(result: TargetResult): Entry {
  const questions = questionsOf(result)
  const { target, kind, verdict, ports, user, stages, findings, output, changed, proof, services, ...more } = result
  const ordered = { target, kind, verdict, ports, user, stages, findings, questions, output, changed, proof, ...more }
  return services === undefined ? ordered : { ...ordered, services: services.map(inOrder) }
}
