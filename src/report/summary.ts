import type { Outcome } from '../transform.ts'
import { hasFailed, type ReportUser, type TargetResult, type Verdict } from './report.ts'
import { allFindings } from './services.ts'

/** As they are counted and grouped. */
export const VERDICTS: readonly Verdict[] = [
  'hardened',
  'rewritten',
  'unchanged',
  'exempt',
  'incomplete',
  'needs-root',
  'not-applicable',
  'failed',
]

/** `7 targets: 5 rewritten, 1 unchanged, 1 failed; 2 offered fixes held back (--unsafe applies them)` */
export function summaryLine(results: readonly TargetResult[]): string {
  const counts = VERDICTS.flatMap((verdict) => {
    const those = results.filter((result) => result.verdict === verdict)
    return those.length === 0 ? [] : [`${those.length} ${verdict}`]
  })
  const parts = [`${counted(results.length, 'target')}: ${counts.join(', ')}`]
  const held = findingCount(results, 'offered')
  if (held > 0) parts.push(`${counted(held, 'offered fix', 'offered fixes')} held back (--unsafe applies them)`)
  const left = findingCount(results, 'todo')
  if (left > 0) parts.push(counted(left, 'finding needs a decision', 'findings need a decision'))
  const failed = results.filter(hasFailed).length
  if (failed > 0) parts.push(`${counted(failed, 'proof')} failed`)
  const unshown = results.filter(({ proof }) => proof?.reason !== undefined).length
  if (unshown > 0) parts.push(`${counted(unshown, 'target')} not shown to work`)
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

/**
 * `would run as app (10001:10001); a new account`, of what is written `runs as …`; empty where nobody was chosen.
 * `brief`: without where the account is from.
 */
export function runsAs({ result, isWritten = false }: RunsAs, { brief = false } = {}): string {
  const { user, changed, findings } = result
  if (user === null) return ''
  const isOffered = !changed && findings.some(({ outcome }) => outcome === 'offered')
  return [
    `${isWritten ? 'runs' : 'would run'} as ${whoIs(user)}${isOffered ? ' with --unsafe' : ''}${result.proof?.passed === false ? `, ${saidOfProof(result)}` : ''}`,
    ...(brief ? [] : [originOf(user)]),
  ].join('; ')
}

export function saidOfProof({ proof }: Pick<TargetResult, 'proof'>): string {
  return proof?.passed === true ? 'its proof passed' : hasFailed({ proof }) ? 'its proof failed' : 'not shown to work'
}

interface RunsAs {
  readonly result: Pick<TargetResult, 'user' | 'changed' | 'findings' | 'proof'>
  readonly isWritten?: boolean
}

/** `app (10001:10001)` */
function whoIs({ name, uid, gid }: ReportUser): string {
  return name === '' ? `${uid}:${gid}` : `${name} (${uid}:${gid})`
}

function originOf({ name, from }: ReportUser): string {
  return name === '' && from === 'created' ? 'it needs no account' : origins[from]
}

/** How people read an outcome: what is not written yet is not fixed. */
export function outcomeWord(outcome: Outcome, isWritten: boolean): string {
  if (outcome === 'question') return 'ask'
  return outcome === 'fixed' && !isWritten ? 'fix' : outcome
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
