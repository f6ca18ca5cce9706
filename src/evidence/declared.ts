import { isInside, isRuntimePlace, isSharedFolder, isSystemFolder, looksLikeFile, normalisePath } from '../places.ts'
import { declared as claim } from './claim.ts'
import type { Provider } from './provider.ts'

/** Of one file; it is changed in place, and its folder alone does not let the user do that. */
const DATABASE = /\.(db|db3|sqlite3?|rdb|mdb)$/i

/** Names of variables that say where a program keeps what it writes. */
const STATE_VARIABLE =
  /(^|_)(PGDATA|DATA|DATADIR|LOGS?|CACHE|UPLOADS?|STATE|STORAGE|SPOOL)(_?(DIR|DIRECTORY|PATH|FOLDER|ROOT))?$/i

/** Paths that the image itself declares as written: VOLUME and the usual variables. */
export const declared: Provider = {
  name: 'declared',
  summary: 'VOLUME, and variables such as DATA_DIR that name a folder',
  when: 'always',
  *claims({ facts: { config }, contents }) {
    for (const volume of config.volumes) {
      const path = normalisePath(meantBy(volume), config.workdir)
      if (path === null || path === '/') continue
      yield claim('keep-state', path, 'declared by VOLUME')
      for (const [file, { type }] of contents.entries)
        if (type === 'file' && DATABASE.test(file) && isInside(file, path) && isStateFolder(path))
          yield claim('write', file, 'a database in what is declared by VOLUME')
    }
    for (const [name, value] of config.env) {
      if (!value.startsWith('/') || !STATE_VARIABLE.test(name)) continue
      const path = normalisePath(value)
      if (path === null || !isStateFolder(path) || looksLikeFile(path)) continue
      yield claim('keep-state', path, `named by ENV ${name}`)
    }
  },
}

/** `VOLUME ['/a', '/b']` is no JSON: Docker takes it for the paths `[/a,` and `/b]` (measured), and the program writes to /a and /b. */
function meantBy(volume: string): string {
  return /^\[|\]$/.test(volume) ? volume.replace(/^\[|[\],]{1,3}$/g, '') : volume
}

function isStateFolder(path: string): boolean {
  return !isSystemFolder(path) && !isSharedFolder(path) && !isRuntimePlace(path)
}
