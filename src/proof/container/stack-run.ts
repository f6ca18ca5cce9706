import type { ComposeProject } from '../../engine/compose.ts'
import { networkSightOf } from '../../engine/connections.ts'
import type { Engine, RunSpec } from '../../engine/engine.ts'
import { directReach, type Reach } from '../../engine/reach.ts'
import { HardenError } from '../../errors.ts'
import type { ImageConfig } from '../../image/facts.ts'
import type { Service } from '../../manifests/project.ts'
import type { SmokeCheck } from '../../smoke-check.ts'
import { removeFolder, temporaryFolder } from '../../temporary.ts'
import type { PortAnswer } from '../ask/answers.ts'
import { portKey } from '../ask/questions.ts'
import { type Connection, connectionsIn, type ServiceSight } from '../checks/connections.ts'
import type { StackSide, TracedStart } from '../drivers/run-file.ts'
import { openSandbox, type Place, type Sandbox } from '../sandbox/open-sandbox.ts'
import { type AskedService, askStack, type StackSmoke } from '../smoke/stack-smoke.ts'
import { startKeeper, type TracedRun, tracedRun, tracedSpec } from '../trace/trace.ts'
import { ensureTracer } from '../trace/tracer.ts'
import { type Container, openContainer, type Started, type Up } from './container.ts'
import { entriesAt, leftBy } from './files.ts'
import { GRACE_SECONDS, isDeaf, listening, waitUntilReady } from './lifecycle.ts'
import type { AddedKind, RunRecord } from './run-record.ts'

/** How all services of a stack are brought up: by Compose, or as pods. */
export interface StackDriver {
  /** The engine that runs the containers. */
  readonly engine: Engine
  /** Makes what a run needs beside its containers. Where it throws, it has removed what it made. */
  make(making: StackMaking): Promise<MadeStack>
}

export interface StackMaking
  extends Pick<StackRunRequest, 'side' | 'network' | 'volumes' | 'isTrusted' | 'mayRead' | 'signal'> {
  /** The name of the run, which begins the name of everything that it makes. */
  readonly name: string
  /** An absolute path. The folder belongs to this run alone and goes with it. */
  readonly folder: string
  /** How the tracer starts each service. */
  readonly traced: Promise<ReadonlyMap<string, TracedStart>>
}

/** A stack that can be brought up, by the name of each service. */
export interface MadeStack extends Pick<ComposeProject, 'up' | 'containers' | 'stop' | 'start'> {
  /** The engine's name of each volume that outlives its containers, by its name in the project. */
  readonly volumes: ReadonlyMap<string, string>
  /** What the run lacks, one sentence each. */
  readonly unshown: readonly string[]
  /** Its networks. */
  readonly places: readonly Place[]
  /** Connections that a forwarder in front of a service has, told as if they were the service's own. */
  sights(): Promise<readonly ServiceSight[]>
  /** Removes the containers and what only they use. It is no error if there are none. */
  removeContainers(): Promise<void>
  /** Asks what stands in front of services (a Kubernetes Service, a probe), once they are up. */
  ask(engine: Engine, signal: AbortSignal): Promise<StackSmoke['whole']>
  /** Removes everything that it made. `keepsVolumes` leaves the volumes until the end of the session. */
  close(options: { readonly keepsVolumes: boolean }): Promise<void>
}

export interface StackRunRequest {
  readonly driver: StackDriver
  readonly side: StackSide
  /** Distinguishes it from the other runs of the session: letters and digits. */
  readonly label: string
  /** Uses the engine's network, in place of networks that lead nowhere. */
  readonly network: boolean
  /** Trace every service. */
  readonly traced: boolean
  /** Volumes of the engine that exist already and stay, by their name in the project. */
  readonly volumes?: ReadonlyMap<string, string>
  /** The author of the project is trusted with any capability. */
  readonly isTrusted: boolean
  /** Whether the project may have a copy of this path of the machine. */
  readonly mayRead: (path: string) => boolean
  readonly smoke: readonly SmokeCheck[]
  /** The new number of each moved port, by service and by its old number. */
  readonly moved: ReadonlyMap<string, ReadonlyMap<number, number>>
  /** What the original showed: its answers and ports are waited for. */
  readonly usual?: StackSight
  readonly signal: AbortSignal
}

