import { expect, test } from '@jest/globals'
import { asObject, type Json, parseYaml } from '../../../src/manifests/yaml/file.ts'
import { rewriteYaml } from '../../../src/manifests/yaml/rewrite.ts'

/** Merges `change` into the first document; null takes a key away. */
function merged(before: unknown, change: unknown): unknown {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return change
  const after: Record<string, unknown> = { ...asObject(before) }
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete after[key]
    else after[key] = merged(after[key], value)
  }
  return after
}

function rewritten(text: string, change: Json): string {
  const file = parseYaml(text, 'file.yaml')
  const [first, ...others] = file.values
  return rewriteYaml(file, [merged(first, change), ...others])
}

test.each<[string, string, Json, string]>([
  ['a value in its quotes', "a: 'x'  # why\nb: 1\n", { a: 'y' }, "a: 'y'  # why\nb: 1\n"],
  ['a key at the end, behind comments', 'a: 1 # one\n# end\n', { b: true }, 'a: 1 # one\nb: true\n# end\n'],
  [
    'a key at the end, below comments that are set in deeper',
    'a:\n  b:\n    - x\n    # - y\n\n  # c: 1\n',
    { a: { b: ['x', 'v'], d: 1 } },
    'a:\n  b:\n    - x\n    - v\n    # - y\n  d: 1\n\n  # c: 1\n',
  ],
  ['no quotes where there were none', 'a: 80:80\nb: 22:22\n', { a: '80:81', b: '22:23' }, 'a: 80:81\nb: "22:23"\n'],
  ['quotes between brackets', 'a: [x, y]\n', { a: ['x, y', 'z'] }, 'a: ["x, y", z]\n'],
  ['no line end at the end', 'a:\n  b: 1', { a: { c: 2 } }, 'a:\n  b: 1\n  c: 2'],
  ['a list at the depth of its key', 'a:\n- x\nb: 1\n', { a: ['x', 'v'] }, 'a:\n- x\n- v\nb: 1\n'],
  ['a list in one line', 'a: [x, "v"] # z\n', { a: ['x', 'v', 'w'] }, 'a: [x, "v", w] # z\n'],
  ['an empty list in one line', 'a: []\n', { a: ['x'] }, 'a: [x]\n'],
  ['a map in one line', 'a: { b: 1 }\n', { a: { c: ['1:2'] } }, 'a: { b: 1, c: ["1:2"] }\n'],
  ['nothing becomes lines', 'a:\n  b:\n  c: 1\n', { a: { b: { d: 1 } } }, 'a:\n  b:\n    d: 1\n  c: 1\n'],
  ['nothing becomes a value', 'a:\nb: 1\n', { a: 'x' }, 'a: x\nb: 1\n'],
  ['a value becomes a list', 'a: /run # c\nb: 1\n', { a: ['/run', '/tmp'] }, 'a:\n  - /run\n  - /tmp # c\nb: 1\n'],
  ['an alias becomes its own', 'x: &x [A]\na: *x\n', { a: ['A', 'ALL'] }, 'x: &x [A]\na:\n  - A\n  - ALL\n'],
  [
    'what a merge key brings stays',
    'x: &x {u: 1}\na:\n  <<: *x\n  b: 2\n',
    { a: { u: 1, c: 3 } },
    'x: &x {u: 1}\na:\n  <<: *x\n  b: 2\n  c: 3\n',
  ],
  [
    'what a merge key brings is overridden',
    'x: &x {u: 1}\na:\n  <<: *x\n',
    { a: { u: 2 } },
    'x: &x {u: 1}\na:\n  <<: *x\n  u: 2\n',
  ],
  ['a key is taken away', 'a: 1\nb:\n  - x\n# c\nc: 1\n', { b: null }, 'a: 1\n# c\nc: 1\n'],
  [
    'the first key of an item is taken away',
    'a:\n  b:\n    c: 1\n    d: 2\n',
    { a: { b: { c: null } } },
    'a:\n  b:\n    d: 2\n',
  ],
  ['CRLF', 'a: 1\r\nb:\r\n  c: 1\r\n', { b: { d: { e: 1 } } }, 'a: 1\r\nb:\r\n  c: 1\r\n  d:\r\n    e: 1\r\n'],
  ['four blanks', 'a:\n    b: 1\n', { a: { c: { d: 1 } } }, 'a:\n    b: 1\n    c:\n        d: 1\n'],
  ['behind a block of text', 'a:\n  b: |\n    x\n\nc: 1\n', { a: { d: 1 } }, 'a:\n  b: |\n    x\n  d: 1\n\nc: 1\n'],
  [
    'ids and ports in quotes',
    'a: 1\n',
    { user: '101:101', p: ['33:33', '80'] },
    'a: 1\nuser: "101:101"\np:\n  - "33:33"\n  - "80"\n',
  ],
  ['only its own document', 'a: 1\n---\na: 1\n', { a: 2 }, 'a: 2\n---\na: 1\n'],
])('%s', (_, text, change, expected) => {
  expect(rewritten(text, change)).toBe(expected)
})

test('a part that others share is left alone, and why is said', () => {
  expect(() => rewritten('a: &a\n  x: 1\nb: *a\n', { a: { x: 2 } })).toThrow(
    /^file\.yaml:2 cannot be changed in one place only: the anchor &a is used by others too/,
  )
})

test.each(['a: [1', 'a: *b\n', 'a: 1\na: 2\n'])('%j is no YAML', (text) => {
  expect(() => parseYaml(text, 'x.yaml')).toThrow(/x\.yaml is not valid YAML: /)
})

test('a file of many services that share anchors within anchors is read', () => {
  const shared = 'x-a: &a {restart: always}\nx-b: &b\n  <<: *a\n  init: true\nx-c: &c\n  <<: [*a, *b]\n'
  const services = Array.from({ length: 60 }, (_, at) => `  s${at}:\n    <<: *c\n`).join('')
  const [value] = parseYaml(`${shared}services:\n${services}`, 'compose.yaml').values
  expect(asObject(asObject(asObject(value).services).s59)).toEqual({ restart: 'always', init: true })
})

test('a file of some hundred aliases is changed as any other', () => {
  const services = Array.from({ length: 60 }, (_, index) => `  s${index}:\n    <<: [*a, *b]\n    env: *c\n`).join('')
  const head = 'x-a: &a { restart: always }\nx-b: &b\n  env: &c { A: "1" }\n  more: [*c, *c, *c]\nservices:\n'
  expect(rewritten(`${head}${services}`, { services: { s7: { user: '1:1' } } })).toBe(
    `${head}${services.replace('  s8:', '    user: "1:1"\n  s8:')}`,
  )
})
