import { HardenError } from '../errors.ts'
import { counted } from '../report/summary.ts'
import { type ContainerReport, containerReports } from './containers.ts'
import { readDaemonConfig } from './daemon-config.ts'
import type { EngineFacts, HostFacts } from './facts.ts'
import { accountsOf, etcOf } from './plan.ts'
import { checkRange, parseSubIds, rangeSize, rangesOf, resolveRemapUser, totalOf } from './sub-ids.ts'

/** `configured`: daemon.json says so, and whether a daemon runs with it is not known. */
type State = 'on' | 'off' | 'configured' | 'restart-needed' | 'broken' | 'rootless'

interface Mapping {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly mapped: number
}

export interface Assessment {
  readonly state: State
  /** What the state means, one sentence. */
  readonly summary: string
  /** Of the account that daemon.json or the daemon's flag names; null where there is none. */
  readonly mapping: Mapping | null
  readonly blockers: readonly Blocker[]
  readonly containers: readonly ContainerReport[]
  /** What else changes on this host. */
  readonly effects: readonly string[]
  /** What may surprise. */
  readonly remarks: readonly string[]
}

/** Whether remapping is on, whether it could be, and what it would break. Throws HardenError for a broken daemon.json. */
export function assess(host: HostFacts): Assessment {
  const config = readDaemonConfig(host.config.text, host.config.name)
  const { engine } = host
  const local = engine.answers ? engine : null
  // Another file says nothing about the engine that answers.
  const own = local?.readsConfig === false ? null : local
  const wanted = config.remap ?? own?.flag ?? null
  const { mapping, fault } = wanted === null ? { mapping: null, fault: null } : mappingOf(host, wanted)
  const state = stateOf(wanted, fault, own, local?.rootless === true && local.readsConfig !== false)
  // Where remapping is on, nothing prevents it, and the flag is how it was turned on.
  const inTheWay = state === 'on' ? [] : blockers(host)
  return {
    state,
    summary: summary(state, mapping, fault, host),
    mapping,
    blockers: inTheWay,
    containers: local === null ? [] : containerReports(local.containers, mapping?.mapped ?? rangeSize),
    effects:
      state === 'on' || state === 'rootless' ? [] : [...effects(local, config.liveRestore, config.containerdImages)],
    remarks: [...remarks(host, config.hasComments)],
  }
}

function stateOf(wanted: string | null, fault: string | null, own: EngineFacts | null, rootless: boolean): State {
  if (rootless) return 'rootless'
  if (wanted !== null && fault !== null && own?.remapped !== true) return 'broken'
  if (own === null) return wanted === null ? 'off' : 'configured'
  if (own.remapped) return wanted === null ? 'restart-needed' : 'on'
  return wanted === null ? 'off' : 'restart-needed'
}

function mappingOf(
  host: HostFacts,
  wanted: string,
): { readonly mapping: Mapping | null; readonly fault: string | null } {
  try {
    const { name, uid } = resolveRemapUser(wanted, accountsOf(host), etcOf(host))
    const [uids, gids] = [host.subuid, host.subgid].map((file) => {
      const ranges = rangesOf(parseSubIds(file.text ?? ''), name, uid)
      for (const range of ranges) checkRange(range, file.name)
      if (ranges.length === 0) throw new HardenError('bad-config', `${file.name} has no range for ${name}`)
      return ranges
    })
    const mapped = Math.min(totalOf(uids ?? []), totalOf(gids ?? []))
    return { mapping: { name, uid: uids?.[0]?.start ?? 0, gid: gids?.[0]?.start ?? 0, mapped }, fault: null }
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
    return { mapping: null, fault: error.message }
  }
}

function summary(state: State, mapping: Mapping | null, fault: string | null, { config, engine }: HostFacts): string {
  const who = mapping === null ? 'another uid' : `uid ${mapping.uid}, gid ${mapping.gid}`
  switch (state) {
    case 'on':
      return `on: root in a container is ${who} on this host`
    case 'off':
      return 'off: root in a container is root on this host'
    case 'rootless':
      return 'not needed: the engine is rootless, root in a container is the user who runs it'
    case 'configured':
      return `configured: root in a container will be ${who} on this host, when dockerd has started with ${config.name}`
    case 'broken':
      return `broken: ${config.name} asks for it, but dockerd will not start: ${fault}`
    case 'restart-needed':
      return engine.answers && engine.remapped
        ? `still on: ${config.name} does not ask for it any more, and dockerd was not restarted since`
        : `not yet on: ${config.name} asks for it, and dockerd was not restarted since; root in a container is still root on this host`
  }
}

