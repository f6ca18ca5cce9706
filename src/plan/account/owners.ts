import type { StageContents } from '../../contents/stage-contents.ts'
import { type Dockerfile, says, shellCommands } from '../../dockerfile/index.ts'
import type { Need } from '../../evidence/claim.ts'
import { escapeEre } from '../../evidence/file-edit.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { existingFolder, type FileEntry, realPath } from '../../image/file-model.ts'
import { memoizeByObject } from '../../memoize.ts'
import { isOwnPlace, normalisePath, parentOf } from '../../places.ts'
import { actionsBy, isRoots } from '../../shell/index.ts'
import type { Candidate } from './choose-account.ts'

interface Used {
  readonly facts: ImageFacts
  readonly needs: readonly Need[]
}

/** The owners of the folders in which the program keeps its state. */
export function dataOwners({ facts, needs }: Used): readonly Candidate[] {
  if (!facts.files.known) return []
  const files = facts.files.value
  const found: Candidate[] = []
  for (const need of needs) {
    if (need.access !== 'keep-state' || need.told !== undefined) continue
    const entry = files.entry(files.resolve(need.path) ?? need.path)
    if (entry === null || entry.uid === 0) continue
    found.push(owner(entry.uid, need.path))
  }
  return found
}

const MADE = new Set<Need['access']>(['write', 'create-file', 'create-directory', 'create-socket'])

/**
 * The owners of the folders that the original wrote into, most-written first: a package made them for somebody. A group-writable
 * folder of root's counts for those whose own group that is.
 */
export function writtenOwners({ facts, needs }: Used): readonly Candidate[] {
  if (!facts.files.known) return []
  const files = facts.files.value
  const folders = new Map<number, string[]>()
  for (const { access, path, told } of needs) {
    if (!MADE.has(access) || told !== undefined) continue
    const folder = existingFolder(files, realPath(files, path))
    const entry = files.entry(folder)
    const uid = entry === null ? 0 : entry.uid || ofGroup(entry, facts)
    if (uid === 0) continue
    const theirs = folders.get(uid)
    if (theirs === undefined) folders.set(uid, [folder])
    else theirs.push(folder)
  }
  return [...folders].sort(([, a], [, b]) => b.length - a.length).flatMap(([uid, [folder = '']]) => owner(uid, folder))
}

function ofGroup({ gid, mode }: FileEntry, facts: ImageFacts): number {
  return (mode & 0o022) === 0o020 ? ofOwnGroup(gid, facts) : 0
}

/** The first account that has this group as its own. */
function ofOwnGroup(gid: number, { accounts }: ImageFacts): number {
  return (gid !== 0 && accounts.known && accounts.value.users.find((user) => user.gid === gid)?.uid) || 0
}

/**
 * The owners of files and folders that the original read or entered and that are closed to others: a package closed them for
 * somebody, or for somebody's own group.
 */
export function closedOwners({ facts, needs }: Used): readonly Candidate[] {
  if (!facts.files.known) return []
  const files = facts.files.value
  return needs.flatMap(({ access, path, told }) => {
    if (access !== 'read' || told !== undefined) return []
    const real = realPath(files, path)
    return [real, ...foldersAbove(real)].flatMap((place) => {
      const entry = files.entry(place)
      const uid = entry === null ? 0 : closedFor(entry, facts)
      if (uid === 0) return []
      return owner(uid, place === real ? path : place, 'closed to all but this account')
    })
  })
}

/** Who may enter a closed folder: 0 for root, or for nobody in particular. */
function closedFor(entry: FileEntry, facts: ImageFacts): number {
  const others = entry.type === 'directory' ? 0o001 : 0o004
  if ((entry.type !== 'file' && entry.type !== 'directory') || (entry.mode & others) !== 0) return 0
  return entry.uid || ((entry.mode & (others << 3)) !== 0 ? ofOwnGroup(entry.gid, facts) : 0)
}

/** The nearest first. */
function foldersAbove(path: string): readonly string[] {
  const above: string[] = []
  for (let at = parentOf(path); at !== '/'; at = parentOf(at)) above.push(at)
  return above
}

function owner(uid: number, path: string, detail = `owns ${path}`): Candidate {
  return { name: null, uid, evidence: { source: 'account', subject: path, detail } }
}

interface NamedOwners {
  /** Accounts that a RUN gives a whole folder of the program. */
  readonly folders: ReadonlySet<string>
  /** Accounts that COPY and ADD give the program's files. */
  readonly copies: ReadonlySet<string>
  /** Accounts that they give anything, wherever it lies. */
  readonly anywhere: ReadonlySet<string>
}

