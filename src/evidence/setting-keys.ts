/**
 * What settings are called that name a place which a program writes: keys of configuration files, fields and flags of sources.
 * `dataDir` and `DataDir` are meant by `data_dir`.
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
export function isKeyOf(what: keyof typeof KEYS, key: string): boolean {
  return KEYS[what].test(key.replace(/([a-z\d])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$2_'))
}

const KEYS = { folder: FOLDER, log: LOG, stateFile: STATE_FILE, database: DATABASE }
