import { bounds } from '../bounds.ts'
import { HardenError } from '../errors.ts'
import { isObject } from '../manifests/yaml/file.ts'
import { type TargetKind, tool } from '../report/report.ts'

/** One target of a fleet, as a line of a plan says it. Paths are from the folder that the plan was made in, with forward slashes. */
export interface PlanLine {
  /** As the report names it; keys of another version are others. */
  readonly tool: string
  /** `https://example.org/acme/shop.git@COMMIT`: what has to be checked out there; null where no remote or no commit is known. */
  readonly repository: string | null
  /** The argument that it was found by. */
  readonly from: string
  readonly target: string
  readonly kind: TargetKind
  /** Null for an image. */
  readonly path: string | null
  /** The build context; null for none. */
  readonly context: string | null
  /** Flags as the default command takes them. */
  readonly arguments: readonly string[]
  /** Digests of the images that it is built from, by reference, as far as the engine told them. */
  readonly images: Readonly<Record<string, string>>
  /** How much work it is, relative to the others: a plan of a Dockerfile is about 1, a proof about 1000. */
  readonly weight: number
  /** SHA-256 in hex, of all inputs. */
  readonly key: string
}

/** Sorted by target, each key once: the same targets give the same bytes. */
export function planText(lines: readonly PlanLine[]): string {
  return inPlanOrder(lines)
    .map((line) => `${JSON.stringify(ordered(line))}\n`)
    .join('')
}

function ordered(line: PlanLine): PlanLine {
  const { tool, repository, from, target, kind, path, context, weight, key } = line
  const images = Object.fromEntries(Object.entries(line.images).sort(([a], [b]) => compare(a, b)))
  return { tool, repository, from, target, kind, path, context, arguments: line.arguments, images, weight, key }
}

/** By target, then by key, each key once. */
export function inPlanOrder<Line extends Pick<PlanLine, 'target' | 'key'>>(lines: readonly Line[]): readonly Line[] {
  const byKey = new Map(lines.map((line) => [line.key, line]))
  return [...byKey.values()].sort((a, b) => compare(a.target, b.target) || compare(a.key, b.key))
}

/** By code unit: the same order on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The work on a target. `size`: bytes of its text; `services`: of a project, those that are worked on. */
export function weightOf(target: {
  readonly isRun: boolean
  readonly size: number
  readonly contextBytes: number
  readonly services: number
}): number {
  const { isRun, size, contextBytes, services } = target
  const one = isRun ? 1000 + Math.round(contextBytes / MEBIBYTE) : 1 + Math.round(size / 4096)
  return one * Math.max(1, services)
}

const MEBIBYTE = 1024 * 1024

/** One line of a plan, which anybody may have written. `place`: `plan.ndjson, line 7`. Throws HardenError `bad-usage`. */
export function parsePlanLine(text: string, place: string): PlanLine {
  const wrong = (what: string, hint = 'make the plan again with fleet plan'): HardenError =>
    new HardenError('bad-usage', `${place}: ${what}`, { hint })
  if (text.length > bounds.planLine) throw wrong(`it is longer than ${bounds.planLine} characters`)
  let line: unknown
  try {
    line = JSON.parse(text)
  } catch {
    throw wrong('it is not JSON')
  }
  if (!isObject(line)) throw wrong('it is no object')
  const fields = line
  // The version is checked first, since another one may have other fields.
  if (fields.tool !== tool && typeof fields.tool === 'string' && /^harden-image \S{1,50}$/.test(fields.tool))
    throw wrong(`it was made by ${fields.tool}, and this is ${tool}`)
  for (const [name, { is, what }] of Object.entries(FIELDS)) {
    if (!Object.hasOwn(fields, name)) throw wrong(`it has no ${name}`)
    if (!is(fields[name])) throw wrong(`its ${name} is not ${what}`)
  }
  const unknown = Object.keys(fields).find((name) => !Object.hasOwn(FIELDS, name))
  if (unknown !== undefined) throw wrong(`it has a field ${JSON.stringify(unknown.slice(0, 40))}, which no plan has`)
  // Each field has passed its own check.
  return ordered(fields as unknown as PlanLine)
}

