import type { StageContents } from '../contents/stage-contents.ts'
import type { Step } from '../dockerfile/index.ts'
import type { ImageConfig } from '../image/facts.ts'
import { HOST_SOCKET, isCalledKept } from '../image/image-run.ts'
import {
  baseName,
  isInside,
  isOwnPlace,
  isRuntimePlace,
  isSharedFolder,
  isStatePlace,
  isSystemFolder,
  looksLikeFile,
  normalisePath,
  parentOf,
} from '../places.ts'
import { argvOf } from '../shell/index.ts'
import { declared as claim, type PathClaim } from './claim.ts'
import { isCacheOfBuild } from './command-line.ts'
import { escapeEre } from './file-edit.ts'
import type { Provider, StageView } from './provider.ts'

/** A database of one file: it is changed in place, and write access to its folder is not enough. */
const DATABASE = /\.(db|db3|sqlite3?|rdb|mdb)$/i

/** Names of variables that say where a program keeps what it writes. */
const STATE_VARIABLE =
  /(^|_)(PGDATA|DATA|DATADIR|LOGS?|CACHE|UPLOADS?|STATE|STORAGE|SPOOL)(_?(DIR|DIRECTORY|PATH|FOLDER|ROOT))?$/i

/** Paths that are declared as written, by the image itself (VOLUME and the usual variables) or by who runs it. */
export const declared: Provider = {
  name: 'declared',
  summary: 'VOLUME, variables such as DATA_DIR that name a folder, and volumes that Compose or a document mounts',
  when: 'always',
  *claims(view) {
    const { facts, contents, started } = view
    const { config } = facts
    for (const volume of config.volumes) {
      const path = normalisePath(meantBy(volume), config.workdir)
      if (path === null || path === '/') continue
      yield claim('keep-state', path, 'declared by VOLUME')
      for (const [file, { type }] of contents.entries)
        if (type === 'file' && DATABASE.test(file) && isInside(file, path) && isStateFolder(path))
          yield claim('write', file, 'a database in what is declared by VOLUME')
    }
    for (const [path, by] of mountedVolumes(view))
      if (!config.volumes.some((volume) => normalisePath(meantBy(volume), config.workdir) === path))
        yield claim('keep-state', path, by)
    for (const [name, value] of config.env) {
      if (!value.startsWith('/') || !STATE_VARIABLE.test(name) || isCacheOfBuild(name, started)) continue
      const path = normalisePath(value)
      if (path === null || !isStateFolder(path) || looksLikeFile(path)) continue
      yield claim('keep-state', path, `named by ENV ${name}`)
    }
    for (const { by, env, user } of view.runs)
      for (const [name, value] of user === null ? env : []) {
        const path = value?.startsWith('/') && STATE_VARIABLE.test(name) ? normalisePath(value) : null
        if (path === null || config.env.get(name) === value) continue
        if (!isOwnPlace(path) || !isStateFolder(path) || looksLikeFile(path)) continue
        yield claim('keep-state', path, `named by ${name} of ${by}`)
      }
    yield* foldersOfVariables(new Map([...config.env].filter(([name]) => !isCacheOfBuild(name, started))), contents)
  },
}

/**
 * A top-level folder that only variables of the Dockerfile name, and that nothing fills: `ENV CONFIG_PATH=/config`. As root the
 * program created it, or a volume goes there. Likewise a folder that a WORKDIR or mkdir makes and leaves empty: `ENV
 * APP_HOME=/data`.
 */
