import { bounds } from '../bounds.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import type { InTurn } from '../in-turn.ts'
import { normalisePath } from '../places.ts'
import { switchTools } from '../shell/index.ts'
import { atBothStarts, both, type StepDownReport } from '../start/step-down.ts'
import { choices } from '../words.ts'
import type { CapableFile, Claim, EnvSetting, Evidence, Need, PathClaim, Remark, VendorMove } from './claim.ts'
import { closedFiles } from './closed-files.ts'
import { commandLine } from './command-line.ts'
import { configWrites } from './config-writes.ts'
import { declared } from './declared.ts'
import { copiedEmptyFolders, emptyFolders } from './empty-folders.ts'
import type { FileEdit } from './file-edit.ts'
import { frameworkFolders } from './frameworks.ts'
import { hostSockets } from './host-sockets.ts'
import { inImage } from './in-image.ts'
import { packages } from './packages.ts'
import type { Catalogue, Provider, StageView } from './provider.ts'
import { rootCalls, rootWork, unread } from './questions.ts'
import { rootHome } from './root-home.ts'
import { filledVolumes, leftBehind, runLines, startedByRun } from './run-lines.ts'
import { openScriptWrites, rootBranches, scriptWrites } from './script-writes.ts'
import { setCapabilities } from './set-capabilities.ts'
import { compiledSources, sourceFiles } from './source-files.ts'
import { catalogueEntry } from './vendor.ts'
import { workingFolder } from './working-folder.ts'

/** All providers. Where two claim the same, the first gives the reason; remarks keep this order. */
export const providers: readonly Provider[] = [
  declared,
  catalogueEntry,
  emptyFolders,
  runLines,
  commandLine,
  frameworkFolders,
  scriptWrites,
  openScriptWrites,
  sourceFiles,
  compiledSources,
  copiedEmptyFolders,
  closedFiles,
  filledVolumes,
  rootHome,
  rootBranches,
  hostSockets,
  packages,
  workingFolder,
  // It asks whether any provider above names a place that is written.
  unread,
  rootWork,
  rootCalls,
  configWrites,
  inImage,
  setCapabilities,
]

/** What is known of a stage before it has run: plain data, claims by what they are about. */
export interface StageEvidence {
  readonly needs: readonly Need[]
  /** Needs that a run of the original shows better. */
  readonly assumed: readonly Need[]
  readonly accounts: readonly { readonly name: string; readonly uid: number | null; readonly evidence: Evidence }[]
  /** Ports that stock configurations bind, and the changes that move them. */
  readonly moves: ReadonlyMap<number, VendorMove>
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  /** Programs that a RUN gives file capabilities. */
  readonly capable: readonly CapableFile[]
  /** Why the program needs a writable home. */
  readonly homes: readonly Evidence[]
  readonly remarks: readonly Remark[]
  /** Possible problems, where no run has shown them. */
  readonly cautions: readonly Remark[]
  /** The files of the image with those of the stage; on an unknown base only the stage's. */
  readonly files: FileModel
  /** The view that the claims were made from. */
  readonly view: StageView
}

/** Asks each provider once. Stops between them, since each goes through the whole stage, and where they stop themselves. */
export function* evidenceOf(
  view: StageView,
  catalogue: Catalogue,
  list: readonly Provider[] = providers,
): InTurn<StageEvidence> {
  const always: Claim[] = []
  const assumed: Claim[] = []
  const all: Claim[] = []
  const line = startedByRun(view)
  for (const provider of list) {
    if (provider.when === 'before-build' && view.built) continue
    for (const found of provider.claims(view, catalogue, all)) {
      if (found === undefined) {
        yield
        continue
      }
      const claim = found.kind === 'path' ? filledIn(found, view.facts.config) : found
      if (claim === null) continue
      const claims =
        claim.kind === 'path' && line !== null && claim.access === 'keep-state' ? leftBehind(claim, line) : [claim]
      all.push(...claims)
      if (provider.when === 'always') always.push(...claims)
      else assumed.push(...claims)
    }
    yield
  }
  return {
    needs: ofKind(always, 'path'),
    assumed: ofKind(assumed, 'path'),
    accounts: ofKind(all, 'account'),
    moves: new Map(ofKind(all, 'port').map(({ port, move }) => [port, move])),
    fileEdits: ofKind(all, 'file-edit'),
    env: ofKind(all, 'env'),
    capable: ofKind(all, 'capable'),
    homes: ofKind(all, 'home').map(({ evidence }) => evidence),
    remarks: [...remarksIn(always)],
    cautions: [...remarksIn(assumed)],
    files: view.files,
    view,
  }
}

function need({ path, access }: Need): string {
  return `${access} ${path}`
}

/**
 * The needs of one image that is run in two ways. The view is that of the first, with the writes of the second's scripts; `by`: who
 * runs it so.
 */
