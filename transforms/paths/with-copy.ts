import { type Step, stageWalks } from '../../src/dockerfile/index.ts'
import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/model.ts'
import { baseName, isInside, isSharedFolder, normalisePath, parentOf } from '../../src/places.ts'
import { type AccountChoice, copyOwner, type Grant } from '../../src/plan/plan.ts'
import type { Finding } from '../../src/transform.ts'
import { chownOf, insertLines, placeBefore } from '../edits/placement.ts'
import { granted, grantReason } from './grant-words.ts'
import { type CopyOrigin, originOf } from './origin.ts'

/**
 * What COPY brings gets its owner from that COPY, which needs no layer of its own: one file that comes alone, or all that is in a
 * folder. Null where no COPY can, or where it would give more: BuildKit gives each folder that it has to make on the way to the
 * same owner.
 */
export function withItsCopy(
  dockerfile: Dockerfile,
  stage: Stage,
  grant: Grant,
  all: readonly Grant[],
  account: AccountChoice,
): Finding | null {
  // A name that the file has not made yet is none to COPY.
  if (grant.groupAsOwner === true || /[^\d:]/.test(copyOwner(account))) return null
  const steps = stageWalks(dockerfile, () => NOT_ASKED).own(stage.index)
  if (grant.kind !== 'own-file')
    return grant.tree === true ? treeWithCopies(dockerfile, stage, steps, grant, account) : null
  const origin = originOf(dockerfile, stage, grant.path)
  const { copy } = origin ?? { copy: null }
  if (origin === null || copy === null) return null
  let folder = parentOf(grant.path)
  while (all.some(({ path, kind }) => path === folder && kind.endsWith('-directory'))) folder = parentOf(folder)
  if (!isThereAt(steps, copy, folder)) return null
  const isAnew = steps.some(
    ({ instruction: { keyword, lines, text } }) =>
      keyword === 'RUN' && lines.start > copy.lines.start && text.includes(baseName(grant.path)),
  )
  const flags = isAnew ? null : ownerFlags(grant, account)
  return flags === null ? null : toldItsOwner(dockerfile, stage, grant, origin, flags)
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
  const made = steps.filter(({ instruction: { keyword, text }, workdir, words }) => {
    if (keyword === 'RUN') return text.includes(path) || (workdir !== null && isInside(workdir, path))
    return (keyword === 'COPY' || keyword === 'ADD') && reaches(placeOf({ words, workdir }))
  })
  const copies = made.map(({ instruction }) => instruction)
  const [first] = copies
  const isWhole = made.every(
    ({ instruction: { keyword, flags }, words, workdir }) =>
      keyword === 'COPY' &&
      isInside(placeOf({ words, workdir }) ?? '', path) &&
      !flags.some(({ name }) => name === 'chown' || name === 'chmod'),
  )
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

function placeOf({ words, workdir }: Pick<Step, 'words' | 'workdir'>): string | null {
  const target = words.at(-1) ?? null
  return target === null || (workdir === null && !target.startsWith('/')) ? null : normalisePath(target, workdir ?? '/')
}

/** The folder is there before an instruction runs: each image has it, or a step above makes it. */
function isThereAt(steps: readonly Step[], copy: Instruction, folder: string): boolean {
  if (folder === '/' || isSharedFolder(folder)) return true
  const at = steps.findIndex(({ instruction }) => instruction === copy)
  const workdir = steps[at]?.workdir ?? null
  if (workdir !== null && isInside(workdir, folder)) return true
  return steps.slice(0, at).some(({ instruction: { keyword, text }, words, workdir: from }) => {
    if (keyword === 'RUN') return text.includes(folder)
    if (keyword === 'WORKDIR') return from !== null && isInside(normalisePath(words[0] ?? '', from) ?? '', folder)
    return (
      (keyword === 'COPY' || keyword === 'ADD') && isInside(parentOf(placeOf({ words, workdir: from }) ?? '/'), folder)
    )
  })
}

/** Null where no COPY brings the file alone, or the one that does says an owner or a mode already. */
export function toldItsOwner(
  dockerfile: Dockerfile,
  stage: Stage,
  grant: Grant,
  { copy }: CopyOrigin,
  flags: string,
): Finding | null {
  if (copy === null || copy.flags.some(({ name }) => name === 'chown' || name === 'chmod')) return null
  const at = copy.keywordSpan.end
  const told = granted(
    stage,
    [grant],
    [
      insertLines(dockerfile, placeBefore(dockerfile, stage, copy), grantReason([grant])),
      { start: at, end: at, text: ` ${flags}` },
    ],
  )
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

const NOT_ASKED = { known: false, reason: 'what a base image sets is none of its own words' } as const
