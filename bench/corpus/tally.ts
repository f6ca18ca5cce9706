import { isRootUser } from '../../src/image/accounts.ts'
import type { Measured } from './measure.ts'

export interface Named {
  readonly path: string
  readonly measured: Measured
}

/** Counts of one kind, largest first, with the first file of each. */
export type Table = readonly (readonly [label: string, count: number, example: string])[]

export interface Tally {
  readonly read: number
  readonly refused: Table
  readonly crashed: readonly string[]
  readonly unparsable: readonly string[]
  readonly changedAgain: readonly string[]
  readonly commentsLost: readonly string[]
  readonly verdicts: Table
  /** Files that have a stage that is meant to run and ends as root. */
  readonly rootBefore: number
  readonly nonRootAfter: number
  /**
   * Of `rootBefore`: Linux images that say what they start and bring something of their own to start; what must keep
   * root and what somebody has exempted count too. The others are Windows images, and those to build upon.
   */
  readonly applications: number
  readonly applicationsNonRoot: number
  /** Why the others still end as root. */
  readonly stillRoot: Table
  readonly todo: Table
  readonly offered: Table
  readonly touched: { readonly median: number; readonly p95: number; readonly changed: number }
}

/** Still root, and no image of an application. */
const NO_APPLICATION = /^not-applicable|built upon/

export function tally(files: readonly Named[]): Tally {
  const done = files.flatMap(({ path, measured }) => (measured.kind === 'done' ? [{ path, ...measured }] : []))
  const wereRoot = done.filter(({ result }) => result.stages.some((stage) => isRootUser(stage.userBefore)))
  const stillRoot = wereRoot.filter(({ result }) => result.stages.some((stage) => isRootUser(stage.userAfter)))
  const held = wereRoot.filter((one) => !stillRoot.includes(one) && isHeldBack(one.result))
  const left = [...stillRoot, ...held].map((one) => [reasonOf(one.result), one.path] as const)
  const applications = wereRoot.length - left.filter(([reason]) => NO_APPLICATION.test(reason)).length
  const touched = done
    .filter(({ result }) => result.changed)
    .map(({ checks }) => checks.linesTouched)
    .sort((a, b) => a - b)
  const paths = (list: readonly { readonly path: string }[]): readonly string[] => list.map(({ path }) => path)
  const findings = (outcome: string): Table =>
    table(
      done.flatMap(({ path, result }) =>
        result.findings
          .filter((finding) => finding.outcome === outcome)
          .map((finding) => [`${finding.transform}: ${general(finding.message)}`, path] as const),
      ),
    )
  return {
    read: files.length,
    refused: table(
      files.flatMap(({ path, measured }) =>
        measured.kind === 'refused' ? [[general(measured.reason), path] as const] : [],
      ),
    ),
    crashed: files.flatMap(({ path, measured }) =>
      measured.kind === 'crashed' ? [`${path}: ${measured.stack.split('\n').slice(0, 4).join(' ')}`] : [],
    ),
    unparsable: done
      .filter(({ checks }) => checks.unparsable !== null)
      .map(({ path, checks }) => `${path}: ${checks.unparsable}`),
    changedAgain: paths(done.filter(({ checks }) => checks.changedAgain)),
    commentsLost: paths(done.filter(({ checks }) => checks.commentsLost > 0)),
    verdicts: table(done.map(({ path, result }) => [result.verdict, path] as const)),
    rootBefore: wereRoot.length,
    nonRootAfter: wereRoot.length - left.length,
    applications,
    applicationsNonRoot: wereRoot.length - left.length,
    stillRoot: table(left),
    todo: findings('todo'),
    offered: findings('offered'),
    touched: {
      median: touched[Math.floor(touched.length / 2)] ?? 0,
      p95: touched[Math.floor(touched.length * 0.95)] ?? 0,
      changed: touched.length,
    },
  }
}

/** The plan has an account, and the text was left as it is: the fix is offered only. */
function isHeldBack(result: Extract<Measured, { kind: 'done' }>['result']): boolean {
  return result.findings.some(({ transform, outcome }) => transform === 'set-user' && outcome === 'offered')
}

function reasonOf({ findings, verdict }: Extract<Measured, { kind: 'done' }>['result']): string {
  const finding =
    findings.find(({ outcome, transform }) => outcome === 'offered' && transform === 'set-user') ??
    findings.find(({ outcome }) => outcome === 'todo') ??
    findings.find(({ outcome }) => outcome === 'note')
  return `${verdict}: ${general(finding?.hint?.includes('built upon') ? finding.hint : (finding?.message ?? 'no finding'))}`
}

function table(rows: readonly (readonly [label: string, path: string])[]): Table {
  const counts = new Map<string, { count: number; readonly example: string }>()
  for (const [label, example] of rows) {
    const entry = counts.get(label) ?? { count: 0, example }
    entry.count += 1
    counts.set(label, entry)
  }
  return [...counts]
    .map(([label, { count, example }]) => [label, count, example] as const)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
}

/** A message without what differs from file to file. */
function general(message: string): string {
  return message
    .replace(/'[^']*'|"[^"]*"/g, '…')
    .replace(/\$\{?\w+[^\s}]*\}?/g, '$X')
    .replace(/(?:^|(?<=[\s(]))\/[\w@./-]+/g, '/…')
    .replace(/[\w.-]+(?:\/[\w.-]+)+(?::[\w.-]+)?/g, '…')
    .replace(/\b\d[\d:.]*\b/g, 'N')
    .slice(0, 110)
}
