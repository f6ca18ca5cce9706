import { dirname, join, relative } from 'node:path'
import { finalStage, parseDockerfile } from '../dockerfile/index.ts'
import { leafStages } from '../dockerfile/stages.ts'
import { HardenError } from '../errors.ts'
import { ANYWHERE } from '../files-in.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { ImageRun } from '../image/image-run.ts'
import { parseReference } from '../image/reference.ts'
import { asServiceRan } from '../manifests/as-run.ts'
import { checkoutOwner, type HostFiles } from '../manifests/compose/host-files.ts'
import { slug } from '../manifests/profile.ts'
import type { PlannedService, Project, Service, ServiceBuild } from '../manifests/project.ts'
import {
  askedUser,
  buildOf,
  type ChosenUser,
  imageKey,
  isHandOver,
  overlaysOf,
  runOf,
  type SharedUser,
  sameImage,
  sharedUsers,
} from '../manifests/service-images.ts'
import type { Observation, Policy } from '../plan/stage-input.ts'
import { bareResult, type ReportFinding, type TargetResult, targetFinding, targetQuestion } from '../report/report.ts'
import { imageItem } from '../repository/discover.ts'
import { readFound } from '../repository/files.ts'
import { placeForDockerfile } from '../repository/own-files.ts'
import { projectRoot } from '../repository/project-root.ts'
import type { Survey } from '../repository/surroundings.ts'
import type { WorkItem } from '../repository/work-item.ts'
import { choices } from '../words.ts'
import type { Options, ProcessTarget, TargetOutcome, TaskHooks } from './task.ts'

export interface StackPlanning {
  readonly project: Project
  readonly options: Options
  readonly hooks: TaskHooks
  readonly processTarget: ProcessTarget
  /** What the repository says about each Dockerfile; kept, since each is planned again and again. */
  readonly surroundingsOf: Survey['surroundingsOf']
  readonly host: HostFiles
  /** What a run of the whole stack has shown, by service. */
  readonly seen: ReadonlyMap<string, Observation>
  /** The facts of the current images, by service, where they were built or pulled. */
  readonly facts: ReadonlyMap<string, ImageFacts>
  /** Services whose ports stay because some user of them cannot follow. */
  readonly portsStay: ReadonlySet<string>
  /** Files, as the caller calls them, in which other targets follow a port that moves; absent: none. */
  readonly followed?: ReadonlySet<string>
  /** Why, by service: `./site.conf sets it`. */
  readonly portsBecause?: ReadonlyMap<string, string>
}

/**
 * All services of a project, planned together: those that run one image change it once, and those that write one volume run as
 * one user. In the order of the project.
 */
export async function planStack(planning: StackPlanning): Promise<readonly PlannedService[]> {
  const { project, hooks } = planning
  const alone = new Map<string, Planned>()
  for (const service of project.services) {
    if (hooks.signal.aborted) return []
    hooks.progress(`${service.name}: planning`)
    alone.set(service.name, await planService(service, { others: [], user: null }, planning))
  }
  const users = sharedUsers(project, alone)
  const planned: PlannedService[] = []
  const written = new Map<string, TargetResult>()
  // Several stages of one Dockerfile are changed one after the other.
  const texts = new Map<string, string>()
  const before = new Map<string, string | undefined>()
  for (const service of project.services) {
    const first = alone.get(service.name)
    if (first === undefined) continue
    const mates = sameImage(service, project)
    const others = mates.filter((one) => one !== service && isChanged(alone.get(one.name)))
    const user = users.get(service.name) ?? null
    // A service that would choose the same user itself gives its own reason.
    const other = user === null || user.ids === first.user ? null : user
    const path = buildOf(service, project)?.dockerfile ?? null
    const key = imageKey(service, project)
    const text = before.has(key) || path === null ? before.get(key) : texts.get(path)
    before.set(key, text)
    const isAlone = others.length === 0 && other === null && text === undefined
    const together = { others, user: other, text }
    const isDone = isAlone || !isChanged(first)
    const again = isDone ? first : await planService(service, together, planning)
    const output = isChanged(again) ? (written.get(key) ?? again.outcome.result) : null
    if (output !== null && path !== null && !written.has(key)) texts.set(path, output.output)
    if (output !== null) written.set(key, output)
    planned.push(plannedService(service, first, again, project))
  }
  return planned.map((one) => withText(one, texts, written.get(imageKey(one.service, project)), planned))
}

