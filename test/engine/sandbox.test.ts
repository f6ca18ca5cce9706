// What a program under test can reach and use up, against a real engine: the programs here try.
import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Engine, RunSpec } from '../../src/engine/engine.ts'
import { openEngine } from '../../src/engine/open-engine.ts'
import { openSandbox, type Sandbox } from '../../src/proof/sandbox/open-sandbox.ts'
import { forwardPorts } from '../../src/proof/smoke/forward.ts'
import { hardenOne } from './support/cli.ts'
import { retryOnce } from './support/retry.ts'
import { debian } from './support/small-images.ts'

retryOnce()

/** Says `hello` to whoever comes on 8080, and sends datagrams on 9090 back. */
const SERVER = `use IO::Socket::INET; use IO::Select;
my $tcp = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die;
my $udp = IO::Socket::INET->new(LocalPort => 9090, Proto => 'udp') or die;
my $any = IO::Select->new($tcp, $udp);
while (my @ready = $any->can_read) { for my $one (@ready) {
  if ($one == $udp) { my $from = $udp->recv(my $text, 999); $udp->send($text, 0, $from) }
  else { my $guest = $tcp->accept; print $guest "hello\\n"; close $guest }
} }`

/** A name server that says of each name that it is at 192.0.2.7, and that it was asked. */
const RESOLVER = `use IO::Socket::INET; $| = 1;
my $udp = IO::Socket::INET->new(LocalPort => 53, Proto => 'udp') or die $!; print "up\n";
while (my $from = $udp->recv(my $text, 999)) {
  my $question = substr($text, 12, index($text, chr(0), 12) + 5 - 12);
  my $isAddress = unpack('n', substr($question, -4, 2)) == 1;
  my $answer = $isAddress ? pack('n3 N n C4', 0xc00c, 1, 1, 9, 4, 192, 0, 2, 7) : '';
  $udp->send(substr($text, 0, 2) . pack('n5', 0x8180, 1, $isAddress ? 1 : 0, 0, 0) . $question . $answer, 0, $from);
  print "asked\n";
}`

let engine: Engine
let closed: Sandbox
let open: Sandbox
/** On all addresses of this machine. */
let host: Server
let port = 0
let hostGateway = ''

beforeAll(async () => {
  engine = await openEngine('docker')
  closed = openSandbox(engine, { network: false })
  open = openSandbox(engine, { network: true })
  // Who was refused may have gone before it was answered.
  host = createServer((guest) => guest.on('error', () => undefined).end('the host\n'))
  await new Promise<void>((done) => host.listen(0, '0.0.0.0', done))
  const address = host.address()
  port = typeof address === 'object' ? (address?.port ?? 0) : 0
  hostGateway = docker('network', 'inspect', '--format={{(index .IPAM.Config 0).Gateway}}', 'bridge')
}, 60_000)

afterAll(async () => {
  host.close()
  await Promise.all([closed.close(), open.close()])
  await engine.cleanUp()
}, 60_000)

function docker(...args: readonly string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8' }).trim()
}

async function output(sandbox: Sandbox, spec: Partial<RunSpec>): Promise<string> {
  const container = await sandbox.engine.run({ image: debian, ...spec })
  await ended(sandbox, container)
  const text = await sandbox.engine.logs(container)
  await sandbox.engine.remove(container)
  return text
}

async function ended(sandbox: Sandbox, container: string): Promise<void> {
  while ((await sandbox.engine.state(container)).running) await pause(50)
}

/** Which of these a program in a container gets to. */
async function reached(sandbox: Sandbox, places: readonly string[]): Promise<readonly string[]> {
  const tries = places.map((place) => `(timeout 2 bash -c 'exec 3<>/dev/tcp/${place}' && echo reached ${place}) &`)
  const text = await output(sandbox, { command: ['bash', '-c', `${tries.join('\n')}\nwait`] })
  return [...text.matchAll(/^reached (\S+)$/gm)].map(([, place = '']) => place)
}

