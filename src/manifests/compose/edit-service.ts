import { composeValue } from '../../borders/mount.ts'
import { nameOf, normalisePath, parentOf, relativePath } from '../../path.ts'
import type { SettledService } from '../mounted-configuration.ts'
import { derivedName, movesOf, type ProfilePort } from '../profile.ts'
import type { PlannedService } from '../project.ts'
import { asList, asObject, isObject, type Json, textOf } from '../yaml/file.ts'
import { type Around, hardenService, type ServiceEdit } from './harden-service.ts'
import { checkoutOwner, type HostFiles, type MountAdvice } from './host-files.ts'
import { knownPort, type MovedPort } from './port-calls.ts'
import { mapPairs, pairsOf, volumeOf, volumeParts, withPairs, wordsOf } from './written.ts'

export interface EditedService extends SettledService {
  /** Ports of the service, and of those that share its network. */
  readonly ports: readonly ProfilePort[]
  /** Moved ports of all services, by the names that these are called. */
  readonly called: readonly MovedPort[]
  /** Paths of volumes that it only reads and that its image must not fill. */
  readonly unfilled: ReadonlySet<string>
  /** As `networkOf` has it. */
  readonly network: string
  readonly advice: readonly MountAdvice[]
  /** The name of its image once it is built here; null where that does not change. */
  readonly image: string | null
  readonly host: HostFiles
}

interface AroundEntry extends Required<Pick<Around, 'elsewhere' | 'declared'>> {
  /** Another entry says it, and is changed instead. */
  readonly isWrittenElsewhere: (key: string) => boolean
  /** The folder that paths of its file are meant from. */
  readonly base: string
}

/**
 * Edits one entry of a service. `own`: the entry gets all that is new; null for another one, which is changed only where it contradicts
 * the plan. `isExtended`: other services may use it, and it is overridden.
 */
export function editEntry(
  before: Json,
  edited: EditedService,
  own: AroundEntry | null,
  isExtended: boolean = false,
): ServiceEdit {
  const { planned, profile, ports, image, network } = edited
  const around = own === null ? null : { ...own, name: planned.service.name, isFollowed: true, network }
  const edit = hardenService(withKnownPorts(before, edited), { ...profile, ports }, around)
  const set: Record<string, unknown> = { ...edit.service, ...ownPorts(edit.service, edited, own?.elsewhere ?? null) }
  if (set.volumes !== undefined) set.volumes = withoutCopy(set.volumes, edited.unfilled)
  if (own !== null) setAccount(set, edited, own)
  else if (isExtended) return { ...edit, service: set }
  else if (image !== null && set.image !== undefined) set.image = image
  for (const key of START_KEYS)
    if (set[key] !== undefined || own?.isWrittenElsewhere(key) === false) setStart(set, key, planned)
  return { ...edit, service: set }
}

/** Sets the user and groups that its mounts ask for, and the image where it is built here. */
function setAccount(
  set: Record<string, unknown>,
  { planned, profile, advice, host, image }: EditedService,
  { elsewhere, base }: AroundEntry,
): void {
  const { service, derived } = planned
  const owner = checkoutOwner(service, host)
  const user = profile.user?.value
  if (owner !== null && user?.uid === owner.uid && !textOf(set.user ?? '').includes('$'))
    set.user = `\${UID:-${owner.uid}}:\${GID:-${user.gid}}`
  if (planned.keepsRoot) set.user = '0:0'
  const groups = advice.flatMap(({ group }) => group ?? [])
  const held = [...asList(elsewhere.group_add), ...asList(set.group_add)].map(textOf)
  const missing = [...new Set(groups)].filter((group) => !held.some((one) => new RegExp(`\\b${group}\\b`).test(one)))
  if (missing.length > 0) set.group_add = [...asList(set.group_add), ...missing.map(String)]
  if (derived === null || image === null) return
  set.image = image
  set.build = buildOf(base, derived.path)
  if (set.pull_policy !== undefined) set.pull_policy = 'build'
}

const START_KEYS = ['entrypoint', 'command'] as const

/** Writes the planned command. Words that stay keep the way they were written, variables included. */
function setStart(set: Record<string, unknown>, key: (typeof START_KEYS)[number], planned: PlannedService): void {
  const now = planned.start?.[key] ?? null
  if (now === null) return
  const { [key]: was } = planned.service
  const { [key]: written } = set
  const words = wordsOf(written)
  if (words === null || was === null || now.length < was.length) {
    set[key] = now.map(composeValue)
    return
  }
  // Another file may override these.
  const isInForce =
    words.length === was.length && words.every((word, index) => word.includes('$') || word === was[index])
  const isSameProgram = words[0] === was[0]
  const moved = words.map((word, index) => {
    const at = isInForce ? index : was.indexOf(word)
    return at < 0 || now[at] === was[at] ? word : composeValue(now[at] ?? '')
  })
  const added = isSameProgram ? now.slice(was.length).map(composeValue) : []
  const after = [...moved, ...added]
  if (after.length > words.length || after.some((word, index) => word !== words[index])) set[key] = after
}

function withoutCopy(volumes: unknown, targets: ReadonlySet<string>): unknown {
  if (!Array.isArray(volumes) || targets.size === 0) return volumes
  return volumes.map((volume) => {
    if (!targets.has(volumeOf(volume).target)) return volume
    if (isObject(volume)) return { ...volume, volume: { ...asObject(volume.volume), nocopy: true } }
    const [source, target, mode] = volumeParts(textOf(volume))
    return [source, target, `${mode},nocopy`].join(':')
  })
}

