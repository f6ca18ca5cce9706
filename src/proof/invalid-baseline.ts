import type { Buffer } from 'node:buffer'
import type { Readable } from 'node:stream'
import type { Engine } from '../engine/engine.ts'
import type { Operation } from '../evidence/operation.ts'
import type { ImageFacts } from '../image/facts.ts'
import { realPath } from '../image/file-model.ts'
import { baseName, isAuthority, parentOf } from '../places.ts'
import { listedPorts } from '../report/many-ports.ts'
import { isInterpreter, isSwitcher } from '../shell/index.ts'
import type { PortAnswer } from './ask/answers.ts'
import { portKey } from './ask/questions.ts'
import { tail } from './container/files.ts'
import type { Acceptor, RunRecord, TraceRecord } from './container/run-record.ts'
import { exposedTcp, wasQuiet } from './container/run-specs.ts'
import { textOf } from './log-refusals.ts'
import { NOT_BELIEVED } from './trace/trace.ts'

/** Why a baseline cannot be compared with; null where it can. One that does nothing proves nothing. */
export function unfitBaseline(baseline: RunRecord, facts: ImageFacts): string | null {
  const exposed = exposedTcp(facts.config)
  const { state, answers } = baseline
  // Some programs say why they end only in a log file of their own.
  const lastLines = tail(textOf(baseline))
  const why = `${lastLines === '' ? '' : `; its last words: ${lastLines}`}${missingFolder(baseline, facts)}`
  if (state.error !== '') return `the original does not start: ${state.error}`
  if (baseline.traceRefused?.startsWith(NOT_BELIEVED) === true)
    return `what the original does was not seen: ${baseline.traceRefused}`
  if (!state.running && state.exitCode !== 0)
    return `the original itself ends with exit code ${state.exitCode ?? '?'}, so there is nothing to compare with${why}`
  // A job may inherit EXPOSE from its base image; a check of the user's own then shows that it has done its work.
  const asked = state.running || baseline.smoke.length === 0
  const behind = asked ? wentToBackground(baseline, exposed) : null
  if (behind !== null) return behind
  // A program that listened for a moment and ended served nobody.
  const isNone = ({ kind }: PortAnswer): boolean => kind === 'closed' || (kind === 'bound' && !state.running)
  if (asked && exposed.length > 0 && answers.every(isNone)) {
    const end = state.running ? '' : 'ends by itself and '
    return `the original ${end}never answers on ${exposed.join(', ')}, which it exposes, so there is nothing to compare with${why}`
  }
  const wrong = baseline.smoke.find((check) => !check.passed)
  if (wrong !== undefined) {
    const said = wrong.output.trim().slice(-300)
    return `the ${wrong.name} already fails on the original (${wrong.value}), so it says nothing of the result: correct the check${said === '' ? '' : `; it said: ${said}`}`
  }
  return null
}

/** A server that detaches from its first process ends with it, since a container lives no longer. A job may leave a helper behind. */
function wentToBackground({ state, trace, logs }: RunRecord, exposed: readonly number[]): string | null {
  const [first, ...more] = trace?.outlived ?? []
  if (state.running || first === undefined) return null
  const programs = [first, ...more]
  const listens = trace?.operations.some(
    ({ access, port, by }) => access === 'listen' && port !== undefined && by !== undefined && programs.includes(by),
  )
  if (exposed.length === 0 && listens !== true) return null
  const said = tail(logs)
  return `the original goes to the background: its first process ends with exit code 0 while ${programs.join(', ')} still runs, and the container ends with it, so there is nothing to compare with${said === '' ? '' : `; its last words: ${said}`}`
}

/** Many packages rely on systemd for the folder of their pid file, and their programs end silently without it. */
function missingFolder({ trace }: RunRecord, { files }: ImageFacts): string {
  const path = trace?.unmade
  if (path === undefined || !files.known || files.value.entry(realPath(files.value, parentOf(path))) !== null) return ''
  return `; it wanted to make ${path}, and the image has no folder ${parentOf(path)} (mkdir -p makes it)`
}

/** Imported names in a dynamic program, between two zero bytes: elf(5), string table. */
const SWITCHES = ['setgroups', 'initgroups']
/** Calls of programs that let people or their jobs in: they switch to each of them. Source: pam(3), getspnam(3), crypt(3) */
const LOGINS = ['pam_start', 'getspnam', 'crypt', 'crypt_r']
/** A line of a program's help about an option for the user to run as. */
const OWN_OPTION = /[\n\0][ \t]{0,20}--?[a-zA-Z][^\n\0]{0,120}/g
const IS_OF_USER = /\b(?:user(?:id|name)?|uid|identity)\b/i
const IS_SWITCH = /\b(?:change|chang(?:es|ing)|switch(?:es)?|become|assume|drop|run(?:s|ning)? as|setuid)\b/i

