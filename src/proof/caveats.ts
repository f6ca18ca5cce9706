import { bounds } from '../bounds.ts'
import { CHANGES, type Operation } from '../evidence/operation.ts'
import { namesFiles } from '../evidence/source-files.ts'
import { couldCreate } from '../image/access.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import {
  isForEverybody,
  isInside,
  isOwnPlace,
  isRuntimePlace,
  isSharedFolder,
  isStatePlace,
  isSystemFolder,
  normalisePath,
} from '../places.ts'
import type { AccountChoice, Grant } from '../plan/plan.ts'
import { listedPorts } from '../report/many-ports.ts'
import { argvOf, waitsForInput } from '../shell/index.ts'
import type { LearnedRequests } from '../smoke-check.ts'
import { joinTruncated } from '../words.ts'
import { isWeb, type PortAnswer } from './ask/answers.ts'
import { portKey } from './ask/questions.ts'
import { operationsBy } from './checks/check.ts'
import { answersWithoutRaw } from './checks/refused-work.ts'
import { isUnseen, onlyRuns } from './checks/watch.ts'
import { isOptional } from './container/files.ts'
import type { RunRecord } from './container/run-record.ts'
import { wasQuiet } from './container/run-specs.ts'
import { isRefusal, linesBeside, textOf } from './log-refusals.ts'
import type { ResultRun } from './round.ts'
import { isExercised } from './smoke/run-checks.ts'
import { pathsNamed } from './unwritten-places.ts'

const YOUR_CHECK = 'a check of yours can ask it (--smoke, or smoke: in the configuration)'

const WORK_UNSEEN = `whether it does its work: it goes on as the original does, and has no port, HEALTHCHECK or socket to ask; ${YOUR_CHECK}`
const UNREACHED = 'the ports could not be reached from here, so they were not compared'

/** A log with this many lines is not silent. */
const TALKATIVE = 5

/** Doubts about a result although every check passed: work that was not seen, and differences that no check counts. */
export function doubts(baseline: RunRecord, result: RunRecord, passed: boolean): readonly string[] {
  const remarks: string[] = []
  if (result.state.running && result.listeners === null) remarks.push(UNREACHED)
  if (result.processes.length === 0) remarks.push('it ended before its processes could be looked at')
  remarks.push(...new Set([...baseline.unread, ...result.unread]))
  if (!passed) return remarks
  const unasked = baseline.answers.filter(({ unasked, kind }) => unasked === true && kind !== 'closed').map(portKey)
  // A server that ends when it is asked is a doubt of its own; a passing check of the user's own settles it.
  if (unasked.length > 0 && !wasQuiet(baseline))
    remarks.push(
      `what it answers on ${listedPorts(unasked)}: open as in the original, and not asked, since ${bounds.askedPorts} ports are; ${YOUR_CHECK}`,
    )
  const silent = baseline.answers.filter(isSilent).map(portKey)
  if (silent.length > 0)
    remarks.push(`${listedPorts(silent)}: open as in the original, and what it answers was not seen; ${YOUR_CHECK}`)
  const unopened = baseline.state.running ? baseline.answers.filter(isUnopened).map(portKey) : []
  if (unopened.length > 0)
    remarks.push(`${listedPorts(unopened)}: the original did not listen there, so nothing was compared; ${YOUR_CHECK}`)
  const closed = baseline.answers.filter(isTurnedAway)
  for (const status of new Set(closed.map(({ detail }) => detail.slice(0, 3)))) {
    const ports = closed.filter(({ detail }) => detail.startsWith(status)).map(portKey)
    remarks.push(
      `${listedPorts(ports)}: answers ${status}, as the original does; what it does for a client that may is not seen; ${YOUR_CHECK}`,
    )
  }
  for (const [port, page] of baseline.pages) {
    const other = result.pages.get(port)
    if (page != null && other != null && other !== page)
      remarks.push(`whether it answers as well on ${port}: it shows another page than the original, ${quoted(other)}`)
  }
  if (isUnseen(baseline)) remarks.push(WORK_UNSEEN)
  const news = linesBeside(textOf(baseline), textOf(result)).find(isRefusal)
  if (news !== undefined) remarks.push(`it works, and logs a refusal that the original did not: ${news}`)
  if (lines(baseline) >= TALKATIVE && lines(result) === 0)
    remarks.push('its log: the original says something, and the result nothing')
  return remarks
}

