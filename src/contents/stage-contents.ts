import { says, wholeText } from '../dockerfile/index.ts'
import type { Dockerfile, Instruction } from '../dockerfile/model.ts'
import type { StageWalks, Step } from '../dockerfile/stage-walk.ts'
import { findStage, reachedFrom } from '../dockerfile/stages.ts'
import { lineage } from '../dockerfile/variables.ts'
import type { FileEntry, FileModel } from '../image/file-model.ts'
import type { InTurn } from '../in-turn.ts'
import { memoizeByObject } from '../memoize.ts'
import { baseName, isInside, isSharedFolder, normalisePath, parentOf } from '../places.ts'
import { type BuildContext, fromContext, matching } from './build-context.ts'
import {
  changedMode,
  type Draft,
  directory,
  emptyDraft,
  entriesBelow,
  folder,
  octal,
  place,
  put,
  remove,
  setText,
  textsNamedIn,
} from './draft.ts'
import { isPattern, type RunAction, removedBy, runActions, scriptActions } from './run-actions.ts'
import { names, type RunText, runTexts } from './run-texts.ts'

/** The files that the instructions of a stage put into its image, as far as text and build context tell. Paths are the image's. */
export interface StageContents {
  readonly entries: ReadonlyMap<string, FileEntry>
  readonly texts: ReadonlyMap<string, string>
  /** The origin of a file, for people: its path in the build context. */
  readonly origins: ReadonlyMap<string, string>
  /** Texts as the build context has them, by the path that a COPY or ADD gives them. A later RUN may have changed them. */
  readonly brought: ReadonlyMap<string, BroughtText>
  /** Texts of sources that a RUN has removed, usually after the program was built. */
  readonly removedSources: ReadonlyMap<string, string>
  readonly copies: readonly CopiedPath[]
  readonly actions: readonly RunAction[]
  /** Lines of the RUNs that name longer paths than are followed. */
  readonly tooLong: readonly number[]
  /** The first RUN whose `rm` of a pattern is one too many; null where none is. */
  readonly tooMany: number | null
  readonly steps: readonly Step[]
}

/** A RUN has removed it, and nothing brought it back. */
export function isRemoved({ entries, actions }: Pick<StageContents, 'entries' | 'actions'>, path: string): boolean {
  return !entries.has(path) && removedBy(actions)(path)
}

/** A text file of the build context, and what brings it into the image. */
export interface BroughtText {
  /** Path in the build context. */
  readonly origin: string
  readonly text: string
  /** Permission bits in the build context. */
  readonly mode: number
  readonly copy: Instruction
}

/** One source of a COPY or ADD. */
export interface CopiedPath {
  readonly source: string
  /** Absolute folder or file of the image. */
  readonly destination: string
  /** Its files are known, from the build context or from a stage. */
  readonly seen: boolean
  /** The build context has no such file; absent where it does, or where that is unknown. */
  readonly missing?: true
  /** The image that it is copied from, by `--from` or through a stage that adds nothing to that image; absent for other sources. */
  readonly image?: string
  /** It is made outside, of sources that the build context has (`BuildContext.released`); absent where it is not. */
  readonly released?: true
  readonly line: number
}

export interface ContentsSources {
  readonly dockerfile: Dockerfile
  readonly walks: StageWalks
  readonly context: BuildContext | null
  /** Files of the base image; null where they are not known. */
  readonly base: FileModel | null
  /** Uid and gid of `--chown` and chown by name; null where the account is not known. */
  readonly idsOf: (owner: string) => { readonly uid: number; readonly gid: number } | null
  /** Told of each RUN, with the texts of files as they are then. */
  readonly onRun?: (step: Step, textOf: (path: string) => string | null) => void
}

/** An owner that only the build knows. No process has this uid, so nothing counts as owned. */
const unknownOwner = -1

/** Stops behind each instruction. */
export function* stageContents(sources: ContentsSources, stageIndex: number): InTurn<StageContents> {
  const { dockerfile, walks } = sources
  const known = new Map<number, StageContents>()
  const takenFrom = (index: number): readonly number[] =>
    walks.steps(index).flatMap(({ instruction }) => copiedStage(dockerfile, instruction) ?? [])
  // One after the other: work that is nested stops through all that it is nested in.
  for (const index of reachedFrom(stageIndex, takenFrom))
    known.set(index, yield* contentsIn({ ...sources, base: null }, index, known))
  return yield* contentsIn(sources, stageIndex, known)
}

