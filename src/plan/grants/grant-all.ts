import { shellCommands } from '../../dockerfile/index.ts'
import type { Instruction, Stage } from '../../dockerfile/model.ts'
import { commonOf, type Need, question, type Remark } from '../../evidence/claim.ts'
import { reopensLog } from '../../evidence/source-asks.ts'
import type { FileEntry, FileModel } from '../../image/file-model.ts'
import type { InTurn } from '../../in-turn.ts'
import { memoizeByObject } from '../../memoize.ts'
import {
  isForEverybody,
  isInside,
  isMountPlace,
  isOfEngine,
  isOwnPlace,
  isRuntimePlace,
  isSharedFolder,
  isSystemFolder,
  normalisePath,
  parentOf,
  withParents,
} from '../../places.ts'
import { choices, joinTruncated } from '../../words.ts'
import type { Grant } from '../plan.ts'
import type { Grantee } from '../replay/own.ts'
import { belongsToSystem, ofEngine, startState } from '../replay/state.ts'
import { replayInTurn } from '../replay.ts'
import type { StageInput } from '../stage-input.ts'
import { type Closed, closedTo, codeIn, isInsistedOn } from './closed.ts'
import { type ImageCode, noCode } from './image-code.ts'
import { declaredBy, grantedEntry, modeOf } from './ladder.ts'
import { type Met, unshownGrants, withHarmless } from './unshown.ts'

export interface Granted {
  readonly grants: readonly Grant[]
  readonly remarks: readonly Remark[]
  /** What only assumed needs ask for, and nobody is given. */
  readonly unshown: readonly Grant[]
}

interface Needs {
  readonly wanted: readonly Need[]
  /** What a text states and no run has shown: met only as far as that is harmless. */
  readonly assumed?: readonly Need[]
  /** Folders over which a run mounts a volume, which takes the owner of the folder that it covers. */
  readonly mounted?: ReadonlySet<string>
}

/** The smallest set of grants that meets the needs, by the image's files as far as they are known. Stops behind each need. */
export function* grantAll(
  { wanted, assumed = [], mounted = new Set() }: Needs,
  input: StageInput,
  grantee: Grantee,
  /** What its start runs. */
  code: ImageCode = noCode,
): InTurn<Granted> {
  const phases = assumed.length === 0 ? [wanted] : [wanted, assumed]
  const [seen = NOTHING, whole = seen] = yield* grantsFor(phases, input, mounted, grantee, code)
  const { grants, remarks } = withHarmless(
    seen,
    whole,
    (folder) => input.facts.files.known && input.facts.files.value.list(folder).length === 0,
  )
  return {
    grants,
    remarks: saidOnce([
      ...remarks,
      ...grants.flatMap((grant) => givenAllTheSame(grant, code)),
      ...wanted.flatMap((need) => givenInPart(need, grants, code)),
      ...movedAwayLogs(grants, input),
    ]),
    unshown: unshownGrants(grants, whole.grants),
  }
}

/** Needs that are refused for the same reason become one remark with all their evidence. */
function saidOnce(remarks: readonly Remark[]): readonly Remark[] {
  const byMessage = new Map<string, Remark>()
  for (const remark of remarks) {
    const before = byMessage.get(remark.message)
    const evidence = [...(before?.evidence ?? []), ...remark.evidence]
    byMessage.set(remark.message, { ...(before ?? remark), evidence })
  }
  return [...byMessage.values()]
}

/**
 * Notes about logs in folders of root's, of programs that reopen their log on a signal: once it has been moved away they cannot
 * create it.
 */
function movedAwayLogs(grants: readonly Grant[], { stated: { view } }: StageInput): readonly Remark[] {
  const folders = new Set(grants.flatMap(({ path, kind }) => (kind === 'sticky' ? [path] : [])))
  const logs = grants.filter(
    ({ path, kind }) =>
      (kind === 'create-file' || kind === 'own-file') &&
      (path.endsWith('.log') || isInside(path, '/var/log')) &&
      isSharedFolder(parentOf(path)) &&
      !folders.has(parentOf(path)),
  )
  if (logs.length === 0) return []
  const { contents, builders } = view
  const removed = { texts: contents.removedSources, origins: contents.origins }
  const where = [contents, ...builders, removed].map(reopensLog).find((place) => place !== null)
  if (where === undefined || where === null) return []
  const paths = logs.map(({ path }) => path)
  return [
    {
      outcome: 'note',
      transform: 'own-writable-paths',
      message: `${joinTruncated(paths)}: a signal makes it open ${paths.length === 1 ? 'its log' : 'its logs'} anew (${where}), which fails once ${paths.length === 1 ? 'it is' : 'they are'} moved away: the folder stays root's`,
      hint: 'rotate with copytruncate or create (logrotate), or log into a folder of its own or to standard output',
      evidence: logs.flatMap(({ evidence }) => evidence.slice(0, 1)),
    },
  ]
}

