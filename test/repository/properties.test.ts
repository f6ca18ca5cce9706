import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { bounds } from '../../src/bounds.ts'
import { HardenError } from '../../src/errors.ts'
import { parseYaml } from '../../src/manifests/yaml/file.ts'
import { parseConfig } from '../../src/repository/config.ts'
import { decode } from '../../src/repository/files.ts'
import { bakeRuns } from '../../src/repository/readers/bake.ts'
import { composeRuns } from '../../src/repository/readers/compose.ts'
import type { RepositoryFile } from '../../src/repository/readers/run.ts'
import { settingNames } from '../../src/repository/settings.ts'
import { smokeChecks } from '../../src/repository/smoke.ts'
import { isBuildFileName } from '../../src/repository/walk.ts'

const RUNS = { numRuns: Number(process.env.FUZZ_RUNS ?? 100) }

/** What a stranger's file comes to: a value, or an error that says what is wrong with it; anything else is thrown. */
function outcomeOf<Value>(read: () => Value): Value | string {
  try {
    return read()
  } catch (error) {
    if (error instanceof HardenError) return error.message
    throw error
  }
}

const configured = (text: string) =>
  outcomeOf(() => {
    const settings = parseConfig(text, '.harden-image.yaml', ['set-user'])
    // What was accepted can be asked for.
    smokeChecks(settings.smoke ?? [], ['a/Dockerfile'])
    return settings
  })
const file = (name: string, text: string): RepositoryFile => ({
  ...{ path: `/repo/${name}`, root: '/repo', name, text, env: { A: '1' }, repository: 'repo' },
})
const composed = (text: string) => composeRuns(file('compose.yaml', text))
const baked = (text: string) => bakeRuns(file('docker-bake.json', text))
const manifest = (text: string) => outcomeOf(() => parseYaml(text, 'app.yaml').values)

const names = [
  ...settingNames,
  ...['http', 'tcp', 'exec', 'log', 'file', 'path', 'match', 'command', 'in', 'targets', 'name'],
  ...[
    'services',
    'target',
    'build',
    'context',
    'dockerfile',
    'args',
    'environment',
    'env_file',
    'ports',
    'volumes',
    'source',
  ],
  ...[
    'cap_add',
    'group_add',
    'entrypoint',
    'privileged',
    '__proto__',
    'constructor',
    'toString',
    'valueOf',
    'hasOwnProperty',
    '<<',
  ],
]
const name = fc.oneof(fc.constantFrom(...names), fc.string())
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'host',
    '/x',
    '${A',
    '$A',
    '$$',
    '${A:-${B:-',
    'true',
    '.',
    '..',
    'a  \n  b',
    '*',
    '\0',
    '(',
    Number.POSITIVE_INFINITY,
    -0,
    null,
    true,
  ),
  fc.double(),
  fc.integer(),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    // A prototype is not what is written, and no key is left out.
    fc.array(fc.tuple(name, tie('value')), { maxLength: 5 }).map((pairs) => new Map(pairs)),
  ),
}))
/** Words of YAML in any order: most of it is none. */
const jumble = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...'[]{},:-?&*!|>%#"\'\n '.split(''),
        '\n  ',
        ': ',
        '- ',
        '&a',
        '*a',
        '<<: *a',
        '---\n',
        '!!map',
        '"',
        '\t',
        '\ufeff',
      ),
      name,
    ),
    { maxLength: 60 },
  )
  .map((words) => words.join(''))

describe('any text gives settings, builds or an error of ours', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    jumble,
    value.map((one) => stringify(one)),
  )

  test('no configuration makes the reader fail otherwise than with a clear error', () => {
    fc.assert(
      fc.property(text, (one) => void configured(one)),
      RUNS,
    )
  })

  test('a Compose file, a bake file and a manifest', () => {
    fc.assert(
      fc.property(text, (one) => {
        composed(one)
        baked(one)
        manifest(one)
      }),
      RUNS,
    )
  })

  test('a service that is written as one, with anything in its fields', () => {
    const service = fc.record({
      build: value,
      environment: value,
      env_file: value,
      cap_add: value,
      volumes: value,
      command: value,
    })
    fc.assert(
      fc.property(service, value, (one, args) => {
        const build = { context: '.', args }
        for (const services of [one, { ...one, build }]) composed(stringify({ services: { api: services } }))
        baked(JSON.stringify({ target: { api: build } }))
      }),
      RUNS,
    )
  })

  test('any bytes are a text or are refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const read = decode(
          (async function* () {
            yield bytes
          })(),
          'x',
        ).catch((error: unknown) => {
          if (error instanceof HardenError) return ''
          throw error
        })
        configured(await read)
      }),
      RUNS,
    )
  })
})

