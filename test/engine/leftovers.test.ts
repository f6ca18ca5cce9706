import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { hostId, thisRun, tokenOf } from '../../src/made-by.ts'
import { listOf } from '../support/run-list.ts'
import { harden, REPOSITORY } from './support/cli.ts'
import { docker, TEST_LABEL } from './support/images.ts'

// Every run removes what a dead one of its host has left, those of the other test files too: these are of a host of their own.
const hostname = 'harden-image-leftovers'
const host = hostId(hostname)
const killed = { ...thisRun(), host, pid: 4_194_303 }
const away = { ...killed, host: '0123456789ab' }
const [dead, elsewhere] = [tokenOf(killed), tokenOf(away)]
const session = 'feedfacefeedface'
const awaySession = 'feedfacefeedfacf'
const lists = [listOf(killed, { kind: 'session', name: session }), listOf(away, { kind: 'session', name: awaySession })]
const label = (name: string, value: string) => `--label=harden-image.${name}=${value}`
const made = (token: string) => [label('session', session), label('run', token)]

async function there(): Promise<readonly string[]> {
  const named = '--filter=name=hi-left'
  const asked = [
    ['ps', '--all', '--format={{.Names}}', named],
    ['image', 'ls', '--format={{.Repository}}:{{.Tag}}', `--filter=label=harden-image.session=${session}`],
    ['volume', 'ls', '--format={{.Name}}', named],
    ['network', 'ls', '--format={{.Name}}', named],
  ]
  const found = await Promise.all(asked.map((args) => docker(args)))
  return found.join('\n').split('\n').filter(Boolean).sort()
}

afterAll(async () => {
  for (const { remove } of lists) remove()
  await unmake()
})

async function unmake(): Promise<void> {
  const ids = (await docker(['ps', '-aq', '--filter=name=hi-left'])).split('\n').filter(Boolean)
  if (ids.length > 0) await docker(['rm', '--force', '--volumes', ...ids])
  await docker(['network', 'rm', 'hi-left-network']).catch(() => undefined)
  await docker(['image', 'rm', '--force', 'harden-image-test/upon-left:1', forged])
  await docker(['volume', 'rm', '--force', 'hi-left-elsewhere', 'hi-left-user'])
}

const forged = 'harden-image-test/hi-left-forged:1'
const proof = `harden-image/proof:${session}-1-result`

/** Gives the anonymous volumes of the container. */
async function make(): Promise<string> {
  const build = (text: string, ...args: string[]) => docker(['build', '--quiet', ...args, '-'], text)
  await build(
    'FROM debian:trixie-slim\nVOLUME /anonymous\n',
    label('session', session),
    label('image', dead),
    `--tag=${proof}`,
  )
  await build(`FROM ${proof}\nENV A=1\n`, `--label=${TEST_LABEL}`, '--tag=harden-image-test/upon-left:1')
  await docker(['network', 'create', ...made(dead), 'hi-left-network'])
  await docker(['volume', 'create', ...made(dead), 'hi-left-volume'])
  await docker(['volume', 'create', label('session', awaySession), label('run', elsewhere), 'hi-left-elsewhere'])
  await docker(['volume', 'create', `--label=${TEST_LABEL}`, 'hi-left-user'])
  const volumes = ['--volume=hi-left-volume:/v', '--volume=hi-left-user:/u']
  await docker([
    'create',
    ...made(dead),
    '--name=hi-left-container',
    '--network=hi-left-network',
    ...volumes,
    proof,
    'true',
  ])
  // A user's own container of an image that was built upon a left one carries the image's labels.
  await docker(['create', `--label=${TEST_LABEL}`, '--name=hi-left-upon', 'harden-image-test/upon-left:1', 'true'])
  // An image may say of itself what it likes, and hands it down to the containers that a user runs of it.
  await build(
    [
      'FROM debian:trixie-slim',
      'LABEL harden-image.run="000000000000-0-1-t1-1" harden-image.session="0000000000000000"',
      'LABEL harden-image.image="000000000000-0-1-t1-1"',
    ].join('\n'),
    `--label=${TEST_LABEL}`,
    `--tag=${forged}`,
  )
  await docker(['run', '--detach', '--name=hi-left-forged', '--volume=hi-left-user:/u', forged, 'sleep', 'inf'])
  return docker(['inspect', '--format={{range .Mounts}}{{.Name}} {{end}}', 'hi-left-container'])
}

