import { CHANGES, type Operation } from '../evidence/operation.ts'
import { groupsOf, userWithUid } from '../image/accounts.ts'
import type { ImageFacts } from '../image/facts.ts'
import { baseName } from '../places.ts'
import type { Observation } from './stage-input.ts'

/** A user other than root that the original works as, with what ran as it. */
export interface Service {
  readonly uid: number
  /** The uid as text where the image has no name for it. */
  readonly name: string
  readonly gids: readonly number[]
  readonly programs: readonly string[]
  /** Paths that it uses; what its programs do before they become that user counts as theirs. */
  readonly uses: readonly { readonly path: string; readonly changes: boolean }[]
}

const READS = new Set<Operation['access']>(['read', 'list'])

/** The users of a run, who had processes that stayed or left something behind. */
export function servicesOf({ workers = [], operations }: Observation, { accounts }: ImageFacts): readonly Service[] {
  const done = operations.filter(
    ({ access, outcome, path }) => outcome === 'done' && path !== null && (READS.has(access) || CHANGES.has(access)),
  )
  const programsOf = new Map<number, Set<string>>()
  const add = (uid: number, program: string): void => {
    if (uid > 0) programsOf.set(uid, (programsOf.get(uid) ?? new Set()).add(program))
  }
  for (const { uid, program } of workers) add(uid, program)
  for (const { access, as = 0, by } of done) if (by !== undefined && CHANGES.has(access)) add(as, baseName(by))
  const ownersOf = (program: string): readonly number[] =>
    [...programsOf].flatMap(([uid, programs]) => (programs.has(program) ? [uid] : []))
  return [...programsOf].map(([uid, programs]) => {
    const isIts = ({ as = 0, by }: Operation): boolean => {
      if (as !== 0 || by === undefined) return as === uid
      const [owner, other] = ownersOf(baseName(by))
      return owner === uid && other === undefined
    }
    const user = accounts.known ? userWithUid(accounts.value, uid) : null
    return {
      uid,
      name: user?.name ?? String(uid),
      gids: user === null || !accounts.known ? [uid] : groupsOf(accounts.value, user.name),
      programs: [...programs].sort(),
      uses: done.filter(isIts).map(({ path, access }) => ({ path: path ?? '', changes: CHANGES.has(access) })),
    }
  })
}