describe('what is made to cost too much is refused before it does', () => {
  const many = (count: number, one: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => one(index)).join('')
  const half = bounds.textBytes / 2
  const bombs: readonly (readonly [string, string, RegExp])[] = [
    [
      'a billion laughs',
      `a0: &a0 [x,x]\n${many(30, (i) => `a${i + 1}: &a${i + 1} [*a${i},*a${i}]\n`)}`,
      /Excessive alias count/,
    ],
    [
      'merges of merges',
      `a0: &a0 {x: 1}\n${many(30, (i) => `a${i + 1}: &a${i + 1} {<<: [*a${i}, *a${i}], k${i}: 1}\n`)}`,
      /Excessive alias count/,
    ],
    ['brackets', '['.repeat(half), /nested more than 100 levels/],
    ['braces', '{a: '.repeat(half / 4), /nested more than 100 levels/],
    ['lists in one line', '- '.repeat(half / 2), /nested more than 100 levels/],
    ['keys in one line', '? '.repeat(half / 2), /nested more than 100 levels/],
    ['folders of spaces', many(1000, (i) => `${' '.repeat(i)}a:\n`), /begins with more than 400 spaces/],
    ['closed brackets', ']\n'.repeat(half / 2), /a bracket is closed that was not opened/],
    ['anchors', `a: ${'&a '.repeat(half / 3)}x`, /more than 1000 anchors/],
    ['anchors and aliases', many(20_000, (i) => `a${i}: &a${i} 1\nb${i}: *a${i}\n`), /more than 1000 anchors/],
    ['tags', '!!a '.repeat(half / 4), /more than 1000 anchors/],
    ['documents', '---\n'.repeat(half / 4), /more than 1000 documents/],
    ['words', `[${'a,'.repeat(half / 2)}]`, /more than 250000 words/],
    ['empty lines', '\n'.repeat(half), /more than 250000 words/],
  ]

  test.each(bombs)('%s', (_, text, reason) => {
    expect(manifest(text)).toMatch(reason)
    expect(composed(text)).toEqual([])
    // Aliases of a configuration stand for nothing, so they are a mistake of their own.
    expect(typeof configured(text)).toBe('string')
  })

  test('as many keys as there is room for are looked through once', () => {
    const keys = many(10_000, (i) => `k${i}: 1\n`)
    expect(manifest(keys)).toHaveLength(1)
    expect(manifest(`${keys}k7: 2\n`)).toMatch(/line 10001: Map keys must be unique/)
    expect(configured(keys)).toMatch(/unknown setting "k0"/)
  })

  test('a command of spaces, a path of variables and a name without end', () => {
    const long = 'x'.repeat(half)
    const service = (more: object) => composed(stringify({ services: { api: { build: '.', ...more } } }))
    expect(service({ command: `a${' '.repeat(half)}b` })[0]?.start?.command).toBeNull()
    expect(service({ environment: { A: '${A-'.repeat(half / 8) } })[0]?.env).toEqual(new Map([['A', null]]))
    expect(configured(`${long}: 1`)).toMatch(/^.{1,200}$/)
    expect(configured(`ignore: [${long}]`)).toMatch(/^.{1,200}$/)
    expect(configured(`writable: [${long}]`)).toMatch(/^.{1,200}$/)
    expect(configured(`smoke:\n  - log: { match: "${long}" }`)).toMatch(/must have at most 1000 characters/)
    expect(configured(`smoke:\n${'  - tcp: { port: 1 }\n'.repeat(101)}`)).toMatch(/has 101 checks/)
  })
})

test('a key of every object is a key, and changes no other object', () => {
  const text =
    '{"services": {"__proto__": {"build": "."}, "api": {"build": {"context": ".", "args": {"__proto__": "x", "toString": "y"}}}}}'
  const [first, second] = composed(text)
  expect([first?.service, second?.args.get('__proto__'), second?.args.get('toString')]).toEqual(['__proto__', 'x', 'y'])
  expect(({} as Record<string, unknown>).build).toBeUndefined()
  for (const key of ['__proto__', 'constructor', 'toString'])
    expect(configured(`${key}: { user: app }`)).toContain(`unknown setting "${key}"`)
  expect(isBuildFileName('__proto__')).toBe(false)
})
