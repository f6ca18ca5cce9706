import { randomBytes } from 'node:crypto'
import { bounds } from '../../bounds.ts'
import type { Engine, RunSpec } from '../../engine/engine.ts'
import { limitsOf, logBytes } from '../../engine/limits.ts'
import { directReach, type Reach } from '../../engine/reach.ts'
import { HardenError } from '../../errors.ts'
import type { ReportSandbox } from '../../report/report.ts'
import { openRelay, type Relay } from './relay.ts'

/** A name server that nobody is (RFC 5737): that of the engine would carry questions out, and answers in. */
const NO_SERVER = '192.0.2.1'

export interface SandboxOptions {
  /** The network of the engine, in place of one from which nothing leads out. */
  readonly network: boolean
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
export function openSandbox(engine: Engine, { network }: SandboxOptions): Sandbox {
  let making: Promise<Place> | null = null
  let place: Place | null = null
  const placeNow = async (): Promise<Place> => {
    making ??= makePlace(engine)
    place = await making
    return place
  }
  const placed = async (spec: RunSpec): Promise<RunSpec> =>
    spec.network !== undefined ? spec : { ...spec, network: (await placeNow()).network, dns: [NO_SERVER] }
  // Whoever has a container's address has started it.
  const way = (): Reach => place?.relay?.reach ?? directReach
  const closed: Engine = {
    ...engine,
    create: async (spec) => engine.create(await placed(spec)),
    run: async (spec) => {
      const container = await engine.run(await placed(spec))
      await place?.relay?.ready
      return container
    },
    reach: {
      forwards: () => way().forwards(),
      connect: (...to) => way().connect(...to),
      exchange: (...with_) => way().exchange(...with_),
    },
  }
  return {
    engine: network ? engine : closed,
    told: () => ({
      network: network ? 'open' : 'closed',
      hostReachable: network || (place?.hostReachable ?? false),
      ...limitsOf({}, engine.enforces),
      logBytes,
      diskBytes: bounds.containerDiskBytes,
    }),
    async close() {
      const made = await making?.catch(() => null)
      if (made == null) return
      await made.relay?.close().catch(() => undefined)
      await engine.removeNetwork(made.network).catch(() => undefined)
    },
  }
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
