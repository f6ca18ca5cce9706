import type { HelpText } from '../../plan/evidence/help-move.ts'
import type { Operation } from '../../plan/operation.ts'
import type { StagePlan } from '../../plan/plan.ts'
import { homeLessons } from '../compare/home-files.ts'
import type { OriginalSeen } from '../original-seen.ts'
import type { ProveRequest } from '../prove.ts'
import { scriptsOf, switchNotTried } from '../root/refuses-others.ts'
import { hasPassed, type Round } from '../round.ts'
import { learnedFrom } from './learn.ts'
import { misplacedPorts } from './misplaced-ports.ts'
import { movedInVain, uselessCures } from './useless-cures.ts'

/** What rounds have taught beside what the original did. */
export interface Learning {
  /** What they were refused. */
  readonly learned: readonly Operation[]
  /** Parts of the plan that did not help. */
  readonly spared: readonly string[]
  /** What the program says of its options; null where it was not asked, or said nothing of a port. */
  readonly help: HelpText | null
}

export interface Taught extends Learning {
  /** Ports were looked for in the wrong places: what the program itself says is worth a question now. */
  readonly misplaced: boolean
}

/** What the last round adds; null where it adds nothing, and another would be the same. `plan`: what it was made by. */
export function taughtBy(
  { facts, stage }: Pick<ProveRequest, 'facts' | 'stage'>,
  { original, baseline }: Pick<OriginalSeen, 'original' | 'baseline'>,
  rounds: readonly Round[],
  plan: StagePlan,
  { learned, spared, help }: Learning,
): Taught | null {
  const [current, before = null] = rounds.slice(-2).reverse()
  if (current === undefined) return null
  const refused = learnedFrom(current, original, baseline, learned)
  const inHome =
    learned.some(({ byHome }) => byHome === true) || hasPassed(current)
      ? []
      : homeLessons(original, current.run?.traced ?? null, facts)
  const isTried = learned.some(({ access }) => access === 'switch-user')
  const untried = isTried ? [] : switchNotTried(current, { ...scriptsOf(facts), refused })
  const news = [...refused, ...untried, ...inHome]
  const useless = [...uselessCures(before, current, stage), ...movedInVain(current, stage, news)]
  const misplaced = hasPassed(current) ? [] : misplacedPorts(current, plan, news)
  if (news.length === 0 && useless.length === 0 && misplaced.length === 0) return null
  return {
    learned: [...learned, ...news],
    spared: [...spared, ...useless, ...misplaced],
    help,
    misplaced: misplaced.length > 0,
  }
}
