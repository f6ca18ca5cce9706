import type { ImageConfig } from '../image/facts.ts'
import { isRuntimePlace, isSharedFolder, isSystemFolder, looksLikeFile, normalisePath } from '../places.ts'
import type { Need } from '../plan/grants/need.ts'
import { stateNeed } from '../plan/grants/need.ts'

/** Names of variables that say where a program keeps what it writes. */
const STATE_VARIABLE =
  /(^|_)(PGDATA|DATA|DATADIR|LOGS?|CACHE|UPLOADS?|STATE|STORAGE|SPOOL)(_?(DIR|DIRECTORY|PATH|FOLDER|ROOT))?$/i

/** Paths that the image itself declares as written: VOLUME and the usual variables. */
export function declaredNeeds(config: ImageConfig): readonly Need[] {
  const needs: Need[] = []
  for (const volume of config.volumes) {
    const path = normalisePath(volume, config.workdir)
    if (path !== null && path !== '/') needs.push(stateNeed(path, 'declared', 'declared by VOLUME'))
  }
  for (const [name, value] of config.env) {
    if (!value.startsWith('/') || !STATE_VARIABLE.test(name)) continue
    const path = normalisePath(value)
    if (path === null || !isStateFolder(path) || looksLikeFile(path)) continue
    needs.push(stateNeed(path, 'declared', `named by ENV ${name}`))
  }
  return needs
}

function isStateFolder(path: string): boolean {
  return !isSystemFolder(path) && !isSharedFolder(path) && !isRuntimePlace(path)
}
