import { setTimeout as pause } from 'node:timers/promises'
import type { RunSpec } from '../engine/engine.ts'
import type { Operation } from '../evidence/operation.ts'
import { DEFAULT_CAPABILITIES } from '../image/capabilities.ts'
import type { ImageConfig, ImageFacts } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import { normalisePath } from '../places.ts'
import { argvOf } from '../shell/index.ts'
import { findStepDowns } from '../start/step-down.ts'
import { type Comparison, compare } from './checks/index.ts'
import { type Container, runOnce } from './container/container.ts'
import type { RunRecord, TraceRecord } from './container/run-record.ts'
import { besideOptions, limits } from './container/run-specs.ts'
import { unseenChroot } from './lessons.ts'
import type { ProveRequest } from './request.ts'
import { traceRun } from './trace/trace.ts'
import { hasPassed, type Tried } from './tried.ts'

/**
 * Whether the work itself takes root, as the trace shows it (FACTS 30): after it was up, each connection made it change
 * its root folder or become different users; or it mounted something. That a server started as non-root and answers
 * says nothing about it. Null where nothing of the kind was seen.
 */
export function rootWork(trace: TraceRecord, { accounts }: Pick<ImageFacts, 'accounts'>): string | null {
  const mount = trace.operations.find((operation) => isDone(operation, 'mount'))
  if (mount !== undefined) return `it mounts file systems (${mount.detail})`
  const users = switchedTo(trace.exercised)
  const chroot = trace.exercised.find((operation) => isDone(operation, 'chroot'))
  // A program that stays root inside (fossil) jails itself because it is root: its other behaviour can be compared.
  if (chroot !== undefined && users.size > 0) return `it changes its root folder for each connection (${chroot.detail})`
  if (users.size > 1 && !areOwn(users, trace, accounts))
    return `it becomes a different user for each piece of work (uids ${[...users].join(', ')})`
  return null
}

function switchedTo(operations: readonly Operation[]): ReadonlySet<number> {
  return new Set(
    operations.flatMap((operation) =>
      isDone(operation, 'switch-user') && operation.uid !== undefined && operation.uid > 0 ? [operation.uid] : [],
    ),
  )
}

/** The first uid of a person's account. Source: login.defs(5), UID_MIN */
const FIRST_PERSON = 1000

/** Accounts of services, each of which it became before it was asked (varnish): they are whom it jails itself in, not whom the work is for. */
function areOwn(users: ReadonlySet<number>, trace: TraceRecord, accounts: ImageFacts['accounts']): boolean {
  if (!accounts.known) return false
  const asked = new Set(trace.exercised.flatMap((operation) => (isDone(operation, 'switch-user') ? operation.pid : [])))
  const began = switchedTo(trace.operations.filter(({ pid }) => !asked.has(pid)))
  const services = new Set(accounts.value.users.flatMap(({ uid }) => (uid < FIRST_PERSON ? [uid] : [])))
  return [...users].every((uid) => began.has(uid) && services.has(uid))
}

function isDone(operation: Operation, access: Operation['access']): boolean {
  return operation.access === access && operation.outcome === 'done'
}

/**
 * Why a result cannot do what the original does: it is refused something for which there is only a capability (a raw
 * socket, the clock, another root folder), no owner, no port and no setting; and as root without that capability the
 * original does not do it either, which is shown by a run. Null where that is not so.
 */
export async function neededCapability(
  original: RunRecord,
  last: Tried,
  config: ImageConfig,
  worksWithout: (capability: string) => Promise<boolean>,
): Promise<string | null> {
  for (const { capability = '', detail, path } of lackedCapabilities(original, last)) {
    if (await worksWithout(capability)) continue
    const told = capability === 'SYS_CHROOT' ? `; ${chrootAsked(config, path)}` : ''
    return `it takes ${capability}, which only root has in a container: ${detail}; even as root it does not do its work without it${told}`
  }
  return null
}

/** The word of the command that asks for a chroot, and what to try without it, as half a sentence. */
export function chrootAsked(config: ImageConfig, folder: string | null): string {
  const argv = argvOf(config)
  const isFolder = (word: string): boolean => folder !== null && normalisePath(word, config.workdir) === folder
  const at = argv.findIndex((word, index) => index > 0 && isFolder(word.replace(/^-[^=]*=|^-[A-Za-z](?=\/)/, '')))
  const word = argv[at]
  if (word === undefined) return 'no option or line that asks for it was found: remove one where there is'
  const option = argv[at - 1] ?? ''
  const said = !word.startsWith('-') && /^--?[A-Za-z][\w-]*$/.test(option) && at > 1 ? `${option} ${word}` : word
  return `${said} in its command asks for it: see whether it works without that, with WORKDIR ${folder ?? ''}`
}

