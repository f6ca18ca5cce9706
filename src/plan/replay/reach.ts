import type { Need } from '../../evidence/claim.ts'
import { couldTraverse } from '../../image/access.ts'
import { isInside, isSecretPlace, isSharedFolder, isSystemFolder, parentOf } from '../../places.ts'
import { grant, refuse, type State } from './state.ts'

/** Each turn opens one folder, and a path has at most so many: PATH_MAX allows more, no image has them. */
const MOST_FOLDERS = 100

/** Opens the folders on the way that refuse to be searched; false where one of them must stay closed. */
export function reachParents(need: Need, path: string, state: State): boolean {
  for (let turns = 0; turns < MOST_FOLDERS; turns += 1) {
    const answer = couldTraverse(state.files, state.identity, parentOf(path))
    // What is missing, or no folder, is no question of permission.
    if (answer.allowed || (answer.needs !== 'search' && answer.needs !== 'execute')) return true
    if (!openFolder(need, answer.blocker, state)) return false
  }
  return false
}

export function openFolder(need: Need, blocker: string, state: State): boolean {
  // Root's own home can be gone through to what the program keeps there, never to keys and passwords.
  if (isInside(blocker, '/root') && isSecretPlace(need.path)) {
    refuse(need, `${blocker} is root's own home, closed to everybody else, and ${need.path} is a secret`, state)
    return false
  }
  return grant(need, blocker, 'traverse', state)
}

/** The highest folder that has to be made for a path: those above it are everybody's, so root makes them on the way. */
export function topmostMissing(path: string, state: State): string {
  let chosen = path
  for (let at = path; at !== '/' && state.files.entry(at) === null; at = parentOf(at)) {
    if (!isSharedFolder(at) && !isSystemFolder(at)) chosen = at
  }
  return chosen
}