function* effects(engine: EngineFacts | null, liveRestore: boolean, containerdImages: boolean): Iterable<string> {
  const count = engine === null ? 'images, containers and volumes' : inventory(engine)
  yield `${count} that exist now become invisible, since the data moves to a folder of its own; they are back when remapping is off again`
  const free = engine?.freeBytes ?? null
  yield `what is pulled or built again needs its disk space a second time${free === null ? '' : `; ${gigabytes(free)} are free`}`
  yield 'bind mounts keep their owners: root in a container has no more rights there than any other user'
  yield 'one mapping for the whole daemon; --userns=host exempts a container, and its root is then root again'
  if (liveRestore) yield 'live-restore is on: stop all containers before the restart, or they run on unseen'
  if (containerdImages || engine?.storageDriver === 'overlayfs')
    yield 'the containerd image store is in use, and Docker documents it as not available with remapping (moby issue 47377)'
}

function inventory({ images, containers, usage }: EngineFacts): string {
  const counts = `${counted(images, 'image')}, ${counted(containers.length, 'container')} and all volumes`
  return usage.length === 0 ? counts : `${counts} (${usage.join(', ')})`
}

function* remarks({ engine, config, root }: HostFacts, hasComments: boolean): Iterable<string> {
  if (!engine.answers) {
    yield `no engine was asked (${engine.reason}): its containers and what it runs with are unknown`
  } else if (engine.readsConfig === false) {
    yield `the engine that answers was started with ${engine.configFile ?? 'another file'}, not ${config.path}: what is said of containers is of that engine`
  } else if (engine.readsConfig === null && root !== '/') {
    yield `whether the engine that answers belongs to ${root} is unknown`
  }
  if (hasComments) yield `${config.name} has comments, and dockerd does not start with them: JSON has none`
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}

/** Why dockerd would not start, or not remap, with any daemon.json. */
interface Blocker {
  readonly message: string
  readonly hint: string
}

/** Empty where remapping could be on. */
export function blockers(host: HostFacts): readonly Blocker[] {
  return [...kernel(host), ...flags(host), ...engine(host), ...folders(host)]
}

function* kernel({ kernel: { supported, maximum } }: HostFacts): Iterable<Blocker> {
  if (supported === false) {
    yield { message: 'this kernel has no user namespaces (CONFIG_USER_NS)', hint: 'use a kernel that has them' }
  } else if (maximum === 0) {
    yield {
      message: 'the kernel allows no user namespaces: user.max_user_namespaces is 0',
      hint: 'allow some: sysctl -w user.max_user_namespaces=15000, and the same line in /etc/sysctl.d/',
    }
  }
}

function* flags({ flags, engine, config }: HostFacts): Iterable<Blocker> {
  const process =
    engine.answers && engine.flag !== null ? [{ where: `dockerd ${engine.version}, running`, value: engine.flag }] : []
  for (const { where, value } of [...flags, ...process]) {
    yield {
      message: `${where}: dockerd is started with --userns-remap=${value}, and with the same key in ${config.name} it does not start`,
      hint: 'take the flag away first, or leave remapping to it; --engine none does not ask the engine',
    }
  }
}

function* engine({ engine, config }: HostFacts): Iterable<Blocker> {
  if (engine.answers && engine.rootless) {
    yield {
      message: 'the engine that answers is rootless: it lives in a user namespace already and cannot remap again',
      hint: 'nothing is to be done for it; for another engine on this host set DOCKER_HOST, or use --engine none',
    }
  } else if (/\/\.config\/docker\/daemon\.json$/.test(config.path)) {
    yield {
      message: `${config.name} is the file of a rootless daemon: it lives in a user namespace already`,
      hint: 'the system daemon reads /etc/docker/daemon.json',
    }
  }
}

function* folders({ closedFolder }: HostFacts): Iterable<Blocker> {
  if (closedFolder !== null) {
    yield {
      message: `${closedFolder}, above the daemon's data, cannot be passed by others, and the remapped root is one of them`,
      hint: `chmod o+x ${closedFolder}`,
    }
  }
}
