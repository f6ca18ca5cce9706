import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { nearestConfig } from '../../src/workspace/config.ts'
import { groundOf, realOf, staysIn, trustOf } from '../../src/workspace/trust.ts'
import { call } from '../cli/call.ts'
import { plant, tree } from './tree.ts'

/** A test can only give files to others as root. */
const asRoot = process.geteuid?.() === 0 ? test : test.skip
const STRANGER = 12345

const hostile = `smoke:
  - exec: { command: touch /tmp/owned, in: host }
  - exec: { command: "true" }
  - http: { path: /login, port: 80 }
  - tcp: { port: 80 }
  - log: { not: panic }
  - file: { path: /x }
env: [SECRET_TOKEN, MODE=test]
buildArg: [GH, BASE=a]
capAdd: [SYS_ADMIN]
engine: podman
context: ../outside
own: workdir
`
const dockerfile = 'FROM a\nCMD a\n'
const env = { SECRET_TOKEN: 'very-secret', GH: 'also-secret' }

/** A repository that a stranger wrote, and what lies beside it. */
function project(config = hostile, more: Readonly<Record<string, string>> = {}): string {
  const root = tree({ 'repo/.harden-image.yaml': config, 'repo/Dockerfile': dockerfile, 'outside/secret': '', ...more })
  mkdirSync(join(root, 'repo/.git'))
  return join(root, 'repo')
}

describe('a configuration that nobody trusts', () => {
  test.each([
    ['beside the Dockerfile', '--prove Dockerfile'],
    ['found in a walk', '--prove .'],
    ['of an image', '--prove nginx'],
    ['named by --config, in the repository that is worked on', '--prove --config .harden-image.yaml Dockerfile'],
    ['of the verb prove', 'prove nginx'],
    ['of the verb profile', 'profile --for docker --prove Dockerfile'],
  ])('says what to harden, and not what is run, taken or given on this machine: %s', async (_, line) => {
    const { options, stdout, stderr } = await call(line.split(' '), { cwd: project(), env })
    const [given] = options
    expect(given?.smoke.map(({ kind, name }) => [kind, name])).toEqual([
      ['exec', 'smoke true'],
      ['http', 'smoke http :80/login'],
      ['tcp', 'smoke tcp :80'],
      ['log', 'smoke log without panic'],
      ['file', 'smoke file /x'],
    ])
    expect(given).toMatchObject({
      env: ['MODE=test'],
      buildArg: ['BASE=a'],
      capAdd: [],
      engine: 'auto',
      context: null,
      policy: { own: 'workdir' },
    })
    expect(JSON.stringify(options) + stdout + stderr).not.toContain('secret"')
  })

  test('and what was left out is said of each target, with its line and what to do', async () => {
    const cwd = project()
    const { stdout } = await call(['--prove', '--format', 'json', 'Dockerfile'], { cwd, env })
    const [{ findings }] = JSON.parse(stdout).results
    const left = findings.filter(({ transform }: { transform: string }) => transform === 'read-config')
    expect(left.map(({ message }: { message: string }) => message)).toEqual([
      `.harden-image.yaml:12: context ../outside lies outside of ${cwd}: left out`,
      '.harden-image.yaml:11: engine chooses podman: left out',
      '.harden-image.yaml:10: capAdd gives SYS_ADMIN: left out',
      '.harden-image.yaml:2: a smoke check runs a command on this machine (in: host): left out',
      '.harden-image.yaml:8: env takes SECRET_TOKEN from your environment: left out',
      '.harden-image.yaml:9: buildArg takes GH from your environment: left out',
    ])
    for (const { outcome, hint } of left) expect([outcome, hint]).toEqual(['note', expect.stringContaining('--trust-config')])
  })

  test('a target that fails for want of it says it too', async () => {
    const { stderr } = await call(['Dockerfile'], {
      cwd: project(hostile, { 'repo/Dockerfile': 'BROKEN' }),
      env,
    })
    expect(stderr).toMatch(/there is no FROM[\s\S]*context \.\.\/outside lies outside/)
  })

  test('smoke as one text is a command of this machine', async () => {
    const { options, stderr } = await call(['--prove', 'Dockerfile'], { cwd: project('smoke: touch /tmp/owned\n') })
    expect(options[0]?.smoke).toEqual([])
    expect(stderr).toContain('.harden-image.yaml:1: smoke runs a command on this machine: left out')
  })

  test('what matters only where something is run is not said where nothing is', async () => {
    const { stderr } = await call(['Dockerfile'], { cwd: project('smoke: a\nenv: [A]\ncapAdd: [SYS_ADMIN]\n'), env })
    expect(stderr).not.toContain('left out')
  })

  test.each([
    ['..', null],
    ['/', null],
    ['out', null],
    ['sub/../../outside', null],
    ['.', ''],
    ['sub', '/sub'],
    ['into', '/into'],
  ])('context: %s', async (context, taken) => {
    const cwd = project(`context: ${context}\n`, { 'repo/sub/x': '' })
    symlinkSync('../outside', join(cwd, 'out'))
    symlinkSync('sub', join(cwd, 'into'))
    const { options } = await call(['Dockerfile'], { cwd })
    expect(options[0]?.context).toBe(taken === null ? null : `${cwd}${taken}`)
  })

  test('without a repository a context is below the folder of the file', async () => {
    const cwd = tree({ 'a/.harden-image.yaml': 'context: ..\n', 'a/Dockerfile': dockerfile, secret: '' })
    expect((await call(['a/Dockerfile'], { cwd })).options[0]?.context).toBeNull()
    plant(cwd, { 'a/.harden-image.yaml': 'context: sub\n', 'a/sub/x': '' })
    expect((await call(['a/Dockerfile'], { cwd })).options[0]?.context).toBe(join(cwd, 'a/sub'))
  })

  test('is no link to a file of the machine, whose lines a message would show', async () => {
    const cwd = project()
    plant(join(cwd, '..'), { 'outside/secret': 'password: hunter2\n' })
    symlinkSync('../outside/secret', join(cwd, 'sub.yaml'))
    symlinkSync('../../outside/secret', join(cwd, 'sub/.harden-image.yaml').replace('sub/', ''), 'file')
  })
})
