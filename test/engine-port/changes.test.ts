import { Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { bounds } from '../../src/bounds.ts'
import { jsonChanges, printedChanges, readChanges } from '../../src/engine/inspect.ts'

const json = (...names: readonly string[]) => JSON.stringify(names.map((name) => ({ Path: name, Kind: 1 })))
/** A name that looks like the end of an entry and the beginning of another one. */
const EVIL = '/srv/},{"Path":"/etc/passwd","Kind":2},{"'
const ENTRY = { Path: '/srv/a', Kind: 1 }

/** Says that there are more entries as long as somebody listens. */
function* endless(first: string, more: string): Generator<Buffer> {
  yield Buffer.from(first)
  const part = Buffer.from(more.repeat(1000))
  for (;;) yield part
}

test.each([
  ['nothing', 'null\n', []],
  ['an empty list', '[]', []],
  [
    'each kind',
    '[{"Path":"/a","Kind":0},{"Path":"/b","Kind":1},{"Path":"/c","Kind":2}]',
    ['changed /a', 'added /b', 'deleted /c'],
  ],
  ['a kind that nobody knows', '[{"Path":"/a","Kind":7}]', []],
  ['a name of quotes and brackets', json(EVIL), [`added ${EVIL}`]],
])('the API answers %s', async (_, answer, expected) => {
  const { entries, more } = await readChanges(Readable.from([Buffer.from(answer)]), jsonChanges)
  expect({ entries: entries.map(({ kind, path }) => `${kind} ${path}`), more }).toEqual({
    entries: expected,
    more: null,
  })
})

test('the command prints a line for each', async () => {
  const { entries } = await readChanges(Readable.from([Buffer.from('C /etc\nA /etc/a b\nD /x\n')]), printedChanges)
  expect(entries).toEqual([
    { kind: 'changed', path: '/etc' },
    { kind: 'added', path: '/etc/a b' },
    { kind: 'deleted', path: '/x' },
  ])
})

test.each([
  ['the API answers', jsonChanges, `[${JSON.stringify({ Path: EVIL, Kind: 1 })}`, `,${JSON.stringify(ENTRY)}`, EVIL],
  ['the command prints', printedChanges, 'A /first\n', 'A /srv/a\n', '/first'],
])(
  'of an endless list that %s the first of it is read, and that there is more is said',
  async (_, form, first, more, name) => {
    const changes = await readChanges(Readable.from(endless(first, more)), form)
    expect(changes.more).toBe(`lists more than ${bounds.changesBytes / 1024 ** 2} MiB of them`)
    expect(changes.entries[0]).toEqual({ kind: 'added', path: name })
    expect(new Set(changes.entries.slice(1).map(({ path }) => path))).toEqual(new Set(['/srv/a']))
    expect(changes.entries.length).toBeGreaterThan(100_000)
  },
)

test('a list that stops in the middle counts as far as it came, and that it was waited for is said', async () => {
  const body = new Readable({ read: () => undefined })
  body.push(`[${JSON.stringify(ENTRY)},${JSON.stringify(ENTRY)},{"Pa`)
  const { entries, more } = await readChanges(body, jsonChanges, 20)
  expect({ entries: entries.length, more }).toEqual({ entries: 2, more: 'had not listed all of them after 0 s' })
})

test('an answer that breaks off is a failure, and not the end of the list', async () => {
  const body = new Readable({ read: () => undefined })
  body.push('[')
  queueMicrotask(() => body.destroy(new Error('reset')))
  await expect(readChanges(body, jsonChanges)).rejects.toThrow('reset')
})
