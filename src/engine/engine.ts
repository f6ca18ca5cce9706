import type { Readable } from 'node:stream'
import type { ImageConfig, Platform } from '../image/facts.ts'
import type { Leftover } from './clean-up.ts'
import type { EngineName } from './kinds.ts'
import type { Reach } from './reach.ts'

/** The port to a container engine. One value is one session: all that it makes carries the session's label. */
export interface Engine {
  readonly name: EngineName
  /** `docker 26.1.5`, for reports. */
  readonly version: string
  /** Value of the label `harden-image.session` on everything this session makes. */
  readonly session: string
  /** The engine runs on this machine, so that `/proc/<pid>` and container addresses can be reached. */
  readonly local: boolean
  /** Container addresses can be reached from this machine. */
  readonly reachable: boolean
  /** What it can hold a container to. */
  readonly enforces: Enforced
  /** How the ports of its containers are reached; absent: at their address, as any other. */
  readonly reach?: Reach
  /** Of its machine, bytes; null where it does not tell. */
  readonly memoryBytes: number | null
  /** Where it keeps containers and volumes, on its own machine; null where it does not tell. */
  readonly dataRoot: string | null

  inspectImage(reference: string): Promise<EngineImage | null>
  pull(reference: string, platform?: string): Promise<void>
  /** Streams the root file system of an image (create, export, remove) as a tar to `read`. */
  exportImage<T>(reference: string, read: (tar: Readable) => Promise<T>): Promise<T>
  /** Streams a path of a container as a tar to `read`; null when the path does not exist. Also for a stopped container. */
  copyOut<T>(container: string, path: string, read: (tar: Readable) => Promise<T>): Promise<T | null>
  build(request: BuildRequest): Promise<BuildResult>
  /** A builder of `docker buildx`, started where it is not. Throws HardenError `no-engine` where there is none of that name, or for another engine. */
  builder(name: string): Promise<Builder>

  create(spec: RunSpec): Promise<string>
  /**
   * As `create`, for a container that is never started and lends its volumes, with what its image has in them. podman
   * fills a volume only for whom it makes ready to start.
   */
  createLender(spec: RunSpec): Promise<string>
  /** What the engine cannot start is no error here: the state tells of it. */
  start(container: string): Promise<void>
  /** `create` and `start` in one call. */
  run(spec: RunSpec): Promise<string>
  state(container: string): Promise<ContainerState>
  /** Bytes that it has written beside its image, and in its volumes; null where the engine does not tell. */
  written(container: string): Promise<number | null>
  /** stdout and stderr together, oldest first. */
  logs(container: string): Promise<string>
  diff(container: string): Promise<Changes>
  /** Every process of a running container, seen from outside. */
  processes(container: string): Promise<readonly ContainerProcess[]>
  /**
   * Ports that are listened on (TCP) or bound (UDP) in the container's network namespace; null where that can't be read.
   * `pid`: its first process, as the last look at its state told; spares that look.
   */
  listeners(container: string, pid?: number): Promise<readonly Listener[] | null>
  /** What its processes do right now, `age` milliseconds after it was started; null where that can't be read, or it has ended. */
  activity(container: string, age: number): Activity | null
  /** Sleeps that its processes are in; none where that can't be read. */
  sleeps(container: string): readonly Sleep[]
  exec(
    container: string,
    argv: readonly string[],
    options?: { readonly user?: string; readonly timeoutMs?: number },
  ): Promise<ExecResult>
  /** SIGTERM, then SIGKILL after the grace period. Returns milliseconds it took. */
  stop(container: string, graceSeconds: number): Promise<number>
  /** Removes a container with its anonymous volumes; no error when it is gone already. */
  remove(container: string): Promise<void>
  /** No error when it is gone, or still in use. */
  removeVolume(volume: string): Promise<void>
  /** A network from which nothing leads out. Throws where the engine has no such network. */
  createNetwork(network: NetworkSpec): Promise<void>
  /** `docker compose ARGS`, run to its end; absent where the engine has none of its own. See compose.ts. */
  compose?(args: readonly string[], options: { readonly timeoutMs: number }): Promise<ExecResult>
  /** `podman ARGS` for what only an engine with pods has, run to its end; absent elsewhere. See kube-play.ts. */
  pods?(args: readonly string[], options: { readonly timeoutMs: number; readonly input?: string }): Promise<ExecResult>
  /** No error when it is gone, or still in use. */
  removeNetwork(network: string): Promise<void>
  removeImage(reference: string): Promise<void>
  /** Takes images as `docker save` writes them, under the names that are in it, which go with the session. */
  load(archive: Readable, ...references: readonly string[]): Promise<void>
  /** Streams images with their names, as `docker save` writes them, to `read`. */
  save<T>(references: readonly string[], read: (tar: Readable) => Promise<T>): Promise<T>
  tag(image: string, reference: string): Promise<void>
  /**
   * Removes every pod, container, image, network and volume that this session made. Never throws; safe to call twice. False:
   * some of it is there still, or nobody can say.
   */
  cleanUp(): Promise<boolean>
  /** What any run of this tool has made there and not removed, or uses, containers first. */
  leftovers(): Promise<readonly Leftover[]>
  /** Removes them, whoever made them; gives those that are there still. Never throws. */
  removeLeftovers(found: readonly Leftover[]): Promise<readonly Leftover[]>
}