/** Something listens, and none of its work was seen. */
function isSilent({ kind, unasked }: PortAnswer): boolean {
  return unasked !== true && (kind === 'open' || kind === 'bound')
}

/** The port was asked because the image names it, and nothing answered. */
function isUnopened({ kind, protocol }: PortAnswer): boolean {
  return kind === 'closed' && protocol === 'tcp'
}

/** A status that shows none of the work behind it. Source: RFC 9110, 15.5.2, 15.5.4 and 15.5.8 */
function isTurnedAway({ kind, detail }: PortAnswer): boolean {
  return isWeb(kind) && /^40[137]\b/.test(detail)
}

/** Why none of its work was compared; empty where some was. `study`: the traced run of the original. */
export function unseenWork(baseline: RunRecord, study: RunRecord, result: RunRecord): readonly string[] {
  if (!isUnseen(baseline)) return []
  if (result.listeners === null) return [UNREACHED]
  // That it says it is ready is no work yet.
  return onlyRuns(baseline, study) && lines(baseline) < TALKATIVE ? [WORK_UNSEEN] : []
}

function lines({ logs }: RunRecord): number {
  return logs.split('\n').filter((line) => line.trim() !== '').length
}

/** An unclosed tag is text. */
function withoutTags(page: string): string {
  return page.replace(/<[^>]*(?:>|$)/g, (tag) => (tag.endsWith('>') ? ' ' : tag))
}

/** The title of a page, or its first words. */
function quoted(page: string): string {
  const title = /<title(?:(?!<title)[^>]){0,1000}>([^<]+)/i.exec(page)?.[1] ?? withoutTags(page)
  const text = title.replace(/\s+/g, ' ').trim().slice(0, 60)
  return text === '' ? 'an empty one' : `"${text}"`
}

/**
 * Paths for which the original tested write access, which root has; the result tests, is refused, and goes on silently. Reported,
 * since nobody saw what depends on the answer. A path where programs keep data is granted instead.
 */
export function askedToWrite(original: RunRecord, traced: RunRecord | null): readonly string[] {
  const may = operationsBy(original, 'done', askedToWriteAt)
  const refused = operationsBy(traced, 'refused', askedToWriteAt)
  const paths = [...refused.keys()].filter((path) => may.has(path) && isPrograms(path))
  if (paths.length === 0) return []
  const named = paths.slice(0, MOST_NAMED).join(', ')
  const more = paths.length > MOST_NAMED ? ` and ${paths.length - MOST_NAMED} more` : ''
  return [
    `whether it has to write ${named}${more}: it asks whether it may, as root it might, and its new user may not (--writable gives it)`,
  ]
}

function askedToWriteAt({ access, asked, path }: Operation): string | null {
  return access === 'look' && asked === 'write' ? path : null
}

function isPrograms(path: string): boolean {
  return !(isSystemFolder(path) || isSharedFolder(path) || isRuntimePlace(path) || isOptional(path))
}

const MOST_NAMED = 3

/** What a source that does it on request is asked about. */
export function isRootWork({ access, outcome, capability }: Operation): boolean {
  return outcome === 'done' && (access === 'switch-user' || access === 'chroot' || capability === 'NET_RAW')
}

/** Whether a run wrote to a file of its own that no source names: then a write of which only a run tells the path may have been this one. */
export function writesUntold(operations: readonly Operation[], grants: readonly Grant[]): boolean {
  const told = grants.flatMap(({ path, evidence }) => {
    const sources = evidence.filter(({ source }) => source === 'framework')
    return sources.length === 0 ? [] : [{ folder: path, files: sources.some(namesFiles) }]
  })
  return operations.some(
    ({ access, outcome, path }) =>
      outcome === 'done' &&
      CHANGES.has(access) &&
      path !== null &&
      isPrograms(path) &&
      !isForEverybody(path) &&
      !isInside(path, '/proc') &&
      !told.some(
        ({ folder, files }) => isInside(path, folder) && (files || access === 'create-directory' || path === folder),
      ),
  )
}

/** Scripts of packages do not count; people put their own scripts elsewhere. */
const OF_PACKAGES = /^\/(usr\/(?!local\/)|bin\/|sbin\/|lib\w*\/|etc\/|proc\/|sys\/|dev\/)/

/**
 * Scripts that a file read by the original names (hooks of a webhook server, jobs of a scheduler) and that no run has started, for
 * the report. Empty where the original was not traced, or a check of the user's own ran.
 */
