import { bounds } from '../bounds.ts'
import { escapeEre } from '../evidence/file-edit.ts'
import type { Access, Operation } from '../evidence/operation.ts'
import { normalisePath } from '../places.ts'

/** Escape sequences for colours. */
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g')
const REFUSED =
  /permission denied|operation not permitted|\bEACCES\b|\bEPERM\b|\bEROFS\b|read-only file system|\(13:|errno 13|accessdenied|not writ(e)?able|is not writable|unable to (create|write|open)|cannot (create|open|write)|can't (create|open|write)|could not (create|open|write)|failed to (create|open|write)|can't cd to/i
/** The program tried to become somebody else, or to lock itself in, as only root can. */
const SWITCH =
  /\b(set(e|re|res)?[ug]id|setgroups|initgroups|chroot)\b.*(fail|denied|not permitted|unable|cannot|error)|(fail|unable|cannot|can't|could not|not permitted).*\b(set(e|re|res)?[ug]id|setgroups|initgroups|chroot)\b|(cannot|can't|could not|unable to|failed to) (change|switch|drop|set).{0,30}\b(uid|gid|user|groups?|privileges)\b|failed switching to/i
/**
 * A program that trusts only a file of its own: `must be owned by you`, `is not owned by the current user`, `bad owner`; or that
 * nobody else may read, as the group may of a file that is not its own: `unsafe permissions`, `has group or world access`.
 */
const NOT_OWN =
  /\b(must|should|has to|needs to) be owned by\b(?! (root|uid 0)\b)|\b(is )?not owned by\b(?! (root|uid 0)\b)|\b(bad|wrong|invalid|incorrect|insecure|unsafe) (owner(ship)?|permissions?|modes?)\b|\bowner(ship)? (of|for) .{0,120} (is (not|wrong|invalid|incorrect)|must|should)\b|\bpermissions\b.{0,120}\b(too (open|permissive)|no more than)\b|\b(group|world|others?)[- ](access|accessible|readable)\b/i
/** Git serves no repository of somebody else's, and looks at its folder and at `.git` in it. Source: git-config(1), safe.directory */
const DUBIOUS = /\bdubious ownership in repository at\b/i
/** Addresses, dates and the like that look like a path. */
const NO_PATH = /^\/\/|^\/\d+\/|^\/(proc|sys|dev\/(stdout|stderr|null|fd))(\/|$)/

/**
 * Reads from log lines what a run was refused. A log names a path, sometimes what was wanted of it; what is not said
 * is taken as `write`, which covers creating it.
 */
export function refusalsIn(log: string, workdir: string): readonly Operation[] {
  const found = new Map<string, Operation>()
  for (const line of log.split('\n')) {
    const text = line.replace(COLOUR, '').trim()
    if (text.length > bounds.logLine) continue
    if (SWITCH.test(text)) {
      found.set(`switch-user ${text}`, {
        access: 'switch-user',
        path: null,
        outcome: 'refused',
        source: 'refused',
        detail: shorten(text),
      })
      continue
    }
    const isDubious = DUBIOUS.test(text)
    const isOwner = isDubious || NOT_OWN.test(text)
    if (!isOwner && !REFUSED.test(text)) continue
    const paths = pathsIn(text, workdir)
    for (const path of isDubious ? paths.flatMap((one) => [one, `${one}/.git`]) : paths) {
      const access = isOwner ? 'change-owner' : accessOf(text)
      const key = `${access} ${path}`
      if (!found.has(key))
        found.set(key, { access, path, outcome: 'refused', source: 'refused', detail: shorten(text) })
    }
  }
  return [...found.values()]
}

/** A line of a log about a refusal that only permissions explain. */
export function isRefusal(line: string): boolean {
  return /permission denied|operation not permitted|\bEACCES\b|\bEPERM\b|read-only file system/i.test(line)
}

/** The lines of a log without colours, and without refusals that another log has too, dates and numbers aside. */
export function linesBeside(usual: string, log: string): readonly string[] {
  return linesOf(log).filter(isNewTo(linesOf(usual).filter(isRefusal)))
}

/** The same without any line that the other log has too. */
export function withoutKnown(usual: string, log: string): readonly string[] {
  return linesOf(log).filter(isNewTo(linesOf(usual)))
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').map((line) => line.replace(COLOUR, '').trim())
}

function isNewTo(lines: readonly string[]): (line: string) => boolean {
  const keyOf = (line: string): string => line.replace(/\d+/g, '0')
  const known = new Set(lines.map(keyOf))
  return (line) => !known.has(keyOf(line))
}

/** All that it printed, and wrote into log files. */
export function textOf({
  logs,
  logFiles,
}: {
  readonly logs: string
  readonly logFiles: ReadonlyMap<string, string>
}): string {
  return [logs, ...logFiles.values()].join('\n')
}

function pathsIn(line: string, workdir: string): readonly string[] {
  // PHP names the place in its own code last.
  const text = line.replace(/ in \/\S+ on line \d+$/, '')
  const absolute = [...text.matchAll(/(?<![\w.:/~-])(\/[\w.@%+~:,-]+(?:\/[\w.@%+~:,-]*)*)/g)].map(
    (match) => match[1] ?? '',
  )
  const quoted = [...text.matchAll(/["'`‘“]([^"'`’”\s]+)["'`’”]/g)].map((match) => match[1] ?? '')
  const relative = absolute.length > 0 ? [] : quoted.filter((word) => /[./]/.test(word) && !/^\w+:\/\//.test(word))
  const paths: string[] = []
  for (const raw of [...absolute, ...relative]) {
    const path = normalisePath(raw.replace(/(?<![:,.)])[:,.)]+$/, ''), workdir)
    if (path === null || path === '/' || NO_PATH.test(path) || /\/[-=]/.test(path)) continue
    // The program that complains stands first: `/entrypoint.sh: line 3: /data/x: Permission denied`.
    paths.push(path)
  }
  return paths.length > 1 ? paths.slice(startsWithProgram(text, paths[0] ?? '') ? 1 : 0) : paths
}

function startsWithProgram(text: string, path: string): boolean {
  return new RegExp(String.raw`^\W*${escapeEre(path)}:?( line)? `).test(text) || text.startsWith(`${path}:`)
}

function accessOf(line: string): Access {
  // A path does not say what was wanted: /etc/bind/named.conf is no socket.
  const text = line.replace(/\/[^\s"'`:()]+/g, '/')
  if (/mkdir|create directory|creating directory|make directory|makedirs/i.test(text)) return 'create-directory'
  if (/\b(bind|socket|listen E\w+)\b/i.test(text)) return 'create-socket'
  if (/unlink|remove|delete|\brm:/i.test(text)) return 'remove'
  if (/rename/i.test(text)) return 'rename'
  if (/chdir|can't cd|cannot change (to )?directory|change directory/i.test(text)) return 'traverse'
  if (/exec|cannot execute/i.test(text)) return 'execute'
  if (
    /for reading|\bread\b(?!-only)|can't load|cannot load|loading|opendir|open (the )?config|open\(\).*conf|BIO_new_file|private key|certificate/i.test(
      line,
    )
  )
    return 'read'
  return 'write'
}

/** Without time stamps, process ids and bracketed levels, which differ from run to run. */
function shorten(line: string): string {
  const text = line
    .replace(
      /^(\s*(\[[^\]]*\]|\(?\d{4}[-/.]\d\d[-/.]\d\d\S*|\d\d:\d\d:\d\d\S*|[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d|UTC|GMT|\d+[:#]\d*#?\S*:?))+\s*/,
      '',
    )
    .replace(/\b(pid|tid) \d+/g, '$1')
  return `refused: ${text.length > 140 ? `${text.slice(0, 137)}...` : text}`
}
