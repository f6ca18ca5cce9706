import { noCoreDumps } from '../../engine/arguments.ts'
import { sessionLabels } from '../../engine/clean-up.ts'
import { logLimits } from '../../engine/kinds.ts'
import { DEFAULT_CAPABILITIES, plainCapability } from '../../image/capabilities.ts'
import type { Manifests } from '../../manifests/kubernetes/workloads.ts'
import type { Project, Service, ServiceMount } from '../../manifests/project.ts'
import { isObject, type Json } from '../../manifests/yaml/file.ts'

/** A project as it is run, either as it stands or as it is planned. */
export interface StackSide {
  readonly project: Project
  /** The engine's image of each service. */
  readonly images: ReadonlyMap<string, string>
  /** New texts of files, by absolute path; mounts get these. Absent: none. */
  readonly texts?: ReadonlyMap<string, string>
  /** Its manifests; absent for Compose. */
  readonly pods?: PodSide
}

/** Manifests, and what stands for the services and images that they name. */
export interface PodSide {
  readonly manifests: Manifests
  /** The service of each `workload:container`. */
  readonly services: ReadonlyMap<string, string>
  /** The engine's image by the name in the manifests, for containers that are no service. */
  readonly images: ReadonlyMap<string, string>
}

/** The start of a service under the tracer. */
export interface TracedStart {
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly capAdd: readonly string[]
  readonly env: ReadonlyMap<string, string>
  /** The container whose volume holds the tracer. */
  readonly from: string
}

export interface RunFileOptions {
  /** The name of the project in this run. */
  readonly name: string
  readonly session: string
  readonly limits: { readonly memoryBytes: number | null; readonly pids: number | null; readonly cpus: number | null }
  /** The engine's network for each network of the project; null lets Compose make networks that lead out. */
  readonly networks: ReadonlyMap<string, string> | null
  /** Volumes of the engine that outlive the run, by their name in the project; the run makes the others. */
  readonly volumes: ReadonlyMap<string, string>
  /** The copy that the run gets of each path of this machine; null where it gets none. */
  readonly copies: ReadonlyMap<string, string | null>
  readonly traced: ReadonlyMap<string, TracedStart>
  /** The author of the project is trusted with any capability; otherwise a container gets only the default ones. */
  readonly isTrusted: boolean
}

export interface RunFile {
  /** As JSON, which is YAML. */
  readonly text: string
  /** The engine's name of each named volume. */
  readonly volumes: ReadonlyMap<string, string>
  /** What the run lacks and so cannot show, one sentence each. */
  readonly unshown: readonly string[]
}

/** An address without a name server (RFC 5737), since the engine's would carry questions out. Docker itself knows the names of services. */
const NO_SERVER = '192.0.2.1'
/** How often a service that fails until another is up is started again. */
const MOST_RESTARTS = 10
/** Settings that go into the run as they are written. */
const KEPT = [
  ...['healthcheck', 'cap_drop', 'read_only', 'tmpfs', 'sysctls', 'group_add', 'hostname', 'domainname', 'init'],
  ...['stop_signal', 'stop_grace_period', 'tty', 'stdin_open', 'shm_size', 'extra_hosts', 'expose', 'links'],
]
/** Settings that the run says in another way, or that change nothing in what the service does. */
const SILENT = new Set([
  ...KEPT,
  ...['annotations', 'attach', 'build', 'cap_add', 'command', 'configs', 'container_name', 'cpu_count', 'cpu_percent'],
  ...['cpu_period', 'cpu_quota', 'cpu_shares', 'cpus', 'cpuset', 'depends_on', 'deploy', 'develop', 'dns', 'dns_opt'],
  ...['dns_search', 'entrypoint', 'env_file', 'environment', 'extends', 'image', 'labels', 'label_file', 'logging'],
  ...['mem_limit', 'mem_reservation', 'mem_swappiness', 'memswap_limit', 'network_mode', 'networks', 'oom_score_adj'],
  ...['pids_limit', 'platform', 'ports', 'profiles', 'pull_policy', 'restart', 'scale', 'secrets', 'security_opt'],
  ...['ulimits', 'user', 'volumes', 'volumes_from', 'working_dir', 'ipc', 'pid', 'storage_opt', 'mac_address'],
])
/** Beyond the default ones, those that lock memory or set a priority and reach nothing of the machine. */
export const HARMLESS_CAPABILITIES = new Set([...DEFAULT_CAPABILITIES, 'IPC_LOCK', 'SYS_NICE'])

