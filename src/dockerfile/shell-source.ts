import type { Instruction, Piece, Span } from './model.ts'
import { sourceSpan } from './pieces.ts'
import { isShell, type ShellWord } from './shell-model.ts'

/** What is to be read as shell commands, and where it stands in the Dockerfile. */
export type ShellSource =
  | ShellText
  /** An exec form: one command, its words given. */
  | { readonly kind: 'words'; readonly words: readonly ShellWord[]; readonly span: Span }
  | { readonly kind: 'none'; readonly reason: string }

export interface ShellText {
  readonly kind: 'text'
  readonly text: string
  readonly spanOf: (start: number, end: number) => Span
}

export function shellSource(instruction: Instruction, shell: readonly string[] | null): ShellSource {
  const { keyword, json, rest, text } = instruction
  if (keyword === 'ONBUILD' && instruction.onbuild !== null) return shellSource(instruction.onbuild, shell)
  if (json !== null) {
    const words = json.map((item) => ({ text: JSON.stringify(item.value), value: item.value, span: item.span }))
    return { kind: 'words', words, span: rest }
  }
  const shellName = shell?.[0]
  if (shellName !== undefined && !isShell(shellName)) return { kind: 'none', reason: `the shell is ${shellName}` }
  if (keyword === 'HEALTHCHECK') {
    const command = /^cmd\s+/i.exec(text)?.[0].length
    return command === undefined ? { kind: 'none', reason: 'it has no command' } : textFrom(instruction, command)
  }
  if (keyword !== 'RUN' && keyword !== 'CMD' && keyword !== 'ENTRYPOINT') {
    return { kind: 'none', reason: `${keyword} has no command` }
  }
  return instruction.heredocs.length === 0 ? textFrom(instruction, 0) : heredocText(instruction)
}

function textFrom({ text, pieces }: Instruction, start: number): ShellText {
  return {
    kind: 'text',
    text: text.slice(start),
    spanOf: (from, to) => sourceSpan(pieces, start + from, start + to),
  }
}

/** A heredoc alone is the script itself; with a command it is that command's input, as in any shell. */
function heredocText(instruction: Instruction): ShellSource {
  const { heredocs, pieces, text } = instruction
  const [only] = heredocs
  const alone = only !== undefined && heredocs.length === 1 && /^\d*<<[^\s]*$/.test(text.replace(/<<-?\s+/, '<<'))
  if (alone) return scriptText(only.content, only.contentSpan.start, only.chomp)
  let joined = text
  const all: Piece[] = [...pieces]
  for (const heredoc of heredocs) {
    joined += '\n'
    all.push({ at: joined.length, start: heredoc.contentSpan.start })
    // The terminator stands right after the body in the source too, but for the tabs that <<- allows before it.
    joined += `${heredoc.content}${heredoc.name}`
  }
  return { kind: 'text', text: joined, spanOf: (start, end) => sourceSpan(all, start, end) }
}

function scriptText(content: string, offset: number, chomp: boolean): ShellSource {
  const problem = interpreterProblem(content)
  if (problem !== null) return { kind: 'none', reason: problem }
  // Leading tabs are stripped by <<-, and mean nothing to a shell.
  const text = chomp ? content.replace(/^\t+/gm, (tabs) => ' '.repeat(tabs.length)) : content
  return { kind: 'text', text, spanOf: (start, end) => ({ start: offset + start, end: offset + end }) }
}

/** The word after the options of a shell, when `-c` is one of them. */
function scriptWord(words: readonly ShellWord[]): ShellWord | null {
  let command = false
  for (let at = 1; at < words.length; at += 1) {
    const word = words[at]
    const option = /^[-+][A-Za-z]+$/.exec(word?.value ?? '')?.[0]
    if (option === undefined) return command ? (word ?? null) : null
    if (/^-[a-z]*c/.test(option)) command = true
    // `-o pipefail` takes a word of its own.
    if (/[oO]$/.test(option)) at += 1
  }
  return null
}

/** `#!/usr/bin/dumb-init /bin/sh` is for a shell. */
const STARTS_ANOTHER = /\/(?:env|busybox|dumb-init|tini|tini-static|catatonit|with-contenv)$/
/** Bash with a library of Home Assistant's add-ons. */
const BASHIO = /(^|\/)bashio$/

/** Why a script is not for a shell, by its first line; null when it is, or does not say. */
export function interpreterProblem(script: string): string | null {
  const line = /^\s*#![^\S\n]*(\S+)(?:[^\S\n]+(?:-\S+[^\S\n]+)*(\S+))?/.exec(script)
  const name = STARTS_ANOTHER.test(line?.[1] ?? '') ? line?.[2] : line?.[1]
  return name === undefined || isShell(name) || BASHIO.test(name) ? null : `the script is for ${name}`
}

/** The script of `sh -c 'script'`; null when the words are no such thing. */
export function innerScript(words: readonly ShellWord[]): ShellText | null {
  const script = isShell(words[0]?.value ?? '') ? scriptWord(words) : null
  return script === null ? null : quotedScript(script)
}

/** What a `trap 'script' SIGNAL…` does once the signal comes; null when the words are no such thing, or take one back. */
export function trapScript(words: readonly ShellWord[]): ShellText | null {
  if (words[0]?.value !== 'trap') return null
  const [script, ...signals] = words.slice(words[1]?.value === '--' ? 2 : 1)
  return script === undefined || signals.length === 0 || /^-/.test(script.text) ? null : quotedScript(script)
}

function quotedScript(script: ShellWord): ShellText | null {
  const { start, end } = script.span
  const quoted = /^(['"])([\s\S]*)\1$/.exec(script.text)
  const inner = quoted?.[2]
  const text = script.value ?? inner
  if (text === undefined) return null
  // Places are exact where the text stands in its quotes as it is, else the whole word is the place.
  const exact = text === inner && end - start === text.length + 2
  return {
    kind: 'text',
    text,
    spanOf: exact ? (from, to) => ({ start: start + 1 + from, end: start + 1 + to }) : () => script.span,
  }
}
