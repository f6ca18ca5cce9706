import { bounds } from '../bounds.ts'
import type { ExposedPort, Healthcheck, ImageConfig, ImageFacts } from './facts.ts'

type ConfigJson = Readonly<Record<string, unknown>>

/**
 * The `config` object of an OCI or Docker image, as a registry, an archive and `docker image inspect` give it.
 * Whatever is missing or of another type counts as not set.
 */
export function parseImageConfig(raw: unknown): ImageConfig {
  const config = asObject(raw)
  return {
    user: asString(config.User),
    entrypoint: asWords(config.Entrypoint),
    cmd: asWords(config.Cmd),
    env: parsePairs(asStrings(config.Env)),
    ...parsePorts(Object.keys(asObject(config.ExposedPorts))),
    ...takenVolumes(Object.keys(asObject(config.Volumes))),
    workdir: asString(config.WorkingDir) || '/',
    healthcheck: parseHealthcheck(config.Healthcheck),
    onbuild: asStrings(config.OnBuild),
    shell: asWords(config.Shell),
    stopSignal: asString(config.StopSignal) || null,
    labels: new Map(Object.entries(asObject(config.Labels)).map(([key, value]) => [key, asString(value)])),
  }
}

function parseHealthcheck(raw: unknown): Healthcheck | null {
  const check = asObject(raw)
  const test = asStrings(check.Test)
  if (test.length === 0) return null
  const interval = milliseconds(check.Interval)
  const timeout = milliseconds(check.Timeout)
  const startPeriod = milliseconds(check.StartPeriod)
  const startInterval = milliseconds(check.StartInterval)
  return {
    test,
    ...(interval > 0 && { intervalMs: interval }),
    ...(timeout > 0 && { timeoutMs: timeout }),
    ...(startPeriod > 0 && { startPeriodMs: startPeriod }),
    ...(startInterval > 0 && { startIntervalMs: startInterval }),
    ...(typeof check.Retries === 'number' && check.Retries > 0 && { retries: check.Retries }),
  }
}

/** Image configs hold durations in nanoseconds. */
function milliseconds(value: unknown): number {
  return typeof value === 'number' ? Math.round(value / 1e6) : 0
}

/** The first port that needs no privilege. */
export const FIRST_HIGH_PORT = 1024

export const morePorts = `more than ${bounds.ports} ports are exposed`

/** `80/tcp`, `53/udp`, `80`, and the ranges that old builders left: `8000-8002/tcp`. */
function parsePorts(texts: readonly string[]): Pick<ImageConfig, 'exposedPorts' | 'portsLeftOut'> {
  const exposedPorts: ExposedPort[] = []
  let isLowLeftOut = false
  for (const text of texts) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text)
    if (match === null) continue
    const last = Math.min(Number(match[2] ?? match[1]), 65535)
    const protocol = (match[3]?.toLowerCase() ?? 'tcp') as ExposedPort['protocol']
    let port = Number(match[1])
    for (; port <= last && exposedPorts.length < bounds.ports; port += 1) exposedPorts.push({ port, protocol })
    isLowLeftOut ||= port <= last && port < FIRST_HIGH_PORT
  }
  return isLowLeftOut ? { exposedPorts, portsLeftOut: morePorts } : { exposedPorts }
}

function takenVolumes(paths: readonly string[]): Pick<ImageConfig, 'volumes' | 'volumesLeftOut'> {
  const volumes = paths.filter(isTakenPath).slice(0, bounds.volumes)
  return volumes.length < paths.length ? { volumes, volumesLeftOut: true } : { volumes }
}

/** Whether the path of a volume is taken in; one that is merely long is refused, with that reason, where it would be written. */
export function isTakenPath(path: string): boolean {
  return path.split('/').length <= bounds.pathDepth + 1
}

function parsePairs(pairs: readonly string[]): ReadonlyMap<string, string> {
  const result = new Map<string, string>()
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at > 0) result.set(pair.slice(0, at), pair.slice(at + 1))
  }
  return result
}

/** An empty list is the same as none: `ENTRYPOINT []` resets. */
function asWords(value: unknown): readonly string[] | null {
  const words = asStrings(value)
  return words.length === 0 ? null : words
}

function asStrings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

function asString(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function asObject(value: unknown): ConfigJson {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ConfigJson) : {}
}

/** A config that says nothing. */
export const emptyConfig: ImageConfig = {
  user: '',
  entrypoint: null,
  cmd: null,
  env: new Map(),
  exposedPorts: [],
  volumes: [],
  workdir: '/',
  healthcheck: null,
  onbuild: [],
  shell: null,
  stopSignal: null,
  labels: new Map(),
}

/** The facts of a base image that nobody could look at: none, for this reason. */
export function unknownFacts(reference: string, reason: string): ImageFacts {
  const unknown = { known: false, reason } as const
  return {
    reference,
    source: 'derived',
    digest: null,
    platform: { os: 'linux', architecture: '' },
    config: emptyConfig,
    accounts: unknown,
    files: unknown,
    os: unknown,
  }
}
