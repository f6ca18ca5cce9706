import type { ExposedPort, ImageFacts } from '../image/facts.ts'
import { appendArguments } from './append-arguments.ts'
import type { Evidence } from './evidence.ts'
import { mergeByFile } from './file-edit.ts'
import { findMove, inShipped } from './find-move.ts'
import type { EnvSetting, FileEdit, PortDecision } from './plan.ts'
import { namesLocal } from './port-files.ts'
import { type Command, searchPort } from './port-search.ts'
import { renumbered } from './renumbered.ts'
import { saidPorts } from './said-ports.ts'
import { sourcePortPlace } from './source-ports.ts'

export const FIRST_UNPRIVILEGED_PORT = 1024
const SHIFT = 8000

/**
 * Where ports are moved: what to do about each low one, and the changes that this takes. Entrypoint and command are those
 * after the move; null where they stay.
 */
export interface PortPlan extends Command {
  readonly decisions: readonly PortDecision[]
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
}

export interface PortSources {
  readonly facts: ImageFacts
  readonly policy: 'keep' | 'raise'
  /** Who asks for `keep`; absent: the flag. */
  readonly keptBy?: string
  /** Ports that the original was seen to listen on; null before a run. */
  readonly bound: readonly ExposedPort[] | null
  /** Names of the processes that were seen. */
  readonly programs: readonly string[]
  /** Files that the run opened; null where it was not traced. */
  readonly opened: readonly string[] | null
  /** Edits that the catalogue brings for a port, tried before anything is searched for. */
  readonly vendor: (port: number) => VendorMove | null
  /** What becomes of a port that its vendor's configuration sets; absent for one that it does not set. */
  readonly listed?: (port: number) => Listed | null
  /** The stage itself puts this file into the image. */
  readonly isShipped?: (path: string) => boolean
  /** Start scripts, of a run. */
  readonly scripts?: readonly string[]
  /** Details of places that were shown not to set the port. */
  readonly spared?: ReadonlySet<string>
  /** How a daemon that binds the port by itself is told another one, where nothing sets it. */
  readonly daemon?: (from: number, to: number, command: Command) => VendorMove | null
  /** The same by what its own help says; asked last. */
  readonly help?: (from: number, to: number, command: Command) => VendorMove | null
  /** Stock configurations of installed packages that bind a port, and how they are moved. */
  readonly stock?: ReadonlyMap<number, VendorMove>
}

/** `unread`: nothing that the image came with sets it any more. */
export type Listed = 'set' | 'unread'

export interface VendorMove {
  readonly to: number
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  /** Words to put behind the image's command. */
  readonly append: readonly string[]
  /** It is needed too where a setting that was found moves one protocol of two. */
  readonly beside?: boolean
  /** Where that is said; absent where the move says it itself. */
  readonly evidence?: readonly Evidence[]
}

