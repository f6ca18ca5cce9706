// Three workers as processes, one of which is killed in the midst of its shard; no engine.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { tree } from '../repository/tree.ts'

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.js')
const run = promisify(execFile)

function repositories(count: number): Readonly<Record<string, string>> {
  const files = Array.from({ length: count }, (_, index): readonly (readonly [string, string])[] => [
    [
      `repos/s${index}/Dockerfile`,
      `FROM node:22\nCOPY app.js /app/\nEXPOSE ${index % 2 === 0 ? 80 : 3000}\nCMD ["node", "/app/app.js"]\n`,
    ],
    [`repos/s${index}/app.js`, `require('fs').writeFileSync('/data/${index}', '')\n`],
  ])
  return Object.fromEntries(files.flat())
}

test('three shards, one of them killed and begun again, give the report of one worker', async () => {
  const top = tree(repositories(120))
  const fleet = (...args: readonly string[]) =>
    run(process.execPath, [cli, 'fleet', ...args], { cwd: top, maxBuffer: 1 << 28 })
  await fleet('plan', '--offline', '--engine=none', 'repos', '-o', 'plan.ndjson')
  await fleet('run', '--plan', 'plan.ndjson', '--results', 'one')

  const second = ['run', '--plan', 'plan.ndjson', '--shard', '2/3', '--results', 'three']
  const killed = spawn(process.execPath, [cli, 'fleet', ...second], { cwd: top, stdio: 'ignore' })
  const exit = once(killed, 'exit')
  const kept = join(top, 'three', 'results')
  const results = () =>
    existsSync(kept)
      ? readdirSync(kept, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.'))
      : []
  while (killed.exitCode === null && results().length < 3) await delay(2)
  killed.kill('SIGKILL')
  await exit
  const before = results().length
  expect(before).toBeLessThan(40)
  await expect(fleet('merge', '--plan', 'plan.ndjson', '--results', 'three', '--format', 'json')).rejects.toMatchObject(
    {
      code: 1,
      stderr: expect.stringMatching(/^\d+ targets of the plan have no result: /),
    },
  )
  const { stderr } = await fleet(...second)
  expect(stderr).toContain(`${before} had a result`)
  await fleet('run', '--plan', 'plan.ndjson', '--shard', '1/3', '--results', 'three')
  await fleet('run', '--plan', 'plan.ndjson', '--shard', '3/3', '--results', 'three')

  const reports = ['one', 'three'].map((results) =>
    fleet('merge', '--plan', 'plan.ndjson', '--results', results, '--format', 'json'),
  )
  const [one, three] = await Promise.all(reports)
  expect(three?.stdout).toBe(one?.stdout)
  const plain = await run(process.execPath, [cli, '--offline', '--engine=none', '--format', 'json', 'repos'], {
    cwd: top,
    maxBuffer: 1 << 28,
  })
  const byTarget = (text: string) =>
    JSON.parse(text).results.toSorted((a: { target: string }, b: { target: string }) => (a.target < b.target ? -1 : 1))
  expect(byTarget(three?.stdout ?? '')).toEqual(byTarget(plain.stdout))
})

test('a plan with a line that is none, and results that are none, end with 2 and say where', async () => {
  const top = tree({ 'plan.ndjson': '{"tool":"x"}\n', 'other/file': '' })
  const fleet = (...args: readonly string[]) => run(process.execPath, [cli, 'fleet', ...args], { cwd: top })
  await expect(fleet('run', '--plan', 'plan.ndjson', '--results', 'new')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('plan.ndjson, line 1: its tool is not'),
  })
  await expect(fleet('merge', '--results', 'other')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('other holds no results of a fleet'),
  })
  await expect(fleet('run', '--results', 'new')).rejects.toMatchObject({ code: 2 })
  await expect(fleet('plan', '--shard', '1/2', '.')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('fleet plan has no flag --shard'),
  })
})
