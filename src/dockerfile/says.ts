import type { Instruction } from './model.ts'

type Said = Pick<Instruction, 'text' | 'heredocs'>

/** Whether the text of an instruction or a heredoc of it matches: a cheap question before commands are read. */
export function says({ text, heredocs }: Said, pattern: RegExp): boolean {
  return pattern.test(text) || heredocs.some(({ content }) => pattern.test(content))
}

/** The text of an instruction with its heredocs: of `RUN <<EOF` the commands are only there. */
export function wholeText({ text, heredocs }: Said): string {
  return heredocs.length === 0 ? text : [text, ...heredocs.map(({ content }) => content)].join('\n')
}
