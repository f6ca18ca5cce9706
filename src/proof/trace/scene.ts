import { bounds } from '../../bounds.ts'
import type { Operation } from '../../evidence/operation.ts'
import { normalisePath } from '../../path.ts'
import type { PathHistory } from './path-history.ts'
import type { Process, ProcessTable } from './processes.ts'
import { annotatedPath, quotedText } from './strace-text.ts'
import type { Call } from './trace-line.ts'

/** Where a call happens: who makes it, and what the trace has shown before. */
export interface Scene {
  readonly process: Process
  readonly processes: ProcessTable
  readonly history: PathHistory
  readonly sockets: Map<string, Socket>
  /** Hard limits by resource, as last seen. */
  readonly limits: Map<string, number>
  /** The paths of this call count from the folder that the program was started in; null: it had none so far. */
  fromStart: boolean | null
}

interface Socket {
  readonly protocol: 'tcp' | 'udp' | null
  port: number
}

/** What a call says; who, when and with what outcome is added by the reader. */
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
  // Reached folder by folder it may be longer than any that the kernel takes at once; each of them is kept.
  return whole === null || whole.length >= bounds.pathLength ? null : whole
}

/** Says something of the file behind a descriptor; nothing for a pipe, a socket or a file that has no name any more. */
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