export function withMore(first: StageEvidence, second: StageEvidence, by: string): StageEvidence {
  const remark = ({ message }: Remark): string => message
  return {
    ...first,
    needs: both(first.needs, second.needs, need),
    assumed: both(first.assumed, second.assumed, need),
    accounts: both(first.accounts, second.accounts, ({ name }) => name),
    moves: new Map([...second.moves, ...first.moves]),
    fileEdits: both(first.fileEdits, second.fileEdits, (edit) => JSON.stringify([edit.path, edit.substitutions])),
    env: both(first.env, second.env, ({ name }) => name),
    capable: both(first.capable, second.capable, ({ name }) => name),
    homes: both(first.homes, second.homes, ({ detail }) => detail),
    remarks: both(first.remarks, [...second.remarks, ...switchedBy(by, second.view.stepDowns)], remark),
    cautions: both(first.cautions, second.cautions, remark),
    view: { ...first.view, stepDowns: atBothStarts(first.view.stepDowns, second.view.stepDowns) },
  }
}

/**
 * Adds the needs of its base image, and the questions about that image's files, which are in this one too. Needs that a run shows
 * better count as little as they do there.
 */
export function withParent(own: StageEvidence, parent: StageEvidence): StageEvidence {
  const open = (remarks: readonly Remark[]): readonly Remark[] =>
    remarks.filter(
      ({ outcome, answeredByRun }) => outcome === 'question' || (outcome === 'todo' && answeredByRun !== undefined),
    )
  const message = (remark: Remark): string => remark.message
  return {
    ...own,
    needs: both(own.needs, parent.needs, need),
    assumed: both(own.assumed, parent.assumed, need),
    remarks: both(own.remarks, open(parent.remarks), message),
    cautions: both(own.cautions, open(parent.cautions), message),
  }
}

/** Actions that only root can do, of a command other than the one that is changed here. */
function switchedBy(by: string, { stepDowns, actions }: StepDownReport): readonly Remark[] {
  const switches = stepDowns
    .filter(({ path, tool, guarded }) => path === null && !guarded && switchTools.includes(tool))
    .map(
      ({ tool, text }): Remark => ({
        outcome: 'todo',
        transform: 'skip-step-down',
        message: `${by} switches user with ${tool}, which only root can do`,
        hint: choices(
          'let it start the program itself: the container runs as its user already',
          'say user: root for it',
        ),
        evidence: [{ source: 'step-down', subject: tool, detail: text }],
      }),
    )
  const others = actions
    .filter(({ script, guarded, fatal, action }) => script === null && !guarded && fatal && OF_ROOT.test(action))
    .map(
      ({ tool, text }): Remark => ({
        outcome: 'todo',
        transform: 'skip-step-down',
        message: `${by} runs ${tool}, which only root can, and ends when it fails`,
        hint: choices('let it run only when id -u is 0', 'do it in a RUN'),
        evidence: [{ source: 'step-down', subject: tool, detail: text }],
      }),
    )
  return [...switches, ...others]
}

const OF_ROOT = /^(?:chown|chgrp|account|mount|setcap)$/

/**
 * `{{DATA_DIR}}/x` is a template and no folder: a script fills it in, usually from the variable of that name. Null where the image
 * does not set it. The path of a VOLUME is literal.
 */
function filledIn(claim: PathClaim, config: ImageConfig): PathClaim | null {
  // The kernel accepts no path of that length; one that the Dockerfile itself names is reported.
  if (claim.certainty === 'inferred' && claim.path.length >= bounds.pathLength) return null
  const { env, volumes } = config
  if (!PLACEHOLDER.test(claim.path) || volumes.includes(claim.path)) return claim
  const last = [...claim.path.matchAll(/\{\{\s*([A-Za-z_]\w*)\s*\}\}/g)].at(-1)
  const value = last === undefined ? undefined : env.get(last[1] ?? '')
  if (last === undefined || value?.startsWith('/') !== true) return null
  const before = claim.path.slice(0, last.index + last[0].length)
  const path = normalisePath(`${value}${claim.path.slice(before.length)}`)
  if (path === null || PLACEHOLDER.test(path)) return null
  return {
    ...claim,
    path,
    evidence: { ...claim.evidence, subject: claim.evidence.subject.replace(before, () => value) },
  }
}

const PLACEHOLDER = /[{}]|<%|%>|%[\w.]+%|@@\w+@@|@[A-Z][A-Z_]+@/

type OfKind<K extends Claim['kind']> = Extract<Claim, { readonly kind: K }>

function ofKind<K extends Claim['kind']>(claims: readonly Claim[], kind: K): readonly OfKind<K>[] {
  return claims.filter((claim): claim is OfKind<K> => claim.kind === kind)
}

function* remarksIn(claims: readonly Claim[]): Iterable<Remark> {
  for (const claim of claims) if (claim.kind === 'remark') yield claim
}
