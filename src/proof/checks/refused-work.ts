import { CHANGES, type Operation } from '../../evidence/operation.ts'
import { becomesRoot } from '../../image/access.ts'
import { isRootUser } from '../../image/accounts.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { baseName, isInside, isOfEngine, parentOf } from '../../places.ts'
import type { ReportCheck } from '../../report/report.ts'
import { isSwitcher } from '../../shell/index.ts'
import { isOptional } from '../container/files.ts'
import type { RunRecord } from '../container/run-record.ts'
import { rootHome } from '../container/run-specs.ts'
import { NOT_BELIEVED } from '../trace/trace.ts'
import { type Check, operationsBy, operationsOf, refusedWork } from './check.ts'

/** A result that tampered with its trace has not shown what it does. */
export const believed = {
  name: 'trace',
  summary: 'the trace of the result was not tampered with',
  of: 'traces',
  evenWithout: true,
  compare(_original: RunRecord, { traceRefused }: RunRecord): readonly ReportCheck[] {
    if (traceRefused?.startsWith(NOT_BELIEVED) !== true) return []
    return [{ name: 'trace', baseline: 'as strace wrote it', result: traceRefused, passed: false }]
  },
} satisfies Check

/**
 * Files that the engine mounts into each container as root's own: no image can hand them over, and a start script that
 * may not add its line there often goes on. Empty where the runs were not traced, or the original writes none of them.
 */
export const engineFiles = {
  name: 'engine-files',
  summary: 'files that the engine mounts are written as before',
  of: 'traces',
  compare(original: RunRecord, traced: RunRecord): readonly ReportCheck[] {
    const had = operationsBy(original, 'done', changedFile)
    const lost = [...operationsBy(traced, 'refused', changedFile)].find(([path]) => had.has(path))
    if (lost === undefined) return []
    const [path, { detail }] = lost
    const why = 'it is mounted by the engine, so no image can hand it over'
    return [refusedWork(original, { name: `writes ${path}`, detail, why })]
  },
} satisfies Check

function changedFile({ access, path }: Operation): string | null {
  return path !== null && CHANGES.has(access) && isOfEngine(path) ? path : null
}

/** Files of shells and of builds, or caches: no work depends on them. */
const SPARE =
  /\/\.((ba|z|k)?sh\w*|profile|inputrc|vim\w*|cache|npm|npmrc|yarn\w*|pip|pypirc|m2|gradle|cargo|nuget|composer|\w+_history|wget-hsts)(\/|$)|\/\.config\/(pip|composer|yarn)(\/|$)/

/** Uses of a file that its absence changes. */
const OF_FILES = new Set<Operation['access']>(['read', 'write', 'execute', 'look'])
/** Uses of a folder that its absence changes, by the path itself or by that of what is made in it. */
const OF_FOLDERS = new Set<Operation['access']>(['list', 'traverse', ...CHANGES])

/**
 * What the image has in root's home (`RUN app config set …` leaves it there) that the original used and the result did not
 * come to, neither there nor by the same name in another home: it has looked in one where nothing is, and may have gone on
 * without a word. The first use of each, of what was read that. Empty where the runs were not traced.
 */
function lostInHome(
  original: RunRecord,
  traced: RunRecord | null,
  facts: Pick<ImageFacts, 'config' | 'files' | 'accounts'>,
): readonly (Operation & { readonly path: string })[] {
  if (traced?.trace == null || !facts.files.known) return []
  const files = facts.files.value
  const home = rootHome(facts)
  if (!isInside(home, '/root')) return []
  const had = new Map<string, Operation & { readonly path: string }>()
  for (const operation of operationsOf(original)) {
    const { access, outcome, to, made } = operation
    const named = to ?? operation.path
    if (outcome !== 'done' || named === null || (made === true && to === undefined)) continue
    const path = files.entry(named) === null && CHANGES.has(access) ? parentOf(named) : named
    if (!path.startsWith(`${home}/.`) || SPARE.test(path)) continue
    const type = files.entry(path)?.type
    const isUsed = (type === 'file' && OF_FILES.has(access)) || (type === 'directory' && OF_FOLDERS.has(access))
    if (isUsed && (access === 'read' || !had.has(path))) had.set(path, { ...operation, path })
  }
  if (had.size === 0) return []
  const reached = new Set(
    operationsOf(traced).flatMap(({ outcome, path, to }) => (outcome === 'done' ? [path, to] : [])),
  )
  const isReached = (path: string): boolean => {
    const below = path.slice(home.length)
    return [...reached].some((one) => {
      const at = one?.lastIndexOf(below) ?? -1
      if (one == null || at < 0) return false
      const found = one.slice(0, at) + below
      // What the image has in another home as well is another file.
      return isInside(one, found) && (found === path || files.entry(found) === null)
    })
  }
  return [...had.values()].filter(({ path }) => !isReached(path))
}