function* foldersOfVariables(
  env: ImageConfig['env'],
  { steps, entries, copies }: Pick<StageContents, 'steps' | 'entries' | 'copies'>,
): Iterable<PathClaim> {
  const holders = new Set([...entries].flatMap(([path]) => parentOf(path)))
  for (const [name, value] of env) {
    const path = HOLDING_VARIABLE.test(name) && !TOOL_VARIABLE.test(name) ? normalisePath(value) : null
    if (path === null || !isStateFolder(path) || looksLikeFile(path)) continue
    const isLeftEmpty =
      entries.get(path)?.type === 'directory' &&
      !holders.has(path) &&
      !copies.some(({ destination }) => isInside(destination, path)) &&
      !steps.some((step) => fills(step, path))
    if (isLeftEmpty) yield claim('keep-state', path, `named by ENV ${name}, and left empty`)
  }
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

/** A RUN may put something there: it names the folder, or works in it. */
function fills({ instruction, workdir }: Step, path: string): boolean {
  if (instruction.keyword !== 'RUN' || !FILLS.test(instruction.text)) return false
  return instruction.text.includes(path) || (workdir !== null && isInside(workdir, path))
}

const FILLS =
  /\b(?:git|tar|unzip|curl|wget|cp|mv|ln|npm|yarn|pnpm|bun|pip3?|poetry|pipenv|uv|composer|bundle|make|cargo|dotnet|mvn|gradle|go|mix (?:do|deps|compile|release))\s/
const HOLDING_VARIABLE = /\w_?(HOME|PATH|DIR|DIRECTORY|FOLDER|ROOT)$/i
const FOLDER_VARIABLE = /_?(PATH|DIR|DIRECTORY|FOLDER|ROOT)$/i
/** Variables that tell tools where to find code, folders that are only played or served, and a part of an address. */
const TOOL_VARIABLE =
  /^(PATH|GOPATH|\w*(SUB|URL|URI|CONTEXT|PYTHON|NODE|LIBRARY|CLASS|LD|PKG|CONFIG_PKG|MODULE|PLUGINS?|BIN|SRC|SOURCE|APP|MUSIC|MEDIA|VIDEOS?|BOOKS?)_?(PATH|DIR|DIRECTORY|FOLDER|ROOT))$/i

/**
 * Folders that are mounted as writable volumes of the engine, with who mounts them: a new volume takes the owner of the image's
 * folder, and is root's where there is none. A folder that the image fills counts only where its name says state, or the volume is
 * the caller's.
 */
function mountedVolumes({ runs, contents, own, chain, start, facts }: StageView): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { by, kind: how, mounts, user } of runs)
    for (const { kind, source, target, readOnly, sharedWith, from } of mounts) {
      if (readOnly || user !== null || found.has(target)) continue
      const told = isTold(target, facts.config)
      if (!isOwnPlace(target) && !told) continue
      // A folder of the host keeps its owner; run without one, or with a volume, the program has the image's folder.
      const isState = told || isStatePlace(target)
      if (kind !== 'volume' && !(kind === 'host' && how === 'service' && from === undefined && isState)) continue
      if (kind === 'host' && (looksLikeFile(target) || HOST_SOCKET.test(source) || SOMEBODYS.test(target))) continue
      if (kind === 'host' && isOnlyServed(target, { contents, start })) continue
      // Examples, and files that another container writes and this one reads, do not count.
      if (how === 'command' && isInside(target, '/home')) continue
      if (sharedWith !== undefined && (!isStatePlace(target) || isServed(target, contents))) continue
      if (baseName(target) === '.git' || bringsPackages(baseName(target), chain)) continue
      const isFilled = own.list(target).length > 0 || own.entry(target)?.type === 'file' || isCopiedTo(target, contents)
      // `acme-data:/app/config`: the name of a volume alone does not make a folder of the program state.
      const isNamed =
        kind === 'volume' && isCalledKept({ source, target: '' }) && !isInside(facts.config.workdir, target)
      if (!isFilled || isStatePlace(target) || isNamed)
        found.set(target, kind === 'host' ? `mounted by ${by}` : `a volume of ${by}`)
    }
  return found
}

/** A folder of its own in /etc that the command names: settings that the program keeps itself. */
function isTold(path: string, config: ImageConfig): boolean {
  return isInside(path, '/etc') && !isSystemFolder(path) && argvOf(config).some((word) => normalisePath(word) === path)
}

function isCopiedTo(path: string, { copies }: StageContents): boolean {
  return copies.some(({ destination }) => isInside(destination, path))
}

