import type { Need, Remark } from '../../evidence/claim.ts'
import type { StepDownReport } from '../../image/step-down.ts'
import { isInside, isOwnPlace, normalisePath, parentOf } from '../../places.ts'
import { joinAnd, joinTruncated } from '../../words.ts'
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
  const files = new Set(
    perhaps.filter(({ access, beside }) => access === 'create-file' && beside !== true).map(({ path }) => path),
  )
  return all
    .filter((need) => !isPerhaps(need))
    .map((need) =>
      need.givenBy !== undefined && files.has(need.path) ? { ...need, access: 'create-file', alone: 'any' } : need,
    )
}

/** Those that the user could not do with what is granted: to grant `all` takes more. `mayMake`: by what the stage itself has put in. */
export function unmetNeeds(
  perhaps: readonly PerhapsNeed[],
  granted: Granted,
  all: Granted,
  mayMake: (path: string) => boolean,
): readonly PerhapsNeed[] {
  const told = new Set([...all.grants, ...all.remarks].flatMap(({ evidence }) => evidence))
  const isGiven = ({ path, beside }: Need): boolean =>
    granted.grants.some((grant) => covers(grant, path) && (beside !== true || isFolder(grant))) ||
    (beside === true && [parentOf(path), path].every((each) => granted.grants.some((grant) => grant.path === each)))
  return perhaps.filter((need) => told.has(need.evidence) && !isGiven(need) && !mayMake(need.path))
}

function isFolder({ kind }: Grant): boolean {
  return /-directory$/.test(kind)
}

function covers(grant: Grant, path: string): boolean {
  if (grant.path === path) return /own|create/.test(grant.kind)
  return isFolder(grant) && isInside(path, grant.path)
}

/**
 * What a start script asks for is not made beforehand, since it would then take it for done (`[ -d /data/main ] || initialise`): its
 * folder is given, where it may be. What a package, a volume or the image brings is there anyway.
 */
export function withoutAsked(
  needs: readonly Need[],
  { asked }: Pick<StepDownReport, 'asked'>,
  { facts: { config }, stated: { files } }: Pick<StageInput, 'facts' | 'stated'>,
): { readonly needs: readonly Need[]; readonly remarks: readonly Remark[] } {
  const volumes = new Set(config.volumes.map((one) => normalisePath(one, config.workdir)))
  const scripts = new Map(asked.map(({ path, script }) => [path, script]))
  const isThere = (path: string): boolean =>
    volumes.has(path) ||
    files.entry(path) !== null ||
    needs.some((need) => need.path === path && (need.vendors === true || !isSaid(need)))
  const remarks: Remark[] = []
  const open = new Set([...scripts.keys()].filter((path) => !isThere(path)))
  // To make what lies in it makes the folder too.
  const about = needs.map((need) => {
    const above = MAKES.has(need.access) && need.givenBy === undefined ? aboveIn(open, need.path) : null
    return above === null ? need : { ...withoutOwn(need), access: 'create-directory' as const, path: above }
  })
  const kept = about.flatMap((need): readonly Need[] => {
    if (!open.has(need.path) || !MAKES.has(need.access) || need.givenBy !== undefined) return [need]
    if (need.access === 'create-file') return [{ ...withoutOwn(need), beside: true }]
    const parent = parentOf(need.path)
    const isGiven = needs.some(
      ({ access, path }) =>
        access === 'keep-state' && path !== need.path && isInside(need.path, path) && !open.has(path),
    )
    if (isGiven) return []
    // Of a folder with other things in it no more than room is asked for.
    if (isOwnPlace(parent) && files.list(parent).length > 0) {
      const { atStart, ...alone } = withoutOwn(need)
      return [{ ...alone, access: 'create-directory' }]
    }
    if (isOwnPlace(parent) && parent !== '/' && !open.has(parent))
      return [{ ...withoutOwn(need), access: 'keep-state', path: parent }]
    const who = scripts.get(need.path) ?? 'the command'
    if (!remarks.some(({ evidence }) => evidence[0]?.subject === need.path))
      remarks.push({
        outcome: 'todo',
        transform: 'own-writable-paths',
        message: `${need.path} is not made beforehand: ${who} asks whether it is there and decides by that, and the user may not make it in ${parent}`,
        hint: 'let the script ask for a file in it, or keep it in a folder that is given to the user',
        answeredByRun: true,
        evidence: [need.evidence],
      })
    return []
  })
  return { needs: kept, remarks }
}

