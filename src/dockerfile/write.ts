import { keywordStyle } from './build.ts'
import type { Dockerfile } from './model.ts'

const COMMENT_WIDTH = 116

/** A keyword in the case that the file uses. */
export function keyword(dockerfile: Dockerfile, name: string): string {
  return keywordStyle(dockerfile) === 'lower' ? name.toLowerCase() : name
}

/** The reason above a step, as comment lines of a readable width. */
export function reason(text: string): readonly string[] {
  const lines: string[] = []
  let line = '# harden-image:'
  for (const word of text.split(/\s+/)) {
    if (line.length + 1 + word.length > COMMENT_WIDTH && line !== '#') {
      lines.push(line)
      line = '#  '
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

/** A word for a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** A value for ENV: quoted where needed, `$` kept literal. */
export function envValue(text: string): string {
  if (/^[\w./@%+=:,-]+$/.test(text)) return text
  return `"${text.replace(/[\\"$]/g, '\\$&')}"`
}

/** An exec form as people write it. */
export function execForm(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(', ')}]`
}

/** A heredoc COPY of a whole text; the quoted delimiter keeps it literal. */
export function copyText(dockerfile: Dockerfile, text: string, path: string, flags: string): readonly string[] {
  const end = 'HARDEN_IMAGE'
  const body = text.endsWith('\n') ? text.slice(0, -1) : text
  return [
    `${keyword(dockerfile, 'COPY')} ${flags === '' ? '' : `${flags} `}<<"${end}" ${path}`,
    ...body.split(/\r?\n/),
    end,
  ]
}