/** What was seen of a whole stack at one time. */
export interface StackSight {
  /** By service. */
  readonly records: ReadonlyMap<string, RunRecord>
  /** Null where they cannot be seen. */
  readonly connections: readonly Connection[] | null
  /** Checks that name no service. */
  readonly smoke: StackSmoke['whole']
  /** What Compose says went wrong when it was brought up; null for nothing. */
  readonly wrong: string | null
}

/** A stack that is up, or as far up as it came. */
export interface StackRun {
  /** The engine, with a way to reach the containers of this run. */
  readonly engine: Engine
  readonly sandbox: Sandbox
  /** The engine's name of each named volume, by its name in the project. */
  readonly volumes: ReadonlyMap<string, string>
  /** What it lacks, one sentence each. */
  readonly unshown: readonly string[]
  /** Whether its services could reach the machine of the engine. */
  readonly hostReachable: boolean
  /** Looks at it and asks it everything. */
  look(): Promise<StackSight>
  /** The container of a service; null where there is none. */
  containerOf(service: string): string | null
  /** Stops all of it and starts it again. */
  restart(): Promise<void>
  /** Stops all of it as a person would, so that its volumes are consistent. */
  stop(): Promise<void>
  /** Takes it down without its volumes, and brings it up on them again. */
  recreate(): Promise<void>
  /** Removes its containers and networks, and its volumes too unless they are to stay until the end of the session. */
  close(options?: { readonly keepsVolumes?: boolean }): Promise<void>
}

/** The time for all services to come up, in milliseconds: they wait for one another. */
const UP = 180_000
const PATIENCE = 30_000
const SMOKE_PATIENCE = 10_000
/** Files of one volume that are looked at. */
const MOST_VOLUME_FILES = 20_000

interface Running {
  readonly service: Service
  readonly config: ImageConfig
  readonly container: string
  readonly traced: TracedRun | null
  readonly refused: string | null
  readonly since: number
  readonly up: Up
}

/** Brings a stack up in the order of its file. A service that does not come up shows in the looks. */
export async function openStackRun(request: StackRunRequest): Promise<StackRun> {
  const { driver, side, signal } = request
  const { engine } = driver
  signal.throwIfAborted()
  const folder = await temporaryFolder('stack')
  const sandbox = openSandbox(engine, { network: true })
  let made: MadeStack | null = null
  let tracing: Promise<Tracers> = Promise.resolve(noTracers)
  const close = async ({ keepsVolumes = false } = {}): Promise<void> => {
    sandbox.close()
    await made?.close({ keepsVolumes })
    const { keepers } = await tracing.catch(() => noTracers)
    await Promise.all([...keepers.values()].map((keeper) => engine.remove(keeper)))
    await removeFolder(folder)
  }
  try {
    const images = await imagesOf(engine, side)
    if (request.traced) tracing = tracersFor(engine, side, images)
    const name = `harden-image-${engine.session}-${request.label}`
    const traced = tracing.then(({ starts }) => starts)
    made = await driver.make({ ...request, name, folder, traced })
    const tracers = await tracing
    const addresses = new Map<string, string>()
    const reached = { ...sandbox.engine, reach: reachOver(made.places, addresses) }
    return await broughtUp({ request, images, tracers, made, addresses, sandbox, close, engine: reached })
  } catch (error) {
    await close().catch(() => undefined)
    throw error
  }
}