/**
 * The plan with the final text of its Dockerfile. A service that keeps root in an image that others have taken it from sets that
 * itself.
 */
function withText(
  planned: PlannedService,
  texts: ReadonlyMap<string, string>,
  written: TargetResult | undefined,
  all: readonly PlannedService[],
): PlannedService {
  const { dockerfile, derived, result, profile, service } = planned
  if (derived !== null && written !== undefined) {
    const first = all.find((one) => one.derived !== null && one.service.image === service.image)
    const text = written.output
    return {
      ...planned,
      result: { ...result, output: text },
      derived: { path: first?.derived?.path ?? derived.path, text },
    }
  }
  const output = dockerfile === null ? undefined : texts.get(dockerfile.path)
  if (dockerfile === null || output === undefined) return planned
  return {
    ...planned,
    result: { ...result, output, changed: output !== dockerfile.before },
    keepsRoot: profile?.root === true && written !== undefined,
  }
}

interface Planned extends ChosenUser {
  readonly outcome: TargetOutcome
}

/** Its text changes, for a user of its own. */
function isChanged(planned: Planned | undefined): boolean {
  return planned !== undefined && planned.user !== null && !planned.isFixed
}

interface Together {
  /** Other services that start something else in the same image. */
  readonly others: readonly Service[]
  /** Whom it is planned for; null where it may choose. */
  readonly user: SharedUser | null
  /** Of its Dockerfile, as it is changed so far; absent: as it is. */
  readonly text?: string | undefined
}

async function planService(
  service: Service,
  { others, user, text }: Together,
  planning: StackPlanning,
): Promise<Planned> {
  const { project, options, hooks, processTarget, host } = planning
  if (isHandOver(service)) return { outcome: handOver(service), user: null, isFixed: true }
  const owner = checkoutOwner(service, host)
  const asked = askedUser(service) ?? (owner === null ? null : `${owner.uid}:${owner.gid}`)
  const { policy } = options
  const build = buildOf(service, project)
  const found = await itemFor(service, build, others, planning)
  if ('outcome' in found) return found
  const item = text === undefined ? found : { ...found, text }
  const own: Options = {
    ...options,
    mode: { kind: 'profile', prove: false, build: false, tag: null, ownsInImage: true },
    context: build?.context ?? null,
    buildArg: [...(build?.args ?? [])].map(([name, value]) => `${name}=${value}`),
    env: [],
    policy: {
      ...policy,
      target: build?.target ?? lastOfSeveral(item),
      user: policy.user ?? user?.ids ?? asked,
      ...(policy.user === null ? whyUser(user, owner, service, project) : {}),
      ...whetherPortsMove(service, policy, planning),
    },
  }
  const seenItem = withSeen(item, service, others, planning)
  let outcome: TargetOutcome
  try {
    outcome = await processTarget(seenItem, own, hooks)
  } catch (error) {
    // One that cannot be planned does not keep the others from it.
    if (!(error instanceof HardenError)) throw error
    outcome = unplanned(service, error)
  }
  if (isHeldBack(outcome)) outcome = asItIs(outcome)
  const chosen = outcome.profile?.user?.value ?? null
  return {
    outcome,
    user: chosen === null ? null : `${chosen.uid}:${chosen.gid}`,
    isFixed: asked !== null || (chosen !== null && outcome.result.user === null),
  }
}

/** Its image stays root's until somebody takes what is offered, so its settings must not count on another user. */
function isHeldBack({ result }: TargetOutcome): boolean {
  return result.findings.some(({ transform, outcome }) => transform === 'set-user' && outcome === 'offered')
}

function asItIs({ source, path, result }: TargetOutcome): TargetOutcome {
  const stages = result.stages.map((stage) => ({ ...stage, userAfter: stage.userBefore }))
  return { source, path, result: { ...result, stages, user: null } }
}

