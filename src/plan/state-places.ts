import { baseName, isInside, isRuntimePlace, isSharedFolder, isSystemFolder } from './places.ts'

/** What people call a folder that a program fills. */
export const STATE_NAME =
  /^(uploads?|data([_-]?(store|base|dir|files?))?|logs?|cache|\.cache|tmp|temp|storage|media|state|sessions?|db|database|sqlite|instance|var|run|pids?|sockets?|spool|backups?|volumes?|downloads?|persist(ent)?)$/i
const STATE_ROOTS = ['/var/lib', '/var/log', '/var/cache', '/var/spool', '/run', '/var/run', '/var/opt']
/** Below those, but of the system's own tools. */
const SYSTEM_STATE =
  /^\/var\/(lib|cache|log)\/(apt|dpkg|pam|ucf|systemd|python|ca-certificates|man|ldconfig|debconf|apk|rpm|yum|dnf)(\/|$)/
const NEVER_STATE = ['/etc', '/usr/share', '/usr/include', '/home/linuxbrew']
/** What tools keep in root's home is none of the program's; a folder that somebody makes there by a plain name is. */
const HIDDEN_IN_HOME = /^\/root\/\./

/** What the tools of the distribution itself keep. */
export function isSystemState(path: string): boolean {
  return SYSTEM_STATE.test(path)
}

/** A folder may be handed over at all: no part of the system, not shared with others, not made by the runtime. */
export function isOwnPlace(path: string): boolean {
  if (isSystemFolder(path) || isSharedFolder(path) || isRuntimePlace(path)) return false
  return !isSystemState(path) && !HIDDEN_IN_HOME.test(path) && !NEVER_STATE.some((folder) => isInside(path, folder))
}

/** Path and name say that a program keeps there what it writes: `/var/lib/x`, `/data`, `/app/logs`, `/app/storage/x`. */
export function isStatePlace(path: string): boolean {
  if (!isOwnPlace(path)) return false
  if (STATE_ROOTS.some((root) => isInside(path, root))) return true
  const parts = path.split('/').slice(1)
  // `/data/db` and `/app/storage/framework`: below a state folder all is state, but not below `/var` or `/tmp`.
  return parts.some(
    (part, index) => STATE_NAME.test(part) && (index > 0 || parts.length === 1 || !isSharedFolder(`/${part}`)),
  )
}

/** The name of a file, not of a folder. */
export function looksLikeFile(path: string): boolean {
  return /\.[A-Za-z][A-Za-z0-9]{0,7}$/.test(baseName(path)) && !/\.d$/.test(path)
}
