import { cp } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { sha256 } from '../digest.ts'
import type { Engine } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import { ANYWHERE, staysIn } from '../files-in.ts'
import type { ImageFacts } from '../image/facts.ts'
import { factsFromEngine } from '../image/sources/engine.ts'
import type { PlannedMigration } from '../manifests/compose/migration.ts'
import type { PlannedService, Project, Service, ServiceBuild, StackFile } from '../manifests/project.ts'
import { buildOf, imageKey } from '../manifests/service-images.ts'
import { isInside } from '../places.ts'
import type { KeptRights } from '../proof/checks/compare-stacks.ts'
import type { StackDriver } from '../proof/container/stack-run.ts'
import { openComposeDriver } from '../proof/drivers/compose-driver.ts'
import { writeTexts } from '../proof/drivers/host-files.ts'
import { openKubeDriver } from '../proof/drivers/kube-driver.ts'
import type { StackSide } from '../proof/drivers/run-file.ts'
import { stopwatch } from '../proof/proof-report.ts'
import { proveStack, type StackProof, type StackResult } from '../proof/prove-stack.ts'
import type { StackEvidence } from '../proof/rounds.ts'
import { proveUpgrade, type UpgradeProof } from '../proof/volumes/upgrade.ts'
import { readFound } from '../repository/files.ts'
import { withFiles } from '../repository/open-project.ts'
import { removeFolder, temporaryFolder } from '../temporary.ts'
import type { Options, TaskHooks } from './task.ts'

/** What is planned for a project, with all files that are written for it. */
export interface StackPlan {
  readonly planned: readonly PlannedService[]
  readonly files: readonly StackFile[]
  readonly migration: PlannedMigration
}

/** What is known of the images of a project, by service. */
export type StackFacts = ReadonlyMap<string, ImageFacts>

export interface StackProving {
  readonly project: Project
  /** Builds the images. */
  readonly engine: Engine
  readonly options: Options
  readonly hooks: TaskHooks
  readonly plan: (evidence: StackEvidence, facts: StackFacts) => Promise<StackPlan>
}

/** How what is planned is run: by Compose, or as pods. */
interface StackRunning {
  readonly driver: StackDriver
  /** The project as files of another text say it, with its images by service. */
  readonly side: (files: readonly StackFile[], images: StackImages) => Promise<StackSide>
  /** Brings images to the engine of the driver; what each is called there. */
  readonly carry: (images: readonly string[]) => Promise<ReadonlyMap<string, string>>
  /** Images beside those of services: by what calls them what they are pulled by. */
  readonly others: ReadonlyMap<string, string>
  /** Rights that services keep which nothing is planned for. */
  readonly kept: (side: StackSide) => ReadonlyMap<string, KeptRights>
  /** Services of one network: a port that moved has moved for all of them. */
  readonly mates: (service: string) => readonly string[]
}

/** Images of a stack, by service, and of what is no service by the name that it is called. */
export interface StackImages {
  readonly services: ReadonlyMap<string, string>
  readonly others: ReadonlyMap<string, string>
}

export interface ProvedStack {
  readonly proof: StackProof
  /** The last plan, which is the one that was run where any was. */
  readonly plan: StackPlan
  /** Null where no volume outlives its containers, or the result does not work on new ones. */
  readonly upgrade: UpgradeProof | null
}

/**
 * Builds each image of the project once as it is and once for each plan, runs both stacks beside each other, and gives the result
 * what the original has left in its volumes.
 */
export async function proveProject(proving: StackProving): Promise<ProvedStack> {
  const { project, engine, options, hooks } = proving
  const driver = await openComposeDriver(engine)
  const { proof, plan, images, facts, access } = await proveBuilt(proving, {
    driver,
    side: async (files, { services }) => ({
      project: await withFiles(project, files),
      images: services,
      texts: new Map(files.map(({ path, after }) => [path, after])),
    }),
    carry: async (names) => new Map(names.map((name) => [name, name])),
    others: new Map(),
    kept: () => new Map(),
    mates: () => [],
  })
  const { result } = proof
  if (!proof.passed || result === null || plan.migration.volumes.length === 0) return { proof, plan, upgrade: null }
  hooks.progress('giving the result what the original has left in its volumes')
  const upgrade = await proveUpgrade({
    driver,
    original: { project, images },
    result: result.side,
    moved: result.moved,
    planned: plan.migration,
    tools: imageWithTools(images, facts),
    smoke: options.smoke,
    network: options.network,
    ...access,
    signal: hooks.signal,
  })
  return { proof, plan, upgrade }
}