/** Notes on grants that only the caller's word allows, with what they mean. */
function givenAllTheSame(grant: Grant, code: ImageCode): readonly Remark[] {
  const closed = closedTo(grant, code)
  return closed === null
    ? []
    : [
        {
          outcome: 'note',
          transform: 'own-writable-paths',
          message: `${grant.path} is given to the user as asked, although ${closed.reason.replace(" stays root's, since ", " should stay root's: ")}`,
          evidence: grant.evidence,
        },
      ]
}

/** Notes on folders that were asked for as a whole and are granted for new files only: the program's own files stay root's. */
function givenInPart(need: Need, grants: readonly Grant[], code: ImageCode): readonly Remark[] {
  const sticky = grants.find(({ path, kind }) => path === need.path && kind === 'sticky')
  const closed =
    need.told === undefined || sticky === undefined ? null : closedTo({ ...sticky, kind: 'own-directory' }, code)
  if (closed === null) return []
  return [
    {
      outcome: 'note',
      transform: 'own-writable-paths',
      message: `${need.path} is given so that the user makes files in it and replaces none: ${closed.reason}`,
      hint:
        need.told !== 'repository'
          ? '--unsafe gives it as a whole'
          : `--writable ${need.path} --unsafe gives it as a whole`,
      evidence: [need.evidence],
    },
  ]
}

const NOTHING: Met = { grants: [], remarks: [] }

/** What is granted once the needs of each phase are met as well as those before them. */
function* grantsFor(
  phases: readonly (readonly Need[])[],
  input: StageInput,
  mounted: ReadonlySet<string>,
  grantee: Grantee,
  code: ImageCode,
): InTurn<readonly Met[]> {
  const { files } = input.facts
  const own = input.stated.files
  if (files.known) {
    // A build step that nobody has seen may have made it as root.
    const isExact = input.asBuilt === true || input.observation !== null
    const asked = (need: Need): Need => {
      const { made, ...other } = need
      return isExact ? need : other
    }
    const met = yield* replayed(
      phases.map((needs) => needs.map(asked)),
      files.value,
      grantee,
      code,
    )
    return met.map((all) => ({
      ...all,
      grants: withoutMakeable(withoutCovered(all.grants), input, { isExact, mounted }),
    }))
  }
  // What the stage adds is known even where its base image is not.
  const isOwn = (need: Need): boolean =>
    own.entry(need.path) !== null ||
    ((!isNamed(need) || isClosedFolder(own.entry(parentOf(need.path)))) &&
      parentOf(need.path) !== '/' &&
      own.entry(parentOf(need.path)) !== null)
  const isThere = (path: string): boolean => own.entry(path)?.type === 'directory'
  const asked = phases.map((needs) => needs.filter(({ path }) => !isForEverybody(path)))
  // What the stage adds says nothing about a folder that every base image has.
  const met = yield* replayed(
    asked.map((needs) => needs.filter((need) => isOwn(need) && !isRuntimePlace(need.path))),
    own,
    grantee,
    code,
  )
  return met.map((known, phase) => {
    const rest = asked.slice(0, phase + 1).flatMap((needs) => needs.filter((need) => !isOwn(need)))
    const others = withoutFiles(rest, grantee, code, isThere)
    const grants = byPath([...known.grants.map(asItIs), ...others.grants, ...throughHome(rest)])
    return {
      grants: withoutMakeable(withoutCovered(grants), input, { isExact: false, mounted }),
      remarks: [...known.remarks, ...others.remarks],
    }
  })
}

/** Others cannot enter the folder: making the file beforehand is not enough. */
function isClosedFolder(entry: FileEntry | null): boolean {
  return entry?.type === 'directory' && (entry.mode & 0o001) === 0
}