test('what a dead run left goes with the next one; what is upon it, of another host or a user’s own stays', async () => {
  const anonymous = await make()
  await harden(['debian:trixie-slim', '--engine', 'docker', '--offline'], { hostname })
  const dry = await harden(['clean', '--dry-run', '--engine', 'docker', 'test/engine/support'], { hostname })
  expect(await there()).toContain('hi-left-container')
  expect(dry.code).toBe(0)
  for (const name of ['hi-left-container', proof, 'hi-left-volume', 'hi-left-network', 'hi-left-elsewhere'])
    expect(dry.stdout).toContain(name)
  expect(dry.stdout).not.toMatch(/upon|hi-left-user/)
  expect(dry.stdout).toMatch(
    /^labelled as ours, but on no list of this user's runs, and stays:\n(.*\n)* {2}container {2}hi-left-forged$/m,
  )
  expect(dry.stdout).toMatch(/^process 4194303 began .*Z and is over:$/m)
  expect(dry.stdout).toMatch(/^process 4194303 began .*Z and is of another host, boot or container, and stays:$/m)

  // Without --build it would leave the engine of another host alone.
  const next = await harden(['debian:trixie-slim', '--build', '--engine', 'docker', '--offline'], { hostname })
  expect(next.code).not.toBe(2)
  expect(await there()).toEqual([
    'harden-image-test/upon-left:1',
    'hi-left-elsewhere',
    'hi-left-forged',
    'hi-left-upon',
    'hi-left-user',
  ])
  expect(await docker(['inspect', '--format={{.State.Running}}', 'hi-left-forged'])).toBe('true')
  expect(await docker(['image', 'ls', '--quiet', forged])).not.toBe('')
  const rest = (await docker(['volume', 'ls', '--quiet'])).split('\n')
  expect(rest).toContain('hi-left-user')
  for (const name of anonymous.split(' ').filter((one) => /^[0-9a-f]{64}$/.test(one))) expect(rest).not.toContain(name)
})

/** Stands before the engine, and can be stopped as SIGSTOP stops one: who asks is connected and never answered. */
async function stoppable(folder: string) {
  const host = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock'
  const socket = join(folder, 'docker.sock')
  const sockets = new Set<Socket>()
  let stopped = false
  const server = createServer({ allowHalfOpen: true }, (client) => {
    sockets.add(client)
    client.on('error', () => {}).on('close', () => sockets.delete(client))
    if (stopped) return
    const engine = connect({ path: host.replace('unix://', ''), allowHalfOpen: true })
    sockets.add(engine)
    engine.on('error', () => client.destroy()).on('close', () => sockets.delete(engine))
    client.pipe(engine)
    engine.pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return {
    host: `unix://${socket}`,
    stop: () => {
      stopped = true
      for (const one of sockets) one.unpipe().pause()
    },
    end: () => {
      for (const one of sockets) one.destroy()
      server.close()
    },
  }
}

test('Ctrl-C ends it where the engine was stopped too, and says what is left', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  const engine = await stoppable(folder)
  const image = 'harden-image-test/left-by-stopped:1'
  await docker(
    ['build', '--quiet', `--label=${TEST_LABEL}`, `--tag=${image}`, '-'],
    'FROM debian:trixie-slim\nCMD sleep inf\n',
  )
  try {
    const { code, stderr } = await harden([image, '--prove', '--offline', '--engine', 'docker'], {
      env: { DOCKER_HOST: engine.host },
      interruptWhen: (said) => {
        if (!/running .* as it is/.test(said)) return false
        engine.stop()
        return true
      },
    })
    expect(code).toBe(130)
    expect(stderr).toMatch(/what the run made is still there; remove it with:\n {2}docker ps -aq --filter label=/)
    expect(stderr).not.toMatch(/this is a bug|^\s+at /m)
    const left = /harden-image\.session=([0-9a-f]+)/.exec(stderr)?.[1]
    engine.end()
    await harden(['clean', '--engine', 'docker', 'test/engine/support'])
    expect(await docker(['ps', '-aq', `--filter=label=harden-image.session=${left}`])).toBe('')
  } finally {
    engine.end()
    await rm(folder, { recursive: true })
  }
})

test('a batch that is killed and gone on with ends with the same files and the whole report', async () => {
  const script = join(REPOSITORY, 'scripts', 'kill-test.mjs')
  const args = [script, 'batch', '2', '--files', '5', '--seed', '7']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let stdout = ''
  for await (const text of child.stdout) stdout += text
  expect(stdout).toContain('nothing is broken, and nothing is left')
})

test('a proof that is killed leaves nothing once the next run has ended', async () => {
  const script = join(REPOSITORY, 'scripts', 'kill-test.mjs')
  const args = [script, 'prove', '4', '--shared', '--seed', '7']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let stdout = ''
  for await (const text of child.stdout) stdout += text
  expect(stdout).toContain('nothing is broken, and nothing is left')
})
