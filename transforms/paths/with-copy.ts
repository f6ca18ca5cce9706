import type { Step } from '../../src/dockerfile/index.ts'
import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/model.ts'
import { baseName, isInside, isSharedFolder, isStatePlace, normalisePath, parentOf } from '../../src/places.ts'
import { type AccountChoice, copyOwner, type Grant } from '../../src/plan/plan.ts'
import type { Finding } from '../../src/transform.ts'
import { chownOf, insertLines, placeBefore } from '../edits/placement.ts'
import { granted, grantReason } from './grant-words.ts'
import { originOf } from './origin.ts'
import { copiedTo, stepsOf } from './steps.ts'

interface WithCopies {
  readonly given: readonly Finding[]
  /** What no COPY can give. */
  readonly left: readonly Grant[]
}

/**
 * Grants that a COPY makes by `--chown`, without a layer of their own: of a file that comes alone, of all that is in a folder, and of
 * what comes into a folder of state. Not where BuildKit would have to make a folder on the way, which it would give away too, and not
 * the files of a program in a folder of its user.
 */
export function withTheirCopies(
  dockerfile: Dockerfile,
  stage: Stage,
  grants: readonly Grant[],
  account: AccountChoice,
): WithCopies {
  // A name that the file has not made yet is none to COPY.
  if (/[^\d:]/.test(copyOwner(account))) return { given: [], left: grants }
  const steps = stepsOf(dockerfile, stage)
  const plain = grants.filter(({ mode, groupAsOwner }) => mode === undefined && groupAsOwner !== true)
  const given = new Map<Grant, Finding>()
  for (const step of steps) {
    const { instruction } = step
    const place = copiedTo(step)
    const folder = plain.find(({ path, kind, tree }) => path === place && kind.endsWith('-directory') && tree !== true)
    if (place === null || folder === undefined || !isStatePlace(place) || !isOwnerless(instruction)) continue
    const isThere = isThereAt(steps, instruction, place)
    if (!isThere && !isThereAt(steps, instruction, parentOf(place))) continue
    const brought = plain.filter(
      (grant) =>
        (grant === folder ? !isThere : isInside(grant.path, place) && grant.kind.startsWith('own-')) &&
        lastBringing(steps, grant.path) === instruction,
    )
    if (brought.length === 0) continue
    const told = toldOwner(dockerfile, stage, brought, instruction, `--chown=${copyOwner(account)}`)
    for (const grant of brought) given.set(grant, told)
  }
  for (const grant of grants) {
    const own = given.has(grant) ? null : withItsCopy(dockerfile, stage, steps, grant, grants, account)
    if (own !== null) given.set(grant, own)
  }
  return { given: [...new Set(given.values())], left: grants.filter((grant) => !given.has(grant)) }
}

/** The COPY or ADD that a path came with last, where no RUN names it. */
function lastBringing(steps: readonly Step[], path: string): Instruction | null {
  if (steps.some(({ instruction: { keyword, text } }) => keyword === 'RUN' && text.includes(baseName(path))))
    return null
  return steps.findLast((step) => isCopying(step) && isInside(path, copiedTo(step) ?? '/'))?.instruction ?? null
}

function isCopying({ instruction: { keyword } }: Step): boolean {
  return keyword === 'COPY' || keyword === 'ADD'
}

/** The COPY says neither an owner nor a mode. */
export function isOwnerless({ keyword, flags }: Instruction): boolean {
  return keyword === 'COPY' && !flags.some(({ name }) => name === 'chown' || name === 'chmod')
}