/** The need is for one file in a folder that exists: whether the base image has the file is unknown, and both cases must work. */
function isNamed({ access, certainty, how, vendors }: Need): boolean {
  if (how === 'beside') return false
  return access === 'write'
    ? certainty === 'declared'
    : access === 'create-file' && (how !== undefined || vendors === true)
}

/** Root's home comes from the base image: it is certainly closed to others, its other mode bits are unknown. */
function asItIs(grant: Grant): Grant {
  if (grant.path !== HOME) return grant
  const { path, kind, declared, evidence } = grant
  return { path, kind, ...(declared === true ? { declared } : {}), evidence }
}

const HOME = '/root'

/** Grants for needs below root's home, where the folders in between are unknown. */
function throughHome(needs: readonly Need[]): readonly Grant[] {
  const inside = needs
    .filter(({ access, path }) => path !== HOME || access === 'traverse' || access === 'list')
    .filter(({ path }) => isInside(path, HOME))
  const evidence = inside.map((need) => need.evidence)
  return evidence.length === 0 ? [] : [{ path: HOME, kind: 'traverse', ...declaredBy(inside), evidence }]
}

function* replayed(
  phases: readonly (readonly Need[])[],
  files: FileModel,
  grantee: Grantee,
  code: ImageCode,
): InTurn<readonly Met[]> {
  const state = startState(files, grantee, code)
  const met: Met[] = []
  for (const needs of phases) {
    const { grants, ungranted } = yield* replayInTurn(needs, state)
    const remarks = ungranted.map(({ need, reason, closed }) =>
      closed === undefined ? refused(need, reason) : refusedPlace(need, closed),
    )
    met.push({ grants, remarks })
  }
  return met
}

function refused(need: Need, reason: string): Remark {
  return {
    // A path that only the original used may be optional; a refusal in a run is never passed over in silence.
    outcome: need.certainty === 'declared' ? 'todo' : 'note',
    transform: 'own-writable-paths',
    message: `${named(need)} is not given to the user: ${reason}`,
    hint: isOfEngine(need.path)
      ? choices(
          'let --add-host, extra_hosts or hostAliases (--dns, --hostname) say what the script writes there',
          'remove that from the script',
        )
      : need.fromStart === true
        ? choices(
            `give it a WORKDIR of its own, and name what it finds in ${parentOf(need.path)} in full`,
            'let the program write elsewhere',
          )
        : need.how === 'beside'
          ? choices(
              'move that file to a folder of its own, which can be given to the user',
              'let the program write elsewhere',
            )
          : choices('let the program write elsewhere', 'mount a volume there'),
    evidence: [need.evidence],
  }
}

/** The refusal is reported: a person decides about a path that was seen to be written. */
function refusedPlace(need: Need, { reason, cure, byOption }: Closed): Remark {
  const isAsked = need.told !== undefined && need.told !== 'repository' && byOption
  return {
    outcome: isAsked ? 'offered' : 'todo',
    transform: 'own-writable-paths',
    message: `${named(need)} is not given to the user: ${reason}`,
    hint: isAsked
      ? choices(cure, 'give it all the same with --unsafe')
      : byOption
        ? choices(cure, `give it all the same with --writable ${named(need)} --unsafe`)
        : cure,
    evidence: [need.evidence],
  }
}

/** A temporary file has a name of the moment: its folder is named instead. */
function named({ path, evidence: { subject } }: Need): string {
  return path === `${subject}/sed` ? subject : path
}

