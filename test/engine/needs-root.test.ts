import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hardenOne } from './support/cli.ts'
import { expectVerdict } from './support/expect-verdict.ts'
import { buildText, docker, ensureImage, isRunning, logsOf, runContainer, waitFor } from './support/images.ts'

const tags: string[] = []

async function build(name: string, lines: readonly string[]): Promise<string> {
  const tag = await buildText(`${lines.join('\n')}\n`, `harden-image-test/needs-root-${name}`)
  tags.push(tag)
  return tag
}

afterAll(async () => {
  for (const tag of tags) await docker(['image', 'rm', '--force', tag])
})

/** Whether it is still up, or how it ended, once it has settled either way. */
async function outcome(image: string, capabilities: readonly string[]): Promise<string> {
  const options = [
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
    ...capabilities.map((name) => `--cap-add=${name}`),
  ]
  const { id, remove } = await runContainer(image, options)
  try {
    return await waitFor(async () => {
      if (!(await isRunning(id))) return 'ends'
      const mounts = await docker(['exec', id, 'cat', '/proc/mounts'])
      if (!mounts.includes('/mnt ')) throw new Error(`not mounted yet: ${await logsOf(id)}`)
      return 'works'
    })
  } finally {
    await remove()
  }
}

describe('a program that mounts', () => {
  test('needs root, and the capability is named without being given to it', async () => {
    const { code, result } = await hardenOne(await ensureImage('mounts'), ['--prove'])
    expect({ code, verdict: result.verdict, changed: result.changed }).toEqual({
      code: 1,
      verdict: 'needs-root',
      changed: false,
    })
    expect(result.findings.map(({ message }) => message).join('\n')).toContain('it takes SYS_ADMIN')
  })

  test('with --cap-add the least is shown, and it is the least', async () => {
    const image = await ensureImage('mounts')
    const { result } = await hardenOne(image, ['--prove', '--cap-add', 'SYS_ADMIN'])
    expect(result.verdict).toBe('needs-root')
    expect(result.proof?.passed).toBe(true)
    const said = result.findings.map(({ message }) => message).join('\n')
    expect(said).toContain('--cap-drop=ALL --cap-add=SYS_ADMIN --security-opt=no-new-privileges')
    expect(await outcome(image, ['SYS_ADMIN'])).toBe('works')
    expect(await outcome(image, [])).toBe('ends')
  })
})

/** A program in Python that listens on port 8000. */
async function program(name: string, lines: readonly string[]): Promise<string> {
  return build(name, [
    `FROM ${await ensureImage('python-static')}`,
    'COPY <<"PROGRAM" /srv/program.py',
    ...lines,
    'PROGRAM',
    'ENTRYPOINT []',
    'CMD ["python3", "/srv/program.py"]',
  ])
}

test('a program that ends unless it is root needs root, in its own words', async () => {
  const image = await program('by-itself', [
    'import http.server, os, sys',
    'if os.getuid(): sys.exit("server: need root privileges")',
    'http.server.HTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever(None)',
  ])
  const { result } = await hardenOne(image, ['--prove'])
  expect(result.verdict).toBe('needs-root')
  expect(result.findings.map(({ message }) => message).join('\n')).toContain('server: need root privileges')
})

describe('a program that ends unless it is root, and has a way of its own to go without', () => {
  const server = (check: string): readonly string[] => [
    'import http.server, os, sys',
    'if "--help" in sys.argv: sys.exit("usage: server [options]\\n  --strict       refuse to run as root\\n  -U, --no-root  don\'t check for root\\n")',
    check,
    'http.server.HTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()',
  ]

  test('is told the option that its help names, and is hardened', async () => {
    const image = await program(
      'own-way',
      server('if os.getuid() and "--no-root" not in sys.argv: sys.exit("server: need root privileges")'),
    )
    const { code, result } = await hardenOne(image, ['--prove'])
    expect({ code, verdict: result.verdict, passed: result.proof?.passed }).toEqual({
      code: 0,
      verdict: 'hardened',
      passed: true,
    })
    expect(result.output).toContain('"/srv/program.py", "--no-root"]')
  })

  test('keeps root where that does not help, and its command as it was', async () => {
    const image = await program('no-way', server('if os.getuid(): sys.exit("server: need root privileges")'))
    const { result } = await hardenOne(image, ['--prove'])
    expect(result.verdict).toBe('needs-root')
    expect(result.output).not.toContain('--no-root')
  })

  test('chronyd that leaves the clock alone', async () => {
    const image = await build('chronyd', [
      'FROM debian:trixie-slim',
      'RUN apt-get update && apt-get install -y --no-install-recommends chrony && rm -rf /var/lib/apt/lists/*',
      String.raw`RUN printf 'local stratum 10\nallow all\nport 11123\n' >/etc/chrony/chrony.conf`,
      'EXPOSE 11123/udp',
      'CMD ["chronyd", "-d", "-x"]',
    ])
    const { code, result } = await hardenOne(image, ['--prove'])
    expect({ code, verdict: result.verdict, passed: result.proof?.passed }).toEqual({
      code: 0,
      verdict: 'hardened',
      passed: true,
    })
    expect(result.output).toContain('CMD ["chronyd", "-d", "-x", "-U"]')
  })
})

