import { bounds } from '../bounds.ts'
import { HardenError } from '../errors.ts'
import { atOnce, type InTurn } from '../in-turn.ts'
import { readStructures } from './ast.ts'
import type { Environment } from './environment.ts'
import { buildInstruction, draftOf, type InstructionDraft, rowsOf, type WordPlace } from './instruction.ts'
import { notADockerfile, scanLines } from './lines.ts'
import type { Dockerfile, Instruction, Stage, StageBase } from './model.ts'
import { problemOf } from './rules.ts'
import { type BuildGiven, expand, globalEnvironment, nothingGiven } from './variables.ts'
import { isKeyword } from './words.ts'

/**
 * Text to the model. Accepts what BuildKit's parser accepts, the heredocs of BuildKit 0.26 included. `given` decides what
 * FROM lines and ARGs say.
 *
 * @throws HardenError `not-a-dockerfile`, or `too-large` for more instructions or stages than are read, with the line, and nothing else on any text.
 */
export function parseDockerfile(source: string, given: BuildGiven = nothingGiven): Dockerfile {
  return atOnce(parseInTurn(source, given))
}

/** The same, with pauses. */
export function* parseInTurn(source: string, given: BuildGiven): InTurn<Dockerfile> {
  const nul = source.indexOf('\0')
  if (nul !== -1)
    throw notADockerfile('a NUL byte: this is no text file', lineAt(lineStarts(source.slice(0, nul)), nul))
  const { escape: escapeChar, directives, comments, lines } = scanLines(source)
  checkNumber(
    lines[bounds.instructions],
    bounds.instructions,
    'instructions',
    'build a part of it as an image of its own',
  )
  const drafts = lines.map((line) => checked(draftOf(line, escapeChar), escapeChar, source))
  checkOrder(drafts)
  checkStages(drafts)
  yield
  const structures = (yield* readStructures(drafts.flatMap(rowsOf))).values()
  const placeOf = placeFinder(source)
  const instructions: Instruction[] = []
  let stage = -1
  for (const draft of drafts) {
    if (draft.split.keyword === 'FROM') stage += 1
    instructions.push(buildInstruction(draft, structures, stage, escapeChar, placeOf))
  }
  yield
  const { metaArgs, stages } = groupStages(instructions, escapeChar, given)
  const { args } = given
  return { source, eol: lineEnd(source), escape: escapeChar, directives, comments, metaArgs, args, stages }
}

function checked(draft: InstructionDraft, escapeChar: string, source: string): InstructionDraft {
  const { line, split } = draft
  if (!isKeyword(split.keyword)) throw unknownInstruction(draft, source)
  const problem = problemOf(draft, escapeChar)
  if (problem !== null)
    throw notADockerfile(problem, line.line, placeholder.test(line.text) ? 'render the template first' : undefined)
  return draft
}

function checkStages(drafts: readonly InstructionDraft[]): void {
  const first = drafts.filter(({ split }) => split.keyword === 'FROM')[bounds.stages]
  checkNumber(first?.line, bounds.stages, 'stages', 'split the file: each stage is looked at by itself')
}

function checkNumber(first: { readonly line: number } | undefined, most: number, what: string, hint: string): void {
  if (first === undefined) return
  const { line } = first
  throw new HardenError('too-large', `line ${line}: more than ${most} ${what}, the most that are read`, { line, hint })
}

/** Only ARG may stand before the first FROM. */
function checkOrder(drafts: readonly InstructionDraft[]): void {
  const first = drafts.find((draft) => draft.split.keyword !== 'ARG')
  if (first?.split.keyword === 'FROM') return
  if (drafts.length === 0)
    throw notADockerfile('the file has no instructions', 1, 'a Dockerfile begins with FROM and an image')
  if (first === undefined)
    throw notADockerfile(
      'no FROM: the file has no stage to build',
      drafts[0]?.line.line ?? 1,
      'a Dockerfile begins with FROM and an image',
    )
  throw notADockerfile(`${first.split.keyword} stands before the first FROM; only ARG may`, first.line.line)
}

/** Nothing that BuildKit reads has these. */
const placeholder = /\{\{|\{%|<%/
const templateMarks = /\{\{|\{%|%%|<%|^@\w+@?|^\$\{?\w|^#?[<>]{7}/

const otherFormat = /^\s*(\{\s*("|$)|---\s*$|[a-z][\w.-]*:(\s|$))/

function unknownInstruction(draft: InstructionDraft, source: string) {
  const { start, end } = draft.split.keywordSpan
  const word = draft.line.text.slice(start, Math.min(end, start + 40))
  const hint = otherFormat.test(draft.line.text)
    ? placeholder.test(source)
      ? 'this looks like a template of manifests: render it first, as helm template does, and name the result'
      : 'this looks like YAML or JSON: name the Dockerfile that it refers to'
    : templateMarks.test(draft.line.text)
      ? 'this looks like a template: render it first, and harden the result'
      : 'check the spelling, and that the line before it ends in a continuation if it should'
  return notADockerfile(`unknown instruction '${word}'`, draft.line.line, hint)
}

function lineEnd(source: string): '\n' | '\r\n' {
  let all = 0
  let crlf = 0
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) {
    all += 1
    if (source[at - 1] === '\r') crlf += 1
  }
  return crlf * 2 > all ? '\r\n' : '\n'
}

function lineStarts(source: string): readonly number[] {
  const starts = [0]
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** 1-based. */
function lineAt(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low + 1
}

function placeFinder(source: string): (offset: number) => WordPlace {
  const starts = lineStarts(source)
  return (offset) => {
    const line = lineAt(starts, offset)
    return { line, column: offset - (starts[line - 1] ?? 0) + 1 }
  }
}

interface Grouped {
  readonly metaArgs: readonly Instruction[]
  readonly stages: readonly Stage[]
}

/** Instructions in order to stages; the first FROM has been made sure of. */
function groupStages(instructions: readonly Instruction[], escapeChar: string, given: BuildGiven): Grouped {
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
