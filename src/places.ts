import { type PlaceRule, places } from '../catalogue/places.ts'
import { memoizeSearch } from './memoize.ts'
import { normalisePath as absolutePath, isWithin, nameOf, parentOf } from './path.ts'

export { isWithin as isInside, nameOf as baseName, outermost, parentOf, withParents } from './path.ts'

/**
 * What the places of a Linux file system mean for a grant. Source: FHS 3.0 and hier(7).
 */

/** Folders that many programs share: a grant of the whole folder would reach beyond the program. */
const SHARED = new Set([
  '/',
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/home',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/media',
  '/mnt',
  '/opt',
  '/proc',
  '/root',
  '/run',
  '/run/lock',
  '/sbin',
  '/srv',
  '/sys',
  '/tmp',
  '/usr',
  '/usr/bin',
  '/usr/games',
  '/usr/include',
  '/usr/lib',
  '/usr/lib64',
  '/usr/libexec',
  '/usr/local',
  '/usr/local/bin',
  '/usr/local/etc',
  '/usr/local/lib',
  '/usr/local/sbin',
  '/usr/local/share',
  '/usr/sbin',
  '/usr/share',
  '/usr/src',
  '/var',
  '/var/cache',
  '/var/lib',
  '/var/local',
  '/var/lock',
  '/var/log',
  '/var/mail',
  '/var/opt',
  '/var/run',
  '/var/spool',
  '/var/tmp',
])

/** Folders whose owner decides over the whole system: never handed over, nor made writable for a group. */
const NEVER_ITSELF = new Set(pathsOfGroup('shared'))

export function isSharedFolder(path: string): boolean {
  return SHARED.has(path)
}

/** The folder must never be granted as a whole. */
export function isSystemFolder(path: string): boolean {
  return NEVER_ITSELF.has(path) || isBelowSystem(path)
}

/**
 * It decides over accounts, or over the code of all programs (passwd(5), group(5), sudoers(5), pam.d(5), ld.so(8)): nobody's work
 * but root's.
 */
export function isAuthority(path: string): boolean {
  return isOfGroup(path, AUTHORITY)
}

const AUTHORITY = ['accounts', 'loader']

/** passwd(5), group(5) and their like. A start script that writes there mostly adds the user that it runs as. */
export function isOfAccounts(path: string): boolean {
  return isOfGroup(path, ['accounts'])
}

/** Jobs of cron, at and anacron stand in it. */
export function isSchedule(path: string): boolean {
  return isOfGroup(path, ['scheduled'])
}

function isOfGroup(path: string, groups: readonly string[]): boolean {
  const place = closedPlaceOf(path)
  return place !== null && groups.includes(place.rule.group)
}

/** No distribution puts anything there (FHS 3.11, 3.12, 3.17): it may be given whole to who makes things right in it. */
export function isMountPlace(path: string): boolean {
  return path === '/media' || path === '/mnt' || path === '/srv'
}

/** The path is part of the operating system's code, decides over its accounts, or records their logins. */
export function isBelowSystem(path: string): boolean {
  return isOfGroup(path, SYSTEM)
}

/** The last: who has come in, and who was not let in (utmp(5), lastlog(8)). */
const SYSTEM = ['programs', 'kernel', ...AUTHORITY, 'logins']

/** Keys and passwords, by the places where programs keep them below a home. */
export function isSecretPlace(path: string): boolean {
  return SECRET.test(path)
}

const SECRET =
  /\/(\.(ssh|aws|azure|gnupg|kube|docker)(\/|$)|\.config\/gcloud(\/|$)|\.(netrc|npmrc|pypirc|pgpass|git-credentials|htpasswd|bash_history)$|id_(rsa|dsa|ecdsa|ed25519)$)/

/** Made anew by the runtime in every container, or writable for everybody: nothing to grant. */
export function isRuntimePlace(path: string): boolean {
  return /^\/(dev|proc|sys)(\/|$)/.test(path) || /^\/(tmp|var\/tmp|dev\/shm)\//.test(path)
}

const ENGINE_FILES = new Set(['/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/.dockerenv', '/run/.containerenv'])

/** What the engine itself puts into every container, and into every build step: no image gives it an owner. */
export function isOfEngine(path: string): boolean {
  return ENGINE_FILES.has(path)
}

/** Writable for everybody in every image that has a system (FHS): nobody's to own. */
export function isForEverybody(path: string): boolean {
  return path === '/tmp' || path === '/var/tmp'
}

/** A file that its program only creates to be found by others; an empty one made beforehand does no harm. */
export function isMarkerFile(path: string): boolean {
  return /\.(pid|lock|log|out|err)$|\.log\.\d+$|\/(pid|lock|LOCK)$/.test(path)
}

/** Absolute and without `.`, `..`, `//` or a slash at the end; null when it is not absolute. */
export function normalisePath(path: string, workdir = ''): string | null {
  return path.startsWith('/') || workdir !== '' ? absolutePath(path, workdir) : null
}