interface FieldCheck {
  readonly is: (value: unknown) => boolean
  readonly what: string
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '' && !value.includes('\0')
const text: FieldCheck = { is: isText, what: 'a text' }
const textOrNull: FieldCheck = { is: (value) => value === null || isText(value), what: 'a text or null' }
const KINDS: readonly unknown[] = ['dockerfile', 'image', 'compose', 'kubernetes'] satisfies readonly TargetKind[]

const FIELDS: Readonly<Record<keyof PlanLine, FieldCheck>> = {
  tool: { is: (value) => value === tool, what: `"${tool}"` },
  repository: textOrNull,
  from: text,
  target: text,
  kind: { is: (value) => KINDS.includes(value), what: 'a kind of target' },
  path: textOrNull,
  context: textOrNull,
  arguments: {
    is: (value) => Array.isArray(value) && value.every((one) => isText(one) && one.startsWith('--')),
    what: 'a list of flags',
  },
  images: {
    is: (value) => isObject(value) && Object.values(value).every(isText),
    what: 'digests by reference',
  },
  weight: { is: (value) => Number.isSafeInteger(value) && Number(value) > 0, what: 'a whole number above 0' },
  key: { is: (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value), what: '64 hex digits' },
}

/** Which part of a plan a worker takes. */
export interface Shard {
  /** From 1. */
  readonly index: number
  readonly count: number
}

/**
 * The lines of a shard, in the order in which they are worked on: the heaviest first, so that the end is even. Each goes to the shard
 * that has the least so far, which depends on nothing but the plan.
 */
export function linesOfShard(lines: readonly PlanLine[], { index, count }: Shard): readonly PlanLine[] {
  const heaviestFirst = inPlanOrder(lines).toSorted((a, b) => b.weight - a.weight || compare(a.key, b.key))
  const loads = new Array<number>(count).fill(0)
  return heaviestFirst.filter(({ weight }) => {
    let least = 0
    for (let at = 1; at < count; at++) if ((loads[at] ?? 0) < (loads[least] ?? 0)) least = at
    loads[least] = (loads[least] ?? 0) + weight
    return least === index - 1
  })
}

/**
 * The shard that a worker is given: `--shard I/N`, else the number that the engine of its job has set, with `--shards N` where that
 * does not tell how many there are. All of the plan where nothing is said. Throws HardenError `bad-usage`.
 */
export function shardOf(
  given: { readonly shard: string | null; readonly shards: number | null },
  env: Readonly<Record<string, string | undefined>>,
): Shard {
  if (given.shard !== null) {
    if (given.shards !== null) throw bad('--shard and --shards exclude each other', '--shard I/N says both')
    const [, index = '', count = ''] = /^(\d{1,6})\/(\d{1,6})$/.exec(given.shard) ?? []
    return checkedShard(Number(index), Number(count), `--shard ${given.shard}`)
  }
  const number = (name: string): number | null => {
    const value = env[name]
    if (value === undefined || value === '') return null
    if (!/^\d{1,9}$/.test(value)) throw bad(`${name} is not a number: ${JSON.stringify(value.slice(0, 40))}`)
    return Number(value)
  }
  // An Indexed Job of Kubernetes counts from 0, and does not tell a pod how many there are.
  const completion = number('JOB_COMPLETION_INDEX')
  if (completion !== null) {
    if (given.shards === null) throw bad('JOB_COMPLETION_INDEX is set, and nothing says how many there are', SHARDS)
    return checkedShard(completion + 1, given.shards, `JOB_COMPLETION_INDEX ${completion}`)
  }
  const task = number('SLURM_ARRAY_TASK_ID')
  if (task !== null) {
    // Some tasks of an array may be sent again alone, and must then be the same: `sbatch --array=3,5`.
    if (given.shards !== null) return checkedShard(task, given.shards, `SLURM_ARRAY_TASK_ID ${task}`)
    const count = number('SLURM_ARRAY_TASK_COUNT')
    const first = number('SLURM_ARRAY_TASK_MIN')
    const step = number('SLURM_ARRAY_TASK_STEP') ?? 1
    if (count === null || first === null) throw bad('SLURM_ARRAY_TASK_ID is set without the count of its array', SHARDS)
    return checkedShard((task - first) / Math.max(1, step) + 1, count, `SLURM_ARRAY_TASK_ID ${task}`)
  }
  // GitLab's `parallel:` counts from 1.
  const node = number('CI_NODE_INDEX')
  const nodes = given.shards ?? number('CI_NODE_TOTAL')
  if (node !== null && nodes !== null) return checkedShard(node, nodes, `CI_NODE_INDEX ${node}`)
  if (given.shards !== null && given.shards !== 1)
    throw bad(`--shards ${given.shards} is given, and nothing says which of them this is`, 'use --shard I/N')
  return { index: 1, count: 1 }
}

const SHARDS = 'add --shards N'

function checkedShard(index: number, count: number, by: string): Shard {
  if (!Number.isInteger(index) || !Number.isInteger(count) || count < 1 || count > bounds.shards)
    throw bad(`${by} is no shard`, `write it as 2/7, of at most ${bounds.shards}`)
  if (index < 1 || index > count) throw bad(`${by} is none of ${count} shards`, 'they are numbered from 1')
  return { index, count }
}

function bad(message: string, hint?: string): HardenError {
  return new HardenError('bad-usage', message, hint === undefined ? {} : { hint })
}
