import type { VendorMove } from '../../evidence/claim.ts'
import type { Listed } from '../../evidence/vendor.ts'
import { appendArguments } from './append-arguments.ts'
import { guessPort } from './port-guess.ts'
import { type Command, type Found, searchPort } from './port-search.ts'
import type { PortSources } from './port-sources.ts'

export interface Move extends Found {
  readonly reason: string
  readonly guessed: boolean
}

const BY_ITSELF = 'it binds the port by itself and is told another one'

/** Best reason first: a setting of a known form, a daemon's own way, the only place that says it, the program's help. */
export function findMove(
  from: number,
  to: number,
  sources: PortSources,
  command: Command,
  listed: Listed | null,
): Move | null {
  const reasonOf = ({ evidence }: Found): string => evidence.map((item) => item.detail).join(', ')
  const all = searchPort(from, to, sources, command)
  // What the vendor's own files say of a port that its entry knows is in the entry, or not read any more.
  const own = listed === null ? all : inShipped(all, sources)
  const found = own.evidence.length > 0 || listed === 'unread' ? own : all
  if (found.evidence.length > 0)
    return { ...withRest(found, from, to, sources), reason: reasonOf(found), guessed: false }
  if (listed === 'unread') return null
  const daemon = appended(sources.daemon?.(from, to, command) ?? null, command)
  if (daemon !== null) return { ...daemon, reason: BY_ITSELF, guessed: false }
  const guess = guessPort(from, to, sources, command)
  if (guess !== null) return { ...guess, reason: reasonOf(guess), guessed: true }
  const help = appended(sources.help?.(from, to, command) ?? null, command)
  if (help === null || help.evidence.some(({ detail }) => sources.spared?.has(detail))) return null
  return { ...help, reason: BY_ITSELF, guessed: true }
}

/** Without what is set in files that the image came with. */
export function inShipped(found: Found, { isShipped = () => false }: PortSources): Found {
  const others = found.fileEdits.filter(({ path }) => !isShipped(path))
  const theirs = new Set(others.flatMap(({ evidence }) => evidence))
  return {
    ...found,
    fileEdits: found.fileEdits.filter((edit) => !others.includes(edit)),
    evidence: found.evidence.filter((item) => !theirs.has(item)),
  }
}

/** With what moves the other protocol, where that which was found is known to set one of them. */
function withRest(found: Found, from: number, to: number, sources: PortSources): Found {
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

function appended(move: VendorMove | null, command: Command): Found | null {
  const longer = move === null ? null : appendArguments(command, move.append)
  return move === null || longer === null
    ? null
    : { fileEdits: move.fileEdits, env: [], ...longer, evidence: move.evidence ?? [] }
}
