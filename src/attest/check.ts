import { isRootUser } from '../image/accounts.ts'
import { ARBITRARY_UID } from '../plan/account/account-ids.ts'
import type { TargetResult } from '../report/report.ts'
import type { GivenStatement } from './read.ts'
import { type ProofPredicate, proofPredicate, type TestResult, testResult } from './statement.ts'

/** What is known of the image now. */
export interface ImageNow {
  /** As it was asked for. */
  readonly name: string
  /** All digests that are its own, hexadecimal: of its config and of its manifests. */
  readonly digests: readonly string[]
  /** `USER` of its config. */
  readonly user: string
  /** The uid that it starts as; null where a name is of no account that could be read. */
  readonly uid: number | null
}

/** A file that a statement names, as it is beside it now. */
export interface FileNow {
  readonly sha256: string
  /** Its first result; null where it is no report. */
  readonly result: TargetResult | null
}

export interface Verified {
  /** What does not hold, one sentence each; empty where all of it holds. */
  readonly problems: readonly string[]
  /** What holds. */
  readonly held: readonly string[]
  /** What was not looked at, and why. */
  readonly open: readonly string[]
  /** That of the proof, where all of it holds; null otherwise. */
  readonly verdict: TargetResult['verdict'] | null
}

/** A condition of every proof. */
export interface KnownCondition {
  readonly name: string
  /** A proof passes only where this condition passed. */
  readonly alwaysRequired: boolean
}

type Said<Kind> = Extract<GivenStatement['said'], { readonly kind: Kind }>

/**
 * Whether statements of one proof are about an image, say one thing, and say that it passed. `conditions`: those that every proof
 * has; `files`: by name, those that exist. Signatures are not checked here, so whoever writes all statements decides what they say. An image
 * that starts as root never passes.
 */
export function checkStatements(
  statements: readonly GivenStatement[],
  image: ImageNow,
  {
    conditions,
    files,
  }: { readonly conditions: readonly KnownCondition[]; readonly files: ReadonlyMap<string, FileNow> },
): Verified {
  const problems: string[] = []
  const held: string[] = []
  const open: string[] = []
  const ours = statements.filter(({ said, from }) => {
    if (said.kind === 'other') open.push(`${from}: its predicate is another one: ${said.predicateType}`)
    return said.kind !== 'other'
  })
  for (const { from, digests } of ours)
    if (digests.some((digest) => image.digests.includes(digest))) held.push(`${from}: it is about ${image.name}`)
    else
      problems.push(
        `${from}: it is about another image: ${digests.map(short).join(', ') || 'no digest'}, and ${image.name} is ${image.digests.map(short).join(', ')}`,
      )
  const isRoot = isRootUser(image.user) || image.uid === 0
  if (isRoot) problems.push(`${image.name} starts as root: its USER is ${image.user === '' ? 'not set' : image.user}`)
  else if (image.uid === null)
    problems.push(`${image.name} starts as ${image.user}, and none of its accounts that could be read says who that is`)
  const tests = only(ours, 'test-result', problems)
  const proof = only(ours, 'proof', problems)
  if (proof !== null) {
    const outcomes = new Map(proof.said.predicate.conditions.map(({ name, outcome }) => [name, outcome]))
    if (outcomes.size < proof.said.predicate.conditions.length)
      problems.push(`${proof.from}: it has two conditions of one name`)
    for (const { name, alwaysRequired } of conditions) {
      const outcome = outcomes.get(name)
      if (outcome === undefined) problems.push(`${proof.from}: the condition “${name}” is missing`)
      else if (alwaysRequired && outcome !== 'pass')
        problems.push(
          `${proof.from}: the condition “${name}” is required of every proof, and its outcome is ${outcome}`,
        )
    }
    const { failedTests } = testResult(proof.said.predicate)
    for (const name of failedTests) problems.push(`${proof.from}: ${name}: it has not passed`)
    if (failedTests.length === 0)
      held.push(`${proof.from}: ${outcomes.size} conditions, and all that are required passed`)
    if (!isRoot) compareUsers(proof, image, { problems, held })
    checkFiles(proof, files, { problems, held, open })
  }
  if (tests !== null && proof !== null) compareTests(tests, proof, { problems, held })
  const verdict = problems.length === 0 ? (proof?.said.predicate.verdict ?? null) : null
  return { problems, held, open, verdict }
}

