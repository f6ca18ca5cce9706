import type { Options as Flag } from 'yargs'
import { formatNames } from '../report/format.ts'
import { type FailOn, failOns } from '../repository/settings.ts'
import { hardenFlags } from './flags.ts'
import { builderOf, choice, type Parsed, text, usage, type Work, wordOf, workRequest } from './request.ts'

export type FleetRequest = FleetPlan | FleetRun | FleetMerge

export interface FleetPlan {
  readonly kind: 'fleet'
  readonly action: 'plan'
  /** The request of the default command. */
  readonly work: Work
  /** Its flags, for every line. */
  readonly arguments: readonly string[]
  /** As given; null for stdout. */
  readonly output: string | null
}

export interface FleetRun {
  readonly kind: 'fleet'
  readonly action: 'run'
  /** As given, as is `results`. */
  readonly plan: string
  readonly results: string
  readonly shard: string | null
  readonly shards: number | null
  /** How many targets, and containers of a proof, at a time; null for what the machine is good for. */
  readonly jobs: number | null
  /** A builder of `docker buildx`; null for the engine's own. */
  readonly builder: string | null
  readonly quiet: boolean
}

export interface FleetMerge {
  readonly kind: 'fleet'
  readonly action: 'merge'
  readonly results: string
  readonly plan: string | null
  readonly format: string
  readonly failOn: FailOn
  readonly output: string | null
}

// Flags about output, about writing files and about the machine that it runs on.
const {
  write: _write,
  'with-manifests': _withManifests,
  interactive: _interactive,
  output: _output,
  check: _check,
  format: _format,
  emit: _emit,
  resume: _resume,
  attest: _attest,
  'pr-title': _prTitle,
  'pr-body': _prBody,
  'sarif-file': _sarifFile,
  'fail-on': _failOn,
  quiet: _quiet,
  verbose: _verbose,
  file: _file,
  build: _build,
  tag: _tag,
  jobs: _jobs,
  builder: _builder,
  ...planFlags
} = hardenFlags

const group = 'Parts and results:'

/** One Dockerfile is no report of many. */
const formats = formatNames.filter((name) => name !== 'dockerfile')

const ownFlags = {
  plan: { type: 'string', group, requiresArg: true, describe: 'run, merge: FILE that fleet plan has written' },
  results: {
    type: 'string',
    group,
    requiresArg: true,
    describe: 'run, merge: DIR that all workers write into, and that is made where it is not there',
  },
  shard: {
    type: 'string',
    group,
    requiresArg: true,
    describe: 'run: I/N: the part of the plan, numbered from 1 (default all)',
  },
  shards: {
    type: 'number',
    group,
    requiresArg: true,
    describe:
      'run: N: how many parts there are, where JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID or CI_NODE_INDEX says which one this is',
  },
  jobs: {
    type: 'number',
    group,
    requiresArg: true,
    describe: 'run: N: targets at a time (default a proof for each core)',
  },
  builder: { ...hardenFlags.builder, group, describe: `run: ${hardenFlags.builder.describe}` },
  quiet: { type: 'boolean', group, alias: 'q', describe: 'run: print only what has no result and the sum to stderr' },
  format: {
    type: 'string',
    group,
    requiresArg: true,
    describe: `merge: ${formats.join(' | ')} (default text)`,
  },
  'fail-on': { ...hardenFlags['fail-on'], group, describe: `merge: ${hardenFlags['fail-on'].describe}` },
  output: { type: 'string', group, alias: 'o', requiresArg: true, describe: 'plan, merge: FILE in place of stdout' },
} as const satisfies Record<string, Flag>

export const fleetFlags = { ...planFlags, ...ownFlags } as const satisfies Record<string, Flag>

const flagsOf = {
  plan: [...Object.keys(planFlags), 'output'],
  run: ['plan', 'results', 'shard', 'shards', 'jobs', 'builder', 'quiet'],
  merge: ['results', 'plan', 'format', 'fail-on', 'output'],
} as const

