import type { StageContents } from '../contents/stage-contents.ts'
import { wholeText } from '../dockerfile/index.ts'
import type { ImageConfig } from '../image/facts.ts'
import {
  baseName,
  isInside,
  isOfAccounts,
  isOwnPlace,
  isRuntimePlace,
  isSharedFolder,
  isStatePlace,
  isSystemFolder,
  parentOf,
} from '../places.ts'
import type { StepDownReport } from '../start/step-down.ts'
import { choices, joinTruncated } from '../words.ts'
import { declared, type PathClaim, question } from './claim.ts'
import type { Provider } from './provider.ts'

/** Paths that a start script itself writes: where it cannot, it ends, or goes on without them. */
export const scriptWrites: Provider = {
  name: 'script-writes',
  summary: 'files that a start script writes by itself',
  when: 'always',
  *claims({ start: { writes, possibleWrites, actions }, contents, facts: { config }, listed }) {
    const made = actions.filter(({ action }) => action === 'mkdir').flatMap(({ paths }) => paths)
    // A folder that the script itself makes is the user's, with everything in it.
    const isElsewhere = ({ path }: ScriptWrite): boolean => !made.some((folder) => isInside(path, folder))
    for (const write of writes.filter(isElsewhere)) yield* neededFor(write, contents, config)
    for (const write of [...writes, ...possibleWrites]) yield* reopened(write, contents)
    // The scripts of a known vendor are known with its image.
    const possible = possibleWrites.filter(({ script }) => !listed || script === null || contents.origins.has(script))
    for (const write of possible.filter(isElsewhere)) yield* neededPerhaps(write, contents, config)
  },
}

/** Writes of a start script that the user may not be able to do: to a path that the run decides, in root's home, in a tree of root's. */
export const openScriptWrites: Provider = {
  name: 'open-script-writes',
  summary: 'what a start script makes, writes or removes at a path that only the run decides',
  when: 'before-run',
  *claims({ start: { openWrites, refusals }, contents, listed }) {
    if (refusals.length > 0) return
    const isOurs = (script: string | null): boolean => !listed || script === null || contents.origins.has(script)
    for (const { script, line, tool, word } of openWrites.filter((each) => isOurs(each.script))) {
      const what = tool === 'rm' || tool === 'rmdir' ? 'removes' : tool === 'mkdir' ? 'makes' : 'writes'
      const where = placeIn(script, line)
      yield question(
        'writes',
        where,
        `${where} ${what} ${word.replace(/^"(.*)"$/, '$1')}, a path that only the run decides`,
      )
    }
  },
}

/** The place of a line in a start; null for the text of `sh -c`. */
export function placeIn(script: string | null, line: number): string {
  return script === null ? 'the command' : `${script} line ${line}`
}

/** Work that a start script does only as root: another user takes the other branch, which lacks it. */
export const rootBranches: Provider = {
  name: 'root-branches',
  summary: 'what a start script does behind its question for root, and does not do as another user',
  when: 'before-run',
  *claims({ start: { rootOnly, refusals }, contents: { origins }, listed }) {
    const ours = rootOnly.filter(({ script }) => !listed || script === null || origins.has(script))
    if (refusals.length > 0) return
    for (const script of new Set(ours.map((each) => each.script))) {
      const said = ours.filter((each) => each.script === script)
      const all = said.map(({ text, line }) => `${text.length > 40 ? `${text.slice(0, 40)}…` : text} (line ${line})`)
      yield {
        kind: 'remark',
        outcome: 'todo',
        transform: 'report-remarks',
        message: `${script ?? 'the command'} does only as root: ${joinTruncated(all)}; as another user that is left out`,
        hint: choices('let the script do it for every user', 'do it in a RUN, where it is no secret', 'leave it out'),
        about: 'CMD',
        evidence: said.map(({ text, line }) => ({
          source: 'declared',
          subject: text,
          detail: `${script ?? 'the command'} line ${line}`,
        })),
      }
    }
  },
}

type ScriptWrite = StepDownReport['writes'][number]

/**
 * Only root can write in a tree that `chmod -R u-w` has closed to its owner. For a file that is not seen there its folder is opened
 * again.
 */
function reopened({ script, line, path, any }: ScriptWrite, { actions, entries }: StageContents): readonly PathClaim[] {
  const folder = any === undefined ? parentOf(path) : path
  const last = actions.findLast(
    ({ tool, paths, recursive }) =>
      tool === 'chmod' && paths.some((each) => (recursive ? isInside(folder, each) : each === folder)),
  )
  if (last?.recursive !== true || !CLOSES.test(last.value ?? '')) return []
  if (entries.has(folder) || !isOwnPlace(folder)) return []
  const detail = `closed by RUN in line ${last.line}, and written by ${placeIn(script, line)}`
  return [declared('keep-state', folder, detail, { opens: true })]
}

const CLOSES = /(^|,)(a|ug?o?|go?u)?-[rx]*w|^0?[0-5][0-7]{2}$/

