import { describe, expect, test } from '@jest/globals'
import { stateNeed } from '../../src/evidence/claim.ts'
import type { Operation } from '../../src/evidence/operation.ts'
import { asksBeforeMaking } from '../../src/evidence/source-text.ts'
import { madeAtStart } from '../../src/plan/grants/observed-needs.ts'
import type { Observation } from '../../src/plan/stage-input.ts'
import { files } from './image.ts'

const image = files(
  'drwxr-xr-x 0:0 /app',
  'drwxr-xr-x 0:0 /app/there',
  'drwxr-xr-x 0:0 /app/data',
  'drwxr-xr-x 0:0 /root',
  'drwxr-xr-x 0:0 /var/lib',
)

type Did = Pick<Operation, 'access' | 'path'> & Partial<Operation>
const made = (path: string, more: Partial<Operation> = {}): Did => ({ access: 'create-directory', path, ...more })
const file = (path: string): Did => ({ access: 'create-file', path })

function folders(did: readonly Did[], expected: readonly string[] = [], isAsked = true) {
  const operations = did.map((one): Operation => ({ outcome: 'done', source: 'traced', detail: 'mkdir()', ...one }))
  const observation = { operations, home: '/root' } as unknown as Observation
  const needs = expected.map((path) => stateNeed(path, 'inferred', { source: 'framework', detail: '' }))
  return madeAtStart(observation, needs, image, isAsked).map(({ access, path, closed }) =>
    [access, path, ...(closed === undefined ? [] : [closed.toString(8)])].join(' '),
  )
}

describe('a folder of state that the program makes in one that is there is made for it', () => {
  test.each<[string, readonly Did[], readonly string[]]>([
    ['by its name', [made('/app/storage')], ['keep-state /app/storage']],
    ['by what it puts there', [made('/app/hits'), file('/app/hits/a')], ['keep-state /app/hits']],
    ['that is empty till a request comes', [made('/app/models')], ['keep-state /app/models']],
    ['as closed as it makes it', [made('/app/storage', { mode: 0o700 })], ['keep-state /app/storage 700']],
    ['one that it looked for, and left empty', [made('/app/storage', { sought: true })], ['keep-state /app/storage']],
    [
      'no more than a handful',
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'].flatMap((name) => [made(`/app/${name}`), file(`/app/${name}/x`)]),
      ['a', 'b', 'c', 'd', 'e'].map((name) => `keep-state /app/${name}`),
    ],
  ])('%s', (_, did, expected) => expect(folders(did)).toEqual(expected))
})

describe('not', () => {
  test.each<[string, readonly Did[]]>([
    ['one that is there', [made('/app/there'), file('/app/there/x')]],
    ['one that it looked for, left empty, and that nothing says to be kept', [made('/app/other', { sought: true })]],
    ['what passes', ['cache', 'tmp', 'run', 'pids', 'sockets', 'sessions', 'lock'].map((name) => made(`/app/${name}`))],
    [
      'a name of the moment',
      [made('/app/20260101'), file('/app/20260101/x'), made('/app/0a1b2c3d4e'), file('/app/0a1b2c3d4e/x')],
    ],
    // There a volume lies over the folder above.
    ['one within state', [made('/app/data/a'), file('/app/data/a/x')]],
    ['one in a folder that it made', [made('/app/storage/a/b'), file('/app/storage/a/b/x')]],
    // The plan makes those anyway.
    ['one in a folder of many', [made('/var/lib/x'), file('/var/lib/x/y')]],
    ['one in the home of root', [made('/root/data')]],
    // Its first start is another one where the folder is missing.
    ['one that it looked for, and filled', [made('/app/storage', { sought: true }), file('/app/storage/x')]],
    ['one that no trace saw', [made('/app/storage', { source: 'observed' })]],
  ])('%s', (_, did) => expect(folders(did)).toEqual([]))
})

test('one that it looked for, and that its source or framework names, is', () => {
  const did = [made('/app/storage', { sought: true }), file('/app/storage/x')]
  expect(folders(did, ['/app/storage'])).toEqual(['keep-state /app/storage'])
  expect(folders(did, ['/app'])).toEqual([])
  // The way of a library: no source asks.
  expect(folders(did, [], false)).toEqual(['keep-state /app/storage'])
})

test.each<[string, string, boolean]>([
  ['a.rb', 'FileUtils.mkdir_p(File.dirname(file))\nFile.write(file, x) unless File.exist?(file)\n', false],
  ['a.rb', 'unless Dir.exist?(dir)\n  FileUtils.mkdir_p(dir)\n  seed(dir)\nend\n', true],
  ['a.py', 'os.makedirs(DATA, exist_ok=True)\n', false],
  ['a.py', 'if not os.path.exists(DATA):\n    os.makedirs(DATA)\n', true],
  ['a.js', 'if (!fs.existsSync(d)) fs.mkdirSync(d)\n', true],
  ['a.test.js', 'if (!fs.existsSync(d)) fs.mkdirSync(d)\n', true],
  ['a.tcl', 'file mkdir DATA\n', true],
])('whether sources ask before they make a folder, or none is known: %s %j', (file, text, asks) => {
  expect(asksBeforeMaking(new Map([[`/app/${file}`, text]]))).toBe(asks)
})
