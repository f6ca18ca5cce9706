import { shellWord } from '../src/borders/dockerfile.ts'
import type { Dockerfile, Instruction, Stage } from '../src/dockerfile/model.ts'
import { isRootUser } from '../src/image/accounts.ts'
import { coveringVolume, firstInRow } from '../src/plan/grants/grant-all.ts'
import {
  type AccountChoice,
  copyOwner,
  decided,
  type Grant,
  type GrantOwner,
  groupText,
  ownerText,
  type StagePlan,
} from '../src/plan/plan.ts'
import type { Finding, Transform } from '../src/transform.ts'
import { type CommandParts, keyword, reason, runStep } from './edits/lines.ts'
import { chownOf, insertLines, type LinePlace, placeBefore, placeOf } from './edits/placement.ts'
import { granted, grantPurpose, grantReasons } from './paths/grant-words.ts'
import { copyOf, madeBelow } from './paths/made-below.ts'
import { shelllessPaths } from './paths/shellless-paths.ts'

export const ownWritablePaths: Transform = {
  name: 'own-writable-paths',
  summary: 'Give the user the paths that are written at run time, and nothing else.',
  needs: ['prefer-vendor', 'build-as-root', 'pin-account-id', 'create-user'],
  *run(dockerfile, { stage, plan }) {
    const { account } = plan
    if (account === null || decided(plan, 'grant').length === 0) return
    if (plan.tools.shell === false) yield* shelllessPaths(dockerfile, stage, plan, account)
    else yield* withShell(dockerfile, stage, plan, account)
  },
}

function* withShell(dockerfile: Dockerfile, stage: Stage, plan: StagePlan, account: AccountChoice): Iterable<Finding> {
  const atEnd = { place: placeOf(dockerfile, stage, plan.end, 'grant'), user: null }
  const groups = new Map<number, RootPlace & { readonly grants: Grant[] }>()
  const add = (place: RootPlace, grant: Grant): void => {
    const group = groups.get(place.place.offset) ?? { ...place, grants: [] }
    group.grants.push(grant)
    groups.set(place.place.offset, group)
  }
  for (const grant of decided(plan, 'grant')) {
    const chosen = aboveVolume(dockerfile, stage, plan, grant.path, atEnd.place)
    if (chosen === null) {
      add(atEnd, grant)
      continue
    }
    const copy = grant.kind === 'own-file' && grant.mode === undefined ? copyOf(stage, chosen.above, grant.path) : null
    if (copy !== null && decided(plan, 'own-copies').length === 0) {
      yield granted(stage, [grant], [chownOf(copy, copyOwner(account))])
      continue
    }
    const isMissing = grant.kind !== 'create-file' && madeBelow(stage, chosen.above, grant.path)
    const isFolder = grant.kind === 'own-directory' || grant.kind === 'create-directory'
    // What is not there yet can be given below what brings it alone; the folder itself may as well be made.
    const { tree, ...folder } = grant
    if (isFolder) add(chosen, isMissing ? { ...folder, kind: 'create-directory' } : grant)
    if (isMissing && (!isFolder || tree === true)) add(atEnd, grant)
    else if (!isFolder) add(chosen, grant)
  }
  for (const { place, user, grants } of groups.values()) {
    const step = runStep(dockerfile, grantCommands(grants, ownerAt(stage, place, account)))
    const word = keyword(dockerfile, 'USER')
    const lines = user === null ? step : [`${word} 0`, ...step, `${word} ${user}`]
    yield granted(stage, grants, [
      insertLines(dockerfile, place, [...reason(grantReasons(grants), grantPurpose(grants)), ...lines]),
    ])
  }
}

/** Above the line that declares it, no step can read a build argument. */
function ownerAt(stage: Stage, { offset }: LinePlace, account: AccountChoice): AccountChoice {
  if (account.unnumbered === true || account.text?.includes('$') !== true) return account
  const names = [...account.text.matchAll(/\w+/g)].map(([name]) => name)
  const isLater = stage.instructions.some(
    ({ keyword: word, lines, text }) =>
      (word === 'ARG' || word === 'ENV') &&
      lines.start >= offset &&
      names.some((name) => new RegExp(`(?:^|\\s)${name}\\b`).test(text)),
  )
  return isLater ? { ...account, text: `${account.uid}:${account.gid}` } : account
}