/** The user that the image starts as now is the one that was proved, by its text and by the processes that were seen. */
function compareUsers(
  { from, said: { predicate } }: One<'proof'>,
  { name, user, uid }: ImageNow,
  { problems, held }: Pick<Record<keyof Verified, string[]>, 'problems' | 'held'>,
): void {
  const uids = predicate.uids ?? []
  if (predicate.user !== undefined && predicate.user !== user)
    problems.push(`${from}: it is about an image whose USER is ${predicate.user}, and that of ${name} is ${user}`)
  // A proof with --arbitrary-uid runs the image as a uid of its own.
  else if (uid !== null && !uids.includes(uid) && !uids.includes(ARBITRARY_UID))
    problems.push(`${from}: its processes ran as ${uids.join(', ') || 'nobody'}, and ${name} starts as ${uid}`)
  else if (uid !== null) held.push(`${name} starts as ${user}, as ${from} says`)
}

interface One<Kind> {
  readonly from: string
  readonly said: Said<Kind>
}

/** There has to be one of each kind: a second one might be of another proof. */
function only<Kind extends 'test-result' | 'proof'>(
  ours: readonly GivenStatement[],
  kind: Kind,
  problems: string[],
): One<Kind> | null {
  const all = ours.filter((one): one is GivenStatement & One<Kind> => one.said.kind === kind)
  const [first, second] = all
  if (first === undefined) problems.push(`no statement is a ${kind}: what the other one leaves out would not show`)
  if (first !== undefined && second !== undefined)
    problems.push(`${first.from} and ${second.from} are both a ${kind}: verify one proof at a time`)
  return first !== undefined && second === undefined ? first : null
}

/** The report, and the trace, that the proof names. */
function checkFiles(
  { from, said: { predicate } }: One<'proof'>,
  files: ReadonlyMap<string, FileNow>,
  { problems, held, open }: Record<'problems' | 'held' | 'open', string[]>,
): void {
  for (const { name, digest } of [predicate.report, ...(predicate.trace === null ? [] : [predicate.trace])]) {
    const file = files.get(name)
    if (file === undefined) open.push(`${name} is not beside ${from}, and was not compared`)
    else if (file.sha256 !== digest.sha256)
      problems.push(`${name} has changed: ${from} says ${short(digest.sha256)}, and it is ${short(file.sha256)}`)
    else held.push(`${name} is as it was`)
  }
  const report = files.get(predicate.report.name)
  if (report === undefined) return
  const { user, granted, trace, report: named } = predicate
  const more = { ...(user === undefined ? {} : { user }), granted, trace, report: named }
  const again = report.result === null ? null : proofPredicate(report.result, more)
  // The tool that wrote it may have been another version.
  if (again === null) problems.push(`${predicate.report.name} has no proof, and ${from} has one`)
  else
    for (const key of differing({ ...again, tool: predicate.tool }, predicate))
      problems.push(`${from}: ${key}: ${predicate.report.name} says otherwise`)
}

function differing(one: ProofPredicate, other: ProofPredicate): readonly string[] {
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])] as (keyof ProofPredicate)[]
  return keys.filter((key) => inOrder(one[key]) !== inOrder(other[key]))
}

/** JSON with sorted keys, since what signs a statement may reorder them. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
}

const LISTS = ['passedTests', 'warnedTests', 'failedTests'] as const

function compareTests(
  tests: One<'test-result'>,
  proof: One<'proof'>,
  { problems, held }: Pick<Record<keyof Verified, string[]>, 'problems' | 'held'>,
): void {
  const { predicate } = tests.said
  const expected = testResult(proof.said.predicate)
  const before = problems.length
  if (predicate.result !== expected.result)
    problems.push(`${tests.from}: it says ${predicate.result}, and by ${proof.from} it is ${expected.result}`)
  for (const list of LISTS) {
    for (const name of expected[list])
      if (!predicate[list].includes(name)) problems.push(`${tests.from}: “${name}” is missing in ${list}`)
    for (const name of predicate[list])
      if (!expected[list].includes(name))
        problems.push(`${tests.from}: “${name}” stands in ${list}, and ${proof.from} does not say so`)
  }
  const named = reportIn(predicate)
  const { name, digest } = proof.said.predicate.report
  if (named !== digest.sha256)
    problems.push(`${tests.from}: its configuration names another ${name} than ${proof.from}`)
  if (problems.length === before) held.push(`${tests.from}: ${predicate.result}, and says what ${proof.from} does`)
}

function reportIn({ configuration }: TestResult): string | null {
  return configuration.find(({ name }) => name === 'report.json')?.digest?.sha256 ?? null
}

function short(hex: string): string {
  return `sha256:${hex.slice(0, 12)}`
}