/** More access than needed does no harm to the program's state, and to a file that the stage itself adds. */
function neededPerhaps(
  write: StepDownReport['possibleWrites'][number],
  contents: StageContents,
  config: ImageConfig,
): readonly PathClaim[] {
  const { path, onlyIf, replaces, ifMissing, any, known } = write
  const [first, ...others] = neededFor(write, contents, config)
  if (first === undefined) return []
  const detail = `${first.evidence.detail}${onlyIf === '' ? ' in some cases' : `, if ${onlyIf}`}`
  const isThere = contents.entries.get(path)?.type === 'file'
  if (any === undefined && !isThere && isMadeEmpty(parentOf(path), contents))
    return [declared('create-file', path, detail, { how: 'beside', certainty: 'possible' })]
  // An empty file would be too much where none is written: access to its folder is enough.
  if (isStatePlace(path) && !isThere && any === undefined && !isSharedFolder(parentOf(path)))
    return [declared('create-file', path, detail, { how: 'beside', certainty: 'possible' })]
  if (isStatePlace(path) || isThere || known !== undefined)
    return [first, ...others].map((need) => ({
      ...need,
      certainty: 'possible',
      evidence: { ...need.evidence, detail },
    }))
  if (any !== undefined) return [declared('keep-state', path, detail, { certainty: 'possible', onlyIf })]
  const how = replaces || ifMissing ? 'beside' : 'any'
  return [declared('create-file', path, detail, { how, certainty: 'possible', onlyIf })]
}

/** A RUN has made it and nothing lies in it: whatever its name, the start will fill it. */
function isMadeEmpty(
  folder: string,
  { actions, entries, copies }: Pick<StageContents, 'actions' | 'entries' | 'copies'>,
): boolean {
  const isMade = actions.some(({ tool, certain, paths }) => tool === 'mkdir' && certain && paths.includes(folder))
  if (!isMade || isSystemFolder(folder) || isSharedFolder(folder) || isRuntimePlace(folder)) return false
  return (
    !copies.some(({ destination }) => isInside(destination, folder)) &&
    ![...entries.keys()].some((path) => path !== folder && isInside(path, folder))
  )
}

function neededFor(
  { script, line, path, replaces, ifMissing, edits, any, known }: ScriptWrite,
  { entries, steps, copies }: StageContents,
  { volumes }: ImageConfig,
): readonly PathClaim[] {
  if (isRuntimePlace(path) || isOfAccounts(path)) return []
  // A build step that names the file may have made it, as root.
  const isBuilt = !entries.has(path) && steps.some((step) => makes(step, baseName(path)))
  if (ifMissing && (isBuilt || entries.has(path))) return []
  if (!isBuilt && volumes.some((folder) => isInside(path, folder))) return []
  const detail = `written by ${placeIn(script, line)}`
  if (any !== undefined) {
    if (isSharedFolder(path)) return []
    if (known !== undefined)
      return [declared('keep-state', path, `files in it are ${detail}`, known === 'tree' ? { tree: true } : {})]
    // The folders below are known only where everything in it was seen.
    const isSeen = !copies.some(({ seen, destination }) => !seen && isInside(destination, path))
    return [declared('keep-state', path, `files in it are ${detail}`, any === 'below' && !isSeen ? { tree: true } : {})]
  }
  if (!replaces) {
    // A package or a build step may have put something unknown there: the file is the user's from the start.
    if (isBuilt) return [declared('create-file', path, detail, { tree: true })]
    // A file whose existence the script tests must not be created beforehand.
    if (ifMissing) return [declared('create-file', path, detail, { how: 'beside' })]
    return [entries.has(path) ? declared('write', path, detail) : declared('create-file', path, detail, { how: 'any' })]
  }
  const parent = parentOf(path)
  const file = declared('create-file', path, detail, { how: 'beside' })
  // A shared folder is not granted for this: it is reported.
  if (isSystemFolder(parent)) return [file]
  const name = declared('rename', path, detail, edits === true && !ifMissing ? { when: 'start' } : {})
  if (isSharedFolder(parent)) return [file, name]
  return [
    // Even the folder of a package's file is unknown: this file is meant, not the first missing folder.
    entries.has(path) || entries.has(parent)
      ? declared('create-file', `${parent}/sed`, detail, { how: 'beside', subject: parent })
      : declared('keep-state', parent, detail),
    name,
  ]
}

/** Files that a start script replaces with a text of its own, always or at the first start. */
export function writtenAnew({ writes }: Pick<StepDownReport, 'writes'>): readonly string[] {
  return writes.flatMap(({ path, anew, ifMissing, any }) =>
    anew === true && !ifMissing && any === undefined ? [path] : [],
  )
}

function makes({ instruction }: StageContents['steps'][number], name: string): boolean {
  return instruction.keyword === 'RUN' && wholeText(instruction).includes(name)
}
