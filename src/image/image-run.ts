import type { ImageConfig } from './facts.ts'

/** Sockets of container engines, as they are mounted into a container that is to speak to the engine of its host. */
export const HOST_SOCKET = /\/(?:var\/)?run\/(?:docker|podman\/podman|containerd\/containerd|crio\/crio)\.sock\b/

export const HOST_SOCKET_HINT =
  'run it with the group of that socket (--group-add, group_add), by its number on the host; who reaches it is as good as root there, whatever USER says'

/** How a file of its repository has containers of an image run. */
export interface ImageRun {
  /** `service api of compose.yaml`, `README.md line 12`, for people. */
  readonly by: string
  /** The file that says so, absolute; absent where a project is planned with its services. */
  readonly file?: string
  /** A command line in a document may be a shortened example; a service or a pod lists everything that it has. */
  readonly kind: 'service' | 'command' | 'pod'
  /** The stage that is built for it; null for the last one. */
  readonly stage: string | null
  readonly mounts: readonly RunMount[]
  readonly privileged: boolean
  /** It shares the processes of the host. */
  readonly hostPid: boolean
  /** Capabilities that it is given, without `CAP_`. */
  readonly capabilities: readonly string[]
  /** Devices of the host, by path. */
  readonly devices: readonly string[]
  /** As whom, where it says so. */
  readonly user: string | null
  /** The options that only root can use are there on purpose: the image keeps root for them. Absent: nothing says so. */
  readonly isMeant?: boolean
  /** It is given more groups. */
  readonly groups: boolean
  /** It is no run: a Dockerfile of a document that builds on the image, with its first RUN, which works as the user of that. Absent: a run. */
  readonly builds?: string
  /** Variables that it is given, by name; null for a value that only whoever runs it knows. */
  readonly env: ReadonlyMap<string, string | null>
}

/** A run of which nothing is said. */
export const plainRun = {
  stage: null,
  mounts: [],
  privileged: false,
  hostPid: false,
  capabilities: [],
  devices: [],
  user: null,
  groups: false,
  env: new Map<string, string | null>(),
} satisfies Partial<ImageRun>

export interface RunMount {
  /**
   * `volume`: of the engine, which fills a new one with what the image has at that path, owner and mode too; `claim`: of a cluster, root's
   * unless the pod says `fsGroup`; `host`: a file or folder of the host, as it is there.
   */
  readonly kind: 'volume' | 'claim' | 'host'
  /** As written; '' for a volume without a name. */
  readonly source: string
  /** Absolute path in the container. */
  readonly target: string
  readonly readOnly: boolean
  /** Of the host: what the repository has there, or the folder of whoever runs it. Absent: made where it is run. */
  readonly from?: 'checkout' | 'file'
  /** The plan of the whole project takes care of its owner. Absent: nobody does. */
  readonly isFollowed?: true
  /** Users of the same volume from another image that may write there, for people; absent: none. */
  readonly sharedWith?: string
}

/** The command and environment that a Compose service or a pod sets in place of the image's own. */
export interface StartOverlay {
  /** `service worker`, for people. */
  readonly by: string
  /** Words; null where the image says it. */
  readonly entrypoint: readonly string[] | null
  readonly command: readonly string[] | null
  readonly env: ReadonlyMap<string, string>
  readonly workdir: string | null
}

/** The configuration that such a container starts with. A new entrypoint drops the image's CMD. Source: docker run, *ENTRYPOINT*. */
export function overlaid(config: ImageConfig, { entrypoint, command, env, workdir }: StartOverlay): ImageConfig {
  const cmd = command ?? (entrypoint === null ? config.cmd : null)
  return {
    ...config,
    entrypoint: entrypoint ?? config.entrypoint,
    cmd,
    env: new Map([...config.env, ...env]),
    workdir: workdir ?? config.workdir,
  }
}

/** Capabilities that only root can use: neither those of every container, nor those that programs do without. */
const ROOTS_ALONE = /^(ALL|NET_ADMIN|SYS_(ADMIN|MODULE|TIME|RAWIO|BOOT)|BPF|PERFMON|DAC_READ_SEARCH)$/

/** Names, on either side of a mount, of files that the program keeps: `./dev-data:/srv/acme`, `data:/app/pb_data`. */
const KEEPING = /^(?:data\w*|\w*data|db|databases?|sqlite|storage|store|state|uploads?|persist(?:ent)?|persistence)$/i

/** Whether the words of its last name, or of the variable in its place, say so. */
export function isCalledKept({ source, target, from }: Pick<RunMount, 'source' | 'target' | 'from'>): boolean {
  // Folders of the repository itself are named after their content.
  const places = from === 'checkout' ? [target] : [source, target]
  return places.some((place) =>
    (place.split('/').findLast((part) => part !== '') ?? '').split(/[^A-Za-z]+/).some((word) => KEEPING.test(word)),
  )
}

/** The socket of the host's engine that it is given without a group for it; null for none. */
export function socketOf({ mounts, groups }: Pick<ImageRun, 'mounts' | 'groups'>): string | null {
  if (groups) return null
  return mounts.map(({ source }) => HOST_SOCKET.exec(source)?.[0]).find((found) => found !== undefined) ?? null
}

/** The options that only root can use, as capabilities; `ALL` for `privileged`. */
export function rightsOf({
  privileged,
  capabilities,
}: Pick<ImageRun, 'privileged' | 'capabilities'>): readonly string[] {
  return privileged ? ['ALL'] : capabilities.filter((name) => ROOTS_ALONE.test(name))
}

/** The container works on the host itself, which only the host's root may: all of its files, or its processes, and every capability. */
export function worksOnHost({ mounts, privileged, hostPid }: ImageRun): boolean {
  return privileged && (hostPid || mounts.some(mountsHost))
}

export function mountsHost({ kind, source }: RunMount): boolean {
  return kind === 'host' && source === '/'
}

/** The first run for which something holds: for all services and pods, or else for half of the commands, some of which may be shortened. */
export function usualRun(runs: readonly ImageRun[], holds: (run: ImageRun) => boolean): ImageRun | null {
  const services = runs.filter(({ kind }) => kind !== 'command')
  const all = services.length > 0 ? services : runs
  const found = all.filter(holds)
  const isUsual = services.length > 0 ? found.length === all.length : found.length * 2 >= all.length
  return isUsual ? (found[0] ?? null) : null
}
