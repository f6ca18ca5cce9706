import type { Stage } from '../../src/dockerfile/model.ts'
import type { Edit } from '../../src/edit.ts'
import type { Evidence } from '../../src/plan/evidence.ts'
import type { Grant } from '../../src/plan/plan.ts'
import type { Finding } from '../../src/transform.ts'

/** The reason above the lines: each path with what it is for. */
export function grantReasons(grants: readonly Grant[]): string {
  return grants.map((grant) => `${grant.path}${verb(grant)} (${detail(grant)})`).join(', ')
}

/** The first reason; a path that it repeats is left out, what lies below is named by its end. */
function detail(grant: Grant): string {
  if (grant.evidence[0]?.source === 'refused') return 'refused to the user without this'
  const text = (grant.evidence[0]?.detail ?? 'needed').replace(/: \w+\(.*$/, '')
  if (text.startsWith(`${grant.path} is `)) return text.slice(grant.path.length + 4)
  return grant.path !== '/' && text.startsWith(`${grant.path}/`) ? text.slice(grant.path.length + 1) : text
}

function verb(grant: Grant): string {
  switch (grant.kind) {
    case 'group-read':
      return ' is read'
    case 'traverse':
      return ' is entered'
    default:
      return ''
  }
}

export function granted(stage: Stage, grants: readonly Grant[], edits: readonly Edit[]): Finding {
  const evidence: Evidence[] = grants.flatMap((grant) => grant.evidence)
  return {
    outcome: 'fixed',
    line: (stage.instructions.at(-1) ?? stage.from).line,
    column: 1,
    message: `the user may ${allowed(grants)}`,
    evidence,
    edits,
  }
}

/** What the grants let the user do: `write /a, /b; read /c; and enter /d`. */
export function allowed(grants: readonly Grant[]): string {
  const paths = (chosen: (kind: Grant['kind']) => boolean): string =>
    grants
      .filter(({ kind }) => chosen(kind))
      .map(({ path }) => path)
      .join(', ')
  const parts = [
    ['write', paths((kind) => kind !== 'group-read' && kind !== 'traverse')],
    ['read', paths((kind) => kind === 'group-read')],
    ['enter', paths((kind) => kind === 'traverse')],
  ].flatMap(([what, where]) => (where === '' ? [] : [`${what} ${where}`]))
  return parts.length > 1 ? `${parts.slice(0, -1).join('; ')}; and ${parts.at(-1)}` : (parts[0] ?? '')
}
