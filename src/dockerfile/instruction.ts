import type { AstRow, FlagStructure, Structure } from './ast.ts'
import { type LogicalLine, notADockerfile } from './lines.ts'
import type { Flag, Heredoc, Instruction, JsonItem, Piece, Span } from './model.ts'
import { jsonForm, type Split, splitInstruction } from './split.ts'
import { isKeyword, slicePieces, sourceOffset, sourceSpan, unquote, wordsOf } from './words.ts'

/** An instruction whose structure is still to be read: a row for dockerfile-ast, and one for what is nested in it. */
export interface InstructionDraft {
  readonly line: LogicalLine
  readonly split: Split
  /** The values of the JSON form; null for the shell form. */
  readonly json: readonly string[] | null
  readonly row: AstRow
  /** The trigger of an ONBUILD, the CMD of a HEALTHCHECK. */
  readonly nested: InstructionDraft | null
}

/** Instructions whose arguments may be a JSON array. */
const takesJson: ReadonlySet<string> = new Set(['ADD', 'CMD', 'COPY', 'ENTRYPOINT', 'RUN', 'SHELL', 'VOLUME'])

export function draftOf(line: LogicalLine, escapeChar: string, from = 0): InstructionDraft {
  const split = splitInstruction(line.text, escapeChar, from)
  const { keyword, arguments: rest } = split
  const text = takesJson.has(keyword) ? line.text.slice(rest.start, rest.end) : ''
  const form = jsonForm(text)
  if (form.kind === 'not-strings') {
    const hint = 'quote every item, or write the shell form'
    throw notADockerfile(`the JSON array of ${keyword} may hold strings only`, line.line, hint)
  }
  const json = form.kind === 'strings' ? form.values : null
  const row = { text: line.text, split, json: json !== null }
  return { line, split, json, row, nested: nestedDraft(line, split, escapeChar) }
}

function nestedDraft(line: LogicalLine, split: Split, escapeChar: string): InstructionDraft | null {
  const { keyword, arguments: rest } = split
  if (rest.end === rest.start) return null
  if (keyword === 'ONBUILD' && !/^onbuild(?:\s|$)/i.test(line.text.slice(rest.start))) {
    return draftOf(line, escapeChar, rest.start)
  }
  const isCheck = keyword === 'HEALTHCHECK' && /^cmd(?=\s|$)/i.test(line.text.slice(rest.start, rest.start + 4))
  return isCheck ? checkDraft(line, rest) : null
}

/** HEALTHCHECK CMD is no CMD instruction: what looks like a flag after it belongs to the command. */
function checkDraft(line: LogicalLine, rest: Span): InstructionDraft {
  let start = rest.start + 3
  while (start < rest.end && /\s/.test(line.text[start] ?? '')) start += 1
  const split = {
    keyword: 'CMD',
    keywordSpan: { start: rest.start, end: rest.start + 3 },
    flags: [],
    arguments: { start, end: rest.end },
  }
  const form = jsonForm(line.text.slice(start, rest.end))
  if (form.kind === 'not-strings') {
    throw notADockerfile('the JSON array of HEALTHCHECK may hold strings only', line.line, 'quote every item')
  }
  const json = form.kind === 'strings' ? form.values : null
  return { line, split, json, row: { text: line.text, split, json: json !== null }, nested: null }
}

/** The rows of a draft, in the order in which `buildInstruction` takes their structures. */
export function rowsOf(draft: InstructionDraft): readonly AstRow[] {
  if (!isKeyword(draft.split.keyword)) return []
  return draft.nested === null ? [draft.row] : [draft.row, ...rowsOf(draft.nested)]
}

export interface WordPlace {
  readonly line: number
  readonly column: number
}

export function buildInstruction(
  draft: InstructionDraft,
  structures: Iterator<Structure>,
  stage: number,
  escapeChar: string,
  placeOf: (offset: number) => WordPlace,
): Instruction {
  const { line, split } = draft
  const known = isKeyword(split.keyword)
  const structure: Structure = (known ? structures.next().value : undefined) ?? { flags: [], strings: [] }
  const nested = draft.nested === null ? null : buildInstruction(draft.nested, structures, stage, escapeChar, placeOf)
  const json = split.keyword === 'HEALTHCHECK' ? (nested?.json ?? null) : itemsOf(draft, structure)
  const { start, end } = split.arguments
  const text = line.text.slice(start, end)
  const pieces = slicePieces(line.pieces, start, end)
  const keywordSpan = sourceSpan(line.pieces, split.keywordSpan.start, split.keywordSpan.end)
  const place = placeOf(keywordSpan.start)
  // One shape for all instructions: whatever asks for their fields is several times slower where each has its own.
  return {
    keyword: split.keyword,
    keywordSpan,
    span: { start: keywordSpan.start, end: Math.max(line.contentEnd, keywordSpan.end) },
    lines: { start: line.start, end: line.end },
    line: place.line,
    column: place.column,
    flags: structure.flags.map((flag) => flagOf(flag, line, escapeChar)),
    rest: end > start ? sourceSpan(line.pieces, start, end) : emptyRest(line.pieces, split),
    text,
    pieces,
    form: json === null ? 'shell' : 'exec',
    json,
    words: json === null && !isCommand.has(split.keyword) ? wordsOf(split.keyword, text, pieces, escapeChar) : [],
    heredocs: heredocsOf(draft),
    onbuild: split.keyword === 'ONBUILD' ? nested : null,
    stage,
  }
}

/** Their shell forms are cut into words by a shell, not at blanks. */
const isCommand: ReadonlySet<string> = new Set(['CMD', 'ENTRYPOINT', 'HEALTHCHECK', 'ONBUILD', 'RUN'])

function emptyRest(pieces: readonly Piece[], split: Split): Span {
  const last = split.flags.at(-1)?.end ?? split.keywordSpan.end
  const at = last === 0 ? sourceOffset(pieces, 0) : sourceOffset(pieces, last - 1) + 1
  return { start: at, end: at }
}

function itemsOf(draft: InstructionDraft, structure: Structure): readonly JsonItem[] | null {
  const { json, line } = draft
  if (json === null) return null
  return structure.strings.map((span, index) => ({
    value: json[index] ?? '',
    span: sourceSpan(line.pieces, span.start, span.end),
  }))
}

function flagOf(flag: FlagStructure, line: LogicalLine, escapeChar: string): Flag {
  const slice = (span: Span) => unquote(line.text.slice(span.start, span.end), escapeChar)
  return {
    name: slice(flag.name),
    value: flag.value === null ? null : slice(flag.value),
    span: sourceSpan(line.pieces, flag.span.start, flag.span.end),
    valueSpan: flag.value === null ? null : sourceSpan(line.pieces, flag.value.start, flag.value.end),
  }
}

/** The heredocs belong to the instruction that takes them: with ONBUILD, to both. */
function heredocsOf(draft: InstructionDraft): readonly Heredoc[] {
  return draft.split.keyword === 'HEALTHCHECK' ? [] : draft.line.heredocs
}
