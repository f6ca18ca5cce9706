import type { StageContents } from '../contents/stage-contents.ts'
import type { ImageConfig } from '../image/facts.ts'
import {
  isInside,
  isOwnPlace,
  isRuntimePlace,
  isSharedFolder,
  isSystemFolder,
  looksLikeFile,
  normalisePath,
  parentOf,
} from '../places.ts'
import { declared as claim, type PathClaim } from './claim.ts'
import { escapeEre } from './file-edit.ts'
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
    yield* foldersOfVariables(config.env, contents)
  },
}

/**
 * A folder of the root that variables of the Dockerfile alone name, and nothing puts there: `ENV CONFIG_PATH=/config`. As root the
 * program made it, or a volume goes there.
 */
function* foldersOfVariables(
  env: ImageConfig['env'],
  { steps, entries, copies }: Pick<StageContents, 'steps' | 'entries' | 'copies'>,
): Iterable<PathClaim> {
  const named = [...env].flatMap(([name, value]) => {
    const path = FOLDER_VARIABLE.test(name) && !TOOL_VARIABLE.test(name) ? normalisePath(value) : null
    return path === null || parentOf(path) !== '/' || !isOwnPlace(path) || looksLikeFile(path) ? [] : [{ name, path }]
  })
  for (const { name, path } of named) {
    const speaks = new RegExp(String.raw`\$\{?${escapeEre(name)}\b|(?<![\w./-])${escapeEre(path)}(?![\w.-])`)
    const speaking = steps.filter(({ instruction }) => speaks.test(instruction.text))
    const isMade = entries.has(path) || copies.some(({ destination }) => isInside(destination, path))
    if (isMade || speaking.length === 0 || !speaking.every(({ instruction }) => instruction.keyword === 'ENV')) continue
    yield claim('keep-state', path, `named by ENV ${name}, and nothing of the Dockerfile makes it`)
  }
}

const FOLDER_VARIABLE = /_?(PATH|DIR|DIRECTORY|FOLDER|ROOT)$/i
/** Where tools look for code, and what is only played or shown. */
const TOOL_VARIABLE =
  /^(PATH|GOPATH|\w*(PYTHON|NODE|LIBRARY|CLASS|LD|PKG|CONFIG_PKG|MODULE|PLUGINS?|BIN|SRC|SOURCE|APP|MUSIC|MEDIA|VIDEOS?|BOOKS?)_?(PATH|DIR|DIRECTORY|FOLDER|ROOT))$/i

/** `VOLUME ['/a', '/b']` is no JSON: Docker takes it for the paths `[/a,` and `/b]` (measured), and the program writes to /a and /b. */
function meantBy(volume: string): string {
  return /^\[|\]$/.test(volume) ? volume.replace(/^\[|[\],]{1,3}$/g, '') : volume
}

function isStateFolder(path: string): boolean {
  return !isSystemFolder(path) && !isSharedFolder(path) && !isRuntimePlace(path)
}
