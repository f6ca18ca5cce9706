import type { Span } from '../edit.ts'

export type { Span }

export type ShellScript = { readonly kind: 'parsed'; readonly commands: readonly ShellCommand[] } | Unparsed

/** A text that is no shell script, or one that is too large. */
interface Unparsed {
  readonly kind: 'unparsed'
  /** A subject and a verb. */
  readonly reason: string
  /** A shell runs it, and it was not read because there is too much of it. */
  readonly tooLong?: true
}

export type Connector = '' | ';' | '&' | '&&' | '||' | '|'

/** One simple command, wherever it stands: in a pipe, a branch, a function, a substitution, `sh -c '…'`. */
export interface ShellCommand {
  /** The first word where it is static; null for a bare assignment or redirect, or a name from a variable. */
  readonly name: string | null
  /** The name first. */
  readonly words: readonly ShellWord[]
  readonly assignments: readonly ShellAssignment[]
  readonly redirects: readonly ShellRedirect[]
  /** The operator that joins it to the command before it; '' for the first of a list. */
  readonly connector: Connector
  /** It may not run at all: in a branch, a loop, a function, after `||` or after a test and `&&`. */
  readonly conditional: boolean
  /** The texts of the conditions that must hold, outermost first; `! ` before one that must not. */
  readonly conditions: readonly string[]
  /** The function in whose body it stands. */
  readonly functionName: string | null
  /** Its failure is only tested and ends nothing: it stands in the condition of an `if` or a loop, or behind `!`. */
  readonly tested?: true
  /** The innermost shell of its own around it (brackets, `$(…)`, `sh -c`): a `cd` in there ends with it. */
  readonly subshell?: Span
  /** How it is embedded. */
  readonly within: 'script' | 'substitution' | 'sh -c' | 'heredoc' | 'trap'
  readonly span: Span
}

/** It runs whenever its script does. */
export function isCertain({ conditional, connector }: ShellCommand): boolean {
  return !conditional && /^(|;|&&)$/.test(connector)
}

export interface ShellWord {
  readonly text: string
  /** Quotes removed; null when a variable, a substitution or a pattern decides it. */
  readonly value: string | null
  readonly span: Span
}

export interface ShellAssignment {
  readonly name: string
  /** All of it: `A="$B"`. */
  readonly text: string
  readonly value: string | null
  readonly span: Span
}

export interface ShellRedirect {
  readonly operator: string
  readonly target: ShellWord | null
  /** The text of a heredoc; null for anything else. */
  readonly body: string | null
  /** The shell fills in the variables of the heredoc: its delimiter is not quoted. */
  readonly expands?: true
  readonly span: Span
}
