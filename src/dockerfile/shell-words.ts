import type { Assignment, CommandArgument, Redirection, Word, WordPart } from 'unbash'
import type { ShellAssignment, ShellRedirect, ShellWord } from './shell-model.ts'
import type { ShellText } from './shell-source.ts'

export function wordOf(word: CommandArgument, source: ShellText): ShellWord {
  const span = source.spanOf(word.pos, word.end)
  if (word.type === 'Word') return { text: word.text, value: staticValue(word), span }
  const { value } = assignmentOf(word, source)
  return { text: word.text, value: value === null ? null : `${word.name}${word.append ? '+' : ''}=${value}`, span }
}

export function assignmentOf(assignment: Assignment, source: ShellText): ShellAssignment {
  const { value } = assignment
  return {
    name: assignment.name,
    value: value.type === 'Word' && assignment.index === undefined ? staticValue(value) : null,
    span: source.spanOf(assignment.pos, assignment.end),
  }
}

export function redirectOf(redirect: Redirection, source: ShellText): ShellRedirect {
  const span = source.spanOf(redirect.pos, redirect.end)
  if (redirect.type === 'HereDoc') {
    const expands = redirect.delimiter?.quoted === true ? {} : { expands: true as const }
    return { operator: redirect.operator, target: null, body: redirect.body.text, ...expands, span }
  }
  const target = redirect.target === undefined ? null : wordOf(redirect.target, source)
  return { operator: redirect.operator, target, body: null, span }
}

const plain = /^[\w./=:@,+%-]*$/

/** What the word says whatever the environment and the files are; null where they decide. */
export function staticValue(word: Word): string | null {
  // Most words are plain, and unbash takes a word apart only when it is asked for its parts.
  if (plain.test(word.text)) return word.text
  return word.parts === undefined || word.parts.every(isStatic) ? word.value : null
}

function isStatic(part: WordPart): boolean {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return true
    case 'DoubleQuoted':
    case 'LocaleString':
      return part.parts.every(isStatic)
    default:
      return false
  }
}
