// action.yml as its host runs it: the steps of a composite action, with bash, and what GitHub gives them. Proofs: test/engine/places.test.ts.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { plant, tree } from '../repository/tree.ts'
import { action, runAction } from '../support/composite-action.ts'

const ROOT = 'FROM debian:trixie-slim\nCMD ["./server"]\n'
const offline = { '.harden-image.yaml': 'engine: none\noffline: true\n' }

describe('the action', () => {
  test('check fails, with the findings for code scanning and a summary, and writes nothing', async () => {
    const cwd = tree({ ...offline, 'a/Dockerfile': ROOT })
    const { code, outputs, summary, read } = await runAction(cwd, {})
    expect([code, outputs['exit-code'], outputs['sarif-file']]).toEqual([1, '1', './harden-image.sarif'])
    const sarif = JSON.parse(read('harden-image.sarif'))
    expect(sarif.version).toBe('2.1.0')
    expect(sarif.runs[0].results.map(({ ruleId }: { ruleId: string }) => ruleId)).toContain('set-user')
    expect(summary).toContain('1 target: 1 rewritten')
    expect(read('a/Dockerfile')).toBe(ROOT)
  })

  test('says in the log what is wrong, and annotates it; names of files are no commands there', async () => {
    const cwd = tree({ ...offline, 'a/Dockerfile': ROOT, '::error title=x::y/Dockerfile': ROOT })
    const { code, stdout } = await runAction(cwd, {})
    const [, told = '', annotations = ''] =
      /^::stop-commands::(?:\w{32})\n([\s\S]*)\n::\w{32}::\n([\s\S]*)$/.exec(stdout) ?? []
    expect(code).toBe(1)
    expect(told).toContain('2 targets: 2 rewritten')
    expect(told).toContain('::error title=x::y/Dockerfile')
    expect(annotations).toContain('::warning file=a/Dockerfile,line=2')
    expect(annotations).toContain('::runs as root; would run as app (10001:10001)')
    expect(annotations).toContain('file=%3A%3Aerror title=x%3A%3Ay/Dockerfile')
    expect(annotations.split('\n').filter((line) => !/^(::(warning|notice|error) file=.*)?$/.test(line))).toEqual([])
  })

  test('fix changes the files, and check has nothing to say then', async () => {
    const cwd = tree({ ...offline, 'a/Dockerfile': ROOT })
    const fixed = await runAction(cwd, { mode: 'fix', targets: 'a\n' })
    expect([fixed.code, fixed.outputs['exit-code']]).toEqual([0, '0'])
    expect(fixed.read('a/Dockerfile')).toContain('\nUSER 10001:10001\n')
    expect((await runAction(cwd, {})).code).toBe(0)
  })

  test('takes several targets, a folder to work in, a configuration and what fails it', async () => {
    const cwd = tree({
      'x/a/Dockerfile': ROOT,
      'x/b c/Dockerfile': ROOT,
      'x/own.yaml': 'engine: none\noffline: true\n',
    })
    const { code, outputs, read } = await runAction(cwd, {
      'working-directory': 'x',
      targets: 'a/Dockerfile\r\n\nb c/Dockerfile',
      config: 'own.yaml',
      'fail-on': 'never',
      'sarif-file': 'out/found.sarif',
    })
    expect([code, outputs['sarif-file']]).toEqual([0, 'x/out/found.sarif'])
    const uris = JSON.stringify(JSON.parse(read('x/out/found.sarif')))
    expect(uris).toContain('a/Dockerfile')
    expect(uris).toContain('b%20c/Dockerfile')
  })

  test.each([
    ['mode', 'prove; touch owned'],
    ['mode', ''],
    ['prove', '$(touch owned)'],
    ['fail-on', '--trust-config'],
    ['working-directory', '../..'],
    ['working-directory', '/'],
    ['sarif-file', '/tmp/x'],
    ['sarif-file', 'a\nexit-code=0'],
    ['config', 'a\nb'],
    ['targets', ' \n'],
  ])('refuses the input %s: %j', async (name, value) => {
    const cwd = tree({ ...offline, Dockerfile: ROOT })
    const { code, stdout, outputs, exists } = await runAction(cwd, { [name]: value })
    expect([code, outputs]).toEqual([2, {}])
    expect(stdout).toMatch(new RegExp(`^::error title=harden-image::the input ${name} `))
    expect(exists('owned')).toBe(false)
  })

  test.each([
    ['the file of findings', 'harden-image.sarif', {}],
    ['a folder above it', 'out', { 'sarif-file': 'out/x/found.sarif' }],
    ['the folder to work in', 'web', { 'working-directory': 'web', mode: 'fix' }],
  ])('writes nothing through a link of the checkout: %s', async (_, link, inputs) => {
    const top = tree({ 'outside/Dockerfile': ROOT, 'outside/.harden-image.yaml': 'engine: none\noffline: true\n' })
    plant(top, { 'repo/Dockerfile': ROOT, 'repo/.harden-image.yaml': 'engine: none\noffline: true\n' })
    const cwd = join(top, 'repo')
    symlinkSync(link === 'harden-image.sarif' ? '../outside/Dockerfile' : '../outside', join(cwd, link))
    const { code, stdout } = await runAction(cwd, inputs)
    expect([code, stdout]).toEqual([2, expect.stringMatching(/^::error title=harden-image::.* link/)])
    expect(readFileSync(join(top, 'outside/Dockerfile'), 'utf8')).toBe(ROOT)
    expect(readdirSync(join(top, 'outside')).sort()).toEqual(['.harden-image.yaml', 'Dockerfile'])
  })

  test.each([
    '$(touch owned)',
    '`touch owned`',
    '"; touch owned; "',
    '--trust-config',
    '-w',
    '\u0024{{ github.token }}',
  ])('runs nothing that a target says, and takes it for no flag: %s', async (targets) => {
    const cwd = tree({ ...offline, Dockerfile: ROOT })
    const { code, exists, read } = await runAction(cwd, { targets })
    expect(code).toBe(2)
    expect(exists('owned')).toBe(false)
    expect(read('Dockerfile')).toBe(ROOT)
  })

  test('puts no expression into the text of a step, and uses other actions by their whole commit only', () => {
    for (const step of action.runs.steps) {
      expect(step.run ?? '').not.toContain('${{')
      if (step.uses !== undefined) expect(step.uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
    }
  })
})

describe('the release', () => {
  const text = readFileSync('.github/workflows/release.yml', 'utf8')
  const workflow = parse(text)

  test('uses other actions by their whole commit only, named with their version', () => {
    const used = [...text.matchAll(/uses: (.*)/g)].map(([, one]) => one)
    expect(used.length).toBeGreaterThan(1)
    for (const one of used) expect(one).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  test('may ask for a token of its own alone, in the one job that publishes with provenance', () => {
    expect(workflow.permissions).toEqual({})
    expect(workflow.jobs.publish.permissions).toEqual({ contents: 'read', 'id-token': 'write' })
    expect(text).toContain('npm publish --provenance --access public')
    for (const job of Object.values<{ steps: { run?: string }[] }>(workflow.jobs))
      for (const { run = '' } of job.steps) expect(run).not.toContain('${{')
  })
})

test('the package has the manual, the text for language models, and no build of another machine', () => {
  const [{ files }] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' }),
  )
  const names = files.map(({ path }: { path: string }) => path)
  expect(names).toEqual(
    expect.arrayContaining(['dist/cli.js', 'dist/harden-image.1', 'llms.txt', 'schema/proof-predicate.schema.json']),
  )
  expect(names.filter((name: string) => /program\.cache|\.inputs/.test(name))).toEqual([])
})

test('llms.txt leads to files that are there', () => {
  const links = [...readFileSync('llms.txt', 'utf8').matchAll(/\]\(([^)]+)\)/g)].map(([, path = '']) => path)
  expect(links.length).toBeGreaterThan(5)
  expect(links.filter((path) => !existsSync(path))).toEqual([])
})
