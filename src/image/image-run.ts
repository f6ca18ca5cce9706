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
  /** A line of a document may be the short form of another; what a service or a pod does not say it has not. */
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
  /** What only root can use of what it is given is there on purpose: it keeps root for that. Absent: nobody says so. */
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
  /** Whoever plans the whole project sees to its owner. Absent: nobody does. */
  readonly isFollowed?: true
  /** Who of another image has the same volume and may write there, for people; absent where nobody. */
  readonly sharedWith?: string
}

/** What is started in an image, and with what, in place of what it says itself: by a Compose service or a pod. */
export interface StartOverlay {
  /** `service worker`, for people. */
  readonly by: string
  /** Words; null where the image says it. */
  readonly entrypoint: readonly string[] | null
  readonly command: readonly string[] | null
  readonly env: ReadonlyMap<string, string>
  readonly workdir: string | null
}

/** The configuration that it starts with. Who says another entrypoint gets none of the image's CMD. Source: docker run, *ENTRYPOINT*. */
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

/** What such a capability is for takes root; not those of every container, nor those that a program does without. */
const ROOTS_ALONE = /^(ALL|NET_ADMIN|SYS_(ADMIN|MODULE|TIME|RAWIO|BOOT)|BPF|PERFMON|DAC_READ_SEARCH)$/

/** What is called so on either side of a mount is for what the program keeps: `./dev-data:/srv/acme`, `data:/app/pb_data`. */
const KEEPING = /^(?:data\w*|\w*data|db|databases?|sqlite|storage|store|state|uploads?|persist(?:ent)?|persistence)$/i

/** By the words of its last name, and of the variable that stands for it. */
export function isCalledKept({ source, target, from }: Pick<RunMount, 'source' | 'target' | 'from'>): boolean {
  // What the repository has itself is called after what is in it.
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

/** What it is given that only root can use, as capabilities; `ALL` for `privileged`. */
export function rightsOf({
  privileged,
  capabilities,
}: Pick<ImageRun, 'privileged' | 'capabilities'>): readonly string[] {
  return privileged ? ['ALL'] : capabilities.filter((name) => ROOTS_ALONE.test(name))
}

/** It is to work on the host itself, which only root of the host may: all of its files, or its processes, and every capability. */
export function worksOnHost({ mounts, privileged, hostPid }: ImageRun): boolean {
  return privileged && (hostPid || mounts.some(mountsHost))
}

export function mountsHost({ kind, source }: RunMount): boolean {
  return kind === 'host' && source === '/'
}

/** The first of those of which something holds: of all services and pods, else of half of the commands, some of which may be short for others. */
export function usualRun(runs: readonly ImageRun[], holds: (run: ImageRun) => boolean): ImageRun | null {
  const services = runs.filter(({ kind }) => kind !== 'command')
  const all = services.length > 0 ? services : runs
  const found = all.filter(holds)
  const isUsual = services.length > 0 ? found.length === all.length : found.length * 2 >= all.length
  return isUsual ? (found[0] ?? null) : null
}