export const homeFiles = {
  name: 'home-files',
  summary: 'settings in the home of root are read as before',
  of: 'traces',
  compare(original: RunRecord, traced: RunRecord, facts: ImageFacts): readonly ReportCheck[] {
    const size = (path: string): number => (facts.files.known ? (facts.files.value.entry(path)?.size ?? 0) : 0)
    const lost = lostInHome(original, traced, facts).find(({ access, path }) => access === 'read' && size(path) > 0)
    if (lost === undefined) return []
    const checked = original.smoke.length > 0
    const known = checked
      ? 'your own checks tell whether it does without'
      : 'it looks for it in the home of another user'
    return [{ name: `reads ${lost.path}`, baseline: 'read', result: `not read; ${known}`, passed: checked }]
  },
} satisfies Check

/**
 * As evidence for the next plan: what is found by the home of whoever runs it. What the result was refused in root's home, it
 * looks for by a path that no home changes.
 */
export function homeLessons(original: RunRecord, traced: RunRecord | null, facts: ImageFacts): readonly Operation[] {
  const home = rootHome(facts)
  const refused = operationsOf(traced).flatMap(({ outcome, path }) =>
    outcome === 'refused' && path !== null && path !== home ? [path] : [],
  )
  return lostInHome(original, traced, facts).flatMap((operation): readonly Operation[] => {
    const { access, path, detail } = operation
    const lesson = { ...operation, outcome: 'refused', source: 'refused' } as const
    if (!refused.some((one) => isInside(path, one)))
      return [{ ...lesson, byHome: true, detail: `found by the home of root alone: ${detail}` }]
    // What else it was refused there, the trace says itself.
    return access === 'read' ? [{ ...lesson, detail: `found by its whole path alone: ${detail}` }] : []
  })
}

/**
 * What a plan gives otherwise, and says so where it cannot: another identity, owners, ports; a root of its own is a
 * precaution; and a higher limit or priority is asked for and done without.
 */
const OTHERWISE = new Set([
  ...['SETUID', 'SETGID', 'SETPCAP', 'SYS_CHROOT'],
  ...['CHOWN', 'FOWNER', 'DAC_OVERRIDE', 'NET_BIND_SERVICE'],
  ...['SYS_NICE', 'SYS_RESOURCE'],
])

/**
 * A raw socket, a device: what root was allowed in the original and no other user ever is. A program that is refused it
 * and goes on without a word may have lost its work, or a wish; only a check of the user's own can tell which.
 */
export const lostCapability = {
  name: 'capabilities-used',
  summary: 'raw sockets and devices are available as before',
  of: 'traces',
  compare(original: RunRecord, traced: RunRecord): readonly ReportCheck[] {
    const lost = refusedSince(original, traced, capabilityOf)
    if (lost === undefined) return []
    const [name, { detail, by }] = lost
    const who = by === undefined ? detail : `${by}: ${detail}`
    const refused = refusedWork(original, { name: `what takes ${name}`, detail: who })
    return [
      answersWithoutRaw(original, traced)
        ? { ...refused, result: `refused (${who}); it goes on, and answers all that it was asked`, passed: true }
        : refused,
    ]
  },
} satisfies Check

/** A socket that only sends, and needs whole packets for it. Source: raw(7), IPPROTO_RAW */
const ONLY_SENDS = /\bIPPROTO_RAW\b/

