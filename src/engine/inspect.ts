import { HardenError } from '../errors.ts'
import { parseImageConfig } from '../image/config.ts'
import type { ContainerState, EngineImage } from './engine.ts'

// The JSON of `inspect`, as far as it is read; docker, podman and nerdctl give the same names.
interface RawImage {
  readonly Id?: string
  readonly Config?: Record<string, unknown> | null
  /** Podman gives it beside the config. */
  readonly HealthCheck?: unknown
  readonly Healthcheck?: unknown
  readonly Os?: string
  readonly Architecture?: string
  readonly Variant?: string
  readonly Size?: number
  readonly RepoDigests?: readonly string[] | null
  readonly RootFS?: { readonly Layers?: readonly string[] | null } | null
}

interface RawContainer {
  readonly State?: {
    readonly Status?: string
    readonly Running?: boolean
    readonly ExitCode?: number
    readonly OOMKilled?: boolean
    readonly Error?: string
    readonly Pid?: number
    readonly Health?: { readonly Status?: string } | null
  }
  readonly Config?: {
    readonly Healthcheck?: { readonly Test?: readonly string[] | null } | null
    readonly Shell?: readonly string[] | null
  } | null
  readonly RestartCount?: number
  readonly SizeRw?: number
  readonly HostConfig?: { readonly NetworkMode?: string }
  readonly NetworkSettings?: {
    readonly IPAddress?: string
    readonly Networks?: Readonly<Record<string, { readonly IPAddress?: string } | null>> | null
  }
}

export function parseImage(json: string): EngineImage {
  const raw = firstOf<RawImage>(json)
  const id = raw.Id ?? ''
  const healthcheck = raw.HealthCheck ?? raw.Healthcheck
  return {
    id: id.includes(':') ? id : `sha256:${id}`,
    layers: raw.RootFS?.Layers ?? [],
    config: parseImageConfig({ ...(healthcheck ? { Healthcheck: healthcheck } : {}), ...raw.Config }),
    platform: {
      os: raw.Os ?? 'linux',
      architecture: raw.Architecture ?? '',
      ...(raw.Variant ? { variant: raw.Variant } : {}),
    },
    size: raw.Size ?? 0,
    repoDigests: raw.RepoDigests ?? [],
  }
}

/**
 * `reachable`: container addresses can be reached from this machine. `startError`: what the engine said when the start
 * failed; docker leaves such a container "created", with an exit code.
 */
export function parseState(json: string, reachable: boolean, startError = ''): ContainerState {
  const raw = firstOf<RawContainer>(json)
  const state = raw.State ?? {}
  const error = state.Error || startError
  const reported = statusOf(state.Status ?? '')
  const status = reported === 'created' && error !== '' ? 'exited' : reported
  const running = state.Running ?? status === 'running'
  return {
    status,
    running,
    exitCode: running || status === 'created' ? null : state.ExitCode || exitCodeOf(error),
    oomKilled: state.OOMKilled ?? false,
    error,
    pid: running ? (state.Pid ?? 0) : 0,
    address: reachable ? addressOf(raw) : '',
    health: healthOf(state.Health?.Status),
    healthcheck: probeOf(raw.Config),
    restartCount: raw.RestartCount ?? 0,
  }
}

/** Of an `inspect` that was asked for sizes; null where it has none. */
export function parseWritten(json: string): number | null {
  return firstOf<RawContainer>(json).SizeRw ?? null
}

/** The shell's codes for what could not be started; podman reports 0 for it. */
function exitCodeOf(error: string): number {
  if (error === '') return 0
  return /not found|no such file/i.test(error) ? 127 : 126
}

function addressOf(raw: RawContainer): string {
  if (raw.HostConfig?.NetworkMode === 'host') return '127.0.0.1'
  const networks = Object.values(raw.NetworkSettings?.Networks ?? {})
  return networks.find((network) => network?.IPAddress)?.IPAddress ?? raw.NetworkSettings?.IPAddress ?? ''
}

function statusOf(status: string): ContainerState['status'] {
  switch (status) {
    case 'running':
    case 'restarting':
    case 'paused':
    case 'dead':
      return status
    // What podman calls it before the first start.
    case 'created':
    case 'configured':
    case 'initialized':
      return 'created'
    case 'stopping':
      return 'running'
    default:
      return 'exited'
  }
}

function healthOf(status: string | undefined): ContainerState['health'] {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : null
}

function probeOf(config: RawContainer['Config']): readonly string[] | null {
  const [form, ...words] = config?.Healthcheck?.Test ?? []
  if (form === 'CMD' && words.length > 0) return words
  if (form !== 'CMD-SHELL' || words.length === 0) return null
  return [...(config?.Shell?.length ? config.Shell : ['/bin/sh', '-c']), ...words]
}

function firstOf<T extends object>(json: string): T {
  const value = answerOf<T | readonly T[]>(json)
  const first = Array.isArray(value) ? value[0] : value
  return (typeof first === 'object' && first !== null ? first : {}) as T
}

/** What an engine says in JSON: an object or a list. Throws HardenError for what is neither. */
export function answerOf<T extends object>(json: string): T {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    // Said below.
  }
  if (typeof value === 'object' && value !== null) return value as T
  throw new HardenError(
    'engine-failed',
    `the engine gave an answer that cannot be read: ${JSON.stringify(json.slice(0, 80))}`,
    {
      hint: 'see whether it is a container engine that answers there: docker context ls, and the variable DOCKER_HOST',
    },
  )
}
