// What cannot work ends with one clear error or finding, and leaves nothing on the engine.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { TargetResult } from '../../src/report/report.ts'
import {
  type CliOptions,
  type Ended,
  type Hardening,
  harden,
  hardenOne,
  inventory,
  traceDocker,
} from './support/cli.ts'
import { expectVerdict } from './support/expect-verdict.ts'
import { buildText, countAll, docker, ensureImage, imageFolder, waitFor } from './support/images.ts'
import { buildProgram } from './support/python-program.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

/** For others to take away what is theirs, milliseconds. */
const MINUTES = 180_000

const ROOT_ONLY = 'test "$(docker exec "$CONTAINER" id -u)" = 0'

const NOTHING = { containers: 0, images: 0, networks: 0, volumes: 0 }

/** Runs the command and then looks for what it left: by its session, by its tags, and by what is new at all. */
async function leavesNothing<T extends Ended>(use: (options: CliOptions) => Promise<T>): Promise<T> {
  const before = await inventory()
  const { value, sessions, calls } = await traceDocker((env) => use({ env }))
  for (const session of sessions) {
    expect(await countAll(`harden-image.session=${session}`)).toEqual(NOTHING)
    expect(await docker(['images', '--quiet', `harden-image/*:${session}*`])).toBe('')
  }
  // All that it makes is labelled, so without a session it has made nothing.
  if (sessions.length === 0)
    expect(calls.filter((call) => /^(create|run|build|buildx|network)\b/.test(call))).toEqual([])
  // What is left stays. An anonymous volume without a container for a moment may be of a stack in another file.
  let left = [...(await inventory())].filter((thing) => !before.has(thing))
  await waitFor(async () => {
    const now = await inventory()
    left = left.filter((thing) => now.has(thing))
    expect(left).toEqual([])
  }, MINUTES)
  return value
}

/** One message and what to do, and no stack. */
function expectClearError({ code, stdout, stderr }: Ended, message: RegExp): void {
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m)
}

/** One thing for a person to do, and never a result that passes. */
function expectOneFinding(hardening: Hardening, message: RegExp): void {
  const result = expectVerdict(hardening, { code: 1, verdict: 'incomplete', passed: false })
  const todo = result.findings.filter(({ outcome }) => outcome === 'todo')
  expect(todo.map(({ message: text }) => text)).toEqual([expect.stringMatching(message)])
}

/** Nothing was shown, either way: it is no more than a text says, and nothing is left to do. */
function expectNotShown(hardening: Hardening, reason: RegExp): void {
  const result = expectVerdict(hardening, { code: 0, verdict: 'rewritten', passed: false })
  expect(result.proof?.reason).toMatch(reason)
  expect(hardening.stderr).not.toContain('failed')
  const notes = result.findings.filter(({ transform }) => transform === 'prove')
  expect(notes).toMatchObject([{ outcome: 'note', message: `not shown: ${result.proof?.reason}` }])
}

/** A server that ends, in this way, once it is asked anything but what it knows. */
async function buildEnding(ends: string, tag: string): Promise<string> {
  return buildText(
    [
      `FROM ${await ensureImage('python-static')}`,
      'COPY <<"PROGRAM" /srv/program.py',
      'import os, socket, sys',
      'server = socket.create_server(("", 8000))',
      'while True:',
      '  client, _ = server.accept()',
      `  if client.recv(99) not in (b"", b"mine"): ${ends}`,
      '  client.close()',
      'PROGRAM',
      'EXPOSE 8000',
      'ENTRYPOINT []',
      'CMD ["python3", "/srv/program.py"]',
      '',
    ].join('\n'),
    tag,
  )
}

test('an original that dies of what it is asked is run again and not asked', async () => {
  const tag = await buildEnding('os.abort()', 'harden-image-test/failures-asked-less')
  expectNotShown(await hardenOne(tag, ['--prove']), /^what it does when it is asked: the original ends when tcp 8000/)
  // Whoever knows what it wants to hear can tell.
  const speaks = 'exec 3<>"/dev/tcp/$HOST/$PORT_8000" && printf mine >&3'
  const checked = await hardenOne(tag, ['--prove', '--smoke', `bash -c '${speaks}'`])
  expectVerdict(checked, { code: 0, verdict: 'hardened', passed: true })
  await docker(['image', 'rm', '--force', tag])
})

test('one that ends without a word as if all was done is not hardened by that', async () => {
  const tag = await buildEnding('sys.exit()', 'harden-image-test/failures-ends-unasked')
  expectNotShown(await hardenOne(tag, ['--prove']), /^what it does when it is asked: the original ends when tcp 8000/)
  await docker(['image', 'rm', '--force', tag])
})