interface Stack {
  readonly request: StackRunRequest
  readonly engine: Engine
  readonly sandbox: Sandbox
  readonly images: ReadonlyMap<string, ImageConfig>
  readonly tracers: Tracers
  readonly made: MadeStack
  /** Filled as containers come up: the network of each address. */
  readonly addresses: Map<string, string>
  readonly close: StackRun['close']
}

async function broughtUp(stack: Stack): Promise<StackRun> {
  const { request, engine, sandbox, made } = stack
  const { side, signal } = request
  let wrong: string | null = null
  let running: readonly Running[] = []
  const settle = async (start: () => Promise<string | null>): Promise<void> => {
    signal.throwIfAborted()
    const since = Date.now()
    wrong = await start()
    signal.throwIfAborted()
    await Promise.all(made.places.map(({ relay }) => relay?.ready))
    const containers = await made.containers()
    running = await Promise.all(
      containers.flatMap(({ id, service: name }) => {
        const service = side.project.services.find((one) => one.name === name)
        return service === undefined ? [] : [upOf(stack, { service, container: id, since, wrong })]
      }),
    )
  }
  await settle(() => made.up(UP))
  return {
    engine,
    sandbox,
    volumes: made.volumes,
    unshown: made.unshown,
    hostReachable: request.network || made.places.some(({ hostReachable }) => hostReachable),
    look: async () => ({ ...(await lookAt(stack, running)), wrong }),
    containerOf: (name) => running.find(({ service }) => service.name === name)?.container ?? null,
    async restart() {
      await stopDeaf(engine, running)
      await made.stop(GRACE_SECONDS)
      await settle(() => made.start(UP))
    },
    async stop() {
      await stopDeaf(engine, running)
      await made.stop(GRACE_SECONDS)
    },
    async recreate() {
      await stopDeaf(engine, running)
      await made.stop(GRACE_SECONDS)
      await made.removeContainers()
      await settle(() => made.up(UP))
    },
    close: stack.close,
  }
}

/** Kills the services that a stop would only wait for. */
async function stopDeaf(engine: Engine, running: readonly Running[]): Promise<void> {
  await Promise.all(
    running.map(async ({ container, config, service }) => {
      if (config.stopSignal !== null || service.settings.stop_signal != null || service.settings.init === true) return
      const { pid, running: isUp } = await engine.state(container)
      if (!isUp || pid === 0) return
      const first = (await engine.processes(container)).find((process) => process.pid === pid)
      if (isDeaf(null, first?.handled)) await engine.stop(container, 0)
    }),
  )
}

async function upOf(
  { request, engine, sandbox, images, tracers, addresses }: Stack,
  {
    service,
    container,
    since,
    wrong,
  }: { readonly wrong: string | null } & Pick<Running, 'service' | 'container' | 'since'>,
): Promise<Running> {
  const config = images.get(service.name)
  if (config === undefined) throw new Error(`there is no image of service ${service.name}`)
  sandbox.adopt(container, service.name)
  const state = await engine.state(container)
  if (state.network !== undefined) addresses.set(state.address, state.network)
  // A service whose dependency failed is never started.
  const patience = wrong !== null && state.status === 'created' ? 0 : PATIENCE
  const ready = await waitUntilReady(engine, container, {
    ports: portsOf(service, request),
    patience,
    signal: request.signal,
  })
  const tracer = tracers.keepers.get(service.name)
  const spec = service.user === null ? {} : { user: service.user }
  return {
    service,
    config,
    container,
    traced:
      tracer === undefined ? null : tracedRun(engine, { container, tracer, config: inFolder(config, service), spec }),
    refused: tracers.refused,
    since,
    up: { since: Date.now(), ready },
  }
}

function inFolder(config: ImageConfig, { workdir }: Service): ImageConfig {
  return workdir === null ? config : { ...config, workdir }
}

