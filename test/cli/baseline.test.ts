import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { openBaseline } from '../../src/cli/baseline.ts'
import { sha256 } from '../../src/digest.ts'
import { finding, sampleResult } from '../report/sample.ts'
import { tree } from '../repository/tree.ts'
import { call } from './call.ts'

const cron = 'FROM a\n# CRON\nCMD b\n'
const make = () => tree({ 'a/Dockerfile': cron, 'b/Dockerfile': 'FROM a\nUSER 1\nCMD b\n' })
const run = (cwd: string, ...flags: readonly string[]) => call([...flags, '--check', '--engine', 'none', '.'], { cwd })

describe('a baseline', () => {
  test('keeps what is known from ending a run with 1, and nothing that is new', async () => {
    const cwd = make()
    expect((await run(cwd)).code).toBe(1)
    const first = await run(cwd, '--baseline', 'known', '--update-baseline')
    expect(first.code).toBe(0)
    expect(first.stderr).toMatch(/^wrote known: 2 findings known, 2 new, 0 gone$/m)
    expect((await run(cwd, '--baseline', 'known')).code).toBe(0)
    writeFileSync(join(cwd, 'b/Dockerfile'), cron)
    const { code, stderr } = await run(cwd, '--baseline', 'known')
    expect(code).toBe(1)
    expect(stderr).toMatch(/^2 findings of known known, 2 new$/m)
  })

  test('leaves what is known out of what people read, and tells a report what is new', async () => {
    const cwd = make()
    await run(cwd, '--baseline', 'known', '--update-baseline')
    const quiet = await run(cwd, '--baseline', 'known')
    expect(quiet.stdout + quiet.stderr).toBe('2 findings of known known, 0 new\n')
    mkdirSync(join(cwd, 'c'))
    writeFileSync(join(cwd, 'c/Dockerfile'), 'FROM a\nCMD d\n')
    expect((await run(cwd, '--baseline', 'known')).stdout).toMatch(/^c\/Dockerfile: .*\n$/)
    const github = (await run(cwd, '--baseline', 'known', '--format', 'github')).stdout
    expect([...new Set(github.match(/file=[^,]*/g))]).toEqual(['file=c/Dockerfile'])
    const { runs } = JSON.parse((await run(cwd, '--baseline', 'known', '--format', 'sarif')).stdout)
    const states = (
      runs[0].results as {
        baselineState: string
        locations: { physicalLocation: { artifactLocation: { uri: string } } }[]
      }[]
    ).map(({ baselineState, locations }) => `${locations[0]?.physicalLocation.artifactLocation.uri} ${baselineState}`)
    expect(states).toContain('c/Dockerfile new')
    expect(states).toContain('a/Dockerfile unchanged')
  })

  test('knows a change that no run has shown to work', async () => {
    const cwd = make()
    const strict = ['--fail-on', 'unproved'] as const
    expect((await run(cwd, ...strict)).code).toBe(1)
    await run(cwd, ...strict, '--baseline', 'known', '--update-baseline')
    expect((await run(cwd, ...strict, '--baseline', 'known')).code).toBe(0)
  })

  test('tells what is gone, and shrinks when it is told to', async () => {
    const cwd = make()
    await run(cwd, '--baseline', 'known', '--update-baseline')
    writeFileSync(join(cwd, 'a/Dockerfile'), 'FROM a\nUSER 1\nCMD b\n')
    expect((await run(cwd, '--baseline', 'known')).stderr).toMatch(
      /^2 findings of known gone: --update-baseline takes them out$/m,
    )
    await run(cwd, '--baseline', 'known', '--update-baseline')
    expect(readFileSync(join(cwd, 'known'), 'utf8').trim().split('\n')).toHaveLength(1)
  })

  test('keeps what it knows of targets that a run does not work on', async () => {
    const cwd = make()
    await run(cwd, '--baseline', 'known', '--update-baseline')
    const before = readFileSync(join(cwd, 'known'), 'utf8')
    const args = ['--check', '--engine', 'none', '--baseline', 'known', '--update-baseline', 'b/Dockerfile']
    await call(args, { cwd })
    expect(readFileSync(join(cwd, 'known'), 'utf8')).toBe(before)
  })

  test('is refused where it is missing or something else', async () => {
    const cwd = make()
    expect((await run(cwd, '--baseline', 'known')).stderr).toContain('the baseline known cannot be read: ENOENT')
    writeFileSync(join(cwd, 'known'), 'mine\n')
    const { code, stderr } = await run(cwd, '--baseline', 'known', '--update-baseline')
    expect(code).toBe(2)
    expect(stderr).toContain('known is no baseline of harden-image')
    expect(readFileSync(join(cwd, 'known'), 'utf8')).toBe('mine\n')
  })

  test('knows a finding by its rule, what it is about and its line, whatever its words are', async () => {
    const cwd = make()
    const source = 'FROM a\nRUN b\nCMD c\n'
    const said = (message: string, line = 2, subject = '/start.sh') => {
      const evidence = [{ source: 'step-down', subject, detail: '' }] as const
      const findings = [{ ...finding, outcome: 'todo', transform: 'report-remarks', message, line, evidence }] as const
      const result = sampleResult({ target: 'Dockerfile', verdict: 'incomplete', findings })
      return { result, source, path: join(cwd, 'a/Dockerfile') }
    }
    await openBaseline('known', true, cwd).close([said('must run as root')])
    const known = openBaseline('known', false, cwd)
    expect(known.codeOf(said('has to be root'), 'incomplete')).toBe(0)
    expect(known.codeOf(said('must run as root', 3), 'incomplete')).toBe(1)
    expect(known.codeOf(said('must run as root', 2, '/other.sh'), 'incomplete')).toBe(1)
  })

  test('of the first kind is read once more, and written as one of the second', async () => {
    const cwd = make()
    await run(cwd, '--baseline', 'known', '--update-baseline')
    const after = readFileSync(join(cwd, 'known'), 'utf8')
    const old = after
      .replace('baseline 2', 'baseline 1')
      .replace(/^[0-9a-f]{16}:\d+ {2}(.*?): (\S+) \| (.*)$/gm, (...[, target, name, said]) => {
        const plain = String(said).replace(/\d+/g, '0')
        return `${sha256([target, name, plain].join('\0'))}  ${target}: ${name} | ${said}`
      })
    writeFileSync(join(cwd, 'known'), old)
    expect((await run(cwd, '--baseline', 'known')).code).toBe(0)
    await run(cwd, '--baseline', 'known', '--update-baseline')
    expect(readFileSync(join(cwd, 'known'), 'utf8')).toBe(after)
  })
})
