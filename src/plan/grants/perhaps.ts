import type { Need, Remark } from '../../evidence/claim.ts'
import { isInside } from '../../places.ts'
import { joinTruncated } from '../../words.ts'
import type { Grant } from '../plan.ts'
import type { StageInput } from '../stage-input.ts'
import type { Granted } from './grant-all.ts'

/** What a start script writes only behind a question that nobody can answer before it runs. */
export type PerhapsNeed = Need & { readonly onlyIf: string }

export function isPerhaps(need: Need): need is PerhapsNeed {
  return need.onlyIf !== undefined
}

/** All the others; what is named with --writable is a file where it is known to be written as one. */
export function givenAsFiles(all: readonly Need[], perhaps: readonly PerhapsNeed[]): readonly Need[] {
  const files = new Set(perhaps.filter(({ access }) => access === 'create-file').map(({ path }) => path))
  return all
    .filter((need) => !isPerhaps(need))
    .map((need) =>
      need.givenBy !== undefined && files.has(need.path) ? { ...need, access: 'create-file', alone: 'any' } : need,
    )
}

/** Those that the user could not do with what is granted: to grant `all` takes more. */
export function unmetNeeds(perhaps: readonly PerhapsNeed[], granted: Granted, all: Granted): readonly PerhapsNeed[] {
  const told = new Set([...all.grants, ...all.remarks].flatMap(({ evidence }) => evidence))
  const isGiven = ({ path }: Need): boolean => granted.grants.some((grant) => covers(grant, path))
  return perhaps.filter((need) => told.has(need.evidence) && !isGiven(need))
}

function covers(grant: Grant, path: string): boolean {
  if (grant.path === path) return /own|create/.test(grant.kind)
  return /-directory$/.test(grant.kind) && isInside(path, grant.path)
}

/** One for each question. A run has shown that the container starts and works without it. */
export function perhapsRemarks(
  unmet: readonly PerhapsNeed[],
  { facts, observation }: Pick<StageInput, 'facts' | 'observation'>,
): readonly Remark[] {
  const questions = [...new Set(unmet.map(({ onlyIf }) => onlyIf))]
  return questions.map((onlyIf): Remark => {
    const needs = unmet.filter((need) => need.onlyIf === onlyIf)
    const paths = [...new Set(needs.map(({ path }) => path))]
    const names = [...new Set([...onlyIf.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name]) => name))]
    const when = onlyIf === '' ? 'in some cases only' : `only if ${onlyIf}`
    const where = names.length === 0 ? 'where it comes to that' : `where ${names.join(' or ')} says so`
    return {
      outcome: observation === null ? 'todo' : 'note',
      transform: 'own-writable-paths',
      message: `${joinTruncated(paths)} ${paths.length === 1 ? 'is' : 'are'} written by the start ${when}, and the user may not write ${paths.length === 1 ? 'it' : 'them'}`,
      hint: `${where}, name ${paths.length === 1 ? 'it' : 'them'} with --writable, or do it in a RUN`,
      about: facts.config.entrypoint === null ? 'CMD' : 'ENTRYPOINT',
      evidence: needs.slice(0, MOST_EVIDENCE).map(({ evidence }) => evidence),
    }
  })
}

const MOST_EVIDENCE = 5
