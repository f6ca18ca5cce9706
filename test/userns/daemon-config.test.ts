import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readDaemonConfig, setRemap } from '../../src/userns/daemon-config.ts'

const name = '/etc/docker/daemon.json'
const set = (text: string | null) => setRemap(text, 'default', name)

test.each([
  ['no file', null, '{\n  "userns-remap": "default"\n}\n'],
  ['an empty one', '', '{\n  "userns-remap": "default"\n}\n'],
  ['an empty object', '{}\n', '{\n  "userns-remap": "default"\n}\n'],
  ['an empty object on lines', '{\n}\n', '{\n  "userns-remap": "default"\n}\n'],
  ['two spaces', '{\n  "debug": true\n}\n', '{\n  "debug": true,\n  "userns-remap": "default"\n}\n'],
  ['tabs, no last line end', '{\n\t"debug": true\n}', '{\n\t"debug": true,\n\t"userns-remap": "default"\n}'],
  ['CRLF', '{\r\n  "a": [\r\n  ]\r\n}\r\n', '{\r\n  "a": [\r\n  ],\r\n  "userns-remap": "default"\r\n}\r\n'],
  ['one line', '{"debug": true}', '{"debug": true, "userns-remap": "default"}'],
  ['one line, spaced', '{ "debug": true }', '{ "debug": true, "userns-remap": "default" }'],
  ['one line, tight', '{"a":1,"b":2}', '{"a":1,"b":2,"userns-remap":"default"}'],
  ['its own colons', '{\n "a" : 1\n}', '{\n "a" : 1,\n "userns-remap" : "default"\n}'],
  ['another value', '{"userns-remap":"app","b":2}', '{"userns-remap":"default","b":2}'],
  ['an empty value', '{\n  "userns-remap": "",\n  "b": 2\n}', '{\n  "userns-remap": "default",\n  "b": 2\n}'],
  ['a byte order mark', '\uFEFF{"a": 1}', '\uFEFF{"a": 1, "userns-remap": "default"}'],
  ['a comment behind the last', '{\n  "a": 1 // one\n}', '{\n  "a": 1, // one\n  "userns-remap": "default"\n}'],
  [
    'comments around',
    '// top\n{\n  /* a */ "a": 1,\n  // b\n  "b": 2\n  // end\n}',
    '// top\n{\n  /* a */ "a": 1,\n  // b\n  "b": 2,\n  "userns-remap": "default"\n  // end\n}',
  ],
  ['a comment in an empty object', '{\n  // nothing yet\n}', '{\n  // nothing yet\n  "userns-remap": "default"\n}'],
])('%s', (_, before, after) => {
  expect(set(before)).toBe(after)
  expect(readDaemonConfig(after, name).remap).toBe('default')
  expect(set(after)).toBe(after)
})

describe('what dockerd could not read is an error with its line', () => {
  test.each([
    ['{', 1],
    ['{\n  "a": 1\n  "b": 2\n}', 3],
    ['{\n  "a": 1,\n}', 3],
    ['[]', 1],
    ['"text"', 1],
    ['{\n\n  "userns-remap": 5\n}', 3],
    ['{"userns-remap": "a",\n "userns-remap": "b"}', 2],
    ['{"a": 01}', 1],
    ['not json', 1],
  ])('%j', (text, line) => {
    const error = expect.objectContaining({
      code: 'bad-config',
      line,
      message: expect.stringContaining(`${name}:${line}: `),
    })
    expect(() => readDaemonConfig(text, name)).toThrow(error as never)
    expect(() => set(text)).toThrow(error as never)
  })
})

test('what else matters is read', () => {
  const text = '{"data-root": "/srv/d", "live-restore": true, "features": {"containerd-snapshotter": true}} // x'
  expect(readDaemonConfig(text, name)).toEqual({
    remap: null,
    dataRoot: '/srv/d',
    liveRestore: true,
    containerdImages: true,
    hasComments: true,
  })
})

const key = fc.string({ maxLength: 6 }).filter((text) => text !== 'userns-remap' && text !== '__proto__')

test('all other keys keep value and order, whatever the layout; twice is as once', () => {
  fc.assert(
    fc.property(
      fc.dictionary(key, fc.jsonValue()),
      fc.constantFrom(0, 1, 2, 4, '\t'),
      fc.boolean(),
      (value, indent, crlf) => {
        const plain = JSON.stringify(value, null, indent)
        const text = crlf ? plain.replaceAll('\n', '\r\n') : plain
        const after = set(text)
        const parsed = JSON.parse(after)
        expect(Object.keys(parsed)).toEqual(Object.keys({ ...JSON.parse(text), 'userns-remap': '' }))
        const { 'userns-remap': remap, ...others } = parsed
        expect(remap).toBe('default')
        expect(others).toEqual(JSON.parse(text))
        expect(set(after)).toBe(after)
      },
    ),
  )
})

test('no text makes it throw anything but a clear error', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        JSON.parse(set(text))
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-config' })
      }
    }),
  )
})
