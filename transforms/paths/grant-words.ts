import type { Stage } from '../../src/dockerfile/model.ts'
import type { Edit } from '../../src/edit.ts'
import type { Evidence } from '../../src/evidence/claim.ts'
import type { Grant } from '../../src/plan/plan.ts'
import type { Finding } from '../../src/transform.ts'
import { joinAnd } from '../../src/words.ts'
import { type ReasonLines, reason } from '../edits/lines.ts'

/** The reason above the lines: each path with what it is for; in short what they are for, since the lines name the paths. */
export function grantReason(grants: readonly Grant[]): readonly [ReasonLines] {
  return reason(reasonsOf(grants), linesTogether(grants.map(detail)).join('; '))
}

/** Each once: `x line 3` and `x line 9` are `x lines 3 and 9`. */
function linesTogether(details: readonly string[]): readonly string[] {
  const byFile = new Map<string, string[]>()
  for (const detail of new Set(details)) {
    const [, file = detail, line] = /^(.* )line (\d+)$/s.exec(detail) ?? []
    byFile.set(file, [...(byFile.get(file) ?? []), ...(line === undefined ? [] : [line])])
  }
  return [...byFile].map(([file, lines]) =>
    lines.length === 0 ? file : `${file}line${lines.length > 1 ? 's' : ''} ${joinAnd(lines)}`,
  )
}

/** What each path is for, said once for those that are for the same. */
function reasonsOf(grants: readonly Grant[]): string {
  const alike = new Map<string, { readonly paths: string[]; readonly grant: Grant; readonly why: string }>()
  for (const grant of grants) {
    const why = detail(grant)
    const key = `${verb(grant, false)} ${why}`
    const before = alike.get(key)
    if (before === undefined) alike.set(key, { paths: [grant.path], grant, why })
    else before.paths.push(grant.path)
  }
  return [...alike.values()]
    .map(({ paths, grant, why }) => `${joinAnd(paths)}${verb(grant, paths.length > 1)} (${why})`)
    .join(', ')
}

/** The first reason; a path that it repeats is left out, what lies below is named by its end. */
function detail(grant: Grant): string {
  if (grant.evidence[0]?.source === 'refused') return 'refused to the user without this'
  const text = (grant.evidence[0]?.detail ?? 'needed').replace(/: \w+\(.*$/s, '')
  if (text.startsWith(`${grant.path} is `)) return text.slice(grant.path.length + 4)
  return grant.path !== '/' && text.startsWith(`${grant.path}/`) ? text.slice(grant.path.length + 1) : text
}

function verb({ kind, program }: Grant, many: boolean): string {
  const be = many ? 'are' : 'is'
  switch (kind) {
    case 'group-read':
      return ` ${be} read`
    case 'traverse':
      return ` ${be} ${program === true ? 'started' : 'entered'}`
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
    message: `grants ${accessTo(grants, ['write access to', 'read access to', 'passage through', 'the start of'])}`,
    problem: `it ${accessTo(grants, ['writes', 'reads', 'enters', 'starts'])}, which only root may`,
    evidence,
    edits,
  }
}

/** What the grants are for, in the words given: `write /a, /b; read /c; and enter /d`. */
export function accessTo(
  grants: readonly Grant[],
  [write, read, enter, start]: readonly [write: string, read: string, enter: string, start: string],
): string {
  const paths = (chosen: (grant: Grant) => boolean): string =>
    grants
      .filter(chosen)
      // What others have in a sticky folder stays theirs.
      .map(({ path, kind }) => (kind === 'sticky' ? `${path} (for files of its own)` : path))
      .join(', ')
  const parts = [
    [write, paths(({ kind }) => kind !== 'group-read' && kind !== 'traverse')],
    [read, paths(({ kind }) => kind === 'group-read')],
    [enter, paths(({ kind, program }) => kind === 'traverse' && program !== true)],
    [start, paths(({ program }) => program === true)],
  ].flatMap(([what, where]) => (where === '' ? [] : [`${what} ${where}`]))
  return parts.length > 1 ? `${parts.slice(0, -1).join('; ')}; and ${parts.at(-1)}` : (parts[0] ?? '')
}
