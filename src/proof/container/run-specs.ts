import { randomBytes } from 'node:crypto'
import type { Engine, Mount, RunSpec } from '../../engine/engine.ts'
import { FIRST_UNPRIVILEGED_PORT } from '../../evidence/claim.ts'
import type { ImageConfig, ImageFacts } from '../../image/facts.ts'
import { normalisePath } from '../../places.ts'
import { ARBITRARY_UID, ROOT_GROUP } from '../../plan/account/account-ids.ts'
import { portKey } from '../ask/questions.ts'
import type { ProveRequest } from '../request.ts'
import { isExercised } from '../smoke/run-checks.ts'
import type { ContainerOptions } from './container.ts'
import type { ReadyOptions } from './lifecycle.ts'
import type { RunRecord } from './run-record.ts'

const MEMORY = 2 * 1024 ** 3

const PIDS = 512

/** What is known of the ports of a result. */
export interface KeptPorts {
  /** One below 1024 stays: then it is run as the engine runs it, which refuses none. */
  readonly keepsLowPort: boolean
}

/** Ports below 1024 are refused, as they are where no runtime lifts the limit (FACTS 18), unless the result keeps one. */
export function lockedSpec(image: string, { keepsLowPort }: KeptPorts): RunSpec {
  const sysctls = { 'net.ipv4.ip_unprivileged_port_start': String(FIRST_UNPRIVILEGED_PORT) }
  return limits({ image, capDrop: ['ALL'], noNewPrivileges: true, ...(keepsLowPort ? {} : { sysctls }) })
}

/** The same with a uid that no image knows; HOME and accounts are what the image itself says. */
export function arbitrarySpec(image: string, kept: KeptPorts): RunSpec {
  return { ...lockedSpec(image, kept), user: `${ARBITRARY_UID}:${ROOT_GROUP}` }
}

/** So that no image under test can take the machine down. */
export function limits(spec: RunSpec): RunSpec {
  return { ...spec, memoryBytes: MEMORY, pidsLimit: PIDS }
}

/** Where the image declares volumes, absolute. */
export function volumePaths(config: ImageConfig): readonly string[] {
  const paths = config.volumes.flatMap((volume) => normalisePath(volume, config.workdir) ?? [])
  return [...new Set(paths)].filter((path) => path !== '/')
}

/** A volume with a name for each one that is declared: it outlives the container, with all that a run has put there. */
export function namedVolumes(engine: Pick<Engine, 'session'>, config: ImageConfig): readonly Mount[] {
  const prefix = `harden-image-${engine.session}-${randomBytes(4).toString('hex')}`
  return volumePaths(config).map((target, index) => ({ type: 'volume', source: `${prefix}-${index}`, target }))
}

export async function removeVolumes(engine: Pick<Engine, 'removeVolume'>, volumes: readonly Mount[]): Promise<void> {
  await Promise.all(volumes.map(({ source = '' }) => engine.removeVolume(source)))
}

/** Until what opens as the original did, by the first sight of that. */
export function openAsSeen(
  { listeners, readyAfter }: Pick<RunRecord, 'listeners' | 'readyAfter'>,
  moved: ReadonlyMap<number, number>,
  signal: AbortSignal,
): ReadyOptions {
  const open = (listeners ?? []).filter(({ protocol, loopback }) => protocol === 'tcp' && !loopback)
  return {
    ports: [...new Set(open.map(({ port }) => moved.get(port) ?? port))],
    patience: patienceBeside(readyAfter),
    signal,
  }
}

/** What the baseline was asked, for a run beside it; `moved` says which port is which. */
export function besideOptions(
  request: Pick<ProveRequest, 'smoke' | 'signal' | 'facts'>,
  baseline: RunRecord,
  moved: ReadonlyMap<number, number>,
): ContainerOptions {
  const answered = baseline.answers
    .filter((answer) => answer.kind !== 'closed' && answer.unasked !== true)
    .map((answer) => ({ ...answer, port: moved.get(answer.port) ?? answer.port }))
  return {
    smoke: request.smoke,
    routes: baseline.routes
      .filter(isExercised)
      .map(({ request: one, port, values }) => ({ request: one, port, usual: values })),
    stopSignal: request.facts.config.stopSignal,
    quiet: wasQuiet(baseline),
    signal: request.signal,
    ports: answered.filter(({ protocol }) => protocol === 'tcp').map(({ port }) => port),
    known: new Map(answered.map((answer) => [portKey(answer), answer])),
    portNames: new Map(baseline.answers.map((answer) => [answer.port, moved.get(answer.port) ?? answer.port])),
    patience: patienceBeside(baseline.readyAfter),
    smokePatience: baseline.smokeAfter * 3 + 5000,
  }
}

/** Nothing was said to any of its ports. */
export function wasQuiet({ answers }: Pick<RunRecord, 'answers'>): boolean {
  return answers.length > 0 && answers.every(({ unasked }) => unasked === true)
}

/** A result that comes up much later than the original did is not waited for. Milliseconds. */
function patienceBeside(readyAfter: number): number {
  return Math.max(10_000, readyAfter * 3 + 5000)
}

export function rootHome(facts: Pick<ImageFacts, 'config' | 'accounts'>): string {
  const set = facts.config.env.get('HOME')
  if (set !== undefined) return set
  return facts.accounts.known ? (facts.accounts.value.users.find((user) => user.uid === 0)?.home ?? '/') : '/root'
}

export function exposedTcp({ exposedPorts }: ImageConfig): readonly number[] {
  return exposedPorts.filter((port) => port.protocol === 'tcp').map((port) => port.port)
}
