import { bounds } from '../bounds.ts'
import { isShell } from '../command/index.ts'
import type { Remark } from '../evidence/claim.ts'
import { startedByRules } from '../evidence/servers.ts'
import { resolveUser } from '../image/accounts.ts'
import type { StepDownReport } from '../image/step-down.ts'
import { accountMadeBy } from '../image/step-down.ts'
import { absentFrom, noAccount } from './account/absent-account.ts'
import type { AccountChoice } from './plan.ts'
import type { StageInput } from './stage-input.ts'
import { rootWork } from './step-down/root-work.ts'

/** What is said of an image that nobody could look into, and of one whose program nobody has seen run. */
export function assumptions(input: StageInput): readonly Remark[] {
  const { facts } = input
  if (facts.source === 'catalogue') return []
  if (facts.files.known) return isUnseen(input) ? [unseen(facts.reference)] : []
  const reasons: string[] = []
  for (const fact of [facts.accounts, facts.files, facts.os])
    if (!fact.known && !reasons.includes(fact.reason)) reasons.push(fact.reason)
  const isRun = input.builtUpon === null && input.observation === null
  // A program that only the base image names may run as a user of its own already, and write anywhere.
  const isStartUnknown = isRun && input.startUnknown === true
  // What an application is installed into may be that user's, and not be found by another one.
  const isOpen =
    isStartUnknown || (isRun && input.asBuilt !== true && isUserUnseen(input) && input.bringsProgram !== true)
  return [
    {
      outcome: isOpen ? 'todo' : 'note',
      transform: 'set-user',
      message: `${facts.reference} was not inspected (${reasons.join('; ')}): ${
        isStartUnknown
          ? 'what it starts, as which user, and what that writes is unknown'
          : `${isUserUnseen(input) ? 'that it starts as root, its ' : ''}accounts and writable paths are assumptions`
      }`,
      hint: 'pull the image, or add --prove, to verify',
      about: 'FROM',
      evidence: [],
    },
  ]
}

/** A range of all ports is a habit of images that let somebody else decide; of such none is looked for. */
export function leftOut(input: StageInput): readonly Remark[] {
  return [...portsLeftOut(input), ...volumesLeftOut(input)]
}

/** What the user cannot write may be among them. */
function volumesLeftOut({ facts }: StageInput): readonly Remark[] {
  if (facts.config.volumesLeftOut !== true) return []
  return [
    {
      outcome: 'todo',
      transform: 'own-writable-paths',
      message: `there are more than ${bounds.volumes} volumes, or some with too long paths: the rest are not given to the user`,
      hint: 'name the folders that the program writes with --writable',
      about: 'VOLUME',
      evidence: [],
    },
  ]
}

function portsLeftOut({ facts }: StageInput): readonly Remark[] {
  const { portsLeftOut } = facts.config
  if (portsLeftOut === undefined || portsLeftOut === null) return []
  return [
    {
      outcome: 'note',
      transform: 'raise-ports',
      message: `${portsLeftOut}: ports below 1024 among the rest are not moved`,
      hint: 'name the ports that the program listens on',
      about: 'EXPOSE',
      evidence: [],
    },
  ]
}

/** RUN lines are put in as text for a shell, which such a line gives to something else. */
export function otherShell({ facts }: StageInput): readonly Remark[] {
  const { shell } = facts.config
  if (shell === null || shell.length === 0 || shell.some(isShell)) return []
  return [
    {
      outcome: 'todo',
      transform: 'report-remarks',
      message: `SHELL is ${shell.join(' ')}, but the inserted RUN lines need a POSIX shell`,
      hint: 'put SHELL ["/bin/sh", "-c"] above the inserted lines',
      about: 'SHELL',
      evidence: [],
    },
  ]
}

/** Neither the base image, which nobody saw, nor a USER line says who runs it. */
/** Nobody has seen whom the base image starts as, and no step of the stage that works as root alone tells. */
export function isUserUnseen({ users, stated, end }: StageInput): boolean {
  if (users.initial.known || users.lines.length > (end?.byArgument === undefined ? 0 : 1)) return false
  return !stated.view.contents.steps.some(({ instruction }) => rootWork(instruction, () => false) !== null)
}

/** An application that is in its image already, by a builder of whom the catalogue knows nothing. */
function isUnseen({ asBuilt, observation, vendor, stated }: StageInput): boolean {
  return (
    asBuilt === true &&
    observation === null &&
    vendor.account === null &&
    !stated.needs.some(({ vendors }) => vendors === true)
  )
}

