import { commonOf, type Need, question, type Remark } from '../../evidence/claim.ts'
import { isInside, isOwnPlace, normalisePath, parentOf } from '../../places.ts'
import type { StepDownReport } from '../../start/step-down.ts'
import type { Grant } from '../plan.ts'
import type { StageInput } from '../stage-input.ts'
import type { Granted } from './grant-all.ts'

/** A path that a start script writes only under a condition that nobody can answer before it runs. */
export type PerhapsNeed = Need & { readonly onlyIf: string }

export function isPerhaps(need: Need): need is PerhapsNeed {
  return need.onlyIf !== undefined
}

/** The needs that the user could not meet with these grants. `mayMake`: by what the stage itself has added. */
export function unmetNeeds(
  perhaps: readonly PerhapsNeed[],
  { grants }: Pick<Granted, 'grants'>,
  mayMake: (path: string) => boolean,
): readonly PerhapsNeed[] {
  const isGiven = ({ path, how }: Need): boolean =>
    grants.some((grant) => covers(grant, path) && (how !== 'beside' || isFolder(grant))) ||
    (how === 'beside' && [parentOf(path), path].every((each) => grants.some((grant) => grant.path === each)))
  return perhaps.filter((need) => !isGiven(need) && !mayMake(need.path))
}

function isFolder({ kind }: Grant): boolean {
  return /-directory$/.test(kind)
}

function covers(grant: Grant, path: string): boolean {
  if (grant.path === path) return /own|create/.test(grant.kind)
  return isFolder(grant) && isInside(path, grant.path)
}

/**
 * A path whose existence a start script tests is not created beforehand, since the script would take its work for done (`[ -d
 * /data/main ] || initialise`): its folder is granted where possible. What a package, a volume or the image brings exists anyway.
 */
export function withoutAsked(
  needs: readonly Need[],
  { asked }: Pick<StepDownReport, 'asked'>,
  {
    facts: { config },
    stated: {
      files,
      view: { runs },
    },
  }: Pick<StageInput, 'facts' | 'stated'>,
): { readonly needs: readonly Need[]; readonly remarks: readonly Remark[] } {
  const volumes = new Set(config.volumes.map((one) => normalisePath(one, config.workdir)))
  // Of a volume there the engine makes the folder, with the owner that the image's has.
  const mounted = new Set(
    runs.flatMap(({ mounts }) =>
      mounts.flatMap(({ kind, target }) => (kind === 'volume' ? [normalisePath(target)] : [])),
    ),
  )
  const scripts = new Map(asked.map(({ path, script }) => [path, script]))
  const isThere = (path: string): boolean =>
    volumes.has(path) ||
    mounted.has(path) ||
    files.entry(path) !== null ||
    needs.some((need) => need.path === path && (need.vendors === true || !isSaid(need)))
  const remarks: Remark[] = []
  const open = new Set([...scripts.keys()].filter((path) => !isThere(path)))
  // Making something inside it makes the folder too.
  const about = needs.map((need): Need => {
    const above = MAKES.has(need.access) && need.told === undefined ? aboveIn(open, need.path) : null
    return above === null ? need : { ...commonOf(need), access: 'create-directory' as const, path: above }
  })
  const kept = about.flatMap((need): readonly Need[] => {
    if (!open.has(need.path) || !MAKES.has(need.access) || need.told !== undefined) return [need]
    if (need.access === 'create-file') return [{ ...commonOf(need), access: 'create-file', how: 'beside' }]
    const parent = parentOf(need.path)
    const isGiven = needs.some(
      ({ access, path }) =>
        access === 'keep-state' && path !== need.path && isInside(need.path, path) && !open.has(path),
    )
    if (isGiven) return []
    // A folder that holds other things only has to have room for it.
    if (isOwnPlace(parent) && files.list(parent).length > 0) {
      const { when, ...alone } = commonOf(need)
      return [{ ...alone, access: 'create-directory' }]
    }
    if (isOwnPlace(parent) && parent !== '/' && !open.has(parent))
      return [{ ...commonOf(need), access: 'keep-state', path: parent }]
    const who = scripts.get(need.path) ?? 'the command'
    if (!remarks.some(({ evidence }) => evidence[0]?.subject === need.path))
      remarks.push(
        question(
          'writes',
          need.path,
          `${need.path} is not made beforehand: ${who} asks whether it is there, and the user may not make it in ${parent}`,
        ),
      )
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

/** A run has shown that the container starts and works without it. */
export function perhapsQuestion({ path, onlyIf, evidence }: PerhapsNeed): Remark {
  // `handed over by /start.sh`, or a sentence of its own: `celery keeps …`.
  const means = /^\S+ (?:keeps|is)\b/.test(evidence.detail) ? ': ' : ' is '
  return question('writes', path, `${path}${means}${evidence.detail}${onlyIf === '' ? '' : `, only if ${onlyIf}`}`)
}
