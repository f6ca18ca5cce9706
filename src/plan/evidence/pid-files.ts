import { daemonOf, daemonOfFile } from '../../image/step-down/daemons.ts'

/** A setting, an option or a variable that names a pid file. */
export const PID = /^([\w.-]*[-_.])?pid[-_.]?(file|path)?$/i

/** Measured: they open it in place, so that an empty one made beforehand does. */
const IN_PLACE = new Set(['redis-server', 'valkey-server', 'varnishd', 'puma', 'uvicorn', 'rsync', 'nats-server'])

/**
 * Whether a program may make a new file beside its pid file (gunicorn, unicorn), or refuses one that is there and names
 * no process (celery, Net::Server, twistd): so with all of which nothing else is known.
 */
export function replacesPid(programs: readonly string[]): boolean {
  return !programs.some((name) => IN_PLACE.has(name) || (daemonOf(name) !== null && name !== 'gunicorn'))
}

/** The same by the configuration file that names it. */
export function isNamedByDaemon(file: string): boolean {
  return daemonOfFile(file) !== null
}