export interface EngineImage {
  readonly id: string
  /** Digests of its layers as the engine has unpacked them, the lowest first; empty where it does not tell. */
  readonly layers: readonly string[]
  readonly config: ImageConfig
  readonly platform: Platform
  /** Bytes of all layers. */
  readonly size: number
  readonly repoDigests: readonly string[]
}

export interface BuildRequest {
  /** The Dockerfile's text; it is never written into the context. */
  readonly dockerfile: string
  /** Folder of the build context; null for an empty one. */
  readonly context: string | null
  readonly tag: string
  readonly target?: string
  readonly platform?: string
  readonly buildArgs?: Readonly<Record<string, string>>
  /** Keep the image after the session and put no session label on it (`--build -t TAG`). */
  readonly keep?: boolean
  /** File whose `<name>.dockerignore` neighbour applies; default none beyond the context's own `.dockerignore`. */
  readonly dockerfilePath?: string
  /** Told each line that the build prints, as it comes. */
  readonly told?: (line: string) => void
  /** A builder of `docker buildx`, whose image the engine is given; absent: the engine's own. */
  readonly builder?: string
  /** What stands for an image, by its name in the Dockerfile: `docker-image://…` or `oci-layout://…`, as `--build-context` takes it. */
  readonly images?: Readonly<Record<string, string>>
}

export interface Builder {
  readonly name: string
  /** It is the engine itself, and has its images. */
  readonly isOfEngine: boolean
}

export interface BuildResult {
  readonly id: string
  readonly milliseconds: number
}

export interface NetworkSpec {
  readonly name: string
  /** The engine's machine has no address on it either, and cannot reach it itself. Docker alone. */
  readonly hostless: boolean
}

/** What an engine can hold a container to: without the control groups for it (rootless), an option is refused. */
export interface Enforced {
  /** How many there are; null where it cannot limit them. */
  readonly cpus: number | null
  readonly memory: boolean
  readonly pids: boolean
}

export interface Mount {
  /** `bind`: a file or folder of the engine's machine, read-only unless `writable`. */
  readonly type: 'volume' | 'tmpfs' | 'bind'
  readonly target: string
  /** Volume name; absent for an anonymous one. Of a bind mount its path. */
  readonly source?: string
  readonly writable?: boolean
  /** tmpfs only: `uid=101,gid=101,mode=0755,size=64m`. */
  readonly options?: string
}