/**
 * All raw sockets that it is refused only send, and who is refused them goes on: it has listened since, and gives on each port,
 * on one for datagrams too, what the original does. What receives (ping) is another matter: nobody sees what it would have heard.
 */
export function answersWithoutRaw(original: RunRecord, traced: RunRecord | null): boolean {
  const used = (record: RunRecord | null, outcome: Operation['outcome']): readonly Operation[] =>
    operationsOf(record).filter((one) => one.outcome === outcome && capabilityOf(one) !== null)
  const refused = used(traced, 'refused')
  if (traced === null || refused.length === 0) return false
  if (![...refused, ...used(original, 'done')].every(({ detail }) => ONLY_SENDS.test(detail))) return false
  const serves = new Set(
    operationsOf(traced).flatMap(({ access, outcome, by, path }) =>
      access === 'bind' && outcome === 'done' && path === null ? (by ?? []) : [],
    ),
  )
  const asked = original.answers.filter(({ kind }) => kind !== 'closed')
  return (
    traced.state.running &&
    refused.every(({ by }) => by !== undefined && serves.has(by)) &&
    asked.some(({ protocol }) => protocol === 'udp') &&
    asked.every(({ kind }) => kind !== 'open' && kind !== 'bound')
  )
}

function capabilityOf({ capability }: Operation): string | null {
  return capability === undefined || OTHERWISE.has(capability) ? null : capability
}

/** The first of a key that the original did, and that the result was refused and never did. */
function refusedSince(
  original: RunRecord,
  traced: RunRecord,
  keyOf: (operation: Operation) => string | null,
): readonly [key: string, refused: Operation] | undefined {
  const had = operationsBy(original, 'done', keyOf)
  const has = operationsBy(traced, 'done', keyOf)
  return [...operationsBy(traced, 'refused', keyOf)].find(([key]) => had.has(key) && !has.has(key))
}

/**
 * A program that the original starts beside itself and that the result may not: one with capabilities of its own (ping,
 * squid's pinger), which the kernel does not start where they are not to be had (capabilities(7)), or one that is closed
 * to it. Who starts it may go on without a word. Empty where the runs were not traced, or the result starts it as well.
 */
export const lostPrograms = {
  name: 'programs-started',
  summary: 'programs beside it are started as before',
  of: 'traces',
  compare(original: RunRecord, traced: RunRecord): readonly ReportCheck[] {
    const lost = refusedSince(original, traced, program)
    if (lost === undefined) return []
    const [path, { detail }] = lost
    return [refusedWork(original, { name: `starts ${path}`, baseline: 'started', detail })]
  },
} satisfies Check

function program({ access, path }: Operation): string | null {
  return access === 'execute' ? path : null
}

/**
 * What a script of the original still hands to `su` or `gosu` in the result, to be done as another user: who is not root
 * is asked for a password there, or refused, and the script may go on without a word (as it ends, for instance). Empty
 * where the runs were not traced, or the result becomes somebody by the same program.
 */
export const lostSwitches = {
  name: 'user-switches',
  summary: 'what su or gosu starts is done as before',
  of: 'traces',
  compare(original: RunRecord, traced: RunRecord): readonly ReportCheck[] {
    const had = operationsBy(original, 'done', switched)
    const has = operationsBy(traced, 'done', switched)
    const lost = [...operationsBy(traced, 'done', started)].find(([path]) => had.has(path) && !has.has(path))
    if (lost === undefined) return []
    const [path] = lost
    const tool = baseName(path)
    const baseline = `done as ${had.get(path)?.uid ?? 'another'}`
    return [refusedWork(original, { name: `what ${tool} starts`, baseline, detail: `only root can run ${tool}` })]
  },
} satisfies Check

function started({ access, path }: Operation): string | null {
  return access === 'execute' && path !== null && isSwitcher(baseName(path)) ? path : null
}

function switched({ access, by, uid = 0 }: Operation): string | null {
  return access === 'switch-user' && uid > 0 && by !== undefined && isSwitcher(baseName(by)) ? by : null
}