/** The first refusal of each capability that the original had and used. */
export function lackedCapabilities(original: RunRecord, last: Tried): readonly Operation[] {
  const traced = last.run?.traced ?? null
  if (hasPassed(last) || traced?.trace == null) return []
  const had = new Set(using(original, 'done').map(({ capability }) => capability))
  const refused = [
    ...using(traced, 'refused').filter(({ capability }) => had.has(capability)),
    ...unseenChroot(traced, original),
  ]
  return [...new Map(refused.toReversed().map((operation) => [operation.capability, operation])).values()].toReversed()
}

function using(record: RunRecord, outcome: Operation['outcome']): readonly Operation[] {
  return (record.trace?.operations ?? []).filter(
    (operation) => operation.access === 'use-capability' && operation.outcome === outcome,
  )
}

const PATIENCE = 10_000

/** A program that asks for a higher limit or priority usually goes on without; one that insists takes `--ulimit` instead of root. */
const WISHES = new Set(['SYS_RESOURCE', 'SYS_NICE'])

type Request = Pick<ProveRequest, 'engine' | 'baseline' | 'facts' | 'trace' | 'capAdd' | 'signal'>

/**
 * Why an original that ends by itself cannot work in a container as it is, although it is root: a call was refused that
 * takes a capability which no container has by default. The engine's seccomp profile refuses such calls before the usual
 * trace sees them, so it is traced once more, slowly. Null where there is none. The capability is not given to it to see:
 * SYS_ADMIN in a container is root on the host, and only its user knows whether it may have that (`--cap-add`).
 */
export async function lackedPrivilege(
  { engine, baseline: image, facts: { config }, trace, capAdd, signal }: Request,
  original: Pick<RunRecord, 'state'>,
): Promise<string | null> {
  const { running, exitCode } = original.state
  if (!trace || running || exitCode === 0) return null
  const given = new Set([...DEFAULT_CAPABILITIES, ...capAdd])
  const traced = await traceRun(engine, config, limits({ image, capAdd }), { faithful: true })
  if (!traced.known) return null
  const { container, read, remove } = traced.value
  try {
    const end = Date.now() + PATIENCE
    while (Date.now() < end && (await engine.state(container)).running) await pause(100, undefined, { signal })
    const all = await read()
    return all.known ? lacking(all.value.operations, given) : null
  } finally {
    await remove()
  }
}

/** The refusals for lack of a capability that is not `given`, in words; null for none. */
export function lacking(operations: readonly Operation[], given: ReadonlySet<string>): string | null {
  const found = operations.find(
    ({ outcome, capability }) =>
      outcome === 'refused' && capability !== undefined && !given.has(capability) && !WISHES.has(capability),
  )
  return found === undefined
    ? null
    : `it takes ${found.capability}, which no container has by default: ${found.detail} was refused; prove it with --cap-add ${found.capability} to see the least it works with`
}

/** `need root privileges`, `must be run as root`, `only root can do that`. */
const WANTS_ROOT =
  /\b(must|needs?|requires?|required|has to|have to|only|should|not)\b.{0,40}\b(root|superuser|super-user|uid 0)\b|\b(root|superuser)\b.{0,30}\b(required|needed|privileges?|permissions?)\b/i

