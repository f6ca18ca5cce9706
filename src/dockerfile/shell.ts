import { interpreterProblem, readCommands, type ShellSource, type ShellText } from '../shell/parse-shell.ts'
import type { ShellScript } from '../shell/shell-command.ts'
import { isShell } from '../shell/starters.ts'
import type { Instruction, Piece } from './model.ts'
import { sourceSpan } from './words.ts'

/**
 * The commands of a RUN, or of a CMD, ENTRYPOINT or HEALTHCHECK in either form, with spans in the Dockerfile.
 * Text that is no shell script is a value with a reason.
 *
 * @param shell the SHELL in force; commands for PowerShell or cmd are not read.
 */
export function shellCommands(instruction: Instruction, shell: readonly string[] | null = null): ShellScript {
  const key = shell?.join('\0') ?? ''
  const known = read.get(instruction)
  if (known?.key === key) return known.script
  const script = readCommands(shellSource(instruction, shell))
  read.set(instruction, { key, script })
  return script
}

/** An instruction never changes, and a plan asks for its commands from many sides. */
const read = new WeakMap<Instruction, { readonly key: string; readonly script: ShellScript }>()

function shellSource(instruction: Instruction, shell: readonly string[] | null): ShellSource {
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

type InstructionText = Pick<Instruction, 'text' | 'heredocs'>

/** Whether the text of an instruction or a heredoc of it matches: a cheap question before commands are read. */
export function says({ text, heredocs }: InstructionText, pattern: RegExp): boolean {
  return pattern.test(text) || heredocs.some(({ content }) => pattern.test(content))
}

/** The text of an instruction with its heredocs: of `RUN <<EOF` the commands are only there. */
export function wholeText({ text, heredocs }: InstructionText): string {
  return heredocs.length === 0 ? text : [text, ...heredocs.map(({ content }) => content)].join('\n')
}
