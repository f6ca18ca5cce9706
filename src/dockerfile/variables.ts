import { bounds } from '../bounds.ts'
import type { Platform } from '../image/facts.ts'
import { type Environment, type GrowingEnvironment, growing, type HeldValue, heldBy } from './environment.ts'
import { lex } from './lex.ts'
import type { Dockerfile, Instruction } from './model.ts'
import { pairsOf } from './words.ts'

/** What the build is told from outside. */
export interface BuildGiven {
  /** `--build-arg`, for the ARGs that are declared. */
  readonly args: ReadonlyMap<string, string>
  /** What the platform arguments say in FROM lines. In a stage they stay undecided: the same file is built for others. */
  readonly platformArgs: ReadonlyMap<string, string>
}

const nothing: ReadonlyMap<string, string> = new Map()
export const nothingGiven: BuildGiven = { args: nothing, platformArgs: nothing }

/** `NAME=VALUE`, as a build is given them, by name; the last of several counts. */
export function pairs(given: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    given.map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

/** What the platform arguments are in a build on `own` for `target`; an empty VARIANT where there is none. */
export function platformArguments(own: Platform, target: Platform): ReadonlyMap<string, string> {
  return new Map([...argumentsOf('BUILD', own), ...argumentsOf('TARGET', target)])
}

function argumentsOf(prefix: string, platform: Platform): readonly (readonly [string, string])[] {
  const { os, architecture } = platform
  const variant = normalVariant(platform)
  return [
    [`${prefix}PLATFORM`, [os, architecture, variant].filter(Boolean).join('/')],
    [`${prefix}OS`, os],
    [`${prefix}ARCH`, architecture],
    [`${prefix}VARIANT`, variant],
  ]
}

/** As containerd's `platforms.Normalize` has it. */
function normalVariant({ architecture, variant = '' }: Platform): string {
  if (architecture === 'arm' && variant === '') return 'v7'
  return architecture === 'arm64' && variant === 'v8' ? '' : variant
}

/** Set by BuildKit in the scope of FROM lines; in a stage once an ARG asks for them. */
const platformArgs = ['PLATFORM', 'OS', 'OSVERSION', 'ARCH', 'VARIANT'].flatMap((name) => [
  `BUILD${name}`,
  `TARGET${name}`,
])

export type Expanded =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'unresolved'; readonly variable: string | null; readonly reason: string }

const changedByLex = /['"$\\`]/

/** Text with quotes removed and variables expanded, by BuildKit's rules. A variable that is not set is empty. */
export function expand(text: string, environment: Environment, escapeChar: string): Expanded {
  // Most texts are plain.
  if (!changedByLex.test(text)) return { kind: 'value', value: text }
  const lookup = (name: string): string | undefined | null => {
    const held = heldBy(environment, name)
    if (held !== undefined) return held.value
    return environment.open !== null ? null : undefined
  }
  const lexed = lex(text, { escape: escapeChar, lookup, longest: bounds.expandedLength, textOnly: true })
  if (lexed.kind === 'text') return { kind: 'value', value: lexed.text }
  if (lexed.kind === 'invalid')
    return { kind: 'unresolved', variable: null, reason: `'${shown(text)}': ${lexed.reason}` }
  return { kind: 'unresolved', variable: lexed.variable, reason: reasonFor(lexed.variable, environment) }
}

/** A text may be as long as a line. */
function shown(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`
}

function reasonFor(variable: string, environment: Environment): string {
  const held = heldBy(environment, variable)
  if (held?.value === null) {
    if (held.why !== null) return `${variable} is unknown: ${held.why}`
    const how = platformArgs.includes(variable) ? '' : `, as --build-arg ${variable}=VALUE does`
    return `${variable} has no default: the build sets it${how}`
  }
  if (held !== undefined) return `a pattern is applied to ${variable}`
  return `${variable} is not set here, and ${environment.open}`
}

/** What FROM lines see: the ARGs before the first of them. */
export function globalEnvironment(
  metaArgs: readonly Instruction[],
  escapeChar: string,
  given: BuildGiven = nothingGiven,
): Environment {
  if (metaArgs.length === 0 && given.platformArgs.size === 0) return noGlobals
  const environment = growing()
  for (const name of platformArgs) environment.set(name, undecided)
  for (const [name, value] of given.platformArgs) environment.set(name, { value })
  for (const instruction of metaArgs)
    applyArg(instruction, environment, { args: given.args, globals: null }, escapeChar)
  return environment.now()
}

const undecided: HeldValue = { value: null, why: null }
const noGlobals: Environment = { values: new Map(), undecided: new Set(platformArgs), open: null }

/** BuildKit gives this to an image that starts from nothing (measured). */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The stage and the stages it is built from, the outermost parent first. */
export function lineage(dockerfile: Dockerfile, stageIndex: number): readonly number[] {
  const indexes: number[] = []
  for (let index = stageIndex; ; ) {
    const base = dockerfile.stages[index]?.base
    if (base === undefined) return indexes.reverse()
    indexes.push(index)
    if (base.kind !== 'stage') return indexes.reverse()
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
    if (inherited !== undefined) into.set(name, { value: inherited })
    else if (value !== null) into.set(name, heldAs(expand(value, into, escapeChar), into))
    // Without a default it leaves an ENV of the same name as it is.
    else if ((heldBy(into, name)?.value ?? null) === null) into.set(name, undecided)
  }
}

/** Returns the names that were set. */
export function applyEnv(instruction: Instruction, into: GrowingEnvironment, escapeChar: string): readonly string[] {
  // All values of one ENV see the environment before it.
  const pairs = pairsOf(instruction, escapeChar).map(({ name, value }) => ({
    name,
    value: expand(value ?? '', into, escapeChar),
  }))
  for (const { name, value } of pairs) into.set(name, heldAs(value, into))
  return pairs.map(({ name }) => name)
}

/** A variable that needs another one is not known for the reason of that one. */
function heldAs(expanded: Expanded, environment: Environment): HeldValue {
  if (expanded.kind === 'value') return { value: expanded.value }
  if (expanded.variable === null) return { value: null, why: expanded.reason }
  const held = heldBy(environment, expanded.variable)
  return { value: null, why: held?.value === null ? held.why : null }
}