/** Sockets and pid files of others. */
const SOMEBODYS = /^(?:\/var)?\/run\//

/** Only a web server serves the folder: neither an application beside it nor its callers write there. */
function isOnlyServed(
  path: string,
  {
    contents,
    start: { programs },
  }: { readonly contents: StageContents; readonly start: Pick<StageView['start'], 'programs'> },
): boolean {
  const isServer = programs.some((name) => WEB_SERVER.test(name)) && !programs.some((name) => APPLICATION.test(name))
  return (
    isServer && isServed(path, contents) && ![...contents.texts.values()].some((text) => WRITTEN_BY_CALLERS.test(text))
  )
}

const WEB_SERVER = /^(?:nginx|openresty|angie|httpd|apache2|apache2ctl|apache2-foreground|lighttpd)$/
const APPLICATION =
  /^(?:node|bun|deno|python[\d.]*|ruby|java|perl|php[\w.-]*|gunicorn|uvicorn|uwsgi|puma|supervisord|dotnet)$/
const WRITTEN_BY_CALLERS = /^[ \t]{0,99}(?:(?:fastcgi|uwsgi|scgi)_pass|dav_methods|dav[ \t]{1,9}on)\b/im

/** A web server serves files that another container writes there. */
function isServed(path: string, { texts }: StageContents): boolean {
  return [...texts.values()].some((text) =>
    [...text.matchAll(SERVED)].some(([, written = '']) => {
      const root = normalisePath(written) ?? '/'
      return root !== '/' && (isInside(root, path) || isInside(path, root))
    }),
  )
}

const SERVED = /^[ \t]{0,99}(?:root|alias|DocumentRoot)[ \t]{1,99}["']?(\/[\w./-]{1,999})/gm

/**
 * A volume over a package folder keeps the image's packages visible under a mount of the sources. Where the image installs none,
 * the volume begins empty and the start fills it.
 */
function bringsPackages(folder: string, chain: StageView['chain']): boolean {
  const tools = INSTALLERS.find(([names]) => names.test(folder))?.[1]
  if (tools === undefined) return false
  return chain.some(({ instructions }) =>
    instructions.some(({ keyword, text, flags }) =>
      keyword === 'RUN'
        ? tools.test(text) && !ENABLES.test(text)
        : keyword === 'COPY' && flags.some(({ name }) => name === 'from'),
    ),
  )
}

/** Folders below the sources in which these tools keep what they install or build. Source: each tool's own documentation. */
const INSTALLERS: readonly (readonly [folder: RegExp, tools: RegExp])[] = [
  [/^node_modules$/, /(?<![\w-])(?:npm|yarn|pnpm|bun)\s/],
  [/^vendor$/, /(?<![\w-])(?:composer|bundle|go|cargo)\s/],
  [/^(?:\.?venv|env)$/, /(?<![\w-])(?:pip3?|poetry|pipenv|uv)\s|-m\s+venv\s/],
  [/^target$/, /(?<![\w-])(?:cargo|mvn|mvnw|gradle|gradlew|sbt|lein)\s/],
  [/^(?:_build|deps)$/, /(?<![\w-])(?:mix|rebar3)\s/],
  [/^(?:bin|obj)$/, /(?<![\w-])dotnet\s/],
]
/** The command installs the tool itself and nothing else. */
const ENABLES = /^\s*(?:corepack\s|npm\s+(?:i|install)\s+(?:-g|--global)\s+\S+\s*$)/

/** `VOLUME ['/a', '/b']` is no JSON: Docker takes it for the paths `[/a,` and `/b]` (measured), and the program writes to /a and /b. */
function meantBy(volume: string): string {
  return /^\[|\]$/.test(volume) ? volume.replace(/^\[|[\],]{1,3}$/g, '') : volume
}

function isStateFolder(path: string): boolean {
  return !isSystemFolder(path) && !isSharedFolder(path) && !isRuntimePlace(path)
}
