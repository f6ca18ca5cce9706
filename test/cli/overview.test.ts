// What a platform engineer sees first: hundreds of Dockerfiles, through the real pipeline.
import { describe, expect, test } from '@jest/globals'
import stringWidth from 'string-width'
import { targetProcessor } from '../../src/app/pipeline.ts'
import { tree } from '../repository/tree.ts'
import { dockerfileTree } from '../support/many-dockerfiles.ts'
import { call } from './call.ts'

const FILES = 300
const cwd = tree(dockerfileTree(FILES))
const args = ['--engine', 'none', '--offline']
const run = (more: readonly string[] = [], columns?: number) =>
  call([...args, ...more, '.'], {
    cwd,
    processTarget: targetProcessor(),
    ...(columns === undefined ? {} : { columns }),
  })

/** Without what a terminal shows first and takes away again. */
const left = (stderr: string): string => stderr.split('\r\u001b[2K').at(-1) ?? ''

describe('300 Dockerfiles', () => {
  test('take at most 1.3 lines a file, and two runs say the same', async () => {
    const [one, two] = [await run(), await run()]
    expect(one.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(FILES * 1.3)
    expect(two).toEqual(one)
    expect(one.stderr).toContain('300 targets: 225 rewritten, 25 unchanged, 25 exempt, 25 needs-root')
  }, 120_000)

  test('each have one line below their verdict, but for those that stay as they are', async () => {
    const { stderr } = await run()
    const told = Object.keys(dockerfileTree(FILES)).map(
      (path) => stderr.split('\n').filter((line) => line.startsWith(`  ${path} `)).length,
    )
    expect([told.filter((lines) => lines === 1).length, Math.max(...told)]).toEqual([275, 1])
    const verdicts = stderr.match(/^[a-z-]+: \d+ targets.*$/gm)
    expect(verdicts).toEqual([
      'rewritten: 225 targets',
      'unchanged: 25 targets, which -v names',
      'exempt: 25 targets',
      'needs-root: 25 targets',
    ])
  }, 120_000)

  test.each([80, 100, 160])(
    'nothing is wider than a terminal of %d columns',
    async (columns) => {
      const { stderr } = await run([], columns)
      const widths = left(stderr)
        .split('\n')
        .map((line) => stringWidth(line))
      expect(Math.max(...widths)).toBeLessThanOrEqual(columns)
    },
    120_000,
  )

  test('what is said of many of them is said once, with how many they are', async () => {
    const { stderr } = await run()
    expect(stderr.match(/must keep root: sshd/g)).toHaveLength(1)
    expect(stderr).toMatch(
      /must keep root: sshd .*\n {4}a: .*; c: keep root.*\n {4}25 targets, first team-1\/jump-02\/Dockerfile:1\n/,
    )
  }, 120_000)

  test('-v says all of each, with the evidence', async () => {
    const { stderr } = await run(['-v'])
    expect(stderr.match(/must keep root: sshd/g)).toHaveLength(25)
    expect(stderr).toContain('\n          declared 80: named by EXPOSE\n')
    expect((await run()).stderr).not.toContain('named by EXPOSE')
  }, 120_000)
})

test('-v tells one Dockerfile with its reasons, in the order of its lines', async () => {
  const text = 'FROM debian:12\nVOLUME /data\nEXPOSE 80\nCMD ["sleep", "inf"]\n'
  const { stderr } = await call([...args, '-v', 'Dockerfile'], {
    cwd: tree({ Dockerfile: text }),
    processTarget: targetProcessor(),
  })
  expect(stderr).toMatch(/^Dockerfile: rewritten, would run as app \(10001:10001\); a new account\n/)
  const lines = [...stderr.matchAll(/^ {2}(\d+):1/gm)].map(([, line]) => Number(line))
  expect(lines.length).toBeGreaterThan(3)
  expect(lines).toEqual(lines.toSorted((a, b) => a - b))
  expect(stderr).toContain('next: review the diff, prove that it still works with --prove, write it with -w and open a')
})

test('a configuration that cannot be read is told once, however many targets it fails', async () => {
  const files = { ...dockerfileTree(5), '.harden-image.yaml': 'usr: x\n' }
  const { code, stderr } = await call([...args, '.'], { cwd: tree(files), processTarget: targetProcessor() })
  expect(code).toBe(2)
  expect(stderr.split('unknown setting').length - 1).toBe(1)
  expect(stderr).toMatch(
    /^failed: 5 targets\n {2}\.harden-image\.yaml:1: unknown setting "usr"; .*\n {2}the first is \S+Dockerfile$/m,
  )
})
