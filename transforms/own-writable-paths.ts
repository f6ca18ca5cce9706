import { isRootUser } from '../src/dockerfile/effective-user.ts'
import type { Dockerfile, Instruction, Stage } from '../src/dockerfile/model.ts'
import { insertLines, type Place, placeBefore, rootPlace, stagePlace } from '../src/dockerfile/placement.ts'
import { keyword, reason, runStep, shellWord } from '../src/dockerfile/write.ts'
import type { Edit } from '../src/edit.ts'
import type { Evidence } from '../src/plan/evidence.ts'
import type { AccountChoice, Grant, StagePlan } from '../src/plan/plan.ts'
import { coveringVolume } from '../src/plan/volumes.ts'
import type { Finding, Transform } from '../src/transform.ts'

export const ownWritablePaths: Transform = {
  name: 'own-writable-paths',
  summary: 'Give the user the paths that are written at run time, and nothing else.',
  *run(dockerfile, { plan }) {
    for (const stagePlan of plan.stages) {
      const { account } = stagePlan
      const stage = dockerfile.stages[stagePlan.stage]
      if (stagePlan.outcome !== 'harden' || account === null || stage === undefined || stagePlan.grants.length === 0)
        continue
      if (stagePlan.tools.shell === false) yield shellless(dockerfile, stage, stagePlan, account)
      else yield* withShell(dockerfile, stage, stagePlan, account)
    }
  },
}

function* withShell(dockerfile: Dockerfile, stage: Stage, plan: StagePlan, account: AccountChoice): Iterable<Finding> {
  const atEnd = { place: rootPlace(dockerfile, stage, plan.end), user: null }
  const groups = new Map<number, RootPlace & { readonly grants: Grant[] }>()
  for (const grant of plan.grants) {
    const chosen = aboveVolume(dockerfile, stage, plan, grant.path, atEnd.place) ?? atEnd
    const group = groups.get(chosen.place.offset) ?? { ...chosen, grants: [] }
    group.grants.push(grant)
    groups.set(chosen.place.offset, group)
  }
  for (const { place, user, grants } of groups.values()) {
    const step = runStep(dockerfile, commands(grants, account))
    const word = keyword(dockerfile, 'USER')
    const lines = user === null ? step : [`${word} 0`, ...step, `${word} ${user}`]
    yield finding(stage, grants, [insertLines(dockerfile, place, [...reason(why(grants)), ...lines])])
  }
}

interface RootPlace {
  readonly place: Place
  /** Somebody else than root is in force there, and must be again below; null: root is. */
  readonly user: string | null
}

/** What is changed below a VOLUME after its line is thrown away by the legacy builder and by buildah (FACTS 11). */
function aboveVolume(
  dockerfile: Dockerfile,
  stage: Stage,
  plan: StagePlan,
  path: string,
  end: Place,
): RootPlace | null {
  const volume = coveringVolume(stage, path)
  if (volume === null) return null
  const place = placeBefore(dockerfile, stage, volume)
  const user = otherUserAt(stage, plan, stage.instructions.indexOf(volume))
  return place.offset >= end.offset || user === undefined ? null : { place, user }
}

/** The user in force above an instruction, as its USER line says it; null for root, undefined where it is not known. */
function otherUserAt(stage: Stage, { users, end, rootSteps }: StagePlan, index: number): string | null | undefined {
  // Where the base is not known root is assumed, unless the stage itself says root later on.
  if (users === undefined) return null
  const line = users.lines.findLast((one) => one.index < index)
  // A USER that comes too early moves below.
  if (rootSteps.some(({ move, last }) => move !== null && move === line?.index && index <= last)) return null
  const user = line?.user ?? users.initial
  if (!user.known) return line === undefined && end?.rootBefore !== false ? null : undefined
  if (isRootUser(user.value)) return null
  return line === undefined ? user.value : stage.instructions[line.index]?.text
}

