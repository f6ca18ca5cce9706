import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { allVisible, hiddenIn, visible, visibleLine, visiblePainted } from '../../src/borders/terminal.ts'
import { painter } from '../../src/report/summary.ts'
import { call } from '../cli/call.ts'
import { tree } from '../repository/tree.ts'

/** What a terminal acts upon and what a reader does not see, said by numbers and not by the same pattern as the source. */
function isHidden(character: string): boolean {
  const code = character.codePointAt(0) ?? 0
  const within = (...ranges: readonly (readonly [number, number])[]): boolean =>
    ranges.some(([first, last]) => first <= code && code <= last)
  if (code === 0x0a || code === 0x09) return false
  return within(
    [0x00, 0x1f],
    [0x7f, 0x9f],
    [0x61c, 0x61c],
    [0x200b, 0x200f],
    [0x2028, 0x202e],
    [0x2060, 0x206f],
    [0xfeff, 0xfeff],
    [0xd800, 0xdfff],
    [0xe0000, 0xe007f],
  )
}

const hiddenCharacter = fc.oneof(
  fc.integer({ min: 0, max: 0x9f }),
  fc.integer({ min: 0x2000, max: 0x206f }),
  fc.constantFrom(0x61c, 0xfeff, 0xd800, 0xdfff, 0xe0041, 0xad),
)
const STYLES = new RegExp(`${'\u001b'}\\[\\d{1,2}m`, 'g')

const text = fc
  .array(
    fc.oneof(
      hiddenCharacter.map((code) => String.fromCodePoint(code)),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join(''))

test('no character that a terminal acts upon is left, and what is seen stays as it is', () => {
  fc.assert(
    fc.property(text, (hostile) => {
      const shown = visible(hostile)
      expect([...shown].filter(isHidden)).toEqual([])
      expect(hiddenIn(shown)).toBeNull()
      expect(visible(shown)).toBe(shown)
      expect(visibleLine(hostile)).not.toMatch(/[\n\t]/)
      expect(JSON.stringify(allVisible({ a: [hostile] }))).toBe(JSON.stringify({ a: [shown] }))
    }),
  )
})

test.each(['plain', 'über /srv/日本', '😀', 'a\n\tb', '/a\\u001b'])('%j is seen as it is', (seen) => {
  expect(visible(seen)).toBe(seen)
})

test('the styles of this program stay, and no other sequence', () => {
  const paint = painter(true)
  fc.assert(
    fc.property(text, fc.constantFrom('bold', 'dim', 'red', 'green', 'yellow', 'cyan'), (hostile, style) => {
      const shown = visible(hostile)
      expect(visiblePainted(paint(style, shown))).toBe(paint(style, shown))
      expect(visiblePainted(paint(style, hostile)).replaceAll(STYLES, '')).not.toContain('\u001b')
    }),
  )
  expect(visiblePainted('\u001b[5m\u001b[1;31m\u001b]0;title\u0007')).not.toContain('\u001b')
})

const ESCAPE = '\u001b]0;owned\u0007\u001b[2J\u009b\u202e\u200b'
const FROM = 'FROM debian\nCMD ["a"]\n'

test.each([
  ['what is written', [`${ESCAPE}/Dockerfile`, '-w'], FROM],
  ['a folder without any', [`${ESCAPE}none`], FROM],
  ['what cannot be read', [`${ESCAPE}/Dockerfile`], 'BROKEN'],
  ['what is no target', [`${ESCAPE}/nothing`], FROM],
  ['a flag', [`--${ESCAPE}`], FROM],
])('the name of %s is seen on stderr, on a terminal too', async (_, argv, dockerfile) => {
  const files = { [`${ESCAPE}/Dockerfile`]: dockerfile, [`${ESCAPE}none/x`]: '' }
  for (const terminal of [false, true]) {
    const { stderr } = await call(argv, { cwd: tree(files), terminal, env: { NO_COLOR: '1' } })
    const shown = terminal ? stderr.replaceAll('\r\u001b[2K', '') : stderr
    expect(shown).toContain('\\u001b]0;owned\\u0007')
    expect([...shown].filter(isHidden)).toEqual([])
  }
})

test('a line break in a name begins no line of its own on stderr', async () => {
  const { stderr } = await call(['a\nharden-image: all is well/Dockerfile', '-w'], {
    cwd: tree({ 'a\nharden-image: all is well/Dockerfile': FROM }),
  })
  expect(stderr).not.toMatch(/^harden-image: all is well/m)
})

test('stdout is data, byte for byte, and for eyes where it is a terminal or coloured', async () => {
  const cwd = tree({ Dockerfile: `# ${ESCAPE}\u001b[32m\n${FROM}` })
  const data = await call(['Dockerfile'], { cwd })
  expect(data.stdout).toContain(` # ${ESCAPE}`)
  const seen = await call(['Dockerfile'], { cwd, terminal: true, env: { NO_COLOR: '1' } })
  expect([...seen.stdout].filter(isHidden)).toEqual([])
  const coloured = await call(['Dockerfile'], { cwd, env: { FORCE_COLOR: '1' } })
  expect(coloured.stdout.replaceAll(STYLES, '')).not.toContain('\u001b')
  expect(coloured.stdout).toContain('\\u001b[32m')
})
