import { execFile, spawnSync } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

const root = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)
let folder = ''
let cli = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  cli = join(folder, 'dist', 'cli.js')
  await cp(join(root, 'dist'), join(folder, 'dist'), {
    recursive: true,
    filter: (path) => !path.endsWith('types'),
  })
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(join(folder, 'Dockerfile'), 'FROM debian:12\nCMD ["/x"]\n')
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

function hardened(...flags: readonly string[]): string {
  const args = [...flags, cli, '--engine', 'none', '--offline', 'Dockerfile']
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  return status === 0 ? stdout : `exit ${status}`
}

test('what is built is not built again', async () => {
  await run(process.execPath, ['scripts/build.mjs'], { cwd: root })
  const before = await stat(join(root, 'dist', 'cli.js'))
  const { stdout } = await run(process.execPath, ['scripts/build.mjs'], { cwd: root })
  expect(stdout).toBe('dist/ is up to date: not built again\n')
  expect((await stat(join(root, 'dist', 'cli.js'))).mtimeMs).toBe(before.mtimeMs)
}, 180_000)

test('the program does the same with the code that the build has compiled, with none, and with what it cannot use', async () => {
  const usual = hardened()
  expect(usual).toContain('+USER 10001:10001')
  // V8 made it with other flags.
  expect(hardened('--stack-size=900')).toBe(usual)
  const compiled = join(folder, 'dist', 'program.cache')
  const bytes = await readFile(compiled)
  await writeFile(compiled, bytes.subarray(0, bytes.length / 2))
  expect(hardened()).toBe(usual)
  await rm(compiled)
  expect(hardened()).toBe(usual)
})

test('the library has what src/index.ts exports, and works away from this repository', async () => {
  const script = join(folder, 'use.mjs')
  const uses = [
    "import * as library from './dist/index.js'",
    `const { verdict } = library.harden({ dockerfile: ${JSON.stringify('FROM debian:12\nCMD ["/x"]\n')} })`,
    "const parsers = await library.loadGrammars([['a.py', 'open(name).write(text)']])",
    "const isParsed = parsers.parse('python', 'a = 1') !== null",
    "const inspected = await library.inspect({ dockerfile: 'Dockerfile' }, { engine: 'none', offline: true })",
    'console.log(JSON.stringify([Object.keys(library), verdict, isParsed, inspected.result.verdict]))',
  ]
  await writeFile(script, uses.join('\n'))
  const { stdout } = await run(process.execPath, [script], { cwd: folder })
  const names = Object.keys(await import('../../src/index.ts')).sort()
  expect(JSON.parse(stdout)).toEqual([names, 'rewritten', true, 'rewritten'])
})

test('the package has less than 8 MB without its grammars, and nothing that only this machine needs', async () => {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root })
  const [packed] = Object.values<{ files: { path: string; size: number }[] }>(JSON.parse(stdout))
  const files = packed?.files ?? []
  const names = files.map(({ path }) => path)
  expect(names).toEqual(expect.arrayContaining(['dist/cli.js', 'dist/index.js', 'dist/program.cjs']))
  expect(names.filter((path) => /\.(?:cache|map|inputs)$/.test(path))).toEqual([])
  const bytes = files.flatMap(({ path, size }) => (path.startsWith('dist/grammars/') ? [] : size))
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(8e6)
})

test('compiled code of another program is refused', async () => {
  const program = join(folder, 'dist', 'program.cjs')
  const text = await readFile(program, 'latin1')
  await cp(join(root, 'dist', 'program.cache'), join(folder, 'dist', 'program.cache'))
  // As long as before, which is all that V8 itself asks of a text.
  const other = text.replaceAll('10001}', '10002}').replace(/^\/\/ ./, '// z')
  expect(other.length).toBe(text.length)
  await writeFile(program, other)
  expect(hardened()).toContain('10002')
})