export const fleetExamples: [string, string][] = [
  ['$0 fleet plan --offline repos/ > plan.ndjson', 'a line a target: what there is to do'],
  ['$0 fleet plan --prove repos/ -o plan.ndjson', 'the same with a proof of each'],
  ['$0 fleet run --plan plan.ndjson --shard 2/7 --results results/', 'on the second of seven machines'],
  [
    '$0 fleet run --plan plan.ndjson --shards 7 --results results/',
    'as a pod of an Indexed Job, or a task of an array',
  ],
  ['$0 fleet merge --plan plan.ndjson --results results/ --format sarif', 'one report of them all'],
]

const actions = ['plan', 'run', 'merge'] as const

/** `fleet ACTION`. Throws HardenError `bad-usage`. */
export function fleetRequest(parsed: Parsed, positionals: readonly string[]): FleetRequest {
  const [word, ...targets] = positionals
  const action = wordOf('fleet', 'an action', actions, word)
  const aliases: ReadonlySet<string> = new Set(Object.values<Flag>(fleetFlags).flatMap(({ alias }) => alias ?? []))
  const own: readonly string[] = flagsOf[action]
  const foreign = Object.keys(parsed).find((name) => /^[a-z][\w-]+$/.test(name) && !own.includes(name))
  if (foreign !== undefined && !aliases.has(foreign))
    throw usage(`fleet ${action} has no flag --${foreign}`, `it has --${own.slice(-6).join(', --')}`)
  if (action === 'plan') return planRequest(parsed, targets)
  const [extra] = targets
  if (extra !== undefined) throw usage(`fleet ${action} takes no target, but got ${extra}`, 'they are in its plan')
  const results = needed(parsed, 'results', `fleet ${action} needs a folder of results`, '--results DIR')
  if (action === 'merge')
    return {
      kind: 'fleet',
      action,
      results,
      plan: text(parsed, 'plan'),
      format: choice(parsed, 'format', formats) ?? 'text',
      failOn: choice(parsed, 'fail-on', failOns) ?? 'incomplete',
      output: text(parsed, 'output'),
    }
  return {
    kind: 'fleet',
    action,
    plan: needed(parsed, 'plan', 'fleet run needs a plan', '--plan FILE, which fleet plan writes'),
    results,
    shard: text(parsed, 'shard'),
    shards: whole(parsed, 'shards'),
    jobs: whole(parsed, 'jobs'),
    builder: builderOf(parsed),
    quiet: parsed.quiet === true,
  }
}

function needed(parsed: Parsed, name: string, what: string, how: string): string {
  const value = text(parsed, name)
  if (value === null) throw usage(what, `add ${how}`)
  return value
}

function whole(parsed: Parsed, name: string): number | null {
  const value = parsed[name]
  if (value === undefined) return null
  if (!Number.isSafeInteger(value) || Number(value) < 1)
    throw usage(`--${name} takes a whole number above 0, not ${JSON.stringify(value)}`)
  return Number(value)
}

function planRequest({ output, ...parsed }: Parsed, targets: readonly string[]): FleetPlan {
  if (targets.includes('-')) throw usage('fleet plan takes files and images, not -', 'no other machine has this stdin')
  return {
    kind: 'fleet',
    action: 'plan',
    work: { ...workRequest('harden', { ...parsed, _: [] }, targets.length === 0 ? ['.'] : targets), format: 'json' },
    arguments: argumentsOf(parsed),
    output: output === undefined ? null : text({ _: [], output }, 'output'),
  }
}

/** The flags of a plan, sorted: the same flags are always the same words. */
function argumentsOf(parsed: Omit<Parsed, '_'>): readonly string[] {
  return Object.keys(planFlags)
    .sort()
    .flatMap((name) => {
      const value = (parsed as Parsed)[name]
      if (value === undefined) return []
      if (typeof value === 'boolean') return [value ? `--${name}` : `--no-${name}`]
      return [value].flat().map((one) => `--${name}=${String(one)}`)
    })
}

/** What the arguments of a line ask for on targets. `parse`: as flags of the default verb. Throws HardenError `bad-usage`. */
export function workOf(
  given: readonly string[],
  targets: readonly string[],
  parse: (argv: readonly string[]) => unknown,
): Work {
  const foreign = given.find((one) => !Object.hasOwn(planFlags, one.replace(/^--(?:no-)?|=.*$/gs, '')))
  if (foreign !== undefined) throw usage(`a line of the plan has the flag ${foreign.slice(0, 60)}, which no plan has`)
  return { ...(parse([...given, '.']) as Work), targets, format: 'json' }
}
