import type { BuildGiven } from './build-given.ts'
import type { Environment } from './environment.ts'
import { notADockerfile } from './fail.ts'
import type { Instruction, Stage, StageBase } from './model.ts'
import { expand, globalEnvironment } from './variables.ts'

export interface Grouped {
  readonly metaArgs: readonly Instruction[]
  readonly stages: readonly Stage[]
}

/** Instructions in order to stages; the first FROM has been made sure of. */
export function groupStages(instructions: readonly Instruction[], escapeChar: string, given: BuildGiven): Grouped {
  const metaArgs = instructions.filter((instruction) => instruction.stage === -1)
  const environment = globalEnvironment(metaArgs, escapeChar, given)
  const named = new Map<string, number>()
  const stages: Stage[] = []
  let at = metaArgs.length
  while (at < instructions.length) {
    const from = instructions[at]
    if (from === undefined) break
    let next = at + 1
    while (next < instructions.length && instructions[next]?.keyword !== 'FROM') next += 1
    const own = instructions.slice(at + 1, next)
    const index = stages.length
    const name = from.words[2]?.text.toLowerCase() ?? null
    stages.push({
      index,
      name,
      base: baseOf(from, environment, named, escapeChar),
      platform: platformOf(from, environment, escapeChar),
      from,
      instructions: own,
      span: { start: from.lines.start, end: (own.at(-1) ?? from).lines.end },
    })
    // Only now: a stage cannot be built from itself, and a later stage of the same name hides this one.
    if (name !== null) named.set(name, index)
    at = next
  }
  return { metaArgs, stages }
}

function platformOf(from: Instruction, environment: Environment, escapeChar: string): string | null {
  const text = from.flags.find((flag) => flag.name === 'platform')?.value ?? null
  const expanded = text === null ? null : expand(text, environment, escapeChar)
  return expanded?.kind === 'value' ? expanded.value : text
}

function baseOf(
  from: Instruction,
  environment: Environment,
  named: ReadonlyMap<string, number>,
  escapeChar: string,
): StageBase {
  const text = from.words[0]?.text ?? ''
  const expanded = expand(text, environment, escapeChar)
  // Bad syntax, not a missing value: BuildKit refuses it, and most often it is a template.
  if (expanded.kind === 'unresolved' && expanded.variable === null) {
    throw notADockerfile(`FROM ${expanded.reason}`, from.line, 'if this is a template, render it first')
  }
  if (expanded.kind === 'unresolved') return { kind: 'unresolved', text, reason: expanded.reason }
  const reference = expanded.value
  if (reference === '') {
    return { kind: 'unresolved', text, reason: `${text} is empty: no ARG before the first FROM sets it` }
  }
  const index = named.get(reference.toLowerCase())
  if (index !== undefined) return { kind: 'stage', index }
  return reference === 'scratch' ? { kind: 'scratch' } : { kind: 'image', reference }
}