/** The accounts other than root that the lines of a stage name as owner: names and numbers as they are written. */
export function namedOwners({ actions, steps }: Pick<StageContents, 'actions' | 'steps'>): NamedOwners {
  const nameIn = (owner: string | null | undefined): readonly string[] => {
    const name = owner?.split(/[:.]/)[0] ?? ''
    return name === '' || name === 'root' || /^0+$/.test(name) || name.includes('$') ? [] : [name]
  }
  const folders = actions.flatMap(({ tool, recursive, certain, paths, value }) =>
    tool === 'chown' && recursive && certain && paths.some(isOwnPlace) ? nameIn(value) : [],
  )
  const copied = steps.flatMap(({ instruction: { keyword, flags }, words, workdir }) => {
    if (keyword !== 'COPY' && keyword !== 'ADD') return []
    const target = words.at(-1)
    const path = target == null ? null : normalisePath(target, workdir ?? '')
    // Where the working folder is the base image's, it is the program's.
    const isOwn = path === null || isOwnPlace(path)
    return nameIn(flags.find(({ name }) => name === 'chown')?.value).map((name) => ({ name, isOwn }))
  })
  const names = (all: typeof copied): ReadonlySet<string> => new Set(all.map(({ name }) => name))
  return { folders: new Set(folders), copies: names(copied.filter(({ isOwn }) => isOwn)), anywhere: names(copied) }
}

/** An account that something names as if it were there, and where. */
export interface NamedAccount {
  readonly name: string
  readonly detail: string
}

/** Accounts that RUN lines switch to, and that the stage's sources look up: the base image must have them, even where it is unknown. */
export function accountsAskedFor({
  steps,
  texts,
  origins,
}: Pick<StageContents, 'steps' | 'texts' | 'origins'>): readonly NamedAccount[] {
  const found: NamedAccount[] = []
  const add = (name: string | null | undefined, detail: string): void => {
    if (name != null && /^[a-z_][\w-]{0,31}$/i.test(name) && name !== 'root') found.push({ name, detail })
  }
  for (const { instruction, shell } of steps) {
    if (instruction.keyword !== 'RUN' || !says(instruction, SWITCHES)) continue
    const script = shellCommands(instruction, shell)
    if (script.kind !== 'parsed') continue
    for (const { found } of script.commands.flatMap((command) => actionsBy(command, 'switches-user')))
      if (!isRoots(found)) add(found.user.value, `RUN in line ${instruction.line} switches to it (${found.tool})`)
  }
  for (const [path, text] of texts)
    for (const { groups } of text.matchAll(LOOKS_UP)) add(groups?.name, `${origins.get(path) ?? path} looks it up`)
  return found
}

const SWITCHES = /\b(?:su|sudo|doas|runuser|gosu|su-exec|setpriv|setuidgid|s6-setuidgid|chpst)\b/

/** By name, as each language does it: getpwnam(3). */
const LOOKS_UP =
  /\b(?:(?:posix_)?getpwnam|user\.Lookup|process\.(?:setuid|initgroups)|User::from_name)\(\s{0,9}["'](?<name>[A-Za-z_][\w-]{0,31})["']/g

/** Whether a Dockerfile gives files to an account, by `--chown` or by a chown of a RUN, for as many names as are asked for. */
export const ownersIn = memoizeByObject((dockerfile: Dockerfile): ((name: string) => boolean) => {
  const instructions = dockerfile.stages.flatMap((stage) => stage.instructions)
  const flagged = new Set(
    instructions.flatMap(({ flags }) =>
      flags.flatMap(({ name, value }) => (name === 'chown' && value != null ? [value.split(':')[0]] : [])),
    ),
  )
  const texts = instructions.flatMap(({ keyword, text, heredocs }) =>
    keyword === 'RUN' ? [text, ...heredocs.map(({ content }) => content)] : [],
  )
  const byWord = new Map<string, Set<string>>()
  const all = texts.flatMap(argumentsOfChown)
  for (const args of all)
    for (const [word] of args.matchAll(/\w+/g)) {
      const saying = byWord.get(word)
      if (saying === undefined) byWord.set(word, new Set([args]))
      else saying.add(args)
    }
  return (name) => {
    if (flagged.has(name)) return true
    const named = new RegExp(`\\b${escapeEre(name)}\\b`)
    for (const args of candidates(name, byWord) ?? all) if (named.test(args)) return true
    return false
  }
})

/** What stands behind each chown, up to the end of its command. */
function argumentsOfChown(text: string): readonly string[] {
  const found: string[] = []
  const pattern = /chown(\s[^&;|\n]*)/g
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, args = ''] = match
    found.push(args)
    // The next line may be the arguments of a chown at the end of this one.
    if (args.endsWith('chown')) pattern.lastIndex -= 'chown'.length
  }
  return found
}

/** Places with the rarest word of the name in them; null for a name that begins or ends with a sign that is part of no word. */
function candidates(name: string, byWord: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> | null {
  if (!/^\w(.*\w)?$/.test(name)) return null
  let rarest: ReadonlySet<string> | null = null
  for (const [word] of name.matchAll(/\w+/g)) {
    const saying: ReadonlySet<string> = byWord.get(word) ?? new Set()
    if (rarest === null || saying.size < rarest.size) rarest = saying
  }
  return rarest
}
