import type { EnvSetting, Evidence, VendorMove } from '../../evidence/claim.ts'
import type { RenderedFile } from '../../evidence/configuration-files.ts'
import type { FileEdit } from '../../evidence/file-edit.ts'
import type { Listed } from '../../evidence/vendor.ts'
import type { ExposedPort, ImageFacts } from '../../image/facts.ts'
import type { Command } from '../../shell/index.ts'
import { joinTruncated } from '../../words.ts'
import type { PortDecision } from '../plan.ts'
import { freePort, isFree, type LowPort, sourcePortPlace } from './low-ports.ts'
import { appendArguments, renumbered } from './port-arguments.ts'
import { guessPort, type PortPlace, searchPort } from './port-files.ts'

const NOT_FOUND = 'the place that sets it was not found in the configuration, the environment or the command'

/** The decisions for earlier ports, and the command as they leave it. */
export interface Before {
  readonly decisions: readonly PortDecision[]
  readonly command: Command
}

/** A decision, and what it changes; the command is the one after it. */
export interface Decided {
  readonly decision: PortDecision
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  readonly command: Command
}

/**
 * The port moves where the place that sets it is found; otherwise it stays and is reported. Null: nothing in the image sets it any
 * more.
 */
export function decidePort(port: LowPort, sources: PortSources, { decisions, command }: Before): Decided | null {
  const listed = sources.listed?.(port.port) ?? null
  if (listed === 'unused') return null
  const why = evidenceOf(port, sources)
  const users = sources.users?.get(port.port) ?? []
  const decide = (
    to: number | null,
    reason: string,
    {
      evidence = [],
      guessed = false,
      checkedAt,
      ...changes
    }: Partial<Omit<Decided, 'decision'>> & Partial<Pick<PortDecision, 'evidence' | 'guessed' | 'checkedAt'>> = {},
  ): Decided => ({
    decision: {
      from: port.port,
      protocol: port.protocol === 'udp' ? 'udp' : 'tcp',
      to,
      reason,
      exposed: port.exposed,
      ...(to === null || users.length === 0 ? {} : { users }),
      evidence: [...why, ...evidence],
      ...(guessed ? { guessed } : {}),
      ...(checkedAt === undefined ? {} : { checkedAt }),
    },
    fileEdits: [],
    env: [],
    command,
    ...changes,
  })
  const same = decisions.find(({ from }) => from === port.port)
  if (same !== undefined) return decide(same.to, same.reason)
  if (sources.policy === 'keep')
    return decide(null, sources.keptBecause ?? `kept as ${sources.keptBy ?? 'asked for with --ports keep'}`)
  const moved = decisions.map(({ to }) => to)
  const free = freePort(port.port, sources, moved)
  const vendor = sources.vendor(port.port)
  const findPlace = () => (free === null ? null : findMove(port.port, free, sources, command, listed))
  if (listed === 'unread' && vendor === null && findPlace() === null) return null
  const stays = sources.raisesUsed === true ? null : staysFor(port, sources)
  if (stays !== null) {
    const kept = decide(null, stays)
    return { ...kept, decision: { ...kept.decision, way: 'move it with --ports raise, and what counts on it too' } }
  }
  if (free === null) return decide(null, 'every port above it is in use')
  if (vendor !== null) {
    const to = isFree(vendor.to, sources, moved) ? vendor.to : free
    return decide(to, 'set by the configuration that its vendor ships', asVendor(vendor, to, port, sources, command))
  }
  const move = findPlace()
  if (move !== null) {
    const { fileEdits, env, entrypoint, cmd, evidence, guessed } = move
    return decide(free, move.reason, { fileEdits, env, command: { entrypoint, cmd }, evidence, guessed })
  }
  const said = sourcePortPlace(port.port, sources)
  const place = said === null ? '' : `${said.path} line ${said.line}`
  const reason = said === null ? NOT_FOUND : `the program's own source sets it: ${said.text} in ${place}`
  const kept = decide(null, isOpened(port, sources) ? reason : `${reason}; the original did not listen on it`)
  return said === null ? kept : { ...kept, decision: { ...kept.decision, way: `write ${free} in ${place}` } }
}

