import type { CapableFile, EnvSetting, Need } from '../../evidence/claim.ts'
import type { FileEdit, Substitution } from '../../evidence/file-edit.ts'
import type { WorkdirPlan } from '../home.ts'
import type { Grant, Part, WorkdirChange } from '../plan.ts'
import type { StepDownPlan } from '../step-down/step-down-plan.ts'

/** The parts of a plan that runs can show to be unnecessary: grants, and changes that help a non-root process along. */
export interface Parts {
  readonly grants: readonly Grant[]
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  readonly stepDown: StepDownPlan
  readonly workdir: WorkdirChange | null
  /** What a program is told to start without root. */
  readonly ownWay: string | null
}

/** Paths that the caller or a VOLUME asks for are no guesses and are not listed. */
export function partsOf({ grants, fileEdits, env, stepDown, workdir, ownWay }: Parts): readonly Part[] {
  const cures = [
    ...fileEdits.filter(isCure).flatMap((edit) => edit.substitutions.map((line) => lineName(edit, line))),
    ...env.filter(isHome).map(({ name }) => name),
    ...(stepDown.argvReasons.length === 0 ? [] : [SWITCH]),
    ...(workdir === null ? [] : [WORKDIR]),
    ...(ownWay === null ? [] : [ownWay]),
  ]
  return [
    ...grants.filter(isGuess).map((grant): Part => ({ kind: 'grant', name: grantName(grant) })),
    ...cures.map((name): Part => ({ kind: 'cure', name })),
  ]
}

export function includedGrants(grants: readonly Grant[], excluded: ReadonlySet<string>): readonly Grant[] {
  return grants.filter((grant) => !isGuess(grant) || !excluded.has(grantName(grant)))
}

/** The programs, named by `capableName`, that keep their capabilities. */
export function includedCapable(files: readonly CapableFile[], excluded: ReadonlySet<string>): readonly CapableFile[] {
  return files.filter(({ name }) => !excluded.has(capableName(name)))
}

export function capableName(program: string): string {
  return `the capabilities of ${program}`
}

export function includedLines(edits: readonly FileEdit[], excluded: ReadonlySet<string>): readonly FileEdit[] {
  return edits.flatMap((edit) => {
    if (!isCure(edit)) return [edit]
    const substitutions = edit.substitutions.filter((line) => !excluded.has(lineName(edit, line)))
    return substitutions.length === 0 ? [] : [{ ...edit, substitutions }]
  })
}

export function includedHome(env: readonly EnvSetting[], excluded: ReadonlySet<string>): readonly EnvSetting[] {
  return env.filter((setting) => !isHome(setting) || !excluded.has(setting.name))
}

/** The switch of user stays in the command: some programs only shrug when they may not follow it. */
export function includedSwitch(plan: StepDownPlan, excluded: ReadonlySet<string>): StepDownPlan {
  return excluded.has(SWITCH) ? { ...plan, argv: { entrypoint: null, cmd: null }, argvReasons: [], jail: null } : plan
}

const SWITCH = 'the command without its switch of user'

/** It starts where it did. */
export function includedWorkdir(plan: WorkdirPlan, needs: readonly Need[], excluded: ReadonlySet<string>): WorkdirPlan {
  return excluded.has(WORKDIR) ? { workdir: null, needs } : plan
}

/** As a part of a plan is named. */
export const WORKDIR = 'another folder to start in'

function isGuess({ declared }: Grant): boolean {
  return declared !== true
}

function isCure({ purpose }: FileEdit): boolean {
  return purpose !== 'port'
}

function isHome({ name }: EnvSetting): boolean {
  return name === 'HOME'
}

function grantName({ kind, path }: Grant): string {
  return `${kind} ${path}`
}

function lineName({ path }: FileEdit, { pattern }: Substitution): string {
  const text = pattern
    .replace(/^\^(\[\[:space:\]\]\*)?|(\[\[:space:\]\]\*)?\$$/g, '')
    .replace(/(\[\[:space:\]\]| )[*+]/g, ' ')
    .replace(/\\(.)/g, '$1')
  return `the change of "${text}" in ${path}`
}
