import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { shellWord } from '../../src/borders/dockerfile.ts'
import { shellQuoted } from '../../src/borders/shell.ts'
import { applySubstitutions, inPlaceOf } from '../../src/evidence/file-edit.ts'
import { sed } from '../plan/sed.ts'

const nasty = fc.constantFrom(
  ...`'"\\$\`#&|;<>()[]{}*?!~^%@=:,./- \t\nab1`,
  '$(touch /tmp/x)',
  '<<EOF',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's variable
  '${IFS}',
  '-n',
  'ä',
  '日',
)
const word = fc
  .array(fc.oneof(nasty, fc.string({ unit: 'grapheme' })), { maxLength: 12 })
  .map((parts) => parts.join(''))

test('sh reads back each word as it was, byte for byte', () => {
  const words = fc.sample(word, 2000).map((text) => text.replaceAll('\0', ''))
  const script = words.map((text) => `printf '%s\\0' ${shellQuoted(text)}\n`).join('')
  const { stdout, status } = spawnSync('/bin/sh', [], { input: script, encoding: 'utf8', maxBuffer: 1e8 })
  expect(status).toBe(0)
  expect(stdout.split('\0').slice(0, -1)).toEqual(words.map((text) => text))
})

test.each(['a\nb', 'a\rb', 'a\0b', 'a\ud800', 'a\u202eb', '/\ufffd'])('%j is no word of a RUN line', (text) => {
  expect(() => shellWord(text)).toThrow('cannot be written into a Dockerfile')
})

/** One line that is neither empty nor has what sed and a Dockerfile end a line by. */
const line = word.map((text) => text.replaceAll(/[\n\r\0]/g, '')).filter((text) => text !== '')

test('sed puts one line in the place of another, whatever is in them', () => {
  const lines = fc.sample(fc.tuple(line, line), 60)
  for (const [from, to] of lines) {
    const text = `first\n${from}\nlast\n`
    const made = sed(text, [inPlaceOf(from, to)])
    expect({ from, to, made }).toEqual({ from, to, made: applySubstitutions(text, [inPlaceOf(from, to)]) })
    expect(made.split('\n')).toContain(to)
  }
})
