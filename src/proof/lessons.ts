import { setTimeout as pause } from 'node:timers/promises'
import type { Engine } from '../engine/engine.ts'
import type { Operation } from '../evidence/operation.ts'
import type { ImageConfig, ImageFacts } from '../image/facts.ts'
import { baseName } from '../places.ts'
import { WORKDIR } from '../plan/grants/excluded-parts.ts'
import { decided, type Part, type StagePlan } from '../plan/plan.ts'
import { type HelpText, portOption } from '../plan/ports/told-port.ts'
import { type OwnWay, ownWayOf, ownWayOfRefusal } from '../plan/step-down/own-way.ts'
import { argvOf, isInterpreter, programsOf } from '../shell/index.ts'
import { homeLessons, KEEPS, newRefusals } from './checks/refused-work.ts'
import { tail } from './container/files.ts'
import type { RunRecord } from './container/run-record.ts'
import { limits } from './container/run-specs.ts'
import { isRefusal, linesBeside, refusalsIn, textOf } from './log-refusals.ts'
import { scriptsOf, switchNotTried, whoAsksForRoot } from './needs-root.ts'
import { hasPassed, type ServiceSeen, type Tried, type TriedRun } from './tried.ts'

/**
 * The refusals of a round, from its trace (with path and kind) and from its logs. A failed round tells all of them, a passing one
 * only those about files that it could not keep, since working programs are refused things too.
 */
export function learnedFrom(
  round: Tried,
  original: RunRecord,
  baseline: RunRecord,
  known: readonly Operation[],
): readonly Operation[] {
  if (round.run === null) return []
  const passed = hasPassed(round)
  const { workdir } = round
  const { traced, record } = round.run
  const found =
    traced === null
      ? fromLogs(record, baseline, workdir, passed)
      : [
          ...newRefusals(traced, original),
          ...(passed ? [] : [...unseenChroot(traced, original), ...inTheWay(traced, original)]),
        ]
  const told = traced !== null && !passed ? fromLogs(record, baseline, workdir, passed) : []
  const times = (operation: Operation): number =>
    known.filter((other) => other.access === operation.access && other.path === operation.path).length
  return (
    [...found, ...told.filter((operation) => !found.some((other) => other.path === operation.path))]
      .filter((operation) => !passed || KEEPS.has(operation.access) || isOwnFileKept(operation))
      // What is refused again although the least was granted needs the next step of the ladder.
      .filter((operation) => times(operation) < (passed ? 1 : 2))
  )
}

/** It could not hand over a file that it made, and may have dropped what it was about to write there. */
function isOwnFileKept({ access, made }: Operation): boolean {
  return access === 'change-owner' && made === true
}

/**
 * The engine's seccomp profile refuses chroot before the trace sees it: of a run that ends where the original went on, a
 * chroot that is missing counts as refused.
 */
export function unseenChroot(traced: RunRecord, original: RunRecord): readonly Operation[] {
  const chroots = (record: RunRecord): readonly Operation[] =>
    record.trace?.operations.filter(({ access, outcome }) => access === 'chroot' && outcome === 'done') ?? []
  if (traced.trace === null || traced.state.running || !original.state.running || chroots(traced).length > 0) return []
  const [first] = chroots(original)
  return first === undefined
    ? []
    : [
        {
          ...first,
          outcome: 'refused',
          source: 'refused',
          detail: `refused: ${first.detail}, which was not seen again`,
        },
      ]
}

/**
 * Files that the original made anew (O_EXCL), and that a run which ended never came to open or says something of at its
 * end: one that was made for it beforehand is in its way (an empty pid file), and goes again.
 */
export function inTheWay(traced: RunRecord, original: RunRecord): readonly Operation[] {
  if (traced.trace === null || traced.state.running || !original.state.running) return []
  const opened = new Set(traced.trace.operations.flatMap(({ outcome, path }) => (outcome === 'done' ? [path] : [])))
  const words = traced.logs.split('\n').slice(-10).join('\n')
  return (original.trace?.operations ?? []).flatMap((operation): readonly Operation[] => {
    const { access, outcome, path, detail } = operation
    if (access !== 'create-file' || outcome !== 'done' || path === null || !/\bO_EXCL\b/.test(detail)) return []
    if (opened.has(path) && !words.includes(baseName(path))) return []
    const way = { access: 'remove', outcome: 'refused', source: 'refused', found: true } as const
    return [{ ...operation, ...way, detail: `it creates it anew: ${detail}` }]
  })
}