/** The one Compose file of a run. Pure. */
export function runFile(side: StackSide, options: RunFileOptions): RunFile {
  const { project } = side
  const { name, session, networks } = options
  const unshown: string[] = []
  const names = new Set(project.services.map((service) => service.name))
  const labels = sessionLabels(session)
  const volumes = new Map(
    [...volumesOf(project)].map((volume) => [volume, options.volumes.get(volume) ?? `${name}-${volume}`] as const),
  )
  const services = project.services.map((service) => {
    const made = serviceOf(service, { side, options, names, labels, say: (what) => unshown.push(what) })
    return [service.name, made] as const
  })
  for (const [volume, { external }] of project.volumes)
    if (external && volumes.has(volume) && !options.volumes.has(volume))
      unshown.push(`what is in volume ${volume}, which is not of this project: it begins empty here`)
  const file = {
    name,
    services: Object.fromEntries(services),
    networks: Object.fromEntries(
      [...networksOf(project)].map((network) => {
        const given = networks?.get(network)
        return [network, given === undefined ? { labels } : { external: true, name: given }]
      }),
    ),
    volumes: Object.fromEntries(
      [...volumes].map(([volume, own]) => [
        volume,
        options.volumes.has(volume) ? { external: true, name: own } : { name: own, labels },
      ]),
    ),
  }
  return { text: JSON.stringify(withoutVariables(file), null, 1), volumes, unshown: [...new Set(unshown)] }
}

/** Names of the volumes that services mount, without those that are a folder of the machine. */
function volumesOf(project: Project): ReadonlySet<string> {
  const used = project.services.flatMap(({ mounts }) =>
    mounts.filter(({ kind, source }) => kind === 'volume' && source !== '').map(({ source }) => source),
  )
  return new Set(used.filter((volume) => project.volumes.get(volume)?.device == null))
}

/** The networks that services name. */
export function networksOf({ services }: Project): ReadonlySet<string> {
  return new Set(services.flatMap((service) => [...(joined(service)?.keys() ?? [])]))
}

/** Folders and files of this machine that a run of the project is given copies of. */
export function hostPathsOf(project: Project): ReadonlyMap<string, readonly ServiceMount[]> {
  const paths = new Map<string, ServiceMount[]>()
  for (const mount of project.services.flatMap(({ mounts }) => mounts)) {
    const path = hostPathOf(mount, project)
    if (path !== null) paths.set(path, [...(paths.get(path) ?? []), mount])
  }
  return paths
}

function hostPathOf({ kind, source }: ServiceMount, { volumes }: Pick<Project, 'volumes'>): string | null {
  if (kind === 'volume') return volumes.get(source)?.device ?? null
  return kind === 'tmpfs' || source === '' ? null : source
}

interface Making {
  readonly side: StackSide
  readonly options: RunFileOptions
  readonly names: ReadonlySet<string>
  readonly labels: Json
  readonly say: (unshown: string) => void
}

function serviceOf(service: Service, making: Making): Json {
  const { side, options, names, labels } = making
  const { name, settings, env, dependsOn } = service
  const say = (what: string): void => making.say(`${name}: ${what}`)
  const image = side.images.get(name)
  if (image === undefined) throw new Error(`there is no image of service ${name}`)
  for (const key of Object.keys(settings))
    if (!SILENT.has(key) && !key.startsWith('x-') && isGiven(settings[key])) say(`${key}, which a proof does not give`)
  if (isReplicated(settings)) say('more than one container of it')
  const traced = options.traced.get(name)
  const { memoryBytes, pids, cpus } = options.limits
  const entrypoint = traced?.entrypoint ?? service.entrypoint
  const command = traced?.command ?? service.command
  const mounts = mountsOf(service, making, say)
  return {
    ...Object.fromEntries(KEPT.flatMap((key) => (settings[key] == null ? [] : [[key, settings[key]]]))),
    image,
    pull_policy: 'never',
    labels,
    environment: { ...Object.fromEntries(env), ...Object.fromEntries(traced?.env ?? []) },
    ...(entrypoint === null ? {} : { entrypoint }),
    ...(command === null ? {} : { command }),
    ...(service.user === null ? {} : { user: service.user }),
    ...(service.workdir === null ? {} : { working_dir: service.workdir }),
    depends_on: Object.fromEntries(
      dependsOn
        .filter((one) => names.has(one.service))
        .map((one) => [one.service, { condition: CONDITIONS[one.condition] }]),
    ),
    cap_add: [...capabilitiesOf(settings, options.isTrusted, say), ...(traced?.capAdd ?? [])],
    security_opt: securityOf(settings, say),
    ...namespacesOf(settings, names, say),
    ...placeOf(service, options, say),
    volumes: mounts,
    ...volumesFromOf(settings, names, traced, say),
    restart: restartOf(settings),
    logging: logLimits,
    ulimits: { ...(isObject(settings.ulimits) ? settings.ulimits : {}), [noCoreDumps]: 0 },
    ...(memoryBytes === null ? {} : { mem_limit: memoryBytes, memswap_limit: memoryBytes }),
    ...(pids === null ? {} : { pids_limit: pids }),
    ...(cpus === null ? {} : { cpus }),
  }
}

const CONDITIONS = {
  started: 'service_started',
  healthy: 'service_healthy',
  completed: 'service_completed_successfully',
} as const

function isGiven(value: unknown): boolean {
  return value !== null && value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)
}

function isReplicated({ scale, deploy }: Json): boolean {
  const replicas = isObject(deploy) ? deploy.replicas : undefined
  return [scale, replicas].some((count) => count !== undefined && Number(count) > 1)
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : []
}