/** The ports that a service should open: those of the original, else those of the project. */
function portsOf({ name, ports }: Service, { usual, moved }: StackRunRequest): readonly number[] {
  const seen = usual?.records.get(name)?.listeners?.filter(({ protocol, loopback }) => protocol === 'tcp' && !loopback)
  const own = moved.get(name)
  if (seen !== undefined) return [...new Set(seen.map(({ port }) => own?.get(port) ?? port))]
  return [
    ...new Set(
      ports.flatMap(({ published, target, protocol }) => (protocol === 'tcp' && published !== '' ? [target] : [])),
    ),
  ]
}

async function lookAt(stack: Stack, running: readonly Running[]): Promise<Omit<StackSight, 'wrong'>> {
  const { request, engine, made } = stack
  const sights = async (): Promise<readonly ServiceSight[]> => [
    ...(await sightsOf(engine, running)),
    ...(engine.local ? await made.sights() : []),
  ]
  const seen = await Promise.all(running.map(async (one) => [one, await opened(stack, one)] as const))
  const before = await sights()
  const asked = await Promise.all(seen.map(([one, container]) => askedOf(one, container, request)))
  const smoke = await askStack(request.smoke, asked, { engine, signal: request.signal, patience: SMOKE_PATIENCE })
  const ways = await made.ask(engine, request.signal)
  const after = await sights()
  const records = await Promise.all(
    seen.map(async ([one, container]) => {
      await container.glance()
      const record = await container.snapshot(one.traced === null ? 'logs' : 'logs and trace')
      const own = smoke.services.get(one.service.name) ?? []
      return [one.service.name, { ...record, ...(await filesOf(engine, one)), smoke: own }] as const
    }),
  )
  const connections = engine.local ? connectionsIn([...before, ...after]) : null
  return { records: new Map(records), connections, smoke: [...ways, ...smoke.whole] }
}

function opened({ request, engine }: Stack, one: Running): Promise<Container> {
  const { service, config, container, traced, refused, since, up } = one
  const started: Started = { container, traced, refused, since, listens: listening(engine, container) }
  const moved = request.moved.get(service.name) ?? new Map<number, number>()
  const answers = (request.usual?.records.get(service.name)?.answers ?? []).filter(
    ({ kind, unasked }) => kind !== 'closed' && unasked !== true,
  )
  const known = answers.map((answer): PortAnswer => ({ ...answer, port: moved.get(answer.port) ?? answer.port }))
  const spec: RunSpec = { image: request.side.images.get(service.name) ?? '' }
  const options = {
    smoke: [],
    ports: portsOf(service, request),
    portNames: moved,
    known: new Map(known.map((answer) => [portKey(answer), answer])),
    patience: PATIENCE,
    stopSignal: config.stopSignal,
    signal: request.signal,
  }
  return openContainer(engine, spec, options, { started, up }).then(async (opened) => {
    await opened.asked
    return opened
  })
}

async function askedOf(one: Running, container: Container, { moved }: StackRunRequest): Promise<AskedService> {
  const { service } = one
  const { state, listeners, answers } = await container.snapshot('seen')
  return { service, container: one.container, state, listeners, answers, moved: moved.get(service.name) ?? new Map() }
}

async function sightsOf(engine: Engine, running: readonly Running[]): Promise<readonly ServiceSight[]> {
  const found = await Promise.all(
    running.map(async ({ service, container }): Promise<readonly ServiceSight[]> => {
      const { pid } = await engine.state(container)
      // Two services of one network namespace cannot be told apart in it.
      const isShared = typeof service.settings.network_mode === 'string' && service.settings.network_mode !== 'bridge'
      const sight = engine.local && pid > 0 && !isShared ? networkSightOf(pid) : null
      return sight === null ? [] : [{ service: service.name, sight }]
    }),
  )
  return found.flat()
}

