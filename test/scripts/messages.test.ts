// How the texts sound that a user reads: as those of git and cargo, half a sentence in one line.
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { messagesIn, messagesOf } from '../../scripts/messages.mjs'

const MOST_COLUMNS = 160
const root = join(import.meta.dirname, '..', '..')
const messages = messagesIn(root)
const shown = (found: typeof messages) => found.map(({ file, text }) => `${file}: ${text}`)

/** What it is about, as whoever reads it writes it: a keyword, a placeholder of the help, a product. */
const CAPITAL =
  /^(?:[A-Z][A-Z0-9_:[\]=/]+(?:[ ,]|$|…)|[A-Z]: |(?:Alpine|Compose|Containerfile|Debian|Docker|Dockerfiles?|Kubernetes|OpenShift|Podman)\b)/
/** Of the YAML library, which is asked for the same words elsewhere. */
const OF_OTHERS = new Set(['Map keys must be unique'])
/** The summary of a transform stands in its page and in SARIF, as a sentence. */
const isSentence = ({ file, kind }: (typeof messages)[number]) => file.startsWith('transforms/') && kind === 'summary'
/** What three kinds of runtime take has no shorter words. */
const LONG = /ip_unprivileged_port_start/
/** A command to paste or a stack may follow. */
const ownLines = (text: string) => text.replace(/(?:\n…)?\n?$/, '')

test('every text is found that stands where texts are shown', () => {
  const source = `
const HINT = 'what to do'
const remark = { message: \`\${path} is \${open ? 'open' : 'closed'} to others\`, hint: HINT, name: 'not shown' }
if (bad) throw new HardenError('bad-usage', a ? 'one way' : 'other way')
io.stderr.write('for people\\n')
io.stdout.write('for programs\\n')
const note = { reason: whyNot(path), detail: 'first ' + path + ' last' }
function whyNot(path) {
  if (path === '/') return 'it is the root'
  return null
}
`
  expect(messagesOf('a.ts', source).map(({ line, kind, text }) => `${line} ${kind} ${text}`)).toEqual([
    '2 hint what to do',
    '3 message … is … to others',
    '4 HardenError one way',
    '4 HardenError other way',
    '5 stderr for people\n',
    '7 detail first … last',
    '9 reason it is the root',
  ])
  expect(messages.length).toBeGreaterThan(500)
})

test('every text is one line', () => {
  expect(shown(messages.filter(({ text }) => ownLines(text).includes('\n')))).toEqual([])
})

test('every text begins in lower case, but for what is written so everywhere', () => {
  const wrong = messages.filter(
    (message) => !isSentence(message) && /^[A-Z]/.test(message.text) && !CAPITAL.test(message.text),
  )
  expect(shown(wrong.filter(({ text }) => !OF_OTHERS.has(text)))).toEqual([])
})

test('no text ends with a full stop, but for the sentences that sum up a transform', () => {
  const ends = messages.filter(({ text }) => /[^.]\.$/.test(ownLines(text)))
  expect(shown(ends.filter((message) => !isSentence(message)))).toEqual([])
  expect(shown(messages.filter((message) => isSentence(message) && !/^[A-Z].*\.$/.test(message.text)))).toEqual([])
})

test(`no text is longer than ${MOST_COLUMNS} columns, but for what the help wraps`, () => {
  const long = messages.filter(({ kind, text }) => kind !== 'describe' && ownLines(text).length > MOST_COLUMNS)
  expect(shown(long.filter(({ text }) => !LONG.test(text)))).toEqual([])
})