type Run = Pick<RunRecord, 'container' | 'state' | 'trace' | 'processes' | 'smoke' | 'answers'>

/** Why a server's work did not show in what it was asked. */
export interface Doubt {
  readonly message: string
  /** Whether the doubt is only a remark: the result does what the original was seen to do. */
  readonly isRemark: boolean
}

/**
 * One that ends when it is asked was asked nothing, so that nothing of its work was compared.
 *
 * A server that stays root, hands work to processes of its own, imports what it takes to become the user that the work
 * is for, and never did in anything that it was asked: its work was not seen. As another user it would start and greet
 * just the same, and fail at the first real request: that it compares well is not enough. Null where that is not so: above
 * all where it answered without making a process, since who becomes another user in between cannot serve the next one;
 * that says nothing where a process of its own stands by with root in reserve (shellinabox: for whoever logs in). No more
 * than a remark where others than root do all the work, and that process only watches over them (varnish).
 */
export async function unexercised(
  { engine, facts }: { readonly engine: Engine; readonly facts: ImageFacts },
  { container, state, trace, processes, smoke, answers }: Run,
): Promise<Doubt | null> {
  if (smoke.length > 0) return null
  if (wasQuiet({ answers })) {
    const ports = listedPorts(answers.filter(({ kind }) => kind !== 'closed').map(portKey))
    return {
      message: `what it does when it is asked: the original ends when ${ports} is asked; add a check that speaks to it as its clients do (--smoke)`,
      isRemark: false,
    }
  }
  if (trace === null || !facts.files.known) return null
  if (trace.exercised.some((one) => isSwitch(one) && !isToRoot(one))) return null
  // A job has done its work once it ends, and all of it was watched.
  if (!state.running) return null
  const asked = answers.some(({ protocol, kind }) => protocol === 'tcp' && kind !== 'closed')
  if (asked && trace.forked === 0 && !keepsRootAside(processes)) return null
  const files = facts.files.value
  const root = processes.filter(({ uids }) => uids.includes(0))
  // Its start was root's, and nobody that is asked is.
  if (root.length === 0 && (trace.forkedAsRoot ?? trace.forked) === 0) return null
  const running = new Set(root.map(({ command }) => baseName(command.split(/\s+/)[0] ?? '')))
  const executed = (operations: readonly Operation[]): readonly string[] =>
    operations.flatMap(({ access, outcome, path }) =>
      access === 'execute' && outcome === 'done' && path !== null ? [path] : [],
    )
  // inetd and tcpserver switch to nobody themselves: the program that they start for a connection does the work.
  const programs = [
    ...(trace.exercised.some(isSwitch) ? [] : executed(trace.operations).filter((path) => running.has(baseName(path)))),
    ...executed(trace.exercised),
  ].map((path) => files.resolve(path) ?? path)
  for (const path of new Set(programs)) {
    // Interpreters import every call, whatever they run.
    if (isInterpreter(baseName(path)) || isSwitcher(baseName(path)) || isToldNobody(baseName(path), root)) continue
    const seen = await engine.copyOut(container, path, seenIn)
    if (seen === null || !SWITCHES.some((name) => seen.names.has(name))) continue
    const isWatcher = onlyWatches(path, trace)
    // A program that is told its user at the start switches for that, and asks nobody for a password.
    const isTold = seen.hasOption || hasBecomeTheNamed(path, trace, root, facts)
    const isToldAtStart = isTold && !LOGINS.some((name) => seen.names.has(name)) && !keepsRootAside(processes)
    const where = seen.hasOption ? 'its own help names an option' : 'its settings have a line'
    return isWatcher || isToldAtStart
      ? {
          message: `what ${path} could do as root: it stays root, and ${isWatcher ? 'only watches over the processes that took each connection' : `${where} for the user that it becomes when it starts`}`,
          isRemark: true,
        }
      : {
          message: `what ${path} does as another user, which it stays root to become: nothing that it was asked made it do so`,
          isRemark: false,
        }
  }
  return null
}

