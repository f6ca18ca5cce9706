import type { Need } from '../../evidence/claim.ts'
import type { EnvSetting, FileEdit, Grant, Part, Substitution, WorkdirChange } from '../plan.ts'
import type { StepDownPlan } from '../step-down/step-down-plan.ts'
import type { WorkdirPlan } from '../workdir.ts'

/** What of a plan runs can show to be needless: what is granted, and what is changed so that a non-root process gets along. */
export interface Parts {
  readonly grants: readonly Grant[]
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  readonly stepDown: StepDownPlan
  readonly workdir: WorkdirChange | null
}

/** What the user or a VOLUME asks for is no guess, and in no list. */
export function partsOf({ grants, fileEdits, env, stepDown, workdir }: Parts): readonly Part[] {
  const cures = [
    ...fileEdits.filter(isCure).flatMap((edit) => edit.substitutions.map((line) => lineName(edit, line))),
    ...env.filter(isHome).map(({ name }) => name),
    ...(stepDown.argvReasons.length === 0 ? [] : [SWITCH]),
    ...(workdir === null ? [] : [WORKDIR]),
  ]
  return [
    ...grants.filter(isGuess).map((grant): Part => ({ kind: 'grant', name: grantName(grant) })),
    ...cures.map((name): Part => ({ kind: 'cure', name })),
  ]
}

export function spareGrants(grants: readonly Grant[], spared: ReadonlySet<string>): readonly Grant[] {
  return grants.filter((grant) => !isGuess(grant) || !spared.has(grantName(grant)))
}

export function spareLines(edits: readonly FileEdit[], spared: ReadonlySet<string>): readonly FileEdit[] {
  return edits.flatMap((edit) => {
    if (!isCure(edit)) return [edit]
    const substitutions = edit.substitutions.filter((line) => !spared.has(lineName(edit, line)))
    return substitutions.length === 0 ? [] : [{ ...edit, substitutions }]
  })
}

export function spareHome(env: readonly EnvSetting[], spared: ReadonlySet<string>): readonly EnvSetting[] {
  return env.filter((setting) => !isHome(setting) || !spared.has(setting.name))
}

/** The switch of user stays in the command: some programs only shrug when they may not follow it. */
export function spareSwitch(plan: StepDownPlan, spared: ReadonlySet<string>): StepDownPlan {
  return spared.has(SWITCH) ? { ...plan, argv: { entrypoint: null, cmd: null }, argvReasons: [] } : plan
}

const SWITCH = 'the command without its switch of user'

/** It starts where it did. */
export function spareWorkdir(plan: WorkdirPlan, needs: readonly Need[], spared: ReadonlySet<string>): WorkdirPlan {
  return spared.has(WORKDIR) ? { workdir: null, needs } : plan
}

/** As a part of a plan is named. */
export const WORKDIR = 'another folder to start in'

export function isGuess({ declared }: Grant): boolean {
  return declared !== true
}

export function isCure({ purpose }: FileEdit): boolean {
  return purpose !== 'port'
}

export function isHome({ name }: EnvSetting): boolean {
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
