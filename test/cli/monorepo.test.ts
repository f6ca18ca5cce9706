// A tree of 200 Dockerfiles: one diff that git apply takes, one sum, and no bad file stops the others.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { plant, tree } from '../repository/tree.ts'
import { call } from './call.ts'

const numbers = Array.from({ length: 200 }, (_, index) => index)
const path = (index: number) =>
  `services/team ${index % 10}/service-${index}/${index % 3 === 0 ? 'Dockerfile' : 'api.Dockerfile'}`

function content(index: number): string | Buffer {
  if (index === 7) return Buffer.from([0x46, 0xff])
  if (index === 77) return 'BROKEN\n'
  if (index % 5 === 0) return 'FROM a\nUSER 1:1\n'
  const end = index % 4 === 0 ? '\r\n' : '\n'
  return `FROM a:${index}${end}# größe${end}CMD b${index % 2 === 0 ? end : ''}`
}

function monorepo(): string {
  const cwd = tree({ '.gitignore': 'dist/\n', 'dist/Dockerfile': 'BUG', 'node_modules/x/Dockerfile': 'BUG' })
  plant(cwd, Object.fromEntries(numbers.map((index) => [path(index), content(index)])))
  execFileSync('git', ['init', '-q'], { cwd })
  return cwd
}

test('a monorepo gives one diff and one sum', async () => {
  const cwd = monorepo()
  const { code, stdout, stderr, items } = await call(['.'], { cwd })
  expect(items).toHaveLength(199)
  expect(stderr).toContain(
    '200 targets: 158 rewritten, 40 unchanged, 2 failed\n158 files would change: -w writes them\n',
  )
  expect(code).toBe(2)

  execFileSync('git', ['apply', '--whitespace=nowarn', '-'], { cwd, input: stdout, stdio: 'pipe' })
  const written = monorepo()
  await call(['-w', '.'], { cwd: written })
  for (const index of numbers) {
    expect(readFileSync(join(cwd, path(index)))).toEqual(readFileSync(join(written, path(index))))
  }
  expect((await call(['--check', 'services/team 1', 'services/team 2'], { cwd: written })).code).toBe(0)
})

test('patch -p1 takes it as well', async () => {
  const cwd = monorepo()
  const { stdout } = await call(['.'], { cwd })
  const found = execFileSync('sh', ['-c', 'command -v patch || true'], { encoding: 'utf8' }).trim()
  if (found === '') return
  execFileSync(found, ['-p1', '--silent'], { cwd, input: stdout, stdio: 'pipe' })
  expect((await call(['services/team 1', '--check'], { cwd })).code).toBe(0)
})

test('the JSON report has every target in the order of the tree', async () => {
  const { stdout } = await call(['--format', 'json', '.'], { cwd: monorepo() })
  const { results } = JSON.parse(stdout) as { results: { target: string; verdict: string }[] }
  expect(results).toHaveLength(200)
  expect(results.map(({ target }) => target)).toEqual([...results.map(({ target }) => target)].sort())
  expect(
    results
      .filter(({ verdict }) => verdict === 'failed')
      .map(({ target }) => target)
      .sort(),
  ).toEqual([path(7), path(77)].sort())
})