const REFUSES_ROOT =
  /\b(do not|don't|not be|(should|will|can) ?not|can't|won't|never)\b.{0,30}\b(run|started|executed)\b(?!.{0,20}\b(unless|if|except|other|non|without)\b).{0,20}\broot\b/i

/** It takes root only for what an option or a setting tells it: to become the user that it names, or to go without one. */
const FOR_A_USER =
  /\bto (switch|change|become|set|drop)\b.{0,30}\b(users?|uid|gid|groups?|privileges)\b|\b(to use|without|unless|or)\b.{0,30}(?<![\w-])--?[a-z]/i

/** The user root, not a folder, an owner or a compound: `root/superuser` still is the user. */
const SPEAKS_OF_ROOT = /(?<![\w/.-])root(?![\w/:-])|\b(superuser|super-user)\b|\b[ug]id (is )?0\b/i

interface Refusal {
  /** Start scripts of the image. */
  readonly scripts: readonly string[]
  readonly files: FileModel | null
  /** Refusals of the round that the original did not have. */
  readonly refused: readonly Operation[]
}

/** It ended with a message about root: only a run as another user shows whether it would rather not be root. */
export function mayRefuseRoot({ state, logs }: Pick<RunRecord, 'state' | 'logs'>): boolean {
  const last = logs.trim().split('\n').slice(-10)
  return !state.running && state.exitCode !== 0 && last.some((line) => SPEAKS_OF_ROOT.test(line))
}

export async function refusesRoot(container: Pick<Container, 'snapshot'>): Promise<boolean> {
  const { state } = await container.snapshot('seen')
  return !state.running && mayRefuseRoot(await container.snapshot('logs'))
}

/** The texts of the image's own start. */
export function scriptsOf(facts: ImageFacts): Pick<Refusal, 'scripts' | 'files'> {
  return { scripts: findStepDowns(facts).scripts, files: facts.files.known ? facts.files.value : null }
}

/**
 * The words with which a program ends because it is not root, by a check of its own: nothing that it tried was refused,
 * so nothing can be granted. Null where something else stops it, or where an option, a setting or a start script does: those can be
 * changed.
 */
export function refusesOthers(round: Tried, refusal: Refusal): string | null {
  const line = wantsRoot(round, refusal)
  return line === null || FOR_A_USER.test(line) ? null : `it ends unless it is root, and says so: ${line.slice(0, 160)}`
}

/**
 * The refused switch that such a program stands for: many check who they are only because an option or setting tells them to
 * switch, and go on without it.
 */
export function switchNotTried(round: Tried, refusal: Refusal): readonly Operation[] {
  const asking = whoAsksForRoot(round, refusal)
  if (asking === null) return []
  const { line, program } = asking
  return [
    {
      access: 'switch-user',
      path: null,
      outcome: 'refused',
      source: 'refused',
      detail: `refused: ${line.slice(0, 160)}`,
      ...(program === null ? {} : { by: program }),
    },
  ]
}

/** The words with which a program asks for root at its end, and the path of what was started last; null where none does. */
export function whoAsksForRoot(
  round: Tried,
  refusal: Refusal,
): { readonly line: string; readonly program: string | null } | null {
  const line = wantsRoot(round, refusal)
  if (line === null) return null
  const program = round.run?.traced?.trace?.operations.findLast(
    ({ access, outcome, path }) => access === 'execute' && outcome === 'done' && path !== null,
  )?.path
  return { line, program: program ?? null }
}

function wantsRoot(round: Tried, { scripts, files, refused }: Refusal): string | null {
  const { run } = round
  if (run === null || hasPassed(round) || run.traced === null || refused.length > 0) return null
  return rootAskedFor(run.record, { scripts, files })
}

/** The words with which what has ended asks for root; null where it says none, or a start script says them. */
function rootAskedFor(
  { state, logs }: Pick<RunRecord, 'state' | 'logs'>,
  { scripts, files }: Pick<Refusal, 'scripts' | 'files'>,
): string | null {
  // One that is started again and again has ended each time.
  const goesOn = state.running && state.restartCount === 0
  if (goesOn || state.exitCode === 0) return null
  const lines = logs.trim().split('\n').slice(-3)
  const line = lines.findLast((text) => WANTS_ROOT.test(text) && !REFUSES_ROOT.test(text))?.trim()
  if (line === undefined) return null
  return scripts.some((path) => (files?.text(path) ?? '').includes(line.slice(-40))) ? null : line
}

/** Runs the original in another way and compares it with the usual one; traced where `trace` says what it starts. */
export async function originalUnder(
  request: ProveRequest,
  baseline: RunRecord,
  spec: Omit<RunSpec, 'image'>,
  trace: ImageConfig | null = null,
): Promise<{ readonly record: RunRecord; readonly comparison: Comparison }> {
  const moved = new Map<number, number>()
  const options = { ...besideOptions(request, baseline, moved), ...(trace === null ? {} : { trace }) }
  const image = request.baseline
  const record = await request.limiter(() => runOnce(request.engine, limits({ image, ...spec }), options))
  return { record, comparison: compare(baseline, record, moved) }
}