/** As `proveProject`, by the pods of another engine, which images are carried over to. No volume outlives the proof. */
export async function proveCluster(
  proving: StackProving & { readonly pods: Engine },
  running: Omit<StackRunning, 'driver' | 'carry'>,
): Promise<ProvedStack> {
  const { engine, pods, hooks } = proving
  const there = new Map<string, string>()
  const { proof, plan } = await proveBuilt(proving, {
    ...running,
    driver: openKubeDriver(pods),
    carry: async (names) => {
      hooks.progress('carrying the images over to podman')
      const news = names.filter((name) => !there.has(name))
      for (const [name, id] of await carried(engine, pods, news)) there.set(name, id)
      return there
    },
  })
  return { proof, plan, upgrade: null }
}

/** Under names of the session, so that what has the same name there stays what it is. */
async function carried(engine: Engine, pods: Engine, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>()
  const wanted = new Map<string, string>()
  for (const name of new Set(names)) {
    const own = await engine.inspectImage(name)
    if (own === null) throw new HardenError('no-image', `${engine.name} does not have ${name}`)
    const there = engine === pods ? own : await pods.inspectImage(own.id)
    if (there !== null) ids.set(name, there.id)
    else wanted.set(name, `harden-image/pod:${engine.session}-${sha256(name).slice(0, 12)}`)
  }
  if (wanted.size === 0) return ids
  // With the label of the session, by which a later run finds what this one could not remove.
  for (const [name, tag] of wanted) await engine.build({ dockerfile: `FROM ${name}\n`, context: null, tag })
  await engine.save([...wanted.values()], (tar) => pods.load(tar, ...wanted.values()))
  for (const [name, tag] of wanted) {
    const there = await pods.inspectImage(tag)
    if (there === null) throw new HardenError('no-image', `${pods.name} has not taken ${name}`)
    ids.set(name, there.id)
  }
  return ids
}

interface Built extends Omit<ProvedStack, 'upgrade'> {
  readonly images: ReadonlyMap<string, string>
  readonly facts: StackFacts
  readonly access: { readonly isTrusted: boolean; readonly mayRead: (path: string) => boolean }
}

async function proveBuilt(proving: StackProving, running: StackRunning): Promise<Built> {
  const { project, engine, options, hooks } = proving
  const times = stopwatch(performance.now())
  const images = await originalImages(proving)
  const facts = new Map<string, ImageFacts>()
  for (const [service, image] of images) facts.set(service, await factsFromEngine(engine, image))
  const others = new Map<string, string>()
  for (const [name, image] of running.others) {
    others.set(name, await presentImage({ name: 'an init container', image }, engine, options, hooks))
  }
  times.lap('facts')
  const { isTrusted, allowedRoot } = project.origin ?? { isTrusted: false, allowedRoot: project.folder }
  const access = { isTrusted, mayRead: (path: string): boolean => isTrusted || staysIn(allowedRoot, path) }
  const place = { ...running, originals: { services: images, others } }
  const original = await sideOf(place, [], place.originals)
  let plan: StackPlan | null = null
  let round = 0
  const proof = await proveStack({
    driver: running.driver,
    original,
    facts,
    plan: async (evidence) => {
      plan = await proving.plan(evidence, facts)
      if (!isRun(plan)) return null
      round += 1
      return resultOf(proving, place, plan, round)
    },
    smoke: options.smoke,
    trace: options.trace,
    network: options.network,
    ...access,
    times,
    progress: (line) => hooks.progress(line),
    signal: hooks.signal,
  })
  return { proof, plan: plan ?? (await proving.plan(new Map(), facts)), images, facts, access }
}