/** The files that would have to change as well; one port is not moved away from another that they name. */
function staysFor({ port }: LowPort, { users = new Map() }: PortSources): string | null {
  const said = (places: readonly string[]): string =>
    `${joinTruncated(places)} ${places.length === 1 ? 'counts' : 'count'} on it`
  const own = users.get(port)
  if (own !== undefined) return said(own)
  const [other] = users
  return other === undefined ? null : `it goes with port ${other[0]}: ${said(other[1])}`
}

function evidenceOf({ port, exposed }: LowPort, { bound }: PortSources): readonly Evidence[] {
  const subject = String(port)
  if (exposed) return [{ source: 'declared', subject, detail: 'named by EXPOSE' }]
  if (bound === null) return [{ source: 'declared', subject, detail: 'set by its command or configuration' }]
  return [{ source: 'observed', subject, detail: 'the original listens on it' }]
}

/** The user's own configuration may name the same port in other words too, beside the vendor's or instead of it. */
function asVendor(
  vendor: VendorMove,
  to: number,
  { port }: LowPort,
  sources: PortSources,
  command: Command,
): Omit<Decided, 'decision'> & Pick<PortDecision, 'evidence' | 'checkedAt'> {
  const { fileEdits, env, append, checkedAt } = renumbered(vendor, to)
  const found = inShipped(searchPort(port, to, sources, command), sources)
  const { fileEdits: own } = found
  const theirs = fileEdits.filter(({ path }) => !own.some((edit) => edit.path === path))
  // A server block that names no port listens there too.
  const daemon = sources.daemon?.(port, to, command) ?? null
  const implied = (daemon?.fileEdits ?? []).filter(({ path }) => !own.some((edit) => edit.path === path))
  const changes = { fileEdits: [...theirs, ...own, ...implied], evidence: own.flatMap(({ evidence }) => evidence) }
  // The vendor's way sets this beside its files; the user's own file sets it here.
  if (own.length > 0 && fileEdits.length === 0) return { ...changes, env: [], command }
  const at = checkedAt === undefined || theirs.length === 0 ? {} : { checkedAt }
  // An argument that says the port already is changed, and not said twice.
  const isArgument = append.length > 0 && !isSameCommand(found, command)
  if (isArgument) return { ...changes, evidence: found.evidence, env, command: found, ...at }
  return { ...changes, env, command: appendArguments(command, append) ?? command, ...at }
}

function isSameCommand(first: Command, second: Command): boolean {
  return JSON.stringify([first.entrypoint, first.cmd]) === JSON.stringify([second.entrypoint, second.cmd])
}

/** As far as is known. */
function isOpened({ port }: LowPort, { bound }: PortSources): boolean {
  return bound === null || bound.some((other) => other.port === port)
}

interface Move extends PortPlace {
  readonly reason: string
  readonly guessed: boolean
}

const BY_ITSELF = 'it binds the port by default, and is set to another one'

/** Best reason first: a setting of a known form, the daemon's own option, the only place that names the number, the program's help. */
function findMove(
  from: number,
  to: number,
  sources: PortSources,
  command: Command,
  listed: Listed | null,
): Move | null {
  const reasonOf = ({ evidence }: PortPlace): string => evidence.map((item) => item.detail).join(', ')
  const all = searchPort(from, to, sources, command)
  // The vendor's files that set a port known to its catalogue entry are in the entry, or no longer read.
  const own = listed === null ? all : inShipped(all, sources)
  const found = own.evidence.length > 0 || listed === 'unread' ? own : all
  if (found.evidence.length > 0)
    return { ...withRest(found, from, to, sources), reason: reasonOf(found), guessed: false }
  const daemon = appended(sources.daemon?.(from, to, command) ?? null, command)
  if (daemon !== null) return { ...daemon, reason: BY_ITSELF, guessed: false }
  if (listed === 'unread') return null
  const guess = guessPort(from, to, sources, command)
  if (guess !== null) return { ...guess, reason: reasonOf(guess), guessed: true }
  const help = appended(sources.help?.(from, to, command) ?? null, command)
  if (help === null || help.evidence.some(({ detail }) => sources.excluded?.has(detail))) return null
  return { ...help, reason: BY_ITSELF, guessed: true }
}

