import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from '@jest/globals'
import { withDefaults } from '../../src/app/api.ts'
import type { Options } from '../../src/app/task.ts'
import { targetKeys } from '../../src/fleet/key.ts'
import { discover } from '../../src/repository/discover.ts'
import { readText } from '../../src/repository/files.ts'
import { tree } from '../repository/tree.ts'

const files = {
  '.git/HEAD': '',
  'api/Dockerfile': 'FROM debian:trixie-slim\nCOPY app.py /\nCMD ["/app.py"]\n',
  'api/app.py': '#!/usr/bin/python3\n',
  'api/docs/notes.txt': 'not copied\n',
  'web/Dockerfile': 'FROM nginx:1.27\nCOPY . /usr/share/nginx/html\n',
  'web/index.html': 'hello\n',
}

const plan = withDefaults({ engine: 'none', offline: true })
const proof: Options = { ...plan, mode: { kind: 'harden', prove: true, build: false, tag: null } }
const projects = { files: [], profiles: null, envFiles: null, name: null, env: {} }

/** By target. */
async function keysIn(
  top: string,
  options = plan,
  images?: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const { found } = await discover(['.'], top, undefined, undefined, projects)
  const keyOf = targetKeys(top)
  const keys = found.map(async (one) => {
    const text = one.kind === 'dockerfile' && one.path !== null ? await readText(one.path, one.target) : null
    return [one.target, (await keyOf({ found: one, text, options, ...(images ? { images } : {}) })).key]
  })
  return Object.fromEntries(await Promise.all(keys))
}

test('two checkouts of one tree have the same keys, wherever they lie', async () => {
  const [one, two] = [tree(files), join(tree({ 'deeper/x': '' }), 'deeper/checkout')]
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(two, name, '..'), { recursive: true })
    writeFileSync(join(two, name), text)
  }
  expect(await keysIn(one)).toEqual(await keysIn(two))
  expect(await keysIn(one, proof)).toEqual(await keysIn(two, proof))
  const [first = '', second = ''] = Object.values(await keysIn(one))
  expect(first).toMatch(/^[0-9a-f]{64}$/)
  expect(first).not.toBe(second)
})

test('how many are worked on at a time, and who builds, is up to the machine and in no key', async () => {
  const top = tree(files)
  expect(await keysIn(top, { ...proof, jobs: 7, builder: 'farm' })).toEqual(await keysIn(top, proof))
})

/** What happens to the tree, and whose keys change: of a plan, of a proof. */
const changes: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[], readonly string[]])[] =
  [
    ['the Dockerfile', { 'api/Dockerfile': 'FROM debian:trixie-slim\nCOPY app.py /\n' }, ['api'], ['api']],
    ['a file that is copied', { 'api/app.py': 'open("/x", "w")\n' }, ['api'], ['api']],
    ['a file of the context that no plan reads', { 'api/docs/notes.txt': 'more\n' }, [], ['api']],
    ['a file that the context leaves out', { 'web/.dockerignore': 'skip\n', 'web/skip': '' }, ['web'], ['web']],
    [
      'a Compose file beside them',
      { 'compose.yaml': 'services:\n  api:\n    build: api\n    user: "7"\n' },
      ['api', 'web', 'compose'],
      ['api', 'web', 'compose'],
    ],
    ['a document that may name a port', { 'README.md': 'docker run -p 80:80 web\n' }, ['api', 'web'], ['api', 'web']],
    [
      'a plan and a report of this tool',
      {
        'web/plan.ndjson': '{"tool":"harden-image 0.1.0","target":"x"}\n',
        'web/report.json': '{\n  "version": 1,\n  "tool": "harden-image 0.1.0"\n}\n',
      },
      [],
      [],
    ],
    ['a plan that is just being written', { 'web/plan.ndjson': '' }, [], []],
    ['the results of a fleet', { 'web/out/.harden-image-results': '', 'web/out/results/ab/cd': 'x' }, [], []],
  ]

test.each(changes)(
  'after a change of %s those have another key that it is an input of',
  async (_, written, ofPlan, ofProof) => {
    for (const [options, expected] of [
      [plan, ofPlan],
      [proof, ofProof],
    ] as const) {
      const top = tree(files)
      const before = await keysIn(top, options)
      for (const [name, text] of Object.entries(written)) {
        mkdirSync(join(top, name, '..'), { recursive: true })
        writeFileSync(join(top, name), text)
      }
      const after = await keysIn(top, options)
      const all = [...new Set([...Object.keys(before), ...Object.keys(after)])]
      const changed = all.filter((target) => before[target] !== after[target]).map((target) => target.split(/[/.]/)[0])
      expect([...new Set(changed)].sort()).toEqual([...expected].sort())
    }
  },
)

test('the mode of a file that is copied, an option and a digest of a base image are inputs', async () => {
  const top = tree(files)
  const before = await keysIn(top)
  const withUser = await keysIn(top, { ...plan, policy: { ...plan.policy, user: '7' } })
  const withArgument = await keysIn(top, { ...plan, buildArg: ['A=1'] })
  const withImage = await keysIn(top, plan, { 'nginx:1.27': `sha256:${'0'.repeat(64)}` })
  chmodSync(join(top, 'api/app.py'), 0o700)
  const withMode = await keysIn(top)
  const all = [before, withUser, withArgument, withImage, withMode].map((keys) => keys['api/Dockerfile'])
  expect(new Set(all).size).toBe(5)
})

test('how many proofs run at a time is no input', async () => {
  const top = tree(files)
  expect(await keysIn(top, { ...plan, jobs: 7 })).toEqual(await keysIn(top))
})

test('the Dockerfile that another one is built upon is an input of it', async () => {
  const top = tree({
    '.git/HEAD': '',
    'base/Dockerfile': 'FROM debian:trixie-slim\nRUN mkdir /data\n',
    'app/Dockerfile': 'FROM acme/base\nCMD ["sleep", "9"]\n',
    'build.sh': 'docker build -t acme/base base\ndocker build -t acme/app app\n',
  })
  const before = await keysIn(top)
  writeFileSync(join(top, 'base/Dockerfile'), 'FROM debian:trixie-slim\nRUN mkdir /other\n')
  const after = await keysIn(top)
  expect(relative(top, join(top, 'app/Dockerfile')) in before).toBe(true)
  expect(after['app/Dockerfile']).not.toBe(before['app/Dockerfile'])
})
