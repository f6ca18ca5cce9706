// A second dockerd is started from what `userns apply` wrote, and what `userns check` says is held against it.
import { appendFileSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { harden } from './support/cli.ts'
import { docker, ensureImage, TEST_LABEL } from './support/images.ts'
import { retryOnce } from './support/retry.ts'
import { outside, type SecondEngine, savedImage, secondEngine } from './support/second-engine.ts'

retryOnce()

const prefix = `hi-userns-${process.pid}`
let engine: SecondEngine
let image: string
let saved: Buffer

beforeAll(async () => {
  image = await ensureImage('scratch-static')
  saved = savedImage(image)
  engine = await secondEngine()
}, 120_000)

afterAll(async () => {
  await engine?.remove()
}, 60_000)

/** Files below the second engine's /etc; those that hold accounts are dockerd's own business. */
function etc(): ReadonlyMap<string, string> {
  const folder = join(engine.root, 'etc')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) =>
      !/^(passwd|group|shadow|gshadow|subuid|subgid)[-+]$|^(passwd|group|shadow|gshadow)$|^\.pwd\.lock$/.test(name),
  )
  // /etc/mtab and its like lead to what changes by itself.
  const files = names.filter((name) => lstatSync(join(folder, name)).isFile())
  return new Map(files.map((name) => [name, readFileSync(join(folder, name), 'latin1')]))
}

const userns = (action: string, ...args: string[]) =>
  harden(['userns', action, '--root', engine.root, ...args], { env: engine.env })

const state = async () => JSON.parse((await userns('check', '--format', 'json')).stdout)

/** Starts the image and looks at it from outside. */
async function rootOutside(...options: string[]): Promise<{ uid: number; map: string }> {
  const { ok, output } = engine.docker(['run', '--detach', '--network=none', ...options, image])
  if (!ok) throw new Error(output)
  const id = output.trim().split('\n').at(-1) ?? ''
  const seen = await outside(engine, id)
  engine.docker(['rm', '--force', id])
  return seen
}