test('a program that changes its root folder whatever it is told needs root, and the capability is named', async () => {
  // Nothing that is imported only when it is needed: in there it is not found.
  const image = await program('chroots', [
    'import os, socket',
    'os.chroot("/srv")',
    'server = socket.create_server(("", 8000))',
    'while True:',
    '  client, _ = server.accept()',
    '  try:',
    '    client.recv(4096)',
    String.raw`    client.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi")`,
    '  except OSError: pass',
    '  client.close()',
  ])
  const { result } = await hardenOne(image, ['--prove'])
  const said = result.findings.map(({ message }) => message).join('\n')
  expect({ verdict: result.verdict, said }).toEqual({
    verdict: 'needs-root',
    said: expect.stringContaining('it takes SYS_CHROOT'),
  })
})

test('a supervisor that stays root while others take the connections is compared, and what it could do is a remark', async () => {
  // No interpreter by its name; it watches with root in reserve, and nobody can ask before both have switched.
  const image = await build('watcher', [
    'FROM debian:trixie-slim',
    'RUN cp /usr/bin/perl /usr/local/bin/watcher',
    'COPY <<"PROGRAM" /srv/p',
    'use IO::Socket::INET;',
    'my $s = IO::Socket::INET->new(LocalPort => 8000, Proto => "tcp", ReuseAddr => 1) or die;',
    'pipe my $ready, my $done;',
    'if (!fork) {',
    '  close $done; <$ready>;',
    '  $) = "65534 65534"; $( = 65534; $< = $> = 65534;',
    '  $s->listen(50);',
    '  while (my $c = $s->accept) { sysread $c, my $q, 4096; print $c "HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"; close $c }',
    '}',
    '$> = 65534;',
    'close $done;',
    'wait',
    'PROGRAM',
    'EXPOSE 8000',
    'CMD ["watcher", "/srv/p"]',
  ])
  const { code, result } = await hardenOne(image, ['--prove'])
  expect({ code, verdict: result.verdict, passed: result.proof?.passed }).toEqual({
    code: 0,
    verdict: 'hardened',
    passed: true,
  })
  expect(result.proof?.remarks.join('\n')).toContain('what /usr/local/bin/watcher could do as root')
})

describe('a server that greets, and switches its user only for a real request', () => {
  let image = ''
  beforeAll(async () => {
    image = await build('rsync', [
      'FROM debian:trixie-slim',
      'RUN apt-get update && apt-get install -y --no-install-recommends rsync && rm -rf /var/lib/apt/lists/*',
      String.raw`RUN mkdir /srv/files && echo kept >/srv/files/a && printf '[files]\npath=/srv/files\nuid=nobody\n' >/etc/rsyncd.conf`,
      'EXPOSE 873',
      'CMD ["rsync", "--daemon", "--no-detach"]',
    ])
  })

  test('is not called hardened, and why is said', async () => {
    const result = expectVerdict(await hardenOne(image, ['--prove']), {
      code: 0,
      verdict: 'rewritten',
      passed: false,
    })
    expect(result.proof?.reason).toBe(
      'what /usr/bin/rsync does as another user, which it stays root to become: nothing that it was asked made it do so',
    )
    // It was compared all the same.
    expect(result.proof?.checks).not.toEqual([])
  })

  test('needs root as soon as a check makes it work', async () => {
    const check = 'docker exec "$CONTAINER" rsync "rsync://127.0.0.1:$PORT_873/files/a" /tmp/a'
    const { result } = await hardenOne(image, ['--prove', '--smoke', check])
    expect(result.verdict).toBe('needs-root')
    expect(result.findings.map(({ message }) => message).join('\n')).toContain('changes its root folder')
  })
})
