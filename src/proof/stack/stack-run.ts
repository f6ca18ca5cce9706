import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { limitsOf } from '../../engine/arguments.ts'
import { type ComposeProject, composeProject } from '../../engine/compose.ts'
import { networkSightOf } from '../../engine/connections.ts'
import type { Engine, RunSpec } from '../../engine/engine.ts'
import { directReach, type Reach } from '../../engine/reach.ts'
import { HardenError } from '../../errors.ts'
import type { ImageConfig } from '../../image/facts.ts'
import type { SmokeCheck } from '../../smoke-check.ts'
import type { Service } from '../../stack/project.ts'
import { removeFolder, temporaryFolder } from '../../temporary.ts'
import type { PortAnswer } from '../ask/answers.ts'
import { portKey } from '../ask/questions.ts'
import { type Container, openContainer, type Started, type Up } from '../container/container.ts'
import { entriesAt, leftBy } from '../container/files.ts'
import { listening, waitUntilReady } from '../container/lifecycle.ts'
import type { AddedKind, RunRecord } from '../container/run-record.ts'
import { closePlace, makePlace, openSandbox, type Place, type Sandbox } from '../sandbox/open-sandbox.ts'
import { startKeeper, type TracedRun, tracedRun, tracedSpec } from '../trace/trace.ts'
import { ensureTracer } from '../trace/tracer.ts'
import { type Connection, connectionsIn, type ServiceSight } from './connections.ts'
import { copyHostFiles, type HostCopies } from './host-files.ts'
import { hostPathsOf, networksOf, type RunFile, runFile, type StackSide, type TracedStart } from './run-file.ts'
import { type AskedService, askStack, type StackSmoke } from './stack-smoke.ts'

export interface StackRunRequest {
  readonly engine: Engine
  readonly compose: NonNullable<Engine['compose']>
  readonly side: StackSide
  /** Tells it from the other runs of the session: letters and digits. */
  readonly label: string
  /** The network of the engine, in place of ones from which nothing leads out. */
  readonly network: boolean
  /** Trace every service. */
  readonly traced: boolean
  /** By their name in the project volumes of the engine that are there already, and stay. */
  readonly volumes?: ReadonlyMap<string, string>
  /** Whoever wrote the project may have any capability. */
  readonly isTrusted: boolean
  /** Whether the project may be given (a copy of) what is there on this machine. */
  readonly mayRead: (path: string) => boolean
  readonly smoke: readonly SmokeCheck[]
  /** By service the port of the original and the one that it has become. */
  readonly moved: ReadonlyMap<string, ReadonlyMap<number, number>>
  /** By service what the original answered: it is waited for. */
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
  /** Whose containers can be reached. */
  readonly engine: Engine
  readonly sandbox: Sandbox
  /** By their name in the project the engine's name of each named volume. */
  readonly volumes: ReadonlyMap<string, string>
  /** What it was not given, a sentence each. */
  readonly unshown: readonly string[]
  /** Whether its services could reach the machine of the engine. */
  readonly hostReachable: boolean
  /** Looks at it and asks it everything. */
  look(): Promise<StackSight>
  /** The container of a service; null where there is none. */
  containerOf(service: string): string | null
  /** Stops all of it and starts it again. */
  restart(): Promise<void>
  /** As a person would, so that what is in its volumes is whole. */
  stop(): Promise<void>
  /** Takes it down without its volumes, and brings it up on them again. */
  recreate(): Promise<void>
  /** Removes its containers and networks, and its volumes too unless they are to stay until the end of the session. */
  close(options?: { readonly keepsVolumes?: boolean }): Promise<void>
}

/** For all of it to come up, milliseconds: services wait for one another. */
const UP = 180_000
const PATIENCE = 30_000
const SMOKE_PATIENCE = 10_000
const GRACE_SECONDS = 10
const SIGTERM = 15
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

