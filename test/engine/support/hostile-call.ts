// One call of the bundle on something hostile, and what must hold of it whatever that was.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { parseDockerfile } from '../../../src/dockerfile/index.ts'
import { isRootUser } from '../../../src/image/accounts.ts'
import { isComplete, type TargetResult, type Verdict } from '../../../src/report/report.ts'
import { REPOSITORY } from './cli.ts'

const CLI = join(REPOSITORY, 'dist', 'cli.js')

export interface HostileCall {
  readonly code: number | null
  readonly results: readonly TargetResult[]
  readonly stderr: string
}

/** `--format json` of some targets. It is killed, and the test fails, where it does not end by itself. */
export async function callOn(args: readonly string[], endsWithinMs: number, cwd: string): Promise<HostileCall> {
  const child = spawn(process.execPath, ['--max-old-space-size=1024', CLI, ...args, '--format', 'json'], { cwd })
  const written = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  child.stdout.on('data', (chunk: Buffer) => written.stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => written.stderr.push(chunk))
  // Where no signal is obeyed, the operating system's last one.
  const timer = setTimeout(() => child.kill('SIGKILL'), endsWithinMs)
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  clearTimeout(timer)
  const stderr = Buffer.concat(written.stderr).toString()
  const stdout = Buffer.concat(written.stdout).toString()
  expect({ ended: code !== null, stderr: stderr.slice(-2000) }).toMatchObject({ ended: true })
  expect(stderr).not.toContain('this is a bug')
  // What a terminal would obey, and what changes the direction of a line.
  expect(stderr).not.toMatch(/(?![\n\t])\p{Cc}|[\u200b-\u200f\u2028-\u202e\u2066-\u2069]/u)
  expect([0, 1, 2]).toContain(code)
  return { code, stderr, results: stdout === '' ? [] : JSON.parse(stdout).results }
}

const OURS = /^(FROM|RUN|COPY|USER|EXPOSE|ENV|WORKDIR|ENTRYPOINT|CMD|VOLUME|HEALTHCHECK|STOPSIGNAL|LABEL)$/

/** What the hostile texts of these tests try to have said or run. */
const INJECTED = /^(RUN (touch|mkdir) \/INJECTED|USER (root|0)\b|FROM evil|ENTRYPOINT .*INJECTED)/

/** The verdict is one of those that are true, and the Dockerfile says what ours says and nothing of the image's. */
export function expectHonest({ code, results }: HostileCall, allowed: readonly Verdict[]): TargetResult {
  const [result] = results
  if (result === undefined) throw new Error('there is no result')
  const { verdict, output, error, user, findings } = result
  expect({
    verdict: allowed.includes(verdict) ? 'allowed' : verdict,
    error,
    findings: findings.slice(0, 3),
  }).toMatchObject({
    verdict: 'allowed',
  })
  expect(error?.code).not.toBe('bug')
  if (verdict === 'failed') {
    expect(code).toBe(2)
    return result
  }
  const said = parseDockerfile(output).stages.flatMap(({ instructions }) => instructions)
  for (const { keyword, text } of said) {
    expect(keyword).toMatch(OURS)
    expect(`${keyword} ${text}`).not.toMatch(INJECTED)
  }
  if (isComplete({ verdict })) {
    expect(user?.uid).toBeGreaterThan(0)
    expect(isRootUser(said.findLast(({ keyword }) => keyword === 'USER')?.text ?? '')).toBe(false)
  }
  return result
}

/** What a hostile image of these tests is called, which no other test does. */
export function tagged(name: string): string {
  return `harden-image-test/hostile-${name}:latest`
}
