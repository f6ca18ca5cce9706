import { bounds } from '../bounds.ts'
import { HardenError } from '../errors.ts'
import { shellQuoted } from './shell.ts'
import { hiddenIn, isPlainText, replaceHidden, visibleLine } from './terminal.ts'

/**
 * Why a text cannot be written into a line of a Dockerfile, as half a sentence; null where it can. BuildKit ends an
 * instruction with its line, whatever quotes stand around the line break (moby/buildkit, frontend/dockerfile/parser), and
 * what a reviewer cannot see does not go into a file that they are to approve.
 */
export function unwritable(text: string): string | null {
  if (/[\n\r]/.test(text)) return 'there is a line break in it, which ends an instruction'
  if (text.includes('\0')) return 'there is a NUL in it'
  if (isBroken(text)) return 'it is not valid UTF-8'
  const found = hiddenIn(text)
  if (found !== null) return `there is an invisible character in it (${found})`
  return text.length > bounds.lineLength ? `it is longer than ${bounds.lineLength} characters` : null
}

/** It was no text, or is none: halves of surrogate pairs, and what a decoder puts in the place of what it cannot read. */
function isBroken(text: string): boolean {
  return !isPlainText(text) && /[\ufffd\p{Cs}]/u.test(text)
}

/** The same of the path of a file in the image, which is absolute and says no folder by `.` or `..`. */
export function unwritablePath(path: string): string | null {
  if (!path.startsWith('/')) return 'it is not absolute'
  if (path.length > bounds.pathLength) return `it is longer than ${bounds.pathLength} characters`
  return /\/\.{0,2}(\/|$)/.test(path) && path !== '/' ? 'it is not a plain path' : unwritable(path)
}

/** The same of a path that a heredoc is copied to: there white space ends a word, and nothing keeps it in. */
export function unwritableTarget(path: string): string | null {
  return /\s/.test(path)
    ? 'there is white space in it, and COPY takes no such target for a heredoc'
    : unwritablePath(path)
}

/** The same of a whole text that goes into a heredoc. */
export function unwritableText(text: string): string | null {
  if (text.includes('\0')) return 'there is a NUL in it'
  if (isBroken(text)) return 'it is not valid UTF-8'
  const isLong = text.split('\n').some((line) => line.length > bounds.lineLength)
  return isLong ? `a line of it is longer than ${bounds.lineLength} characters` : null
}

/** A word of a RUN line, for the shell behind it. Throws HardenError `unwritable`. */
export function shellWord(text: string): string {
  return shellQuoted(sure(text, unwritable(text)))
}

const plain = /^[\w./@%+=:,-]+$/

/**
 * A word of an instruction in which Docker fills in variables (ENV, WORKDIR, LABEL): quoted where needed, `$` kept
 * literal. `escapeChar`: the file's escape character. Throws HardenError `unwritable`.
 */
export function quotedWord(text: string, escapeChar: string): string {
  return plain.test(text) ? text : `"${escaped(sure(text, unwritable(text)), /["$]/g, escapeChar)}"`
}

/** Source and target of a COPY. White space ends a word there, quoted or not: then it is JSON, whose strings are such words too. */
export function copyPaths(source: string, target: string, escapeChar: string): string {
  const paths = [source, target]
  if (!paths.some((path) => /\s/.test(path))) return paths.map((path) => quotedWord(path, escapeChar)).join(' ')
  return execForm(paths.map((path) => escaped(sure(path, unwritable(path)), /["'$]/g, escapeChar)))
}

/** An exec form as people write it: JSON, in which each text can be said but NUL and what is no text. */
export function execForm(words: readonly string[]): string {
  return `[${words.map(jsonWord).join(', ')}]`
}

/** One string of it. Throws HardenError `unwritable`. */
export function jsonWord(word: string): string {
  const why = word.includes('\0') ? 'there is a NUL in it' : /\p{Cs}/u.test(word) ? 'it is not valid UTF-8' : null
  return replaceHidden(JSON.stringify(sure(word, why)), (character) =>
    character.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}

/** The lines of a COPY of a whole text; the quoted delimiter keeps it literal. Throws HardenError `unwritable`. */
export function heredocCopy(copy: string, text: string, path: string, escapeChar: string): readonly string[] {
  sure(path, unwritableTarget(path))
  sure(path, unwritableText(text))
  const end = delimiter(text)
  const body = text.endsWith('\n') ? text.slice(0, -1) : text
  return [`${copy} <<"${end}" ${quotedWord(path, escapeChar)}`, ...(text === '' ? [] : body.split('\n')), end]
}

/** No line of the text ends the heredoc: BuildKit leaves the carriage returns at its end out when it compares. */
function delimiter(text: string): string {
  const lines = new Set(text.split('\n').map((line) => line.trim()))
  let name = 'HARDEN_IMAGE'
  for (let number = 2; lines.has(name); number += 1) name = `HARDEN_IMAGE_${number}`
  return name
}

/** Words for a comment: what is not seen is said by its number. */
export function commentWords(text: string): readonly string[] {
  const { commentWord: most } = bounds
  return visibleLine(text.replace(/\s+/g, ' '))
    .split(' ')
    .map((word) => (word.length > most ? `${word.slice(0, most)}…` : word))
}

function escaped(text: string, signs: RegExp, escapeChar: string): string {
  return text.replaceAll(escapeChar, escapeChar + escapeChar).replace(signs, (sign) => escapeChar + sign)
}

/** The decision leaves out what cannot be written (plan/unwritable.ts): this is for what it has overlooked. */
function sure(text: string, why: string | null): string {
  if (why === null) return text
  throw new HardenError('unwritable', `${visibleLine(text.slice(0, 200))} cannot be written into a Dockerfile: ${why}`)
}