/** The stage that a COPY takes its files from. */
function copiedStage(dockerfile: Dockerfile, { keyword, flags, stage }: Instruction): number | null {
  const from = keyword === 'COPY' || keyword === 'ADD' ? flags.find(({ name }) => name === 'from')?.value : null
  return from == null ? null : (findStage(dockerfile, from, stage)?.index ?? null)
}

/** `known`: those of the stages that it copies from. */
function* contentsIn(
  sources: ContentsSources,
  stageIndex: number,
  known: ReadonlyMap<number, StageContents>,
): InTurn<StageContents> {
  const steps = sources.walks.steps(stageIndex)
  yield
  const { actions: written, tooLong, tooMany } = runActions(steps)
  yield
  const inLine = new Map<number, RunAction[]>()
  for (const action of written) {
    const before = inLine.get(action.line)
    if (before === undefined) inLine.set(action.line, [action])
    else before.push(action)
  }
  const draft = emptyDraft(sources.base)
  const renumbered = renumberedIn(steps)
  const actions: RunAction[] = []
  for (const step of steps) {
    const { keyword, line } = step.instruction
    if (keyword === 'WORKDIR') folder(draft, normalisePath(step.words[0] ?? '', step.workdir ?? ''))
    else if (keyword === 'COPY' || keyword === 'ADD') copy(draft, step, sources, known)
    else if (keyword === 'RUN') {
      const texts = runTexts(step)
      // The texts before the RUN removes them.
      const textOf = (path: string): string | null => draft.texts.get(path) ?? null
      const inScripts = scriptActions(step, textOf)
      sources.onRun?.(step, textOf)
      const own = inLine.get(line) ?? []
      const editing = editingCommands(step, own)
      forgetEdited(draft, editing, texts)
      for (const text of texts) write(draft, text)
      // The earlier commands of this RUN that changed them were understood.
      const followed = new Set(texts.flatMap(({ path, text, of }) => (of !== undefined || text !== null ? [path] : [])))
      for (const action of [...inScripts, ...own]) {
        const outlived = isOutlived(action, renumbered)
        if (isPlacing(action)) forgetEdited(draft, editing, texts, putElsewhere(draft, action, followed))
        else act(draft, action, sources, outlived)
        actions.push(outlived ? { ...action, certain: false } : action)
      }
      inLine.delete(line)
    }
    yield
  }
  const { entries, texts, origins, brought, removedSources, copies } = draft
  return { entries, texts, origins, brought, removedSources, copies, actions, tooLong, tooMany, steps }
}

