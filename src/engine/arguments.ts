import { HardenError } from '../errors.ts'
import { parseImageReference } from '../image/reference.ts'
import { labelFlags, sessionLabels } from './clean-up.ts'
import type { Enforced, Mount, NetworkSpec, RunSpec } from './engine.ts'
import { csvField, ENGINES, type EngineName } from './kinds.ts'

/** Arguments of `create` or `run` for a spec. The image is never pulled here. */
export function runArguments(
  name: EngineName,
  spec: RunSpec,
  session: string,
  command: readonly ['create'] | readonly ['run', ...string[]],
  enforces: Enforced,
): readonly string[] {
  const { memoryBytes, pids, cpus } = limitsOf(spec, enforces)
  return [
    ...command,
    '--pull=never',
    ...labelFlags(sessionLabels(session)),
    ...(memoryBytes === null ? [] : [`--memory=${memoryBytes}b`, `--memory-swap=${memoryBytes}b`]),
    ...(pids === null ? [] : [`--pids-limit=${pids}`]),
    ...(cpus === null ? [] : [`--cpus=${cpus}`]),
    `--ulimit=${noCoreDumps}=0:0`,
    ...ENGINES[name].logs,
    ...(spec.user === undefined ? [] : [`--user=${spec.user}`]),
    ...(spec.groups ?? []).map((group) => `--group-add=${group}`),
    ...(spec.capDrop ?? []).map((capability) => `--cap-drop=${capability}`),
    ...(spec.capAdd ?? []).map((capability) => `--cap-add=${capability}`),
    ...(spec.noNewPrivileges ? ['--security-opt=no-new-privileges'] : []),
    ...(spec.unlabelled ? ['--security-opt=label=disable'] : []),
    ...(spec.readOnly ? ['--read-only', ...ENGINES[name].readOnly] : []),
    ...Object.entries(spec.sysctls ?? {}).map(([key, value]) => `--sysctl=${key}=${value}`),
    ...Object.entries(spec.env ?? {}).map(([key, value]) => `--env=${key}=${value}`),
    ...(spec.mounts ?? []).map((mount) => mountArgument(name, mount)),
    ...(spec.volumesFrom ?? []).map((container) => `--volumes-from=${nameArgument(container)}`),
    ...(spec.entrypoint === undefined ? [] : [`--entrypoint=${ENGINES[name].entrypoint(spec.entrypoint)}`]),
    ...(spec.network === undefined ? [] : [`--network=${networkArgument(spec.network)}`]),
    ...(spec.dns ?? []).map((server) => `--dns=${server}`),
    ...Object.entries(spec.hosts ?? {}).map(([host, address]) => `--add-host=${host}:${address}`),
    ...(spec.tty ? ['--tty'] : []),
    ...Object.entries(spec.labels ?? {}).map(([key, value]) => `--label=${key}=${value}`),
    '--',
    imageArgument(spec.image),
    ...(spec.command ?? []),
  ]
}

/** The network of bridge drivers; an option of Docker alone leaves the bridge without an address of the host's. */
export const WITHOUT_HOST = 'com.docker.network.bridge.inhibit_ipv4'

/** Arguments of `network create`. */
export function networkArguments(name: EngineName, spec: NetworkSpec, session: string): readonly string[] {
  return [
    'network',
    'create',
    '--internal',
    ...labelFlags(sessionLabels(session)),
    ...ENGINES[name].createNetwork,
    ...(spec.hostless ? [`--opt=${WITHOUT_HOST}=true`] : []),
    '--',
    nameArgument(spec.name),
  ]
}

/** A network's name, or `container:ID`. */
export function networkArgument(network: string): string {
  const shared = /^container:(.+)$/.exec(network)?.[1]
  return shared === undefined ? nameArgument(network) : `container:${nameArgument(shared)}`
}

function mountArgument(name: EngineName, mount: Mount): string {
  if (mount.type === 'tmpfs') return ENGINES[name].tmpfs(mount)
  const { type, source, target, writable = false } = mount
  const fields = [
    `type=${type}`,
    ...(source === undefined ? [] : [`source=${type === 'bind' ? source : nameArgument(source)}`]),
    `target=${target}`,
    ...(type === 'bind' && !writable ? ['readonly'] : []),
  ]
  return `--mount=${fields.map(csvField).join(',')}`
}

const identifier = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/

const imageId = /^(?:sha256:)?[a-f0-9]{12,64}$/

/** An image for the command line: an id that an engine gave, or a parsed reference. No text of a user becomes a flag. */
export function imageArgument(reference: string): string {
  if (imageId.test(reference)) return reference
  return parseImageReference(reference).text
}

/** With registry and tag, for engines that resolve short names another way than Docker. */
export function fullName(reference: string): string {
  const { repository, tag, digest } = parseImageReference(reference)
  if (digest !== null) return `${repository}@${digest}`
  return `${repository}:${tag ?? 'latest'}`
}

/** Id or name of a container, volume or network. */
export function nameArgument(name: string): string {
  if (identifier.test(name)) return name
  throw new HardenError('engine-failed', `${JSON.stringify(name)} is not the name of a container, volume or network`)
}

/** Enough for PostgreSQL or a JVM, and no danger to the machine. Swap is none of it. */
const defaultMemory = 2 * 1024 ** 3

const defaultPids = 512

export const logBytes = 16 * 1024 ** 2

/** The limit on the files that the kernel writes of a program that crashes: as large as its memory, each time. */
export const noCoreDumps = 'core'

interface Limits {
  /** Each null where the engine cannot hold a container to it. */
  readonly memoryBytes: number | null
  readonly pids: number | null
  readonly cpus: number | null
}

export function limitsOf(spec: Pick<RunSpec, 'memoryBytes' | 'pidsLimit'>, enforces: Enforced): Limits {
  return {
    memoryBytes: enforces.memory ? (spec.memoryBytes ?? defaultMemory) : null,
    pids: enforces.pids ? (spec.pidsLimit ?? defaultPids) : null,
    cpus: enforces.cpus === null ? null : cpusOf(enforces.cpus),
  }
}

/** All but half of one, so that whoever sits at the machine can still stop it. */
function cpusOf(all: number): number {
  return Math.max(all - 0.5, all * 0.75)
}

/** Names of the volumes of a spec, which have to be made first: mounting one by its name would make it without a label. */
export function volumesToMake({ mounts = [] }: RunSpec): readonly string[] {
  return mounts.flatMap(({ type, source }) => (type === 'volume' && source !== undefined ? [source] : []))
}