export interface RunSpec {
  readonly image: string
  /** `uid:gid`; absent: as the image says. */
  readonly user?: string
  /** Supplementary groups. */
  readonly groups?: readonly number[]
  readonly capDrop?: readonly string[]
  readonly capAdd?: readonly string[]
  readonly noNewPrivileges?: boolean
  readonly readOnly?: boolean
  readonly sysctls?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly mounts?: readonly Mount[]
  readonly volumesFrom?: readonly string[]
  readonly entrypoint?: string
  readonly command?: readonly string[]
  readonly network?: string
  /** Name servers in place of the engine's. */
  readonly dns?: readonly string[]
  /** Addresses of names that no name server is asked for. */
  readonly hosts?: Readonly<Record<string, string>>
  /** Without the confinement of SELinux, which keeps a container from what it was not labelled for. */
  readonly unlabelled?: boolean
  readonly memoryBytes?: number
  readonly pidsLimit?: number
  readonly tty?: boolean
  readonly labels?: Readonly<Record<string, string>>
}

export interface ContainerState {
  readonly status: 'created' | 'running' | 'restarting' | 'paused' | 'exited' | 'dead'
  readonly running: boolean
  /** Null while it runs. */
  readonly exitCode: number | null
  readonly oomKilled: boolean
  /** The engine's own error, such as `exec: "x": permission denied`; '' for none. */
  readonly error: string
  /** Host pid of the first process; 0 when it does not run. */
  readonly pid: number
  /** Address reachable from this machine where `local`; '' for none. */
  readonly address: string
  /** Name of the network that the address is of; absent: it is of none, or has no address. */
  readonly network?: string
  /** null where the image has no HEALTHCHECK. */
  readonly health: 'starting' | 'healthy' | 'unhealthy' | null
  /** What its HEALTHCHECK runs; null where there is none. */
  readonly healthcheck: readonly string[] | null
  readonly restartCount: number
}

export interface Activity {
  /** CPU time of all its threads so far, nanoseconds. */
  readonly cpu: number
  /** One is on the CPU, waits for it, or waits for a disk. */
  readonly running: boolean
  /** Milliseconds until one of them goes on by itself, at the earliest: Infinity where all wait for something from outside. */
  readonly wakesIn: number
}

/** A process has told the kernel to do nothing for a while, and to go on then by itself. */
export interface Sleep {
  /** As the kernel calls it: its base name, cut off after 15 characters. */
  readonly program: string
  /** Milliseconds until it goes on, at most. */
  readonly most: number
}

/** What a container changed of its image. */
export interface Changes {
  readonly entries: readonly DiffEntry[]
  /** Why these may not be all, said of the engine; null where they are. */
  readonly more: string | null
}

export interface DiffEntry {
  readonly kind: 'added' | 'changed' | 'deleted'
  readonly path: string
}

/** Of a process whose threads have several credentials there is one of each: a thread is root by itself (credentials(7)). */
export interface ContainerProcess {
  /** On the engine's host. */
  readonly pid: number
  readonly command: string
  /** Real, effective, saved and file system ids as seen inside the container. */
  readonly uids: readonly number[]
  readonly gids: readonly number[]
  readonly groups: readonly number[]
  /** Names without `CAP_` of effective, permitted, inheritable and ambient sets together; null where they can't be read. */
  readonly capabilities: readonly string[] | null
  /** Names in the bounding set; null where it can't be read. */
  readonly bounding: readonly string[] | null
  readonly noNewPrivileges: boolean | null
  /** Numbers of the signals that it has a handler for or blocks; null where they can't be read. */
  readonly handled: readonly number[] | null
  /** It is the first of its pid namespace. */
  readonly first: boolean
  /** The pid of the process that traces it, 0 for none; null where it can't be read. */
  readonly tracer: number | null
}

export interface Listener {
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  /** Listens on loopback only. */
  readonly loopback: boolean
}

export interface ExecResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}