/** An entry with the numbers of ports that move where it has them by a variable, so that they can be followed. */
export function withKnownPorts(
  entry: Json,
  { ports, host: { variables } }: Pick<EditedService, 'ports'> & { readonly host: Pick<HostFiles, 'variables'> },
): Json {
  const moving = movesOf({ ports }).map(({ from }) => from)
  const put = (text: string, pattern: RegExp): string =>
    text.replace(pattern, (variable) => {
      const known = knownPort(variable, variables)
      return known !== null && moving.includes(known) ? String(known) : variable
    })
  const last = (value: unknown): unknown =>
    typeof value === 'string' ? put(value, /(?<=^|:)\$(?:\{[^{}]{1,80}\}|\w+)(?=(?:\/\w+)?$)/g) : value
  const published = asList(entry.ports).map((port) =>
    isObject(port) ? { ...port, target: last(port.target) } : last(port),
  )
  const { healthcheck: check } = entry
  const asked = (word: unknown): unknown =>
    typeof word === 'string' ? put(word, /(?<=(?:localhost|127\.0\.0\.1):)\$(?:\{[^{}]{1,80}\}|\w+)/g) : word
  return {
    ...entry,
    ...(Array.isArray(entry.ports) ? { ports: published } : {}),
    ...(Array.isArray(entry.expose) ? { expose: entry.expose.map(last) } : {}),
    ...(isObject(check) && check.test !== undefined
      ? { healthcheck: { ...check, test: Array.isArray(check.test) ? check.test.map(asked) : asked(check.test) } }
      : {}),
  }
}

/** `build: ./web`, or with the name of a Dockerfile that has another one. */
function buildOf(base: string, path: string): unknown {
  const way = relativePath(normalisePath(base), parentOf(path))
  const context = way === '.' || way.split('/')[0] === '..' ? way : `./${way}`
  return nameOf(path) === 'Dockerfile' ? context : { context, dockerfile: nameOf(path) }
}

/** The name of a derived image: never the vendor's, and a different one for each text. */
export function imageNames(all: readonly SettledService[]): ReadonlyMap<string, string> {
  const taken = new Map<string, string>()
  return new Map(
    all.flatMap(({ planned: { service, derived }, profile }) => {
      if (derived === null) return []
      const original = profile.image.original ?? service.image ?? service.name
      const named = profile.image.name !== original && profile.image.name !== service.image
      const name = named ? profile.image.name : derivedName(original, profile.root ? 'locked' : 'nonroot')
      const isFree = (taken.get(name) ?? derived.text) === derived.text
      const own = isFree ? name : name.replace(/(?=:[^:/]*$)|$/, `-${service.name}`)
      taken.set(own, derived.text)
      return [[service.name, own] as const]
    }),
  )
}

/**
 * Follows moved ports in labels, by which a service tells others its port, and in pairs of variables with another service's name
 * and port.
 */
function ownPorts(set: Json, { ports, called, env }: EditedService, elsewhere: Json | null): Json {
  const moves = movesOf({ ports }).filter(({ protocol }) => protocol === 'tcp')
  const given: Readonly<Record<string, string | null>> = Object.fromEntries([
    ...pairsOf(elsewhere?.environment),
    ...pairsOf(set.environment),
  ])
  const environment = mapPairs(set.environment, (name, value) => {
    const own = env.get(name)
    return own === undefined ? movedVariable(name, value, given, moves, called) : composeValue(own)
  })
  // Variables of an env_file that no entry of its own hides.
  const missing = [...env].filter(([name]) => elsewhere !== null && given[name] === undefined)
  const isProxied = given.VIRTUAL_HOST !== undefined && given.VIRTUAL_PORT === undefined
  const http = moves.find(({ from }) => from === 80)
  if (elsewhere !== null && isProxied && http !== undefined) missing.push(['VIRTUAL_PORT', String(http.to)])
  const added = missing.map(([name, value]) => [name, composeValue(value)] as const)
  return {
    ...(environment === undefined && added.length === 0 ? {} : { environment: withPairs(environment, added) }),
    ...(set.labels === undefined
      ? {}
      : { labels: mapPairs(set.labels, (name, value) => movedLabel(name, value, moves)) }),
  }
}

/** Traefik's `loadbalancer.server.port`, and what Caddy's labels call the service itself. */
function movedLabel(name: string, value: string, moves: readonly ProfilePort[]): string {
  const move = moves.find(({ from }) => String(from) === value)
  if (move !== undefined && /(?:^|[._-])port$/i.test(name)) return String(move.to)
  return moves.reduce(
    (text, { from, to }) =>
      text.replace(/\{\{\s*upstreams(?:\s+(https?))?(?:\s+(\d+))?\s*\}\}/g, (all, scheme?: string, port?: string) =>
        Number(port ?? (scheme === 'https' ? 443 : 80)) === from
          ? `{{upstreams ${scheme === undefined ? '' : `${scheme} `}${to}}}`
          : all,
      ),
    value,
  )
}

/** nginx-proxy's `VIRTUAL_PORT` is the service's own; `API_PORT: 80` is that of `API_HOST: api`. */
function movedVariable(
  name: string,
  value: string,
  given: Readonly<Record<string, string | null>>,
  own: readonly ProfilePort[],
  called: readonly MovedPort[],
): string {
  if (name === 'VIRTUAL_PORT') return String(own.find(({ from }) => String(from) === value)?.to ?? value)
  const [, about] = /^(.*?)_?PORT$/i.exec(name) ?? []
  if (about === undefined || about === '') return value
  const hosts = ['HOST', 'HOSTNAME', 'SERVER', 'ADDR', 'ADDRESS', 'SERVICE'].flatMap(
    (word) => given[`${about}_${word}`] ?? [],
  )
  const move = called.find(
    ({ hosts: names, from }) => String(from) === value && hosts.some((one) => names.includes(one)),
  )
  return move === undefined ? value : String(move.to)
}