function copy(draft: Draft, step: Step, sources: ContentsSources, known: ReadonlyMap<number, StageContents>): void {
  const { instruction, words } = step
  const target = words.at(-1)
  const destination = target == null ? null : normalisePath(target, step.workdir ?? '')
  if (target == null || destination === null) return
  const there = draft.entries.get(destination)?.type
  const intoFolder =
    /(^|\/)\.?$/.test(target) ||
    words.length > 2 ||
    there === 'directory' ||
    // An unknown base image: every image with a system has this file.
    (there === undefined && sources.base === null && isSharedFolder(destination))
  const flag = (name: string): string | null => instruction.flags.find((each) => each.name === name)?.value ?? null
  const owner = flag('chown')
  const chmod = flag('chmod')
  const put = (path: string, entry: FileEntry, text: string | null, origin: string): void => {
    const ids = owner === null ? { uid: entry.uid, gid: entry.gid } : ownerOf(owner, sources)
    const mode = chmod !== null && /^[0-7]{3,4}$/.test(chmod) ? Number.parseInt(chmod, 8) : entry.mode
    folder(draft, parentOf(path))
    // A folder that is there already keeps its owner and mode (FACTS 9).
    if (entry.type === 'directory' && draft.entries.get(path)?.type === 'directory') return
    place(draft, path, { ...entry, ...ids, mode })
    draft.origins.set(path, origin)
    if (text === null) draft.texts.delete(path)
    else setText(draft, path, text)
  }
  for (const heredoc of instruction.heredocs) {
    const path = intoFolder ? `${destination}/${heredoc.name}` : destination
    const file: FileEntry = { type: 'file', uid: 0, gid: 0, mode: 0o644, size: heredoc.content.length, link: null }
    put(path, file, heredoc.content, path)
  }
  const from = flag('from')
  const stage = copiedStage(sources.dockerfile, instruction)
  const other = stage === null ? null : (known.get(stage) ?? null)
  const image = stage === null ? (from !== null && IMAGE.test(from) ? from : null) : imageBehind(sources, stage)
  const foundFor = (source: string): ReturnType<typeof fromContext> => {
    if (from !== null) return other === null ? [] : fromStage(other, source)
    return sources.context === null ? [] : fromContext(sources.context, source)
  }
  const written = instruction.json?.map(({ value }) => value) ?? instruction.words.map(({ text }) => text)
  const named = words.slice(0, -1).flatMap((source, at) => {
    const text = source ?? written[at] ?? '<<'
    return text.startsWith('<<') ? [] : [text]
  })
  // `COPY package.json yarn.lock* ./`: a pattern beside an existing file may match nothing.
  const isOptional = named.length > 1
  for (const source of named) {
    const remote = instruction.keyword === 'ADD' ? remoteFile(source) : null
    if (remote !== null)
      put(
        intoFolder ? `${destination}/${remote}` : destination,
        { ...directory, type: 'file', mode: 0o600 },
        null,
        source,
      )
    const isOpen = VARIABLE.test(source)
    const found = isOpen ? onlyOne(foundFor(source.replace(VARIABLES, '*'))) : foundFor(source)
    const isPattern = /[*?]/.test(source)
    const released = from === null && found.length === 0 && sources.context?.released?.has(baseName(source)) === true
    const missing =
      !released &&
      from === null &&
      found.length === 0 &&
      !(isPattern && isOptional) &&
      (isOpen ? isNowhere(sources.context, source.replace(VARIABLES, '*')) : isMissing(sources.context, source))
    draft.copies.push({
      source,
      destination,
      seen: found.length > 0,
      ...(missing ? { missing } : {}),
      ...(released ? { released } : {}),
      ...(image === null ? {} : { image }),
      line: instruction.line,
    })
    for (const item of found) {
      const below =
        item.below === '' ? (item.entry.type !== 'directory' && intoFolder ? `/${item.name}` : '') : `/${item.below}`
      const path = `${destination === '/' ? '' : destination}${below}` || '/'
      put(path, item.entry, item.text, item.origin)
      if (from !== null || item.text === null) draft.brought.delete(path)
      else draft.brought.set(path, { origin: item.origin, text: item.text, mode: item.entry.mode, copy: instruction })
    }
  }
}

/** A part that only the build knows: `${TARGETOS}/${TARGETARCH}/app`. */
const VARIABLE = /\$\{[^{}]*\}|\$\w+/
const VARIABLES = /\$\{[^{}]*\}|\$\w+/g

/** A path with a variable is known where only one existing path fits. */
function onlyOne(found: ReturnType<typeof fromContext>): ReturnType<typeof fromContext> {
  const tops = new Set(
    found.map(({ origin, below }) => (below === '' ? origin : origin.slice(0, -below.length)).replace(/\/$/, '')),
  )
  return tops.size === 1 ? found : []
}

/** No file has such a path; a folder with its first name may not have been inspected. */
function isNowhere(context: BuildContext | null, pattern: string): boolean {
  if (context === null || context.partial) return false
  const first = pattern.split('/').find((part) => part !== '' && part !== '.') ?? '*'
  const paths = [...context.entries.keys()]
  return matching(paths, pattern).length === 0 && (/[*?]/.test(first) || !context.entries.has(first))
}

/** No stage has such a name. Source: https://docs.docker.com/reference/dockerfile/#from */
const IMAGE = /[/:]/

