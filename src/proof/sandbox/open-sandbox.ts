import { randomBytes } from 'node:crypto'
import { statfs } from 'node:fs/promises'
import { pipeline, type Readable, Transform } from 'node:stream'
import { bounds } from '../../bounds.ts'
import { reachedPids } from '../../engine/activity.ts'
import { limitsOf, logBytes } from '../../engine/arguments.ts'
import type { ContainerState, Engine, RunSpec } from '../../engine/engine.ts'
import { directReach, type Reach } from '../../engine/reach.ts'
import { HardenError } from '../../errors.ts'
import type { ReportSandbox } from '../../report/report.ts'
import { openRelay, type Relay } from './relay.ts'

/**
 * An address that nobody has (RFC 5737). As a name server, since that of the engine would carry questions out, and answers
 * in; and for names that a program wants to know before it begins.
 */
export const NO_SERVER = '192.0.2.1'

interface SandboxOptions {
  /** The network of the engine, in place of one from which nothing leads out. */
  readonly network: boolean
  /** What one container may write. */
  readonly diskBytes?: number
}

/** Names that lead to an address which nobody has, for all containers from then on: a proof has no other services. */
export interface KnownNames {
  set(names: readonly string[]): void
  get(): readonly string[]
}

/** What the containers of one proof run in. */
export interface Sandbox {
  /** The same engine, whose containers all run in it. */
  readonly engine: Engine
  /** Null where names are looked up outside. */
  readonly names: KnownNames | null
  told(): ReportSandbox
  /** Holds a container that others have started to what its own are held to. */
  adopt(container: string, image: string): void
  /** Removes what it made; what is still in use, the end of the session removes. */
  close(): Promise<void>
}

/** One network of a proof. */
export interface Place {
  readonly network: string
  /** Null where this machine reaches the network by itself, or does not reach any. */
  readonly relay: Relay | null
  readonly hostReachable: boolean
}

/** Its network is made with the first container: many targets need none. */
export function openSandbox(engine: Engine, options: SandboxOptions): Sandbox {
  const { network, diskBytes = bounds.containerDiskBytes } = options
  const limits = limitsOf({}, engine.enforces)
  const watch = watchLimits(engine, diskBytes)
  let making: Promise<Place> | null = null
  let place: Place | null = null
  const placeNow = async (): Promise<Place> => {
    making ??= makePlace(engine)
    place = await making
    return place
  }
  let given: readonly string[] = []
  const placed = async (spec: RunSpec): Promise<RunSpec> => {
    if (network || spec.network !== undefined) return spec
    const hosts = given.length === 0 ? {} : { hosts: Object.fromEntries(given.map((name) => [name, NO_SERVER])) }
    return { ...spec, network: (await placeNow()).network, dns: [NO_SERVER], ...hosts }
  }
  // Whoever has a container's address has started it.
  const way = (): Reach => place?.relay?.reach ?? directReach
  const inside: Engine = {
    ...engine,
    create: async (spec) => engine.create(await placed(spec)),
    run: async (spec) => {
      const container = await engine.run(await placed(spec))
      watch.add(container, spec.image)
      await place?.relay?.ready
      return container
    },
    state: async (container) => {
      const state = await engine.state(container)
      watch.note(container, state)
      return state
    },
    remove: async (container) => {
      watch.drop(container)
      await engine.remove(container)
    },
    copyOut: (container, path, read) =>
      engine.copyOut(container, path, (tar) => {
        const counted = boundedTo(bounds.copiedBytes, tar, path)
        // A reader that pipes it on is not told of its error, and would wait for the rest.
        const tooMuch = new Promise<never>((_, reject) => counted.once('error', reject))
        return Promise.race([read(counted), tooMuch])
      }),
    reach: {
      forwards: () => way().forwards(),
      connect: (...to) => way().connect(...to),
      exchange: (...between) => way().exchange(...between),
    },
  }
  return {
    engine: inside,
    names: network
      ? null
      : {
          set: (names) => {
            given = names
          },
          get: () => given,
        },
    told: () => ({
      network: network ? 'open' : 'closed',
      hostReachable: network || (place?.hostReachable ?? false),
      ...limits,
      logBytes,
      diskBytes,
      reached: watch
        .reached()
        .map(({ image, limit }) => `${image} ${SAID[limit]}, the same for the original and the result`),
    }),
    adopt: watch.add,
    async close() {
      watch.close()
      const made = await making?.catch(() => null)
      if (made != null) await closePlace(engine, made)
    },
  }
}

/** A sparse file costs its program nothing, and whoever reads it all of its length. */
function boundedTo(bytes: number, tar: Readable, path: string): Readable {
  let read = 0
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      read += chunk.length
      if (read <= bytes) return done(null, chunk)
      const message = `${path} of a container is not read: it is more than ${bytes / 1024 ** 2} MiB`
      return done(new HardenError('engine-failed', message))
    },
  })
  // The end of the call itself says what was wrong with it.
  return pipeline(tar, counted, () => undefined)
}