/** Brings a stack up, in the order and by the conditions that its file says. What does not come up is seen in the looks. */
export async function openStackRun(request: StackRunRequest): Promise<StackRun> {
  const { engine, side, signal } = request
  signal.throwIfAborted()
  const name = `harden-image-${engine.session}-${request.label}`
  const folder = await temporaryFolder('stack')
  const sandbox = openSandbox(engine, { network: true })
  const places = new Map<string, Place>()
  const made: { volumes: ReadonlyMap<string, string>; project: ComposeProject | null } = {
    volumes: new Map(),
    project: null,
  }
  const close = async ({ keepsVolumes = false } = {}): Promise<void> => {
    sandbox.close()
    await removeContainers(engine, made.project)
    const own = [...made.volumes].filter(([volume]) => request.volumes?.has(volume) !== true)
    if (!keepsVolumes) await Promise.all(own.map(([, volume]) => engine.removeVolume(volume)))
    await Promise.all([...places.values()].map((place) => closePlace(engine, place)))
    if (request.network) await made.project?.down()
    await removeFolder(folder)
  }
  try {
    const images = await imagesOf(engine, side)
    const [, tracers] = await Promise.all([
      request.network ? null : makePlaces(engine, networksOf(side.project), places),
      request.traced ? tracersFor(engine, side, images) : noTracers,
    ])
    const copies = await copiesFor(request, join(folder, 'mounted'))
    const file = runFile(side, {
      name,
      session: engine.session,
      limits: limitsOf({}, engine.enforces),
      networks: request.network ? null : new Map([...places].map(([key, { network }]) => [key, network])),
      volumes: request.volumes ?? new Map(),
      copies: copies.copies,
      traced: tracers.starts,
      isTrusted: request.isTrusted,
    })
    made.volumes = file.volumes
    await writeFile(join(folder, 'compose.json'), file.text, { mode: 0o600 })
    made.project = composeProject(request.compose, { name, file: join(folder, 'compose.json'), folder })
    const wrong = await made.project.config()
    if (wrong !== null) throw new HardenError('engine-failed', `docker compose does not take the stack: ${wrong}`)
    const addresses = new Map<string, string>()
    const reached = { ...sandbox.engine, reach: reachOver(places, addresses) }
    const project = made.project
    const stack = { request, images, tracers, file, copies, places, addresses, project, sandbox, close }
    return await broughtUp({ ...stack, engine: reached })
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
  readonly file: RunFile
  readonly copies: HostCopies
  readonly places: ReadonlyMap<string, Place>
  /** Filled as containers come up: the network of each address. */
  readonly addresses: Map<string, string>
  readonly project: ComposeProject
  readonly close: StackRun['close']
}

async function broughtUp(stack: Stack): Promise<StackRun> {
  const { request, engine, sandbox, project, file, copies, places } = stack
  const { side, signal } = request
  let wrong: string | null = null
  let running: readonly Running[] = []
  const settle = async (start: () => Promise<string | null>): Promise<void> => {
    signal.throwIfAborted()
    const since = Date.now()
    wrong = await start()
    signal.throwIfAborted()
    await Promise.all([...places.values()].map(({ relay }) => relay?.ready))
    const containers = await project.containers()
    running = await Promise.all(
      containers.flatMap(({ id, service: name }) => {
        const service = side.project.services.find((one) => one.name === name)
        return service === undefined ? [] : [upOf(stack, { service, container: id, since, wrong })]
      }),
    )
  }
  await settle(() => project.up(UP))
  return {
    engine,
    sandbox,
    volumes: file.volumes,
    unshown: [...file.unshown, ...copies.unshown],
    hostReachable: request.network || [...places.values()].some(({ hostReachable }) => hostReachable),
    look: async () => ({ ...(await lookAt(stack, running)), wrong }),
    containerOf: (name) => running.find(({ service }) => service.name === name)?.container ?? null,
    async restart() {
      await stopDeaf(engine, running)
      await project.stop(GRACE_SECONDS)
      await settle(() => project.start(UP))
    },
    async stop() {
      await stopDeaf(engine, running)
      await project.stop(GRACE_SECONDS)
    },
    async recreate() {
      await stopDeaf(engine, running)
      await project.stop(GRACE_SECONDS)
      await removeContainers(engine, project)
      await settle(() => project.up(UP))
    },
    close: stack.close,
  }
}

/** A first process without a handler never sees SIGTERM (pid_namespaces(7)): its grace would only be waited out. */
async function stopDeaf(engine: Engine, running: readonly Running[]): Promise<void> {
  await Promise.all(
    running.map(async ({ container, config, service }) => {
      if (config.stopSignal !== null || service.settings.stop_signal != null || service.settings.init === true) return
      const { pid, running: isUp } = await engine.state(container)
      if (!isUp || pid === 0) return
      const first = (await engine.processes(container)).find((process) => process.pid === pid)
      if (first?.handled != null && !first.handled.includes(SIGTERM)) await engine.stop(container, 0)
    }),
  )
}

/** With their anonymous volumes, which nobody finds again once they are gone. */
async function removeContainers(engine: Engine, project: ComposeProject | null): Promise<void> {
  const containers = (await project?.containers().catch(() => [])) ?? []
  await Promise.all(containers.map(({ id }) => engine.remove(id)))
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
  // What another one was waited for in vain is not started at all.
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

/** Those that it should open: as the original did, else as the project says. */
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
  const { request, engine } = stack
  const sights = (): Promise<readonly ServiceSight[]> => sightsOf(engine, running)
  const seen = await Promise.all(running.map(async (one) => [one, await opened(stack, one)] as const))
  const before = await sights()
  const asked = await Promise.all(seen.map(([one, container]) => askedOf(one, container, request)))
  const smoke = await askStack(request.smoke, asked, { engine, signal: request.signal, patience: SMOKE_PATIENCE })
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
  return { records: new Map(records), connections, smoke: smoke.whole }
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

/** What it has made beside its image, in its volumes too. */
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

async function makePlaces(engine: Engine, networks: Iterable<string>, places: Map<string, Place>): Promise<void> {
  // One after the other: two that the engine makes at a time may be given one range of addresses.
  for (const network of networks) places.set(network, await makePlace(engine))
}

/** `addresses`: of the containers, each in one of these networks. */
function reachOver(places: ReadonlyMap<string, Place>, addresses: ReadonlyMap<string, string>): Reach {
  const way = (address: string): Reach => {
    const network = addresses.get(address)
    return [...places.values()].find((place) => place.network === network)?.relay?.reach ?? directReach
  }
  return {
    forwards: () => [...places.values()].some(({ relay }) => relay !== null),
    connect: (address, ...to) => way(address).connect(address, ...to),
    exchange: (address, ...between) => way(address).exchange(address, ...between),
  }
}

interface Tracers {
  readonly starts: ReadonlyMap<string, TracedStart>
  /** By service the container that keeps its trace. */
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

/** Null where it starts nothing: the engine says so in its own words. */
export function tracedStart(service: Service, config: ImageConfig, from: string): TracedStart | null {
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

async function copiesFor({ side, engine, mayRead }: StackRunRequest, folder: string): Promise<HostCopies> {
  const paths = [...hostPathsOf(side.project).keys()]
  if (paths.length === 0) return { copies: new Map(), unshown: [] }
  if (!engine.local)
    return { copies: new Map(), unshown: ['files of this machine that the stack mounts: the engine is on another one'] }
  await mkdir(folder)
  return copyHostFiles(paths, folder, mayRead, side.texts)
}
