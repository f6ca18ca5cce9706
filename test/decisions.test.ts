// Lines that say in a Dockerfile what is left to a person: where they stand, and what one holds that somebody else has written.
import { expect, test } from '@jest/globals'
import { DECIDE, decideLine, decisionEdits, decisionIn, standingIn, withoutProved } from '../src/decisions.ts'
import { parseDockerfile } from '../src/dockerfile/index.ts'
import { applyEdits } from '../src/edit.ts'

/** With todos of these messages, by the line that they are about. */
function decided(source: string, todos: Readonly<Record<number, string>>): string {
  const all = Object.entries(todos).map(([line, message]) => ({ message, line: Number(line), isProvable: false }))
  return applyEdits(source, decisionEdits(parseDockerfile(source), all))
}

const LINE = `${DECIDE}keep it`

test.each<readonly [says: string, source: string, line: number, expected: string]>([
  ['above its instruction', 'FROM a\nCMD b\n', 2, `FROM a\n${LINE}\nCMD b\n`],
  [
    'above a continued instruction, whichever of its lines it is about',
    'FROM a\nRUN b \\\n # c\n && d\n',
    4,
    `FROM a\n${LINE}\nRUN b \\\n # c\n && d\n`,
  ],
  ['above a heredoc', 'FROM a\nRUN <<E\nUSER b\nE\n', 3, `FROM a\n${LINE}\nRUN <<E\nUSER b\nE\n`],
  ['with the line ends of the file', 'FROM a\r\nCMD b\r\n', 2, `FROM a\r\n${LINE}\r\nCMD b\r\n`],
  [
    'below a parser directive, which counts on top alone',
    '# escape=`\n# syntax=x\nFROM a\nRUN b `\n c\n',
    3,
    `# escape=\`\n# syntax=x\n${LINE}\nFROM a\nRUN b \`\n c\n`,
  ],
  ['above ARG, before any stage', 'ARG A=b\nFROM $A\n', 1, `${LINE}\nARG A=b\nFROM $A\n`],
])('a todo is written %s', (_, source, line, expected) => {
  const output = decided(source, { [line]: 'keep it' })
  expect(output).toBe(expected)
  const [before, after] = [source, output].map((text) => parseDockerfile(text))
  expect(after?.directives).toEqual(before?.directives)
  const texts = (dockerfile = before) => dockerfile?.stages.flatMap((one) => one.instructions.map(({ text }) => text))
  expect(texts(after)).toEqual(texts())
  expect(standingIn(parseDockerfile(output)).map(({ message }) => message)).toEqual(['keep it'])
})

test('what the text holds already is not written again, though lines have moved', () => {
  const once = decided('FROM a\nRUN b\nCMD c\n', { 2: 'RUN in line 2 needs root', 3: 'say who' })
  expect(once.split('\n').filter((line) => line.startsWith(DECIDE))).toHaveLength(2)
  expect(decided(once, { 3: 'RUN in line 3 needs root', 5: 'say who' })).toBe(once)
})

test('two that differ in the line of a script are both written, and once', () => {
  const todos = { 1: '/start.sh line 4 runs chown', 2: '/start.sh line 9 runs chown' }
  const once = decided('FROM a\nCMD b\n', todos)
  expect(once).toBe(`${DECIDE}/start.sh line 4 runs chown\nFROM a\n${DECIDE}/start.sh line 9 runs chown\nCMD b\n`)
  expect(decided(once, { 2: todos[1], 4: todos[2] })).toBe(once)
})

test('a text of any length is one line of plain characters, and there are no more than twenty', () => {
  const line = decideLine(`a\nUSER root\r\u2028\u0000\u001b[31m\u202e\u200b${'x'.repeat(10_000)}`)
  expect(line).toMatch(/^# harden-image: decide: a USER root \[31m[^\p{C}]{1,190}…$/u)
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [at + 1, `choose ${at}`]))
  expect(standingIn(parseDockerfile(decided(`FROM a\n${'RUN b\n'.repeat(40)}`, many)))).toHaveLength(20)
  expect(standingIn(parseDockerfile(`${`${DECIDE}y\n`.repeat(30)}FROM a\n`))).toHaveLength(20)
})

test.each([
  ['# harden-image: keep it', null],
  ['#harden-image: decide: keep it', null],
  [LINE, 'keep it'],
  [`  ${LINE}\t `, 'keep it'],
  [`${DECIDE}a\u001b[2J\u202eb`, 'a [2J b'],
  [`${LINE} (or prove it)`, 'keep it (or prove it)'],
])('the comment %j holds %j', (comment, message) => {
  expect(decisionIn(comment)).toBe(message)
})

test('nothing stands in a heredoc, or behind an instruction', () => {
  expect(standingIn(parseDockerfile(`FROM a\nRUN <<E\n${LINE}\nE\nRUN b ${LINE}\n`))).toEqual([])
})

test('what a proof settles goes, but for what is open, and what it cannot settle stays', () => {
  const source = `${LINE} (or prove it)\nFROM a\n${DECIDE}b (or prove it)\n${DECIDE}c\nCMD d\n`
  expect(withoutProved(parseDockerfile(source), ['b'])).toBe(`FROM a\n${DECIDE}b (or prove it)\n${DECIDE}c\nCMD d\n`)
  expect(withoutProved(parseDockerfile(source.replaceAll('\n', '\r\n')), [])).toBe(`FROM a\r\n${DECIDE}c\r\nCMD d\r\n`)
})
