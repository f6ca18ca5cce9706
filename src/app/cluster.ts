import { dirname } from 'node:path'
import { parseDockerfile } from '../dockerfile/index.ts'
import type { Engine } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import { textIn } from '../files-in.ts'
import { type ClusterService, clusterServices, projectOf } from '../manifests/kubernetes/cluster-services.ts'
import { type EditedManifests, editCluster, takenPorts, withNames } from '../manifests/kubernetes/edit-project.ts'
import { calledDirectly } from '../manifests/kubernetes/follow-ports.ts'
import { type Manifests, manifestsOf } from '../manifests/kubernetes/workloads.ts'
import { placesOfCluster, todosIn } from '../manifests/left-to-decide.ts'
import {
  type PlannedService,
  type ServiceBuild,
  type StackFile,
  type StackFinding,
  stackFinding,
} from '../manifests/project.ts'
import { isEqual, parseYaml } from '../manifests/yaml/file.ts'
import { rewriteYaml } from '../manifests/yaml/rewrite.ts'
import type { StackProof } from '../proof/prove-stack.ts'
import type { StackEvidence } from '../proof/rounds.ts'
import { bareResult, type ReportFinding, type TargetResult } from '../report/report.ts'
import { likelyContext } from '../repository/context.ts'
import { type ClusterTarget, imageIn, type ManifestFile } from '../repository/manifests.ts'
import { projectRoot } from '../repository/project-root.ts'
import { type Survey, survey } from '../repository/surroundings.ts'
import type { WorkItem } from '../repository/work-item.ts'
import { here, imageFiles } from './project-plan.ts'
import { serviceResult, wholeOutcome } from './stack.ts'
import { planStack } from './stack-plan.ts'
import type { StackFacts } from './stack-proof.ts'
import { isProved, needsEngine, type Options, type ProcessTarget, type TargetOutcome, type TaskHooks } from './task.ts'
import { answeredIn } from './verdict.ts'

/** Runs one command on manifests. */
export async function hardenCluster(
  { target, kind, cluster, followed }: WorkItem & { readonly cluster: ClusterTarget },
  { options, hooks, processTarget, openEngine }: ClusterWork,
): Promise<TargetOutcome> {
  if (needsEngine(options.mode) && !isProved(options.mode))
    throw new HardenError('bad-usage', `${target} runs in a cluster, and nothing of it is built here`, {
      hint: 'leave out --build, and build the images that it names one by one',
    })
  const manifests = manifestsOf(cluster.files)
  const { surroundingsOf, madeImages } = survey(process.cwd())
  const services = clusterServices(manifests, await buildsOf(manifests, cluster, madeImages), (image) =>
    imageIn(image, cluster.images),
  )
  const plan = async (seen: StackEvidence, facts: StackFacts): Promise<ClusterPlan> => {
    const shared = { options, hooks, processTarget, surroundingsOf, seen, facts }
    const planning = { ...shared, ...(followed === undefined ? {} : { followed }) }
    const planned = await planServices(services, manifests, cluster, planning)
    const edited = editCluster(manifests, services, planned)
    const texts = manifests.files.map((file, index) => rewriteYaml(file, edited.values[index] ?? file.values))
    const files = [
      ...cluster.files.map((file, index) => stackFile(file, texts[index] ?? file.text)),
      ...imageFiles([...planned.values()]),
    ]
    return { planned, edited, files, changed: files.filter(({ before, after }) => before !== after) }
  }
  const about = { target, kind, cluster, manifests, services, comments: options.policy.comments }
  if (!isProved(options.mode)) {
    return outcomeOf(about, await plan(new Map(), new Map()), null)
  }
  const { proveManifests } = await import('./cluster-proof.ts')
  const engine = await openEngine()
  if (engine === null) throw new HardenError('no-engine', 'a proof needs an engine')
  const proved = await proveManifests({ cluster, manifests, services, engine, options, hooks, plan })
  return outcomeOf(about, proved.plan, proved.proof)
}

/** What is done with the containers of manifests, and what all files say then. */
export interface ClusterPlan {
  /** By service. */
  readonly planned: ReadonlyMap<string, PlannedService>
  readonly edited: EditedManifests
  /** The manifests come first, in their order. */
  readonly files: readonly StackFile[]
  readonly changed: readonly StackFile[]
}

interface ClusterWork {
  readonly options: Options
  readonly hooks: TaskHooks
  readonly processTarget: ProcessTarget
  /** Null where there is none, or none is wanted. */
  readonly openEngine: () => Promise<Engine | null>
}

interface About extends Pick<TargetResult, 'target' | 'kind'> {
  readonly cluster: ClusterTarget
  readonly manifests: Manifests
  readonly services: readonly ClusterService[]
  readonly comments: Options['policy']['comments']
}

