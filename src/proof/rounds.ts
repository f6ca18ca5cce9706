import type { Engine } from '../engine/engine.ts'
import type { Operation } from '../evidence/operation.ts'
import type { Observation } from '../plan/stage-input.ts'
import { askOwnWay, type Learning, learnedFrom, taughtBy } from './lessons.ts'
import { neededCapability, refusesOthers, scriptsOf, whoAsksForRoot } from './needs-root.ts'
import { hasPassed, type ServiceSeen, type Tried } from './tried.ts'

/** What runs have shown of each service, by its name. */
export type StackEvidence = ReadonlyMap<string, Observation>

/** What is to be run next: all that was written, as one text, by which two rounds are known to be the same. */
export interface NextRun {
  readonly text: string
  /** False where nothing is to be run as another user. */
  readonly isRun: boolean
}

/** How the services of a proof are planned and run: those of a stack together, or one image by itself. */
export interface Bench<Next extends NextRun, Round> {
  readonly engine: Engine
  readonly signal: AbortSignal
  /** Each with what its original has shown. */
  readonly services: ReadonlyMap<string, ServiceSeen>
  /** Plans and writes with what is known by now. */
  plan(evidence: StackEvidence): Promise<Next>
  /** Builds what was planned and runs it beside the original. */
  run(next: Next, number: number): Promise<Round>
  textOf(round: Round): string
  tried(round: Round): ReadonlyMap<string, Tried>
  /** Whether the original does its work where this service lacks the capability. */
  worksWithout(capability: string, service: string): Promise<boolean>
  /** What the service does where nothing is refused to it. Absent: it does not run without the others. */
  unrefused?(service: string, round: Round): Promise<Unrefused>
}

/** The operations of a result that no permission stops. */
export interface Unrefused {
  /** Operations that it did and the original, as root, did not. */
  readonly operations: readonly Operation[]
  /** It got as far as the original: only permissions stop it. */
  readonly isWhole: boolean
}

export interface Ran<Next, Round> {
  readonly rounds: readonly Round[]
  /** What is known in the end. */
  readonly evidence: StackEvidence
  /** The plan that is not run as another user; null where the last round is the answer. */
  readonly idle: Next | null
}

const MOST_ROUNDS = 5

/** Plans, runs and learns until a round teaches nothing new, and no service is found to need root. */
export async function inRounds<Next extends NextRun, Round>(bench: Bench<Next, Round>): Promise<Ran<Next, Round>> {
  const rounds: Round[] = []
  const lessons = new Map([...bench.services.keys()].map((name) => [name, NOTHING_LEARNED] as const))
  const past: Past = { askedForWay: new Set(), seenWhole: new Set() }
  let most = MOST_ROUNDS
  for (;;) {
    const evidence = evidenceOf(bench.services, lessons)
    const next = await bench.plan(evidence)
    if (!next.isRun) return { rounds, evidence, idle: next }
    if (rounds.length < most && rounds.every((other) => bench.textOf(other) !== next.text)) {
      const round = await bench.run(next, rounds.length + 1)
      rounds.push(round)
      const isTaught = await learnInto(lessons, bench, rounds, past)
      // A round that began early may have run another text.
      if (isTaught || bench.textOf(round) !== next.text) continue
    }
    const last = rounds.at(-1)
    const isFound = last !== undefined && (await rootWorkInto(lessons, bench, bench.tried(last)))
    if (!isFound) return { rounds, evidence, idle: null }
    most = Math.max(most, rounds.length + 1)
  }
}

type RootWork = Pick<Observation, 'needsRoot' | 'rootCapabilities'>

/** What the rounds have taught of one service. */
interface Lessons extends Learning {
  /** Why it must keep root; null where nothing says so. */
  readonly rootWork: RootWork | null
}

const NOTHING_LEARNED: Lessons = { learned: [], excluded: [], ownWay: null, rootWork: null }

/** Questions that one service is asked once. */
interface Past {
  readonly askedForWay: Set<string>
  readonly seenWhole: Set<string>
}

function evidenceOf(services: ReadonlyMap<string, ServiceSeen>, lessons: ReadonlyMap<string, Lessons>): StackEvidence {
  return new Map(
    [...services].map(([name, { observation }]) => {
      const { learned, excluded, ownWay, rootWork } = lessons.get(name) ?? NOTHING_LEARNED
      const operations = [...observation.operations, ...learned]
      return [name, { ...observation, operations, excluded, ownWay, ...rootWork }]
    }),
  )
}