function commands(grants: readonly Grant[], account: AccountChoice): readonly string[] {
  const owner = `${account.uid}:${account.gid}`
  const of = (...kinds: readonly Grant['kind'][]): readonly Grant[] =>
    grants.filter((grant) => kinds.includes(grant.kind))
  const words = (list: readonly Grant[]): string => list.map((grant) => shellWord(grant.path)).join(' ')
  const made = of('create-directory')
  const touched = of('create-file')
  const owned = of('create-directory', 'own-directory', 'create-file', 'own-file').filter(
    (grant) => grant.tree !== true,
  )
  const trees = grants.filter((grant) => grant.tree === true)
  const shared = of('sticky', 'group-read')
  return [
    ...(made.length > 0 ? [`mkdir -p ${words(made)}`] : []),
    ...(touched.length > 0 ? [`touch ${words(touched)}`] : []),
    // -h: a link itself is never the thing to own (FACTS 15); paths are resolved, so this is a guard only.
    ...(owned.length > 0 ? [`chown ${owner} ${words(owned)}`] : []),
    // -h: what a link in there leads to is none of it (FACTS 15).
    ...(trees.length > 0 ? [`chown -Rh ${owner} ${words(trees)}`] : []),
    ...(shared.length > 0 ? [`chgrp ${account.gid} ${words(shared)}`] : []),
    ...modes(grants),
  ]
}

function modes(grants: readonly Grant[]): readonly string[] {
  const byMode = new Map<number, string[]>()
  for (const grant of grants) {
    if (grant.mode === undefined) continue
    byMode.set(grant.mode, [...(byMode.get(grant.mode) ?? []), shellWord(grant.path)])
  }
  return [...byMode].map(([mode, paths]) => `chmod ${mode.toString(8)} ${paths.join(' ')}`)
}

/**
 * Without a shell: a stage of its own makes the folders with WORKDIR, and a COPY with --chown sets their owner. COPY
 * re-owns what lies below its source folder, not the folder itself (FACTS 9), so each parent is one numbered folder.
 */
function shellless(dockerfile: Dockerfile, stage: Stage, plan: StagePlan, account: AccountChoice): Finding {
  const name = pathsStage(dockerfile, stage)
  const owner = `${account.uid}:${account.gid}`
  const folders = plan.grants.filter(
    (grant) => grant.kind === 'create-directory' || grant.kind === 'own-directory' || grant.kind === 'sticky',
  )
  const files = plan.grants.filter((grant) => grant.kind === 'create-file')
  const copies = new Map<
    string,
    { readonly parent: string; readonly mode: number | undefined; readonly names: string[] }
  >()
  for (const grant of folders) {
    const cut = grant.path.lastIndexOf('/')
    const parent = cut <= 0 ? '/' : grant.path.slice(0, cut)
    const key = `${parent} ${grant.mode ?? ''}`
    const copy = copies.get(key) ?? { parent, mode: grant.mode, names: [] }
    copy.names.push(grant.path.slice(cut + 1))
    copies.set(key, copy)
  }
  const list = [...copies.values()]
  const numbered = list.length === 0 ? null : numberedReference(dockerfile, stage)
  if (numbered !== null) return renumbers(numbered, plan.grants)
  const from = [`${keyword(dockerfile, 'FROM')} scratch ${keyword(dockerfile, 'AS')} ${name}`]
  for (const [index, copy] of list.entries())
    for (const child of copy.names) from.push(`${keyword(dockerfile, 'WORKDIR')} ${quoted(`/${index + 1}/${child}`)}`)
  const lines: string[] = []
  for (const [index, copy] of list.entries()) {
    const mode = copy.mode === undefined ? '' : ` --chmod=${copy.mode.toString(8)}`
    const target = copy.parent === '/' ? '/' : `${copy.parent}/`
    lines.push(copyLine(dockerfile, `--from=${name} --chown=${owner}${mode}`, `/${index + 1}/`, target))
  }
  for (const grant of files)
    lines.push(`${keyword(dockerfile, 'COPY')} --chown=${owner} <<"HARDEN_IMAGE" ${quoted(grant.path)}`, 'HARDEN_IMAGE')
  return finding(stage, plan.grants, [
    ...(list.length > 0
      ? [
          insertLines(dockerfile, stagePlace(dockerfile, stage), [
            ...reason('folders with an owner, for an image that has no shell to make them'),
            ...from,
            '',
          ]),
        ]
      : []),
    insertLines(dockerfile, rootPlace(dockerfile, stage, plan.end), [...reason(why(plan.grants)), ...lines]),
  ])
}