function outcomeOf(
  { target, kind, cluster, manifests, services, comments }: About,
  { planned, edited, files }: ClusterPlan,
  proof: StackProof | null,
): TargetOutcome {
  const said = [...edited.findings, ...imageFindings(planned)]
  const after = manifests.files.map((file, index) => parseYaml(files[index]?.after ?? file.text, file.name))
  return wholeOutcome({
    target,
    kind,
    comments,
    proof,
    report: proof?.report ?? null,
    findings: [...cluster.findings, ...said.filter(({ service }) => service === undefined)],
    results: (more) =>
      services.map(({ service: { name, user }, isNonRoot, isAccepted }) => {
        const one = planned.get(name)
        const before = one?.result ?? asBefore(name, user, !isAccepted && isNonRoot)
        const { changed } = before
        return serviceResult(before, one ?? {}, { said: [...said, ...more], proof, inFiles: inCluster, changed })
      }),
    left: (results, isProved) =>
      new Map(
        services.map(({ workload: { file, document }, service: { name } }, index) => {
          // The next run finds the todos of a document that does not change again.
          const isChanged = !isEqual(manifests.files[file]?.values[document], after[file]?.values[document])
          const own = (results[index]?.findings ?? []).filter(({ transform }) => isChanged && transform !== 'prove')
          return [name, { todos: todosIn(own, answeredIn(planned.get(name)?.stage)), isProved: isProved(name) }]
        }),
      ),
    places: placesOfCluster(services),
    sources: cluster.files,
    files,
    reported: (all) => all,
    // fsGroup changes the owner of volumes; where it does not, that is a todo.
    migration: null,
  })
}

/** The Dockerfiles of the repository that make what the manifests run, by image as it is written there. */
async function buildsOf(
  { workloads }: Manifests,
  { folder, images }: ClusterTarget,
  madeImages: Survey['madeImages'],
): Promise<ReadonlyMap<string, ServiceBuild>> {
  const named = new Set(
    workloads.flatMap(({ containers }) => containers.flatMap(({ image }) => (typeof image === 'string' ? image : []))),
  )
  const made = await madeImages(
    [...named].map((image) => imageIn(image, images)),
    folder,
  )
  return new Map(
    [...named].flatMap((image) => {
      const by = made.get(imageIn(image, images))
      if (by === undefined) return []
      const context = by.context ?? contextOf(by.path) ?? dirname(by.path)
      return [[image, { dockerfile: by.path, inline: null, context, target: by.target, args: new Map() }]]
    }),
  )
}

function contextOf(path: string): string | null {
  try {
    const root = projectRoot(dirname(path))
    return likelyContext(parseDockerfile(textIn(root, path) ?? ''), path, root)
  } catch (error) {
    // The plan of this Dockerfile reports the error.
    if (error instanceof HardenError) return null
    throw error
  }
}

type Planning = Pick<
  Parameters<typeof planStack>[0],
  'options' | 'hooks' | 'processTarget' | 'surroundingsOf' | 'seen' | 'facts' | 'followed'
>

/** Plans by service name, without services that another user already runs. */
async function planServices(
  services: readonly ClusterService[],
  manifests: Manifests,
  { folder, files }: ClusterTarget,
  planning: Planning,
): Promise<ReadonlyMap<string, PlannedService>> {
  const project = projectOf(
    services.filter(({ isNonRoot }) => !isNonRoot),
    folder,
    files.flatMap(({ path, name, text }) => (path === null ? [] : [{ path, name, text, isOwn: true }])),
  )
  const host = { entries: new Map(), texts: [], variables: new Map() }
  const plan = (portsStay: ReadonlySet<string>): Promise<readonly PlannedService[]> =>
    planStack({ ...planning, project, host, portsStay })
  const direct = calledDirectly(manifests)
  const stay = new Set(services.flatMap(({ workload, service }) => (direct.includes(workload) ? [service.name] : [])))
  const planned = await plan(stay)
  const taken = takenPorts(services, planned, manifests)
  const all = taken.length === 0 ? planned : await plan(new Set([...stay, ...taken]))
  return new Map(withNames(all).map((one) => [one.service.name, one]))
}

function stackFile({ path, name, text }: ManifestFile, after: string): StackFile {
  return { path: path ?? name, name, before: text, after }
}

/** Images that must be in the registry before the manifests are applied. */
function imageFindings(planned: ReadonlyMap<string, PlannedService>): readonly StackFinding[] {
  return [...planned.values()].flatMap(({ service, profile, derived, dockerfile, result }): readonly StackFinding[] => {
    const path = derived?.path ?? (result.changed ? dockerfile?.path : undefined)
    const name = derived === null ? service.image : (profile?.image.name ?? null)
    if (path === undefined || name === null) return []
    const what = `runs ${name}, built from ${here(path)}`
    const hint = 'build and push it before the manifests are applied, under a name that the cluster pulls'
    return [stackFinding('edit-manifests', 'note', what, service.name, hint)]
  })
}

/** Advice about `docker run` is carried out here. */
function inCluster(finding: ReportFinding): ReportFinding {
  const { hint, ...rest } = finding
  return hint === undefined || !/\bdocker (run|exec)\b|(?<!\S)-p \d|--publish\b/.test(hint) ? finding : rest
}

function asBefore(target: string, user: string | null, changed: boolean): TargetResult {
  const as = user ?? 'the user of its image'
  const stages = [{ name: '0', index: 0, userBefore: as, userAfter: as }]
  return { ...bareResult(target, 'image', 'unchanged'), stages, changed }
}
