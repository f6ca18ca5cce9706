// The hooks of .pre-commit-hooks.yaml, run by pre-commit itself on a repository with staged files.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { tree } from '../repository/tree.ts'
import { available } from '../support/available.ts'

const repository = join(import.meta.dirname, '..', '..')
const hooks: Readonly<Record<string, string>>[] = parse(
  readFileSync(join(repository, '.pre-commit-hooks.yaml'), 'utf8'),
)
const ROOT = 'FROM debian:trixie-slim\nCMD ["./server"]\n'

const git = (cwd: string, ...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@localhost', ...args], { cwd, encoding: 'utf8' })

function committed(files: Readonly<Record<string, string>>): string {
  const folder = tree(files)
  git(folder, 'init', '--quiet', '--initial-branch=main')
  git(folder, 'add', '--all')
  git(folder, 'commit', '--quiet', '--message=x')
  return folder
}

/** The hook as it is published, but for where the command comes from: here the build, in place of an npm install of this repository. */
function runHook(id: string, cwd: string) {
  const published = committed({
    '.pre-commit-hooks.yaml': stringify(hooks.map((hook) => ({ ...hook, language: 'system' }))),
  })
  const bin = join(cwd, '..', `bin-${id}`)
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'harden-image'), `#!/bin/sh\nexec '${process.execPath}' '${repository}/dist/cli.js' "$@"\n`, {
    mode: 0o755,
  })
  const { status, stdout } = spawnSync('pre-commit', ['try-repo', published, id, '--all-files', '--color=never'], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, PRE_COMMIT_HOME: tree({}) },
  })
  return { status, stdout }
}

test('each hook is installed as a package of Node, and works without an engine and a network', () => {
  for (const { language, types, entry } of hooks) {
    expect([language, types]).toEqual(['node', ['dockerfile']])
    expect(entry).toMatch(/^harden-image .*--engine none --offline$/)
  }
})

available('pre-commit').test('the check fails on a Dockerfile that runs as root, and passes one that does not', () => {
  const cwd = committed({ 'a/Dockerfile': ROOT, 'b.py': 'x = 1\n' })
  const failed = runHook('harden-image', cwd)
  expect(failed.stdout).toContain('containers run as non-root...')
  expect(failed.stdout).toContain('a/Dockerfile: runs as root; would run as app (10001:10001)')
  expect(failed.status).toBe(1)
  expect(readFileSync(join(cwd, 'a/Dockerfile'), 'utf8')).toBe(ROOT)
  const clean = committed({ Dockerfile: 'FROM debian:trixie-slim\nUSER 10001:10001\nCMD ["./server"]\n' })
  expect(runHook('harden-image', clean)).toMatchObject({ status: 0, stdout: expect.stringContaining('Passed') })
})

available('pre-commit').test('the fix changes the file, which stops the commit, and lets the next one pass', () => {
  const cwd = committed({ Dockerfile: ROOT })
  expect(runHook('harden-image-fix', cwd)).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('files were modified by this hook'),
  })
  expect(readFileSync(join(cwd, 'Dockerfile'), 'utf8')).toContain('\nUSER 10001:10001\n')
  git(cwd, 'commit', '--all', '--quiet', '--message=y')
  expect(runHook('harden-image-fix', cwd).status).toBe(0)
})