function fromLogs(record: RunRecord, baseline: RunRecord, workdir: string, passed: boolean): readonly Operation[] {
  const lines = linesBeside(textOf(baseline), `${record.state.error}\n${textOf(record)}`)
  return refusalsIn((passed ? lines.filter(isRefusal) : lines).join('\n'), workdir)
}

/** Milliseconds that a program gets to say what it can; one that starts its service instead is ended. */
const HELP_PATIENCE = 3000

interface HelpRequest {
  readonly engine: Engine
  readonly baseline: string
  readonly facts: ImageFacts
  readonly signal: AbortSignal
}

/** Ports below 1024 that no change has moved. */
export function keptPorts(plan: Pick<StagePlan, 'decisions'>): readonly number[] {
  return decided(plan, 'port').flatMap(({ from, to }) => (to === null ? [from] : []))
}

/**
 * Asks the program that binds the one low port that could not be moved how to set it: the program that was seen to, or else the
 * last of the image's command.
 */
export async function askHelp(
  request: HelpRequest,
  plan: Pick<StagePlan, 'decisions'>,
  operations: readonly Operation[],
): Promise<HelpText | null> {
  const kept = new Set(keptPorts(plan))
  if (kept.size !== 1) return null
  const words = programToAsk(request.facts.config, binderOf(operations, kept))
  return helpOf(request, words, (help) => (portOption(help.text) === null ? null : help))
}

/**
 * Asks a program that ended because it is not root how to start without root: its last words may name an option, or its help. Null
 * where it ended for another reason, or neither names one.
 */
export async function askOwnWay(
  request: HelpRequest,
  round: Tried,
  refused: readonly Operation[],
): Promise<OwnWay | null> {
  const { config } = request.facts
  const asking = whoAsksForRoot(round, { ...scriptsOf(request.facts), refused })
  const words = asking === null ? [] : programToAsk(config, asking.program)
  const said = ownWayOfRefusal(baseName(words[0] ?? ''), tail(round.run?.record.logs ?? ''))
  return words.length === 0 ? null : (said ?? (await helpOf(request, words, ownWayOf)))
}

/** A program's help, by the first of the usual options that prints one. */
async function helpOf<T>(
  request: HelpRequest,
  words: readonly string[],
  read: (help: HelpText) => T | null,
): Promise<T | null> {
  const program = baseName(words[0] ?? '')
  for (const flag of words.length === 0 ? [] : ['--help', '-h']) {
    const told = read({ program, text: await printedBy(request, [...words, flag]) })
    if (told !== null) return told
  }
  return null
}

/** The command to ask: a start script only where no other program was seen, an interpreter with its script. */
function programToAsk(config: ImageConfig, seen: string | null): readonly string[] {
  const program = programsOf(config).at(-1)
  const argv = argvOf(config)
  const at = argv.findLastIndex((one) => baseName(one) === program)
  if (seen !== null && !isInterpreter(baseName(seen)) && baseName(seen) !== program) return [seen]
  if (program === undefined) return []
  const word = argv[at] ?? program
  if (!isInterpreter(program)) return [word]
  const [code, module] = argv.slice(at + 1)
  if (code === '-m' && module !== undefined) return [word, code, module]
  return code === undefined || code.startsWith('-') ? [] : [word, code]
}

function binderOf(operations: readonly Operation[], ports: ReadonlySet<number>): string | null {
  const bind = operations.findLast(
    ({ access, outcome, port }) => access === 'bind' && outcome === 'done' && port !== undefined && ports.has(port),
  )
  return bind?.by ?? null
}

/** Runs in a container that can neither write nor reach anything. */
async function printedBy(
  { engine, baseline, signal }: HelpRequest,
  [program = '', ...command]: readonly string[],
): Promise<string> {
  const spec = {
    image: baseline,
    user: '65534:65534',
    capDrop: ['ALL'],
    noNewPrivileges: true,
    readOnly: true,
    network: 'none',
    entrypoint: program,
    command,
  }
  const container = await engine.run(limits(spec))
  try {
    const end = Date.now() + HELP_PATIENCE
    while (Date.now() < end && (await engine.state(container)).running) await pause(50, undefined, { signal })
    return await engine.logs(container)
  } finally {
    await engine.remove(container)
  }
}

