import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { changedFiles, changedTargets } from '../../src/repository/changed.ts'
import { discover } from '../../src/repository/discover.ts'
import { tree } from './tree.ts'

const NEVER = new AbortController().signal
const git = (cwd: string, ...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], { cwd, stdio: 'pipe' })

function repository(files: Readonly<Record<string, string>>): string {
  const cwd = realpathSync(tree(files))
  git(cwd, 'init', '--quiet', '--initial-branch=main')
  git(cwd, 'add', '--all')
  git(cwd, 'commit', '--quiet', '--message=first')
  return cwd
}

const text = 'FROM debian:12\nCOPY . /app\nCMD ["/app/server"]\n'
const files = {
  'a/Dockerfile': text,
  'a/server': 'one',
  'a/.dockerignore': '*.md\n',
  'a/README.md': 'a',
  'b/Dockerfile': text,
}

const named = async (cwd: string, ref = 'HEAD') =>
  (await changedFiles(cwd, ref, NEVER)).map((path) => relative(cwd, path)).sort()
const chosen = async (cwd: string, ref = 'HEAD', targets: readonly string[] = ['.']) => {
  const { found } = await discover(targets, cwd)
  return changedTargets(found, await changedFiles(cwd, ref, NEVER)).map(({ target }) => target)
}

describe('what has changed since a commit', () => {
  test('is what is committed since, what is not committed, what git does not know yet, and what is gone', async () => {
    const cwd = repository(files)
    git(cwd, 'checkout', '--quiet', '-b', 'work')
    appendFileSync(join(cwd, 'a/server'), 'two')
    git(cwd, 'commit', '--quiet', '--all', '--message=second')
    appendFileSync(join(cwd, 'b/Dockerfile'), '# more\n')
    writeFileSync(join(cwd, 'b/new'), '')
    rmSync(join(cwd, 'a/README.md'))
    expect(await named(cwd, 'main')).toEqual(['a/README.md', 'a/server', 'b/Dockerfile', 'b/new'])
    expect(await named(cwd)).toEqual(['a/README.md', 'b/Dockerfile', 'b/new'])
  })

  test('counts from where both parted, not what the other branch has done meanwhile', async () => {
    const cwd = repository(files)
    git(cwd, 'branch', 'work')
    appendFileSync(join(cwd, 'a/server'), 'two')
    git(cwd, 'commit', '--quiet', '--all', '--message=on main')
    git(cwd, 'checkout', '--quiet', 'work')
    expect(await named(cwd, 'main')).toEqual([])
  })

  test('is asked without a program, hook or filter that the repository names', async () => {
    const cwd = repository({ ...files, '.gitattributes': '* filter=evil diff=evil\n' })
    const marker = join(cwd, '..', `ran-${process.pid}`)
    const run = `touch ${marker}; cat`
    for (const name of [
      'core.fsmonitor',
      'filter.evil.clean',
      'filter.evil.process',
      'diff.evil.textconv',
      'diff.external',
    ])
      git(cwd, 'config', name, run)
    mkdirSync(join(cwd, '.git/hooks'), { recursive: true })
    writeFileSync(join(cwd, '.git/hooks/post-index-change'), `#!/bin/sh\n${run}\n`, { mode: 0o755 })
    appendFileSync(join(cwd, 'a/server'), 'two')
    expect(await named(cwd)).toEqual(['a/server'])
    expect(existsSync(marker)).toBe(false)
  })

  test('is refused where git cannot tell, with a ref that is an option too', async () => {
    const cwd = repository(files)
    await expect(changedFiles(cwd, 'nowhere', NEVER)).rejects.toThrow('git knows no commit nowhere')
    await expect(changedFiles(cwd, '--output=x', NEVER)).rejects.toThrow('git knows no commit --output=x')
    await expect(changedFiles(tree({}), 'HEAD', NEVER)).rejects.toThrow('is in no git repository')
  })
})

describe('a target has changed', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['with its Dockerfile', 'b/Dockerfile', ['b/Dockerfile']],
    ['with what is sent to its build', 'a/server', ['a/Dockerfile']],
    ['not with what .dockerignore leaves out', 'a/README.md', []],
    ['with what is sent to its build and new', 'b/deep/new', ['b/Dockerfile']],
    ['with a Compose file of the project', 'compose.yaml', ['a/Dockerfile', 'b/Dockerfile']],
  ]
  test.each(cases)('%s', async (_, file, expected) => {
    const cwd = repository(files)
    mkdirSync(join(cwd, file, '..'), { recursive: true })
    appendFileSync(join(cwd, file), '# changed\n')
    expect(await chosen(cwd)).toEqual(expected)
  })

  test('with the Dockerfile of the image that it is built from', async () => {
    const cwd = repository({
      'compose.yaml': 'services:\n  base: { image: shop/base, build: base }\n  app: { build: app }\n',
      'base/Dockerfile': text,
      'app/Dockerfile': 'FROM shop/base\nCMD b\n',
      'other/Dockerfile': text,
    })
    appendFileSync(join(cwd, 'base/Dockerfile'), '# changed\n')
    expect(await chosen(cwd)).toEqual(['app/Dockerfile', 'base/Dockerfile'])
  })

  test('with what is sent to the build of that image, which need be no target itself', async () => {
    const cwd = repository({
      'compose.yaml': 'services:\n  base: { image: shop/base, build: base }\n  app: { build: app }\n',
      'base/Dockerfile': text,
      'base/.dockerignore': '*.md\n',
      'app/Dockerfile': 'FROM shop/base\nCMD b\n',
    })
    writeFileSync(join(cwd, 'base/README.md'), 'changed')
    expect(await chosen(cwd, 'HEAD', ['app'])).toEqual([])
    writeFileSync(join(cwd, 'base/server'), 'changed')
    expect(await chosen(cwd, 'HEAD', ['app'])).toEqual(['app/Dockerfile'])
  })
})
