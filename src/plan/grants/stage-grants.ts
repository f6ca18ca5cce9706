import type { StageContents } from '../../contents/stage-contents.ts'
import type { Need, Remark } from '../../evidence/claim.ts'
import { applySubstitutions, type FileEdit } from '../../evidence/file-edit.ts'
import { asksBeforeMaking } from '../../evidence/source-text.ts'
import type { ImageFacts } from '../../image/facts.ts'
import type { InTurn } from '../../in-turn.ts'
import { memoizeByObject } from '../../memoize.ts'
import { isInside, normalisePath, parentOf } from '../../places.ts'
import { type RunningProgram, servicesOf, stateOfOthers } from '../account/merged-users.ts'
import { mountPoints } from '../host-mounts.ts'
import type { AccountChoice, Grant } from '../plan.ts'
import type { PlanContext } from '../plan-context.ts'
import { granteeOf } from '../replay/own.ts'
import type { StageInput } from '../stage-input.ts'
import { includedGrants } from './excluded-parts.ts'
import { type Granted, grantAll } from './grant-all.ts'
import { handedTo, isHandedFolder, notHandedOver } from './handed-over.ts'
import { type ImageCode, imageCode } from './image-code.ts'
import { logFolders, madeAtStart } from './observed-needs.ts'
import { isPerhaps, type PerhapsNeed, unmetNeeds, withoutAsked } from './perhaps.ts'
import { said } from './unshown.ts'

export interface StageGrants {
  /** With those that runs have shown to be unnecessary. */
  readonly granted: Granted
  readonly grants: readonly Grant[]
  /** What the start runs. */
  readonly code: ImageCode
  /** Folders that the Dockerfile already hands to the account. */
  readonly handed: ReadonlySet<string>
  /** The service users of the original. */
  readonly services: readonly RunningProgram[]
  /** About paths that a start script asks for before it makes them. */
  readonly asked: readonly Remark[]
  /** Paths that are written only in some cases, and that the user could not write. */
  readonly unmet: readonly PerhapsNeed[]
}

/** What the account is given for these needs, and what others there are. Stops behind each need. */
export function* stageGrants(
  context: PlanContext,
  account: AccountChoice,
  needs: readonly Need[],
  changes: readonly FileEdit[],
): InTurn<StageGrants> {
  const { input, readable, report, tools } = context
  const { facts, observation, stated } = input
  const files = readable.files.known ? readable.files.value : null
  const code = imageCode(readable, report, { files, uid: account.uid, exact: isExact(input) })
  const handed = handedTo(account, context.needs)
  const services = observation === null ? [] : servicesOf(observation, facts)
  const others = facts.files.known ? stateOfOthers(services, account, facts.files.value) : []
  const mountsInHome = mountPoints(context, account)
  const named = notHandedOver([...needs, ...mountsInHome, ...others], input, account, handed)
  // A run has already shown which way the script goes.
  const asked = observation === null ? withoutAsked(named, report, input) : { needs: named, remarks: [] }
  const perhaps = asked.needs.filter(isPerhaps)
  const still = (each: readonly Need[]): readonly Need[] => stillNamed(each, changes, readable)
  const granted = yield* grantAll(
    {
      wanted: still([
        ...asked.needs.filter((need) => !isPerhaps(need)),
        ...madeByStart(context),
        ...rotatedLogs(context),
      ]),
      assumed: observation === null ? [] : still([...said(stated.assumed), ...(observation.named ?? [])]),
      mounted: new Set([
        ...facts.config.volumes.flatMap((volume) => normalisePath(volume, facts.config.workdir) ?? []),
        ...(input.dependents?.runs ?? []).flatMap(({ mounts }) => mounts.map(({ target }) => target)),
        ...mountsInHome.map(({ path }) => path),
      ]),
    },
    input,
    granteeOf(account, facts, context.anyUid),
    code,
  )
  // A folder that a RUN has handed to the account lets it create files, whatever the base image is.
  const mayMake = (path: string): boolean =>
    stated.files.entry(path) === null && isHandedFolder(parentOf(path), input, account)
  const grants = includedGrants(granted.grants, context.excluded).map(makesMissing(input))
  return {
    granted,
    grants: tools.shell === false ? grants.map((grant) => withFile(grant, readable)) : grants,
    code,
    handed,
    services,
    asked: asked.remarks,
    unmet: observation === null ? unmetNeeds(perhaps, granted, mayMake) : [],
  }
}

function madeByStart({ input: { facts, observation, stated }, needs }: PlanContext): readonly Need[] {
  if (observation === null || !facts.files.known) return []
  const isAsked = asksBeforeMaking(stated.view.contents.texts)
  return madeAtStart(observation, [...stated.assumed, ...needs], facts.files.value, isAsked)
}

function rotatedLogs({ input: { facts, observation } }: PlanContext): readonly Need[] {
  return observation === null || !facts.files.known ? [] : logFolders(observation, facts.files.value)
}

/** The file model is exactly that of the image: no step has made files that nobody has seen. */
function isExact({ asBuilt, facts, observation, stated: { view } }: StageInput): boolean {
  if (asBuilt === true || observation !== null) return facts.files.known
  const { steps, copies } = view.contents
  return (
    facts.files.known &&
    steps.every(({ instruction }) => instruction.keyword !== 'RUN') &&
    copies.every(({ seen }) => seen)
  )
}

/** The needs without those whose path an edit of the configuration sends elsewhere. */
function stillNamed(needs: readonly Need[], edits: readonly FileEdit[], { files }: ImageFacts): readonly Need[] {
  return needs.filter(({ namedIn, path }) => {
    const text = namedIn === undefined || !files.known ? null : files.value.text(namedIn)
    const substitutions = edits.filter((edit) => edit.path === namedIn).flatMap((edit) => edit.substitutions)
    if (text === null || substitutions.length === 0) return true
    return applySubstitutions(text, substitutions)?.includes(path) !== false
  })
}

/** A path that a RUN makes only under a condition may be missing: its grant creates it. */
function makesMissing({ stated, observation }: StageInput): (grant: Grant) => Grant {
  if (observation !== null) return (grant) => grant
  const { contents, builders } = stated.view
  const madeIn = memoizeByObject(({ actions }: StageContents) => {
    const made = actions.filter(({ tool }) => tool === 'mkdir' || tool === 'touch')
    const paths = (isCertain: boolean): readonly string[] =>
      made.flatMap((each) => (each.certain === isCertain ? each.paths : []))
    return { perhaps: paths(false), surely: paths(true) }
  })
  const mayMiss = (stage: StageContents, path: string): boolean => {
    const { perhaps, surely } = madeIn(stage)
    return perhaps.some((each) => isInside(each, path)) && !surely.some((each) => isInside(each, path))
  }
  return (grant) => {
    // A COPY from another stage brings what was made there.
    const origin = contents.origins.get(grant.path)
    const isBuilt = origin?.startsWith('/') === true
    if (!mayMiss(contents, grant.path) && !(isBuilt && builders.some((each) => mayMiss(each, origin)))) return grant
    if (grant.kind === 'own-directory') return { ...grant, kind: 'create-directory' }
    return grant.kind === 'own-file' ? { ...grant, kind: 'create-file', makesFolder: true } : grant
  }
}

/** Mode and size of a file that exists, which a COPY of it has to keep. */
function withFile(grant: Grant, { files }: ImageFacts): Grant {
  const entry = files.known ? files.value.entry(grant.path) : null
  return entry?.type === 'file' ? { ...grant, file: { mode: entry.mode, size: entry.size } } : grant
}