export function unrunScripts({ trace, smoke }: RunRecord, { files }: Pick<ImageFacts, 'files'>): readonly string[] {
  if (trace === null || smoke.length > 0 || !files.known) return []
  const model = files.value
  const used = new Set<string>()
  const read = new Set<string>()
  for (const { access, outcome, path } of trace.operations) {
    if (outcome !== 'done' || path === null) continue
    if (access === 'execute' || access === 'read') used.add(model.resolve(path) ?? path)
    if (access === 'read') read.add(path)
  }
  const named = new Map<string, string>()
  for (const path of read)
    for (const script of scriptsIn(model, path)) if (!used.has(script)) named.set(script, named.get(script) ?? path)
  return [...named]
    .slice(0, MOST_NAMED)
    .map(
      ([script, path]) =>
        `what ${script} does: ${path} names it, nothing asked for it, and it would run as the new user (a check of yours that makes it run can tell: --smoke)`,
    )
}

/** An interpreter that reads a script runs it, so the scripts that it names were wanted. */
function scriptsIn(model: FileModel, path: string): readonly string[] {
  const text = model.text(path) ?? ''
  if (text === '' || text.startsWith('#!')) return []
  return pathsNamed(model, path).filter((found) => !OF_PACKAGES.test(found) && isScript(model, found))
}

function isScript(model: FileModel, path: string): boolean {
  const entry = model.entry(path)
  return entry?.type === 'file' && (entry.mode & 0o111) !== 0 && (model.text(path) ?? '').startsWith('#!')
}

/**
 * Closed files in data folders that were only read: the original, as root, could write them as well, and nobody asked for the work
 * that does. For the report.
 */
export function readState({ grants }: { readonly grants: readonly Grant[] }): readonly string[] {
  const paths = grants.filter(({ kind, path }) => kind === 'group-read' && isStatePlace(path)).map(({ path }) => path)
  if (paths.length === 0) return []
  return [
    `whether it also writes ${paths.join(', ')}: it only read there, and its new user may not write it (--writable gives it)`,
  ]
}

/** Work that is known and that no run was asked for: an instruction or a setting says that these are written. Empty for none. */
export function unaskedWrites(grants: readonly Grant[]): readonly string[] {
  const known = grants.filter(isKnownWrite)
  return known.length === 0 ? [] : [`not asked: ${unshownPlaces(known).join('; ')}`]
}

/** A need that is only concluded from what the image is made of, or one to read, may never come. */
export function isKnownWrite({ kind, declared }: Pick<Grant, 'kind' | 'declared'>): boolean {
  return declared === true && kind !== 'group-read'
}

/**
 * Paths that the program's own files name and that no run has reached: it may do so on a signal, after minutes, or on a request
 * that nobody sent. One sentence each, for the report.
 */
export function unshownPlaces(grants: readonly Grant[]): readonly string[] {
  const rest = grants.length - MOST_NAMED
  return [
    ...grants.slice(0, MOST_NAMED).map(({ path, kind, evidence }) => {
      const verb = kind === 'group-read' ? 'read' : 'write'
      return `whether it has to ${verb} ${path} (${evidence[0]?.detail ?? 'its own files speak of it'}): no run did, and its new user may not (--writable gives it)`
    }),
    ...(rest > 0 ? [`the same of ${rest} more places that its own files speak of`] : []),
  ]
}

/**
 * Programs by which other users act as the account (`sendmail` with its spool): no-new-privileges prevents that, and the proof runs
 * nothing as another user. For the report.
 */
export function helpersOfOthers(
  { files }: Pick<ImageFacts, 'files'>,
  account: Pick<AccountChoice, 'uid' | 'gid' | 'name'> | null,
): readonly string[] {
  if (account === null || account.uid === 0 || !files.known) return []
  const model = files.value
  const paths = [...model.paths()].filter((path) => {
    const entry = model.entry(path)
    if (entry?.type !== 'file' || (entry.mode & 0o111) === 0) return false
    return (
      ((entry.mode & 0o4000) !== 0 && entry.uid === account.uid) ||
      ((entry.mode & 0o2000) !== 0 && entry.gid === account.gid)
    )
  })
  return paths.length === 0
    ? []
    : [
        `what other users do with ${joinTruncated(paths.toSorted())}: it works as ${account.name} for whoever runs it, and with no-new-privileges it does not`,
      ]
}

