import { randomBytes } from 'node:crypto'
import { hostname, release } from 'node:os'
import { HardenError } from '../errors.ts'
import { note } from '../run-list.ts'
import { createApiEngine } from './api/api-engine.ts'
import { findEndpoint } from './api/daemon.ts'
import { createCliEngine } from './cli/cli-engine.ts'
import { createCli, isMissing } from './cli/process.ts'
import type { Enforced, Engine } from './engine.ts'
import { unusableError } from './failure.ts'
import { answerOf } from './inspect.ts'
import { ENGINE_NAMES, type EngineName } from './kinds.ts'

type EngineChoice = 'auto' | EngineName

/** As somebody asks for it; `none`: no engine is to be used. */
export type EngineOption = EngineChoice | 'none'

export interface EngineOptions {
  /** Environment of the engine's CLI; DOCKER_HOST and DOCKER_CONTEXT count. Default: this process's. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Aborting kills what runs and refuses further calls; `cleanUp` still works. */
  readonly signal?: AbortSignal
  /** Default 20 s. */
  readonly probeTimeoutMs?: number
  /** Docker too by its CLI alone. */
  readonly onlyCli?: boolean
}

/** Opens a session with an engine that answers. Throws HardenError `no-engine` that says what was tried. */
export async function openEngine(choice: EngineChoice = 'auto', options: EngineOptions = {}): Promise<Engine> {
  const tried: HardenError[] = []
  for (const name of choice === 'auto' ? ENGINE_NAMES : [choice]) {
    try {
      return await open(name, options)
    } catch (error) {
      if (!(error instanceof HardenError)) throw error
      // Who has pointed docker somewhere does not mean another engine.
      if (name === 'docker' && isPointed(options.env ?? process.env) && !isMissing(error)) throw error
      tried.push(error)
    }
  }
  const [first] = tried
  if (first !== undefined && tried.length === 1) throw first
  throw new HardenError('no-engine', `no container engine answers: ${tried.map((error) => error.message).join('; ')}`, {
    hint: 'start one, or point DOCKER_HOST at one; a rewrite without --build and --prove needs none',
  })
}

function isPointed({ DOCKER_HOST, DOCKER_CONTEXT }: NonNullable<EngineOptions['env']>): boolean {
  return [DOCKER_HOST, DOCKER_CONTEXT].some((value) => value !== undefined && value !== '')
}

/** As openEngine, for work that can do without: null when there is none. */
export async function findEngine(choice: EngineChoice = 'auto', options: EngineOptions = {}): Promise<Engine | null> {
  try {
    return await openEngine(choice, options)
  } catch (error) {
    if (error instanceof HardenError && error.code === 'no-engine') return null
    throw error
  }
}

async function open(binary: EngineName, options: EngineOptions): Promise<Engine> {
  const env = environment(options.env ?? process.env)
  const timeoutMs = options.probeTimeoutMs ?? 20_000
  const probe = createCli({ name: binary, binary, env })
  options.signal?.addEventListener('abort', () => void probe.close(), { once: true })
  const endpoint = binary === 'docker' && !options.onlyCli ? await findEndpoint(probe, env, timeoutMs) : null
  const json = endpoint?.info ?? (await probe.call('answer', ['info', '--format={{json .}}'], { timeoutMs }))
  const info = parseInfo(json, binary)
  const local = info.hostname === hostname() && info.kernel === release()
  const reachable = local && !info.rootless
  const made = { tags: new Set<string>(), kept: new Set<string>() }
  const cli = createCli({ name: info.name, binary, env })
  options.signal?.addEventListener('abort', () => void cli.close(), { once: true })
  const version = `${info.name} ${info.version}`
  const session = randomBytes(8).toString('hex')
  // Before anything can carry it: whoever ends this run leaves what a later one knows to be ours.
  note({ kind: 'session', name: session })
  const engine = createCliEngine(cli, { ...info, version, session, local, reachable, made })
  if (endpoint === null) return engine
  const { daemon } = endpoint
  options.signal?.addEventListener('abort', () => void daemon.close(), { once: true })
  return createApiEngine(daemon, engine, { reachable, made, closeCli: cli.close })
}

