import type { Operation } from '../../evidence/operation.ts'
import type { ImageFacts } from '../../image/facts.ts'
import type { FileModel } from '../../image/file-model.ts'
import { findStepDowns } from '../../image/step-down.ts'
import { hasPassed, type Round } from '../round.ts'
import type { RunRecord } from '../run/run-record.ts'

/** `need root privileges`, `must be run as root`, `only root can do that`. */
const WANTS_ROOT =
  /\b(must|needs?|requires?|required|has to|have to|only|should|not)\b.{0,40}\b(root|superuser|super-user|uid 0)\b|\b(root|superuser)\b.{0,30}\b(required|needed|privileges?|permissions?)\b/i
const REFUSES_ROOT =
  /\b(do not|don't|not be|should not|cannot be|can't be|never)\b.{0,30}\b(run|started|executed)\b.{0,20}\broot\b/i
/** The user, not a folder, an owner or a word with it: `root/superuser` is the user still. */
const SPEAKS_OF_ROOT = /(?<![\w/.-])root(?![\w/:-])|\b(superuser|super-user)\b|\b[ug]id (is )?0\b/i

export interface Refusal {
  /** Start scripts of the image. */
  readonly scripts: readonly string[]
  readonly files: FileModel | null
  /** What the round was refused and the original was not. */
  readonly refused: readonly Operation[]
}

/** It ended, and speaks of root: whether it would rather be somebody else only a run as somebody else can show. */
export function mayRefuseRoot({ state, logs }: Pick<RunRecord, 'state' | 'logs'>): boolean {
  const last = logs.trim().split('\n').slice(-10)
  return !state.running && state.exitCode !== 0 && last.some((line) => SPEAKS_OF_ROOT.test(line))
}

/** What the image itself has to say at its start. */
export function scriptsOf(facts: ImageFacts): Pick<Refusal, 'scripts' | 'files'> {
  return { scripts: findStepDowns(facts).scripts, files: facts.files.known ? facts.files.value : null }
}

/**
 * The words with which a program ends because it is not root, by a check of its own: nothing that it tried was refused,
 * so nothing can be granted. Null where something else stops it, or where a start script says it: that can be changed.
 */
export function refusesOthers(round: Round, refusal: Refusal): string | null {
  const line = wantsRoot(round, refusal)
  return line === null ? null : `it ends unless it is root, and says so: ${line.slice(0, 160)}`
}

/**
 * The same as if it had been refused a switch of user: many ask who they are only because an option or a line of their
 * configuration tells them to become somebody, and go on without it.
 */
export function switchNotTried(round: Round, refusal: Refusal): readonly Operation[] {
  const line = wantsRoot(round, refusal)
  if (line === null) return []
  const program = round.run?.traced?.trace?.operations.findLast(
    ({ access, outcome, path }) => access === 'execute' && outcome === 'done' && path !== null,
  )?.path
  return [
    {
      access: 'switch-user',
      path: null,
      outcome: 'refused',
      source: 'refused',
      detail: `refused: ${line.slice(0, 160)}`,
      ...(program == null ? {} : { by: program }),
    },
  ]
}

function wantsRoot(round: Round, { scripts, files, refused }: Refusal): string | null {
  const { run } = round
  if (run === null || hasPassed(round) || run.traced === null || refused.length > 0) return null
  const { state, logs } = run.record
  if (state.running || state.exitCode === 0) return null
  const lines = logs.trim().split('\n').slice(-3)
  const line = lines.findLast((text) => WANTS_ROOT.test(text) && !REFUSES_ROOT.test(text))?.trim()
  if (line === undefined) return null
  return scripts.some((path) => (files?.text(path) ?? '').includes(line.slice(-40))) ? null : line
}