function withItsCopy(
  dockerfile: Dockerfile,
  stage: Stage,
  steps: readonly Step[],
  grant: Grant,
  all: readonly Grant[],
  account: AccountChoice,
): Finding | null {
  if (grant.groupAsOwner === true) return null
  if (grant.kind !== 'own-file')
    return grant.tree === true ? treeWithCopies(dockerfile, stage, steps, grant, account) : null
  const { copy } = originOf(dockerfile, stage, grant.path) ?? { copy: null }
  if (copy === null || lastBringing(steps, grant.path) !== copy) return null
  let folder = parentOf(grant.path)
  while (all.some(({ path, kind }) => path === folder && kind.endsWith('-directory'))) folder = parentOf(folder)
  const flags = isThereAt(steps, copy, folder) && isOwnerless(copy) ? ownerFlags(grant, account) : null
  return flags === null ? null : toldOwner(dockerfile, stage, [grant], copy, flags)
}

/** All that is in a folder comes with COPY lines of its own. */
function treeWithCopies(
  dockerfile: Dockerfile,
  stage: Stage,
  steps: readonly Step[],
  grant: Grant,
  account: AccountChoice,
): Finding | null {
  const { path, mode } = grant
  const reaches = (place: string | null): boolean => place === null || isInside(place, path) || isInside(path, place)
  const made = steps.filter((step) => {
    const { instruction, workdir } = step
    if (instruction.keyword === 'RUN')
      return instruction.text.includes(path) || (workdir !== null && isInside(workdir, path))
    return isCopying(step) && reaches(copiedTo(step))
  })
  const copies = made.map(({ instruction }) => instruction)
  const [first] = copies
  const isWhole = made.every((step) => isOwnerless(step.instruction) && isInside(copiedTo(step) ?? '', path))
  // What a base image has there would stay root's.
  if (first === undefined || !isWhole || mode !== undefined || /^\/(?:etc|usr|var)\//.test(path)) return null
  if (isThereAt(steps, first, path) || !isThereAt(steps, first, parentOf(path))) return null
  const owner = copyOwner(account)
  return granted(
    stage,
    [grant],
    [
      insertLines(dockerfile, placeBefore(dockerfile, stage, first), grantReason([grant])),
      ...copies.map((copy) => chownOf(copy, owner)),
    ],
  )
}

/** The folder is there before an instruction runs: each image has it, or a step above makes it. */
function isThereAt(steps: readonly Step[], copy: Instruction, folder: string): boolean {
  if (folder === '/' || isSharedFolder(folder)) return true
  const at = steps.findIndex(({ instruction }) => instruction === copy)
  const workdir = steps[at]?.workdir ?? null
  if (workdir !== null && isInside(workdir, folder)) return true
  return steps.slice(0, at).some((step) => {
    const { instruction, words, workdir: from } = step
    if (instruction.keyword === 'RUN') return instruction.text.includes(folder)
    if (instruction.keyword === 'WORKDIR')
      return from !== null && isInside(normalisePath(words[0] ?? '', from) ?? '', folder)
    return isCopying(step) && isInside(parentOf(copiedTo(step) ?? '/'), folder)
  })
}

/** The COPY says the owner of what it brings. */
export function toldOwner(
  dockerfile: Dockerfile,
  stage: Stage,
  grants: readonly Grant[],
  copy: Instruction,
  flags: string,
): Finding {
  const at = copy.keywordSpan.end
  const told = granted(stage, grants, [
    insertLines(dockerfile, placeBefore(dockerfile, stage, copy), grantReason(grants)),
    { start: at, end: at, text: ` ${flags}` },
  ])
  return { ...told, line: copy.line, column: copy.column }
}

/** Null where a mode is to be said and is not known. */
export function ownerFlags({ kind, mode, groupAsOwner, file }: Grant, { uid, gid }: AccountChoice): string | null {
  const octal = (bits: number): string => ` --chmod=${bits.toString(8)}`
  if (kind === 'group-read') return file === undefined ? null : `--chown=0:${gid}${octal(file.mode | 0o040)}`
  if (groupAsOwner === true) {
    const bits = mode ?? file?.mode
    return bits === undefined ? null : `--chown=${uid}:${gid}${octal(bits | ((bits & 0o700) >> 3))}`
  }
  return `--chown=${uid}:${gid}${mode === undefined ? '' : octal(mode)}`
}