/** The files that it made, those in its volumes included. */
async function filesOf(
  engine: Engine,
  { container, service }: Running,
): Promise<Pick<RunRecord, 'diff' | 'kinds' | 'unread'>> {
  const { diff, kinds, unread } = await leftBy(engine, container)
  const found = new Map<string, AddedKind>()
  const missed: string[] = []
  for (const { kind, target, source } of service.mounts) {
    if (kind !== 'volume' || source === '') continue
    const entries = await entriesAt(engine, container, target).catch((error: unknown) => {
      if (!(error instanceof HardenError)) throw error
      missed.push(`what is in volume ${source}: ${error.message}`)
      return new Map()
    })
    if (entries.size > MOST_VOLUME_FILES) missed.push(`what is in volume ${source}: too many files`)
    else for (const [path, { type }] of entries) found.set(path, type)
  }
  const inVolumes = [...found].map(([path]) => ({ kind: 'added', path }) as const)
  return { diff: [...diff, ...inVolumes], kinds: new Map([...kinds, ...found]), unread: [...unread, ...missed] }
}

async function imagesOf(engine: Engine, { project, images }: StackSide): Promise<ReadonlyMap<string, ImageConfig>> {
  const found = await Promise.all(
    project.services.map(async ({ name }) => {
      const image = images.get(name)
      const known = image === undefined ? null : await engine.inspectImage(image)
      if (known === null) throw new HardenError('no-image', `service ${name}: the engine does not have its image`)
      return [name, known.config] as const
    }),
  )
  return new Map(found)
}

/** `addresses` tells the network of each container's address. */
function reachOver(places: readonly Place[], addresses: ReadonlyMap<string, string>): Reach {
  const way = (address: string): Reach => {
    const network = addresses.get(address)
    return places.find((place) => place.network === network)?.relay?.reach ?? directReach
  }
  return {
    forwards: () => places.some(({ relay }) => relay !== null),
    connect: (address, ...to) => way(address).connect(address, ...to),
    exchange: (address, ...between) => way(address).exchange(address, ...between),
  }
}

interface Tracers {
  readonly starts: ReadonlyMap<string, TracedStart>
  /** The container that keeps the trace of each service. */
  readonly keepers: ReadonlyMap<string, string>
  /** Why nothing is traced; null where it is, or that was not asked for. */
  readonly refused: string | null
}

const noTracers: Tracers = { starts: new Map(), keepers: new Map(), refused: null }

async function tracersFor(
  engine: Engine,
  { project }: StackSide,
  images: ReadonlyMap<string, ImageConfig>,
): Promise<Tracers> {
  const tracer = await ensureTracer(engine)
  if (!tracer.known) return { ...noTracers, refused: tracer.reason }
  const starts = new Map<string, TracedStart>()
  const keepers = new Map<string, string>()
  await Promise.all(
    project.services.map(async (service) => {
      const config = images.get(service.name)
      const kept = await startKeeper(engine, tracer.value)
      if (config === undefined || !kept.known) return
      const start = tracedStart(service, config, kept.value)
      if (start === null) return
      starts.set(service.name, start)
      keepers.set(service.name, kept.value)
    }),
  )
  return { starts, keepers, refused: null }
}

/** Null where it starts nothing: then the engine reports the error in its own words. */
function tracedStart(service: Service, config: ImageConfig, from: string): TracedStart | null {
  const { entrypoint, command, user, env, settings } = service
  const [first = '', ...others] = entrypoint ?? []
  const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])
  const spec: RunSpec = {
    image: '',
    ...(user === null ? {} : { user }),
    env: Object.fromEntries(env),
    capDrop: list(settings.cap_drop),
    capAdd: list(settings.cap_add),
    ...(entrypoint === null ? {} : { entrypoint: first }),
    ...(entrypoint === null && command === null ? {} : { command: [...others, ...(command ?? [])] }),
  }
  const traced = tracedSpec(spec, inFolder(config, service), from)
  if (traced === spec) return null
  return {
    entrypoint: [traced.entrypoint ?? ''],
    command: traced.command ?? [],
    capAdd: (traced.capAdd ?? []).slice(spec.capAdd?.length ?? 0),
    env: new Map(Object.entries(traced.env ?? {})),
    from,
  }
}
