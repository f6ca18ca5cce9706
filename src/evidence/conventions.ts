import type { ImageFacts } from '../image/facts.ts'
import { isSharedFolder, isSystemFolder, STATE_NAME } from '../places.ts'
import type { Need } from '../plan/grants/need.ts'
import { stateNeed } from '../plan/grants/need.ts'
import { isEmptyFolder } from '../plan/grants/own-folders.ts'

const LARGEST_DEPTH = 3

/**
 * Folders below the working folder that an application ships empty, or with nothing but a placeholder, under a name that
 * says what for: a folder without content is there to be filled.
 */
export function conventionNeeds(facts: ImageFacts): readonly Need[] {
  if (!facts.files.known) return []
  const files = facts.files.value
  const top = files.resolve(facts.config.workdir) ?? facts.config.workdir
  if (isSharedFolder(top) || isSystemFolder(top)) return []
  const needs: Need[] = []
  const visit = (folder: string, depth: number): void => {
    for (const name of files.list(folder)) {
      const path = `${folder}/${name}`
      if (files.entry(path)?.type !== 'directory' || name === 'node_modules' || name === '.git') continue
      if (STATE_NAME.test(name) && isEmptyFolder(files, path))
        needs.push(stateNeed(path, 'framework', 'empty, there to be filled'))
      else if (depth < LARGEST_DEPTH) visit(path, depth + 1)
    }
  }
  visit(top, 1)
  return needs
}
