import type { Evidence } from './evidence.ts'
import type { Access, Operation } from './operation.ts'

/**
 * A path that the program must be able to use in one way, with the reason to believe so. Everything that is learned,
 * a VOLUME line, a `--writable` flag, a row of `docker diff`, a traced call or a crash log, becomes this one thing.
 */
export interface Need {
  /** `keep-state`: the folder is the program's own, it creates and replaces what it likes in there. */
  readonly access: Access | 'keep-state'
  /** Absolute, symlinks not resolved. */
  readonly path: string
  readonly evidence: Evidence
}

export function needOf(operation: Operation): Need | null {
  if (operation.path === null) return null
  return {
    access: operation.access,
    path: operation.path,
    evidence: { source: operation.source, subject: operation.path, detail: operation.detail },
  }
}

export function stateNeed(path: string, source: Evidence['source'], detail: string): Need {
  return { access: 'keep-state', path, evidence: { source, subject: path, detail } }
}