/** A stage name that is free: a file can have several stages that need one. */
function pathsStage(dockerfile: Dockerfile, stage: Stage): string {
  const names = dockerfile.stages.map((other) => other.name)
  const last = stage.index === dockerfile.stages.length - 1
  let name = last ? 'harden-image-paths' : `harden-image-paths-${stage.index}`
  while (names.includes(name)) name += '-new'
  return name
}

/** A later instruction that names by its number a stage that would get another one. */
function numberedReference(dockerfile: Dockerfile, stage: Stage): Instruction | null {
  const later = dockerfile.stages.filter((other) => other.index > stage.index)
  const shifts = (value: string | null): boolean => {
    const number = /^\d+$/.exec(value ?? '') ?? /(?:^|,)from=(\d+)(?:,|$)/.exec(value ?? '')
    return number !== null && Number(number[1] ?? number[0]) >= stage.index
  }
  return (
    later
      .flatMap((other) => other.instructions)
      .find(({ flags }) => flags.some(({ name, value }) => /^(from|mount)$/.test(name) && shifts(value))) ?? null
  )
}

function renumbers(instruction: Instruction, grants: readonly Grant[]): Finding {
  return {
    outcome: 'todo',
    line: instruction.line,
    column: instruction.column,
    message: `${grants.map((grant) => grant.path).join(', ')} must be made in a stage of its own, and ${instruction.keyword} --from names a later stage by its number, which would change`,
    hint: 'give that stage a name with AS, and copy from the name',
    evidence: grants.flatMap((grant) => grant.evidence),
    edits: [],
  }
}

function copyLine(dockerfile: Dockerfile, flags: string, source: string, target: string): string {
  const paths = /\s/.test(source + target) ? JSON.stringify([source, target]) : `${source} ${target}`
  return `${keyword(dockerfile, 'COPY')} ${flags} ${paths}`
}

function quoted(path: string): string {
  return /[\s$\\"]/.test(path) ? `"${path.replace(/[\\"$]/g, '\\$&')}"` : path
}

function why(grants: readonly Grant[]): string {
  return grants.map((grant) => `${grant.path}${verb(grant)} (${detail(grant)})`).join(', ')
}

/** The first reason; a path that it repeats is left out, what lies below is named by its end. */
function detail(grant: Grant): string {
  if (grant.evidence[0]?.source === 'refused') return 'refused to the user without this'
  const text = (grant.evidence[0]?.detail ?? 'needed').replace(/: \w+\(.*$/, '')
  if (text.startsWith(`${grant.path} is `)) return text.slice(grant.path.length + 4)
  return grant.path !== '/' && text.startsWith(`${grant.path}/`) ? text.slice(grant.path.length + 1) : text
}

function verb(grant: Grant): string {
  switch (grant.kind) {
    case 'group-read':
      return ' is read'
    case 'traverse':
      return ' is entered'
    default:
      return ''
  }
}

function finding(stage: Stage, grants: readonly Grant[], edits: readonly Edit[]): Finding {
  const evidence: Evidence[] = grants.flatMap((grant) => grant.evidence)
  return {
    outcome: 'fixed',
    line: (stage.instructions.at(-1) ?? stage.from).line,
    column: 1,
    message: `the user may ${allowed(grants)}`,
    evidence,
    edits,
  }
}

/** `write /a, /b; read /c; and enter /d`. */
function allowed(grants: readonly Grant[]): string {
  const paths = (chosen: (kind: Grant['kind']) => boolean): string =>
    grants
      .filter(({ kind }) => chosen(kind))
      .map(({ path }) => path)
      .join(', ')
  const parts = [
    ['write', paths((kind) => kind !== 'group-read' && kind !== 'traverse')],
    ['read', paths((kind) => kind === 'group-read')],
    ['enter', paths((kind) => kind === 'traverse')],
  ].flatMap(([what, where]) => (where === '' ? [] : [`${what} ${where}`]))
  return parts.length > 1 ? `${parts.slice(0, -1).join('; ')}; and ${parts.at(-1)}` : (parts[0] ?? '')
}
