import type { Readable } from 'node:stream'
import { bounds } from '../../bounds.ts'
import { HardenError } from '../../errors.ts'
import {
  imageArgument,
  limitsOf,
  nameArgument,
  networkArgument,
  noCoreDumps,
  volumesToMake,
  WITHOUT_HOST,
} from '../arguments.ts'
import {
  cleanUp,
  leftovers,
  type MadeImages,
  removeLeftovers,
  sessionLabels,
  timedStop,
  withUnstarted,
} from '../clean-up.ts'
import type { Cli } from '../cli/process.ts'
import type { Changes, Enforced, Engine, RunSpec } from '../engine.ts'
import { failureOf, pullFailure, startErrors } from '../failure.ts'
import { answerOf, jsonChanges, parseImage, parseState, parseWritten, readChanges, tooSlow } from '../inspect.ts'
import { logLimits } from '../kinds.ts'
import { apiLeftovers, apiRemover, removeOne } from './api-remover.ts'
import type { Daemon, ReadBody, Reply } from './daemon.ts'

interface ApiFacts {
  /** Container addresses can be reached from this machine. */
  readonly reachable: boolean
  readonly made: MadeImages
  /** Kills what the CLI runs. */
  readonly closeCli: () => Promise<Pick<Cli, 'killed'>>
}

/**
 * The engine port over the Docker Engine API. A proof asks the engine some seventy times, and each run of its CLI costs
 * more than the answer. What needs the CLI's own work (builds, credentials of a registry, exec) is left to `cli`.
 */