/** The remark about a raw socket that the result does without in all that it was asked. */
export function unsentPackets(original: RunRecord, traced: RunRecord | null): readonly string[] {
  if (original.smoke.length > 0 || !answersWithoutRaw(original, traced)) return []
  return [
    `what it would send by a raw socket: it is refused NET_RAW, goes on, and answers all that it was asked; ${YOUR_CHECK}`,
  ]
}

/** Folders that are served or run from are only read. */
const READ = /\.(html?|css|m?js|ts|py|rb|php|pl|jar|class|go|sh|wasm)$/i

/**
 * Data folders that the command names (`svnserve -r /srv/svn`) and that no run wrote to, although a client may ask for that. One
 * sentence each, for the report.
 */
export function namedFolders(
  { config, files }: Pick<ImageFacts, 'config' | 'files'>,
  grants: readonly Grant[],
  account: Pick<AccountChoice, 'uid' | 'gid'> | null,
): readonly string[] {
  if (account === null || !files.known) return []
  const model = files.value
  const identity = { uid: account.uid, gids: [account.gid] }
  const paths = argvOf(config)
    .slice(1)
    .flatMap((word) => normalisePath(word.replace(/^-[^=]*=/, ''), config.workdir) ?? [])
  return [...new Set(paths)]
    .filter((path) => {
      if (path === config.workdir || !isOwnPlace(path) || model.entry(path)?.type !== 'directory') return false
      const names = model.list(path)
      const isGiven = grants.some((grant) => isInside(path, grant.path) || isInside(grant.path, path))
      if (isGiven || names.length === 0 || names.some((name) => READ.test(name))) return false
      return !couldCreate(model, identity, `${path}/x`).allowed
    })
    .map(
      (path) =>
        `whether it has to write below ${path}, which its command names: no run did, and its new user may not (--writable gives it)`,
    )
}

const UNSEEN = 'whether it can use what it wrote, and has the files and sockets that it had, was not compared'

/** Services that the original looks for, and that a proof does not have. */
export function unknownNames(names: readonly string[]): readonly string[] {
  return names.length === 0
    ? []
    : [`what it does with ${names.join(', ')}: no proof has these services, and their names lead to nobody`]
}

/** What cannot be seen of an untraced original, for the report. */
export function untracedOriginal(asked: boolean, { traceRefused }: RunRecord): readonly string[] {
  if (!asked) return [`not traced (--no-trace), so more is granted; ${UNSEEN}`]
  return traceRefused === null ? [] : [`not traced, so more is granted (${traceRefused}); ${UNSEEN}`]
}

/** What cannot be seen of an untraced result, for the report. */
export function untracedRun(original: RunRecord, { untraced }: Pick<ResultRun, 'untraced'>): readonly string[] {
  return untraced === null || original.trace === null ? [] : [`the result was not traced (${untraced}); ${UNSEEN}`]
}

/** Programs that a job leaves running, and that end with it. */
export function leftBehind({ state, trace }: RunRecord): readonly string[] {
  const programs = trace?.outlived ?? []
  if (state.running || programs.length === 0) return []
  return [
    `what ${programs.join(', ')} does: the original ends while that still runs in the background, and the container ends with it`,
  ]
}

/** The declared routes that nothing asked, or that the original answered with an error. */
export function unaskedRoutes({ routes, smoke }: RunRecord, learned: LearnedRequests | undefined): readonly string[] {
  const declared = learned?.declared ?? []
  // Without an HTTP port the sources here belong to another program.
  if (declared.length === 0 || routes.length === 0 || smoke.length > 0) return []
  const done = new Set(routes.filter(isExercised).map(({ request }) => `${request.method} ${request.path}`))
  const rest = declared.filter((route) => !done.has(route))
  if (rest.length === 0) return []
  return [
    `what ${joinTruncated(rest)} do: of ${declared.length} routes that its sources declare ${declared.length - rest.length} were asked and answered; ${YOUR_CHECK}`,
  ]
}

/** The image leaves its command to whoever runs it. */
export function startsNothing({ state }: RunRecord, { config }: Pick<ImageFacts, 'config'>): readonly string[] {
  const argv = argvOf(config)
  return state.running || !waitsForInput(argv)
    ? []
    : [
        `what it is run with: its own command is ${argv.join(' ')}, which ends where nobody types; a CMD, or the command of a Compose service that builds it, is proved`,
      ]
}
