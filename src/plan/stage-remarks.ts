import type { CapableFile, Remark } from '../evidence/claim.ts'
import { joinTruncated } from '../words.ts'
import { lostGroups } from './account/lost-groups.ts'
import { mergedUsers } from './account/merged-users.ts'
import { notCreated } from './account/new-account.ts'
import { keptUnnamed } from './account/stage-account.ts'
import { assumptions, imageTriggers, leftOut, numberUnknown, otherShell } from './assumptions.ts'
import { authorsRemarks } from './authors-word.ts'
import { noDependents } from './exemptions.ts'
import { perhapsQuestion } from './grants/perhaps.ts'
import type { StageGrants } from './grants/stage-grants.ts'
import { mountRemarks } from './host-mounts.ts'
import type { AccountChoice } from './plan.ts'
import type { PlanContext } from './plan-context.ts'
import type { StageInput } from './stage-input.ts'
import { idsWithoutEffect } from './step-down/step-down-plan.ts'
import { vendorRemarks } from './vendor-image.ts'

/** What there is to say about the whole. `lasting`: programs that keep their file capabilities. */
export function remarksOf(
  context: PlanContext,
  account: AccountChoice,
  { asked, grants, granted, services, unmet }: StageGrants,
  lasting: readonly CapableFile[],
): readonly Remark[] {
  const { input, stepDown, report } = context
  const { facts, observation, stated } = input
  const merged = mergedUsers({ services, account, grants, files: facts.files.known ? facts.files.value : null })
  const unnamed = keptUnnamed(input)
  return [
    ...asked,
    ...(merged === null ? [] : [merged]),
    ...(unnamed !== undefined && account.name === '' ? [notCreated(account, unnamed)] : []),
    ...authorsRemarks(input.authorsWords, report, context.textOf),
    ...granted.remarks,
    ...unmet.map(perhapsQuestion),
    ...stepDown.remarks,
    ...(offeredFor(input) === null ? idsWithoutEffect(report, account, input.dependents?.runs ?? []) : []),
    ...mountRemarks(context, account),
    ...numberUnknown(account, input),
    ...(observation === null ? lostGroups(input, account) : []),
    ...stated.remarks,
    ...(observation === null ? stated.cautions : []),
    ...vendorRemarks(input, lasting),
    ...assumptions(input),
    ...otherShell(input),
    ...leftOut(input),
    ...imageTriggers(input),
    ...almostJson(input),
  ]
}

/** `CMD ["sleep" "1000"]` lacks a comma, so it is not the exec form: a shell gets the text with its brackets. Source: Dockerfile reference. */
function almostJson({ facts: { config } }: StageInput): readonly Remark[] {
  const { entrypoint, cmd } = config
  const words = [['ENTRYPOINT', entrypoint] as const, ['CMD', cmd] as const]
  return words.flatMap(([word, argv]): readonly Remark[] => {
    const text = argv?.length === 3 && argv[1] === '-c' ? (argv[2]?.trim() ?? '') : ''
    if (!text.startsWith('["') || !text.endsWith('"]')) return []
    return [
      {
        outcome: 'note',
        transform: 'report-remarks',
        message: `${word} ${text.slice(0, MOST_SHOWN)} is no JSON, so a shell is given it as it stands, and finds no such command`,
        hint: 'put a comma between the words, in double quotes',
        evidence: [],
      },
    ]
  })
}

const MOST_SHOWN = 80

/** Why a person has to decide whether the stage is hardened; null where nothing speaks against it. */
export function offeredFor({ builtUpon, dependents = noDependents }: StageInput): string | null {
  const { users, madeElsewhere } = dependents
  const children = dependents.children.filter(({ isTarget }) => isTarget !== true)
  if (madeElsewhere !== null) return madeElsewhere
  if (children.length > 0) {
    const who = joinTruncated(children.map(({ by, line }) => `${by} (line ${line})`))
    const counts = children.length === 1 ? 'builds on it and counts' : 'build on it and count'
    return `${who} ${counts} on root: say USER root there before what needs it`
  }
  const [user] = users.filter(({ kind }) => kind !== 'action')
  if (user === undefined) return builtUpon
  return user.kind === 'job'
    ? `${user.what} runs its steps in it: whether they need root is not known`
    : `${user.what} develops in it${user.user === null ? '' : ` as ${user.user}`}: what is done there may need root`
}
