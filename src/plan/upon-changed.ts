import { isRootUser } from '../image/accounts.ts'
import { leave } from './leave.ts'
import { accountIds, type Decision, type DecisionKind, decide, decided, type StagePlan } from './plan.ts'
import type { Policy, StageInput } from './stage-input.ts'

/**
 * Each plan was made as if nothing else changed; this fits them together. What is built upon a stage or an image that loses root in this
 * run gets USER 0 where it runs something, keeps root, or gets lines that need it. What that stage gives already is not given again.
 * `inputs`: of the same stages, in the order of the file.
 */
export function uponChanged(
  plans: readonly StagePlan[],
  inputs: readonly StageInput[],
  policy: Pick<Policy, 'unsafe' | 'ignore'>,
): readonly StagePlan[] {
  const done = new Map<number, StagePlan>()
  const isMade = (plan: StagePlan): boolean =>
    plan.outcome === 'harden' && (plan.offered === null || policy.unsafe) && !policy.ignore.includes('set-user')
  for (const [at, plan] of plans.entries()) {
    const input = inputs[at]
    if (input === undefined) continue
    const whole = upon(plan, input, groundOf(plan, input, done, isMade))
    done.set(plan.stage, onceBegun(at === plans.length - 1 ? withBeside(whole, input) : whole, [...done.values()]))
  }
  // What a stage and one that it is built from both have to say is said where the image ends.
  return [...done.values()].map((plan) => {
    const below = inputs.filter(
      ({ stage, lineage }) => stage !== plan.stage && lineage.some(({ index }) => index === plan.stage),
    )
    const said = new Set(below.flatMap(({ stage }) => done.get(stage)?.remarks.map(({ message }) => message) ?? []))
    return said.size === 0 ? plan : { ...plan, remarks: plan.remarks.filter(({ message }) => !said.has(message)) }
  })
}

/** Where a stage, or one that it is built from, begins as another user than root. */
interface Ground {
  readonly first: StageInput['lineage'][number]
  /** The stage itself takes its user from there. */
  readonly isInherited: boolean
  readonly by: string
  readonly user: string
  /** What the stages above do already for the same user. */
  readonly given: ReadonlySet<string>
  /** That stage says USER 0 in what is built upon it, where that runs something. */
  readonly isSaid: boolean
}

function groundOf(
  { account }: StagePlan,
  { lineage, changed = [] }: StageInput,
  done: ReadonlyMap<number, StagePlan>,
  isMade: (plan: StagePlan) => boolean,
): Ground | null {
  let isInherited = true
  const given = new Set(
    lineage.flatMap(({ index }) => {
      const above = done.get(index)
      const isSame = above?.account != null && account !== null && accountIds(above.account) === accountIds(account)
      return above !== undefined && isSame && isMade(above) ? above.decisions.map(keyOf) : []
    }),
  )
  for (const [above, first] of lineage.map((one, at) => [lineage[at - 1], one] as const).toReversed()) {
    isInherited &&= !first.hasUser
    const plan = above === undefined ? undefined : done.get(above.index)
    if (above === undefined) {
      const base = changed.find(({ index }) => index === first.index)
      return base === undefined ? null : { ...base, first, isInherited, given, isSaid: false }
    }
    if (plan === undefined || plan.inherited !== undefined) continue
    if (!isMade(plan) || plan.account === null) return null
    return {
      first,
      isInherited,
      by: `stage ${above.name ?? above.index}`,
      user: accountIds(plan.account),
      given,
      isSaid: true,
    }
  }
  return null
}

function upon(plan: StagePlan, input: StageInput, ground: Ground | null): StagePlan {
  if (ground === null || plan.outcome === 'vendor' || plan.outcome === 'not-applicable') return plan
  const { first, isInherited, by, user, given, isSaid } = ground
  const decisions = plan.decisions.filter(
    (one) => one.kind !== 'begin-as-root' && (OF_EACH.has(one.kind) || !given.has(keyOf(one))),
  )
  // Kept as root for others alone, which go on as root by themselves.
  const children = input.dependents?.children ?? []
  const isForOthers = plan.outcome === 'exempt' && input.exemption === null && children.every((one) => one.isTarget)
  const isLeft = plan.outcome !== 'harden' && !isForOthers && plan.userBefore.known && isRootUser(plan.userBefore.value)
  const needsRoot = isInherited && (isLeft || decisions.some((one) => one.needsRoot))
  if (!first.runsAsParent && !needsRoot) {
    const { account } = plan
    const isSame = account !== null && accountIds(account) === user
    if (!isInherited || !(isSame || isForOthers)) return { ...plan, decisions }
    return {
      ...leave(input, 'already', `runs as ${user}, as ${by} does from now on`),
      ...(account === null ? {} : { same: account }),
      inherited: user,
      decisions: decisions.filter(({ kind }) => kind !== 'set-user'),
      remarks: isForOthers ? [] : plan.remarks,
    }
  }
  if (isSaid && first.runsAsParent) return { ...plan, decisions }
  return { ...plan, decisions: [...decide('go-on-as-root', [{ stage: first.index, by, user }]), ...decisions] }
}

/** With what the stages need that no planned one is built from: they belong to no plan of their own. */
function withBeside(plan: StagePlan, { changed = [] }: StageInput): StagePlan {
  const beside = changed.filter(({ runsAsParent, isPlanned }) => runsAsParent && !isPlanned)
  const all = beside.map(({ index, by, user }) => ({ stage: index, by, user }))
  return beside.length === 0 ? plan : { ...plan, decisions: [...decide('go-on-as-root', all), ...plan.decisions] }
}

/** Two that are built from one stage say it there once. */
function onceBegun(plan: StagePlan, above: readonly StagePlan[]): StagePlan {
  const begun = new Set(above.flatMap((one) => decided(one, 'go-on-as-root').map(({ stage }) => stage)))
  if (begun.size === 0) return plan
  const isNew = (one: Decision): boolean => one.kind !== 'go-on-as-root' || !begun.has(one.value.stage)
  return { ...plan, decisions: plan.decisions.filter(isNew) }
}

/** Each stage does these by itself: a port is said of each that listens, and copies are those of its own lines. */
const OF_EACH: ReadonlySet<DecisionKind> = new Set([
  'port',
  'own-copies',
  'set-user',
  'number-user',
  'build-as-root',
  'go-on-as-root',
])

/** The same for two that do the same, for whatever reason. */
function keyOf({ kind, value }: Decision): string {
  return JSON.stringify([kind, value], (name, held: unknown) => (name === 'evidence' ? undefined : held))
}
