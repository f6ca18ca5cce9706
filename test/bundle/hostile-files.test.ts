// Files as a hostile repository lays them, and the built program as people call it: what hangs is killed, and has failed.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { plant, tree } from '../repository/tree.ts'

const program = join(import.meta.dirname, '..', '..', 'dist', 'cli.js')
const DOCKERFILE = 'FROM debian:trixie-slim\nCOPY . /app\nCMD ["/app/server"]\n'

interface Ran {
  /** Null: it did not end by itself. */
  readonly code: number | null
  readonly text: string
}

function run(cwd: string, ...args: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--engine=none', '--offline', ...args], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  return { code: status, text: stdout + stderr }
}

function repository(files: Readonly<Record<string, string>>): string {
  const top = tree(Object.fromEntries(Object.entries(files).map(([path, text]) => [`repo/${path}`, text])))
  mkdirSync(join(top, 'repo/.git/refs'), { recursive: true })
  mkdirSync(join(top, 'repo/.git/objects'), { recursive: true })
  plant(top, { 'repo/.git/HEAD': 'ref: refs/heads/main\n' })
  return join(top, 'repo')
}

describe('a file that never ends', () => {
  const never = (cwd: string, to: string, name: string): void => {
    if (to === 'pipe') execFileSync('mkfifo', [join(cwd, name)])
    else symlinkSync(to, join(cwd, name))
  }

  test.each(['/dev/zero', '/dev/random', '/proc/kmsg', '/dev/ptmx', 'pipe'])(
    'beside a Dockerfile is not read: %s',
    (to) => {
      const names = [
        'package.json',
        'app.py',
        '.env',
        '.dockerignore',
        'Dockerfile.dockerignore',
        'README.md',
        'docker-bake.json',
      ]
      const cwd = repository({ Dockerfile: DOCKERFILE, server: '' })
      for (const name of names) never(cwd, to, name)
      for (const args of [['.'], ['--check', '.'], ['Dockerfile'], ['-w', '.']])
        expect([args, run(cwd, ...args).code]).toEqual([args, args[0] === '--check' ? 1 : 0])
    },
  )

  test('in the place of the Dockerfile is refused, and a pipe is waited for until a signal comes', async () => {
    const cwd = repository({})
    never(cwd, '/dev/zero', 'Dockerfile')
    expect(run(cwd, 'Dockerfile').text).toContain('Dockerfile cannot be read: it is larger than')
    never(cwd, 'pipe', 'Containerfile')
    const child = spawn(process.execPath, [program, 'Containerfile'], { cwd, stdio: 'ignore' })
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
    await setTimeout(2000)
    child.kill('SIGINT')
    const code = await Promise.race([ended, setTimeout(10_000, 'not obeyed')])
    child.kill('SIGKILL')
    expect(code).toBe(130)
  })

  test("among git's own files is not waited for", () => {
    const cwd = repository({ Dockerfile: DOCKERFILE })
    execFileSync('rm', [join(cwd, '.git/HEAD')])
    never(cwd, 'pipe', '.git/HEAD')
    expect(run(cwd, '--changed-only', '.').code).toBe(2)
  })
})

describe('what lies outside of the repository', () => {
  const secret = '#!/bin/sh\nmkdir -p /var/lib/acme\npsql --password=hunter2\nexec /server\n'
  const outside = (cwd: string, files: Readonly<Record<string, string>>): void =>
    plant(join(cwd, '..'), Object.fromEntries(Object.entries(files).map(([path, text]) => [`outside/${path}`, text])))

  test.each([
    ['a source of COPY above the context', 'COPY ../../outside/s.sh /ep.sh', null],
    ['a linked folder', 'COPY app/s.sh /ep.sh', 'app'],
    ['a linked folder that is copied whole', 'COPY app /', 'app'],
  ])('is not read by way of %s', (_, copy, link) => {
    const start = copy.endsWith('/ep.sh') ? '/ep.sh' : '/s.sh'
    const text = `FROM debian:trixie-slim\n${copy}\nENTRYPOINT ["${start}"]\n`
    const cwd = repository({ 'web/Dockerfile': text })
    outside(cwd, { 's.sh': secret })
    if (link !== null) symlinkSync('../../outside', join(cwd, 'web', link))
    for (const format of ['text', 'json', 'html', 'sarif', 'markdown', 'diff']) {
      const said = run(cwd, '--format', format, 'web').text
      expect(said).not.toContain('hunter2')
      expect(said).not.toContain('/var/lib/acme')
    }
    run(cwd, '-w', 'web')
    expect(readFileSync(join(cwd, 'web/Dockerfile'), 'utf8')).not.toContain('acme')
  })

  test('a source of COPY is what BuildKit takes: below the context, without what leads out of it', () => {
    const cwd = repository({
      Dockerfile: 'FROM debian:trixie-slim\nCOPY ../../conf/s.sh /ep.sh\nENTRYPOINT ["/ep.sh"]\n',
      'conf/s.sh': secret,
    })
    expect(run(cwd, '.').text).toContain('/var/lib/acme')
  })

  test('no file that the caller names in the repository is written through a link out of it', () => {
    const cwd = repository({ Dockerfile: DOCKERFILE })
    outside(cwd, { file: 'mine\n' })
    symlinkSync('../outside/file', join(cwd, 'body.md'))
    const { code, text } = run(cwd, '--pr-body', 'body.md', '.')
    expect([code, text]).toEqual([2, expect.stringContaining('body.md was not written: a link leads from there to')])
    expect(readFileSync(join(cwd, '../outside/file'), 'utf8')).toBe('mine\n')
  })
})
