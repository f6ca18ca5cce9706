import { bounds } from '../bounds.ts'
import { isShell } from '../command/index.ts'
import type { Remark } from './plan.ts'
import type { StageInput } from './stage-input.ts'

/** What is said of an image that nobody could look into, and of one whose program nobody has seen run. */
export function assumptions(input: StageInput): readonly Remark[] {
  const { facts } = input
  if (facts.source === 'catalogue') return []
  if (facts.files.known) return isUnseen(input) ? [unseen(facts.reference)] : []
  const reasons: string[] = []
  for (const fact of [facts.accounts, facts.files, facts.os])
    if (!fact.known && !reasons.includes(fact.reason)) reasons.push(fact.reason)
  // A program that only the base image names may run as a user of its own already, and write anywhere.
  const isStartUnknown = input.startUnknown === true && input.builtUpon === null && input.observation === null
  return [
    {
      outcome: isStartUnknown ? 'todo' : 'note',
      transform: 'set-user',
      message: `${facts.reference} was not looked into (${reasons.join('; ')}): ${
        isStartUnknown
          ? 'what it starts, as which user, and what that writes is not known'
          : `${isUserUnseen(input) ? 'that it starts as root, ' : ''}its accounts and the paths it writes are assumed`
      }`,
      hint: 'run with --prove, or where an engine has the image, to know instead of assume',
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
      message: `there are more than ${bounds.volumes} volumes, or some with longer paths than are followed: those left out are not handed over`,
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
      message: `${portsLeftOut}: the low ones among those left out are not looked for`,
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
      message: `SHELL says ${shell.join(' ')}, which does not run what is put in here: it is for a shell`,
      hint: 'put SHELL ["/bin/sh", "-c"] above the lines that are put in',
      about: 'SHELL',
      evidence: [],
    },
  ]
}

/** Neither the base image, which nobody saw, nor a USER line says who runs it. */
function isUserUnseen({ users }: StageInput): boolean {
  return !users.initial.known && users.lines.length === 0
}

/** An application that is in its image already, by a builder of whom the catalogue knows nothing. */
function isUnseen({ asBuilt, observation, vendor, stated }: StageInput): boolean {
  return (
    asBuilt === true &&
    observation === null &&
    vendor.account === null &&
    stated?.needs.some(({ vendors }) => vendors === true) !== true
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