/** Decides for every low port: moved where the place that sets it is found, else kept and said. */
export function planPorts(sources: PortSources): PortPlan {
  const low = lowPorts(sources)
  if (low.length === 0) return { decisions: [], fileEdits: [], env: [], entrypoint: null, cmd: null }
  const plan = { decisions: [] as PortDecision[], fileEdits: [] as FileEdit[], env: [] as EnvSetting[] }
  let entrypoint = sources.facts.config.entrypoint
  let cmd = sources.facts.config.cmd
  for (const port of low) {
    const decide = (to: number | null, reason: string, evidence: readonly Evidence[], guessed = false): void => {
      plan.decisions.push({
        from: port.port,
        protocol: port.protocol === 'udp' ? 'udp' : 'tcp',
        to,
        reason,
        exposed: port.exposed,
        evidence,
        ...(guessed ? { guessed } : {}),
      })
    }
    const why: Evidence[] = [
      {
        source: port.exposed || sources.bound === null ? 'declared' : 'observed',
        subject: String(port.port),
        detail: port.exposed
          ? 'named by EXPOSE'
          : sources.bound === null
            ? 'said by its command or configuration'
            : 'the original listens on it',
      },
    ]
    const before = plan.decisions.find((other) => other.from === port.port)
    if (before !== undefined) {
      decide(before.to, before.reason, why)
      continue
    }
    if (sources.policy === 'keep') {
      decide(null, `kept as ${sources.keptBy ?? 'asked for with --ports keep'}`, why)
      continue
    }
    const moved = plan.decisions.map((decision) => decision.to)
    const free = freePort(port.port, sources, moved)
    const vendor = sources.vendor(port.port)
    if (vendor !== null) {
      const to = isFree(vendor.to, sources, moved) ? vendor.to : free
      const { fileEdits, env, append } = renumbered(vendor, to)
      // The user's own configuration, beside the vendor's or in its place, may say the same port in other words too.
      const { fileEdits: own } = inShipped(searchPort(port.port, to, sources, { entrypoint, cmd }), sources)
      plan.fileEdits.push(...fileEdits.filter(({ path }) => !own.some((edit) => edit.path === path)), ...own)
      // What the vendor's way sets beside its files, the user's own file sets here.
      if (own.length === 0 || fileEdits.length > 0) {
        plan.env.push(...env)
        ;({ entrypoint, cmd } = appendArguments({ entrypoint, cmd }, append) ?? { entrypoint, cmd })
      }
      const more = own.flatMap(({ evidence }) => evidence)
      decide(to, 'set by the configuration that its vendor ships', [...why, ...more])
      continue
    }
    const to = free
    const listed = sources.listed?.(port.port) ?? null
    const move = findMove(port.port, to, sources, { entrypoint, cmd }, listed)
    if (move === null && listed === 'unread') continue
    if (move === null) {
      const said = sourcePortPlace(port.port, sources)
      const reason = said === null ? NOT_FOUND : `the program's own source sets it: ${said}`
      decide(null, isOpened(port, sources) ? reason : `${reason}; the original did not listen on it`, why)
      continue
    }
    plan.fileEdits.push(...move.fileEdits)
    plan.env.push(...move.env)
    ;({ entrypoint, cmd } = move)
    decide(to, move.reason, [...why, ...move.evidence], move.guessed)
  }
  const same = (a: readonly string[] | null, b: readonly string[] | null): boolean =>
    JSON.stringify(a) === JSON.stringify(b)
  return {
    decisions: plan.decisions,
    fileEdits: mergeByFile(plan.fileEdits),
    env: plan.env,
    entrypoint: same(entrypoint, sources.facts.config.entrypoint) ? null : entrypoint,
    cmd: same(cmd, sources.facts.config.cmd) ? null : cmd,
  }
}

const NOT_FOUND = 'the place that sets it was not found in the configuration, the environment or the command'

/** As far as is known. */
function isOpened({ port }: ExposedPort, { bound }: PortSources): boolean {
  return bound === null || bound.some((other) => other.port === port)
}

interface LowPort extends ExposedPort {
  readonly exposed: boolean
}

function lowPorts(sources: PortSources): readonly LowPort[] {
  const ports = new Map<string, LowPort>()
  for (const { port, protocol } of sources.facts.config.exposedPorts.filter(isLow))
    ports.set(`${port}/${protocol}`, { port, protocol, exposed: true })
  for (const { port, protocol } of (sources.bound ?? []).filter(isLow)) {
    const key = `${port}/${protocol}`
    if (!ports.has(key)) ports.set(key, { port, protocol, exposed: false })
  }
  for (const { port, protocol } of sources.bound === null ? saidPorts(sources).filter(isLow) : []) {
    if (![...ports.values()].some((other) => other.port === port))
      ports.set(`${port}/${protocol}`, { port, protocol, exposed: false })
  }
  for (const [port, move] of sources.stock ?? []) {
    const protocol = 'tcp'
    if (move.fileEdits.length > 0 && !ports.has(`${port}/${protocol}`))
      ports.set(`${port}/${protocol}`, { port, protocol, exposed: false })
  }
  return [...ports.values()].filter(isLow)
}

function isLow({ port }: { readonly port: number }): boolean {
  return port < FIRST_UNPRIVILEGED_PORT && port > 0
}

/** 80 becomes 8080, 443 becomes 8443, unless that is in use already. */
function freePort(port: number, sources: PortSources, moved: readonly (number | null)[]): number {
  let to = port + SHIFT
  while (!isFree(to, sources, moved)) to += 1
  return to
}

function isFree(port: number, sources: PortSources, moved: readonly (number | null)[]): boolean {
  const inUse = [...sources.facts.config.exposedPorts, ...(sources.bound ?? [])].map((other) => other.port)
  return ![...inUse, ...moved].includes(port) && !namesLocal(port, sources)
}