/** Without a file index only whole folders can be granted: they are made where they are missing. */
function withoutFiles(
  needs: readonly Need[],
  grantee: Grantee,
  code: ImageCode,
  isThere: (folder: string) => boolean,
): Met {
  const grants = new Map<string, Grant>()
  const remarks: Remark[] = []
  const isClosed = (need: Need, grant: Pick<Grant, 'path' | 'kind' | 'tree'>): boolean => {
    const closed = closedTo(grant, code)
    if (closed === null || isInsistedOn(need, closed)) return false
    remarks.push(refusedPlace(need, closed))
    return true
  }
  for (const need of needs.map(replacedInShared)) {
    if (need.access === 'change-mode' && !needs.some((other) => makes(other, need.path))) remarks.push(unowned(need))
    const isMade = need.access === 'create-directory' && need.when === 'start'
    if (need.access !== 'keep-state' && need.access !== 'create-file' && !isMade && !isNamed(need)) continue
    const parent = parentOf(need.path)
    const folder = need.access === 'keep-state' || isMade ? need.path : need.how === 'beside' ? parent : null
    if (isOfEngine(need.path)) {
      remarks.push(refused(need, ofEngine(need.path)))
      continue
    }
    if (folder !== null && isSystemFolder(folder) && !(isMountPlace(folder) && need.access === 'keep-state')) {
      remarks.push(refused(need, belongsToSystem(folder)))
      continue
    }
    const own = need.access === 'keep-state' ? codeIn(need.path, code) : null
    const holdsCode = own?.own === true && !isInsistedOn(need, { byOption: true, own: true })
    if (holdsCode || (need.how === 'beside' && isSharedFolder(parent))) {
      const at = holdsCode ? need.path : parent
      if (isClosed(need, { path: at, kind: 'sticky' })) continue
      const sticky = grants.get(at)
      const evidence = [...(sticky?.evidence ?? []), need.evidence]
      const opened = modeOf('sticky', null, grantedEntry('sticky', null, grantee), grantee)
      const made = holdsCode ? { makesFolder: true } : {}
      grants.set(at, { path: at, kind: 'sticky', ...opened, ...made, ...declaredBy([need], sticky), evidence })
      continue
    }
    const isSure = isSharedFolder(parent) || isSystemFolder(parent)
    // A file can be made beforehand only where its folder is sure to be there.
    const makeFolder = need.access === 'create-file' && !isSure && !isNamed(need)
    const path = makeFolder ? parent : need.path
    const before = grants.get(path)
    const kind = need.access === 'keep-state' || isMade || makeFolder ? 'create-directory' : 'create-file'
    const isTree = need.tree === true || before?.tree === true
    if (isClosed(need, { path, kind, tree: isTree })) continue
    grants.set(path, {
      path,
      kind,
      ...(need.opens === true || before?.mode !== undefined
        ? { mode: grantedEntry(kind, null, grantee).mode }
        : modeOf(kind, null, grantedEntry(kind, null, grantee), grantee)),
      ...(isTree ? { tree: true } : {}),
      ...declaredBy([need], before),
      ...(kind === 'create-file' && !isSure && !isThere(parent) && need.vendors !== true ? { makesFolder: true } : {}),
      evidence: [...(before?.evidence ?? []), need.evidence],
    })
  }
  return { grants: [...grants.values()], remarks }
}

/** A file that a start script replaces in a sticky folder must be the user's too: only its owner may remove it there. */
function replacedInShared(need: Need): Need {
  if (need.access !== 'rename' || need.when !== 'start' || !isSharedFolder(parentOf(need.path))) return need
  return { ...commonOf(need), access: 'create-file', how: 'any' }
}

/** The user makes it, or what it lies in. */
function makes({ access, path }: Need, made: string): boolean {
  return (access === 'keep-state' || access.startsWith('create-')) && isInside(made, path)
}

function unowned({ path }: Need): Remark {
  return question('writes', path, `${path} is chmod-ed at startup: only its owner may, and the owner is unknown`)
}

/** A path inside a tree that is granted as a whole needs no line of its own. */
function withoutCovered(grants: readonly Grant[]): readonly Grant[] {
  const trees = grants.filter(({ tree }) => tree === true)
  const isCovered = ({ kind, path, groupAsOwner }: Grant): boolean =>
    /^own-/.test(kind) &&
    trees.some((tree) => tree.path !== path && isInside(path, tree.path) && tree.groupAsOwner === groupAsOwner)
  return grants.filter((grant) => !isCovered(grant))
}

/**
 * Drops what is missing inside a folder of the user's, when that is granted as a whole or nothing can be in it: the program creates
 * it there itself, as the original did. What somebody names is kept. `isExact`: all that is in the image is known; a folder has its
 * reason then.
 */
