import { joinTruncated } from '../words.ts'
/** The parts of `docker inspect` that remapping cares about. */
export interface ContainerInfo {
  readonly Id?: string
  readonly Name?: string
  readonly State?: { readonly Running?: boolean }
  readonly Config?: { readonly User?: string }
  readonly HostConfig?: {
    readonly Privileged?: boolean
    readonly PidMode?: string
    readonly NetworkMode?: string
    readonly IpcMode?: string
    readonly UsernsMode?: string
    readonly CapAdd?: readonly string[] | null
    readonly Devices?: readonly { readonly PathOnHost?: string }[] | null
  }
  readonly Mounts?: readonly {
    readonly Type?: string
    readonly Source?: string
    readonly Destination?: string
    readonly Driver?: string
    readonly RW?: boolean
  }[]
}

export interface ContainerReport {
  readonly name: string
  readonly running: boolean
  /** Runs with `--userns=host` already: nothing changes for it. */
  readonly exempt: boolean
  /** Why it cannot run remapped. Each of these is refused or fails, as measured on Docker 26.1. */
  readonly needsHost: readonly string[]
  /** What may change for it when it runs remapped. */
  readonly changes: readonly string[]
}

/** Capabilities over what no namespace has of its own (user_namespaces(7)): a remapped root has them in vain. */
const hostCapabilities = new Set(
  'ALL SYS_TIME SYS_MODULE SYS_RAWIO SYS_BOOT SYSLOG SYS_PACCT MKNOD DAC_READ_SEARCH LINUX_IMMUTABLE WAKE_ALARM BLOCK_SUSPEND MAC_ADMIN MAC_OVERRIDE AUDIT_CONTROL BPF PERFMON'.split(
    ' ',
  ),
)

/** A container in the namespace of one that needs the host's user namespace needs it too. */
export function containerReports(containers: readonly ContainerInfo[], mapped: number): readonly ContainerReport[] {
  const reports = containers.map((container) => report(container, mapped))
  const needy = new Map<string, string>()
  for (let before = -1; before !== needy.size; ) {
    before = needy.size
    containers.forEach((container, index) => {
      const one = reports[index]
      if (one === undefined) return
      const { PidMode, NetworkMode, IpcMode } = container.HostConfig ?? {}
      const [other] = [PidMode, NetworkMode, IpcMode].flatMap((mode) => {
        const id = /^container:(.+)$/.exec(mode ?? '')?.[1]
        const name = id === undefined ? undefined : needy.get(id)
        return name === undefined ? [] : [name]
      })
      if (one.exempt || one.needsHost.length > 0 || other !== undefined) {
        needy.set(container.Id ?? one.name, one.name).set(one.name, one.name)
      }
      if (!one.exempt && one.needsHost.length === 0 && other !== undefined) {
        reports[index] = { ...one, needsHost: [`shares a namespace of ${other}, which is not remapped`] }
      }
    })
  }
  return reports
}

function report(container: ContainerInfo, mapped: number): ContainerReport {
  const { HostConfig: host = {} } = container
  const exempt = host.UsernsMode === 'host'
  return {
    name: (container.Name ?? container.Id ?? '?').replace(/^\//, ''),
    running: container.State?.Running === true,
    exempt,
    needsHost: exempt ? [] : [...needs(container, mapped)],
    changes: exempt ? [] : [...changes(container)],
  }
}

function* needs({ HostConfig: host = {}, Config, Mounts = [] }: ContainerInfo, mapped: number): Iterable<string> {
  if (host.Privileged) yield '--privileged: dockerd refuses it'
  if (host.PidMode === 'host') yield '--pid=host: dockerd refuses it'
  if (host.NetworkMode === 'host') yield '--network=host: dockerd refuses it'
  if (host.IpcMode === 'host') yield '--ipc=host: it does not start, mqueue may not be mounted'
  const uid = Number(/^\d+/.exec(Config?.User ?? '')?.[0] ?? 0)
  if (uid >= mapped) yield `user ${uid}: only ${mapped} ids are mapped, it does not start`
  for (const name of (host.CapAdd ?? []).map((capability) => capability.replace(/^CAP_/, '').toUpperCase())) {
    if (hostCapabilities.has(name) && !host.Privileged) yield `--cap-add=${name}: has no effect on the host's own`
  }
  for (const { Source = '' } of Mounts) {
    if (/\/(docker|containerd|podman|crio)\.sock$/.test(Source)) yield `${Source}: only the host's root may open it`
  }
}

function* changes({ HostConfig: host = {}, Mounts = [] }: ContainerInfo): Iterable<string> {
  for (const [isWritable, may] of [
    [true, 'write'],
    [false, 'read'],
  ] as const) {
    const bound = Mounts.flatMap(({ Type, Source = '', Destination = '', RW = false }) =>
      Type === 'bind' && RW === isWritable ? [`${Source} on ${Destination}`] : [],
    )
    if (bound.length > 0)
      yield `root in the container can ${may} there only what any user of the host can: ${joinTruncated(bound)}`
  }
  for (const { PathOnHost = '' } of host.Devices ?? [])
    yield `device ${PathOnHost}: root in the container is not its owner any more`
  for (const { Type, Driver = 'local' } of Mounts) {
    if (Type === 'volume' && Driver !== 'local') yield `volume driver ${Driver}: it must know of remapping`
  }
}
