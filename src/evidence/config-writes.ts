import type { StageContents } from '../contents/stage-contents.ts'
import { says, shellCommands } from '../dockerfile/index.ts'
import { lineOf } from '../edit.ts'
import { isInside, isOwnPlace, isRuntimePlace, isStatePlace, looksLikeFile, normalisePath } from '../places.ts'
import { argvOf, type ShellCommand } from '../shell/index.ts'
import { declared, type PathClaim } from './claim.ts'
import { isNamedByDaemon, PID, replacesPid } from './command-line.ts'
import { configurationFiles } from './configuration-files.ts'
import type { Provider } from './provider.ts'

/** Any other key that names a place; the place itself says the rest. */
const PLACE = /(dir|directory|path|location|folder)$/i
/** Folders that a server serves, whatever the setting is called. */
const SERVED = /\/(www|html|htdocs|public|static|wwwroot|webroot|docroot)$/
/** Programs that read the logs of others. */
const READ = /input|tail|watch|source|logpath|include|exclude|rotate/i
const SOCKET = /^([\w.-]*[-_.])?(socket|sock|listen|bind|stats|unixsocket|file)$/i

/**
 * Places that the configuration which a stage ships for its programs names as written, by what such settings are called.
 * A log or a pid file is made beforehand, so that its folder stays as it is.
 */
export const configWrites: Provider = {
  name: 'config-writes',
  summary: 'logs, pid files and folders that the configuration which the stage ships names',
  when: 'before-build',
  *claims({ contents: { texts, origins, steps }, facts: { config }, own, start: { programs }, entry }) {
    const words = [...argvOf(config).map((word) => word.replace(/^-[^=]*=/, '')), ...config.env.values()]
    const argv = words.flatMap((word) => normalisePath(word, config.workdir) ?? [])
    // Files that are copied into a folder are there to be read.
    const isBrought = (path: string): boolean => [...origins.keys()].some((each) => isInside(each, path))
    const read = configurationFiles(own, programs, argv).filter((path) => texts.has(path) && !SOURCE.test(path))
    // A link to the container's own output is open already.
    const isOpen = ({ path }: PathClaim): boolean => entry?.streams?.includes(path) === true && !origins.has(path)
    const named = (file: string, text: string): readonly PathClaim[] => {
      const about = { file, programs, isBrought, where: (line: number) => `${file} line ${line}` }
      return namedIn(text, about).filter((claim) => !isOpen(claim))
    }
    for (const file of read) yield* named(file, texts.get(file) ?? '')
    // An image that only shares its name with a listed one may set what the entry would otherwise have.
    const { file, namesFolder } = entry?.mainConfig ?? {}
    if (file !== undefined && namesFolder !== undefined && !read.includes(file)) {
      const lines = (own.text(file) ?? '').split('\n').map((line) => (new RegExp(namesFolder).test(line) ? line : ''))
      yield* named(file, lines.join('\n'))
    }
    yield* inBuildSteps(steps, programs, isBrought)
  },
}

interface About {
  readonly file: string
  readonly programs: readonly string[]
  readonly isBrought: (path: string) => boolean
  readonly where: (line: number) => string
}