/** What rounds have taught of a service beyond what the original did. */
export interface Learning {
  /** Their refusals. */
  readonly learned: readonly Operation[]
  /** Parts of the plan that did not help. */
  readonly excluded: readonly string[]
  /** How the program says that it starts without root; null where it was not asked, or said nothing of it. */
  readonly ownWay: OwnWay | null
}

/** The news of the last round; null where there is none and another round would be the same. */
export function taughtBy(
  { facts, original, baseline }: Pick<ServiceSeen, 'facts' | 'original' | 'baseline'>,
  rounds: readonly Tried[],
  { learned, excluded }: Learning,
): Pick<Learning, 'learned' | 'excluded'> | null {
  const [current, before = null] = rounds.slice(-2).reverse()
  if (current === undefined) return null
  const refused = learnedFrom(current, original, baseline, learned)
  const isTried = learned.some(({ access }) => access === 'switch-user')
  const untried = isTried ? [] : switchNotTried(current, { ...scriptsOf(facts), refused })
  // What is still not found although it has gone with the user is said again where nothing else explains that.
  const most = refused.length + untried.length === 0 ? 2 : 1
  const inHome = (hasPassed(current) ? [] : homeLessons(original, current.run?.traced ?? null, facts)).filter(
    ({ path, byHome }) => learned.filter((one) => one.path === path && one.byHome === byHome).length < most,
  )
  const news = [...refused, ...untried, ...inHome]
  const useless = [...uselessCures(before, current), ...movedInVain(current, news)]
  const misplaced = hasPassed(current) || current.plan === null ? [] : misplacedPorts(current, current.plan, news)
  if (news.length === 0 && useless.length === 0 && misplaced.length === 0) return null
  return { learned: [...learned, ...news], excluded: [...excluded, ...useless, ...misplaced] }
}

/** Kinds of refusals that change no plan. */
const NO_NEWS = new Set<Operation['access']>(['bind', 'listen', 'use-capability'])

/**
 * Places that do not set the port that was moved there, by their names in the evidence: the program binds the old port
 * all the same; or, where the place was only guessed, the new one is not open and nothing else that was refused says why.
 * They are taken back.
 */
export function misplacedPorts(
  { run }: Pick<Tried, 'run'>,
  plan: Pick<StagePlan, 'decisions'>,
  news: readonly Operation[],
): readonly string[] {
  const open = (run?.record.answers ?? []).filter(({ kind }) => kind !== 'closed').map(({ port }) => port)
  const bound = run?.traced?.trace?.operations.flatMap(({ access, port }) => (access === 'bind' ? (port ?? []) : []))
  const binds = (port: number): boolean => open.includes(port) || bound?.includes(port) === true
  const isExplained = news.some(({ access }) => !NO_NEWS.has(access))
  return decided(plan, 'port').flatMap(({ from, to, guessed, evidence }) => {
    if (to === null || open.includes(to)) return []
    if (!binds(from) && (guessed !== true || isExplained)) return []
    return evidence.flatMap(({ source, detail }) => (source === 'config' ? [detail] : []))
  })
}

/**
 * Changes of the program's own settings that did not help: it fails as the round before did, in the same checks and with the same
 * last words. They are taken back; grants are not, since they grow step by step.
 */
export function uselessCures(before: Tried | null, now: Tried): readonly string[] {
  if (before === null || hasPassed(now) || before.run === null || now.run === null) return []
  if (failureOf(before.run) !== failureOf(now.run)) return []
  const known = new Set(curesOf(before).map(({ name }) => name))
  return curesOf(now).flatMap(({ name }) => (known.has(name) ? [] : [name]))
}

/** It fails in its new working folder, and no refusal explains why: what it needs lies where it started before. */
export function movedInVain(now: Tried, news: readonly Operation[]): readonly string[] {
  const isMoved = now.plan !== null && decided(now.plan, 'set-workdir').length > 0
  return isMoved && !hasPassed(now) && news.length === 0 ? [WORKDIR] : []
}

function curesOf({ plan }: Pick<Tried, 'plan'>): readonly Part[] {
  return (plan?.parts ?? []).filter(({ kind }) => kind === 'cure')
}

/** Numbers differ from run to run: process ids, times. */
function failureOf({ comparison, record }: TriedRun): string {
  const failed = comparison.checks.filter(({ passed }) => !passed).map(({ name, result }) => `${name}: ${result}`)
  return [...failed, tail(record.logs)].join('\n').replace(/\d+/g, '0')
}
