import type { Format, Rendering } from './format.ts'
import type { Inspection } from './inspection.ts'
import { type Report, type TargetResult, tool } from './report.ts'

/** The contract of schema/report.schema.json: two spaces, keys always in the same order. */
export const json: Format = {
  name: 'json',
  tells: 'data',
  render: (renderings) => `${JSON.stringify(report(renderings), null, 2)}\n`,
}

function report(renderings: readonly Rendering[]): Report {
  return { version: 1, tool, results: renderings.map(entry) }
}

/** Services are targets of their own. */
function entry({ result, inspection }: Rendering): TargetResult & { readonly inspection?: readonly Inspection[] } {
  const ordered = inOrder(result)
  return inspection ? { ...ordered, inspection } : ordered
}

function inOrder(result: TargetResult): TargetResult {
  const { target, kind, verdict, ports, user, stages, findings, output, changed, proof, ...more } = result
  const ordered = { target, kind, verdict, ports, user, stages, findings, output, changed, proof, ...more }
  return more.services === undefined ? ordered : { ...ordered, services: more.services.map(inOrder) }
}