function namedIn(text: string, { file, programs, isBrought, where }: About): readonly PathClaim[] {
  return [...text.matchAll(SETTING)].flatMap((match): readonly PathClaim[] => {
    const [, name = '', value = ''] = match
    const key = name.replaceAll(' ', '_')
    const path = normalisePath(value)
    if (path === null || isRuntimePlace(path) || !isOwnPlace(path)) return []
    // `location /data {` is a part of an address.
    if (/^["']?[ \t]*\{/.test(text.slice(match.index + match[0].length, match.index + match[0].length + SHORT)))
      return []
    const detail = `named as ${key} in ${where(lineOf(text, match.index + match[0].length))}`
    const beside = declared('create-file', path, detail, { how: 'beside', namedIn: file })
    const alone = declared('create-file', path, detail, { how: 'new', namedIn: file })
    if (PID.test(key)) return !isNamedByDaemon(file) && replacesPid(programs) ? [beside] : [alone]
    // `log_path /var/log/x` names a folder as often as a file.
    if ((isKeyOf('log', key) && looksLikeFile(path)) || (/\.log$/.test(path) && !READ.test(key))) return [alone]
    if (isKeyOf('stateFile', key) && isStatePlace(path)) return [beside]
    if (isKeyOf('database', key) && DATABASE_FILE.test(path)) return [beside]
    // A server creates its socket in the folder; a client gains nothing from it.
    if (SOCKET.test(key) && /\.sock(et)?$/.test(path)) return [beside]
    const isState =
      isKeyOf('folder', key) ||
      (!SERVED.test(path) &&
        ((/(^|[-_.])dir$/i.test(key) && !isBrought(path)) ||
          (PLACE.test(key) && isStatePlace(path) && !looksLikeFile(path))))
    return isState ? [declared('keep-state', path, detail, { namedIn: file })] : []
  })
}

/** It keeps a journal beside it. */
const DATABASE_FILE = /\/[^/]+\/[^/]+\.(?:db|sqlite3?|bolt)$/

const CONFIGURATION = /^\/etc\/|^\/(usr\/local|opt)\/([^/]+\/)?(etc|conf|config)\//

/** Settings that a RUN puts into a configuration below /etc and the like: `sed -i 's#^log = .*#log = /var/log/x.log#'`, `echo 'dir /data' >> …`. */
function inBuildSteps(
  steps: StageContents['steps'],
  programs: readonly string[],
  isBrought: (path: string) => boolean,
): readonly PathClaim[] {
  return steps.flatMap((step) => {
    const { instruction, shell } = step
    if (instruction.keyword !== 'RUN' || !says(instruction, /\/(etc|conf(ig)?)\//)) return []
    const script = shellCommands(instruction, shell)
    if (script.kind !== 'parsed') return []
    return script.commands.flatMap((command) => {
      const written = writtenTo(command)
      const where = (): string => `RUN in line ${instruction.line}`
      return written === null ? [] : namedIn(written.text, { file: written.file, programs, isBrought, where })
    })
  })
}

function writtenTo({ name, words, redirects }: ShellCommand): { readonly file: string; readonly text: string } | null {
  const values = words.slice(1).map(({ value, text }) => value ?? text.replace(/^(["'])(.*)\1$/s, '$2'))
  const file = [...values, ...redirects.map(({ target }) => target?.value ?? '')].findLast((path) =>
    CONFIGURATION.test(path),
  )
  if (file === undefined) return null
  if (name === 'sed') return { file, text: values.flatMap(replacements).join('\n') }
  if (name !== 'echo' && name !== 'printf' && name !== 'cat' && name !== 'tee') return null
  const bodies = redirects.flatMap(({ body }) => body ?? [])
  return { file, text: [...values.map((value) => value.replaceAll('\\n', '\n')), ...bodies].join('\n') }
}

/** The text that a sed script inserts: by its substitutions, line by line, and by what it appends. */
function replacements(script: string): readonly string[] {
  const put = [...script.matchAll(/(?:^|[;\n{/ ])s([#|/,@!~%])((?:(?!\1)[^\n])*)\1((?:(?!\1)[^\n])*)\1/g)].map(
    (match) => match[3],
  )
  const added = [...script.matchAll(/(?:^|\/|\$)[aic]\\?\s*(\S[^\n]*)$/gm)].map((match) => match[1])
  return [...put, ...added].map((text = '') => text.replaceAll('\\n', '\n').replace(/\\([/.])/g, '$1'))
}

/** What stands between a value and the brace behind it. */
const SHORT = 20

const SOURCE = /\.(py|js|mjs|cjs|ts|rb|pl|pm|php|lua|sh|html?|css|md)$/

/** A key, and an absolute path as its value; a word like `file` or `ufs` may stand between. */
const SETTING =
  /^[ \t]*["']?([A-Za-z][\w.-]*(?: [a-z]+(?=[ \t]*=)){0,2})["']?(?:[ \t]*[:=][ \t]*|[ \t]+)(?:(?:file|ufs|aufs|rock|socket)[ \t]+|(?:file|daemon|stdio):)?["']?(\/[\w./@+-]+)(?=["'\s;,]|$)/gm

/*
 * What settings are called that name a place which a program writes: `dataDir` and `DataDir` are meant by `data_dir`.
 */

/** Folders that are filled. */
const FOLDER =
  /^([\w.-]*[-_.])?(data|cache|storage|store|state|spool|persistence|filesystem|uploads?|downloads?|backups?|sessions?|logs?|te?mp|temp_file|db|database|coredump|proxy_cache|client_body_temp|proxy_temp|fastcgi_temp|fastcgi_cache)[-_.]?(dir|directory|path|location|folder|root)$/i
/** `access_log`, `logfile`, `stdout_logfile`, `log_dest file`, `ErrorLog`; then the name of a file alone. */
const LOG =
  /^([\w.-]*[-_.])?(error|access|custom|slow|slow_query|general|debug|audit|query)?[-_.]?log([-_.]?(file|dest|path|output))?$/i
/** What a server keeps of its own in one file, which it makes anew. */
const STATE_FILE =
  /^([\w.-]*[-_.])?(lease|leases|state|statistics|drift|dump|journal|history|database|db)[-_.]?file(name)?$|^driftfile$/i
const DATABASE =
  /^([\w.-]*[-_.])?(db|database|sqlite\d?|dsn|connection|connection_string)([-_.]?(name|path|file|url|uri|dsn))?$/i

/** What the key of a setting says that its value is; null where that is no place, or one that is read. A key may be more than one. */
function isKeyOf(what: keyof typeof KEYS, key: string): boolean {
  return KEYS[what].test(key.replace(/([a-z\d])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$2_'))
}

const KEYS = { folder: FOLDER, log: LOG, stateFile: STATE_FILE, database: DATABASE }
