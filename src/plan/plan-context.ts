import type { StageContents } from '../contents/stage-contents.ts'
import { commonOf, type Need, stateNeed } from '../evidence/claim.ts'
import type { Operation } from '../evidence/operation.ts'
import type { ImageConfig, ImageFacts } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import { baseName, closedPlaceOf, isInside, isSystemFolder, looksLikeFile, normalisePath } from '../places.ts'
import type { StepDownReport } from '../start/step-down.ts'
import { includedSwitch } from './grants/excluded-parts.ts'
import { type Observed, observedNeeds } from './grants/observed-needs.ts'
import type { Tools } from './plan.ts'
import type { Policy, StageInput } from './stage-input.ts'
import { ownWay, withOwnWay } from './step-down/own-way.ts'
import { planStepDown, type StepDownPlan } from './step-down/step-down-plan.ts'
import { toolsOf } from './tools.ts'

/** What every step of a plan for one stage starts from. */
export interface PlanContext {
  readonly input: StageInput
  readonly policy: Policy
  /** What can be read of the image: all of it, or what the stage itself puts in. */
  readonly readable: ImageFacts
  /** Of one of these files; null where it cannot be read. */
  readonly textOf: (path: string) => string | null
  readonly tools: Tools
  /** Group 0 has what the user has. */
  readonly anyUid: boolean
  /** Parts of the plan that runs have shown to be unnecessary. */
  readonly excluded: ReadonlySet<string>
  readonly report: StepDownReport
  /** Its switches of user, and the same without what is excluded. */
  readonly switches: StepDownPlan
  readonly stepDown: StepDownPlan
  /** The part of the plan by which a program is told to start without root, excluded or not; null: there is none. */
  readonly ownWay: string | null
  readonly needs: readonly Need[]
  readonly observed: Observed
}

export function planContextOf(input: StageInput, policy: Policy): PlanContext {
  const { facts, observation, stated } = input
  const readable: ImageFacts = facts.files.known ? facts : { ...facts, files: { known: true, value: stated.files } }
  const excluded = new Set(observation?.excluded)
  const report = stated.view.stepDowns
  const switches = planStepDown(report, readable, observation, unpackedIn(stated.view.contents))
  const included = includedSwitch(switches, excluded)
  const observed = observedNeeds(observation)
  const told = ownWay(observation?.ownWay ?? null, report, readable, included)
  return {
    input,
    policy,
    readable,
    textOf: (path) => (readable.files.known ? readable.files.value.text(path) : null),
    tools: toolsOf(facts, input.shellSeen),
    anyUid: policy.arbitraryUid === true,
    excluded,
    report,
    switches,
    stepDown: withOwnWay(included, told === null || excluded.has(told.name) ? null : told),
    ownWay: told?.name ?? null,
    needs: [...textNeeds(input, policy), ...observed.needs],
    observed,
  }
}

/** Folders that RUN lines fill with unknown content, and that no later RUN gives away as a whole. */
export function unpackedIn({ actions }: Pick<StageContents, 'actions'>): readonly string[] {
  return actions.flatMap(({ tool, paths }, index) => {
    if (tool !== 'unpack') return []
    const given = actions
      .slice(index + 1)
      .flatMap((after) => (after.tool === 'chown' && after.recursive && after.certain ? after.paths : []))
    return paths.filter((path) => !given.some((tree) => isInside(path, tree)))
  })
}

/** Assumptions count only where no run has shown more. */
function textNeeds({ facts, observation, stated }: StageInput, policy: Policy): readonly Need[] {
  return [
    ...givenNeeds(policy, { config: facts.config, files: stated.files }, [
      ...[...stated.needs, ...stated.assumed].filter((need) => need.access === 'create-file' && need.how !== 'beside'),
      ...(observation?.operations ?? []).filter(({ outcome }) => outcome === 'done'),
    ]),
    ...withoutSeenFiles(withoutNamedElsewhere(stated.needs, facts.config), observation?.operations ?? []),
    ...(observation === null ? withoutNamedElsewhere(stated.assumed, facts.config) : []),
  ]
}

/** Drops files where the program starts of which a variable of the image says another place: the name is what it has without that. */
function withoutNamedElsewhere(needs: readonly Need[], { env }: Pick<ImageConfig, 'env'>): readonly Need[] {
  const named = new Set([...env.values()].filter((value) => value.startsWith('/')))
  const names = new Set([...named].filter(looksLikeFile).map(baseName))
  return needs.filter(({ fromStart, path }) => fromStart !== true || named.has(path) || !names.has(baseName(path)))
}

const SOCKET = /\.sock(?:et)?$/
const OF_FILES = new Set<Operation['access']>(['create-file', 'create-socket'])

/** Drops folders that a text only seemed to name: the run has shown that the path is a file, which is granted instead. */
export function withoutSeenFiles(needs: readonly Need[], operations: readonly Operation[]): readonly Need[] {
  if (operations.length === 0) return needs
  const files = new Set(
    operations.flatMap(({ access, outcome, path }) => (outcome === 'done' && OF_FILES.has(access) ? [path] : [])),
  )
  return needs.filter(({ access, path }) => access !== 'keep-state' || !files.has(path))
}

/** The caller insists on paths that are closed otherwise (`--unsafe`). */
export function isInsisting({ unsafe, unsafeByRepository }: Policy): boolean {
  return unsafe && unsafeByRepository !== true
}

/**
 * What the user said: `--writable PATH` and `--own workdir`. A path that is not there is a folder where it ends with a slash; else what
 * is known to be written there tells, and then its name. `known`: needs and operations of a run.
 */
export function givenNeeds(
  policy: Policy,
  { config, files }: { readonly config: ImageConfig; readonly files: FileModel },
  known: readonly { readonly access: Operation['access'] | Need['access']; readonly path: string | null }[] = [],
): readonly Need[] {
  const isAll = isInsisting(policy)
  const isFile = (path: string): boolean => {
    // Of a closed place the whole is refused, and a socket is never made beforehand.
    if (files.entry(path) !== null || closedPlaceOf(path) !== null || SOCKET.test(path)) return false
    const accesses = new Set(known.flatMap((one) => (one.path === path ? [one.access] : [])))
    return accesses.has('create-file') || (!accesses.has('create-directory') && looksLikeFile(path))
  }
  const given = (path: string, detail: string, told: NonNullable<Need['told']>): Need => ({
    ...stateNeed(path, 'declared', { source: 'given', detail }),
    told,
  })
  const writable = policy.writable.flatMap((text): readonly Need[] => {
    const path = normalisePath(text)
    const isOfRepository = policy.writableByRepository?.includes(text) === true
    const told = isOfRepository ? 'repository' : isAll ? 'all' : 'user'
    if (path === null) return []
    if (text.endsWith('/') || !isFile(path)) return [given(path, 'given with --writable', told)]
    const detail = `given with --writable, as a file (${path}/ is a folder)`
    return [{ ...commonOf(given(path, detail, told)), access: 'create-file', how: 'any' }]
  })
  if (policy.own === 'minimal' || isSystemFolder(config.workdir)) return writable
  const detail = `the working folder, asked for with --own ${policy.own}`
  return [...writable, given(config.workdir, detail, isAll ? 'all' : 'own')]
}
