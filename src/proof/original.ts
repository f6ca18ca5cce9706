import { setTimeout as pause } from 'node:timers/promises'
import type { Engine, Mount, RunSpec } from '../engine/engine.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { LearnedRequest, SmokeCheck } from '../smoke-check.ts'
import type { PortAnswer } from './ask/answers.ts'
import { type Container, type ContainerOptions, openContainer, runContainer } from './container/container.ts'
import type { RunRecord } from './container/run-record.ts'
import { exposedTcp, limits, namedVolumes, removeVolumes } from './container/run-specs.ts'
import type { KnownNames } from './sandbox/open-sandbox.ts'
import { tellEarly } from './speculation.ts'
import { NEVER_RAN } from './trace/trace.ts'

const PATIENCE = 30_000

/** The pause between two looks whether it is still up, milliseconds. */
const GLANCE = 200

/** How the original is run; its config is enough, so it can run while its files are read. */
export interface OriginalRequest {
  readonly engine: Engine
  readonly image: string
  /** `uid:gid` in place of the image's own. */
  readonly user?: string
  /** Capabilities that it is run with beside the default ones (`--cap-add`). */
  readonly capAdd?: readonly string[]
  readonly config: ImageConfig
  readonly smoke: readonly SmokeCheck[]
  readonly trace: boolean
  /** Requests that the files around it show; absent: none. */
  readonly routes?: readonly LearnedRequest[]
  /** How long the studied run stays up, milliseconds; see StudyOptions. */
  readonly stays?: number
  /** Absent or null where names are looked up outside. */
  readonly names?: KnownNames | null
  readonly signal: AbortSignal
  /** Receives what the trace of that run shows, where asking it everything takes long. */
  readonly early?: (record: RunRecord) => void
}

/** Runs of the original: one that stays up, and one from start to stop. */
export interface Original {
  /** The unchanged original, which stays up beside the result. */
  readonly live: Container
  /** A second run, from start to stop and again: traced, and with the files that it leaves. */
  readonly study: Promise<RunRecord>
  /** Its trace up to the first stop; null where there is none. */
  readonly begun: Promise<RunRecord | null>
  /** The volumes that the second run has filled: what those have who run the original today. */
  readonly filled: readonly Mount[]
  /** Names that it looked up, and that were given an address that nobody has. */
  readonly nobody: readonly string[]
}

export interface StudyOptions extends ContainerOptions {
  /** How long it stays up before it is stopped for the first time, milliseconds: 0 where it is asked and no more. */
  readonly stays: number
}

export async function runOriginal(request: OriginalRequest): Promise<Original> {
  const original = await startNamed(request)
  const ended = endOfQuestions(await original.live.snapshot('seen'))
  if (ended === null) return original
  await original.study.catch(() => undefined)
  const unasked = await startOriginal(request, true)
  // A job that listens meanwhile still ends: it has been asked by then, which shows more.
  const [kept, other] = ended === 'fault' || (await unasked.live.isUp()) ? [unasked, original] : [original, unasked]
  await drop(request, other)
  return kept
}

async function drop({ engine }: OriginalRequest, { live, study, filled }: Original): Promise<void> {
  await study.catch(() => undefined)
  await live.remove()
  await removeVolumes(engine, filled)
}

/** A program that lacks several names complains about one at a time. */
const MOST_TRIES = 4

/**
 * Whoever ends since a name is not known, of a service that a proof does not have, is run again with it. One that ends with
 * all its names too wants the service itself, and what it said at first says so better.
 */
async function startNamed(request: OriginalRequest): Promise<Original> {
  const { names = null } = request
  const before = names?.get() ?? []
  const first = await startOriginal(request, false)
  let last = first
  for (let tries = 0; names !== null && tries < MOST_TRIES; tries += 1) {
    const record = await last.live.snapshot('logs')
    if (hasNoFault(record)) break
    const known = names.get()
    const news = soughtNames(record.logs).filter((name) => !known.includes(name))
    if (news.length === 0) break
    await (last === first ? first.study.catch(() => undefined) : drop(request, last))
    names.set([...known, ...news])
    last = await startOriginal(request, false)
  }
  if (last === first) return first
  const isBetter = hasNoFault(await last.live.snapshot('logs'))
  await drop(request, isBetter ? first : last)
  if (!isBetter) names?.set(before)
  return isBetter ? last : first
}

function hasNoFault({ state }: Pick<RunRecord, 'state'>): boolean {
  return state.running || state.exitCode === 0
}

const LINES = 40
const LINE_BYTES = 1000
/** How the resolvers of libc, Go, Node, Java and others say that a name is unknown. */
const UNKNOWN_NAME =
  /resol[vu]|name or service not known|no address associated|(?:unknown|no such) host|host (?:name )?(?:was )?not found|\bE(?:NOTFOUND|AI_AGAIN)\b|getaddrinfo|UnknownHost/i
const NAME = /(?<![\w./@%-])[a-z0-9](?:[a-z0-9_.-]{0,61}[a-z0-9])?(?![\w./@%-])/gi
/** Words of such a line that are no names: nobody asks for them, and the report would only get longer. */
const WORDS = new Set(
  `a address after again alert an and any are at can cannot config configuration connect connection could critical dial dns
  eai_again emerg enotfound err error exception failed failure fatal find for found from getaddrinfo get gethostbyname host hostname in info
  initialization invalid ip is java known line localhost lookup name no nodename nor not of on or parsing port provided resolution
  resolve resolved resolver resolving service servname split such tcp temporary temporarily the to try udp unable unknown
  unknownhostexception upstream warning with`.split(/\s+/),
)

