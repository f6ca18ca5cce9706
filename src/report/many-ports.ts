import { bounds } from '../bounds.ts'
import type { ProofRow } from './proof-rows.ts'
import type { ReportFinding } from './report.ts'
import { counted } from './summary.ts'

// An image may expose, and a program open, more ports than anybody wants to read of. For people the first of those that go
// alike are named, and of the others how many there are; JSON and SARIF have them all.

/** `tcp 80, tcp 81 and 3 more` */
export function listedPorts(ports: readonly string[], separator = ', '): string {
  const rest = ports.length - bounds.shownPorts
  const shown = ports.slice(0, bounds.shownPorts).join(separator)
  return rest > 0 ? `${shown} and ${rest} more` : shown
}

const PORT_ROW = /^(?:https?|tcp|udp) :\d+\/?$/

/** Ports that differ are counted apart from those that do not. */
export function withFewPorts(rows: readonly ProofRow[]): readonly ProofRow[] {
  return fewOf(
    rows,
    ({ name, mark }) => (PORT_ROW.test(name) ? mark : null),
    ({ mark }, rest) => ({ name: `and ${counted(rest, 'more port')}`, baseline: '', result: '', mark }),
  )
}

export function withFewPortFindings(findings: readonly ReportFinding[]): readonly ReportFinding[] {
  return fewOf(
    findings,
    ({ transform, outcome, message }) => (transform === 'raise-ports' ? `${outcome} ${withoutPorts(message)}` : null),
    ({ hint: _, ...first }, rest) => ({ ...first, message: sameOf(rest), evidence: [] }),
  )
}

/** A port a text: `80/tcp -> 8080: …` */
export function withFewPortTexts(texts: readonly string[]): readonly string[] {
  return fewOf(texts, withoutPorts, (_, rest) => sameOf(rest))
}

function sameOf(rest: number): string {
  return `and ${counted(rest, 'more port')}, likewise; --format json names them all`
}

/** The part that two ports share where they are told as one. */
function withoutPorts(text: string): string {
  return text.replace(/\d+/g, '#')
}

/** `alike`: null for what is always shown. What is left away has its sum in the place of the first of it. */
function fewOf<T>(
  all: readonly T[],
  alike: (one: T) => string | null,
  sumOf: (first: T, rest: number) => T,
): readonly T[] {
  const total = new Map<string, number>()
  for (const key of all.map(alike)) if (key !== null) total.set(key, (total.get(key) ?? 0) + 1)
  const shown = new Map<string, number>()
  return all.flatMap((one) => {
    const key = alike(one)
    if (key === null) return [one]
    const before = shown.get(key) ?? 0
    shown.set(key, before + 1)
    if (before < bounds.shownPorts) return [one]
    return before === bounds.shownPorts ? [sumOf(one, (total.get(key) ?? 0) - before)] : []
  })
}
