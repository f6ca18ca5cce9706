import type { Readable } from 'node:stream'
import { bounds } from '../bounds.ts'
import { HardenError } from '../errors.ts'
import { parseImageConfig } from '../image/config.ts'
import type { Changes, ContainerState, DiffEntry, EngineImage } from './engine.ts'

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
  const network = reachable ? networkOf(raw) : undefined
  return {
    status,
    running,
    exitCode: running || status === 'created' ? null : state.ExitCode || exitCodeOf(error),
    oomKilled: state.OOMKilled ?? false,
    error,
    pid: running ? (state.Pid ?? 0) : 0,
    address: reachable ? addressOf(raw) : '',
    ...(network !== undefined && { network }),
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

/** Of several the one whose address is told. */
function networkOf(raw: RawContainer): string | undefined {
  return Object.entries(raw.NetworkSettings?.Networks ?? {}).find(([, network]) => network?.IPAddress)?.[0]
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
      hint: 'check whether a container engine answers there: docker context ls, and the variable DOCKER_HOST',
    },
  )
}

type Parse = (text: string) => readonly DiffEntry[]

/** Where the end of a text is missing, without the entry that it breaks off in. */
interface ChangesForm {
  readonly parse: Parse
  readonly parseStart: Parse
}

/** What the engine's API answers. */
export const jsonChanges: ChangesForm = {
  parse: parseJson,
  // In a name the quotes would have a backslash before them.
  parseStart: (text) => {
    const end = text.lastIndexOf('},{"')
    return end < 0 ? [] : parseJson(`${text.slice(0, end)}}]`)
  },
}

/** What its command prints. */
export const printedChanges: ChangesForm = {
  parse: parseLines,
  parseStart: (text) => parseLines(text.slice(0, text.lastIndexOf('\n') + 1)),
}

/** A program may make more files than anybody wants to hear of: the list is read up to a size, and for a time. */
export async function readChanges(
  body: Readable,
  { parse, parseStart }: ChangesForm,
  milliseconds: number = bounds.changesMs,
): Promise<Changes> {
  const chunks: Buffer[] = []
  let size = 0
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    body.destroy()
  }, milliseconds)
  try {
    for await (const chunk of body) {
      chunks.push(chunk as Buffer)
      size += (chunk as Buffer).length
      if (size > bounds.changesBytes)
        return {
          entries: parseStart(textOf(chunks)),
          more: `lists more than ${bounds.changesBytes / 1024 ** 2} MiB of them`,
        }
    }
  } catch (error) {
    if (!isLate) throw error
  } finally {
    clearTimeout(timer)
  }
  if (isLate) return { entries: parseStart(textOf(chunks)), more: tooSlow(milliseconds) }
  return { entries: parse(textOf(chunks)), more: null }
}

export function tooSlow(milliseconds: number): string {
  return `had not listed all of them after ${Math.round(milliseconds / 1000)} s`
}

function textOf(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8')
}

const numbers = ['changed', 'added', 'deleted'] as const

function parseJson(json: string): readonly DiffEntry[] {
  // For none it says null.
  if (json.trim() === 'null') return []
  return [...answerOf<readonly { readonly Path: string; readonly Kind: number }[]>(json)].flatMap(({ Path, Kind }) => {
    const kind = numbers[Kind]
    return kind === undefined ? [] : [{ kind, path: Path }]
  })
}

const letters = { A: 'added', C: 'changed', D: 'deleted' } as const

function parseLines(text: string): readonly DiffEntry[] {
  return text.split('\n').flatMap((line) => {
    const kind = letters[line[0] as keyof typeof letters]
    return kind === undefined || line[1] !== ' ' ? [] : [{ kind, path: line.slice(2) }]
  })
}
