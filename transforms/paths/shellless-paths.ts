import { copyPaths, quotedWord } from '../../src/borders/dockerfile.ts'
import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/model.ts'
import { type AccountChoice, copyOwner, decided, type Grant, type StagePlan } from '../../src/plan/plan.ts'
import type { Finding } from '../../src/transform.ts'
import { choices } from '../../src/words.ts'
import { copyText, keyword, reason } from '../edits/lines.ts'
import { insertLines, placeOf, stagePlace } from '../edits/placement.ts'
import { accessTo, granted, grantReason } from './grant-words.ts'
import { originOf } from './origin.ts'
import { isOwnerless, ownerFlags, toldOwner } from './with-copy.ts'

/**
 * Without a shell: a stage of its own makes the folders with WORKDIR, and a COPY with --chown sets their owner. COPY
 * re-owns what lies below its source folder, not the folder itself (FACTS 9), so each parent is one numbered folder.
 */
export function* shelllessPaths(
  dockerfile: Dockerfile,
  stage: Stage,
  plan: StagePlan,
  account: AccountChoice,
): Iterable<Finding> {
  const all = decided(plan, 'grant')
  const isThere = ({ kind, path }: Grant): boolean =>
    IS_THERE.has(kind) || (kind === 'create-directory' && originOf(dockerfile, stage, path)?.copy != null)
  const grants = all.filter((grant) => !isThere(grant))
  const there = all
    .filter(isThere)
    .map((grant) => ({ grant, finding: givenByCopy(dockerfile, stage, plan, grant, account) }))
  const beyond = there.flatMap(({ grant, finding }) => (finding === null ? [grant] : []))
  if (beyond.length > 0) yield unchangeable(stage, beyond, account)
  if (grants.length > 0) yield withStage(dockerfile, stage, plan, grants, account)
  // Behind the folders that they lie in, which a COPY would make as root's.
  yield* there.flatMap(({ finding }) => finding ?? [])
}

/**
 * What is there already keeps its content and its place, and so does what a COPY brings under that very name, be it a file
 * or a folder: without a shell a COPY alone gives it
 * another owner or mode.
 */
const IS_THERE = new Set<Grant['kind']>(['traverse', 'group-read', 'own-file'])

/** Its content comes once more, so that an image may grow by no more than this for it. */
const MOST_BYTES = 64 * 1024

/**
 * One file that is there: the COPY that brings it and nothing else is told the owner, or a small one is copied over itself
 * with it, from where it came. Null where neither is possible.
 */
function givenByCopy(
  dockerfile: Dockerfile,
  stage: Stage,
  { end }: StagePlan,
  grant: Grant,
  account: AccountChoice,
): Finding | null {
  if (grant.kind === 'traverse') return null
  const flags = ownerFlags(grant, account)
  const origin = originOf(dockerfile, stage, grant.path)
  if (flags === null || origin === null) return null
  const { copy } = origin
  if (copy !== null && isOwnerless(copy)) return toldOwner(dockerfile, stage, [grant], copy, flags)
  if (grant.file === undefined || grant.file.size > MOST_BYTES || origin.source === null) return null
  const from = origin.from === null ? '' : `--from=${origin.from} `
  const paths = copyPaths(origin.source, grant.path, dockerfile.escape)
  const line = `${keyword(dockerfile, 'COPY')} ${from}${flags} ${paths}`
  return granted(
    stage,
    [grant],
    [insertLines(dockerfile, placeOf(dockerfile, stage, end, 'grant'), [...grantReason([grant]), line])],
  )
}

function unchangeable(stage: Stage, grants: readonly Grant[], { uid, gid }: AccountChoice): Finding {
  const at = stage.instructions.findLast(({ keyword }) => /^(COPY|ADD|WORKDIR)$/.test(keyword)) ?? stage.from
  return {
    outcome: 'todo',
    line: at.line,
    column: at.column,
    message: `the user must ${accessTo(grants, ['write', 'read', 'enter', 'start'])}, and the image has no shell to change their modes or owner`,
    hint: choices(
      `copy them with --chown=${uid}:${gid} into a folder that everybody can enter, such as /app`,
      'copy them with --chmod',
    ),
    evidence: grants.flatMap((grant) => grant.evidence),
    edits: [],
  }
}

function withStage(
  dockerfile: Dockerfile,
  stage: Stage,
  { end }: StagePlan,
  grants: readonly Grant[],
  account: AccountChoice,
): Finding {
  const name = pathsStage(dockerfile, stage)
  const owner = copyOwner(account)
  const folders = grants.filter(
    (grant) => grant.kind === 'create-directory' || grant.kind === 'own-directory' || grant.kind === 'sticky',
  )
  const files = grants.filter((grant) => grant.kind === 'create-file')
  const copies = new Map<
    string,
    { readonly parent: string; readonly mode: number | undefined; readonly names: string[] }
  >()
  for (const grant of folders) {
    const cut = grant.path.lastIndexOf('/')
    const parent = cut <= 0 ? '/' : grant.path.slice(0, cut)
    const mode = grant.groupAsOwner === true ? 0o775 : grant.mode
    const key = `${parent} ${mode ?? ''}`
    const copy = copies.get(key) ?? { parent, mode, names: [] }
    copy.names.push(grant.path.slice(cut + 1))
    copies.set(key, copy)
  }
  const list = [...copies.values()]
  const numbered = list.length === 0 ? null : numberedReference(dockerfile, stage)
  if (numbered !== null) return renumbers(numbered, grants)
  const from = [`${keyword(dockerfile, 'FROM')} scratch ${keyword(dockerfile, 'AS')} ${name}`]
  for (const [index, copy] of list.entries())
    for (const child of copy.names)
      from.push(`${keyword(dockerfile, 'WORKDIR')} ${quotedWord(`/${index + 1}/${child}`, dockerfile.escape)}`)
  const lines: string[] = []
  for (const [index, copy] of list.entries()) {
    const mode = copy.mode === undefined ? '' : ` --chmod=${copy.mode.toString(8)}`
    const target = copy.parent === '/' ? '/' : `${copy.parent}/`
    const flags = `--from=${name} --chown=${owner}${mode}`
    lines.push(`${keyword(dockerfile, 'COPY')} ${flags} ${copyPaths(`/${index + 1}/`, target, dockerfile.escape)}`)
  }
  for (const grant of files) {
    const flags = `--chown=${owner}${grant.groupAsOwner === true ? ' --chmod=664' : ''}`
    lines.push(...copyText(dockerfile, '', grant.path, flags))
  }
  return granted(stage, grants, [
    ...(list.length > 0
      ? [
          insertLines(dockerfile, stagePlace(dockerfile, stage), [
            ...reason('folders with an owner: the image has no shell to make them'),
            ...from,
            '',
          ]),
        ]
      : []),
    insertLines(dockerfile, placeOf(dockerfile, stage, end, 'grant'), [...grantReason(grants), ...lines]),
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
    hint: choices('give that stage a name with AS, and copy from the name', 'let the program write elsewhere'),
    evidence: grants.flatMap((grant) => grant.evidence),
    edits: [],
  }
}
