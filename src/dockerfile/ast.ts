/**
 * dockerfile-ast reads the structure of each instruction: flags and JSON strings with their places. It gets the
 * logical lines, one a line, with what it would misread neutralised at the same length (FACTS 34: heredocs, quotes and
 * escapes in flags, lone CR), so that a place in its line is a place in ours.
 */
import { DockerfileParser, type Instruction, JSONInstruction, ModifiableInstruction } from 'dockerfile-ast'
import type { InTurn } from '../in-turn.ts'
import type { Span } from './model.ts'
import type { Split } from './split.ts'

export interface Structure {
  readonly flags: readonly FlagStructure[]
  /** The strings of a JSON array, quotes included. */
  readonly strings: readonly Span[]
}

export interface FlagStructure {
  readonly span: Span
  /** Without the dashes. */
  readonly name: Span
  /** After the `=`; null for a bare flag. */
  readonly value: Span | null
}

/** A line for dockerfile-ast: what the split found, and whether the arguments are a JSON array. */
export interface AstRow {
  readonly text: string
  readonly split: Split
  readonly json: boolean
}

/** Rows that dockerfile-ast gets at a time: no Dockerfile that a person has written has more. */
const AT_A_TIME = 500

/** One structure a row, in order. */
export function* readStructures(rows: readonly AstRow[]): InTurn<readonly Structure[]> {
  const structures: Structure[] = []
  for (let at = 0; at < rows.length; at += AT_A_TIME) {
    for (const one of readSome(rows.slice(at, at + AT_A_TIME))) structures.push(one)
    yield
  }
  return structures
}

function readSome(rows: readonly AstRow[]): readonly Structure[] {
  // Most instructions have neither flags nor a JSON form: there is nothing to ask about them.
  const asked = rows.filter(hasStructure)
  if (asked.length === 0) return rows.map(() => noStructure)
  const instructions = DockerfileParser.parse(asked.map(neutralise).join('\n')).getInstructions()
  let at = 0
  return rows.map((row) => {
    if (!hasStructure(row)) return noStructure
    const instruction = instructions[at]
    if (instruction === undefined) throw new Error(`dockerfile-ast read no instruction in row ${at}`)
    at += 1
    return structureOf(instruction)
  })
}

const noStructure: Structure = { flags: [], strings: [] }

function hasStructure({ json, split }: AstRow): boolean {
  return json || split.flags.length > 0
}

function neutralise({ text, split, json }: AstRow): string {
  const { keyword, keywordSpan, flags, arguments: rest } = split
  // A row may be nested in its line (ONBUILD, HEALTHCHECK): spaces before it keep the places equal.
  let row = ' '.repeat(keywordSpan.start) + keyword.padEnd(keywordSpan.end - keywordSpan.start, '_')
  for (const flag of flags) {
    row = row.padEnd(flag.start) + text.slice(flag.start, flag.end).replace(/[^\w=.-]/g, '_')
  }
  if (rest.end === rest.start) return row
  row = row.padEnd(Math.max(rest.start, row.length + 1))
  return json ? row + neutralStrings(text.slice(rest.start, rest.end)) : `${row}_`
}

/** A JSON array with nothing left in its strings that could end them. */
function neutralStrings(json: string): string {
  return json.replace(/"(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|\s/g, (part) => {
    return part.startsWith('"') ? `"${'_'.repeat(part.length - 2)}"` : ' '
  })
}

function structureOf(instruction: Instruction): Structure {
  if (!(instruction instanceof ModifiableInstruction)) return { flags: [], strings: [] }
  return {
    flags: instruction.getFlags().map((flag) => {
      const value = flag.getValueRange()
      return {
        span: columns(flag.getRange()),
        name: columns(flag.getNameRange()),
        value: value === null ? null : columns(value),
      }
    }),
    strings:
      instruction instanceof JSONInstruction ? instruction.getJSONStrings().map((s) => columns(s.getRange())) : [],
  }
}

interface LineRange {
  readonly start: { readonly character: number }
  readonly end: { readonly character: number }
}

function columns(range: LineRange): Span {
  return { start: range.start.character, end: range.end.character }
}
