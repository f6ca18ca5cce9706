import { bounds } from '../../bounds.ts'
import type { Operation } from '../../evidence/operation.ts'
import { normalisePath } from '../../path.ts'
import type { Process, ProcessTable } from './processes.ts'
import { annotatedPath, type Call, quotedText } from './trace-line.ts'

/** The state of a trace before a call: who makes it, and what was seen so far. */
export interface Scene {
  readonly process: Process
  readonly processes: ProcessTable
  readonly history: PathHistory
  readonly sockets: Map<string, Socket>
  /** Hard limits by resource, as last seen. */
  readonly limits: Map<string, number>
  /** The effective uid of each pid that took connections from outside; 0 where it was root for any of them. */
  readonly accepted: Map<number, number | null>
  /** The folder that relative paths of this call start from, where that is the one the program was started in; otherwise null. */
  fromStart: boolean | null
}

interface Socket {
  readonly protocol: 'tcp' | 'udp' | null
  port: number
}

/** What a call says. The reader adds who made it, when and with what outcome. */
export type Told = Omit<Operation, 'outcome' | 'source' | 'detail' | 'by' | 'pid' | 'as' | 'at' | 'times'>

/**
 * Turns a call that was done, refused or found nothing (ENOENT) into what it says, and notes in the scene what a done
 * one changes. A null `path` where there should be one means that it could not be read.
 */
export type Handler = (call: Call, scene: Scene) => Iterable<Told>

/** The absolute path of a path argument, null for what is longer than is followed; `directory` is the descriptor before it, absent for calls without one. */
export function pathOf(scene: Scene, path: string | undefined, directory?: string): string | null {
  const { place } = scene.process
  const text = quotedText(path)
  const folder = directory === undefined ? null : annotatedPath(directory)
  if (directory?.startsWith('AT_FDCWD') && folder !== null && !directory.endsWith('(deleted)')) place.cwd = folder
  if (text === null) return null
  const isAbsolute = text.startsWith('/')
  const isInCwd = directory === undefined || directory.startsWith('AT_FDCWD')
  scene.fromStart = scene.fromStart !== false && !isAbsolute && isInCwd && place.atStart
  if (isAbsolute) return normalisePath(place.root + normalisePath(text))
  const base = isInCwd ? place.cwd : folder
  const whole = base === null ? null : normalisePath(text, base)
  // A path that is reached folder by folder may be longer than the kernel takes at once, and all of it is kept.
  return whole === null || whole.length >= bounds.pathLength ? null : whole
}

/** Tells of the file behind a descriptor. It tells nothing of a pipe, a socket or a file that has no name any more. */
export function* behind(descriptor: string | undefined, told: Omit<Told, 'path'>): Iterable<Told> {
  const path = annotatedPath(descriptor)
  if (path === null && descriptor?.includes('<')) return
  if (descriptor?.endsWith('(deleted)')) return
  yield { ...told, path }
}

/** `0644` or `S_IFREG|0644`; undefined for none. */
export function modeOf(argument: string | undefined): { readonly mode?: number } {
  const octal = /(?:^|\|)(0[0-7]*)$/.exec(argument ?? '')?.[1]
  return octal === undefined ? {} : { mode: Number.parseInt(octal, 8) }
}

/** The number of a uid or gid; undefined for -1, which leaves it as it is. */
export function idOf(argument: string | undefined): number | undefined {
  return /^\d+$/.test(argument ?? '') && argument !== '4294967295' ? Number(argument) : undefined
}

/** What a run has shown about each path: that it was missing, or that the run made it. */
interface PathHistory {
  absent(path: string): void
  made(path: string): void
  /** A path, with all below it, gets another name; `exchange` swaps two. */
  renamed(from: string, to: string, exchange: boolean): void
  /** The path was seen to be missing, or lies in a folder of the run in which nothing made it. */
  isAbsent(path: string): boolean
  /** This run made the path, or made the folder above it that was moved with it. */
  isMade(path: string): boolean
}

interface Node {
  /** `there`: moved here from a place that nothing is known of. */
  state: 'absent' | 'made' | 'there' | null
  below: Map<string, Node> | null
}

/** A tree by path component, so that the rename of a folder moves what is known of everything in it. */
export function pathHistory(): PathHistory {
  const root: Node = { state: null, below: null }

  const find = (path: string): Node | null => {
    let node: Node | undefined = root
    for (const part of parts(path)) {
      node = node.below?.get(part)
      if (node === undefined) return null
    }
    return node
  }
  const reach = (path: string): Node => {
    let node = root
    for (const part of parts(path)) {
      node.below ??= new Map()
      const next: Node = node.below.get(part) ?? { state: null, below: null }
      node.below.set(part, next)
      node = next
    }
    return node
  }
  const replace = (path: string, by: Node): void => {
    const node = reach(path)
    node.state = by.state
    node.below = by.below
  }

  const isMade = (path: string): boolean => {
    let node: Node | undefined = root
    let made = false
    for (const part of parts(path)) {
      node = node.below?.get(part)
      if (node === undefined) return made
      if (node.state === 'made' || node.state === 'there') made = node.state === 'made'
    }
    return made
  }

  return {
    absent: (path) => replace(path, { state: 'absent', below: null }),
    made(path) {
      reach(path).state = 'made'
    },
    renamed(from, to, exchange) {
      const moving = { ...(find(from) ?? unknown) }
      const replaced = { ...(find(to) ?? unknown) }
      replace(to, { ...moving, state: moving.state ?? 'there' })
      replace(from, exchange ? { ...replaced, state: replaced.state ?? 'there' } : { state: 'absent', below: null })
    },
    isAbsent(path) {
      const state = find(path)?.state ?? null
      return state === 'absent' || (state === null && isMade(path))
    },
    isMade,
  }
}

const unknown: Node = { state: null, below: null }

function parts(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '')
}
