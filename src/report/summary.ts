import type { ReportUser, TargetResult, Verdict } from './report.ts'
import { allFindings } from './services.ts'

const order: readonly Verdict[] = [
  'hardened',
  'unchanged',
  'exempt',
  'incomplete',
  'needs-root',
  'not-applicable',
  'failed',
]

/** `7 targets: 5 hardened, 1 unchanged, 1 failed; 2 offered fixes held back (--unsafe applies them)` */
export function summaryLine(results: readonly TargetResult[]): string {
  const counts = order
    .map((verdict) => ({ verdict, count: results.filter((result) => result.verdict === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} ${verdict}`)
  const parts = [`${counted(results.length, 'target')}: ${counts.join(', ')}`]
  const held = findingCount(results, 'offered')
  if (held > 0) parts.push(`${counted(held, 'offered fix', 'offered fixes')} held back (--unsafe applies them)`)
  const left = findingCount(results, 'todo')
  if (left > 0) parts.push(counted(left, 'finding needs a decision', 'findings need a decision'))
  const unproved = results.filter(({ proof }) => proof !== null && !proof.passed).length
  if (unproved > 0) parts.push(`${counted(unproved, 'proof')} failed`)
  return parts.join('; ')
}

function findingCount(results: readonly TargetResult[], outcome: 'offered' | 'todo'): number {
  return results.flatMap(allFindings).filter((finding) => finding.outcome === outcome).length
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

const origins = {
  created: 'a new account',
  image: "the image's own account",
  option: 'as asked for',
} as const satisfies Record<ReportUser['from'], string>

/** `app (10001:10001), a new account`; empty where nobody was chosen. */
export function runsAs({ user }: TargetResult): string {
  if (!user) return ''
  const ids = `${user.uid}:${user.gid}`
  if (user.name === '') return `${ids}, ${user.from === 'created' ? 'which needs no account' : origins[user.from]}`
  return `${user.name} (${ids}), ${origins[user.from]}`
}

// SGR codes, on and off. Report modules are pure, so no node:util, which looks at the process.
const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const

type Style = keyof typeof codes
export type Paint = (style: Style, text: string) => string

export function painter(colour: boolean): Paint {
  if (!colour) return (_style, text) => text
  return (style, text) => `\u001b[${codes[style][0]}m${text}\u001b[${codes[style][1]}m`
}