export function createApiEngine(daemon: Daemon, cli: Engine, { reachable, made, closeCli }: ApiFacts): Engine {
  const { session, enforces } = cli
  const errors = startErrors('docker')

  const inspect = (container: string): Promise<string> =>
    daemon.call(`inspect container ${container}`, 'GET', `${pathOf(container)}/json`)

  const create = async (spec: RunSpec): Promise<string> => {
    for (const volume of volumesToMake(spec)) await createVolume(daemon, volume, session)
    const { status, text } = await daemon.ask('POST', '/containers/create', {
      body: containerBody(spec, session, enforces),
    })
    if (status === 404) throw pullFailure('docker', spec.image, text)
    if (status >= 400) throw failureOf('docker', `create a container of ${spec.image}`, text)
    const { Id } = answerOf<{ readonly Id?: unknown }>(text)
    if (typeof Id === 'string') return Id
    throw failureOf('docker', `create a container of ${spec.image}`, 'it names none')
  }

  const start = async (container: string): Promise<void> => {
    const { status, text } = await daemon.ask('POST', `${pathOf(container)}/start`)
    if (status >= 400) errors.add(container, text)
  }

  const remove = async (container: string): Promise<void> => {
    const reply = await removeOne(daemon, 'container', nameArgument(container))
    if (!isGone(reply)) throw failureOf('docker', `remove container ${container}`, reply.text)
  }

  const stream = <T>(task: string, path: string, read: ReadBody<T>, query = {}): Promise<T | null> =>
    daemon.stream(task, path, read, { query })

  return {
    ...cli,
    create,
    createLender: create,
    start,
    remove,
    run: async (spec) => {
      const container = await create(spec)
      await start(container)
      return container
    },
    inspectImage: async (reference) => {
      const { status, text } = await daemon.ask('GET', `/images/${imageArgument(reference)}/json`)
      if (status < 400) return parseImage(text)
      if (status === 404) return null
      throw failureOf('docker', `inspect image ${reference}`, text)
    },
    exportImage: (reference, read) =>
      withUnstarted({ create, remove }, reference, async (container) => {
        const task = `export ${reference}`
        const result = await stream(task, `${pathOf(container)}/export`, async (tar) => ({ read: await read(tar) }))
        if (result === null) throw failureOf('docker', task, 'its container is gone')
        return result.read
      }),
    copyOut: (container, path, read) =>
      stream(`copy ${path} out of a container`, `${pathOf(container)}/archive`, read, { path }),
    state: async (container) => parseState(await inspect(container), reachable, errors.of(container)),
    written: async (container) => {
      const { status, text } = await daemon.ask('GET', `${pathOf(container)}/json`, { query: { size: '1' } })
      return status < 400 ? parseWritten(text) : null
    },
    createNetwork: async ({ name, hostless }) => {
      const body = {
        Name: nameArgument(name),
        Internal: true,
        EnableIPv6: false,
        Options: hostless ? { [WITHOUT_HOST]: 'true' } : {},
        Labels: sessionLabels(session),
      }
      await daemon.call(`create network ${name}`, 'POST', '/networks/create', { body })
    },
    removeNetwork: async (network) => {
      await removeOne(daemon, 'network', nameArgument(network))
    },
    logs: async (container) => {
      const read: ReadBody<string> = (body, type) => readLogStream(body, !type.endsWith('raw-stream'), bounds.logBytes)
      const task = `read the logs of ${container}`
      const text = await stream(task, `${pathOf(container)}/logs`, read, { stdout: '1', stderr: '1' })
      if (text === null) throw failureOf('docker', task, `No such container: ${container}`)
      return text
    },
    diff: async (container) => {
      const task = `compare container ${container} with its image`
      const options = { timeoutMs: bounds.changesMs }
      const read: ReadBody<Changes> = (body) => readChanges(body, jsonChanges)
      const changes = await daemon.stream(task, `${pathOf(container)}/changes`, read, options).catch(unlessLate)
      if (changes === null) throw failureOf('docker', task, `No such container: ${container}`)
      return changes
    },
    listeners: async (container, pid) =>
      cli.listeners(container, pid ?? parseState(await inspect(container), reachable).pid),
    stop: (container, graceSeconds) =>
      timedStop(graceSeconds, async (seconds, options) => {
        const request = { query: { t: String(seconds) }, ...options }
        await daemon.call(`stop container ${container}`, 'POST', `${pathOf(container)}/stop`, request)
      }),
    removeVolume: async (volume) => {
      await removeOne(daemon, 'volume', nameArgument(volume))
    },
    removeImage: async (reference) => {
      const reply = await removeOne(daemon, 'image', imageArgument(reference))
      if (!isGone(reply)) throw failureOf('docker', `remove image ${reference}`, reply.text)
    },
    cleanUp: async () => {
      const last = daemon.close()
      const { killed } = await closeCli()
      return cleanUp({ ...apiRemover(last, session), killed: () => killed() || last.killed() }, made, session)
    },
    leftovers: () => leftovers(apiLeftovers(daemon)),
    removeLeftovers: (found) => removeLeftovers(apiLeftovers(daemon), found),
  }
}

/** It compares all files before it says the first word. */
function unlessLate(error: unknown): Changes {
  if (error instanceof HardenError && error.code === 'timeout') return { entries: [], more: tooSlow(bounds.changesMs) }
  throw error
}

function pathOf(container: string): string {
  return `/containers/${nameArgument(container)}`
}

/** Also what another request is removing right now. */
function isGone({ status, text }: Reply): boolean {
  return status < 400 || status === 404 || /already in progress/.test(text)
}

/** An existing one keeps its own label. */
async function createVolume(daemon: Daemon, volume: string, session: string): Promise<void> {
  const body = { Name: nameArgument(volume), Labels: sessionLabels(session) }
  await daemon.call(`create volume ${volume}`, 'POST', '/volumes/create', { body })
}