async function said(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

describe('the network of a proof', () => {
  let server = ''
  let address = ''

  beforeAll(async () => {
    server = await closed.engine.run({ image: debian, command: ['perl', '-e', SERVER] })
    for (let tries = 0; tries < 100; tries += 1) {
      if ((await closed.engine.listeners(server))?.length === 2) break
      await pause(50)
    }
    address = (await closed.engine.state(server)).address
  }, 60_000)

  test('leads to nothing of this machine, of its network or outside', async () => {
    const [network = ''] = docker(
      'inspect',
      '--format={{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}',
      server,
    ).split('\n')
    const own = Object.values(networkInterfaces()).flatMap((all = []) =>
      all.filter(({ family }) => family === 'IPv4').map((one) => one.address),
    )
    const gateway = docker('network', 'inspect', '--format={{(index .IPAM.Config 0).Gateway}}', network)
    const places = [
      ...[...new Set([...own, gateway, hostGateway])]
        .filter((one) => one !== '127.0.0.1')
        .map((one) => `${one}/${port}`),
      ...['169.254.169.254/80', '192.0.2.1/80', '1.1.1.1/53'],
    ]
    expect(places).toContain(`${hostGateway}/${port}`)
    expect(await reached(closed, places)).toEqual([])
    // Else this would show nothing.
    expect(await reached(open, [`${hostGateway}/${port}`])).toEqual([`${hostGateway}/${port}`])
  }, 60_000)

  test('resolves no name of outside, and no server is asked', async () => {
    const resolver = await open.engine.run({ image: debian, command: ['perl', '-e', RESOLVER] })
    const told = () => open.engine.logs(resolver)
    for (let tries = 0; tries < 100 && (await told()) === ''; tries += 1) await pause(50)
    expect(await told()).toBe('up\n')
    // Named by the container itself, as a daemon's own settings may.
    const dns = (await open.engine.state(resolver)).address
    const ask = `echo nameserver ${dns} > /etc/resolv.conf; timeout 20 getent ahostsv4 example.com || echo none`
    const command = ['sh', '-c', ask]
    expect(await output(closed, { command })).toBe('none\n')
    expect(await told()).toBe('up\n')
    // Else this would show nothing.
    expect(await output(open, { command })).toContain('192.0.2.7')
    expect(await told()).toContain('asked\n')
    await open.engine.remove(resolver)
    expect(docker('inspect', '--format={{json .HostConfig.Dns}}', server)).toBe('["192.0.2.1"]')
  }, 60_000)

  test('leads from one container of the proof to the other', async () => {
    expect(await reached(closed, [`${address}/8080`, `${address}/8081`])).toEqual([`${address}/8080`])
  }, 60_000)

  test('is one that this machine has no way into but the relay, by which ports are reached and refused', async () => {
    const { reach } = closed.engine
    if (reach === undefined) throw new Error('there is no way')
    const { signal } = new AbortController()
    expect(reach.forwards()).toBe(true)
    expect(await said(await reach.connect(address, 8080, signal))).toBe('hello\n')
    await expect(reach.connect(address, 8081, signal)).rejects.toThrow('refused')
    const answer = await new Promise<string>((resolve, reject) => {
      const datagrams = reach.exchange(address, 9090, {
        open: () => datagrams.send(Buffer.from('there and back')),
        message: (message) => resolve(message.toString()),
        error: () => reject(new Error('refused')),
      })
    })
    expect(answer).toBe('there and back')
  }, 60_000)

  test('has its ports on an address of this machine for a command of the user', async () => {
    const { reach } = closed.engine
    if (reach === undefined) throw new Error('there is no way')
    const all = [
      { protocol: 'tcp', port: 8080 },
      { protocol: 'udp', port: 9090 },
    ] as const
    const there = await forwardPorts(reach, { container: server, address }, all)
    const command = `cat </dev/tcp/${there.host}/${there.port(8080)}; exec 3<>/dev/udp/${there.host}/9090; echo back >&3; timeout 5 head -n 1 <&3`
    const { stdout } = await promisify(execFile)('bash', ['-c', command])
    there.close()
    expect({ told: stdout, host: there.host, port: there.port(8080) }).toEqual({
      told: 'hello\nback\n',
      host: expect.stringMatching(/^127\.\d+\.\d+\.\d+$/),
      port: 8080,
    })
  }, 60_000)
})

describe('a limit of a proof that is reached is said', () => {
  test('of processes is held', async () => {
    const command = [
      'perl',
      '-e',
      'for (1..600) { my $pid = fork; last unless defined $pid; unless ($pid) { sleep 30; exit } } sleep 3',
    ]
    const container = await open.engine.run({ image: debian, command, pidsLimit: 100 })
    while ((await open.engine.state(container)).running && open.told().reached.length === 0) {
      open.engine.activity(container, 0)
      await pause(50)
    }
    await open.engine.remove(container)
    expect(open.told().reached).toContainEqual(expect.stringContaining('as many processes as it may have'))
  }, 60_000)

  test('of memory, of which swap is none', async () => {
    const command = ['perl', '-e', 'my $text = "x" x (300 << 20); sleep 9']
    await output(open, { command, memoryBytes: 64 << 20 })
    expect(open.told().reached).toContainEqual(expect.stringContaining('ran out of its memory'))
  }, 60_000)

  test('of disk, where the container is ended', async () => {
    const small = openSandbox(engine, { network: true, diskBytes: 64 << 20 })
    const command = ['bash', '-c', 'for i in {1..40}; do head -c 16M /dev/zero >/tmp/$i; sleep 0.1; done; sleep 30']
    const container = await small.engine.run({ image: debian, command })
    await ended(small, container)
    const { exitCode } = await small.engine.state(container)
    await small.engine.remove(container)
    const { reached } = small.told()
    await small.close()
    expect({ exitCode, reached }).toEqual({
      exitCode: 137,
      reached: [expect.stringContaining('wrote more than it may')],
    })
  }, 60_000)
})

test('an original that ends for want of the network is told so, and is proved with it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'harden-image-sandbox-'))
  try {
    const start = `exec 3<>/dev/tcp/${hostGateway}/${port} && cat <&3 && seq 9 && exec sleep 600`
    await writeFile(join(folder, 'Dockerfile'), `FROM ${debian}\nCMD ["bash", "-c", ${JSON.stringify(start)}]\n`)
    const target = join(folder, 'Dockerfile')
    // Longer than the path of a socket may be, which the way into the closed network has to stand.
    const TMPDIR = join(folder, 'x'.repeat(100))
    await mkdir(TMPDIR)
    const without = (await hardenOne(target, ['--prove'], { env: { TMPDIR } })).result
    expect(without).toMatchObject({
      verdict: 'rewritten',
      proof: { sandbox: { network: 'closed', hostReachable: false } },
    })
    expect(without.findings.find(({ transform }) => transform === 'prove')).toMatchObject({
      message: expect.stringContaining('Network is unreachable'),
      hint: expect.stringContaining('--network'),
    })
    const { verdict, proof } = (await hardenOne(target, ['--prove', '--network'])).result
    expect({ verdict, sandbox: proof?.sandbox }).toMatchObject({ verdict: 'hardened', sandbox: { network: 'open' } })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 120_000)

test('nothing of the network is left', async () => {
  const one = openSandbox(engine, { network: false })
  await output(one, { command: ['true'] })
  // Its own is the newest of the session.
  const filters = ['ancestor=harden-image/relay:1', `label=harden-image.session=${engine.session}`]
  const [relay = ''] = docker('ps', '--quiet', '--no-trunc', ...filters.flatMap((one) => ['--filter', one])).split('\n')
  const mounts = JSON.parse(docker('inspect', '--format={{json .Mounts}}', relay)) as { Source: string; RW: boolean }[]
  const network = docker('inspect', '--format={{.HostConfig.NetworkMode}}', relay)
  await one.close()
  expect(mounts.filter(({ RW }) => RW).map(({ Source }) => existsSync(Source))).toEqual([false])
  expect(docker('ps', '--all', '--quiet', '--no-trunc').split('\n')).not.toContain(relay)
  expect(docker('network', 'ls', '--format={{.Name}}').split('\n')).not.toContain(network)
}, 60_000)