function capabilitiesOf(settings: Json, isTrusted: boolean, say: (what: string) => void): readonly string[] {
  return textsOf(settings.cap_add).filter((name) => {
    const isHarmless = HARMLESS_CAPABILITIES.has(plainCapability(name))
    if (!isHarmless && !isTrusted) say(`cap_add ${name}, which a proof does not give to what others wrote`)
    return isHarmless || isTrusted
  })
}

function securityOf(settings: Json, say: (what: string) => void): readonly string[] {
  return textsOf(settings.security_opt).filter((option) => {
    const isLock = /^no-new-privileges([:=]true)?$/.test(option)
    if (!isLock) say(`security_opt ${option}, which a proof does not give`)
    return isLock
  })
}

/** IPC and pid namespaces: its own, or those of another service. */
function namespacesOf(settings: Json, names: ReadonlySet<string>, say: (what: string) => void): Json {
  const given: Record<string, string> = {}
  for (const key of ['ipc', 'pid'] as const) {
    const value = settings[key]
    if (typeof value !== 'string' || value === '') continue
    const other = /^service:(.+)$/.exec(value)?.[1]
    if ((other !== undefined && names.has(other)) || value === 'shareable' || value === 'private') given[key] = value
    else say(`${key}: ${value}, which a proof does not give`)
  }
  return given
}

/** The networks of a service by their names in the project; null where `network_mode` says another place. */
function joined({ settings }: Pick<Service, 'settings'>): ReadonlyMap<string, Json> | null {
  const { network_mode: mode, networks } = settings
  if (typeof mode === 'string' && (mode === 'none' || mode.startsWith('service:'))) return null
  if (Array.isArray(networks) && networks.length > 0) return new Map(networks.map((one) => [String(one), {}]))
  if (isObject(networks) && Object.keys(networks).length > 0)
    return new Map(Object.entries(networks).map(([key, value]) => [key, isObject(value) ? value : {}]))
  return new Map([['default', {}]])
}

function placeOf(service: Service, { networks: closed }: RunFileOptions, say: (what: string) => void): Json {
  const { settings, name } = service
  const { network_mode: mode, container_name: alias } = settings
  const networks = joined(service)
  if (networks === null) return { network_mode: mode }
  if (typeof mode === 'string' && !['bridge', 'default'].includes(mode))
    say(`network_mode: ${mode}, in place of which it has a network of the proof`)
  const others = typeof alias === 'string' && alias !== name ? [alias] : []
  const entries = [...networks].map(([key, settings]) => {
    if (settings.ipv4_address !== undefined || settings.ipv6_address !== undefined)
      say(`its address in network ${key}: the proof has other addresses`)
    return [key, { aliases: [...new Set([...textsOf(settings.aliases), ...others])] }]
  })
  return { networks: Object.fromEntries(entries), ...(closed === null ? {} : { dns: [NO_SERVER] }) }
}

function mountsOf(service: Service, { side, options }: Making, say: (what: string) => void): readonly Json[] {
  const { project } = side
  const written = Array.isArray(service.settings.volumes) ? service.settings.volumes : []
  const tmpfs = written.filter((one): one is Json => isObject(one) && one.type === 'tmpfs')
  const mounts = service.mounts.flatMap((mount): readonly Json[] => {
    const { kind, source, target, readOnly, isEmpty } = mount
    const path = hostPathOf(mount, project)
    if (path !== null) {
      const copy = options.copies.get(path)
      if (copy == null) return []
      return [{ type: 'bind', source: copy, target, read_only: readOnly, bind: { create_host_path: false } }]
    }
    if (kind === 'volume')
      return [
        {
          type: 'volume',
          ...(source === '' ? {} : { source }),
          target,
          read_only: readOnly,
          ...(isEmpty ? { volume: { nocopy: true } } : {}),
        },
      ]
    if (kind !== 'tmpfs') say(`${kind} ${target}: what is in it is no file of this machine`)
    return []
  })
  return [...mounts, ...tmpfs]
}

function volumesFromOf(
  settings: Json,
  names: ReadonlySet<string>,
  traced: TracedStart | undefined,
  say: (what: string) => void,
): Json {
  const own = textsOf(settings.volumes_from).filter((one) => {
    const isOfProject = names.has(one.split(':')[0] ?? '')
    if (!isOfProject) say(`volumes_from ${one}: no service of this project`)
    return isOfProject
  })
  const all = [...own, ...(traced === undefined ? [] : [`container:${traced.from}`])]
  return all.length === 0 ? {} : { volumes_from: all }
}

/** A service that is restarted whenever it ends is restarted a few times here, and only after a failure. */
function restartOf({ restart, deploy }: Json): string {
  const policy = isObject(deploy) && isObject(deploy.restart_policy) ? deploy.restart_policy.condition : undefined
  const given = typeof restart === 'string' ? restart : policy
  return given === undefined || given === 'no' || given === 'none' ? 'no' : `on-failure:${MOST_RESTARTS}`
}

/** Variables are filled in already, so each `$` is escaped. Compose reads no variables in keys. */
function withoutVariables(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$')
  if (Array.isArray(value)) return value.map(withoutVariables)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutVariables(one)]))
}