interface StackPlace extends StackRunning {
  readonly originals: StackImages
}

/** With its images as the engine calls them that runs it. */
async function sideOf(
  { side, carry }: StackPlace,
  files: readonly StackFile[],
  images: StackImages,
): Promise<StackSide> {
  const names = await carry([...images.services.values(), ...images.others.values()])
  const there = (all: ReadonlyMap<string, string>) =>
    new Map([...all].map(([key, name]) => [key, names.get(name) ?? name]))
  return side(files, { services: there(images.services), others: there(images.others) })
}

/** There is anything to compare: a service that runs otherwise than before. */
function isRun({ files }: StackPlan): boolean {
  return files.length > 0
}

/** By service the image that it runs now: built once for all that share it, or as the engine has it or can pull it. */
async function originalImages(proving: StackProving): Promise<ReadonlyMap<string, string>> {
  const { project, engine, options, hooks } = proving
  const made = new Map<string, string>()
  const images = new Map<string, string>()
  for (const service of project.services) {
    const key = imageKey(service, project)
    const build = buildOf(service, project)
    const known = made.get(key)
    const image =
      known ??
      (build === null
        ? await presentImage(service, engine, options, hooks)
        : await built(proving, service.name, here(service, build), await textOf(build), `original-${made.size}`, []))
    made.set(key, image)
    images.set(service.name, image)
  }
  return images
}

/** Throws HardenError where it is built from what is not on this machine. */
function here({ name }: Service, build: ServiceBuild): ServiceBuild {
  if (build.context !== null) return build
  throw new HardenError(
    'unreadable',
    `the service ${name} is built from somewhere else, which a proof does not fetch`,
    {
      hint: 'clone what it is built from, and name the folder in build:',
    },
  )
}

async function presentImage(
  { name, image }: Pick<Service, 'name' | 'image'>,
  engine: Engine,
  { offline, platform }: Options,
  hooks: TaskHooks,
): Promise<string> {
  if (image === null) throw new HardenError('bad-reference', `the service ${name} has neither an image nor a build`)
  if ((await engine.inspectImage(image)) !== null) return image
  if (offline)
    throw new HardenError(
      'no-image',
      `${engine.name} does not have ${image}, which ${name} runs, and --offline pulls nothing`,
      {
        hint: `pull it first: ${engine.name} pull ${image}`,
      },
    )
  hooks.progress(`${name}: pulling ${image}`)
  await engine.pull(image, platform ?? undefined)
  return image
}

async function textOf({ dockerfile, inline }: ServiceBuild): Promise<string> {
  return inline ?? readFound(dockerfile ?? '', basename(dockerfile ?? ''), ANYWHERE)
}