interface Info {
  readonly name: EngineName
  readonly version: string
  readonly hostname: string
  readonly kernel: string
  readonly rootless: boolean
  readonly enforces: Enforced
  readonly memoryBytes: number | null
  readonly dataRoot: string | null
}

interface DockerInfo {
  readonly ServerVersion?: string
  /** `docker info` ends well also when no daemon answers, and says so here. */
  readonly ServerErrors?: readonly string[] | null
  readonly Name?: string
  readonly KernelVersion?: string
  readonly SecurityOptions?: readonly string[] | null
  readonly DockerRootDir?: string
  readonly NCPU?: number
  readonly MemTotal?: number
  readonly MemoryLimit?: boolean
  readonly PidsLimit?: boolean
  readonly CpuCfsQuota?: boolean
  /** As nerdctl writes it. */
  readonly CPUCfsQuota?: boolean
}

interface PodmanInfo {
  readonly version?: { readonly Version?: string }
  readonly host?: {
    readonly hostname?: string
    readonly kernel?: string
    readonly security?: { readonly rootless?: boolean }
    readonly cpus?: number
    readonly memTotal?: number
    readonly cgroupControllers?: readonly string[] | null
  }
  readonly store?: { readonly graphRoot?: string }
}

/** A `docker` that is podman's stand-in is told by the shape of its answer. */
function parseInfo(json: string, name: EngineName): Info {
  const raw = answerOf<DockerInfo & PodmanInfo>(json)
  if (raw.version?.Version !== undefined) {
    const { hostname: host = '', kernel = '', security } = raw.host ?? {}
    return {
      name: 'podman',
      version: raw.version.Version,
      hostname: host,
      kernel,
      rootless: security?.rootless ?? false,
      enforces: podmanEnforces(raw.host ?? {}),
      memoryBytes: raw.host?.memTotal ?? null,
      dataRoot: raw.store?.graphRoot ?? null,
    }
  }
  if (!raw.ServerVersion) {
    const reason = (raw.ServerErrors ?? []).join('\n')
    throw (
      unusableError(name, reason) ??
      new HardenError('no-engine', `no ${name} engine answers: ${reason || 'it gave no version'}`)
    )
  }
  return {
    name,
    // Debian and others add their build: 26.1.5+dfsg1.
    version: raw.ServerVersion.replace(/^v|\+.*$/gs, ''),
    hostname: raw.Name ?? '',
    kernel: raw.KernelVersion ?? '',
    rootless: (raw.SecurityOptions ?? []).some((option) => option.includes('rootless')),
    enforces: {
      cpus: (raw.CpuCfsQuota ?? raw.CPUCfsQuota) === true ? (raw.NCPU ?? null) : null,
      memory: raw.MemoryLimit ?? true,
      pids: raw.PidsLimit ?? true,
    },
    memoryBytes: raw.MemTotal ?? null,
    dataRoot: raw.DockerRootDir ?? null,
  }
}

/** Root may use all control groups; a user those that were delegated, which are none with the first version of them. */
function podmanEnforces({ security, cpus, cgroupControllers }: NonNullable<PodmanInfo['host']>): Enforced {
  const has = (name: string): boolean => security?.rootless !== true || (cgroupControllers ?? []).includes(name)
  return { cpus: has('cpu') ? (cpus ?? null) : null, memory: has('memory'), pids: has('pids') }
}

function environment(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>> {
  return {
    ...env,
    // Messages are read, so they must come in one language and without colours.
    LC_ALL: 'C.UTF-8',
    NO_COLOR: '1',
    DOCKER_CLI_HINTS: 'false',
    PODMAN_IGNORE_CGROUPSV1_WARNING: '1',
    DOCKER_BUILDKIT: '1',
    BUILDKIT_PROGRESS: 'plain',
    // An attestation would make the image an index, with another id.
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
    // A builder in a container of its own does not see the engine's images.
    BUILDX_BUILDER: undefined,
  }
}
