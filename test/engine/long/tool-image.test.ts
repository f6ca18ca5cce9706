// The image of the tool itself: built by itself, proved by itself, and at work with the engine that it is told.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Hardening, hardenOne, REPOSITORY } from '../support/cli.ts'
import { docker } from '../support/images.ts'

const tag = 'harden-image-test/tool:1'
let built: Hardening | null = null

beforeAll(async () => {
  built = await hardenOne(join(REPOSITORY, 'packaging', 'Dockerfile'), [
    '--prove',
    '--build',
    '-t',
    tag,
    '--context',
    REPOSITORY,
  ])
}, 600_000)

afterAll(async () => {
  await docker(['image', 'rm', '--force', tag])
})

test('runs as nobody, and passes the proof as it is', async () => {
  expect(built?.code).toBe(0)
  expect(built?.result).toMatchObject({ verdict: 'unchanged', changed: false, proof: { passed: true } })
  // The help is printed before anybody can look at its process.
  expect(await docker(['run', '--rm', '--entrypoint=id', tag])).toMatch(/^uid=10001 gid=10001\b/)
})

test('has less than 300 MB', async () => {
  const bytes = Number(await docker(['image', 'inspect', '--format', '{{.Size}}', tag]))
  expect(bytes).toBeGreaterThan(100e6)
  expect(bytes).toBeLessThan(300e6)
})

test('hardens a Dockerfile from stdin, locked down and without a network', async () => {
  const locked = [
    '--rm',
    '-i',
    '--network=none',
    '--read-only',
    '--tmpfs=/tmp',
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
  ]
  const diff = await docker(
    ['run', ...locked, tag, '-', '--engine', 'none', '--offline'],
    'FROM debian:trixie-slim\nCMD ["./server"]\n',
  )
  expect(diff).toContain('+USER 10001:10001')
})

test('looks into an image by the engine of somebody else, of any uid', async () => {
  const socket = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace('unix://', '')
  const { stdout } = await promisify(execFile)('stat', ['--format=%g', socket])
  const run = [
    'run',
    '--rm',
    '--user=4242:0',
    `--group-add=${stdout.trim()}`,
    `--volume=${socket}:/engine.sock`,
    '--env=DOCKER_HOST=unix:///engine.sock',
  ]
  expect(await docker([...run, tag, 'inspect', 'debian:trixie-slim', '--engine', 'docker'])).toContain(
    'debian:trixie-slim',
  )
})