/** Why it is this user, which nobody has given in words. */
function whyUser(
  user: SharedUser | null,
  owner: ReturnType<typeof checkoutOwner>,
  service: Service,
  { folder }: Project,
): { readonly userBecause?: string } {
  if (user !== null) return { userBecause: user.because }
  if (askedUser(service) !== null) return { userBecause: `the service ${service.name} says it (user:)` }
  return owner === null ? {} : { userBecause: `the owner of ${relative(folder, owner.path) || '.'}, which is mounted` }
}

/** Of one image ports move for all that run it, or for none. */
function whetherPortsMove(
  service: Service,
  { ports }: Policy,
  { project, portsStay, portsBecause }: StackPlanning,
): Pick<Policy, 'ports' | 'portsBecause'> {
  const [first] = sameImage(service, project).filter(({ name }) => portsStay.has(name))
  if (first === undefined || ports === 'keep') return { ports }
  const why = [service, first].map(({ name }) => portsBecause?.get(name)).find((one) => one !== undefined)
  return { ports: 'keep', ...(why === undefined ? {} : { portsBecause: why }) }
}

/** With what runs have shown of the service, and of the others that its image is for. */
function withSeen(
  item: WorkItem,
  { name }: Service,
  others: readonly Service[],
  { seen, facts }: StackPlanning,
): WorkItem {
  const [own = null, ...more] = [name, ...others.map((one) => one.name)].flatMap((one) => seen.get(one) ?? [])
  const known = facts.get(name) ?? null
  if (own === null && known === null) return item
  const observation = own === null ? null : more.reduce(together, own)
  return { ...item, seen: { observation, facts: item.kind === 'image' ? null : known } }
}

/** What two containers of one image have shown. */
function together(first: Observation, second: Observation): Observation {
  const both = <T>(a: readonly T[], b: readonly T[]): readonly T[] => [...new Set([...a, ...b])]
  const opened = first.opened === null || second.opened === null ? null : both(first.opened, second.opened)
  return {
    ...first,
    operations: [...first.operations, ...second.operations],
    uids: both(first.uids, second.uids),
    programs: both(first.programs, second.programs),
    opened,
  }
}

/** What is built without a target, where there are other stages that something may be started in; null where there is none. */
function lastOfSeveral({ kind, text }: WorkItem): string | null {
  if (kind !== 'dockerfile' || text === null) return null
  try {
    const dockerfile = parseDockerfile(text)
    const last = finalStage(dockerfile)
    return leafStages(dockerfile).length > 1 ? (last.name ?? String(last.index)) : null
  } catch (error) {
    // What is wrong with it, whoever plans it says.
    if (error instanceof HardenError) return null
    throw error
  }
}

async function itemFor(
  service: Service,
  build: ServiceBuild | null,
  others: readonly Service[],
  planning: StackPlanning,
): Promise<WorkItem | Planned> {
  const { project, surroundingsOf } = planning
  const { name, image } = service
  const runs = [service, ...others].map((one) => runOf(one, planning.host, project.folder))
  const overlays = overlaysOf([service, ...others])
  const about = {
    target: name,
    path: null,
    reference: null,
    from: null,
    text: null,
    overlays,
    followed: followedIn(planning),
  }
  try {
    if (build === null) {
      if (image === null) throw new HardenError('bad-reference', `the service ${name} has neither an image nor a build`)
      parseReference(image)
      const none = { children: [], bases: new Map(), users: [], runs, stages: [] }
      return { ...about, ...imageItem(image, project.folder), target: name, surroundings: none }
    }
    const { dockerfile, inline, context } = build
    if (context === null)
      throw new HardenError('unreadable', `the service ${name} is built from somewhere else, which was not read`, {
        hint: choices('clone what it is built from, and name the folder in build:', 'name an image in image:'),
      })
    const text = inline ?? readFound(dockerfile ?? '', nameOf(dockerfile, project), ANYWHERE)
    const root = dockerfile === null ? null : projectRoot(dirname(dockerfile), project.folder)
    const around = dockerfile === null || root === null ? null : await surroundingsOf(dockerfile, root)
    const { children = [], bases = new Map(), users = [], stages = [] } = around ?? {}
    // Whoever else runs it does so as well: a document, or a Compose file of another folder.
    const elsewhere = (around?.runs ?? [])
      .filter((run) => !project.files.some(({ path }) => path === run.file))
      .map((run) => (planning.followed?.has(relative(process.cwd(), run.file ?? '')) === true ? asFollowed(run) : run))
    const surroundings = { children, bases, users, runs: [...runs, ...elsewhere], stages }
    return { ...about, kind: 'dockerfile', path: dockerfile, text, surroundings, ...(root === null ? {} : { root }) }
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
    return { outcome: unplanned(service, error), user: null, isFixed: false }
  }
}

