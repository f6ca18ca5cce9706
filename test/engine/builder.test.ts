// Proofs whose builds go through a builder that is another machine to the engine: it has none of its images.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { tree } from '../repository/tree.ts'
import { harden, traceDocker } from './support/cli.ts'
import { docker } from './support/images.ts'
import { type RemoteBuilder, remoteBuilder } from './support/remote-builder.ts'

let builder: RemoteBuilder

beforeAll(async () => {
  builder = await remoteBuilder()
}, 120_000)

afterAll(async () => {
  await builder?.remove()
}, 60_000)

const server = (steps: string) => ({
  Dockerfile: `FROM debian:trixie-slim\n${steps}CMD ["sh", "-c", "echo up > /srv/state/up && exec sleep infinity"]\n`,
})

/** All that carries the label of one of these sessions. */
async function leftOf(sessions: readonly string[]): Promise<readonly string[]> {
  const filters = sessions.map((session) => `--filter=label=harden-image.session=${session}`)
  const lists = filters.flatMap((filter) => [
    docker(['ps', '--all', '--quiet', filter]),
    docker(['image', 'ls', '--all', '--quiet', filter]),
    docker(['network', 'ls', '--quiet', filter]),
    docker(['volume', 'ls', '--quiet', filter]),
  ])
  return (await Promise.all(lists)).join('\n').split('\n').filter(Boolean)
}

test('the proofs of a fleet build with it, upon an image that the engine alone has, and leave nothing there', async () => {
  const top = tree(server('RUN mkdir /srv/state\n'))
  const { value, sessions, calls } = await traceDocker(async (env) => {
    const fleet = (args: readonly string[]) => harden(['fleet', ...args], { cwd: top, env: { ...builder.env, ...env } })
    expect(await fleet(['plan', '--prove', '.', '-o', 'plan.ndjson'])).toMatchObject({ code: 0 })
    const run = ['run', '--plan', 'plan.ndjson', '--results', 'results', '--builder']
    const refused = await fleet([...run, 'nobody'])
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('failed: there is no builder nobody') })
    expect(refused.stderr).toContain('1 without a result')
    expect(await fleet([...run, builder.name])).toMatchObject({ code: 0, stderr: expect.stringContaining('1 done') })
    return fleet(['merge', '--plan', 'plan.ndjson', '--results', 'results', '--format', 'json'])
  })
  expect(JSON.parse(value.stdout).results).toMatchObject([{ verdict: 'hardened', proof: { passed: true } }])
  const builds = calls.filter((call) => / --iidfile=/.test(call))
  expect(builds.length).toBeGreaterThan(1)
  for (const call of builds) expect(call).toMatch(new RegExp(`^buildx build --builder=${builder.name} --load `))
  expect(sessions.length).toBeGreaterThan(0)
  expect(await leftOf(sessions)).toEqual([])
})

test.each([
  ['a builder elsewhere', () => builder.name],
  ["the engine's own", () => 'default'],
])('what %s builds runs on the engine under its name', async (_, builderOf) => {
  const top = tree(server('RUN mkdir /srv/state\n'))
  const name = `hi-built:${process.pid}`
  try {
    const args = ['Dockerfile', '--build', '-t', name, '--builder', builderOf()]
    expect(await harden(args, { cwd: top, env: builder.env })).toMatchObject({ code: 0 })
    expect((await docker(['run', '--rm', '--network=none', name, 'id', '-u'])).trim()).toBe('10001')
  } finally {
    await docker(['image', 'rm', '--force', name])
  }
})

test('an end by Ctrl-C in the midst of its build leaves nothing in the engine', async () => {
  const top = tree(server('RUN mkdir /srv/state && sleep 600\n'))
  const { value, sessions } = await traceDocker((env) =>
    harden(['Dockerfile', '--prove', '-v', '--builder', builder.name], {
      cwd: top,
      env: { ...builder.env, ...env },
      interruptWhen: (stderr) => /RUN mkdir \/srv\/state && sleep/.test(stderr),
    }),
  )
  expect(value.code).toBe(130)
  expect(await leftOf(sessions)).toEqual([])
})

test('docker buildx bake builds with it what --emit bake prints of the same call', async () => {
  const top = tree({ 'baked/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\nCMD ["/app"]\n' })
  const args = ['--offline', '--engine=none', '--emit', 'bake', 'baked']
  const { stdout } = await harden(args, { cwd: top })
  await writeFile(join(top, 'docker-bake.json'), stdout)
  try {
    await promisify(execFile)(
      'docker',
      ['buildx', 'bake', '--builder', builder.name, '-f', 'docker-bake.json', '--load'],
      {
        cwd: top,
        env: { ...process.env, ...builder.env },
      },
    )
    expect((await docker(['image', 'inspect', '--format={{.Config.User}}', 'baked:nonroot'])).trim()).toBe(
      '10001:10001',
    )
  } finally {
    await docker(['image', 'rm', '--force', 'baked:nonroot'])
  }
})

test('a machine of the builder that is gone is no result of a target', async () => {
  await builder.hangUp()
  const top = tree(server('RUN mkdir /srv/state\n'))
  const args = ['Dockerfile', '--prove', '--builder', builder.name, '--format', 'json']
  const { code, stdout } = await harden(args, { cwd: top, env: builder.env })
  expect(code).toBe(2)
  expect(JSON.parse(stdout).results).toMatchObject([
    {
      verdict: 'failed',
      error: { code: 'no-engine', message: expect.stringContaining(`the builder ${builder.name} does not answer: `) },
    },
  ])
})
