import { afterAll, expect, test } from '@jest/globals'
import { type Hardening, hardenOne } from './support/cli.ts'
import { expectVerdict } from './support/expect-verdict.ts'
import { buildText, docker, ensureImage } from './support/images.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

// Work that a proof does not ask for, in programs of images that nothing knows by name.

const tags: string[] = []

afterAll(async () => {
  if (tags.length > 0) await docker(['image', 'rm', '--force', ...tags])
})

/** A web server without an ending, with `setup` before it serves, what it does with a POST, and what else is in its image. */
async function prove(
  name: string,
  { setup = '', post = 'pass', image = [] }: { setup?: string; post?: string; image?: readonly string[] },
): Promise<Hardening> {
  const lines = [
    `FROM ${await ensureImage('python-static')} AS base`,
    'FROM scratch',
    'COPY --from=base / /',
    'COPY --chmod=755 <<"PROGRAM" /usr/bin/thing',
    '#!/usr/bin/python3',
    'import http.server, json, os, pwd, signal, sys, threading',
    ...setup.trim().split('\n'),
    'class Handler(http.server.SimpleHTTPRequestHandler):',
    '    def do_POST(self):',
    ...post
      .trim()
      .split('\n')
      .map((line) => `        ${line}`),
    '        self.send_response(200); self.end_headers()',
    'http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever(None)',
    'PROGRAM',
    ...image,
    'WORKDIR /srv',
    'ENTRYPOINT []',
    'CMD ["thing"]',
  ]
  const tag = await buildText(`${lines.join('\n')}\n`, `harden-image-test/unasked-${name}`)
  tags.push(tag)
  return hardenOne(tag, ['--prove'])
}

const BECOMES = `
who = pwd.getpwnam(self.headers["User"])
if os.fork() == 0:
    os.initgroups(who.pw_name, who.pw_gid); os.setuid(who.pw_uid); os._exit(0)
`

test('a program of an image that becomes another user on request is not shown, and one that asks who it is first is', async () => {
  const [asked, guarded] = [
    await prove('becomes', { post: BECOMES }),
    await prove('becomes-as-root', { post: `if os.getuid() == 0:\n${BECOMES.trim().replace(/^/gm, '    ')}` }),
  ]
  expectVerdict(asked, { code: 0, verdict: 'rewritten', passed: false })
  expect(asked.result.proof?.reason).toMatch(/^not asked: \/usr\/bin\/thing line \d+ calls initgroups/)
  expectVerdict(guarded, { code: 0, verdict: 'hardened', passed: true })
})

const KEEPS = 'open(os.path.join(place, self.headers["Name"]), "w").close()'
const SETTINGS = ['RUN mkdir -p /opt/kept /etc/thing && echo \'{"place": "/opt/kept"}\' > /etc/thing/settings.json']

test('a write of which only a run tells the path is not shown until a run makes one; the folder that settings name is given', async () => {
  const setup = 'place = json.load(open("/etc/thing/settings.json"))["place"]'
  const unasked = await prove('keeps', { setup, post: KEEPS, image: SETTINGS })
  expectVerdict(unasked, { code: 0, verdict: 'rewritten', passed: false })
  expect(unasked.result.proof?.reason).toMatch(/^not asked: .* writes to a path that only the run decides/)
  expect(unasked.result.output).toMatch(/chown 10001:10001 \/opt\/kept/)
  const atStart = `${setup}\nopen(os.path.join(place, "started"), "w").close()`
  expectVerdict(await prove('keeps-at-start', { setup: atStart, post: KEEPS, image: SETTINGS }), {
    code: 0,
    verdict: 'hardened',
    passed: true,
  })
})

test('a log has its folder, in which it is rotated, but where it is an output of the container', async () => {
  const setup = 'log = open(json.load(open("/etc/thing.json"))["log"], "a", 1); log.write("up\\n")'
  const image = ['RUN mkdir /var/log/thing && echo \'{"log": "/var/log/thing/thing.log"}\' > /etc/thing.json']
  const own = await prove('log', { setup, image })
  expectVerdict(own, { code: 0, verdict: 'hardened', passed: true })
  expect(own.result.output).toMatch(/chown 10001:10001 \/var\/log\/thing/)
  const link = 'RUN ln -s /dev/stdout /var/log/thing/thing.log'
  const output = await prove('log-link', { setup, image: [...image, link] })
  expectVerdict(output, { code: 0, verdict: 'hardened', passed: true })
  expect(output.result.output).not.toContain('/var/log/thing')
})

test('a program that waits for the signal that stops it saves its state, and is not killed for having no handler', async () => {
  const setup = `
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
def wait():
    signal.sigwait([signal.SIGTERM]); open("/var/lib/thing/state", "w").close(); os._exit(0)
threading.Thread(target=wait).start()
`
  const proof = await prove('waits', { setup, image: ['RUN mkdir /var/lib/thing'] })
  expectVerdict(proof, { code: 0, verdict: 'hardened', passed: true })
  expect(proof.result.output).toMatch(/chown 10001:10001 \/var\/lib\/thing/)
  expect(proof.result.proof?.checks).toContainEqual(
    expect.objectContaining({ name: 'when asked to stop', baseline: 'ends by itself', result: 'ends by itself' }),
  )
})
