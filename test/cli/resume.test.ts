import { EventEmitter } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { tree } from '../repository/tree.ts'
import { call, pretend } from './call.ts'

const before = 'FROM a\nCMD b\n'
const after = 'FROM a\nUSER 10001:10001\nCMD b\n'
const names = ['a/Dockerfile', 'b/Dockerfile', 'c/Dockerfile']
const make = () => tree(Object.fromEntries(names.map((name) => [name, before])))

/** Ends the call with a signal as soon as the first file stands. */
async function interrupted(cwd: string, flags: readonly string[], env: Readonly<Record<string, string>>) {
  const signals = new EventEmitter()
  return call([...flags, '-w', ...names], {
    cwd,
    env,
    signals,
    processTarget: async (item) => {
      if (!item.target.startsWith('a')) {
        while (readFileSync(join(cwd, 'a/Dockerfile'), 'utf8') === before) await delay(1)
        signals.emit('SIGINT')
      }
      return pretend(item)
    },
  })
}

test('what is done is written while others are worked on, and stands after Ctrl-C', async () => {
  const cwd = make()
  const { code, stderr } = await interrupted(cwd, [], {})
  expect(code).toBe(130)
  expect(names.map((name) => readFileSync(join(cwd, name), 'utf8'))).toEqual([after, before, before])
  expect(stderr).toMatch(/^interrupted: 1 file written, 2 targets of 3 not done: run it again for the rest$/m)
})

describe('--resume', () => {
  const cache = () => ({ XDG_CACHE_HOME: mkdtempSync(join(tmpdir(), 'harden-image-resume-')) })

  test('does nothing twice, and reports all targets as one run would', async () => {
    const [cwd, env] = [make(), cache()]
    const { stderr } = await interrupted(cwd, ['--prove'], env)
    expect(stderr).toMatch(/^interrupted: .* not done: the same command with --resume goes on$/m)
    const { items, stdout } = await call(['-w', '--prove', '--resume', '--format', 'json', ...names], { cwd, env })
    expect(items.map(({ target }) => target)).toEqual(names.slice(1))
    const { results } = JSON.parse(stdout) as { results: { target: string; verdict: string; output: string }[] }
    expect(results.map(({ target, verdict, output }) => [target, verdict, output])).toEqual(
      names.map((name) => [name, 'rewritten', after]),
    )
    expect(names.map((name) => readFileSync(join(cwd, name), 'utf8'))).toEqual([after, after, after])
  })

  test('works again on what was changed meanwhile, and on all once a run has ended', async () => {
    const [cwd, env] = [make(), cache()]
    await interrupted(cwd, ['--prove'], env)
    writeFileSync(join(cwd, 'a/Dockerfile'), `${before}# another\n`)
    const again = ['-w', '--prove', '--resume', ...names]
    expect((await call(again, { cwd, env })).items).toHaveLength(3)
    expect((await call(again, { cwd, env })).items).toHaveLength(3)
  })

  test('has nothing to go on with where nothing is proved', async () => {
    const { code, stderr } = await call(['-w', '--resume', ...names], { cwd: make() })
    expect(code).toBe(2)
    expect(stderr).toContain('--resume goes on with a run of -w --prove')
  })
})

test('a Dockerfile that others are built from is not written before they are planned', async () => {
  const cwd = tree({
    'compose.yaml': 'services:\n  base: { image: shop/base, build: base }\n  app: { build: app }\n',
    'base/Dockerfile': before,
    'app/Dockerfile': 'FROM shop/base\nCMD b\n',
  })
  const seen: string[] = []
  await call(['-w', 'base/Dockerfile', 'app/Dockerfile'], {
    cwd,
    processTarget: async (item) => {
      seen.push(readFileSync(join(cwd, 'base/Dockerfile'), 'utf8'))
      return pretend(item)
    },
  })
  expect(seen).toEqual([before, before])
  expect(readFileSync(join(cwd, 'base/Dockerfile'), 'utf8')).toBe(after)
})