/** Leaves out settings in files that the image came with. */
function inShipped(found: PortPlace, { isShipped = () => false }: PortSources): PortPlace {
  const others = found.fileEdits.filter(({ path }) => !isShipped(path))
  const theirs = new Set(others.flatMap(({ evidence }) => evidence))
  return {
    ...found,
    fileEdits: found.fileEdits.filter((edit) => !others.includes(edit)),
    evidence: found.evidence.filter((item) => !theirs.has(item)),
  }
}

/** Adds the move of the other protocol, where the setting that was found moves one of two. */
function withRest(found: PortPlace, from: number, to: number, sources: PortSources): PortPlace {
  const open = [...sources.facts.config.exposedPorts, ...(sources.bound ?? [])].filter(({ port }) => port === from)
  if (new Set(open.map(({ protocol }) => protocol)).size < 2) return found
  const told = sources.daemon?.(from, to, found) ?? null
  const rest = told?.beside === true ? appended(told, found) : null
  if (rest === null) return found
  return {
    ...found,
    ...rest,
    env: found.env,
    fileEdits: [...found.fileEdits, ...rest.fileEdits],
    evidence: [...found.evidence, ...rest.evidence],
  }
}

function appended(move: VendorMove | null, command: Command): PortPlace | null {
  const longer = move === null ? null : appendArguments(command, move.append)
  return move === null || longer === null
    ? null
    : { fileEdits: move.fileEdits, env: [], ...longer, evidence: move.evidence ?? [] }
}

export interface PortSources {
  readonly facts: ImageFacts
  readonly policy: 'keep' | 'raise'
  /** Who asks for `keep`; absent: the flag. */
  readonly keptBy?: string
  /** Why it is `keep`, where nobody asks for it. Absent: somebody does. */
  readonly keptBecause?: string
  /** Lines of other files of the repository that count on a port, `FILE:LINE`; absent: none. */
  readonly users?: ReadonlyMap<number, readonly string[]>
  /** Those ports move all the same. */
  readonly raisesUsed?: boolean
  /** Ports that the original was seen to listen on; null before a run. */
  readonly bound: readonly ExposedPort[] | null
  /** Names of the processes that were seen. */
  readonly programs: readonly string[]
  /** Files that the run opened; null where it was not traced. */
  readonly opened: readonly string[] | null
  /** Edits that the catalogue brings for a port, tried before anything is searched for. */
  readonly vendor: (port: number) => VendorMove | null
  /** The listed move of a port that its vendor's configuration sets; absent for one that it does not set. */
  readonly listed?: (port: number) => Listed | null
  /** The catalogue lists what its server writes and opens. Absent: no. */
  readonly isListed?: boolean
  /** The stage itself puts this file into the image. */
  readonly isShipped?: (path: string) => boolean
  /** Start scripts, of a run. */
  readonly scripts?: readonly string[]
  /** Words of the services that those start. Absent: none. */
  readonly started?: readonly string[]
  /** Details of places that were shown not to set the port. */
  readonly excluded?: ReadonlySet<string>
  /** How a daemon that binds the port by itself is told another one, where nothing sets it. */
  readonly daemon?: (from: number, to: number, command: Command) => VendorMove | null
  /** The same by what its own help says; asked last. */
  readonly help?: (from: number, to: number, command: Command) => VendorMove | null
  /** Texts of the scripts that start it. Absent: none. */
  readonly startTexts?: readonly string[]
  /** Files that the start overwrites. Absent: none. */
  readonly rendered?: readonly RenderedFile[]
  /** A line of the Dockerfile exposes it, and not its base image alone. */
  readonly isOwnExpose?: (port: number) => boolean
  /** Stock configurations of installed packages that bind a port, and how they are moved. */
  readonly stock?: ReadonlyMap<number, VendorMove>
}
