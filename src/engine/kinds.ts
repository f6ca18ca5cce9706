// The engines, and in what the CLI of each differs from that of the others. Another one is a value here, and lines of docs/.
import { HardenError } from '../errors.ts'
import type { Mount } from './engine.ts'

interface EngineKind {
  /** Programs that run its calls, beside the CLI itself. */
  readonly helpers: readonly string[]
  /** What it makes of a name without a registry is what Docker makes of it; else it is given the whole name. */
  readonly knowsShortNames: boolean
  /** Its `compose` is Docker Compose; what others have may be another program with other answers. */
  readonly hasCompose: boolean
  /** It has builders beside its own, those of `docker buildx`. */
  readonly hasBuilders: boolean
  /** It has pods, which hold on to their containers, and plays manifests of Kubernetes. */
  readonly hasPods: boolean
  /** Flags of `build`. */
  readonly build: readonly string[]
  /** Of an ignore file that lies beside the Dockerfile; null where it is found there. */
  readonly ignoreFile: string | null
  /** It fills the volumes of a container only where it makes it ready to start. */
  readonly initsLenders: boolean
  /** Flags of `volume create` for one that may be there already. */
  readonly createVolume: readonly string[]
  readonly createNetwork: readonly string[]
  /** Flags of a container whose logs must be read and must not fill the disk. */
  readonly logs: readonly string[]
  /** Flags beside --read-only. */
  readonly readOnly: readonly string[]
  /** As `--entrypoint` takes it. */
  entrypoint(program: string): string
  /** The flag for it. */
  tmpfs(mount: Mount): string
  /** Of `top`: the pid on the host and the command; then the ids between them, and how many those are. */
  readonly top: { readonly pids: readonly string[]; readonly ids: readonly string[]; readonly count: 1 | 8 }
}

/** A container that logs without end must not fill the disk; `logs` must work whatever driver the engine defaults to. */
export const logLimits = { driver: 'json-file', options: { 'max-size': '8m', 'max-file': '2' } } as const

const dockerLike: EngineKind = {
  helpers: [],
  knowsShortNames: false,
  hasCompose: false,
  hasBuilders: false,
  hasPods: false,
  build: ['--pull=false', '--progress=plain'],
  ignoreFile: null,
  initsLenders: false,
  createVolume: [],
  createNetwork: [],
  logs: [
    `--log-driver=${logLimits.driver}`,
    ...Object.entries(logLimits.options).map(([key, value]) => `--log-opt=${key}=${value}`),
  ],
  readOnly: [],
  entrypoint: (program) => program,
  tmpfs({ target, options }) {
    // `--mount type=tmpfs` knows no uid and gid.
    if (target.includes(':'))
      throw new HardenError('engine-failed', `no tmpfs can be mounted on ${target}: it has a ":" in it`)
    return `--tmpfs=${target}${options === undefined ? '' : `:${options}`}`
  },
  // `docker top` hands options to the host's ps.
  top: {
    pids: ['-eo', 'pid,args'],
    ids: ['-eo', 'pid,ruid,euid,suid,fuid,rgid,egid,sgid,fgid,args'],
    count: 8,
  },
}

/** In the order in which `auto` tries them. */
export const ENGINES = {
  docker: {
    ...dockerLike,
    helpers: ['docker-buildx', 'docker-compose'],
    knowsShortNames: true,
    hasCompose: true,
    hasBuilders: true,
    createNetwork: ['--ipv6=false'],
  },
  podman: {
    ...dockerLike,
    helpers: ['buildah'],
    hasPods: true,
    build: ['--pull=missing', '--format=docker'],
    ignoreFile: '--ignorefile',
    initsLenders: true,
    createVolume: ['--ignore'],
    // Its name server asks those of the host.
    createNetwork: ['--disable-dns'],
    logs: ['--log-driver=k8s-file', '--log-opt=max-size=8mb'],
    // It otherwise puts a writable tmpfs on /tmp, /run and /var/tmp.
    readOnly: ['--read-only-tmpfs=false'],
    // It reads one that starts with `[` as JSON, and splits others at blanks.
    entrypoint: (program) => (program === '' ? '' : JSON.stringify([program])),
    tmpfs: podmanTmpfs,
    // It has its own names, hpid being the host's.
    top: { pids: ['hpid', 'args'], ids: ['hpid', 'uid', 'args'], count: 1 },
  },
  nerdctl: dockerLike,
} as const satisfies Record<string, EngineKind>

export type EngineName = keyof typeof ENGINES

export const ENGINE_NAMES = Object.keys(ENGINES) as readonly EngineName[]

/** Podman takes no owner; `U` gives the mount to the user that the container runs as, which is who it is for. */
function podmanTmpfs({ target, options = '' }: Mount): string {
  const given = options.split(',').filter(Boolean)
  const owned = given.some((option) => /^[ug]id=/.test(option))
  const others = given
    .filter((option) => !/^[ug]id=/.test(option))
    .map((option) => option.replace(/^(?=(?:size|mode)=)/, 'tmpfs-'))
  const fields = ['type=tmpfs', `destination=${target}`, ...others, ...(owned ? ['U=true'] : [])]
  return `--mount=${fields.map(csvField).join(',')}`
}

export function csvField(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}