/** The image that a stage gives another name, as people wrote it where a variable decides it; null where the stage is more than that. */
function imageBehind({ dockerfile, walks }: ContentsSources, index: number): string | null {
  if (walks.steps(index).some(({ instruction: { keyword } }) => /^(?:RUN|COPY|ADD)$/.test(keyword))) return null
  const base = dockerfile.stages[lineage(dockerfile, index)[0] ?? index]?.base
  return base?.kind === 'image' ? base.reference : base?.kind === 'unresolved' ? base.text : null
}

/**
 * What ADD calls a file that it fetches, which is root's with mode 0600; null where it unpacks a repository, or what a
 * RUN unpacks. Source: https://docs.docker.com/reference/dockerfile/#add
 */
function remoteFile(source: string): string | null {
  if (!/^https?:\/\//i.test(source)) return null
  const name = baseName(source.replace(/[?#].*$/s, ''))
  return name === '' || /\.git$|^\$|\.(?:tar|tgz|gz|xz|bz2|zst|zip|deb|rpm|apk)\b/i.test(name) ? null : name
}

/** A text that a RUN writes; nothing can be appended to an unknown one. */
function write(draft: Draft, { path, text, appended, of, gone }: RunText): void {
  if (of !== undefined) return writeChanged(draft, path, of)
  if (gone === true) return remove(draft, path)
  const before = appended ? draft.texts.get(path) : ''
  const entry = draft.entries.get(path)
  draft.texts.delete(path)
  if (text === null || before === undefined) return
  put(draft, path, entry?.type === 'file' ? entry : { ...directory, type: 'file', mode: 0o644 })
  setText(draft, path, before + text)
  draft.origins.set(path, path)
}

/** A file with the text of another file, or its own, with changes; its origin is that file's. */
function writeChanged(draft: Draft, to: string, { path: from, edits }: NonNullable<RunText['of']>): void {
  const isFolder = to !== from && draft.entries.get(to)?.type === 'directory'
  const path = isFolder ? `${to}/${baseName(from)}` : to
  const text = draft.texts.get(from)
  const [entry, origin] = [draft.entries.get(from), draft.origins.get(from)]
  if (entry?.type === 'directory' && edits.length === 0) return void putTree(draft, from, path)
  if (text === undefined || entry?.type !== 'file') {
    draft.texts.delete(path)
    return
  }
  const changed = edits.reduce(
    (now, { pattern, flags, replacement }) => now.replace(new RegExp(pattern, flags), replacement),
    text,
  )
  if (path !== from) put(draft, path, entry)
  setText(draft, path, changed)
  if (origin !== undefined) draft.origins.set(path, origin)
}

/** An existing folder may not have been inspected. */
function isMissing(context: BuildContext | null, source: string): boolean {
  const first = source.split('/').find((part) => part !== '' && part !== '.')
  if (context === null || context.partial || first === undefined || /[[$:]/.test(source)) return false
  if (/[*?]/.test(first)) return matching([...context.entries.keys()], first).length === 0
  return !context.entries.has(first)
}

function fromStage(other: StageContents, source: string): ReturnType<typeof fromContext> {
  const entries = [...other.entries.keys()].map((path) => path.slice(1))
  return matching(entries, source.replace(/^\//, '')).map(({ path, below, name }) => ({
    below,
    name,
    entry: other.entries.get(`/${path}`) ?? directory,
    text: other.texts.get(`/${path}`) ?? null,
    origin: other.origins.get(`/${path}`) ?? `/${path}`,
  }))
}

function ownerOf(owner: string, { idsOf }: ContentsSources): { readonly uid: number; readonly gid: number } {
  return idsOf(owner) ?? { uid: unknownOwner, gid: unknownOwner }
}

/** Files with an account's old number keep it: usermod(8) only changes its home. */
function isOutlived({ tool, value, line }: RunAction, renumbered: ReadonlyMap<string, number>): boolean {
  return tool === 'chown' && (renumbered.get((value ?? '').split(/[:.]/)[0] ?? '') ?? 0) > line
}

/** For each account the last line that gives it another number. */
function renumberedIn(steps: readonly Step[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const { instruction } of steps) {
    if (instruction.keyword !== 'RUN' || !says(instruction, /\busermod\b/)) continue
    for (const [, name = ''] of wholeText(instruction).matchAll(RENUMBERS)) found.set(name, instruction.line)
  }
  return found
}

const RENUMBERS =
  /\busermod\s(?:[^&|;\n]{0,200}\s)?(?:-\w{0,5}u|--uid)[\s=][^&|;\n]{1,200}?([A-Za-z_][\w-]{0,40})\s{0,40}(?=$|[&|;\n\\])/g

function below(draft: Draft, path: string): readonly string[] {
  const { base } = draft
  const own = entriesBelow(draft, path)
  if (base === null) return own
  return [...new Set([...own, ...belowIn(base, path)])]
}

/** The paths below a folder are consecutive in sorted order. */
function belowIn(base: FileModel, folder: string): readonly string[] {
  const all = pathsInOrder(base)
  if (folder === '/') return all
  let [low, high] = [0, all.length]
  const start = `${folder}/`
  while (low < high) {
    const middle = (low + high) >> 1
    if ((all[middle] ?? '') < start) low = middle + 1
    else high = middle
  }
  let end = low
  while (all[end]?.startsWith(start) === true) end += 1
  return all.slice(low, end)
}

const pathsInOrder = memoizeByObject((base: FileModel): readonly string[] => [...base.paths()].sort())

function act(draft: Draft, action: RunAction, sources: ContentsSources, outlived: boolean): void {
  if (action.tool === 'rm') {
    for (const path of action.paths) if (!isPattern(path)) remove(draft, path)
    if (action.paths.some(isPattern))
      for (const gone of [...draft.entries.keys()].filter(removedBy([action]))) remove(draft, gone)
    return
  }
  for (const path of action.paths) {
    const touched = action.recursive ? [...new Set([path, ...below(draft, path)])] : [path]
    if (action.tool === 'mkdir') folder(draft, path, octal(action.value) ?? 0o755)
    else if (action.tool === 'touch' && !draft.entries.has(path)) {
      place(draft, path, { ...directory, type: 'file', mode: 0o644 })
    } else if (action.tool === 'key') put(draft, path, { ...directory, type: 'file', mode: 0o600 })
    else if (action.tool === 'link') {
      const at = draft.entries.get(path)?.type === 'directory' ? `${path}/${baseName(action.value ?? '')}` : path
      put(draft, at, { ...directory, type: 'symlink', mode: 0o777, link: action.value })
    } else
      for (const each of touched) {
        const entry = draft.entries.get(each) ?? draft.base?.entry(each) ?? (each === path ? thereBy(action) : null)
        if (entry === null) continue
        if (action.tool === 'chown')
          place(draft, each, {
            ...entry,
            ...(outlived ? { uid: unknownOwner, gid: unknownOwner } : ownerOf(action.value ?? '', sources)),
          })
        if (action.tool === 'chmod') place(draft, each, { ...entry, mode: changedMode(entry.mode, action.value ?? '') })
      }
  }
}

/** A path whose owner or mode was certainly changed exists, whatever it is: a jar, a pipe, an unpacked tree. */
function thereBy({ certain, recursive }: RunAction): FileEntry | null {
  return certain ? { ...directory, type: recursive ? 'directory' : 'other' } : null
}

/** A file that a RUN edits no longer has the context's text; texts that the RUN itself writes are known. */
function forgetEdited(
  draft: Draft,
  editing: readonly string[],
  written: readonly RunText[],
  only?: ReadonlySet<string>,
): void {
  const own = new Set(written.flatMap(({ path, of }) => (of === undefined ? [path] : [path, of.path])))
  for (const command of editing)
    for (const path of only ?? textsNamedIn(draft, command))
      if (!own.has(path) && names(command, baseName(path))) draft.texts.delete(path)
}

/** What stands between `&&` and `;`, which end no command where they are quoted. */
function commandsIn(text: string): readonly string[] {
  const commands: string[] = []
  let [start, quote] = [0, '']
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] ?? ''
    if (sign === '\\' && quote !== "'") at += 1
    else if (quote !== '') quote = sign === quote ? '' : quote
    else if (sign === '"' || sign === "'") quote = sign
    else if (sign === ';' || text.startsWith('&&', at)) {
      commands.push(text.slice(start, at))
      start = at + (sign === ';' ? 1 : 2)
    }
  }
  return [...commands, text.slice(start)]
}

/** The commands of a RUN that change files; those that put some elsewhere as they are do not, where all of them were understood. */
function editingCommands({ instruction: { text } }: Step, actions: readonly RunAction[]): readonly string[] {
  if (!EDITS.test(text)) return []
  // `chmod +x start.sh && sed -i … other.conf` leaves the first file unchanged; in a loop the name may stand elsewhere.
  const commands = /\b(for|while|xargs|find|cat)\b|<</.test(text) ? [text] : commandsIn(text)
  const editing = commands.filter((command) => EDITS.test(command)).map(withoutPrinted)
  const placing = editing.filter((command) => /^[\s\\]*(?:mv|cp)\s[^>|]*$/.test(command) && !isPlainCopy(command))
  return placing.length === actions.filter(isPlacing).filter(({ certain }) => certain).length
    ? editing.filter((command) => !placing.includes(command))
    : editing
}

/** One file, or one folder by `cp -a` and `mv`: that its text is that of the other one is known by its RunText. */
function isPlainCopy(command: string): boolean {
  const words = command
    .trim()
    .split(/[\s\\]+/)
    .slice(1)
  const operands = words.filter((word) => !word.startsWith('-'))
  return operands.length === 2 && !isPattern(command) && words.every((word) => !/^-(?![afpv]+$)/.test(word))
}

function isPlacing({ tool }: RunAction): boolean {
  return tool === 'move' || tool === 'copy'
}

/** Files that one command puts elsewhere: with more it is a whole tree, which the build unpacks or copies. */
const MOST_PLACED = 2_000

/** The effect of `mv` and `cp` on known files, as root; gives their new paths. */
function putElsewhere(
  draft: Draft,
  { tool, paths, value, recursive, certain }: RunAction,
  followed: ReadonlySet<string>,
): ReadonlySet<string> {
  const found = new Set<string>()
  if (value === null || !certain) return found
  const to = value.replace(/\/$/, '')
  const sources = paths.flatMap((path) => {
    if (!isPattern(path)) return draft.entries.has(path) ? [path] : []
    const matches = removedBy([{ tool: 'rm', paths: [path], value: null, recursive: true, certain, line: 0 }])
    return entriesBelow(draft, parentOf(path)).filter((each) => parentOf(each) === parentOf(path) && matches(each))
  })
  const isInto = value.endsWith('/') || draft.entries.get(to)?.type === 'directory' || isSharedFolder(to)
  for (const source of sources) {
    const target = isInto ? `${to === '/' ? '' : to}/${baseName(source)}` : to
    const entry = draft.entries.get(source)
    if (entry === undefined || (entry.type === 'directory' && !recursive)) continue
    for (const at of putTree(draft, source, target)) if (!followed.has(source)) found.add(at)
    if (tool === 'move' && target !== source) remove(draft, source)
  }
  return found
}

/** Copies a file, or a folder with everything in it; gives the new paths. */
function putTree(draft: Draft, from: string, to: string): readonly string[] {
  const all = [from, ...entriesBelow(draft, from)]
  if (isInside(to, from) || all.length > MOST_PLACED) return []
  return all.flatMap((each) => {
    const at = `${to}${each.slice(from.length)}`
    const [entry, text, origin] = [draft.entries.get(each), draft.texts.get(each), draft.origins.get(each)]
    if (entry === undefined || (entry.type === 'directory' && draft.entries.get(at)?.type === 'directory')) return []
    put(draft, at, entry)
    if (text !== undefined) setText(draft, at, text)
    if (origin !== undefined) draft.origins.set(at, origin)
    return [at]
  })
}

/** A printed text may name anything. */
function withoutPrinted(command: string): string {
  return /^\s*(echo|printf)\b/.test(command) ? command.slice(command.lastIndexOf('>')) : command
}

const EDITS = /\bsed\b|>|\bpatch\b|envsubst|\bperl\b|\bmv\b|\bcp\b|\bdos2unix\b/