/** What becomes of its mounts is said where they are written. */
function asFollowed(run: ImageRun): ImageRun {
  return { ...run, mounts: run.mounts.map((mount) => ({ ...mount, isFollowed: true })) }
}

/** What a port that moves is followed in: the project's own files, and what its services mount or are built of. */
function followedIn({ project, host, followed = new Set() }: StackPlanning): ReadonlySet<string> {
  const paths = [
    ...project.files.map(({ path }) => path),
    ...host.entries.keys(),
    ...host.texts.map(({ path }) => path),
  ]
  return new Set([...followed, ...paths.map((path) => relative(process.cwd(), path))])
}

function nameOf(dockerfile: string | null, { folder }: Project): string {
  return dockerfile === null ? 'dockerfile_inline' : relative(folder, dockerfile)
}

function handOver(service: Service): TargetOutcome {
  const { source, path, result } = unplanned(
    service,
    new HardenError('unreadable', 'must keep root: it gives what is mounted to another user, which only root may', {
      hint: choices(
        'give it cap_drop: [ALL] and cap_add: [CHOWN, DAC_OVERRIDE, FOWNER]',
        'take it out, where the folders have that owner already',
      ),
    }),
  )
  const stages = [{ name: '0', index: 0, userBefore: 'root', userAfter: 'root' }]
  const findings = result.findings.map((finding) => ({ ...finding, transform: 'report-remarks' }))
  return { source, path, result: { ...result, kind: 'image', verdict: 'needs-root', stages, findings } }
}

/** What nobody could look at is left to a person. */
function unplanned({ name }: Service, { code, message, hint }: HardenError): TargetOutcome {
  const findings: readonly ReportFinding[] = [
    code === 'no-image'
      ? targetQuestion('read-build', 'base-image', message, hint ?? null)
      : targetFinding('read-build', 'todo', message, hint ?? null),
  ]
  return {
    source: '',
    path: null,
    result: { ...bareResult(name, 'dockerfile', 'incomplete'), findings },
  }
}

function plannedService(service: Service, first: Planned, { outcome }: Planned, project: Project): PlannedService {
  const { stage = null, profile = null } = outcome
  const inService = stage?.inService
  const isDerived = profile?.image.derived === true && outcome.result.changed
  const result = asServiceRan(outcome.result, service, profile, isDerived)
  const usual = join(project.folder, 'harden-image', slug(service.name), 'Dockerfile')
  const path = isDerived ? placeForDockerfile(usual) : usual
  const command = inService?.command ?? null
  return {
    service,
    result:
      path === usual ? result : { ...result, findings: [...result.findings, besideAnother(usual, path, project)] },
    stage,
    profile,
    start: command === null ? null : { entrypoint: command.entrypoint, command: command.cmd },
    env: new Map(inService?.env.map(({ name, value }) => [name, value])),
    derived: isDerived ? { path, text: result.output } : null,
    dockerfile: isDerived ? null : dockerfileOf(service, { ...outcome, source: first.outcome.source }, project),
    keepsRoot: false,
  }
}

function besideAnother(usual: string, path: string, { folder }: Project): ReportFinding {
  const [theirs, ours] = [usual, path].map((one) => relative(folder, one))
  return targetFinding(
    'compose-service',
    'note',
    `${theirs} is not from harden-image and stays as it is: the image is built from ${ours}`,
  )
}

function dockerfileOf(
  service: Service,
  { source, files = [] }: Pick<TargetOutcome, 'source' | 'files'>,
  project: Project,
): PlannedService['dockerfile'] {
  const path = buildOf(service, project)?.dockerfile ?? null
  if (path === null) return null
  const beside = files.filter((file) => file.path !== path)
  return { path, before: source, ...(beside.length === 0 ? {} : { beside }) }
}