/** Characters of a line that may be such a setting. */
const SETTING = 200
/** `user = x`, `nrpe_user=x`, `"runas": "x"`, `User x`: the value of a setting that may name whom a program becomes. */
const NAMES_USER = /^["']?[\w.-]*?(?:user(?:_?name)?|run_?as|uid)["']?[=: \t]+["']?([\w.-]+)["']?[;,]?$/i

/**
 * It has switched user by the time it is asked, although it could become root again, and a setting that it has read names that
 * account: that is what it can switch for.
 */
function hasBecomeTheNamed(
  program: string,
  { operations }: TraceRecord,
  root: Run['processes'],
  { accounts, files }: Pick<ImageFacts, 'accounts' | 'files'>,
): boolean {
  const own = root.filter(({ command }) => baseName(command.split(/\s+/)[0] ?? '') === baseName(program))
  const became = new Set(own.map(({ uids: [, effective] }) => effective))
  const [uid] = became
  if (uid === undefined || uid === 0 || became.size > 1 || !accounts.known || !files.known) return false
  const model = files.value
  const names = new Set(accounts.value.users.flatMap((user) => (user.uid === uid ? [user.name, `${uid}`] : [])))
  const read = new Set(
    operations.flatMap(({ access, outcome, path }) =>
      access === 'read' && outcome === 'done' && path !== null && !isAuthority(path) ? [path] : [],
    ),
  )
  const named = (line: string): string => NAMES_USER.exec(line.slice(0, SETTING).trim())?.[1] ?? ''
  return [...read].some((path) => (model.text(path) ?? '').split('\n').some((line) => names.has(named(line))))
}

/** It switches only where its own words name a user, and these do not. Source: socat(1), su, su-d, su-e, chroot; tcpserver(1), -u, -g */
function isToldNobody(program: string, processes: Run['processes']): boolean {
  const told = ONLY_TOLD.find(({ name }) => name.test(program))
  if (told === undefined) return false
  const own = processes.filter(({ command }) => told.name.test(baseName(command.split(/\s+/)[0] ?? '')))
  return own.length > 0 && own.every(({ command }) => !told.words.test(command))
}

const ONLY_TOLD: readonly { readonly name: RegExp; readonly words: RegExp }[] = [
  { name: /^socat\d?$/, words: /\b(?:su|substuser|setuid|setgid|chroot)(?:-\w+)?=/ },
  { name: /^tcpserver$/, words: /\s-[a-zA-Z]*[ugU]/ },
]

/**
 * Its connections were taken by processes below it that are not root, and while it was asked root made none. Its own are those that its
 * program took, where it took any: a start script may have put another server beside it.
 */
function onlyWatches(program: string, { acceptors = [], forked, forkedAsRoot = forked }: TraceRecord): boolean {
  const isProgram = (path: string | null): boolean => path !== null && baseName(path) === baseName(program)
  const isBelow = ({ as, above }: Acceptor): boolean => as !== null && as !== 0 && above.some(isProgram)
  const own = acceptors.filter((acceptor) => isProgram(acceptor.program))
  const ofIt = own.length > 0 ? own : acceptors
  return ofIt.length > 0 && forkedAsRoot === 0 && ofIt.every(isBelow)
}

/**
 * The process that answers has given up root for good, while the same program waits beside it and can become root again, which has
 * a purpose: credentials(7), saved set-user-ID.
 */
function keepsRootAside(processes: Run['processes']): boolean {
  const name = ({ command }: Run['processes'][number]): string => baseName(command.split(/\s+/)[0] ?? '')
  const free = new Set(processes.filter(({ uids }) => !uids.includes(0)).map(name))
  return processes.some((process) => {
    const [, effective] = process.uids
    return process.uids.includes(0) && effective !== 0 && free.has(name(process))
  })
}

function isSwitch({ access, outcome }: Operation): boolean {
  return outcome === 'done' && (access === 'chroot' || access === 'switch-user')
}

/** inetd becomes root before it starts what it is told to start as root: of that program it says nothing. */
function isToRoot({ access, uid, gid = 0, groups = [] }: Operation): boolean {
  const isOther = uid === undefined ? gid !== 0 || groups.some((group) => group !== 0) : uid !== 0
  return access === 'switch-user' && !isOther
}

/** What a program's bytes say of becoming another user: which calls it imports, and whether its own help has an option for it. */
interface SeenInProgram {
  readonly names: ReadonlySet<string>
  readonly hasOption: boolean
}

/** A name or a line may lie across two chunks. */
export async function seenIn(stream: Readable): Promise<SeenInProgram> {
  const found = new Set<string>()
  const wanted = [...SWITCHES, ...LOGINS].map((name) => ({ name, bytes: `\0${name}\0` }))
  let hasOption = false
  let rest = ''
  for await (const chunk of stream) {
    const text = rest + (chunk as Buffer).toString('latin1')
    for (const { name, bytes } of wanted) if (text.includes(bytes)) found.add(name)
    hasOption ||= Array.from(text.matchAll(OWN_OPTION)).some(([line]) => IS_OF_USER.test(line) && IS_SWITCH.test(line))
    rest = text.slice(-OVERLAP)
  }
  return { names: found, hasOption }
}

/** Bytes of a chunk that are looked at again with the next. */
const OVERLAP = 160