/**
 * A program of root's with the set-user-id bit that an image starts which is not root: it is root again in there where
 * nobody takes new privileges away, and does little where somebody does. Neither run shows it, since strace takes them
 * away too (execve(2)). Empty where the image is root, or the runs were not traced.
 */
export const setuidHelpers = {
  name: 'setuid-helpers',
  summary: 'an image that is not root starts no program that makes it root',
  of: 'traces',
  locks: true,
  compare(original: RunRecord, traced: RunRecord, { config, files }: ImageFacts): readonly ReportCheck[] {
    if (isRootUser(config.user) || !files.known) return []
    const model = files.value
    const helper = [...operationsBy(traced, 'done', program).keys()].find((path) => becomesRoot(model, path))
    if (helper === undefined) return []
    const detail = 'its set-user-ID is root’s, and no-new-privileges takes it away'
    return [refusedWork(original, { name: `what ${helper} does as root`, baseline: 'root again', detail })]
  },
} satisfies Check

/** Once may be the rest of a start; what is done for each piece of work is done by one process after the other. */
const FEWEST = 2

/**
 * Whether each piece of work is still done that the original handed to a process of another user (a helper as `nobody`):
 * where that process may not become it, it ends, and who started it may go on without a word. One that becomes the user
 * that it is already is not refused. Empty where the runs were not traced, or do nothing of the kind.
 */
export const workAsOthers = {
  name: 'work-as-others',
  summary: 'work that is handed to a process of another user is done as before',
  of: 'traces',
  compare(original: RunRecord, traced: RunRecord): readonly ReportCheck[] {
    // On a busy machine what was begun at the start is only done once the port is open.
    if (Math.min(original.trace?.forked ?? 0, traced.trace?.forked ?? 0) < FEWEST) return []
    const before = switches(original, 'done').filter(({ uid = 0 }) => uid > 0)
    const refused = switches(traced, 'refused')
    const done = switches(traced, 'done').some(({ uid = 0 }) => uid > 0)
    const [lost] = refused
    if (lost === undefined || done || processes(before) < FEWEST || processes(refused) < FEWEST) return []
    return [
      refusedWork(original, {
        name: 'work as another user',
        baseline: `done as ${before[0]?.uid}`,
        detail: lost.detail,
      }),
    ]
  },
} satisfies Check

type Switch = NonNullable<RunRecord['trace']>['operations'][number]

function switches({ trace }: RunRecord, outcome: Switch['outcome']): readonly Switch[] {
  return (trace?.exercised ?? []).filter(
    (operation) => operation.access === 'switch-user' && operation.outcome === outcome,
  )
}

function processes(operations: readonly Switch[]): number {
  return new Set(operations.map(({ pid }) => pid)).size
}

/** Accesses whose refusal can lose what the program meant to keep, though it goes on. */
export const KEEPS = new Set<Operation['access']>([
  'write',
  'create-file',
  'create-directory',
  'create-socket',
  'rename',
])

/** Refusals of a traced run, without those that the original was refused too. */
export function newRefusals(traced: RunRecord, original: RunRecord): readonly Operation[] {
  const key = ({ access, path, port, found }: Operation): string => `${access} ${path} ${port ?? ''} ${found ?? ''}`
  const usual = new Set(refusedIn(original).map(key))
  return refusedIn(traced)
    .filter((operation) => !usual.has(key(operation)) && !(operation.path !== null && isOptional(operation.path)))
    .map((operation) => ({ ...operation, source: 'refused', detail: `refused: ${operation.detail}` }))
}

/** A program that may not remove its own pid file as it ends is not one that stumbles over one which it found. */
function refusedIn({ trace }: RunRecord): readonly Operation[] {
  const written = new Set<string | null>()
  return (trace?.operations ?? []).flatMap((operation) => {
    const { access, outcome, path } = operation
    if (outcome === 'done' && KEEPS.has(access)) written.add(path)
    if (outcome !== 'refused' || access === 'look') return []
    return [access === 'remove' && !written.has(path) ? { ...operation, found: true } : operation]
  })
}