function unseen(reference: string): Remark {
  return {
    outcome: 'note',
    transform: 'own-writable-paths',
    message: `what ${reference} writes was not seen: only its files, packages and configuration were read`,
    hint: 'run with --prove to see it',
    about: 'FROM',
    evidence: [],
  }
}

/** The user that an image names in its own config, which no line of a Dockerfile can be changed for. */
export function imageUser({ asBuilt, facts, userBefore }: StageInput): readonly Remark[] {
  if (asBuilt !== true || !userBefore.known || !facts.accounts.known) return []
  const user = userBefore.value
  const resolved = resolveUser(user, facts.accounts.value)
  const about = { transform: 'number-user', about: 'FROM', evidence: [] }
  if (!resolved.known)
    return [
      {
        ...about,
        outcome: 'todo',
        message: `the image runs as ${user}, and ${resolved.reason.replace(/^the image/, 'it')}: no container of it starts`,
        hint: 'make the account where the image is built, or build upon it with a USER uid:gid',
      },
    ]
  if (/^\d+(:|$)/.test(user)) return []
  const { uid } = resolved.value
  return [
    {
      ...about,
      outcome: 'note',
      message: `the image runs as ${user}, a name: Kubernetes' runAsNonRoot can only check a number`,
      hint: `set runAsUser: ${uid} beside runAsNonRoot, as harden-image profile --for kubernetes does`,
    },
  ]
}

/** Triggers of an image are for what is built FROM it, and an image that is built from it for its own sake uses them up. */
export function imageTriggers({ asBuilt, triggers = [] }: StageInput): readonly Remark[] {
  if (asBuilt !== true || triggers.length === 0) return []
  return [
    {
      outcome: 'note',
      transform: 'report-remarks',
      message: `the image has ONBUILD triggers (${triggers.join('; ')}): they run in this build, with its context, and the result has none`,
      hint: 'harden the Dockerfiles that are built FROM it: that is what it is for',
      about: 'FROM',
      evidence: [],
    },
  ]
}

/** A file speaks of the account, and only the build tells its number: nobody has seen that it is there, nor that it is not root's. */
export function numberUnknown(
  account: AccountChoice,
  { facts, created, stated: { view } }: Pick<StageInput, 'facts' | 'created' | 'stated'>,
): readonly Remark[] {
  if (account.unnumbered !== true) return []
  const about = {
    outcome: 'todo',
    transform: 'set-user',
    answeredByRun: true,
    about: 'USER',
    evidence: account.evidence,
  } as const
  const absent = absentFrom(account.name, facts, created, view)
  if (absent !== null) return [{ ...about, ...noAccount(account.name, absent.image) }]
  return [
    {
      ...about,
      message: `USER ${account.name} is a name, and its number is unknown here: Kubernetes' runAsNonRoot can only check a number`,
      hint: 'pull the base image, or add --prove, to have the number written, or say it with --user UID:GID',
    },
  ]
}

/**
 * A start script switches to an account that neither the base image nor the Dockerfile has: the install of a package makes
 * it, with a number that only the build tells, and may close files to everybody else.
 */
export function unknownAccount(
  { stepDowns, actions }: Pick<StepDownReport, 'stepDowns' | 'actions'>,
  account: Pick<AccountChoice, 'name' | 'from'>,
  { facts: { accounts }, stated }: Pick<StageInput, 'facts' | 'stated'>,
): readonly Remark[] {
  // Of a base that nobody knows the account may be its own; of a program that is listed all is known.
  if (!accounts.known || account.from === 'option' || describesPackages(stated)) return []
  const users = new Set(accounts.value.users.map(({ name }) => name))
  // Of one that the start itself makes nothing is in the image.
  const made = new Set(actions.flatMap((action) => accountMadeBy(action)?.name ?? []))
  const found = stepDowns.find(
    ({ kind, user }) =>
      kind !== 'directive' &&
      user !== null &&
      user !== account.name &&
      !/^\d+$/.test(user) &&
      !users.has(user) &&
      !made.has(user),
  )
  if (found === undefined || found.user === null) return []
  return [
    {
      outcome: 'todo',
      transform: 'set-user',
      message: `${found.path ?? 'the command'} switches to ${found.user}, an account that a package creates: what belongs to it alone is unknown before the build`,
      hint: `run with --prove, or name the account and what it writes, with --user and --writable`,
      answeredByRun: true,
      evidence: [{ source: 'step-down', subject: found.user, detail: found.text }],
    },
  ]
}

/** All of the servers that it starts from packages are listed. */
export function describesPackages({ view }: StageInput['stated']): boolean {
  return startedByRules(view.start.programs, view.servers).length > 0
}
