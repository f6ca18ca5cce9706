import { knownPrograms } from '../../catalogue/known-programs.ts'
import type { StageContents } from '../contents/stage-contents.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import {
  baseName,
  isInside,
  isOwnPlace,
  isSharedFolder,
  isStatePlace,
  isSystemFolder,
  looksLikeFile,
  normalisePath,
  parentOf,
} from '../places.ts'
import { argvOf, isInterpreter, isRendered, isShell, isStarter, programsOf, starterOf } from '../shell/index.ts'
import { daemonOf, daemonsOfFile } from '../start/daemons.ts'
import { declared, type PathClaim } from './claim.ts'
import type { Provider } from './provider.ts'
import { isOneOf } from './servers.ts'

/** Options and variables whose value is a place that the program writes. */
const WRITTEN =
  /(^|[-_.])(data|datadir|dbpath|db|database|log|logs|logfile|logdir|pid|pidfile|cache|tmp|temp|state|store|storage|upload|uploads|spool|rundir|sock|socket|access-?logfile|error-?logfile|logging[-_.]file[-_.](?:name|path)|multipart[-_.]location)([-_.]?(dir|directory|path|folder|file|root))?$|(^|[-_.])run[-_.](dir|directory|path|folder)$|[-_.](dir|directory|path|folder)$(?<=(^|[-_.])(data|db|log|storage|store|state|cache)[-_.]\w+[-_.](dir|directory|path|folder))/i

/** Places that variables name as written, by the variable's name: `DATA_DIR=/data`. */
export function writtenByName(env: ReadonlyMap<string, string>): readonly (readonly [name: string, path: string])[] {
  return [...env].flatMap(([name, value]) => {
    const path = value.startsWith('/') && WRITTEN.test(name) ? normalisePath(value) : null
    return path === null || !isOwnPlace(path) ? [] : [[name, path] as const]
  })
}

/** Caches of what fetches packages. */
const FETCHED = /^(PIP|POETRY|PDM|UV|NPM_CONFIG|YARN|PNPM|COMPOSER|BUNDLE|CARGO|GO|NUGET)_?CACHE/i

/** The command neither reads it nor starts a script that may: `ENV PIP_CACHE_DIR=/.cache`. */
export function isCacheOfBuild(name: string, config: ImageConfig): boolean {
  const tool = FETCHED.exec(name)?.[1]?.toLowerCase().split('_')[0]
  const words = argvOf(config).map(baseName)
  if (tool === undefined || words.length === 0) return false
  return !words.some((word) => word.startsWith(tool) || isShell(word) || /\.sh$|entrypoint/.test(word))
}

/** Gunicorn's, uvicorn's and others' option for where to listen. */
const LISTENS = /^--?(b|bind|listen|uds|s|unix-?socket)(=|$)/

/** A JVM does not start where it cannot open its log. */
const JVM_FILE = /^-(?:Xloggc:(.+)|Xlog:.*\bfile=([^:,]+).*)$/s

/** What the program makes. */
const OUTPUT = /^(?:-o|--?out|--?output|--output[-_](?:file|dir|path|directory)|--out[-_](?:file|dir))(?:=(.+))?$/

/**
 * The options of these tools name no folder: `rm -f /run/x/pid`, `mkdir -p /run/x`. A log that is followed and a pid file that is
 * removed belong to somebody all the same.
 */
