import { parseDockerfile } from '../dockerfile/index.ts'
import { exposeOf } from '../dockerfile/stages.ts'
import { profileOf } from '../manifests/make-profile.ts'
import { withRaised } from '../manifests/overridden.ts'
import type { Profile } from '../manifests/profile.ts'
import { nameOf, parentOf } from '../path.ts'
import { looksLikeFile } from '../places.ts'
import { makePlan } from '../plan/make-plan.ts'
import { type Decision, decided, type StagePlan } from '../plan/plan.ts'
import type { Policy, StageInput } from '../plan/stage-input.ts'
import type { WorkItem } from '../repository/work-item.ts'
import type { Planned } from './planner.ts'
import type { HardenMode } from './task.ts'

/** The profile of the stage that is built, the last of those that are meant to run; null where nobody can say who runs. */
export function profileFor(
  item: Pick<WorkItem, 'kind' | 'path' | 'reference' | 'text' | 'build'>,
  { inputs, plan, result }: Pick<Planned, 'inputs' | 'plan' | 'result'>,
  { kind, tag, ownsInImage = false }: Pick<HardenMode, 'kind' | 'tag' | 'ownsInImage'>,
  /** NAME=VALUE of all its runs. */
  given: readonly string[],
  policy: Policy | null = null,
): Profile | null {
  const input = inputs.at(-1)
  const stage = plan.stages.at(-1)
  if (input === undefined || stage === undefined) return null
  const { facts, vendor } = input
  const folder = item.build?.name ?? (item.path === null ? '' : nameOf(parentOf(item.path)))
  const { reference } = item
  const built = kind !== 'profile' || (ownsInImage && decided(stage, 'grant').length > 0)
  const source = { plan: stage, facts, vendor, result, reference, folder, given, built, name: tag }
  const profile = profileOf(source)
  const isHardened = stage.outcome === 'already' && item.kind === 'dockerfile' && result.proof === null
  const behind = isHardened && policy !== null ? planBehindUser(input, policy, item.text ?? '') : null
  if (profile === null || behind === null) return profile
  const before = profileOf({ ...source, plan: behind.plan })
  const whole =
    before === null || !behind.isDone
      ? { ...profile, owned: behind.plan.handed, ungiven: decided(behind.plan, 'grant').map(({ path }) => path) }
      : // As before it was hardened, but for those who had it running as root.
        { ...before, running: profile.running, ungiven: [] }
  const low = baseAlone(item.text ?? '', stage.stage, whole.ports)
  const raised = withRaised({ ...whole, ports: whole.ports.filter(({ from }) => !low.includes(from)) }, low)
  // The address that its own health check asks: a server need not listen on everything that localhost may mean.
  const asked = facts.config.healthcheck?.test.join(' ') ?? ''
  const ports = raised.ports.map((port) =>
    asked.includes(`${LOOPBACK}:${port.to}`) ? { ...port, checkedAt: LOOPBACK } : port,
  )
  return { ...raised, ports }
}

const LOOPBACK = '127.0.0.1'

/** Ports that only its base exposes, where the stage itself exposes others. */
function baseAlone(text: string, stage: number, ports: Profile['ports']): readonly number[] {
  const own = parseDockerfile(text).stages[stage]
  if (own === undefined || !own.instructions.some(({ keyword }) => keyword === 'EXPOSE')) return []
  return ports.flatMap(({ from }) =>
    exposeOf(own, from) === null && exposeOf(own, from + 8000) !== null ? [from] : [],
  )
}

/** The plan that a stage with a USER of its own would get if it had none. */
interface BehindUser {
  readonly plan: StagePlan
  /** The stage's own steps do everything in that plan: it has been hardened before, and what holds for the plan holds for it. */
  readonly isDone: boolean
}

/** `text`: the Dockerfile. Null for a stage of which something else is decided. */
function planBehindUser(input: StageInput, policy: Policy, text: string): BehindUser | null {
  const { userBefore } = input
  if (!userBefore.known) return null
  const asRoot: StageInput = { ...input, userBefore: { known: true, value: 'root' }, end: null }
  // A port that has moved is not moved again, and one that was kept stays.
  const [plan] = makePlan([asRoot], { ...policy, user: userBefore.value, ports: 'keep' }).stages
  if (plan?.outcome !== 'harden') return null
  const handed = [...new Set([...plan.handed, ...givenTo(plan, input)])]
  return { plan: { ...plan, handed }, isDone: plan.decisions.every((decision) => isMade(decision, text)) }
}

/** Folders that steps give to the account one by one, as this does: a whole tree is more likely its code. */
function givenTo({ account }: StagePlan, { stated }: StageInput): readonly string[] {
  const names = [account?.name ?? '', String(account?.uid ?? '')]
  return stated.view.contents.actions.flatMap(({ tool, value, paths, recursive, certain }) =>
    tool === 'chown' && certain && !recursive && names.includes(value?.split(/[:.]/)[0] ?? '')
      ? paths.filter((path) => !looksLikeFile(path))
      : [],
  )
}

function isMade(decision: Decision, text: string): boolean {
  switch (decision.kind) {
    case 'set-user':
    case 'build-as-root':
    case 'port':
      return true
    case 'edit-file':
      if (decision.value.inContext !== undefined) return true
      return decision.value.substitutions.every(
        ({ pattern }) => text.includes(pattern) || text.includes(pattern.replaceAll('/', '\\/')),
      )
    default:
      return false
  }
}