const SAID: Readonly<Record<Limit, string>> = {
  memory: 'ran out of its memory',
  processes: 'had as many processes as it may have',
  disk: 'was ended, since it wrote more than it may',
  'a full disk': "was ended, since the engine's disk was nearly full",
}

/**
 * On an `internal` network there is no way out, but its bridge has an address of the engine's machine, and what listens
 * there on all addresses would be reached. Docker can leave that away; then a relay of ours is the way in.
 */
export async function makePlace(engine: Engine): Promise<Place> {
  const name = (): string => `harden-image-${engine.session}-${randomBytes(4).toString('hex')}`
  const hostless = engine.name === 'docker' ? await makeHostless(engine, name()) : null
  if (hostless !== null) return hostless
  const network = name()
  await makeNetwork(engine, network, false)
  // Without root, the engine's bridges are in a namespace of its own, where nothing of the machine listens.
  return { network, relay: null, hostReachable: engine.reachable || !engine.local }
}

export async function closePlace(engine: Engine, { network, relay }: Place): Promise<void> {
  await relay?.close().catch(() => undefined)
  await engine.removeNetwork(network).catch(() => undefined)
}

/** Null where it cannot be had. */
async function makeHostless(engine: Engine, network: string): Promise<Place | null> {
  await makeNetwork(engine, network, true)
  if (!engine.reachable) return { network, relay: null, hostReachable: false }
  try {
    return { network, relay: await openRelay(engine, network), hostReachable: false }
  } catch {
    await engine.removeNetwork(network)
    return null
  }
}

async function makeNetwork(engine: Engine, name: string, hostless: boolean): Promise<void> {
  try {
    await engine.createNetwork({ name, hostless })
  } catch (error) {
    if (!(error instanceof HardenError) || error.code !== 'engine-failed') throw error
    throw new HardenError('engine-failed', `no network can be made for the proof: ${error.message}`, {
      hint: 'use --network to run the proof on the network of the engine',
      cause: error,
    })
  }
}

/** Between two looks, milliseconds. */
const LOOK = 500
/** The engine goes through all that a container has written for its size: asked where that can have grown by so much. */
const STEP_SHARE = 8
/** An engine elsewhere is asked for it that often, milliseconds. */
const LOOK_ELSEWHERE = 5000
/** What must stay free for all others on that disk, and what of it others may take meanwhile, bytes. */
const LEAST_FREE = 1024 ** 3
const LITTLE = 64 * 1024 ** 2

/** What a container ran into. */
type Limit = 'memory' | 'processes' | 'disk' | 'a full disk'

interface LimitWatch {
  add(container: string, image: string): void
  drop(container: string): void
  /** What a look at its state tells too. */
  note(container: string, state: Pick<ContainerState, 'oomKilled'>): void
  reached(): readonly { readonly image: string; readonly limit: Limit }[]
  close(): void
}

/**
 * Ends containers that write more than `diskBytes`, which few engines can hold one to, and notes which ran into the limits
 * that the kernel keeps.
 */
function watchLimits(engine: Engine, diskBytes: number): LimitWatch {
  const images = new Map<string, string>()
  const found = new Map<string, Limit>()
  let free: number | null = null
  let asked = Date.now()
  let busy = false
  const end = async (container: string, limit: Limit): Promise<void> => {
    reach(container, limit)
    await engine.stop(container, 0)
  }
  const reach = (container: string, limit: Limit): void => {
    const image = images.get(container)
    if (image !== undefined && !found.has(`${image} ${limit}`)) found.set(`${image} ${limit}`, limit)
  }
  const look = async (): Promise<void> => {
    for (const container of images.keys()) if (engine.local && reachedPids(container)) reach(container, 'processes')
    const now = await freeBytes(engine)
    if (now !== null && now < LEAST_FREE && free !== null && free - now > LITTLE) {
      await Promise.all([...images.keys()].map((container) => end(container, 'a full disk')))
      return
    }
    const isDue =
      now === null ? Date.now() - asked > LOOK_ELSEWHERE : free !== null && free - now > diskBytes / STEP_SHARE
    if (now !== null && (free === null || isDue || now > free)) free = now
    if (!isDue) return
    asked = Date.now()
    for (const container of images.keys())
      if (((await engine.written(container)) ?? 0) > diskBytes) await end(container, 'disk')
  }
  const timer = setInterval(() => {
    if (busy || images.size === 0) return
    busy = true
    // It may be gone by now; what fails for long, the proof itself tells.
    look()
      .catch(() => undefined)
      .finally(() => {
        busy = false
      })
  }, LOOK)
  timer.unref()
  return {
    add: (container, image) => void images.set(container, image),
    drop: (container) => void images.delete(container),
    note: (container, { oomKilled }) => oomKilled && reach(container, 'memory'),
    reached: () => [...found].map(([key, limit]) => ({ image: key.slice(0, key.length - limit.length - 1), limit })),
    close: () => clearInterval(timer),
  }
}

/** Of the disk that the engine keeps its containers on; null where that is another machine's, or cannot be seen. */
async function freeBytes({ local, dataRoot }: Engine): Promise<number | null> {
  if (!local || dataRoot === null) return null
  return statfs(dataRoot).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  )
}
