import { shellWord } from '../src/borders/dockerfile.ts'
import type { Dockerfile, Instruction, Stage } from '../src/dockerfile/model.ts'
import { isRootUser } from '../src/image/accounts.ts'
import { isInside } from '../src/places.ts'
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
  type Tools,
} from '../src/plan/plan.ts'
import type { Finding, Transform } from '../src/transform.ts'
import { type CommandParts, keyword, runGoesOn, runStep } from './edits/lines.ts'
import { insertLines, type LinePlace, placeBefore, placeOf } from './edits/placement.ts'
import { granted, grantReason } from './paths/grant-words.ts'
import { madeBelow } from './paths/made-below.ts'
import { type PathWord, pathWords } from './paths/path-words.ts'
import { shelllessPaths } from './paths/shellless-paths.ts'
import { withTheirCopies } from './paths/with-copy.ts'

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
  const all = decided(plan, 'grant')
  const { given, left } =
    decided(plan, 'own-copies').length > 0 ? { given: [], left: all } : withTheirCopies(dockerfile, stage, all, account)
  yield* given
  for (const grant of left) {
    const chosen = aboveVolume(dockerfile, stage, plan, grant.path, atEnd.place)
    if (chosen === null) {
      add(atEnd, grant)
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
    const words = pathWords(dockerfile, stage, place)
    const commands = grantCommands(grants, ownerAt(stage, place, account), words, plan.tools.commands)
    const before = user === null && place === atEnd.place ? housekeeping(stage, plan, place) : null
    const why = grantReason(grants)
    // Behind the very command that makes the folder it needs no word.
    const isSaid = before !== null && why[0].short.endsWith(`made by RUN in line ${before.line}`)
    const further = before === null ? null : runGoesOn(dockerfile, before, isSaid ? [] : why, commands)
    if (further !== null) {
      yield granted(stage, grants, [further])
      continue
    }
    const step = runStep(dockerfile, commands)
    const word = keyword(dockerfile, 'USER')
    const lines = user === null ? step : [`${word} 0`, ...step, `${word} ${user}`]
    yield granted(stage, grants, [insertLines(dockerfile, place, [...why, ...lines])])
  }
}

/** The RUN right above the place, where it runs as root and no other step of this change has to come between. */
function housekeeping(
  { instructions }: Stage,
  { decisions, account }: StagePlan,
  { offset }: LinePlace,
): Instruction | null {
  const isBetween = decisions.some(
    ({ kind, needsRoot }) =>
      kind === 'begin-as-root' ||
      kind === 'build-as-root' ||
      (needsRoot && kind !== 'grant' && kind !== 'make-account'),
  )
  const isNumbered = account?.unnumbered !== true && account?.text?.includes('$') !== true
  const before = instructions.findLast(({ lines }) => lines.end <= offset)
  return !isBetween && isNumbered && before?.keyword === 'RUN' ? before : null
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
export function grantCommands(
  grants: readonly Grant[],
  account: GrantOwner,
  word: PathWord = shellWord,
  commands: Tools['commands'] = null,
): readonly CommandParts[] {
  const owner = ownerText(account)
  const of = (...kinds: readonly Grant['kind'][]): readonly Grant[] =>
    grants.filter((grant) => kinds.includes(grant.kind))
  const words = (list: readonly Grant[]): readonly string[] => list.map(({ path }) => word(path))
  const above = grants
    .filter((grant) => grant.makesFolder === true)
    .map(({ path, kind }) => (kind === 'sticky' ? path : path.replace(/\/[^/]*$/, '')))
  const created = of('create-directory')
  const installs = account.unnumbered !== true && commands?.has('install') !== false
  const installed = installs && above.length === 0 && created.every(isNew) ? created : []
  const made = installed.length > 0 ? [] : created
  const folders = [...new Set([...above, ...made.map(({ path }) => path)])]
  const touched = of('create-file')
  const owned = of('create-directory', 'own-directory', 'create-file', 'own-file').filter(
    (grant) => !isTree(grant) && !installed.includes(grant),
  )
  const alike = grants.filter((grant) => grant.groupAsOwner === true)
  const alikeTrees = alike.filter((grant) => isTree(grant))
  const alikeAlone = alike.filter((grant) => !isTree(grant))
  const trees = grants.filter(isTree)
  const shared = of('sticky', 'group-read')
  const deepest = folders.filter((path) => !folders.some((other) => other !== path && isInside(other, path)))
  return [
    ...(deepest.length > 0 ? [['mkdir -p', ...deepest.map(word)]] : []),
    ...byMode(installed).map(([mode, list]) => [
      `install -d${mode === undefined ? '' : ` -m ${mode}`}${installOwner(account)}`,
      ...words(list),
    ]),
    ...(touched.length > 0 ? [['touch', ...words(touched)]] : []),
    // -h: a link itself is never the thing to own (FACTS 15); paths are resolved, so this is a guard only.
    ...(owned.length > 0 ? [[`chown ${owner}`, ...words(owned)]] : []),
    // -h: what a link in there leads to is none of it (FACTS 15).
    ...(trees.length > 0 ? [[`chown -Rh ${owner}`, ...words(trees)]] : []),
    ...(shared.length > 0 ? [[`chgrp ${groupText(account)}`, ...words(shared)]] : []),
    ...byMode(grants.filter((grant) => !installed.includes(grant))).flatMap(([mode, list]) =>
      mode === undefined ? [] : [[`chmod ${mode}`, ...words(list)]],
    ),
    ...(alikeAlone.length > 0 ? [['chmod g=u', ...words(alikeAlone)]] : []),
    ...(alikeTrees.length > 0 ? [['chmod -R g=u', ...words(alikeTrees)]] : []),
  ]
}

/** A file is no tree, whatever may lie where it is. */
function isTree({ tree, kind }: Grant): boolean {
  return tree === true && kind !== 'create-file'
}

/** A folder of the program's own: `install` sets the mode as well, and those that packages make may have another. */
function isNew({ path, tree, groupAsOwner }: Grant): boolean {
  return tree !== true && groupAsOwner !== true && !/^\/(?:etc|home|root|run|usr|var(?!\/opt\/))\//.test(path)
}

function installOwner(account: GrantOwner): string {
  const [user, group] = copyOwner(account).split(':')
  return ` -o ${user} -g ${group ?? account.gid}`
}

/** What to set, in the order in which it comes; undefined for what is right as it is. */
function byMode(grants: readonly Grant[]): readonly (readonly [mode: string | undefined, grants: readonly Grant[]])[] {
  const found = new Map<string | undefined, Grant[]>()
  for (const grant of grants) {
    const mode = grant.mode?.toString(8) ?? ADDED[grant.kind]
    found.set(mode, [...(found.get(mode) ?? []), grant])
  }
  return [...found]
}

/** Where the mode as it is is not known, the bits that are missing are added. */
const ADDED: Partial<Record<Grant['kind'], string>> = { traverse: 'go+x', 'group-read': 'g+rX' }
