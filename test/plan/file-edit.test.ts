// What is said of an edit (applySubstitutions) is what the build does (sed -E).
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { images } from '../../catalogue/index.ts'
import {
  applySubstitutions,
  escapeEre,
  escapeReplacement,
  type FileEdit,
  matches,
  mergeByFile,
  type Substitution,
  sedCommand,
} from '../../src/evidence/file-edit.ts'
import { quote, sed } from './sed.ts'

const put = (pattern: string, replacement: string, global = false): Substitution => ({ pattern, replacement, global })
const drop = (pattern: string): Substitution => ({ pattern, replacement: '', global: false, remove: true })

describe('sed does what applySubstitutions says', () => {
  test.each<[string, Substitution[], string]>([
    ['listen 80;\n', [put('listen +80;', 'listen 8080;')], 'listen 8080;\n'],
    ['a a\na\n', [put('a', 'b')], 'b a\nb\n'],
    ['a a\n', [put('a', 'b', true)], 'b b\n'],
    ['user x;\nkeep\n', [drop('^user ')], 'keep\n'],
    ['user x;\nkeep', [drop('^keep$')], 'user x;\n'],
    ['pid /run/x.pid;\n', [put('/run/x', '/tmp/x')], 'pid /tmp/x.pid;\n'],
    ['pid /run/x.pid;\n', [drop('^pid /run/')], ''],
    ['# a/b|c~d,e\n', [put('# a/b\\|c~d,e', 'x/y')], 'x/y\n'],
    ['# a/b|c~d,e\nkeep\n', [drop('# a/b\\|c~d,e')], 'keep\n'],
    ['Listen 80\nListen 8080\n', [put('Listen 80\\b', 'Listen 8000')], 'Listen 8000\nListen 8080\n'],
    ['a\t  b\n', [put('a[[:space:]]+b', 'a b')], 'a b\n'],
    ['x=1;y=2\n', [put('(x)=([[:digit:]]+)', '\\2=\\1')], '1=x;y=2\n'],
    ['cost\n', [put('cost', '$1 $& $$')], '$1 $& $$\n'.replace('$&', '$cost')],
    ['a\n', [put('a', 'b\\&c')], 'b&c\n'],
    ['a\n', [put('a', '[&]')], '[a]\n'],
    ['a\n', [put('a', '&&')], 'aa\n'],
    ['a\n', [put('a', 'back\\\\slash')], 'back\\slash\n'],
    ['one\ntwo\n', [put('one', '1'), put('two', '2'), drop('^1$')], '2\n'],
    ['exec gosu x "$@"\n', [put('exec gosu x "\\$@"', 'exec "$@"')], 'exec "$@"\n'],
    ["it's\n", [put("it's", "its 'own'")], "its 'own'\n"],
    ['a\r\nb\r\n', [put('a', 'c')], 'c\r\nb\r\n'],
    ['', [put('a', 'b')], ''],
    ['[top]\nuser=x\n', [put('^\\[top\\]', '&\\nlog=/tmp/log'), drop('^user=')], '[top]\nlog=/tmp/log\n'],
    ['no newline', [put('line', 'feed')], 'no newfeed'],
    ['[::]:80\n', [put(escapeEre('[::]:80'), escapeReplacement('[::]:8080'))], '[::]:8080\n'],
  ])('%j', (text, substitutions, expected) => {
    expect(sed(text, substitutions)).toBe(expected)
    expect(applySubstitutions(text, substitutions)).toBe(expected)
  })

  test('any text, escaped, matches itself and nothing else, and is put in as it is', () => {
    // All that a configuration line is made of, the marks of regular expressions and of sed among them.
    const line = fc.string({
      unit: fc.constantFrom(...'aB1 \t/\\.*+?^$()[]{}|&#~,;:"\'=-_@<>%!ä'),
      minLength: 1,
      maxLength: 12,
    })
    fc.assert(
      fc.property(line, line, (before, after) => {
        const substitutions = [put(escapeEre(before), escapeReplacement(after))]
        const text = `x${before}y\nother\n`
        const expected = `x${after}y\nother\n`
        expect(applySubstitutions(text, substitutions)).toBe(expected)
        expect(sed(text, substitutions)).toBe(expected)
      }),
      { numRuns: 150 },
    )
  }, 60_000)

  const edits = images.flatMap(({ image, common, variants }) =>
    [common ?? {}, ...variants].flatMap((facts) =>
      [...(facts.configEdits ?? []), ...(facts.ports ?? []).flatMap((move) => move.edits ?? [])].map(
        (edit) => [image, edit.file, edit] as const,
      ),
    ),
  )
  test.each(edits)('the catalogue: %s %s', (_, __, edit) => {
    const { pattern, replacement = '', global = false, remove, example } = edit
    const substitution = { pattern, replacement, global, ...(remove === true ? { remove } : {}) }
    const expected = example.after === null ? '' : `${example.after}\n`
    expect(sed(`${example.before}\n`, [substitution])).toBe(expected)
    expect(applySubstitutions(`${example.before}\n`, [substitution])).toBe(expected)
  })
})

test('a pattern that JavaScript cannot read gives no text', () => {
  expect(applySubstitutions('a', [put('(', '')])).toBeNull()
})

test('whether a substitution would change anything', () => {
  expect(matches('a\nlisten 80;\n', put('^listen', 'x', true))).toBe(true)
  expect(matches('a\n listen 80;\n', put('^listen', 'x'))).toBe(false)
  expect(matches('a', put('(', 'x'))).toBe(false)
})

test('one script is said as it is, several with -e', () => {
  const edit = (...substitutions: Substitution[]): FileEdit => ({
    path: '/etc/x',
    substitutions,
    reason: '',
    purpose: 'port',
    evidence: [],
  })
  expect(sedCommand(edit(put('a', 'b')), quote).join(' ')).toBe("sed -i -E 's/a/b/' '/etc/x'")
  expect(sedCommand(edit(put('a', 'b', true), drop('/x')), quote).join(' ')).toBe(
    "sed -i -E -e 's/a/b/g' -e '\\#/x#d' '/etc/x'",
  )
})

test('edits of one file and purpose become one, each substitution and reason once', () => {
  const edit = (path: string, purpose: FileEdit['purpose'], pattern: string, reason: string): FileEdit => ({
    path,
    substitutions: [put(pattern, '')],
    reason,
    purpose,
    evidence: [],
  })
  const merged = mergeByFile([
    edit('/a', 'port', 'x', 'one'),
    edit('/a', 'port', 'y', 'two'),
    edit('/a', 'port', 'x', 'one'),
    edit('/a', 'config', 'x', 'one'),
    edit('/b', 'port', 'x', 'one'),
  ])
  expect(
    merged.map(({ path, purpose, reason, substitutions }) => [path, purpose, reason, substitutions.length]),
  ).toEqual([
    ['/a', 'port', 'one; two', 2],
    ['/a', 'config', 'one', 1],
    ['/b', 'port', 'one', 1],
  ])
})
