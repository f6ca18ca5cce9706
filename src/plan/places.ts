import { normalisePath as absolutePath } from '../path.ts'
import { closedPlaceOf, pathsOfGroup } from './closed-places.ts'

export { isWithin as isInside, nameOf as baseName, outermost, parentOf } from '../path.ts'

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