export const FILE_TOOLS =
  /^(rm|rmdir|mkdir|cp|mv|ln|chmod|chown|chgrp|touch|install|find|ls|cat|test|\[\[?|stat|du|readlink|realpath|grep|sed|awk|head|tail|cd)$/

/** Neither an option nor a path of a file tool: an option behind it belongs to this program. */
function takesOptions(word: string): boolean {
  return !/^["']?[-/$~]/.test(word) || FILE_TOOLS.test(baseName(word))
}

/** A socket: an empty file would be in its way. */
function isSocket(path: string): boolean {
  return /\.sock(et)?$/.test(path)
}

/** Paths that ENTRYPOINT, CMD and ENV name as written: `--data-dir=/x`, `--pidfile x.pid`, `-D /data`, `> /var/log/x`. */
export const commandLine: Provider = {
  name: 'command-line',
  summary: 'paths that ENTRYPOINT, CMD and ENV name as written',
  when: 'always',
  *claims({ started, own, contents }) {
    const named = [...namedPaths(started), ...operands(started, own, contents), ...emptyPlaces(started, contents)]
    for (const claim of named) {
      yield claim
      // Write access to the folder does not let the user change a file that the stage puts there.
      const isFile = claim.access === 'create-file' && contents.entries.get(claim.path)?.type === 'file'
      if (isFile && claim.how !== 'beside') yield declared('write', claim.path, claim.evidence.detail)
    }
  },
}

/** Arguments that are usually read: source, configuration, certificates, secrets. */
const IS_READ =
  /\.(py|pyc|[cm]?js|ts|rb|php|pl|lua|sh|bash|jar|war|dll|so|conf|cnf|cfg|ini|ya?ml|json|toml|xml|properties|pem|crt|cer|key|env|txt|html?|config)$|^\/(var\/)?run\/secrets(\/|$)/
const OWN_STATE = /^\/(run|var\/(run|lib|cache|spool|opt))\/./

/**
 * Words of the command behind no option that are paths: below /run and /var, where nothing is that could be read, and what a RUN has
 * made empty. The program is given a place to keep something.
 */
function operands(
  config: ImageConfig,
  files: FileModel,
  { actions, entries, origins, copies }: Pick<StageContents, 'actions' | 'entries' | 'origins' | 'copies'>,
): readonly PathClaim[] {
  const argv = argvOf(config)
  const [program] = programsOf(config).slice(-1)
  if (program === undefined || isShell(program) || FILE_TOOLS.test(program) || isOneOf(knownPrograms.builders, program))
    return []
  const made = new Map(
    actions.flatMap(({ tool, paths, line }) =>
      tool === 'mkdir' || tool === 'touch' ? paths.map((path) => [path, line] as const) : [],
    ),
  )
  const isEmpty = (path: string): boolean =>
    !copies.some(({ destination }) => isInside(destination, path)) &&
    ![...entries].some(
      ([each, { type }]) =>
        each !== path && isInside(each, path) && (origins.has(each) || !(type === 'directory' || made.has(each))),
    )
  return argv.flatMap((word, index): readonly PathClaim[] => {
    const path = index > 0 && word.startsWith('/') && !/\s/.test(word) ? normalisePath(word) : null
    const before = argv[index - 1] ?? ''
    if (path !== null && isRendered(before, path) && !isSystemFolder(parentOf(path)))
      return [declared('create-file', path, `made of ${before} by the command`, { how: 'beside' })]
    if (path === null || before.startsWith('-') || !isOwnPlace(path) || IS_READ.test(path)) return []
    // Programs that an interpreter or a wrapper starts.
    if (isInterpreter(baseName(before)) || isStarter(baseName(before))) return []
    const line = made.get(path)
    if (line !== undefined && isEmpty(path) && !origins.has(path)) {
      const detail = `named by the command, and made empty by RUN in line ${line}`
      if (entries.get(path)?.type !== 'directory') return [declared('write', path, detail)]
      const inside = [...made.keys()].filter((each) => each !== path && isInside(each, path))
      const files = inside.filter((each) => entries.get(each)?.type === 'file')
      return [declared('keep-state', path, detail), ...files.map((each) => declared('write', each, detail))]
    }
    const isBrought = copies.some(({ destination }) => isInside(path, destination) || isInside(destination, path))
    if (!OWN_STATE.test(path) || files.entry(path) !== null || line !== undefined || isBrought) return []
    const parent = parentOf(path)
    const detail = 'what the command names'
    if (isSharedFolder(parent))
      return looksLikeFile(path) || isSocket(path)
        ? [needFor(path, detail, true, isSocket(path))]
        : [declared('keep-state', path, detail)]
    return [declared('create-file', path, detail, { how: 'beside' })]
  })
}

/** State folders that are empty in the image and that an option names, itself or by a file in them: only the program can fill them. */
function emptyPlaces(config: ImageConfig, { entries }: Pick<StageContents, 'entries'>): readonly PathClaim[] {
  const argv = argvOf(config)
  return argv.flatMap((word, index): readonly PathClaim[] => {
    const before = argv[index - 1] ?? ''
    const value = /^--?[\w.-]{2,}=(\/\S+)$/.exec(word)?.[1] ?? (/^--?[\w.-]{2,}$/.test(before) ? word : '')
    const path = value.startsWith('/') && !IS_CREDENTIAL.test(value) ? normalisePath(value) : null
    if (path === null) return []
    const folder = looksLikeFile(path) ? parentOf(path) : path
    if (!isStatePlace(folder) || entries.get(folder)?.type !== 'directory') return []
    if ([...entries].some(([each, { type }]) => type !== 'directory' && isInside(each, folder))) return []
    return [declared('keep-state', folder, `empty, and named by the argument ${word}`)]
  })
}

const IS_CREDENTIAL = /\.(?:pem|crt|cer|key|p12|jks)$/

function namedPaths(config: ImageConfig): readonly PathClaim[] {
  // JAVA_OPTS, NODE_OPTIONS, GUNICORN_CMD_ARGS.
  const options = [...config.env].flatMap(([name, value]) => (/(OPTS|OPTIONS|ARGS|FLAGS)$/.test(name) ? [value] : []))
  const words = [...argvOf(config), ...options].flatMap((word) => (/\s/.test(word) ? word.split(/\s+/) : [word]))
  const needs: PathClaim[] = []
  const programs = programsOf(config)
  const renders = new Set(programs.flatMap((program) => starterOf(program)?.renders ?? []))
  const add = (value: string, why: string, certain: boolean, isFile = looksLikeFile, isPid = false): void => {
    const path = pathOf(value, config.workdir)
    if (path === null || !(certain ? isOwnPlace(path) : isStatePlace(path))) return
    needs.push(needFor(path, why, isFile(path), isSocket(path) || (isPid && replacesPid(programs))))
  }
  const named = (name: string, value: string, why: string): void => add(value, why, true, looksLikeFile, PID.test(name))
  let command = ''
  for (const [index, word] of words.entries()) {
    if (takesOptions(word)) command = word
    const next = words[index + 1] ?? ''
    if (word.startsWith('-')) {
      const listens = LISTENS.exec(word)?.[0] ?? null
      const address = listens?.endsWith('=') === true ? word.slice(listens.length) : next
      const unix = listens === null ? null : /^(?:unix:(?:\/\/)?(\/[^\s:,]+)|(\/.+\.sock(?:et)?))$/.exec(address)
      if (unix !== null) add(unix[1] ?? unix[2] ?? '', `the socket of ${word}`, true)
      const short = /^-[a-zA-Z]$/.test(word) && /^[\w./-]+\.(log|pid|sock)$/.exec(next)
      if (short) add(next, `named by the arguments ${word} ${next}`, true, looksLikeFile, short[1] === 'pid')
      const jvm = JVM_FILE.exec(word)
      // It moves the old file aside under another name.
      if (jvm !== null) add(jvm[1] ?? jvm[2] ?? '', `named by ${word}`, true, () => true, true)
      const rendered = renders.has(word) ? /^[^:]+:(\/[^:]+)$/.exec(next)?.[1] : null
      if (rendered != null) needs.push(declared('create-file', rendered, `rendered by ${word} ${next}`, { how: 'any' }))
      const output = OUTPUT.exec(word)
      if (output !== null) {
        const value = output[1] ?? next
        if (value.startsWith('/')) add(value, `written by ${output[1] === undefined ? `${word} ${next}` : word}`, true)
      }
      const glued = /^--?([\w.-]+)[=:](.+)$/.exec(word)
      if (glued !== null && WRITTEN.test(glued[1] ?? ''))
        named(glued[1] ?? '', glued[2] ?? '', `named by the argument ${word}`)
      const option = /^--?([\w.-]{2,})$/.exec(word)
      if (option !== null && WRITTEN.test(option[1] ?? ''))
        named(option[1] ?? '', next, `named by the arguments ${word} ${next}`)
      if (
        /^-[a-zA-Z]$/.test(word) &&
        next.startsWith('/') &&
        !looksLikeFile(next) &&
        !FILE_TOOLS.test(baseName(command))
      )
        add(next, `named by the arguments ${word} ${next}`, false)
    }
    const redirect = word.includes('>') ? /^(?:[12&]?>>?)(.*)$/.exec(word) : null
    if (redirect !== null)
      add(redirect[1] === '' ? next : (redirect[1] ?? ''), 'written by a redirect of the command', true, () => true)
  }
  for (const [name, value] of config.env) {
    if (value.startsWith('/')) {
      if (WRITTEN.test(name) && !isCacheOfBuild(name, config))
        add(value, `named by ENV ${name}`, /(DIR|PATH|FILE|DIRECTORY)$/i.test(name))
      continue
    }
    const database = /^(?:sqlite3?:(?:\/\/\/?)?|file:)(.+)$/i.exec(value)
    if (database !== null) add(database[1]?.split('?')[0] ?? '', `the database of ENV ${name}`, true)
  }
  return needs
}

function pathOf(value: string, workdir: string): string | null {
  const text = value.replace(/(?<![;&|)])[;&|)]+$/, '').replace(/^["']|["']$/g, '')
  // The first word of a quoted text is no place: `--run "bin/server --verbose"`.
  if (text === '' || text.startsWith('-') || /[$*`]|:\/\//.test(text) || /^["'][^"']*$/.test(value)) return null
  // `--log info`, `--cache true`: a bare word is a value, not a place.
  if (!text.includes('/') && !looksLikeFile(text)) return null
  return normalisePath(text, workdir)
}

function needFor(path: string, detail: string, file: boolean, beside: boolean): PathClaim {
  if (!file && !beside) return declared('keep-state', path, detail)
  return declared('create-file', path, detail, beside ? { how: 'beside' } : {})
}

/** A setting, an option or a variable that names a pid file. */
export const PID = /^([\w.-]*[-_.])?pid[-_.]?(file|path)?$/i

/**
 * Whether a program may create a new file beside its pid file (gunicorn, unicorn), or refuses an existing one that names no process
 * (celery, Net::Server, twistd): assumed of every program of which nothing else is known.
 */
export function replacesPid(programs: readonly string[]): boolean {
  return !programs.some(
    (name) => isOneOf(knownPrograms.pidInPlace, name) || (daemonOf(name) !== null && name !== 'gunicorn'),
  )
}

/** The same for the configuration file that names it. */
export function isNamedByDaemon(file: string): boolean {
  return daemonsOfFile(file, null).length > 0
}
