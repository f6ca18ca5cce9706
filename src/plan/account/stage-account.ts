import type { StageView } from '../../evidence/provider.ts'
import { describesPackages } from '../assumptions.ts'
import type { AccountChoice } from '../plan.ts'
import type { PlanContext } from '../plan-context.ts'
import type { StageInput } from '../stage-input.ts'
import { mayBringAccount } from './absent-account.ts'
import { type CandidateSources, candidates } from './candidates.ts'
import { chooseAccount } from './choose-account.ts'
import { accountsAskedFor, namedOwners } from './owners.ts'

export function accountFor(context: PlanContext): AccountChoice {
  const chosen = accountOf(context)
  const { byArgument } = context.input.end ?? {}
  // A name given with --user stands in USER itself.
  if (byArgument === undefined || context.anyUid || /^\D/.test(context.policy.user ?? '')) return chosen
  const { user, group } = byArgument
  const own = context.input.created.users.find(({ uidText }) => uidText === `\${${user}}`)
  const made: Partial<AccountChoice> =
    own === undefined ? {} : { name: own.name, home: own.home, creation: 'exists', createHome: false }
  return { ...chosen, ...made, text: `\${${user}}${group === null ? '' : `:\${${group}}`}`, pins: [], byArgument: true }
}

function accountOf({ input, policy, stepDown, needs, tools, anyUid, report, textOf }: PlanContext): AccountChoice {
  const { facts, created, shellSeen, stated } = input
  return chooseAccount({
    option: policy.user,
    ...(policy.userBecause === undefined ? {} : { because: policy.userBecause }),
    candidates: candidates({
      facts,
      created,
      users: input.users,
      vendor: input.vendor.account,
      packages: stated.accounts,
      switches: stepDown.switches,
      switchesOpen:
        describesPackages(stated) || report.started.some(({ program }) => /^(?:useradd|adduser)$/.test(program)),
      observedUids: input.observation?.uids ?? [],
      refused: (input.observation?.operations ?? []).filter(
        ({ access, outcome }) => access === 'switch-user' && outcome === 'refused',
      ),
      needs: [...needs, ...stepDown.needs],
      asked: askedNames(report.scripts, textOf),
      ...givenBy(stated.view),
    }),
    facts,
    created,
    tools,
    shellSeen,
    rootGroup: anyUid,
    mayBring: mayBringAccount(stated.view),
    mayCreate: keptUnnamed(input) === undefined,
    ...(input.openNumber === undefined ? {} : { openNumber: input.openNumber }),
  })
}

/** Who asks that no account is created. */
export function keptUnnamed({ ignored }: StageInput): string | undefined {
  return ignored?.get('create-user')
}

/** `[ "$(id -un)" != "app" ] && exit 1`: whom the start scripts ask for. */
const ASKS_NAME =
  /(?:\$\(\s*(?:id\s+-un|whoami)\s*\)|`(?:id\s+-un|whoami)`)["']?\s*(?:!=|==?)\s*["']?(?<name>[a-z_][\w-]*)/g

function askedNames(scripts: readonly string[], textOf: PlanContext['textOf']): NonNullable<CandidateSources['asked']> {
  return scripts.flatMap((path) =>
    [...(textOf(path) ?? '').matchAll(ASKS_NAME)].flatMap(({ groups }) =>
      groups?.name === undefined || groups.name === 'root'
        ? []
        : [{ name: groups.name, detail: `${path} asks for it` }],
    ),
  )
}

/** To whom the stage gives the program's files: the account with most of them first, then those that a line names. */
function givenBy(view: StageView): Pick<CandidateSources, 'copiedTo' | 'given' | 'namedThere'> {
  const { folders, copies, anywhere } = namedOwners(view.contents)
  // On an unknown base each name tells of an account that must exist there.
  const names = view.facts.accounts.known ? copies : new Set([...copies, ...anywhere])
  const named = [...names].map((name) => (/^\d+$/.test(name) ? Number(name) : name))
  return {
    copiedTo: [...copyOwners(view), ...named],
    given: new Set([...folders, ...copies]),
    namedThere: view.facts.accounts.known ? [] : accountsAskedFor(view.contents),
  }
}

/** Uids other than root's of what COPY and ADD bring, those with most of it first. */
function copyOwners(view: StageView): readonly number[] {
  const counts = new Map<number, number>()
  for (const path of view.files.paths()) {
    const uid = view.contents.origins.has(path) ? (view.files.entry(path)?.uid ?? 0) : 0
    if (uid > 0) counts.set(uid, (counts.get(uid) ?? 0) + 1)
  }
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([uid]) => uid)
}