/** `edited`: files of its context that are to have another text than they have. */
async function built(
  { engine, options, hooks, project }: StackProving,
  service: string,
  build: ServiceBuild,
  text: string,
  name: string,
  edited: readonly StackFile[],
): Promise<string> {
  const { context, dockerfile, target, args } = build
  hooks.progress(`${service}: building`)
  const tag = `harden-image/stack:${engine.session}-${name}`
  const folder = context === null || edited.length === 0 ? null : await editedContext(context, edited)
  try {
    await engine.build({
      dockerfile: text,
      context: folder ?? context,
      tag,
      ...(target === null ? {} : { target }),
      ...(args.size === 0 ? {} : { buildArgs: Object.fromEntries(args) }),
      ...(dockerfile === null
        ? {}
        : { dockerfilePath: folder === null ? dockerfile : join(folder, relative(context ?? '', dockerfile)) }),
      ...(options.platform === null ? {} : { platform: options.platform }),
    })
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
    throw new HardenError(error.code, `the service ${service} of ${project.name}: ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    })
  } finally {
    if (folder !== null) await removeFolder(folder)
  }
  return tag
}

/** A copy of a build context with the files in it that are still to be written. */
async function editedContext(context: string, files: readonly StackFile[]): Promise<string> {
  const folder = await temporaryFolder('context')
  await cp(context, folder, { recursive: true, verbatimSymlinks: true, filter: (path) => basename(path) !== '.git' })
  await writeTexts(context, folder, new Map(files.map(({ path, after }) => [path, after])))
  return folder
}

/** The project as it is planned, with its images built. */
async function resultOf(
  proving: StackProving,
  place: StackPlace,
  plan: StackPlan,
  round: number,
): Promise<StackResult> {
  const { planned, files } = plan
  const { originals } = place
  const copied = copiedFiles(proving.project, plan)
  const images = new Map(originals.services)
  const others = new Map(originals.others)
  const made = new Map<string, string>()
  for (const { service, derived, dockerfile, result, profile } of planned) {
    const { name } = service
    const build = buildOf(service, proving.project)
    const key = derived === null ? imageKey(service, proving.project) : `derived ${derived.path}`
    const tag = `result-${round}-${made.size}`
    const isChanged = dockerfile !== null && result.changed
    const edited = copied.filter(({ path }) => build?.context != null && isInside(path, build.context))
    const image =
      made.get(key) ??
      (derived !== null
        ? await built(proving, name, UPON_IMAGE, derived.text, tag, [])
        : build !== null && (isChanged || edited.length > 0)
          ? await built(proving, name, build, isChanged ? result.output : await textOf(build), tag, edited)
          : (originals.services.get(name) ?? ''))
    made.set(key, image)
    images.set(name, image)
    // By that name others of the result may run it too: what copies its files into a mount.
    others.set(derived === null ? (service.image ?? name) : (profile?.image.name ?? name), image)
  }
  const moved = new Map(
    planned.map(({ service, profile }) => [
      service.name,
      new Map((profile?.ports ?? []).flatMap(({ from, to }) => (from === to ? [] : [[from, to] as const]))),
    ]),
  )
  const side = await sideOf(place, files, { services: images, others })
  return {
    side,
    moved: new Map(
      [...images.keys()].map((name) => [
        name,
        new Map([name, ...place.mates(name)].flatMap((one) => [...(moved.get(one) ?? [])])),
      ]),
    ),
    kept: new Map([
      ...place.kept(side),
      ...planned.map(
        ({ service, profile }) =>
          [
            service.name,
            { isRoot: profile === null || profile.root, capabilities: profile?.capabilities?.value ?? [] },
          ] as const,
      ),
    ]),
    plans: new Map(planned.flatMap(({ service: { name }, stage }) => (stage === null ? [] : [[name, stage] as const]))),
    text: JSON.stringify(files.map(({ path, after }) => [path, after])),
  }
}

/** What is built upon an image of somebody else copies nothing. */
const UPON_IMAGE: ServiceBuild = { dockerfile: null, inline: null, context: null, target: null, args: new Map() }

/** Files that are changed and that an image may have copies of: those that say how images are made and run it has no use for. */
function copiedFiles(project: Project, { planned, files }: StackPlan): readonly StackFile[] {
  const others = new Set([
    ...project.files.map(({ path }) => path),
    ...planned.flatMap(({ dockerfile }) => dockerfile?.path ?? []),
  ])
  return files.filter(({ path, before }) => before !== null && !others.has(path))
}

const TOOLS = ['sh', 'cp', 'find', 'stat', 'sort', 'cksum', 'chown', 'chmod', 'xargs', 'tr']
const FOLDERS = ['/bin', '/usr/bin', '/sbin', '/usr/sbin']

/** An image of the project that has what a look into a volume takes; null where none has. */
function imageWithTools(images: ReadonlyMap<string, string>, facts: StackFacts): string | null {
  for (const [service, image] of images) if (hasTools(facts.get(service))) return image
  return null
}

/** All of them, where its files are known. */
function hasTools(facts: ImageFacts | undefined): boolean {
  const files = facts?.files.known === true ? facts.files.value : null
  return files !== null && TOOLS.every((tool) => FOLDERS.some((folder) => files.entry(`${folder}/${tool}`) !== null))
}
