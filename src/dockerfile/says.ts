import type { Instruction } from './model.ts'

/** Whether the text of an instruction or a heredoc of it matches: a cheap question before commands are read. */
export function says({ text, heredocs }: Instruction, pattern: RegExp): boolean {
  return pattern.test(text) || heredocs.some(({ content }) => pattern.test(content))
}
