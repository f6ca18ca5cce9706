import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { type Maker, makerOf, thisRun, tokenOf, userId } from './made-by.ts'

/**
 * What runs of this user have made or are about to make, by notes of our own: `$XDG_STATE_HOME/harden-image/runs/TOKEN`, a line a note.
 * A label or a name can come with a stranger's image or repository. So it says where to look, and this list what is ours.
 */
export type ListEntry =
  /** All on an engine that carries these 64 random bits. */
  | { readonly kind: 'session'; readonly name: string }
  /** An absolute path. */
  | { readonly kind: 'file'; readonly name: string }

/** A note is of this size at most, and a run's list is read so far. */
const MOST_BYTES = 64_000_000
/** After so long nothing can be made any more by what a killed run has begun. */
const KEPT_DAYS = 30

const open = new Map<string, ListEntry>()

/** False where the list cannot be written: what the run makes is then removed by the run itself, or by nobody. */
export function note(entry: ListEntry): boolean {
  const line = lineOf(entry)
  if (open.has(line)) return true
  try {
    mkdirSync(folder(), { recursive: true, mode: 0o700 })
    appendFileSync(ownList(), line, { mode: 0o600 })
    if (open.size === 0) process.once('exit', forgetReplaced)
    open.set(line, entry)
    return true
  } catch {
    return false
  }
}

/** It is gone. Never throws. */
export function forget(entry: ListEntry): void {
  if (!open.delete(lineOf(entry))) return
  if (open.size === 0) process.off('exit', forgetReplaced)
  rewrite()
}

/** A file of ours has its name for a moment only. */
function forgetReplaced(): void {
  for (const [line, { kind, name }] of open) if (kind === 'file' && !existsSync(name)) open.delete(line)
  rewrite()
}

function rewrite(): void {
  try {
    if (open.size === 0) rmSync(ownList(), { force: true })
    else writeFileSync(ownList(), [...open.keys()].join(''), { mode: 0o600 })
  } catch {
    // A later run finds nothing of that name.
  }
}

/** Whose each thing is that was noted; another user's list is not believed. Never throws. */
export function noted(kind: ListEntry['kind']): ReadonlyMap<string, Maker> {
  const found = new Map<string, Maker>()
  for (const token of names()) {
    const maker = makerOf(token)
    if (maker?.uid !== userId()) continue
    for (const { name } of notesOf(join(folder(), token)).filter((one) => one.kind === kind)) found.set(name, maker)
  }
  return found
}

/** Whether a run of this user wrote down anything and has not removed all of it. */
export function isListed(maker: Maker): boolean {
  return names().includes(tokenOf(maker))
}

function names(): readonly string[] {
  try {
    const { uid, mode } = lstatSync(folder())
    return uid === userId() && (mode & 0o022) === 0 ? readdirSync(folder()) : []
  } catch {
    return []
  }
}

function notesOf(path: string): readonly ListEntry[] {
  try {
    const stats = lstatSync(path)
    if (!stats.isFile() || stats.uid !== userId() || stats.size > MOST_BYTES) return []
    if (Date.now() - stats.mtimeMs > KEPT_DAYS * 24 * 3600_000) {
      rmSync(path, { force: true })
      return []
    }
    return readFileSync(path, 'utf8').split('\n').flatMap(noteOf)
  } catch {
    return []
  }
}

function noteOf(line: string): readonly ListEntry[] {
  const [, kind, name] = /^(session|file) (".+")$/.exec(line) ?? []
  if (kind === undefined || name === undefined) return []
  try {
    return [{ kind: kind as ListEntry['kind'], name: String(JSON.parse(name)) }]
  } catch {
    // Cut off where its run was killed.
    return []
  }
}

function lineOf({ kind, name }: ListEntry): string {
  return `${kind} ${JSON.stringify(name)}\n`
}

/** Whether this user's runs have built the image of that id; a label and a name can come with an archive. */
export function isBuiltHere(id: string): boolean {
  try {
    return readFileSync(join(state(), 'images'), 'utf8').split('\n').includes(id)
  } catch {
    return false
  }
}

/** Where it cannot be written, the image is built again by the next run. */
export function noteBuilt(id: string): void {
  if (isBuiltHere(id)) return
  try {
    mkdirSync(state(), { recursive: true, mode: 0o700 })
    appendFileSync(join(state(), 'images'), `${id}\n`, { mode: 0o600 })
  } catch {
    // As it is said above.
  }
}

/** XDG Base Directory Specification, by which a relative path counts as none. */
function state(): string {
  const { XDG_STATE_HOME = '', HOME } = process.env
  const base = isAbsolute(XDG_STATE_HOME) ? XDG_STATE_HOME : join(HOME || homedir(), '.local', 'state')
  return join(base, 'harden-image')
}

function folder(): string {
  return join(state(), 'runs')
}

function ownList(): string {
  return join(folder(), tokenOf(thisRun()))
}
