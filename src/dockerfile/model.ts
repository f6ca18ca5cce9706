/**
 * The read-only model of one Dockerfile. All offsets are UTF-16 code units into `source`, `end` is exclusive;
 * lines and columns are 1-based. The model is read and never printed: changes are edits on offsets.
 */
import type { Span } from '../edit.ts'

export type { Span }

export interface Dockerfile {
  readonly source: string
  /** The line end that most lines have; inserted text uses it. */
  readonly eol: '\n' | '\r\n'
  readonly escape: '\\' | '`'
  readonly directives: readonly Directive[]
  /** Every comment line outside heredocs, also those inside continued instructions. */
  readonly comments: readonly Comment[]
  /** ARG instructions before the first FROM. */
  readonly metaArgs: readonly Instruction[]
  /** The values that the build is given for ARGs, by name. */
  readonly args: ReadonlyMap<string, string>
  /** At least one. */
  readonly stages: readonly Stage[]
}

export interface Directive {
  /** Lower case: `syntax`, `escape`, `check`. */
  readonly name: string
  readonly value: string
  readonly span: Span
}

export interface Comment {
  /** With the `#`, without line end. */
  readonly text: string
  readonly span: Span
  readonly line: number
}

export type StageBase =
  | { readonly kind: 'stage'; readonly index: number }
  | { readonly kind: 'scratch' }
  /** `reference` has its variables expanded from what the build is given, else the meta ARG defaults. */
  | { readonly kind: 'image'; readonly reference: string }
  /** The reference uses a variable that has no default, and the build is given none. */
  | { readonly kind: 'unresolved'; readonly text: string; readonly reason: string }

export interface Stage {
  readonly index: number
  /** `AS name`, in lower case as BuildKit compares it. */
  readonly name: string | null
  readonly base: StageBase
  /** `--platform` of the FROM, its variables expanded; as written where they cannot be. */
  readonly platform: string | null
  readonly from: Instruction
  /** All after FROM, up to the next FROM. */
  readonly instructions: readonly Instruction[]
  readonly span: Span
}

type Form = 'exec' | 'shell'

export interface Instruction {
  /** Upper case. */
  readonly keyword: string
  readonly keywordSpan: Span
  /** From the keyword to the end of the last line (heredoc bodies and terminators with it), without its line end. */
  readonly span: Span
  /** Start of the first line (leading white space included) and just after the line end of the last one (or end of text). */
  readonly lines: Span
  readonly line: number
  readonly column: number
  readonly flags: readonly Flag[]
  /** What follows keyword and flags, as written, heredoc bodies not included; empty span when there is nothing. */
  readonly rest: Span
  /**
   * The text of `rest` as BuildKit sees it: continuations joined, comment and blank lines within dropped, trimmed.
   */
  readonly text: string
  /** Where `text` stands in the source, one piece a physical line; see `sourceOffset`. */
  readonly pieces: readonly Piece[]
  readonly form: Form
  /** The strings of a JSON (exec) form; null for the shell form. */
  readonly json: readonly JsonItem[] | null
  /**
   * White-space separated words, quotes kept in `text` and removed in `value`. None for a JSON form, and none for RUN,
   * CMD, ENTRYPOINT, HEALTHCHECK and ONBUILD: `shellCommands` reads those.
   */
  readonly words: readonly InstructionWord[]
  readonly heredocs: readonly Heredoc[]
  /** The trigger of an ONBUILD, parsed as an instruction of its own (offsets into the same source). */
  readonly onbuild: Instruction | null
  /** Index of the stage it stands in; -1 before the first FROM. */
  readonly stage: number
}

/** From `at` in a joined text on, the characters come from `start` on in the source, up to the next piece. */
export interface Piece {
  readonly at: number
  readonly start: number
}

export interface Flag {
  /** Without dashes, as written: `from`, `chown`, `mount`. */
  readonly name: string
  /** What follows `=`; null for a bare flag. */
  readonly value: string | null
  readonly span: Span
  readonly valueSpan: Span | null
}

export interface InstructionWord {
  readonly text: string
  /** Quotes and escapes removed, variables not expanded. */
  readonly value: string
  readonly span: Span
}

export interface JsonItem {
  readonly value: string
  /** With its quotes. */
  readonly span: Span
}

export interface Heredoc {
  readonly name: string
  /** `<<-`: leading tabs are stripped. */
  readonly chomp: boolean
  /** Variables are expanded (the delimiter was not quoted). */
  readonly expand: boolean
  /** The body with its line ends, without the terminator line. */
  readonly content: string
  readonly contentSpan: Span
  /** The redirect, `<<EOF`, in the instruction line. */
  readonly span: Span
}
