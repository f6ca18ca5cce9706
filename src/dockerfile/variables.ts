import { type BuildGiven, nothingGiven, platformArgs } from './build-given.ts'
import { lex } from './lex.ts'
import type { Dockerfile, Instruction } from './model.ts'
import { pairsOf } from './pairs.ts'

/** The variables that an instruction sees. */
export interface Environment {
  readonly values: ReadonlyMap<string, string>
  /** Declared, with a value that only the build knows: an ARG without a default, TARGETARCH and the like. */
  readonly undecided: ReadonlySet<string>
  /** Why further variables may be set: the base image's environment is not known. Null when all are known. */
  readonly open: string | null
}

export type Expanded =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'unresolved'; readonly variable: string | null; readonly reason: string }

const changedByLex = /['"$\\`]/

/** Text with quotes removed and variables expanded, by BuildKit's rules. A variable that is not set is empty. */
export function expand(text: string, environment: Environment, escapeChar: string): Expanded {
  // Most texts are plain.
  if (!changedByLex.test(text)) return { kind: 'value', value: text }
  const lookup = (name: string): string | undefined | null => {
    const value = environment.values.get(name)
    if (value !== undefined) return value
    return environment.undecided.has(name) || environment.open !== null ? null : undefined
  }
  const lexed = lex(text, { escape: escapeChar, lookup })
  if (lexed.kind === 'text') return { kind: 'value', value: lexed.text }
  if (lexed.kind === 'invalid') return { kind: 'unresolved', variable: null, reason: `'${text}': ${lexed.reason}` }
  return { kind: 'unresolved', variable: lexed.variable, reason: reasonFor(lexed.variable, environment) }
}

function reasonFor(variable: string, environment: Environment): string {
  if (environment.undecided.has(variable)) {
    const how = platformArgs.includes(variable) ? '' : `, as --build-arg ${variable}=VALUE does`
    return `${variable} has no default: the build sets it${how}`
  }
  if (environment.values.has(variable)) return `a pattern is applied to ${variable}`
  return `${variable} is not set here, and ${environment.open}`
}

const noGlobals: Environment = { values: new Map(), undecided: new Set(platformArgs), open: null }

/** What FROM lines see: the ARGs before the first of them. */
export function globalEnvironment(
  metaArgs: readonly Instruction[],
  escapeChar: string,
  given: BuildGiven = nothingGiven,
): Environment {
  if (metaArgs.length === 0 && given.platformArgs.size === 0) return noGlobals
  const values = new Map(given.platformArgs)
  const undecided = new Set(platformArgs.filter((name) => !values.has(name)))
  const environment = { values, undecided, open: null }
  for (const instruction of metaArgs)
    applyArg(instruction, environment, { args: given.args, globals: null }, escapeChar)
  return environment
}

/** BuildKit gives this to an image that starts from nothing (measured). */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** An environment that is carried through a stage. */
export interface GrowingEnvironment extends Environment {
  readonly values: Map<string, string>
  readonly undecided: Set<string>
}

/** The stage and the stages it is built from, the outermost parent first. */
export function lineage(dockerfile: Dockerfile, stageIndex: number): readonly number[] {
  const indexes: number[] = []
  for (let index = stageIndex; ; ) {
    const base = dockerfile.stages[index]?.base
    if (base === undefined) return indexes
    indexes.unshift(index)
    if (base.kind !== 'stage') return indexes
    index = base.index
  }
}

/** Where an ARG has its value from, beside its own default. */
export interface ArgSources extends Pick<BuildGiven, 'args'> {
  /** What stands before the first FROM; null there. */
  readonly globals: Environment | null
}

export function applyArg(
  instruction: Instruction,
  into: GrowingEnvironment,
  { args, globals }: ArgSources,
  escapeChar: string,
): void {
  for (const { name, value } of pairsOf(instruction, escapeChar)) {
    const inherited = args.get(name) ?? (value === null ? globals?.values.get(name) : undefined)
    if (inherited !== undefined) set(into, name, { kind: 'value', value: inherited })
    else if (value !== null) set(into, name, expand(value, into, escapeChar))
    // Without a default it leaves an ENV of the same name as it is.
    else if (!into.values.has(name)) into.undecided.add(name)
  }
}

/** Returns the names that were set. */
export function applyEnv(instruction: Instruction, into: GrowingEnvironment, escapeChar: string): readonly string[] {
  // All values of one ENV see the environment before it.
  const pairs = pairsOf(instruction, escapeChar).map(({ name, value }) => ({
    name,
    value: expand(value ?? '', into, escapeChar),
  }))
  for (const { name, value } of pairs) set(into, name, value)
  return pairs.map(({ name }) => name)
}

function set(into: GrowingEnvironment, name: string, value: Expanded): void {
  into.undecided.delete(name)
  into.values.delete(name)
  if (value.kind === 'value') into.values.set(name, value.value)
  else into.undecided.add(name)
}