describe('a clear error, exit code 2', () => {
  // Nothing listens on port 1, so no test asks a registry of the world.
  test('an image that no registry gives', async () => {
    const ended = await leavesNothing((options) => harden(['localhost:1/no-such-image:1', '--prove'], options))
    expectClearError(ended, /localhost:1\/no-such-image:1: failed\n.*registry could not be reached.*connection refused/)
  })

  test('an image that the engine does not have', async () => {
    const ended = await leavesNothing((options) => harden(['no-such-image:1', '--prove', '--offline'], options))
    expectClearError(ended, /no-such-image:1 cannot be inspected: docker has no copy of it/)
  })

  test('a missing image among others: those are done', async () => {
    const { code, stdout } = await leavesNothing((options) =>
      harden(['no-such-image:1', '-', '--offline', '--format', 'json'], {
        ...options,
        stdin: 'FROM debian:trixie-slim\n',
      }),
    )
    const verdicts = JSON.parse(stdout).results.map(({ verdict }: { verdict: string }) => verdict)
    expect({ code, verdicts }).toEqual({ code: 2, verdicts: ['failed', 'rewritten'] })
  })

  test('a daemon that is not there', async () => {
    const env = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' }
    const ended = await harden(['nginx:latest', '--prove', '--engine', 'docker'], { env })
    expectClearError(ended, /no docker engine answers: .*\/nonexistent\/docker\.sock/)
  })

  test('a Dockerfile that does not build: its line and the last words of the build', async () => {
    const path = join(imageFolder('broken-build'), 'Dockerfile')
    const ended = await leavesNothing((options) => harden([path, '--prove'], options))
    expectClearError(ended, /line 5: the build failed at .*\.\/configure[\s\S]*\.\/configure: not found/)
  })

  test('no engine, and a proof is asked for', async () => {
    const ended = await leavesNothing((options) => harden(['nginx:latest', '--prove', '--engine', 'none'], options))
    expectClearError(ended, /a proof needs an engine/)
  })
})

describe('nothing to compare with, exit code 0', () => {
  test('a container that never answers', async () => {
    const image = await ensureImage('never-answers')
    const hardening = await leavesNothing((options) => hardenOne(image, ['--prove'], options))
    expectNotShown(hardening, /original never answers on 8080/)
  })

  test('an original that ends at once', async () => {
    const image = 'harden-image-test/ends-at-once'
    await buildText('FROM debian:trixie-slim\nCMD ["sh", "-c", "echo no license >&2; exit 32"]\n', image)
    const hardening = await leavesNothing((options) => hardenOne(image, ['--prove'], options))
    expectNotShown(hardening, /original itself ends with exit code 32.*no license/)
  })

  test('an original that looks for a service by its name, and one that wants the service itself', async () => {
    const server = [
      'use IO::Socket::INET; use Socket;',
      'my $to = inet_aton($ARGV[0]) or die "cannot resolve $ARGV[0]: Name or service not known";',
      'if ($ARGV[1]) { IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => 99) or die "nobody at " . inet_ntoa($to) }',
      'my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die;',
      'while (my $c = $s->accept) { print $c "hi"; close $c }',
    ]
    const image = async (name: string, args: string): Promise<string> => {
      const text = `FROM debian:trixie-slim\nCOPY <<'EOF' /srv.pl\n${server.join('\n')}\nEOF\nEXPOSE 8080\nCMD ["perl", "/srv.pl", ${args}]\n`
      await buildText(text, `harden-image-test/${name}`)
      return `harden-image-test/${name}`
    }
    const looks = await image('looks-for-a-name', '"backend"')
    const { result } = await leavesNothing((options) => hardenOne(looks, ['--prove'], options))
    expect(result).toMatchObject({
      verdict: 'hardened',
      proof: { remarks: expect.arrayContaining([expect.stringMatching(/^what it does with backend: no proof has/)]) },
    })
    const wants = await image('wants-a-service', '"backend", "1"')
    const refused = await leavesNothing((options) => hardenOne(wants, ['--prove'], options))
    expectNotShown(refused, /original itself ends with exit code .*cannot resolve backend/)
  })

  test('an original that goes to the background', async () => {
    const image = 'harden-image-test/goes-to-the-background'
    const server = [
      'use IO::Socket::INET; use POSIX;',
      'my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 5) or die;',
      'exit 0 if fork; POSIX::setsid(); while (my $c = $s->accept) { print $c "hi"; close $c }',
    ]
    await buildText(
      `FROM debian:trixie-slim\nCOPY <<'EOF' /srv.pl\n${server.join('\n')}\nEOF\nCMD perl /srv.pl\n`,
      image,
    )
    const hardening = await leavesNothing((options) => hardenOne(image, ['--prove'], options))
    expectNotShown(hardening, /original goes to the background: .* exit code 0 while \/usr\/bin\/perl still runs/)
    expect(hardening.result.findings.map(({ hint }) => hint).join()).toContain('in the foreground')
  })

  test('a smoke test that already fails on the original', async () => {
    const image = await ensureImage('python-static')
    const hardening = await leavesNothing((options) => hardenOne(image, ['--prove', '--smoke', 'exit 3'], options))
    expectNotShown(hardening, /smoke test already fails on the original \(exit 3\)/)
  })

  test('what says nothing, leaves nothing and has nothing to ask, and a shell that nobody types into', async () => {
    const image = 'harden-image-test/only-goes-on'
    await buildText('FROM debian:trixie-slim\nCMD ["sleep", "infinity"]\n', image)
    expectNotShown(await hardenOne(image, ['--prove']), /^whether it does its work: it goes on as the original does/)
    expectNotShown(await hardenOne('debian:trixie-slim', ['--prove']), /^what it is run with: its own command is bash/)
  })
})

