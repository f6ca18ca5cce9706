import type { Evidence, VendorMove } from '../../evidence/claim.ts'
import type { EnvSetting, FileEdit, PortDecision } from '../plan.ts'
import { appendArguments } from './append-arguments.ts'
import { findMove, inShipped } from './find-move.ts'
import { freePort, isFree, type LowPort } from './low-ports.ts'
import { type Command, searchPort } from './port-search.ts'
import type { PortSources } from './port-sources.ts'
import { renumbered } from './renumbered.ts'
import { sourcePortPlace } from './source-ports.ts'

const NOT_FOUND = 'the place that sets it was not found in the configuration, the environment or the command'

/** What is decided of the ports before it, and the command as those have left it. */
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

/** Moved where the place that sets it is found, else kept and said. Null: nothing that the image came with sets it any more. */
export function decidePort(port: LowPort, sources: PortSources, { decisions, command }: Before): Decided | null {
  const why = evidenceOf(port, sources)
  const decide = (
    to: number | null,
    reason: string,
    {
      evidence = [],
      guessed = false,
      ...changes
    }: Partial<Omit<Decided, 'decision'>> & {
      readonly evidence?: readonly Evidence[]
      readonly guessed?: boolean
    } = {},
  ): Decided => ({
    decision: {
      from: port.port,
      protocol: port.protocol === 'udp' ? 'udp' : 'tcp',
      to,
      reason,
      exposed: port.exposed,
      evidence: [...why, ...evidence],
      ...(guessed ? { guessed } : {}),
    },
    fileEdits: [],
    env: [],
    command,
    ...changes,
  })
  const same = decisions.find(({ from }) => from === port.port)
  if (same !== undefined) return decide(same.to, same.reason)
  if (sources.policy === 'keep') return decide(null, `kept as ${sources.keptBy ?? 'asked for with --ports keep'}`)
  const moved = decisions.map(({ to }) => to)
  const free = freePort(port.port, sources, moved)
  if (free === null) return decide(null, 'every port above it is in use')
  const vendor = sources.vendor(port.port)
  if (vendor !== null) {
    const to = isFree(vendor.to, sources, moved) ? vendor.to : free
    return decide(to, 'set by the configuration that its vendor ships', asVendor(vendor, to, port, sources, command))
  }
  const listed = sources.listed?.(port.port) ?? null
  const move = findMove(port.port, free, sources, command, listed)
  if (move !== null) {
    const { fileEdits, env, entrypoint, cmd, evidence, guessed } = move
    return decide(free, move.reason, { fileEdits, env, command: { entrypoint, cmd }, evidence, guessed })
  }
  if (listed === 'unread') return null
  const said = sourcePortPlace(port.port, sources)
  const reason = said === null ? NOT_FOUND : `the program's own source sets it: ${said}`
  return decide(null, isOpened(port, sources) ? reason : `${reason}; the original did not listen on it`)
}

function evidenceOf({ port, exposed }: LowPort, { bound }: PortSources): readonly Evidence[] {
  const subject = String(port)
  if (exposed) return [{ source: 'declared', subject, detail: 'named by EXPOSE' }]
  if (bound === null) return [{ source: 'declared', subject, detail: 'said by its command or configuration' }]
  return [{ source: 'observed', subject, detail: 'the original listens on it' }]
}

/** The user's own configuration, beside the vendor's or in its place, may say the same port in other words too. */
function asVendor(
  vendor: VendorMove,
  to: number,
  { port }: LowPort,
  sources: PortSources,
  command: Command,
): Omit<Decided, 'decision'> & { readonly evidence: readonly Evidence[] } {
  const { fileEdits, env, append } = renumbered(vendor, to)
  const { fileEdits: own } = inShipped(searchPort(port, to, sources, command), sources)
  const theirs = fileEdits.filter(({ path }) => !own.some((edit) => edit.path === path))
  const changes = { fileEdits: [...theirs, ...own], evidence: own.flatMap(({ evidence }) => evidence) }
  // What the vendor's way sets beside its files, the user's own file sets here.
  if (own.length > 0 && fileEdits.length === 0) return { ...changes, env: [], command }
  return { ...changes, env, command: appendArguments(command, append) ?? command }
}

/** As far as is known. */
function isOpened({ port }: LowPort, { bound }: PortSources): boolean {
  return bound === null || bound.some((other) => other.port === port)
}
