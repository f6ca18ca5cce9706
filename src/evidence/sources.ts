import { argvOf, programsOf } from '../command/index.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { StepDownReport } from '../image/step-down.ts'
import {
  baseName,
  isBelowSystem,
  isInside,
  isOwnPlace,
  isRuntimePlace,
  isStatePlace,
  isSystemFolder,
  normalisePath,
  parentOf,
  STATE_NAME,
} from '../places.ts'
import type { Need } from '../plan/grants/need.ts'
import { stateNeed } from '../plan/grants/need.ts'
import { databaseNeeds } from './frameworks.ts'
import { sourceWrites } from './source-writes.ts'

const MOST_FINDS = 40
/** `mkdirSync`, `os.makedirs`, `make_path`, `create_dir_all`, `ensureDir`; a folder is only named by other calls. */
const MAKES = /mk_?(?:dir|path)|make_?(?:dir|path)|create_dir|ensure_?dir/i

/** Literal paths that the program's own source files write to, with the file and the line. `launches`: what start scripts start. */
export function sourceNeeds(
  { texts, origins, entries }: Pick<Shipped, 'texts' | 'origins' | 'entries'>,
  config: ImageConfig,
  launches: StepDownReport['launches'] = [],
): readonly Need[] {
  const names = new Set([...argvOf(config), ...launches.flatMap(({ words }) => words)].map(baseName))
  const needs: Need[] = []
  const about = {
    workdir: config.workdir,
    env: config.env,
    served: servedFrom(texts, config),
    webRoot: webRootIn(texts),
  }
  for (const [file, text] of texts) {
    if (needs.length >= MOST_FINDS) break
    for (const found of sourceWrites(file, text, about)) {
      const path = normalisePath(found.path)
      if (path === null) continue
      // What is started writes its settings at each start; another source file may be there to install something.
      const isSetting = found.kind !== 'database' && names.has(baseName(file)) && isSettings(path, found.kind)
      if (!isSetting && !isUsable(path, found.kind)) continue
      // `./` is where a name is still to be put.
      if (found.kind === 'file' && /(^|\/)\.{0,2}\/?$/.test(found.path)) continue
      const detail = `${found.call} in ${origins.get(file) ?? file} line ${found.line}`
      if (found.kind === 'directory')
        needs.push({ ...stateNeed(path, 'framework', detail), ...(MAKES.test(found.call) ? { made: true } : {}) })
      else if (found.kind === 'database') needs.push(...databaseNeeds(path, detail))
      else {
        const access = entries.has(path) && found.beside !== true ? 'write' : 'create-file'
        const isOne = isSetting || isAlone(path)
        const how = found.beside === true ? { beside: true as const } : isOne ? { alone: 'any' as const } : {}
        needs.push({
          access,
          path,
          ...how,
          evidence: { source: isOne ? 'declared' : 'framework', subject: path, detail },
        })
      }
    }
  }
  return needs
}

/** Where ASP.NET Core has its static files, as far as the program says it. */
function webRootIn(texts: Shipped['texts']): string {
  const told = /\b(?:UseWebRoot\(|WebRootPath\s*=)\s*"([\w./-]+)"/
  for (const [file, text] of texts) {
    const root = file.endsWith('.cs') ? told.exec(text)?.[1] : undefined
    if (root !== undefined) return root
  }
  return 'wwwroot'
}

/**
 * A web server starts PHP in the folder of the script that is asked for: index.php, there or above. On a command line it
 * starts where the command does.
 */
function servedFrom(
  texts: Shipped['texts'],
  config: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
): ((folder: string) => string) | undefined {
  const argv = argvOf(config)
  const isCommandLine = programsOf(config).some((name) => /^php[\d.]*$/.test(name)) && !argv.join(' ').includes(' -S ')
  if (isCommandLine) return undefined
  return (folder) => {
    for (let at = folder; at !== '/'; at = parentOf(at))
      for (const root of ['', '/public', '/web', '/html', '/www', '/htdocs'])
        if (texts.has(`${at}${root}/index.php`)) return `${at}${root}`
    return folder
  }
}

function isUsable(path: string, kind: 'file' | 'directory' | 'database'): boolean {
  if (/\/(node_modules|\.git|dist|build|site-packages)(\/|$)/.test(path)) return false
  if (kind === 'file' && isAlone(path)) return !isRuntimePlace(path) && !isBelowSystem(path)
  return isOwnPlace(path) && (kind === 'directory' || parentOf(path) !== '/')
}

/** Below a folder of its own in /etc. */
function isSettings(path: string, kind: 'file' | 'directory'): boolean {
  const folder = kind === 'file' ? parentOf(path) : path
  return isInside(path, '/etc') && folder !== '/etc' && !isBelowSystem(path) && !isSystemFolder(folder)
}

/** In a folder of the system nothing but the file itself can be had. */
function isAlone(path: string): boolean {
  return parentOf(path) === '/' || parentOf(path) === '/etc'
}

/** An empty folder under a state name that is copied: it is there to be filled. */
export function emptyFolderNeeds({ entries, origins }: Pick<Shipped, 'entries' | 'origins'>): readonly Need[] {
  if (origins.size === 0) return []
  const filled = new Set<string>()
  for (const path of entries.keys()) if (!PLACEHOLDER.test(path)) filled.add(parentOf(path))
  return [...entries].flatMap(([path, entry]) => {
    if (entry.type !== 'directory' || filled.has(path) || !origins.has(path)) return []
    if (!STATE_NAME.test(baseName(path)) || !isStatePlace(path) || /\/(node_modules|vendor)\//.test(path)) return []
    return [stateNeed(path, 'framework', `${origins.get(path) ?? path} is copied empty, there to be filled`)]
  })
}

const PLACEHOLDER = /\/\.(gitkeep|keep|gitignore|empty)$/
