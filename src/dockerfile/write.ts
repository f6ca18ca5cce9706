import { commentWords, heredocCopy } from '../borders/dockerfile.ts'
import { keywordStyle } from './build.ts'
import type { Dockerfile } from './model.ts'

const COMMENT_WIDTH = 116

/** A keyword in the case that the file uses. */
export function keyword(dockerfile: Dockerfile, name: string): string {
  return keywordStyle(dockerfile) === 'lower' ? name.toLowerCase() : name
}

/** What some program obeys where a comment begins with it, this one included. */
const PRAGMA = /^(?:harden-image|hadolint|checkov|trivy)\b/i

/** The reason above a step, as comment lines of a readable width. */
export function reason(text: string): readonly string[] {
  const lines: string[] = []
  let line = '# harden-image:'
  for (const word of commentWords(text)) {
    if (line.length + 1 + word.length > COMMENT_WIDTH && line !== '#') {
      lines.push(line)
      line = PRAGMA.test(word) ? '#   …' : '#  '
    }
    line += ` ${word}`
  }
  return [...lines, line]
}

/** One RUN of several commands, a command a line. */
export function runStep(dockerfile: Dockerfile, commands: readonly string[]): readonly string[] {
  return commands.map((command, index) => {
    const end = index < commands.length - 1 ? ` ${dockerfile.escape}` : ''
    return index === 0 ? `${keyword(dockerfile, 'RUN')} ${command}${end}` : ` && ${command}${end}`
  })
}

/** A heredoc COPY of a whole text. In a file with CRLF each line ends so, those of the heredoc too. Throws HardenError `unwritable`. */
export function copyText(dockerfile: Dockerfile, text: string, path: string, flags: string): readonly string[] {
  const copy = keyword(dockerfile, 'COPY')
  const body = dockerfile.eol === '\n' ? text : text.replaceAll('\r\n', '\n')
  return heredocCopy(flags === '' ? copy : `${copy} ${flags}`, body, path, dockerfile.escape)
}
