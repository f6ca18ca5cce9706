import { HardenError } from '../../errors.ts'
import { normalisePath } from '../../path.ts'
import type { ProjectVolume, Service, ServiceBuild, ServiceMount, ServiceOrigin, ServicePort } from '../project.ts'
import { asList, asObject, isObject, type Json, textOf } from '../yaml/file.ts'
import type { LookUp } from './variables.ts'
import { listOf, pairsOf, volumeOf, type WrittenVolume, wordsOf } from './written.ts'

export interface ServiceContext {
  /** Absolute; what its relative paths start from. */
  readonly folder: string
  /** What `~` stands for; null where nobody knows. */
  readonly home: string | null
  readonly lookUp: LookUp
  readonly volumes: Json
  readonly secrets: Json
  readonly configs: Json
  /** Variables of a file by its absolute path; `isNeeded` reports a missing file. */
  readonly env: (paths: readonly string[], isNeeded: boolean) => ReadonlyMap<string, string>
}

/** Beside `user` in the settings of a service, until it is understood: whether that is written with a variable. */
export const USER_IS_OPEN = 'x-harden-image-user-is-open'

export function serviceOf(
  name: string,
  merged: Json,
  origins: readonly ServiceOrigin[],
  around: ServiceContext,
): Service {
  const { [USER_IS_OPEN]: userIsOpen, ...settings } = merged
  const { image, user, working_dir: workdir, entrypoint, command } = settings
  return {
    name,
    settings,
    origins,
    build: buildOf(settings.build, around),
    image: image == null || image === '' ? null : textOf(image),
    user: user == null || user === '' ? null : textOf(user),
    userIsOpen: userIsOpen === true,
    entrypoint: startOf(entrypoint, name, true),
    command: startOf(command, name, false),
    workdir: workdir == null || workdir === '' ? null : textOf(workdir),
    env: envOf(settings, around),
    mounts: mountsOf(settings, around),
    ports: portsOf(settings),
    dependsOn: dependenciesOf(settings),
  }
}

/** An empty entrypoint removes the image's; an empty command keeps it. */
function startOf(written: unknown, name: string, isEntrypoint: boolean): readonly string[] | null {
  if (written === null || written === undefined) return null
  const words = wordsOf(written)
  if (words !== null) return words.length === 0 && !isEntrypoint ? null : words
  throw new HardenError(
    'unreadable',
    `the service ${name} has a command that Compose cannot take apart: ${textOf(written)}`,
    {
      hint: 'close its quotes, or write it as a list',
    },
  )
}

function buildOf(written: unknown, { folder, home, lookUp }: ServiceContext): ServiceBuild | null {
  if (written === null || written === undefined) return null
  const build = isObject(written) ? written : { context: written }
  const said = build.context == null ? '.' : textOf(build.context)
  const context = isRemoteContext(said) ? null : placeOn(said, folder, home)
  const inline = build.dockerfile_inline == null ? null : textOf(build.dockerfile_inline)
  const file = build.dockerfile == null ? 'Dockerfile' : textOf(build.dockerfile)
  return {
    dockerfile: inline !== null || context === null ? null : normalisePath(file, context),
    inline,
    context,
    target: build.target == null || build.target === '' ? null : textOf(build.target),
    args: valuesOf(build.args, lookUp),
  }
}

/** A remote context by Docker's rules: a repository, or an archive to fetch. */
function isRemoteContext(context: string): boolean {
  return (
    /^(?:https?|git|ssh|docker-image|oci-layout|target|service):/i.test(context) ||
    /^(?:git@|github\.com\/)/.test(context)
  )
}

/** A drive or a pipe of Windows. */
const WINDOWS = /^(?:\\\\|[a-z]:[\\/])/i

function placeOn(path: string, folder: string, home: string | null): string {
  if (WINDOWS.test(path)) return path
  const from = home !== null && /^~(?=\/|$)/.test(path) ? `${home}${path.slice(1)}` : path
  return normalisePath(from, folder)
}

/** A name without a value is left out where the caller has no value for it. */
function valuesOf(written: unknown, lookUp: LookUp): ReadonlyMap<string, string> {
  return new Map(
    pairsOf(written).flatMap(([name, said]) => {
      const value = said ?? lookUp(name)
      return value === null || name === '' ? [] : [[name, value] as const]
    }),
  )
}

