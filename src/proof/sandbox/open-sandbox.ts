import { randomBytes } from 'node:crypto'
import { pipeline, type Readable, Transform } from 'node:stream'
import { bounds } from '../../bounds.ts'
import { limitsOf, logBytes } from '../../engine/arguments.ts'
import type { Engine, RunSpec } from '../../engine/engine.ts'
import { directReach, type Reach } from '../../engine/reach.ts'
import { HardenError } from '../../errors.ts'
import type { ReportSandbox } from '../../report/report.ts'
import { openRelay, type Relay } from './relay.ts'
import { type Limit, watchLimits } from './watch-limits.ts'

/** A name server that nobody is (RFC 5737): that of the engine would carry questions out, and answers in. */
const NO_SERVER = '192.0.2.1'

export interface SandboxOptions {
  /** The network of the engine, in place of one from which nothing leads out. */
  readonly network: boolean
  /** What one container may write. */
  readonly diskBytes?: number
}

/** What the containers of one proof run in. */
export interface Sandbox {
  /** The same engine, whose containers all run in it. */
  readonly engine: Engine
  told(): ReportSandbox
  /** Removes what it made; what is still in use, the end of the session removes. */
  close(): Promise<void>
}

interface Place {
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
  const placed = async (spec: RunSpec): Promise<RunSpec> =>
    network || spec.network !== undefined ? spec : { ...spec, network: (await placeNow()).network, dns: [NO_SERVER] }
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
    async close() {
      watch.close()
      const made = await making?.catch(() => null)
      if (made == null) return
      await made.relay?.close().catch(() => undefined)
      await engine.removeNetwork(made.network).catch(() => undefined)
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
      const message = `what a container has at ${path} is not read: it is more than ${bytes / 1024 ** 2} MiB`
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
async function makePlace(engine: Engine): Promise<Place> {
  const name = (): string => `harden-image-${engine.session}-${randomBytes(4).toString('hex')}`
  const hostless = engine.name === 'docker' ? await makeHostless(engine, name()) : null
  if (hostless !== null) return hostless
  const network = name()
  await makeNetwork(engine, network, false)
  // Without root, the engine's bridges are in a namespace of its own, where nothing of the machine listens.
  return { network, relay: null, hostReachable: engine.reachable || !engine.local }
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
      hint: '--network runs the proof on the network of the engine',
      cause: error,
    })
  }
}
