import { bounds } from '../bounds.ts'
import { question, type Remark } from '../evidence/claim.ts'
import { startedByRules } from '../evidence/servers.ts'
import { resolveUser } from '../image/accounts.ts'
import type { ImageFacts } from '../image/facts.ts'
import { isShell } from '../shell/index.ts'
import { choices } from '../words.ts'
import { absentFrom, noAccount } from './account/absent-account.ts'
import type { AccountChoice } from './plan.ts'
import type { StageInput } from './stage-input.ts'
import { rootWork } from './step-down/root-work.ts'

/** Remarks about a base image that nobody could look into, and about an image whose program no run has shown. */
export function assumptions(input: StageInput): readonly Remark[] {
  const { facts } = input
  if (facts.source === 'catalogue') return []
  if (facts.files.known) return []
  return [
    {
      outcome: 'question',
      question: 'base-image',
      transform: 'set-user',
      message: `${facts.reference} was not inspected: ${isUserUnseen(input) ? 'that it starts as root, its ' : ''}accounts and writable paths are assumptions`,
      hint: 'pull the image, or add --prove, to verify',
      about: 'FROM',
      evidence: [{ source: 'assumed', subject: facts.reference, detail: whyUnknown(facts) }],
    },
  ]
}

function whyUnknown({ accounts, files, os }: ImageFacts): string {
  const reasons = [accounts, files, os].flatMap((fact) => (fact.known ? [] : [fact.reason]))
  return [...new Set(reasons)].join('; ')
}

/** A range of all ports is a habit of images that leave the choice to others: no low port is looked for in it. */
export function leftOut(input: StageInput): readonly Remark[] {
  return [...portsLeftOut(input), ...volumesLeftOut(input)]
}

/** The user may be unable to write to one of these volumes. */
function volumesLeftOut({ facts }: StageInput): readonly Remark[] {
  if (facts.config.volumesLeftOut !== true) return []
  return [question('writes', 'VOLUME', `only the first ${bounds.volumes} volumes, and no too long paths, were read`)]
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

/** The RUN lines that are inserted are text for a shell; a SHELL line of this stage hands them to another program. */
export function otherShell({ facts }: StageInput): readonly Remark[] {
  const { shell } = facts.config
  if (shell === null || shell.length === 0 || shell.some(isShell)) return []
  return [
    {
      outcome: 'todo',
      transform: 'report-remarks',
      message: `SHELL is ${shell.join(' ')}, but the inserted RUN lines need a POSIX shell`,
      hint: choices('put SHELL ["/bin/sh", "-c"] above the inserted lines', 'write the inserted lines for that shell'),
      about: 'SHELL',
      evidence: [],
    },
  ]
}

/** The user of the base image is unknown, and no step of the stage proves that root is in force (one that only root can do). */
export function isUserUnseen({ users, stated, end }: StageInput): boolean {
  if (users.initial.known || users.lines.length > (end?.byArgument === undefined ? 0 : 1)) return false
  return !stated.view.contents.steps.some(({ instruction }) => rootWork(instruction, () => false) !== null)
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
        hint: choices('make the account where the image is built', 'build upon it with a USER uid:gid'),
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

/** ONBUILD triggers run in an image that is built FROM this one; one that is built for its own sake uses them up. */
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

/** The account is named in a file, and only the build knows its number: whether it exists, and is not uid 0, has not been seen. */
export function numberUnknown(
  account: AccountChoice,
  { facts, created, stated: { view } }: Pick<StageInput, 'facts' | 'created' | 'stated'>,
): readonly Remark[] {
  if (account.unnumbered !== true) return []
  const about = { transform: 'set-user', about: 'USER', evidence: account.evidence } as const
  const absent = absentFrom(account.name, facts, created, view)
  if (absent !== null)
    return [{ ...about, outcome: 'todo', answeredByRun: true, ...noAccount(account.name, absent.image) }]
  return [
    {
      ...about,
      outcome: 'note',
      message: `USER ${account.name} is a name, and its number is unknown here: Kubernetes' runAsNonRoot can only check a number`,
      hint: 'pull the base image, or add --prove, to have the number written, or say it with --user UID:GID',
    },
  ]
}

/** All of the servers that it starts from packages are listed. */
export function describesPackages({ view }: StageInput['stated']): boolean {
  return startedByRules(view.start.programs, view.servers).length > 0
}