/** A place of catalogue/places.json, as it is asked for a path. */
export interface ClosedPlace {
  /** The place itself, as listed; of a pattern the path that it meets. */
  readonly path: string
  readonly rule: PlaceRule
}

/** The listed place that a path is, or lies in; null for none. Both spellings are listed where one is a link. */
export const closedPlaceOf = memoizeSearch((path): ClosedPlace | null => {
  for (let at = path; ; at = parentOf(at)) {
    const rule = plain.get(at) ?? patterns.get(parentOf(at))?.find(({ matches }) => matches.test(at))?.rule
    if (rule !== undefined && (at === path || rule.itself !== true) && !isExcepted(rule, path))
      return { path: at, rule }
    if (at === '/') return null
  }
})

/** What a supervisor keeps beside the programs that it starts: of a closed place that alone may be given. */
export function isLeftOpen(path: string): boolean {
  return closedPlaceOf(path) === null && closedPlaceOf(parentOf(path)) !== null
}

/** The listed places below a folder, which its owner could replace; of a pattern the pattern. */
export function closedPlacesIn(folder: string): readonly ClosedPlace[] {
  return listed.filter(({ path, rule }) => path !== folder && rule.alone !== true && isWithin(path, folder))
}

function isExcepted(rule: PlaceRule, path: string): boolean {
  return rule.unless?.some((place) => isWithin(path, place) || patternOf(place, '(/|$)').test(path)) === true
}

const listed: readonly ClosedPlace[] = places.flatMap((rule) => rule.paths.map((path) => ({ path, rule })))
const plain: ReadonlyMap<string, PlaceRule> = new Map(listed.map(({ path, rule }) => [path, rule]))

/** By the folder that they are of: only their last name is one. */
const patterns = new Map<string, { readonly matches: RegExp; readonly rule: PlaceRule }[]>()
for (const { path, rule } of listed) {
  if (!/[*?[]/.test(path)) continue
  patterns.set(parentOf(path), [...(patterns.get(parentOf(path)) ?? []), { matches: patternOf(path), rule }])
}

/** `*` and `?` stay within one name. */
function patternOf(glob: string, end = '$'): RegExp {
  const text = glob
    .replace(/[.+~^${}()|\\]/g, '\\$&')
    .replace(/\[[^\]]*|[*?]/g, (c) => (c === '*' ? '[^/]*' : c === '?' ? '[^/]' : c))
  return new RegExp(`^${text}${end}`)
}

function pathsOfGroup(name: string): readonly string[] {
  return places.filter(({ group }) => group === name).flatMap(({ paths }) => paths)
}

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
  return !isSystemState(path) && !HIDDEN_IN_HOME.test(path) && !NEVER_STATE.some((folder) => isWithin(path, folder))
}

/** Path and name say that a program keeps there what it writes: `/var/lib/x`, `/data`, `/app/logs`, `/app/storage/x`. */
export function isStatePlace(path: string): boolean {
  if (!isOwnPlace(path)) return false
  if (STATE_ROOTS.some((root) => isWithin(path, root))) return true
  const parts = path.split('/').slice(1)
  // `/data/db` and `/app/storage/framework`: below a state folder all is state, but not below `/var` or `/tmp`.
  return parts.some(
    (part, index) => STATE_NAME.test(part) && (index > 0 || parts.length === 1 || !isSharedFolder(`/${part}`)),
  )
}

/** The name of a file, not of a folder. One whose only dot is its first character is a folder as a rule: `.cache`, `.aws`. */
export function looksLikeFile(path: string): boolean {
  const name = nameOf(path)
  if (/^\.[^.]+$/.test(name)) return HIDDEN_FILE.test(name)
  return /\.[A-Za-z][A-Za-z0-9]{0,7}$/.test(name) && !name.endsWith('.d')
}

const HIDDEN_FILE =
  /^\.(?:env|htaccess|htpasswd|pgpass|profile|bash_\w{1,40})$|(?:rc|(?<!^\.)config|history|ignore|cookie|lock|pid|sock|log|db|token|secret|key|version|installed|initiali[sz]ed|configured|done|ready)$/

/** By its name a private key, or a store with one in it: tools make such files for their owner alone. */
export function isPrivateKey(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return KEY_STORE.test(name) || (PRIVATE.test(name) && !PUBLIC_KEY.test(name))
}

/** With the key in it. */
const KEY_STORE = /\.(?:pfx|p12|pkcs12)$/i
const PRIVATE =
  /\.key$|(?:^|[-_.])(?:key|priv(?:ate)?(?:[-_]?key)?|privkey\d*|passkey)\.pem$|^id_(?:rsa|ed25519|ecdsa|dsa)$/i
/** What everybody may have. */
export const PUBLIC_KEY = /(?:^|[-_.])(?:pub(?:lic)?|ca|cert|chain|fullchain)(?:[-_.]|$)|\.(?:crt|cer|pub|csr)$/i