function envOf(settings: Json, { folder, env, lookUp }: ServiceContext): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const file of listOf(settings.env_file)) {
    const isOptional = isObject(file) && file.required === false
    const path = normalisePath(textOf(isObject(file) ? (file.path ?? '') : file), folder)
    for (const [name, value] of env([path], !isOptional)) values.set(name, value)
  }
  for (const [name, value] of valuesOf(settings.environment, lookUp)) values.set(name, value)
  return values
}

function mountsOf(settings: Json, around: ServiceContext): readonly ServiceMount[] {
  return [
    ...asList(settings.volumes).flatMap((volume) => mountOf(volumeOf(volume), around)),
    ...listOf(settings.tmpfs).map((one) => mount('tmpfs', '', textOf(one).split(':')[0] ?? '')),
    ...asList(settings.configs).map((one) => fileMount('config', one, around)),
    ...asList(settings.secrets).map((one) => fileMount('secret', one, around)),
  ]
}

function mount(
  kind: ServiceMount['kind'],
  source: string,
  target: string,
  more: Partial<ServiceMount> = {},
): ServiceMount {
  return { kind, source, target: normalisePath(target), readOnly: false, isEmpty: false, ...more }
}

function mountOf(written: WrittenVolume, around: ServiceContext): readonly ServiceMount[] {
  const { folder, home, volumes } = around
  const { type, source, target, readOnly, isEmpty } = written
  if (target === '') return []
  const isShort = type === '' && (/^[./~]/.test(source) || WINDOWS.test(source))
  const isHost = isShort || type === 'bind' || type === 'npipe'
  if (type === 'tmpfs') return [mount('tmpfs', '', target, { readOnly })]
  if (isHost) return [mount('host', placeOn(source, folder, home), target, { readOnly })]
  const { device } = projectVolume(asObject(volumes[source]), folder)
  return [
    device === null
      ? mount('volume', source, target, { readOnly, isEmpty })
      : mount('host', device, target, { readOnly }),
  ]
}

/** A file that Compose mounts; '' for one whose text is in the project or in a variable. */
function fileMount(
  kind: 'config' | 'secret',
  written: unknown,
  { folder, home, secrets, configs }: ServiceContext,
): ServiceMount {
  const source = isObject(written) ? textOf(written.source ?? '') : textOf(written)
  const said = isObject(written) && written.target != null ? textOf(written.target) : ''
  const top = kind === 'secret' ? '/run/secrets' : '/'
  const { file } = asObject((kind === 'secret' ? secrets : configs)[source])
  const place = file == null ? '' : placeOn(textOf(file), folder, home)
  const { uid = null, gid = null, mode = null } = asObject(written)
  const given = { isOwned: uid !== null || gid !== null, mode: modeOf(mode) }
  const isGiven = given.isOwned || given.mode !== null
  const target = normalisePath(said === '' ? source : said, top)
  return mount(kind, place, target, { readOnly: true, ...(isGiven ? { given } : {}) })
}

/** Modes that nobody means as octal although they are written in decimal: 0400, 0640 and 0644. */
const DECIMAL = new Set([256, 416, 420])

/** Compose reads `0440` as octal, as YAML 1.1 does; to YAML 1.2 that is the number 440. */
function modeOf(written: unknown): number | null {
  const digits = textOf(written ?? '').replace(/^0o?/, '')
  const isDecimal = typeof written === 'number' && (DECIMAL.has(written) || /[89]/.test(digits))
  return /^\d{1,4}$/.test(digits) ? Number.parseInt(digits, isDecimal ? 10 : 8) : null
}

export function projectVolume(volume: Json, folder: string): ProjectVolume {
  const { device, o, type } = asObject(volume.driver_opts)
  const isBound = typeof device === 'string' && (type === 'none' || /(?:^|,)r?bind(?:,|$)/.test(textOf(o ?? '')))
  return {
    external: isExternal(volume),
    device: isBound ? normalisePath(device, folder) : null,
  }
}

/** A volume or network that exists before the project and is not its own. */
export function isExternal({ external }: Json): boolean {
  return external === true || isObject(external)
}

function portsOf(settings: Json): readonly ServicePort[] {
  const exposed = asList(settings.expose).flatMap((port) => {
    const [, range = '', protocol] = /^([\d-]+)(?:\/(\w+))?$/.exec(textOf(port)) ?? []
    return rangeOf(range).map((target) => ({ published: '', target, protocol: protocolOf(protocol) }))
  })
  return [...asList(settings.ports).flatMap(portOf), ...exposed]
}

