// What stands above the steps that are put in.
import { expect, test } from '@jest/globals'
import { type CommentStyle, withComments } from '../../src/edit.ts'
import { harden } from '../../src/index.ts'

const dockerfile = 'FROM nginx:latest\nCOPY templates /etc/nginx/templates\n'
const made = (comments?: CommentStyle, text = dockerfile) =>
  harden({ dockerfile: text, ...(comments === undefined ? {} : { policy: { comments } }) })
const comments = (output: string) => output.split('\n').filter((line) => line.startsWith('#'))
const steps = (output: string) => output.split('\n').filter((line) => !line.startsWith('#'))

test('by default a step has one line, of at most 80 columns', () => {
  const { output } = made()
  expect(comments(output)).toEqual([
    '# harden-image: listen above 1024 (default.conf said 80)',
    '# harden-image: only root can switch users; its pid file cannot be in /run',
    '# harden-image: the entrypoint renders /etc/nginx/templates into it; and more',
    '# harden-image: nginx (101:101), the account that its vendor runs it as',
  ])
  expect(made('short').output).toBe(output)
})

test('full has all reasons, none has none, and the steps and what is reported are the same', () => {
  const [short, full, none] = [made('short'), made('full'), made('none')]
  expect(comments(full.output).length).toBeGreaterThan(comments(short.output).length)
  expect(full.output).toContain('(the entrypoint renders /etc/nginx/templates into it)')
  expect(comments(none.output)).toEqual([])
  expect([steps(full.output), steps(none.output)]).toEqual([steps(short.output), steps(short.output)])
  const said = ({ findings }: typeof short) => findings.map(({ message, evidence }) => ({ message, evidence }))
  expect([said(full), said(none)]).toEqual([said(short), said(short)])
})

test('two stages that get the same have the reason once', () => {
  const two = 'FROM debian:12 AS a\nCMD ["x"]\n\nFROM debian:12 AS b\nCMD ["y"]\n'
  const said = comments(made('short', two).output)
  expect(said.length).toBeGreaterThan(0)
  expect(new Set(said).size).toBe(said.length)
})

test('a second run changes nothing, whatever the first has said', () => {
  for (const style of ['full', 'short', 'none'] as const) {
    const { output } = made(style, 'FROM debian:12\nVOLUME /data\nCMD ["x"]\n')
    expect(made('short', output).changed).toBe(false)
  }
})

test('line ends stay those of the file, also behind a last line without one', () => {
  const reasons = [{ start: 0, end: 14, short: '# harden-image: a' }]
  const behind = {
    start: 0,
    end: 0,
    text: '\r\n# a\r\n# b\r\n# c\r\nUSER 1:1',
    reasons: [{ ...reasons[0], start: 0, end: 15 }],
  }
  const [edit] = withComments(
    [{ ...behind, reasons: [{ start: 0, end: 15, short: '# harden-image: a' }] }],
    'short',
    '',
  )
  expect(edit?.text).toBe('\r\n# harden-image: a\r\nUSER 1:1')
})
