import type { AccessAnswer } from '../../image/access.ts'
import type { FileView, Identity } from '../../image/file-model.ts'
import type { Need } from '../grants/need.ts'
import type { GrantKind } from '../plan.ts'
import { openFolder } from './reach.ts'
import { grant, type State } from './state.ts'

/** What lies between a user and a file: more folders than any image has on one way. */
const MOST_TURNS = 100

/** Grants what is missing for a question of the kind "could it", one blocker after the other. */
export function ask(
  need: Need,
  path: string,
  could: (files: FileView, identity: Identity, path: string) => AccessAnswer,
  state: State,
): void {
  for (let turns = 0; turns < MOST_TURNS; turns += 1) {
    const answer = could(state.files, state.identity, path)
    if (answer.allowed || isSecretOfSystem(answer.blocker)) return
    if (answer.needs === 'search') {
      if (!openFolder(need, answer.blocker, state)) return
      continue
    }
    const kind = GRANTS[answer.needs]
    if (kind === undefined || state.files.entry(answer.blocker) === null) return
    if (!grant(need, answer.blocker, kind, state)) return
  }
}

const GRANTS: Partial<Record<Extract<AccessAnswer, { allowed: false }>['needs'], GrantKind>> = {
  read: 'group-read',
  execute: 'traverse',
}

/** Password hashes are read by nobody but root and its helpers, whatever the original did. */
function isSecretOfSystem(path: string): boolean {
  return /^\/etc\/(g?shadow-?|sudoers(\.d)?|security)(\/|$)/.test(path)
}