/** Whether the last round has taught anything new of any service. */
async function learnInto<Next extends NextRun, Round>(
  lessons: Map<string, Lessons>,
  bench: Bench<Next, Round>,
  rounds: readonly Round[],
  past: Past,
): Promise<boolean> {
  const tried = rounds.map((round) => bench.tried(round))
  let isTaught = false
  for (const [name, seen] of bench.services) {
    const before = lessons.get(name) ?? NOTHING_LEARNED
    const own = tried.map((services) => services.get(name)).filter((one) => one !== undefined)
    const after = await learn(bench, { name, seen, tried: own, rounds }, before, past)
    if (after === null) continue
    lessons.set(name, after)
    isTaught = true
  }
  return isTaught
}

interface ServiceRounds<Round> {
  readonly name: string
  readonly seen: ServiceSeen
  /** The service in each round. */
  readonly tried: readonly Tried[]
  readonly rounds: readonly Round[]
}

async function learn<Next extends NextRun, Round>(
  { engine, signal, unrefused }: Bench<Next, Round>,
  { name, seen, tried, rounds }: ServiceRounds<Round>,
  lessons: Lessons,
  { askedForWay, seenWhole }: Past,
): Promise<Lessons | null> {
  const { facts, image, original, baseline } = seen
  const [last, round] = [tried.at(-1), rounds.at(-1)]
  if (last === undefined || round === undefined) return null
  if (!askedForWay.has(name)) {
    const refused = learnedFrom(last, original, baseline, lessons.learned)
    if (whoAsksForRoot(last, { ...scriptsOf(facts), refused }) !== null) {
      askedForWay.add(name)
      const ownWay = await askOwnWay({ engine, baseline: image, facts, signal }, last, refused)
      if (ownWay !== null) return { ...lessons, ownWay }
    }
  }
  const taught = taughtBy(seen, tried, lessons)
  if (taught === null) return null
  const news = taught.learned.slice(lessons.learned.length)
  const learned = { ...lessons, ...taught }
  if (unrefused === undefined || seenWhole.has(name) || !isStopped(last, news)) return learned
  const open = await unrefused(name, round)
  if (open.isWhole) seenWhole.add(name)
  return { ...learned, learned: [...learned.learned, ...open.operations] }
}

/** Whether a round that was refused files says to be run with nothing refused: what else it needs shows only then. */
function isStopped(tried: Tried, news: readonly Operation[]): boolean {
  return tried.run?.traced?.trace != null && !hasPassed(tried) && news.some(({ path }) => path !== null)
}

/** Whether any service is found to do its work only as root, where nothing is left that it could be granted. */
async function rootWorkInto<Next extends NextRun, Round>(
  lessons: Map<string, Lessons>,
  bench: Bench<Next, Round>,
  tried: ReadonlyMap<string, Tried>,
): Promise<boolean> {
  let isFound = false
  for (const [name, seen] of bench.services) {
    const [before, last] = [lessons.get(name) ?? NOTHING_LEARNED, tried.get(name)]
    if (last === undefined || hasPassed(last)) continue
    const rootWork = await rootWorkOf(bench, name, seen, last, before.rootWork ?? seen.observation)
    if (rootWork === null) continue
    lessons.set(name, { ...before, rootWork })
    isFound = true
  }
  return isFound
}

/**
 * It says so itself, or is refused what only a capability allows and does not do its work as root without that either. With the
 * capabilities that it used; one that does not do with those has all of a container's.
 */
async function rootWorkOf<Next extends NextRun, Round>(
  bench: Bench<Next, Round>,
  name: string,
  { facts, original, baseline, used }: ServiceSeen,
  last: Tried,
  known: RootWork,
): Promise<RootWork | null> {
  if (known.needsRoot !== null)
    return known.rootCapabilities == null ? null : { needsRoot: known.needsRoot, rootCapabilities: null }
  // A chroot that it did not come to is only inferred, and what cures it has had its round.
  const refused = learnedFrom(last, original, baseline, []).filter(({ access }) => access !== 'chroot')
  const needsRoot =
    refusesOthers(last, { ...scriptsOf(facts), refused }) ??
    (await neededCapability(original, last, facts.config, (capability) => bench.worksWithout(capability, name)))
  if (needsRoot === null) return null
  return { needsRoot, ...(used === undefined ? {} : { rootCapabilities: used }) }
}
