import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parseTable } from '../../src/engine/cli/listeners.ts'
import { oneOfEachCredentials, parseIdMap, parseStatus } from '../../src/engine/cli/processes.ts'
import type { Engine, RunSpec } from '../../src/engine/engine.ts'
import { findEngine, openEngine } from '../../src/engine/open-engine.ts'
import { tracerAmong } from '../../src/proof/trace/trace.ts'
import { waitFor } from './support/images.ts'
import { retryOnce } from './support/retry.ts'
import { buildText, debian, failureOf, readAll, tagFor } from './support/small-images.ts'

retryOnce()

// Another one is tried with HARDEN_IMAGE_TEST_ENGINE=podman; what the two do differently is said at the test.
const name = (process.env.HARDEN_IMAGE_TEST_ENGINE ?? 'docker') as Engine['name']
// Docker is asked by its API, and by its CLI where that can't be had: both must give the same.
const transports = name === 'docker' ? ['API', 'CLI'] : ['CLI']

describe.each(transports)('%s', (transport) => {
  const open = (): Promise<Engine> => openEngine(name, { onlyCli: transport === 'CLI' })
  let engine: Engine

  beforeAll(async () => {
    engine = await open()
  }, 30_000)

  afterAll(async () => {
    await engine?.cleanUp()
  }, 60_000)

  /** Runs `script` in Debian and gives the container while it is up. */
  async function up(script: string, spec: Partial<RunSpec> = {}): Promise<string> {
    const id = await engine.create({ image: debian, command: ['sh', '-c', script], ...spec })
    await engine.start(id)
    return id
  }

  async function ended(id: string): Promise<void> {
    for (let i = 0; i < 100 && (await engine.state(id)).running; i += 1) await pause(100)
  }

  describe('a container', () => {
    test('its processes are seen with ids, groups, capabilities and no-new-privileges', async () => {
      const id = await up('sleep 60 & sleep 61', {
        user: '10001:10002',
        capDrop: ['ALL'],
        noNewPrivileges: true,
      })
      await pause(300)
      const seen = await engine.processes(id)
      expect(seen.map((process) => process.command).sort()).toEqual([
        'sh -c sleep 60 & sleep 61',
        'sleep 60',
        'sleep 61',
      ])
      for (const process of seen) {
        expect(process).toMatchObject({
          uids: [10001, 10001, 10001, 10001],
          gids: [10002, 10002, 10002, 10002],
          capabilities: [],
          bounding: [],
          noNewPrivileges: true,
        })
      }
    })

    test('whether anything in it will happen by itself', async () => {
      const waits = await up('mkfifo /tmp/p; read x < /tmp/p')
      const sleeps = await up('sleep 61')
      const works = await up('while :; do :; done')
      // The shell and its command have started.
      for (let i = 0; i < 100 && (engine.activity(waits, 0)?.running ?? true); i += 1) await pause(50)
      await pause(200)
      expect(engine.activity(waits, 0)).toMatchObject({ running: false, wakesIn: Number.POSITIVE_INFINITY })
      const left = engine.activity(sleeps, 1000)?.wakesIn ?? 0
      expect(left).toBeGreaterThan(50_000)
      expect(left).toBeLessThan(60_001)
      expect(engine.activity(works, 0)?.wakesIn).toBe(0)
      await engine.stop(waits, 0)
      expect(engine.activity(waits, 0)).toBeNull()
    })

    test('root shows as root, with what Docker gives it', async () => {
      const id = await up('sleep 60')
      const [first] = await engine.processes(id)
      expect(first?.uids).toEqual([0, 0, 0, 0])
      expect(first?.capabilities).toEqual(expect.arrayContaining(['CHOWN', 'SETUID', 'NET_BIND_SERVICE']))
      expect(first?.noNewPrivileges).toBe(false)
    })

    test('a process that a step-down left with another uid is told apart', async () => {
      const id = await up('setpriv --reuid=33 --regid=33 --clear-groups sleep 50 & sleep 60')
      await pause(300)
      const child = (await engine.processes(id)).find((process) => process.command === 'sleep 50')
      expect(child).toMatchObject({ uids: [33, 33, 33, 33], capabilities: [] })
    })

    test('a set-user-ID helper is root under the name of the tracer too', async () => {
      const helper = 'cp /bin/sleep /tmp/ld.so && chmod 4755 /tmp/ld.so'
      const server =
        'exec setpriv --reuid=33 --regid=33 --clear-groups perl -e \'exec { "/tmp/ld.so" } "/.harden-trace/ld.so", 50 unless fork; exec qw(sleep 60)\''
      const id = await up(`${helper} && ${server}`)
      await pause(500)
      const seen = await engine.processes(id)
      expect(seen.map(({ command, uids }) => [command, uids[1]])).toEqual(
        expect.arrayContaining([
          ['sleep 60', 33],
          ['/.harden-trace/ld.so 50', 0],
        ]),
      )
      expect(tracerAmong(seen)).toBeNull()
    })

    test('its state tells running, exit code, address and error', async () => {
      const id = await up('sleep 1; exit 7')
      const running = await engine.state(id)
      expect(running).toMatchObject({ status: 'running', running: true, exitCode: null, health: null })
      expect(running.pid).toBeGreaterThan(0)
      expect(running.address).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
      await ended(id)
      expect(await engine.state(id)).toMatchObject({ status: 'exited', running: false, exitCode: 7, pid: 0 })
      expect(await engine.processes(id)).toEqual([])
    })

    test('a command that cannot be executed is a state, not an exception', async () => {
      const id = await engine.create({ image: debian, command: ['/nothing/here'] })
      expect(await engine.state(id)).toMatchObject({ status: 'created', exitCode: null, error: '' })
      await engine.start(id)
      const state = await engine.state(id)
      expect(state).toMatchObject({ status: 'exited', running: false, exitCode: 127 })
      expect(state.error).toContain('/nothing/here')
    })

    test('created and started in one call; what cannot be executed has its id there too', async () => {
      const id = await engine.run({ image: debian, command: ['sh', '-c', 'exit 7'] })
      expect(id).toMatch(/^[0-9a-f]{64}$/)
      await ended(id)
      expect(await engine.state(id)).toMatchObject({ exitCode: 7 })
      const refused = await engine.run({ image: debian, command: ['/nothing/here'] })
      const state = await engine.state(refused)
      expect(state).toMatchObject({ status: 'exited', running: false, exitCode: 127 })
      expect(state.error).toContain('/nothing/here')
      expect((await failureOf(engine.run({ image: 'harden-image-test/no-such-image:1' }))).code).toBe('no-image')
    })

    test('stdout and stderr come in order', async () => {
      const id = await up('for i in 1 2 3; do echo out $i; sleep 0.1; echo err $i >&2; sleep 0.1; done')
      await ended(id)
      expect((await engine.logs(id)).trim().split('\n')).toEqual(['out 1', 'err 1', 'out 2', 'err 2', 'out 3', 'err 3'])
    })

    test('endless logs are cut to their end', async () => {
      const id = await up('head -c 4000000 /dev/zero | tr "\\0" x | fold; echo last')
      await ended(id)
      const text = await engine.logs(id)
      expect(text.length).toBeLessThanOrEqual(2 * 1024 * 1024)
      expect(text.endsWith('last\n')).toBe(true)
    })

    test('what it changed is listed', async () => {
      const id = await up('echo x > /run/app.pid; rm /etc/issue; chmod 700 /srv')
      await ended(id)
      expect((await engine.diff(id)).entries).toEqual(
        expect.arrayContaining([
          { kind: 'added', path: '/run/app.pid' },
          { kind: 'deleted', path: '/etc/issue' },
          { kind: 'changed', path: '/srv' },
        ]),
      )
    })

    test('commands run in it, as another user too, and keep their exit code', async () => {
      const id = await up('sleep 60')
      expect(await engine.exec(id, ['sh', '-c', 'id -u; echo e >&2; exit 3'], { user: '33' })).toEqual({
        exitCode: 3,
        stdout: '33\n',
        stderr: 'e\n',
      })
      expect((await engine.exec(id, ['--help'])).exitCode).not.toBe(0)
    })

    test('stop waits for SIGTERM, and kills what ignores it', async () => {
      const id = await up('trap "" TERM; while :; do sleep 1; done')
      await pause(200)
      expect(await engine.stop(id, 1)).toBeGreaterThan(900)
      expect((await engine.state(id)).exitCode).toBe(137)
    })

    test('limits, read-only root and mounts hold', async () => {
      const id = await up('touch /x; stat -c "%u:%g %a" /data /run/app; ulimit -u', {
        readOnly: true,
        user: '10001:10002',
        memoryBytes: 64 * 1024 * 1024,
        mounts: [
          { type: 'volume', target: '/data' },
          { type: 'tmpfs', target: '/run/app', options: 'uid=10001,gid=10002,mode=0750,size=1m' },
        ],
      })
      await ended(id)
      const text = await engine.logs(id)
      expect(text).toContain('Read-only file system')
      expect(text).toContain('10001:10002 750')
      const [{ HostConfig: limits }] = JSON.parse(execFileSync(name, ['inspect', id], { encoding: 'utf8' }))
      expect(limits).toMatchObject({ Memory: 64 * 1024 * 1024, PidsLimit: 512 })
    })

    test('listeners are read from outside; loopback is told', async () => {
      const perl = `use IO::Socket::INET;
        @s = (IO::Socket::INET->new(Listen=>1,LocalAddr=>"0.0.0.0:8080"), IO::Socket::INET->new(Listen=>1,LocalAddr=>"127.0.0.1:9000"),
              IO::Socket::INET->new(Proto=>"udp",LocalAddr=>"0.0.0.0:5353")); sleep 60`
      const id = await engine.create({ image: debian, command: ['perl', '-e', perl] })
      await engine.start(id)
      // It opens them one after the other, as fast as the machine lets it.
      await waitFor(async () =>
        expect(await engine.listeners(id)).toEqual([
          { port: 5353, protocol: 'udp', loopback: false },
          { port: 8080, protocol: 'tcp', loopback: false },
          { port: 9000, protocol: 'tcp', loopback: true },
        ]),
      )
    })

    test('a server on IPv6 alone is seen, and nothing before it is there', async () => {
      const perl = `use Socket; sleep 1; socket(S, AF_INET6, SOCK_STREAM, 0); bind(S, pack_sockaddr_in6(7070, Socket::IN6ADDR_ANY));
        listen(S, 1); sleep 60`
      const id = await engine.run({ image: debian, command: ['perl', '-e', perl] })
      expect(await engine.listeners(id)).toEqual([])
      const server = { port: 7070, protocol: 'tcp', loopback: false }
      const seen = async (): Promise<unknown> => {
        for (let looked = 0; looked < 100; looked += 1) {
          const listeners = await engine.listeners(id)
          if (listeners?.length !== 0) return listeners
          await pause(50)
        }
        return []
      }
      expect(await seen()).toEqual([server])
    })

    test('a path is copied out as a tar, also when it has stopped; a missing one is null', async () => {
      const id = await up('mkdir /srv/a; echo hello > /srv/a/b')
      await ended(id)
      const files = await engine.copyOut(id, '/srv/a', readAll)
      expect(Object.fromEntries(files ?? [])).toEqual({ a: '', 'a/b': 'hello\n' })
      expect(await engine.copyOut(id, '/srv/nothing', readAll)).toBeNull()
    })

    test('another container’s network and volumes can be used', async () => {
      const first = await up('echo shared > /vol/x; sleep 60', { mounts: [{ type: 'volume', target: '/vol' }] })
      await pause(300)
      const second = await up('cat /vol/x', { volumesFrom: [first], network: `container:${first}` })
      await ended(second)
      expect(await engine.logs(second)).toBe('shared\n')
    })
  })

  describe('an image', () => {
    test('its config is read', async () => {
      const tag = await buildText(
        engine,
        'config',
        `FROM ${debian}
  ENV A=1 B="x=y"
  WORKDIR /srv/app
  EXPOSE 80 53/udp
  VOLUME /data
  USER www-data
  STOPSIGNAL SIGQUIT
  SHELL ["/bin/bash", "-c"]
  ONBUILD RUN true
  LABEL a=b
  HEALTHCHECK --interval=5s --retries=2 CMD true
  ENTRYPOINT ["/entry"]
  CMD ["one", "two"]
  `,
      )
      const image = await engine.inspectImage(tag)
      expect(image?.id).toMatch(/^sha256:[0-9a-f]{64}$/)
      expect(image?.platform.os).toBe('linux')
      expect(image?.size).toBeGreaterThan(1e6)
      expect(image?.config).toMatchObject({
        user: 'www-data',
        entrypoint: ['/entry'],
        cmd: ['one', 'two'],
        exposedPorts: expect.arrayContaining([
          { port: 80, protocol: 'tcp' },
          { port: 53, protocol: 'udp' },
        ]),
        volumes: ['/data'],
        workdir: '/srv/app',
        healthcheck: { test: ['CMD-SHELL', 'true'], intervalMs: 5000, retries: 2 },
        // Podman's inspect knows neither.
        ...(name === 'docker' && { onbuild: ['RUN true'], shell: ['/bin/bash', '-c'] }),
        stopSignal: 'SIGQUIT',
      })
      expect(image?.config.env.get('B')).toBe('x=y')
      expect(image?.config.labels.get('a')).toBe('b')
    })

    test('one that is not there is null; what is no reference never reaches the engine', async () => {
      expect(await engine.inspectImage('harden-image-test/no-such-image:1')).toBeNull()
      expect((await failureOf(engine.inspectImage('--privileged'))).code).toBe('bad-reference')
      expect((await failureOf(engine.create({ image: '-v/:/host' }))).code).toBe('bad-reference')
      expect((await failureOf(engine.create({ image: 'harden-image-test/no-such-image:1' }))).code).toBe('no-image')
    })

    test('a pull that finds nothing says so', async () => {
      const error = await failureOf(engine.pull('localhost:1/no-such-image:1'))
      expect(error).toMatchObject({ code: 'no-image' })
      expect(error.hint).toBeDefined()
    })
  })

  describe('a build', () => {
    let context = ''
    beforeAll(async () => {
      context = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
      await Promise.all(
        [
          ['kept', 'k'],
          ['ignored', 'i'],
          ['Dockerfile', 'FROM never:used\n'],
          ['.dockerignore', 'ignored\nDockerfile*\n'],
          ['other.Dockerfile.dockerignore', 'kept\n*ockerfile*\n'],
        ].map(([name = '', text = '']) => writeFile(join(context, name), text)),
      )
    })
    afterAll(() => rm(context, { recursive: true, force: true }))

    async function copied(dockerfilePath?: string): Promise<readonly string[]> {
      const tag = tagFor(engine, 'ignore')
      const dockerfile = `FROM ${debian}\nCOPY . /copied/\n`
      await engine.build({ dockerfile, context, tag, ...(dockerfilePath !== undefined && { dockerfilePath }) })
      const id = await engine.create({ image: tag, command: ['true'] })
      const files = await engine.copyOut(id, '/copied', readAll)
      return [...(files ?? new Map()).keys()].sort()
    }

    test('takes the text given, and leaves the context as it is', async () => {
      expect(await copied()).toEqual([
        'copied',
        'copied/.dockerignore',
        'copied/kept',
        'copied/other.Dockerfile.dockerignore',
      ])
    })

    test('honours the .dockerignore beside the named Dockerfile', async () => {
      expect(await copied(join(context, 'other.Dockerfile'))).toEqual([
        'copied',
        'copied/.dockerignore',
        'copied/ignored',
      ])
    })

    test('labels what it makes, but not what is kept', async () => {
      const tag = await buildText(engine, 'labelled', `FROM ${debian}\nRUN true\n`)
      const label = (await engine.inspectImage(tag))?.config.labels.get('harden-image.session')
      expect(label).toBe(engine.session)
      const kept = tagFor(engine, 'kept')
      await engine.build({ dockerfile: `FROM ${debian}\n`, context: null, tag: kept, keep: true })
      expect((await engine.inspectImage(kept))?.config.labels.has('harden-image.session')).toBe(false)
      await engine.removeImage(kept)
      expect(await engine.inspectImage(kept)).toBeNull()
    })

    test('that fails names the step, its last output and the line', async () => {
      const error = await failureOf(
        buildText(engine, 'broken', `FROM ${debian}\nRUN true\nRUN echo it is broken >&2; exit 9\n`),
      )
      expect(error).toMatchObject({ code: 'build-failed', ...(name === 'docker' && { line: 3 }) })
      expect(error.message).toContain('RUN echo it is broken')
      expect(error.message).toMatch(/exit (?:code:|status) 9/)
      expect(error.message).toContain('\n  it is broken')
    })

    test('of what is no Dockerfile gives the line', async () => {
      const error = await failureOf(buildText(engine, 'broken', `FROM ${debian}\nFOO bar\n`))
      expect(error).toMatchObject({ code: 'build-failed', ...(name === 'docker' && { line: 2 }) })
      expect(error.message).toMatch(/unknown instruction: "?FOO/i)
    })

    test('on a base image that nobody has says which', async () => {
      const error = await failureOf(buildText(engine, 'broken', 'FROM localhost:1/no-such-image:1\n'))
      expect(error).toMatchObject({ code: 'no-image' })
      expect(error.message).toContain('localhost:1/no-such-image:1')
    })
  })

  describe('a session', () => {
    function left(session: string): readonly string[] {
      const filter = `label=harden-image.session=${session}`
      return [
        ['ps', '-aq'],
        ['image', 'ls', '-q'],
        ['volume', 'ls', '-q'],
        ['network', 'ls', '-q'],
      ].flatMap((args) =>
        execFileSync(name, [...args, '--filter', filter], { encoding: 'utf8' })
          .split('\n')
          .filter(Boolean),
      )
    }

    test('leaves nothing behind, also of what is under way', async () => {
      const own = await open()
      const tag = await buildText(own, 'gone', `FROM ${debian}\nRUN true\n`)
      const volume = `harden-image-test-${own.session}`
      const id = await own.create({
        image: tag,
        command: ['sleep', '600'],
        mounts: [
          { type: 'volume', target: '/a', source: volume },
          { type: 'volume', target: '/b' },
        ],
      })
      await own.start(id)
      expect(left(own.session)).toHaveLength(3)
      const building = failureOf(buildText(own, 'slow', `FROM ${debian}\nRUN sleep 300 # ${own.session}\n`))
      const running = failureOf(own.exec(id, ['sleep', '300'], { timeoutMs: 400_000 }))
      await pause(1500)
      await own.cleanUp()
      expect(left(own.session)).toEqual([])
      expect(await engine.inspectImage(tag)).toBeNull()
      expect((await building).code).toBe('engine-failed')
      expect((await running).code).toBe('engine-failed')
      expect((await failureOf(own.create({ image: debian, command: ['true'] }))).message).toContain('session is over')
      await own.cleanUp()
    })

    test('keeps the user’s own volume and what was built to be kept', async () => {
      const own = await open()
      const volume = `harden-image-test-user-${own.session}`
      execFileSync(name, ['volume', 'create', volume])
      const base = await buildText(own, 'base', `FROM ${debian}\nRUN true\n`)
      const kept = tagFor(own, 'kept')
      await own.build({ dockerfile: `FROM ${base}\nRUN true\n`, context: null, tag: kept, keep: true })
      await own.create({ image: base, command: ['true'], mounts: [{ type: 'volume', target: '/a', source: volume }] })
      await own.cleanUp()
      expect(execFileSync(name, ['volume', 'ls', '-q'], { encoding: 'utf8' })).toContain(volume)
      expect(await engine.inspectImage(kept)).not.toBeNull()
      execFileSync(name, ['volume', 'rm', volume])
      await engine.removeImage(kept)
    })

    test('names the engine and its version', () => {
      expect(engine.version).toMatch(new RegExp(`^${name} \\d+\\.\\d+`))
      expect(engine.session).toMatch(/^[0-9a-f]{16}$/)
    })
  })
})

describe('no engine', () => {
  test('a daemon that is not there is told with its address', async () => {
    const env = { ...process.env, DOCKER_HOST: 'unix:///nonexistent/docker.sock', DOCKER_CONTEXT: undefined }
    const error = await failureOf(openEngine('docker', { env }))
    expect(error).toMatchObject({ code: 'no-engine' })
    expect(error.message).toContain('/nonexistent/docker.sock')
    expect(await findEngine('docker', { env })).toBeNull()
  })

  test('so is a binary that is not there, and auto says what it tried', async () => {
    const env = { PATH: '/nonexistent' }
    expect((await failureOf(openEngine('podman', { env }))).message).toBe('podman was not found on PATH')
    expect((await failureOf(openEngine('auto', { env }))).message).toMatch(/docker was not found.*podman was not found/)
  })
})

describe('what /proc says', () => {
  const status = `Name:\tx
State:\tS (sleeping)
Pid:\t7
PPid:\t1
Uid:\t100000\t100033\t100033\t5
Gid:\t100000\t100000\t100000\t100000
Groups:\t100004 100027
CapInh:\t0000000000000000
CapPrm:\t0000000000000400
CapEff:\t0000000000000001
CapBnd:\t0000040000000000
CapAmb:\t0000000000000000
NoNewPrivs:\t1
SigCgt:\t0000000000004001
`
  test('ids are mapped back to those inside a user namespace', () => {
    const map = parseIdMap('         0     100000      65536\n')
    expect(parseStatus(status, map, map).identity).toEqual({
      uids: [0, 33, 33, 65534],
      gids: [0, 0, 0, 0],
      groups: [4, 27],
      capabilities: ['CHOWN', 'NET_BIND_SERVICE'],
      bounding: ['#42'],
      noNewPrivileges: true,
      handled: [1, 15],
    })
  })

  test('a thread is root by itself, and works on where the first one has ended', () => {
    const thread = (uid: number, state: string) =>
      parseStatus(status.replace('Uid:\t100000\t100033', `Uid:\t${uid}\t${uid}`).replace('S (sleeping)', state))
    const seen = (...threads: readonly ReturnType<typeof thread>[]) =>
      oneOfEachCredentials(threads).map(({ identity }) => identity.uids[0])
    expect(seen(thread(33, 'S'), thread(33, 'S'), thread(0, 'S'))).toEqual([33, 0])
    expect(seen(thread(33, 'Z (zombie)'), thread(0, 'S'))).toEqual([0])
    expect(seen(thread(0, 'Z (zombie)'))).toEqual([])
  })

  test('a kernel that does not tell leaves it unknown', () => {
    expect(parseStatus('Name:\tx\nUid:\t1\t1\t1\t1\n').identity).toMatchObject({
      capabilities: null,
      bounding: null,
      noNewPrivileges: null,
    })
  })

  test('addresses of both families', () => {
    const row = (local: string, state: string): string => `   0: ${local} 00000000:0000 ${state} 00000000:00000000`
    const table = (...rows: readonly string[]): string => ['  sl  local_address', ...rows].join('\n')
    expect(
      parseTable('tcp', table(row('0100007F:1F90', '0A'), row('00000000:0050', '0A'), row('0100007F:9999', '01'))),
    ).toEqual([
      { port: 8080, protocol: 'tcp', loopback: true },
      { port: 80, protocol: 'tcp', loopback: false },
    ])
    const v6 = [`${'0'.repeat(24)}01000000:0051`, `${'0'.repeat(16)}FFFF00000100007F:0052`, `${'0'.repeat(32)}:0053`]
    expect(parseTable('udp6', table(...v6.map((local) => row(local, '07')))).map(({ loopback }) => loopback)).toEqual([
      true,
      true,
      false,
    ])
  })
})