describe('one finding, exit code 1', () => {
  test("a smoke test that the result does not pass: the original's user is asked for", async () => {
    const image = await ensureImage('python-static')
    const hardening = await leavesNothing((options) => hardenOne(image, ['--prove', '--smoke', ROOT_ONLY], options))
    expectOneFinding(hardening, /smoke test: was exit 0, is exit 1/)
  })

  test.each([
    [
      'an end, in the words of its log file',
      'open("/var/lib/thing/thing.log", "a").write("starting\\nerror: settings belong to somebody else\\n"); sys.exit(1)',
      /^the result ends with exit code 1 at start; \/var\/lib\/thing\/thing\.log says: error: settings belong to somebody else$/,
      'build it (--build -t NAME) and run it by hand: its whole log may say more',
    ],
    [
      'a page that differs, by the last line of a stack trace',
      'Page.status = 500; Page.work = lambda _: open("/proc/sys/kernel/hostname", "w")',
      /^http :8000\/: was 200, is 500(, and \d more checks? differs?)?; it logs: (PermissionError|OSError): \[Errno \d+\] .*: '\/proc\/sys\/kernel\/hostname'$/,
      null,
    ],
  ])('one cause: %s', async (name, otherwise, cause, hint) => {
    const image = `harden-image-test/one-cause-${name.length}`
    await buildProgram(
      image,
      `import http.server, os, sys, traceback
class Page(http.server.BaseHTTPRequestHandler):
    status, work = 200, lambda _: None
    def do_GET(self):
        try: self.work()
        except OSError: traceback.print_exc()
        self.send_response(self.status); self.end_headers()
    def log_message(self, *args): pass
os.makedirs("/var/lib/thing", exist_ok=True)
if os.getuid(): ${otherwise}
open("/var/lib/thing/state", "w").write("x")
http.server.ThreadingHTTPServer(("", 8000), Page).serve_forever()
`,
    )
    const hardening = await leavesNothing((options) => hardenOne(image, ['--prove'], options))
    expectOneFinding(hardening, cause)
    const todo = hardening.result.findings.find(({ outcome }) => outcome === 'todo')
    if (hint !== null) expect(todo?.hint).toBe(hint)
    await docker(['image', 'rm', '--force', image])
  })

  test('a program whose only work is refused, which its log alone says', async () => {
    const image = 'harden-image-test/only-work-refused'
    const work = 'cat /etc/shadow >/dev/null; exec sleep infinity'
    await buildText(`FROM debian:trixie-slim\nCMD ["sh", "-c", ${JSON.stringify(work)}]\n`, image)
    expectOneFinding(
      await hardenOne(image, ['--prove']),
      /^its log: was no such refusal, is cat: \/etc\/shadow: Permission denied(, and|$)/,
    )
  })

  test('a result that does not pass is not written', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
    try {
      const path = join(folder, 'Dockerfile')
      const text = `FROM ${await ensureImage('python-static')}\n`
      await writeFile(path, text)
      const { code, stderr } = await leavesNothing((options) =>
        harden([path, '-w', '--prove', '--smoke', ROOT_ONLY], options),
      )
      expect(code).toBe(1)
      expect(stderr).toMatch(/was not written: its proof failed/)
      expect(stderr).not.toMatch(/-w|would change/)
      expect(await readFile(path, 'utf8')).toBe(text)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

test('a file whose root steps follow its USER is compared with the repaired one, run as root', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  const head = 'FROM debian:trixie-slim\nRUN useradd --uid 1000 app\nUSER 1000:1000\nRUN mkdir /opt/thing\n'
  const files = {
    // Nobody is root in the end: only the steps are mended, and the file changes.
    already: `${head}CMD ["sh", "-c", "seq 9; exec sleep infinity"]\n`,
    root: `${head}USER root\nCMD ["sh", "-c", "echo x >> /opt/thing/log; exec sleep infinity"]\n`,
    // That is no matter of who is in force.
    broken: `${head}RUN exit 3\nCMD ["sleep", "infinity"]\n`,
  }
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(folder, name))
      await writeFile(join(folder, name, 'Dockerfile'), text)
    }
    const { stdout } = await harden(['--prove', '--format', 'json', '.'], { cwd: folder })
    const results: readonly TargetResult[] = JSON.parse(stdout).results
    const told = results.map(({ target, verdict, proof }) => [target, verdict, proof?.passed, proof?.baseline.uids])
    expect(told).toEqual([
      ['already/Dockerfile', 'hardened', true, [0]],
      ['broken/Dockerfile', 'failed', undefined, undefined],
      ['root/Dockerfile', 'hardened', true, [0]],
    ])
    const [already, broken, root] = results
    for (const result of [already, root])
      expect(result?.proof?.remarks.join('\n')).toContain('the original does: it does not build')
    expect(already?.output).toBe(files.already.replace(/(USER .*\n)(RUN mkdir .*\n)/, '$2$1'))
    expect(JSON.stringify(broken)).toContain('mkdir /opt/thing')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('each folder of a tree has the engine that its configuration asks for', async () => {
  const tag = await ensureImage('already-nonroot')
  const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  try {
    for (const [name, config] of Object.entries({ a: 'engine: none\n', b: '{}\n' })) {
      await mkdir(join(folder, name))
      await writeFile(join(folder, name, 'Dockerfile'), `FROM ${tag}\n`)
      await writeFile(join(folder, name, '.harden-image.yaml'), config)
    }
    const { stdout } = await harden(['--offline', '--format', 'json', '.'], { cwd: folder })
    const verdicts = JSON.parse(stdout).results.map((result: TargetResult) => [result.target, result.verdict])
    // Without an engine nobody knows what the image starts: a run would tell.
    expect(Object.fromEntries(verdicts)).toEqual({ 'a/Dockerfile': 'rewritten', 'b/Dockerfile': 'unchanged' })
  } finally {
    await rm(folder, { recursive: true })
  }
})

describe('Ctrl-C, exit code 130', () => {
  const moments = {
    'while the image is looked into': /looking into/,
    'while the original runs': /running .* as it is/,
    'while the result is built': /round 1: building/,
    'while the result runs': /round 1: running/,
  }
  for (const [when, line] of Object.entries(moments)) {
    test(when, async () => {
      const image = await ensureImage('python-static')
      const { code, stdout, stderr } = await leavesNothing((options) =>
        harden([image, '--prove'], { ...options, interruptWhen: (said) => line.test(said) }),
      )
      expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
      expect(stderr).toContain('interrupted')
      expect(stderr).not.toMatch(/this is a bug|^\s+at /m)
    })
  }
})

test('an original runs as its Compose service sets and starts it, and without what it comes up without alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  const run = (named: string) => `FROM debian:trixie-slim\nCMD test "$TOKEN" = ${named} && seq 9 && exec sleep inf\n`
  const service = (name: string) => `  ${name}: { build: ${name}, environment: { TOKEN: given } }\n`
  try {
    const starts = 'FROM debian:trixie-slim\nRUN mkdir /srv/state\n'
    for (const [name, text] of Object.entries({ needs: run('given'), avoids: run('""'), starts })) {
      await mkdir(join(folder, name))
      await writeFile(join(folder, name, 'Dockerfile'), text)
    }
    const command = `command: sh -c 'echo 1 >/srv/state/pid && exec sleep inf'`
    const started = `  starts:\n    build: starts\n    ${command}\n`
    await writeFile(join(folder, 'compose.yaml'), `services:\n${service('needs')}${service('avoids')}${started}`)
    const { stdout } = await leavesNothing((options) =>
      harden(['--prove', '--format', 'json', 'needs', 'avoids', 'starts'], { ...options, cwd: folder }),
    )
    const results: readonly TargetResult[] = JSON.parse(stdout).results
    const said = results.map(({ target, verdict, findings }) => [
      target,
      [verdict, findings.find(({ transform }) => transform === 'read-build')?.message.replace(/ (sets|\(sh) .*/, '')],
    ])
    const open = 'the Dockerfile names no command: taken from service starts of compose.yaml'
    expect(Object.fromEntries(said)).toEqual({
      'needs/Dockerfile': ['hardened', 'run with what service needs of compose.yaml'],
      'avoids/Dockerfile': ['hardened', 'run without what service avoids of compose.yaml'],
      'starts/Dockerfile': ['hardened', open],
    })
    const { output = '' } = results.find(({ target }) => target.startsWith('starts')) ?? {}
    expect(output).toMatch(/^ && chown 10001:10001 \/srv\/state$/m)
    expect(output).not.toContain('CMD')
  } finally {
    await rm(folder, { recursive: true })
  }
})