describe('apply, restart, check, revert, restart', () => {
  let before: ReadonlyMap<string, string>
  let start: number

  test('before: root is root', async () => {
    before = etc()
    await engine.stop()
    await engine.start()
    expect(engine.docker(['load', '--quiet'], saved).ok).toBe(true)
    expect(await rootOutside()).toEqual({ uid: 0, map: '0 0 4294967295' })
    expect(await state()).toMatchObject({ state: 'off', blockers: [] })
  })

  test('apply does not touch the daemon that runs', async () => {
    // A second try starts where the first one did.
    await userns('revert')
    const { code, stdout } = await userns('apply')
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('systemctl restart docker') })
    expect(await rootOutside()).toMatchObject({ uid: 0 })
    const { code: checked } = await userns('check')
    expect(checked).toBe(1)
    expect(await state()).toMatchObject({ state: 'restart-needed' })
  })

  test('after the restart root in a container is the sub-uid outside, and check says so', async () => {
    await engine.stop()
    await engine.start()
    const subuid = readFileSync(join(engine.root, 'etc/subuid'), 'utf8')
    start = Number(/^dockremap:(\d+):65536$/m.exec(subuid)?.[1])
    expect(start).toBeGreaterThanOrEqual(100_000)
    expect(readFileSync(join(engine.root, 'etc/subgid'), 'utf8')).toContain(`dockremap:${start}:65536\n`)
    // What was there is not seen any more: its images and containers are elsewhere.
    const { output } = engine.docker(['info', '--format', '{{.DockerRootDir}}'])
    expect(output.trim()).toMatch(new RegExp(`/${start}\\.${start}$`))
    expect(engine.docker(['load', '--quiet'], saved).ok).toBe(true)
    expect(await rootOutside()).toEqual({ uid: start, map: `0 ${start} 65536` })
    expect(await rootOutside('--userns=host')).toMatchObject({ uid: 0 })
    const { code, stdout } = await userns('check')
    expect(stdout).toContain(`userns-remap is on: root in a container is uid ${start}, gid ${start} on this host`)
    expect(code).toBe(0)
    expect(await state()).toMatchObject({ state: 'on', mapping: { name: 'dockremap', uid: start, mapped: 65536 } })
  })

  test.each([
    [['--privileged'], 'privileged mode is incompatible with user namespaces'],
    [['--pid=host'], 'cannot share the host PID namespace'],
    [['--network=host'], "cannot share the host's network namespace"],
    [['--ipc=host'], 'mqueue'],
    [['--user=70000'], 'unmapped user'],
  ])('%j is refused or fails, and --userns=host helps', (options, reason) => {
    const network = options[0]?.startsWith('--network') ? [] : ['--network=none']
    const run = (...more: string[]) =>
      engine.docker(['run', '--detach', '--rm', ...network, ...options, ...more, image])
    const { ok, output } = run()
    expect({ ok, output }).toEqual({ ok: false, output: expect.stringContaining(reason) })
    expect(run('--userns=host')).toMatchObject({ ok: true })
  })

  test.each([['--uts=host'], ['--cgroupns=host'], ['--cap-add=NET_ADMIN'], ['--read-only']])('%s works', (option) => {
    expect(engine.docker(['run', '--detach', '--rm', '--network=none', option, image])).toMatchObject({ ok: true })
  })

  test('revert brings back every byte, and after a restart all that was there', async () => {
    // A second try starts where the first one did.
    if ((await state()).state !== 'on') {
      await userns('apply')
      await engine.stop()
      await engine.start()
    }
    const { code, stderr } = await userns('revert')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(etc()).toEqual(before)
    expect(await state()).toMatchObject({ state: 'restart-needed' })
    await engine.stop()
    await engine.start()
    expect(await rootOutside()).toMatchObject({ uid: 0 })
    expect(await state()).toMatchObject({ state: 'off' })
  })

  test('a flag on the command line stands in the way', async () => {
    await engine.stop()
    for (const name of ['subuid', 'subgid'])
      appendFileSync(join(engine.root, 'etc', name), `dockremap:${start}:65536\n`)
    await engine.start(['--userns-remap=dockremap'])
    expect(await state()).toMatchObject({ state: 'on', mapping: { uid: start } })
    const seen = etc()
    const { code, stderr } = await userns('apply')
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--userns-remap=dockremap') })
    expect(etc()).toEqual(seen)
    await engine.stop()
  })
})

describe('the engine under test', () => {
  const names: string[] = []
  const create = async (name: string, ...options: string[]) => {
    await docker(['create', '--label', TEST_LABEL, '--name', `${prefix}-${name}`, ...options, image])
    names.push(`${prefix}-${name}`)
  }

  afterEach(async () => {
    if (names.length > 0) await docker(['rm', '--force', '--volumes', ...names.splice(0)])
  })

  test("check lists this host's containers that need --userns=host", async () => {
    await create('privileged', '--privileged')
    await create('pid', '--pid=host')
    await create('net', '--network=host')
    await create('ipc', '--ipc=host')
    await create('side', `--network=container:${prefix}-net`)
    await create('uts', '--uts=host')
    await create('bind', '--volume=/var/empty-for-test:/data')
    await create('exempt', '--privileged', '--userns=host')
    const { code, stdout } = await harden(['userns', 'check', '--format', 'json'])
    expect(code).toBe(1)
    const { containers } = JSON.parse(stdout) as {
      containers: { name: string; needsHost: string[]; changes: string[] }[]
    }
    const ours = containers.filter(({ name }) => name.startsWith(prefix))
    const needy = ours.filter(({ needsHost }) => needsHost.length > 0).map(({ name }) => name.slice(prefix.length + 1))
    expect(needy.sort()).toEqual(['ipc', 'net', 'pid', 'privileged', 'side'])
    expect(ours.filter(({ changes }) => changes.length > 0).map(({ name }) => name)).toEqual([`${prefix}-bind`])
  })

  test('works without an engine, and says so', async () => {
    const { code, stdout } = await harden(['userns', 'check'], { env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } })
    expect(code).toBe(1)
    expect(stdout).toContain('no engine was asked')
  })
})