/** The outermost of these that a path lies below. */
function aboveIn(paths: ReadonlySet<string>, path: string): string | null {
  let found: string | null = null
  for (let at = path; at !== '/'; ) {
    at = parentOf(at)
    if (paths.has(at)) found = at
  }
  return found
}

const MAKES = new Set<Need['access']>(['keep-state', 'create-directory', 'create-file'])

/** And not seen. */
function isSaid({ certainty }: Need): boolean {
  return certainty !== 'observed' && certainty !== 'refused'
}

function withoutOwn({ tree, made, alone, ...need }: Need): Need {
  return need
}

/** One for each question. A run has shown that the container starts and works without it. */
export function perhapsRemarks(
  unmet: readonly PerhapsNeed[],
  { facts, observation, dependents }: Pick<StageInput, 'facts' | 'observation' | 'dependents'>,
): readonly Remark[] {
  const mounts = (dependents?.runs ?? []).flatMap((run) => run.mounts)
  const told = unmet.filter(({ isTold }) => isTold === true)
  const inside = told.filter(
    ({ path }) => !mounts.some(({ kind, target }) => kind === 'host' && isInside(path, target)),
  )
  const asked = unmet.filter(({ isTold }) => isTold !== true)
  const questions = [...new Set(asked.map(({ onlyIf }) => onlyIf))]
  const remarks = questions.map((onlyIf): Remark => {
    const needs = asked.filter((need) => need.onlyIf === onlyIf)
    const paths = [...new Set(needs.map(({ path }) => path))]
    const names = [...new Set([...onlyIf.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name]) => name))]
    const when = onlyIf === '' ? 'in some cases only' : `only if ${onlyIf}`
    const where = names.length === 0 ? 'where it comes to that' : `where ${names.join(' or ')} says so`
    const it = paths.length === 1 ? 'it' : 'them'
    // A new file in the place of the old one is made in its folder.
    const isReplaced = needs.every(({ beside }) => beside === true)
    return {
      outcome: observation === null ? 'todo' : 'note',
      transform: 'own-writable-paths',
      message: `${joinTruncated(paths)} ${paths.length === 1 ? 'is' : 'are'} written by the start ${when}, and the user may not ${isReplaced ? 'replace' : 'write'} ${it}`,
      hint: `${where}, ${howGiven(needs)}, or do it in a RUN`,
      about: facts.config.entrypoint === null ? 'CMD' : 'ENTRYPOINT',
      evidence: needs.slice(0, MOST_EVIDENCE).map(({ evidence }) => evidence),
    }
  })
  return [...remarks, ...toldRemark(inside, observation !== null)]
}

/** One for all that people are told to run in it: what is over files of the host is said of those. */
function toldRemark(unmet: readonly PerhapsNeed[], isProved: boolean): readonly Remark[] {
  const [first] = unmet
  if (first === undefined) return []
  const all = unmet.filter(({ onlyIf }) => onlyIf === first.onlyIf)
  const needs = all.filter(({ path }) => !all.some((other) => other.path !== path && isInside(path, other.path)))
  const paths = [...new Set(needs.map(({ path }) => path))]
  const more = new Set(unmet.map(({ onlyIf }) => onlyIf)).size - 1
  return [
    {
      outcome: isProved ? 'note' : 'todo',
      transform: 'own-writable-paths',
      message: `${first.onlyIf}, which writes ${joinTruncated(paths)}: the user may not${more === 0 ? '' : ` (and ${more} more such)`}`,
      hint: `run that with --user root, or ${howGiven(needs)}`,
      evidence: unmet.slice(0, MOST_EVIDENCE).map(({ evidence }) => evidence),
    },
  ]
}

/** An empty file would be taken for what the script makes: of that its folder is meant. */
function howGiven(needs: readonly PerhapsNeed[]): string {
  const folders = [...new Set(needs.flatMap(({ path, beside }) => (beside === true ? [parentOf(path)] : [])))]
  const named = folders.filter((path) => isOwnPlace(path))
  if (named.length < folders.length) return 'let it write into a folder of its own'
  const files = needs.some(({ beside }) => beside !== true)
  const count = new Set(needs.map(({ path }) => path)).size
  if (files) return `name ${count === 1 ? 'it' : 'them'} with --writable`
  return `name ${joinAnd(named)} with --writable`
}

const MOST_EVIDENCE = 5