/** Unknown names in the last lines. */
export function soughtNames(logs: string): readonly string[] {
  const lines = logs
    .split('\n')
    .slice(-LINES)
    .map((line) => line.slice(0, LINE_BYTES))
  const found = lines.filter((line) => UNKNOWN_NAME.test(line)).flatMap(namesOf)
  return [...new Set(found)].slice(0, MOST_NAMES)
}

const MOST_NAMES = 8

/** Before a colon stands the speaker, usually, or the name in question. */
const IS_SPEAKER = /^: (?!name or |no such |not known|no address|temporary |unknown|nodename|could not |cannot )/i

function namesOf(line: string): readonly string[] {
  return [...line.matchAll(NAME)]
    .filter(({ 0: name, index }) => !IS_SPEAKER.test(line.slice(index + name.length)))
    .map(([name]) => name)
    .filter((name) => name.length > 1 && !/^[\d.:_-]+$/.test(name) && !WORDS.has(name.toLowerCase()))
}

/**
 * It was up and listened, and ended: by one of its own faults (SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV), with which nobody kills, or
 * as if all was done, without an answer. Null where that is not so.
 */
export function endOfQuestions({
  state,
  answers,
}: {
  readonly state: Pick<RunRecord['state'], 'running' | 'exitCode'>
  readonly answers: readonly Pick<PortAnswer, 'kind' | 'variants'>[]
}): 'fault' | 'silent' | null {
  const open = answers.filter(({ kind }) => kind !== 'closed')
  if (state.running || open.length === 0) return null
  if ([132, 134, 135, 136, 139].includes(state.exitCode ?? 0)) return 'fault'
  const isMute = ({ kind, variants = [kind] }: (typeof open)[number]): boolean =>
    variants.every((variant) => ['open', 'bound'].includes(variant.split(' ', 1)[0] ?? ''))
  return state.exitCode === 0 && open.every(isMute) ? 'silent' : null
}

async function startOriginal(request: OriginalRequest, quiet: boolean): Promise<Original> {
  const { engine, image, user, capAdd = [], config, smoke, routes = [], signal, stays = 0, early } = request
  const spec = limits({
    image,
    ...(user === undefined ? {} : { user }),
    ...(capAdd.length === 0 ? {} : { capAdd }),
  })
  const ports = exposedTcp(config)
  const options: ContainerOptions = {
    smoke,
    routes: routes.map((one) => ({ request: one, port: null })),
    signal,
    ports,
    declared: new Set(config.exposedPorts.map(({ protocol, port }) => `${protocol} ${port}`)),
    quiet,
    portNames: new Map(ports.map((port) => [port, port])),
    patience: PATIENCE,
    stopSignal: config.stopSignal,
  }
  const filled = namedVolumes(engine, config)
  const studied = { ...spec, mounts: filled }
  const ofStudy: StudyOptions = { ...options, stays, leavings: 'all' }
  const up = runContainer(engine, spec, options)
  let tell: (record: RunRecord | null) => void = () => undefined
  const begun = new Promise<RunRecord | null>((resolve) => {
    tell = resolve
  })
  const run = runTwice(engine, studied, request.trace ? { ...ofStudy, trace: config } : ofStudy, tell, early)
  const told = run.finally(() => tell(null))
  const study = Promise.all([up, told]).then(async ([live, record]) => {
    const why = whyUntraced(await live.snapshot('seen'), record)
    return why === null ? record : { ...(await runTwice(engine, studied, ofStudy)), traceRefused: why }
  })
  // It is waited for later.
  study.catch(() => undefined)
  return { live: await up, begun, study, filled, nobody: request.names?.get() ?? [] }
}

/** Runs one container from start to stop, with a second start in between: whether it can use what it wrote shows only then. */
async function runTwice(
  engine: Engine,
  spec: RunSpec,
  options: StudyOptions,
  begun?: (record: RunRecord) => void,
  early?: (record: RunRecord) => void,
): Promise<RunRecord> {
  const container = await openContainer(engine, spec, options)
  await Promise.all([container.asked, early === undefined ? null : tellEarly(container, early)])
  await stay(container, options)
  await container.restart(begun)
  return container.finish()
}

/** Waits until it has been up that long, or has ended; asks as often as a watch of that length does. */
export async function stay(container: Container, { stays, signal }: StudyOptions): Promise<void> {
  while (Date.now() < container.upSince + stays && (await container.isUp())) await pause(GLANCE, undefined, { signal })
  if (stays > 0) await container.look()
}

/**
 * Why an original is to be run without a trace: strace may not trace it, or the program does not stand to be traced (it
 * traces others, or itself). Null where that is not so. `usual`: how it goes without.
 */
function whyUntraced(usual: RunRecord, record: RunRecord): string | null {
  const { trace, traceRefused } = record
  if (traceRefused?.startsWith(NEVER_RAN) === true) return traceRefused
  return trace !== null && endsOtherwise(usual, record) ? 'it ends when it is traced' : null
}

/** A traced run is slower: that it still goes on says nothing. */
export function endsOtherwise({ state: usual }: RunRecord, { state }: RunRecord): boolean {
  return !state.running && (usual.running || usual.exitCode !== state.exitCode)
}
