import type { ImageConfig } from '../../image/facts.ts'
import type { FileModel } from '../../image/file-model.ts'
import { lineOf } from '../../line-of.ts'
import { configurationFiles } from '../configuration-files.ts'
import { type Need, stateNeed } from '../need.ts'
import { isInside, isRuntimePlace, normalisePath } from '../places.ts'
import { argvOf } from '../program.ts'
import type { Shipped } from '../shipped.ts'
import { isOwnPlace, isStatePlace, looksLikeFile } from '../state-places.ts'
import { isNamedByDaemon, PID, replacesPid } from './pid-files.ts'

/** `access_log`, `logfile`, `stdout_logfile`, `log_dest file`, `ErrorLog`; then the name of a file alone. */
const LOG =
  /^([\w.-]*[-_.])?(error|access|custom|slow|slow_query|general|debug|audit|query)?[-_.]?log([-_.]?(file|dest|path|output))?$/i
const FOLDER =
  /^([\w.-]*[-_.])?(data|cache|storage|state|spool|persistence|upload|uploads|log|logs|tmp|temp|temp_file|db|database|coredump|proxy_cache|client_body_temp|proxy_temp|fastcgi_temp|fastcgi_cache)[-_.]?(dir|directory|path|location|folder|root)$/i

/** Any other key that names a place, where the place says the rest. */
const PLACE = /(dir|directory|path|location|folder|file)$/i
const SOCKET = /^([\w.-]*[-_.])?(socket|sock|listen|bind|stats|unixsocket|file)$/i

/**
 * Places that the configuration which a stage ships for its programs names as written, by what such settings are called.
 * A log or a pid file is made beforehand, so that its folder stays as it is.
 */
export function configWriteNeeds(
  { texts, origins }: Pick<Shipped, 'texts' | 'origins'>,
  config: ImageConfig,
  files: FileModel,
  programs: readonly string[],
): readonly Need[] {
  if (texts.size === 0) return []
  const argv = argvOf(config).flatMap((word) => normalisePath(word.replace(/^-[^=]*=/, ''), config.workdir) ?? [])
  // What is put into a folder is there to be read.
  const isBrought = (path: string): boolean => [...origins.keys()].some((each) => isInside(each, path))
  const read = configurationFiles(files, programs, argv).filter((path) => texts.has(path) && !SOURCE.test(path))
  return read.flatMap((file) => {
    const text = texts.get(file) ?? ''
    return [...text.matchAll(SETTING)].flatMap((match): readonly Need[] => {
      const [, key = '', value = ''] = match
      const path = normalisePath(value)
      if (path === null || isRuntimePlace(path) || !isOwnPlace(path)) return []
      const isFile = LOG.test(key) || PID.test(key)
      const detail = `named as ${key} in ${file} line ${lineOf(text, match.index + match[0].length)}`
      const evidence = { source: 'declared', subject: path, detail } as const
      // `log_path /var/log/x` names a folder as often as a file.
      if (PID.test(key) && !isNamedByDaemon(file) && replacesPid(programs))
        return [{ access: 'create-file', path, beside: true, namedIn: file, evidence }]
      if (isFile && (looksLikeFile(path) || PID.test(key)))
        return [{ access: 'create-file', path, alone: 'new', namedIn: file, evidence }]
      // A server makes its socket in the folder; one that only connects is given nothing that it cannot use.
      if (SOCKET.test(key) && /\.sock(et)?$/.test(path))
        return [{ access: 'create-file', path, beside: true, namedIn: file, evidence }]
      return FOLDER.test(key) ||
        (/(^|[-_.])dir$/i.test(key) && !isBrought(path)) ||
        (PLACE.test(key) && isStatePlace(path))
        ? [{ ...stateNeed(path, 'declared', detail), namedIn: file }]
        : []
    })
  })
}

const SOURCE = /\.(py|js|mjs|cjs|ts|rb|pl|pm|php|lua|sh|html?|css|md)$/

/** A key, and an absolute path as its value; a word like `file` or `ufs` may stand between. */
const SETTING =
  /^[ \t]*["']?([A-Za-z][\w.-]*)["']?(?:[ \t]*[:=][ \t]*|[ \t]+)(?:(?:file|ufs|aufs|rock)[ \t]+|(?:file|daemon|stdio):)?["']?(\/[\w./@+-]+)(?=["'\s;,]|$)/gm
