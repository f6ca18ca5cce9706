import type { Engine } from '../engine/engine.ts'
import { INSTALL } from '../engine/kube-play.ts'
import { HardenError } from '../errors.ts'
import { type ClusterService, clusterServices, projectOf } from '../manifests/kubernetes/cluster-services.ts'
import { containerOf, type Manifests, manifestsOf, type Workload } from '../manifests/kubernetes/workloads.ts'
import type { Service, StackFile } from '../manifests/project.ts'
import { asList, asObject, textOf } from '../manifests/yaml/file.ts'
import type { KeptRights } from '../proof/checks/compare-stacks.ts'
import type { PodSide, StackSide } from '../proof/drivers/run-file.ts'
import type { StackProof } from '../proof/prove-stack.ts'
import type { StackEvidence } from '../proof/rounds.ts'
import { type ClusterTarget, imageIn } from '../repository/manifests.ts'
import type { ClusterPlan } from './cluster.ts'
import { openOnce } from './engine-session.ts'
import { proveCluster, type StackFacts, type StackImages } from './stack-proof.ts'
import type { Options, TaskHooks } from './task.ts'

interface ClusterProving {
  readonly cluster: ClusterTarget
  readonly manifests: Manifests
  readonly services: readonly ClusterService[]
  readonly engine: Engine
  readonly options: Options
  readonly hooks: TaskHooks
  readonly plan: (seen: StackEvidence, facts: StackFacts) => Promise<ClusterPlan>
}

interface ProvedCluster {
  readonly proof: StackProof
  /** The last plan, which is the one that was run, where any was. */
  readonly plan: ClusterPlan
}

/** Runs manifests as they are and as they are to be, by `podman kube play`. Throws `no-engine` where there is no podman. */
export async function proveManifests(proving: ClusterProving): Promise<ProvedCluster> {
  const { cluster, manifests, services, engine, options, hooks } = proving
  const pods = await podsOf(engine, options, hooks)
  const names = new Map(
    services.map(({ workload, container, service }) => [keyOf(workload, container.name), service.name] as const),
  )
  const isRun = services.map(({ service }) => service)
  const project = projectOf(services, cluster.folder)
  let last: ClusterPlan | null = null
  const planned = async (seen: StackEvidence, facts: StackFacts): Promise<ClusterPlan> => {
    last = await proving.plan(seen, facts)
    return last
  }
  const { proof } = await proveCluster(
    {
      project,
      engine,
      pods,
      options,
      hooks,
      plan: async (seen, facts) => {
        const { planned: all, changed, edited } = await planned(seen, facts)
        const migration = { volumes: [], files: [], migration: null, text: null }
        // The pod's settings override the image's: a port may stay.
        const inPods = [...all].map(([name, one]) => ({ ...one, profile: edited.profiles.get(name) ?? one.profile }))
        return { planned: inPods, files: changed, migration }
      },
    },
    {
      side: async (files, images) => sideOf(cluster, files, images, { names, services: isRun }),
      others: othersOf(manifests, names, cluster),
      kept: keptBy,
      mates: (service) => {
        const own = services.find((one) => one.service.name === service)
        return services.flatMap((one) => (one.workload === own?.workload && one !== own ? [one.service.name] : []))
      },
    },
  )
  return { proof, plan: last ?? (await planned(new Map(), new Map())) }
}

function keyOf(workload: Pick<Workload, 'name'>, container: string): string {
  return `${workload.name}:${container}`
}

async function podsOf(engine: Engine, options: Options, hooks: TaskHooks): Promise<Engine> {
  if (engine.pods !== undefined) return engine
  try {
    const { builder: _, ...others } = options
    const pods = await openOnce({ ...others, engine: 'podman' }, hooks, true)
    if (pods !== null) return pods
  } catch (error) {
    if (!(error instanceof HardenError) || error.code !== 'no-engine') throw error
    throw new HardenError('no-engine', `proving manifests needs podman kube play: ${error.message}`, { hint: INSTALL })
  }
  throw new HardenError('no-engine', 'proving manifests needs podman kube play', { hint: INSTALL })
}

/** Images of containers that are no service, such as an init container that only changes owners. */
function othersOf(
  { workloads }: Manifests,
  names: ReadonlyMap<string, string>,
  { images }: ClusterTarget,
): ReadonlyMap<string, string> {
  return new Map(
    workloads.flatMap((workload) =>
      workload.containers.flatMap((container) => {
        const { image } = container
        if (names.has(keyOf(workload, container.name)) || typeof image !== 'string' || image === '') return []
        return [[image, imageIn(image, images)] as const]
      }),
    ),
  )
}

interface Original {
  readonly names: ReadonlyMap<string, string>
  readonly services: readonly Service[]
}

/** What the manifests run once these files have their new texts, by the old names of the services. */
function sideOf(
  { files: sources, folder, images: renamed }: ClusterTarget,
  files: readonly StackFile[],
  images: StackImages,
  { names, services: before }: Original,
): StackSide {
  const texts = new Map(files.map(({ path, after }) => [path, after]))
  const manifests = manifestsOf(
    sources.map((file) => ({ name: file.name, text: texts.get(file.path ?? file.name) ?? file.text })),
  )
  const found = clusterServices(manifests, new Map(), (image) => imageIn(image, renamed))
  const services = before.flatMap((service): readonly Service[] => {
    const now = found.find(({ workload, container }) => names.get(keyOf(workload, container.name)) === service.name)
    if (now === undefined) return []
    const [first] = found.filter(
      ({ workload, container }) => workload === now.workload && container.list === 'containers',
    )
    // Of containers of one network the first one stands for all of them.
    const isFirst = first === undefined || first === now
    const settings = isFirst ? now.service.settings : { ...now.service.settings, network_mode: 'service:pod' }
    return [{ ...now.service, name: service.name, settings }]
  })
  const written = manifests.workloads.flatMap(({ containers }) =>
    containers.flatMap(({ image }) => (typeof image === 'string' ? [image] : [])),
  )
  const pods: PodSide = {
    manifests,
    services: names,
    images: new Map(
      written.flatMap((image) => {
        const there = images.others.get(image) ?? images.others.get(imageIn(image, renamed))
        return there === undefined ? [] : [[image, there] as const]
      }),
    ),
  }
  return { project: { ...projectOf([], folder), services }, images: images.services, pods }
}

/** Rights that the manifests give to containers without a plan. */
function keptBy({ pods }: StackSide): ReadonlyMap<string, KeptRights> {
  return new Map(
    (pods?.manifests.workloads ?? []).flatMap((workload) =>
      workload.containers.flatMap((container) => {
        const service = pods?.services.get(keyOf(workload, container.name))
        const security = asObject(containerOf(workload.pod.spec, container).securityContext)
        const capabilities = asList(asObject(security.capabilities).add).map(textOf)
        return service === undefined ? [] : [[service, { isRoot: false, capabilities }] as const]
      }),
    ),
  )
}