function portOf(port: unknown): readonly ServicePort[] {
  if (isObject(port)) {
    const published = port.published == null || port.published === '' ? null : textOf(port.published)
    return rangeOf(textOf(port.target ?? '')).map((target) => ({
      published,
      target,
      protocol: protocolOf(port.protocol),
    }))
  }
  const [, left = '', inside = '', protocol] = /^(?:(.*):)?([\d-]+)(?:\/(\w+))?$/.exec(textOf(port)) ?? []
  const outside = rangeOf(/(?:^|:)([\d-]+)$/.exec(left)?.[1] ?? '')
  const targets = rangeOf(inside)
  return targets.map((target, index) => {
    const isPair = outside.length === targets.length
    // Where the range of the machine is larger than that of the container, the engine chooses.
    const published = outside.length === 0 ? null : isPair ? String(outside[index]) : `${outside[0]}-${outside.at(-1)}`
    return { published, target, protocol: protocolOf(protocol) }
  })
}

function protocolOf(written: unknown): 'tcp' | 'udp' {
  return textOf(written ?? 'tcp').toLowerCase() === 'udp' ? 'udp' : 'tcp'
}

/** `80`, or `8000-8010`; none for what is no port. */
function rangeOf(written: string): readonly number[] {
  const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(written) ?? []
  const [from, to] = [Number(first), Number(last)]
  if (first === '' || from < 1 || to < from || to > 65_535) return []
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

const CONDITIONS = {
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
} as const

/** `depends_on`, and what it shares something with. */
function dependenciesOf(settings: Json): Service['dependsOn'] {
  const { depends_on: written } = settings
  const said = isObject(written)
    ? Object.entries(written).map(([service, how]) => [service, textOf(asObject(how).condition ?? '')] as const)
    : asList(written).map((service) => [textOf(service), ''] as const)
  const shared = [
    ...asList(settings.links).map((link) => textOf(link).split(':')[0] ?? ''),
    ...['network_mode', 'ipc', 'pid', 'uts', 'cgroup'].flatMap(
      (key) => /^service:(.+)$/.exec(textOf(settings[key] ?? ''))?.[1] ?? [],
    ),
    ...asList(settings.volumes_from).flatMap((from) =>
      /^container:/.test(textOf(from)) ? [] : (textOf(from).split(':')[0] ?? []),
    ),
  ]
  const all = new Map(said)
  for (const service of shared) if (!all.has(service)) all.set(service, '')
  return [...all].map(([service, condition]) => ({
    service,
    condition: Object.hasOwn(CONDITIONS, condition) ? CONDITIONS[condition as keyof typeof CONDITIONS] : 'started',
  }))
}

/** The settings of a service of another folder, with paths that mean the same from anywhere. */
export function placedIn(settings: Json, base: string): Json {
  const place = (path: unknown): unknown =>
    typeof path === 'string' && !isOpenPath(path) ? normalisePath(path, base) : path
  const { build, env_file: envFile, volumes, label_file: labelFile } = settings
  return {
    ...settings,
    ...(build == null ? {} : { build: placedBuild(build, place) }),
    ...(envFile == null
      ? {}
      : { env_file: listOf(envFile).map((one) => (isObject(one) ? { ...one, path: place(one.path) } : place(one))) }),
    ...(labelFile == null ? {} : { label_file: listOf(labelFile).map(place) }),
    ...(Array.isArray(volumes) ? { volumes: volumes.map((volume) => placedVolume(volume, place)) } : {}),
  }
}

type PlacePath = (path: unknown) => unknown

/** Whether the folder of its file does not decide what the path means. */
function isOpenPath(path: string): boolean {
  return path.startsWith('~') || WINDOWS.test(path) || isRemoteContext(path)
}

function placedBuild(build: unknown, place: PlacePath): unknown {
  if (!isObject(build)) return place(build)
  const { additional_contexts: more } = build
  return {
    ...build,
    context: place(build.context ?? '.'),
    ...(isObject(more)
      ? { additional_contexts: Object.fromEntries(Object.entries(more).map(([name, one]) => [name, place(one)])) }
      : {}),
  }
}

function placedVolume(volume: unknown, place: PlacePath): unknown {
  if (isObject(volume)) return volume.type === 'bind' ? { ...volume, source: place(volume.source) } : volume
  const { source } = volumeOf(volume)
  return source.startsWith('.') ? `${textOf(place(source))}${textOf(volume).slice(source.length)}` : volume
}
