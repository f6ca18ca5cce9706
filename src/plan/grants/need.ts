import type { Evidence } from '../../evidence/evidence.ts'
import { isStatePlace } from '../../places.ts'
import type { Access, Operation } from '../operation.ts'

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
  /** What a build step has put there is not known, and must be the program's own too: all in a folder, or the file itself. */
  readonly tree?: boolean
  /** The program makes the folder where it is missing: it needs no more than room for it. Holds where the files of the very image are known. */
  readonly made?: true
  /**
   * This very file is written, in a folder that is there and of which nothing else is needed: it can be made beforehand.
   * `any`: it may be there already, somebody else's, where nobody could look.
   */
  readonly alone?: 'new' | 'any'
  /** The program makes a new file beside it and puts that in its place, or stumbles over what is there already: its folder counts. */
  readonly beside?: true
  /** The program names it from the folder that it is started in: from another one it is elsewhere. */
  readonly fromStart?: true
  /** The configuration file that names the path: an edit that takes it out takes the need away. */
  readonly namedIn?: string
  /** What is to be removed was there before the program: it is in its way. */
  readonly found?: boolean
  /** A file of the repository asks for it, and not whoever calls. */
  readonly byRepository?: true
  /** To whom a change-owner gave it. */
  readonly uid?: number
  /** To whom the Dockerfile itself hands it, by name or uid. */
  readonly owner?: string
}

/** What has to be possible so that an operation is; nothing for what makes no demand on a path. */
export function needsOf(operation: Operation): readonly Need[] {
  const { access, path, to, source, detail } = operation
  if (path === null) return []
  const need = (at: string, what: Need['access']): Need => ({
    access: what,
    path: at,
    evidence: { source, subject: at, detail: source === 'traced' ? inWords(at, operation) : detail },
    ...(operation.uid === undefined ? {} : { uid: operation.uid }),
    ...(operation.found === true ? { found: true } : {}),
    ...(operation.fromStart === true ? { fromStart: true } : {}),
  })
  // What a run made itself belongs to whoever runs it.
  const own = operation.made === true ? [] : [need(path, asksToKeep(operation) ? 'write' : access)]
  return access === 'rename' && to !== undefined ? [...own, need(to, 'rename')] : own
}

/** A program that asks whether it may write its data, and may not, goes on without a word and refuses what would be kept. */
function asksToKeep({ access, asked, path }: Operation): boolean {
  return access === 'look' && asked === 'write' && path !== null && isStatePlace(path)
}

const VERBS: Partial<Record<Operation['access'], string>> = {
  look: 'asked about before it is written',
  read: 'read',
  list: 'listed',
  execute: 'executed',
  traverse: 'entered',
  remove: 'removed',
  rename: 'replaced',
  'create-file': 'created',
  'create-directory': 'made',
  'create-socket': 'bound as a socket',
  'change-owner': 'handed over',
}

/** `/run/nginx.pid is written by nginx: openat(…)`; what stands before the colon is what a reader needs. */
function inWords(path: string, { access, by, detail }: Operation): string {
  return `${path} is ${VERBS[access] ?? 'written'} by ${by === undefined ? 'the original' : by.slice(by.lastIndexOf('/') + 1)}: ${detail}`
}

export function stateNeed(path: string, source: Evidence['source'], detail: string): Need {
  return { access: 'keep-state', path, evidence: { source, subject: path, detail } }
}