interface RootPlace {
  readonly place: LinePlace
  /** Somebody else than root is in force there, and must be again below; null: root is. */
  readonly user: string | null
}

/** What is changed below a VOLUME after its line is thrown away by the legacy builder and by buildah (FACTS 11). */
function aboveVolume(
  dockerfile: Dockerfile,
  stage: Stage,
  plan: StagePlan,
  path: string,
  end: LinePlace,
): (RootPlace & { readonly above: Instruction }) | null {
  const covering = coveringVolume(stage, path)
  if (covering === null) return null
  const volume = firstInRow(stage, covering)
  const place = placeBefore(dockerfile, stage, volume)
  const user = otherUserAt(stage, plan, stage.instructions.indexOf(volume))
  return place.offset >= end.offset || user === undefined ? null : { place, user, above: volume }
}

/** The user in force above an instruction, as its USER line says it; null for root, undefined where it is not known. */
function otherUserAt(stage: Stage, plan: StagePlan, index: number): string | null | undefined {
  const { users, end } = plan
  // Where the base is not known root is assumed, unless the stage itself says root later on.
  if (users === null) return null
  const line = users.lines.findLast((one) => one.index < index)
  // A USER that comes too early moves below.
  if (decided(plan, 'build-as-root').some(({ move, last }) => move !== null && move === line?.index && index <= last))
    return null
  const user = line?.user ?? users.initial
  if (!user.known) return line === undefined && end?.rootBefore !== false ? null : undefined
  if (isRootUser(user.value)) return null
  return line === undefined ? user.value : stage.instructions[line.index]?.text
}

/** The shell commands that give a user its paths: folders first, then owners, then modes. */
export function grantCommands(grants: readonly Grant[], account: GrantOwner): readonly CommandParts[] {
  const owner = ownerText(account)
  const of = (...kinds: readonly Grant['kind'][]): readonly Grant[] =>
    grants.filter((grant) => kinds.includes(grant.kind))
  const words = (list: readonly Grant[]): readonly string[] => list.map((grant) => shellWord(grant.path))
  const made = of('create-directory')
  const above = grants
    .filter((grant) => grant.makesFolder === true)
    .map(({ path, kind }) => (kind === 'sticky' ? path : path.replace(/\/[^/]*$/, '')))
  const folders = [...new Set([...above, ...made.map(({ path }) => path)])].map(shellWord)
  const touched = of('create-file')
  const owned = of('create-directory', 'own-directory', 'create-file', 'own-file').filter(
    (grant) => grant.tree !== true,
  )
  const alike = grants.filter((grant) => grant.groupAsOwner === true)
  const alikeTrees = alike.filter((grant) => grant.tree === true)
  const alikeAlone = alike.filter((grant) => grant.tree !== true)
  const trees = grants.filter((grant) => grant.tree === true)
  const shared = of('sticky', 'group-read')
  return [
    ...(folders.length > 0 ? [['mkdir -p', ...folders]] : []),
    ...(touched.length > 0 ? [['touch', ...words(touched)]] : []),
    // -h: a link itself is never the thing to own (FACTS 15); paths are resolved, so this is a guard only.
    ...(owned.length > 0 ? [[`chown ${owner}`, ...words(owned)]] : []),
    // -h: what a link in there leads to is none of it (FACTS 15).
    ...(trees.length > 0 ? [[`chown -Rh ${owner}`, ...words(trees)]] : []),
    ...(shared.length > 0 ? [[`chgrp ${groupText(account)}`, ...words(shared)]] : []),
    ...modes(grants),
    ...(alikeAlone.length > 0 ? [['chmod g=u', ...words(alikeAlone)]] : []),
    ...(alikeTrees.length > 0 ? [['chmod -R g=u', ...words(alikeTrees)]] : []),
  ]
}

function modes(grants: readonly Grant[]): readonly CommandParts[] {
  const byMode = new Map<string, string[]>()
  for (const grant of grants) {
    const mode = grant.mode?.toString(8) ?? ADDED[grant.kind]
    if (mode === undefined) continue
    byMode.set(mode, [...(byMode.get(mode) ?? []), shellWord(grant.path)])
  }
  return [...byMode].map(([mode, paths]) => [`chmod ${mode}`, ...paths])
}

/** Where the mode as it is is not known, the bits that are missing are added. */
const ADDED: Partial<Record<Grant['kind'], string>> = { traverse: 'go+x', 'group-read': 'g+rX' }