function withoutMakeable(
  grants: readonly Grant[],
  input: StageInput,
  { isExact, mounted }: { readonly isExact: boolean; readonly mounted: ReadonlySet<string> },
): readonly Grant[] {
  const folders = grants.filter(({ kind }) => /-directory$/.test(kind))
  const byFolder = new Map<string, Grant[]>()
  for (const folder of folders) byFolder.set(folder.path, [...(byFolder.get(folder.path) ?? []), folder])
  const isIn = ({ path, kind, mode, groupAsOwner }: Grant): boolean =>
    [...withParents(path)]
      .slice(1)
      .flatMap((at) => byFolder.get(at) ?? [])
      .some(
        (above) =>
          (above.mode === mode || (kind === 'create-file' && mode === undefined)) &&
          above.groupAsOwner === groupAsOwner &&
          (above.tree === true || isExact || isUnfilled(above.path, path, input)),
      )
  const isAsked = ({ evidence }: Grant): boolean => evidence.some(({ source }) => source === 'given')
  const isKept = (grant: Grant): boolean => isAsked(grant) || mounted.has(grant.path)
  const isMade = ({ kind }: Grant): boolean => kind === 'create-file' || (kind === 'create-directory' && !isExact)
  return grants.filter((grant) => !isMade(grant) || isKept(grant) || !isIn(grant))
}

/** No base image has filled the folder, and no step has put anything where the path is, or may have. */
function isUnfilled(folder: string, path: string, { facts, stated: { view, files } }: StageInput): boolean {
  const { chain, contents, entry } = view
  const built = facts.files.known ? facts.files.value : files
  if (entry === null || !(isOwnPlace(folder) || chain.some((stage) => volumesOf(stage).has(folder)))) return false
  for (let at = path; at !== folder; at = parentOf(at)) if (built.entry(at) !== null) return false
  if (contents.copies.some(({ seen, destination }) => !seen && isInside(path, destination))) return false
  return contents.steps.every(({ instruction }) => {
    if (instruction.keyword !== 'RUN') return true
    const script = shellCommands(instruction)
    return script.kind === 'parsed' && script.commands.every(({ name }) => name === null || OF_BUILD.test(name))
  })
}

/** These commands put nothing into a program's folders, or say where they do. */
const OF_BUILD =
  /^(?:apt(?:-get)?|apk|dnf|yum|microdnf|pip3?|npm|yarn|pnpm|composer|bundle|gem|useradd|groupadd|adduser|addgroup|mkdir|rm|rmdir|chmod|chown|chgrp|touch|ln|echo|printf|set|cd|export|true|test|\[)$/

function byPath(grants: readonly Grant[]): readonly Grant[] {
  const first = new Map<string, Grant>()
  for (const grant of grants) if (!first.has(grant.path)) first.set(grant.path, grant)
  return [...first.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** The first VOLUME line of a stage that a path lies in; null where none does. */
export function coveringVolume(stage: Stage, path: string): Instruction | null {
  const volumes = volumesOf(stage)
  if (volumes.size === 0) return null
  let first: Placed | null = null
  for (let at = path; ; at = parentOf(at)) {
    const found = volumes.get(at)
    if (found !== undefined && (first === null || found.index < first.index)) first = found
    if (at === '/') return first?.instruction ?? null
  }
}

interface Placed {
  readonly instruction: Instruction
  readonly index: number
}

/** The first line that names each folder. */
const volumesOf = memoizeByObject((stage: Stage): ReadonlyMap<string, Placed> => {
  const found = new Map<string, Placed>()
  for (const [index, instruction] of stage.instructions.entries()) {
    if (instruction.keyword !== 'VOLUME') continue
    const paths = instruction.json?.map((item) => item.value) ?? instruction.words.map((word) => word.value)
    for (const volume of paths) {
      const folder = normalisePath(volume)
      if (folder !== null && !found.has(folder)) found.set(folder, { instruction, index })
    }
  }
  return found
})

/** VOLUME lines that stand together get one step above them all. */
export function firstInRow(stage: Stage, volume: Instruction): Instruction {
  return firstsInRow(stage).get(volume) ?? volume
}

const firstsInRow = memoizeByObject((stage: Stage): ReadonlyMap<Instruction, Instruction> => {
  const firsts = new Map<Instruction, Instruction>()
  let first: Instruction | null = null
  for (const instruction of stage.instructions) {
    first = instruction.keyword === 'VOLUME' ? (first ?? instruction) : null
    if (first !== null) firsts.set(instruction, first)
  }
  return firsts
})