/** Body of `POST /containers/create` for a spec: what `runArguments` says in flags. */
export function containerBody(spec: RunSpec, session: string, enforces: Enforced): object {
  const { memoryBytes, pids, cpus } = limitsOf(spec, enforces)
  const mounted = (spec.mounts ?? []).filter(({ type }) => type !== 'tmpfs')
  const tmpfs = (spec.mounts ?? []).filter(({ type }) => type === 'tmpfs')
  return {
    Image: imageArgument(spec.image),
    User: spec.user ?? '',
    Env: Object.entries(spec.env ?? {}).map(([name, text]) => `${name}=${text}`),
    ...(spec.entrypoint !== undefined && { Entrypoint: [spec.entrypoint] }),
    ...(spec.command !== undefined && { Cmd: spec.command }),
    Labels: { ...spec.labels, ...sessionLabels(session) },
    Tty: spec.tty ?? false,
    HostConfig: {
      ...(memoryBytes !== null && { Memory: memoryBytes, MemorySwap: memoryBytes }),
      ...(pids !== null && { PidsLimit: pids }),
      ...(cpus !== null && { NanoCpus: Math.round(cpus * 1e9) }),
      Ulimits: [{ Name: noCoreDumps, Soft: 0, Hard: 0 }],
      LogConfig: { Type: logLimits.driver, Config: logLimits.options },
      GroupAdd: (spec.groups ?? []).map(String),
      CapDrop: spec.capDrop ?? [],
      CapAdd: spec.capAdd ?? [],
      SecurityOpt: [
        ...(spec.noNewPrivileges ? ['no-new-privileges'] : []),
        ...(spec.unlabelled ? ['label=disable'] : []),
      ],
      ReadonlyRootfs: spec.readOnly ?? false,
      Sysctls: spec.sysctls ?? {},
      Mounts: mounted.map(({ type, source, target, writable = false }) => ({
        Type: type,
        Target: target,
        ...(source !== undefined && { Source: type === 'bind' ? source : nameArgument(source) }),
        ...(type === 'bind' && { ReadOnly: !writable }),
      })),
      Tmpfs: Object.fromEntries(tmpfs.map(({ target, options }) => [target, options ?? ''])),
      VolumesFrom: (spec.volumesFrom ?? []).map(nameArgument),
      ...(spec.network !== undefined && { NetworkMode: networkArgument(spec.network) }),
      ...(spec.dns !== undefined && { Dns: spec.dns }),
      ...(spec.hosts !== undefined && {
        ExtraHosts: Object.entries(spec.hosts).map(([host, address]) => `${host}:${address}`),
      }),
    },
  }
}

const headerBytes = 8

/**
 * Last `keptBytes` of a container's stdout and stderr together. `framed`: each piece follows a header of eight bytes, its
 * stream and its length (big-endian, from byte 4 on), as the API sends it for a container without a terminal.
 */
export async function readLogStream(body: Readable, framed: boolean, keptBytes: number): Promise<string> {
  const kept = tailOf(keptBytes)
  let header = Buffer.alloc(0)
  let left = 0
  for await (const part of body) {
    let chunk = part as Buffer
    if (!framed) {
      kept.add(chunk)
      continue
    }
    while (chunk.length > 0) {
      if (left > 0) {
        kept.add(chunk.subarray(0, left))
        const taken = Math.min(left, chunk.length)
        left -= taken
        chunk = chunk.subarray(taken)
        continue
      }
      const missing = headerBytes - header.length
      header = Buffer.concat([header, chunk.subarray(0, missing)])
      chunk = chunk.subarray(missing)
      if (header.length === headerBytes) {
        left = header.readUInt32BE(4)
        header = Buffer.alloc(0)
      }
    }
  }
  return kept.text()
}

/** Keeps no more than twice what is asked for, however much comes. */
function tailOf(bytes: number): { add(chunk: Buffer): void; text(): string } {
  let chunks: Buffer[] = []
  let size = 0
  const cut = (): Buffer => {
    const all = Buffer.concat(chunks)
    return all.subarray(Math.max(0, all.length - bytes))
  }
  return {
    add: (chunk) => {
      chunks.push(chunk)
      size += chunk.length
      if (size <= 2 * bytes) return
      const rest = cut()
      chunks = [rest]
      size = rest.length
    },
    text: () => cut().toString('utf8'),
  }
}
