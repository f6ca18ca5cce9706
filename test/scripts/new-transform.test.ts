import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'

const SCRIPT = resolve('scripts/new-transform.mjs')
let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'new-transform-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const scaffold = (name: string) => spawnSync(process.execPath, [SCRIPT, name], { cwd: root, encoding: 'utf8' })
const read = (path: string) => readFileSync(join(root, path), 'utf8')

test('makes the transform, its page and its first case, and says which', () => {
  const { status, stdout } = scaffold('drop-setuid')
  expect(status).toBe(0)
  const made = stdout.trim().split('\n')
  expect(made).toEqual([
    'transforms/drop-setuid.ts',
    'docs/rules/drop-setuid.md',
    'test/transforms/drop-setuid/basic/before.Dockerfile',
    'test/transforms/drop-setuid/basic/after.Dockerfile',
    'transforms/index.ts',
  ])
  for (const path of made) expect(read(path)).not.toBe('')
  expect(read('transforms/drop-setuid.ts')).toContain("name: 'drop-setuid'")
})

test('adds imports by name and entries at the end', () => {
  mkdirSync(join(root, 'transforms'))
  writeFileSync(
    join(root, 'transforms/index.ts'),
    `import type { Transform } from '../src/transform.ts'
import { setUser } from './set-user.ts'

/** In order. */
export const transforms: readonly Transform[] = [setUser]
`,
  )
  scaffold('own-paths')
  scaffold('use-tini')
  expect(read('transforms/index.ts')).toBe(`import type { Transform } from '../src/transform.ts'
import { ownPaths } from './own-paths.ts'
import { setUser } from './set-user.ts'
import { useTini } from './use-tini.ts'

/** In order. */
export const transforms: readonly Transform[] = [setUser, ownPaths, useTini]
`)
})

test('keeps the comments in the list', () => {
  mkdirSync(join(root, 'transforms'))
  const index = (entries: string) => `export const transforms: readonly Transform[] = [\n${entries}]\n`
  writeFileSync(join(root, 'transforms/index.ts'), index('  // first, because of the rest\n  setUser,\n'))
  scaffold('own-paths')
  expect(read('transforms/index.ts')).toContain(index('  // first, because of the rest\n  setUser,\n  ownPaths,\n'))
})

test('what it makes type-checks and is formatted', () => {
  for (const path of ['src', 'transforms', 'schema', 'catalogue', 'tsconfig.json', 'biome.json', 'package.json'])
    if (existsSync(path)) cpSync(path, join(root, path), { recursive: true })
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'))
  writeFileSync(join(root, 'tsconfig.new.json'), '{ "extends": "./tsconfig.json", "include": ["transforms"] }')
  expect(scaffold('zap-example').status).toBe(0)
  const run = (tool: string, ...args: string[]) =>
    spawnSync(process.execPath, [resolve('node_modules', tool), ...args], { cwd: root, encoding: 'utf8' })
  const sources = ['transforms/zap-example.ts', 'transforms/index.ts']
  expect(run('typescript/bin/tsc', '--project', 'tsconfig.new.json')).toMatchObject({ status: 0, stdout: '' })
  expect(run('@biomejs/biome/bin/biome', 'check', '--vcs-enabled=false', ...sources)).toMatchObject({ status: 0 })
}, 60_000)

test.each(['User', 'user', 'set_user', '../set-user', ''])('refuses the name "%s"', (name) => {
  const { status, stderr } = scaffold(name)
  expect(status).toBe(2)
  expect(stderr).toContain('kebab-case')
})

test('an existing transform is not overwritten', () => {
  scaffold('drop-setuid')
  const { status, stderr } = scaffold('drop-setuid')
  expect(status).toBe(2)
  expect(stderr).toContain('transforms/drop-setuid.ts exists already')
})
