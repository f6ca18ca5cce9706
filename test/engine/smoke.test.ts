import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Hardening, hardenOne } from './support/cli.ts'
import { docker } from './support/images.ts'
import { buildProgram } from './support/python-program.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

/** Comes up, listens and answers / the same as any user; what else it does tells whether it is root. */
const PROGRAM = `import http.server, os, socketserver, sys, threading
root = os.getuid() == 0
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        work = self.path == "/work"
        self.send_response(200 if root or not work else 500)
        self.send_header("Content-Type", "text/plain"); self.send_header("X-Made-By", "test")
        self.end_headers(); self.wfile.write(b"the page")
    def log_message(self, *args): pass
class Talk(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline()
        if line == b"PING\\n": self.wfile.write(b"PONG\\n" if root else b"NO\\n")
        if line == b"HELLO\\n": self.wfile.write(b"HELLO\\n")
print("ready", flush=True)
print("worker started" if root else "worker skipped", flush=True)
os.makedirs("/srv/state", exist_ok=True)
with open("/srv/state/result", "w") as f: f.write("done" if root else "nothing")
threading.Thread(target=socketserver.ThreadingTCPServer(("", 9000), Talk).serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer(("", 8000), Page).serve_forever(None)
`

const tag = 'harden-image-test/smoke'
let folder = ''

beforeAll(async () => {
  await buildProgram(tag, PROGRAM, { expose: '8000 9000' })
  folder = await mkdtemp(join(tmpdir(), 'harden-image-smoke-'))
})

afterAll(async () => {
  await docker(['image', 'rm', '--force', tag])
  await rm(folder, { recursive: true, force: true })
})

async function proved(smoke: string): Promise<Hardening> {
  await writeFile(join(folder, 'smoke.yaml'), smoke)
  return hardenOne(tag, ['--prove', '--trust-config', '--config', join(folder, 'smoke.yaml')])
}

function smokeChecks({ result }: Hardening) {
  const checks = result.proof?.checks.filter(({ name }) => name.startsWith('smoke ')) ?? []
  return Object.fromEntries(checks.map(({ name, baseline, result, passed }) => [name, { baseline, result, passed }]))
}

/** Its folder is written for a POST alone, and its name is put together where nobody reads it. */
const NOTES = `import http.server, os
FOLDER = "/".join(["", "srv", "kept"])
class Page(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        try:
            with open(os.path.join(FOLDER, "note"), "w") as f: f.write("x")
            status = 201
        except OSError: status = 500
        self.send_response(status); self.end_headers()
    def do_GET(self): self.send_response(200); self.end_headers()
    def log_message(self, *args): pass
class app:
    def route(*_, **__): return lambda f: f
@app.route("/")
def index(): pass
@app.route("/never-asked", methods=["POST"])
def never(): pass
http.server.ThreadingHTTPServer(("", 8000), Page).serve_forever(None)
`

test('what a README sends is asked of both, and what it makes the program write is granted', async () => {
  const place = join(folder, 'notes')
  await mkdir(place, { recursive: true })
  await writeFile(join(place, 'app.py'), NOTES)
  await writeFile(join(place, 'README.md'), 'Keep one: `curl -d text=hi http://localhost:8000/notes`\n')
  const lines = [
    `FROM ${tag}`,
    'RUN mkdir /srv/kept',
    'COPY app.py /srv/program.py',
    'CMD ["python3", "/srv/program.py"]',
  ]
  await writeFile(join(place, 'Dockerfile'), `${lines.join('\n')}\n`)
  const { result } = await hardenOne(join(place, 'Dockerfile'), ['--prove'])
  expect([result.verdict, result.proof?.passed]).toEqual(['hardened', true])
  expect(result.output).toContain('chown 10001:10001 /srv/kept')
  const asked = result.proof?.checks.filter(({ name }) => / :8000\/./.test(name))
  expect(asked).toEqual([{ name: 'POST :8000/notes', baseline: '201', result: '201', passed: true }])
  expect(result.proof?.remarks.join('\n')).toContain('what POST /never-asked do')
})

describe('the smoke section of the configuration', () => {
  test('each kind of check, passed by the original and the result', async () => {
    const hardening = await proved(`smoke:
  - http: { path: /x, port: 8000, status: 200, headers: { x-made-by: ^test$ }, body: page }
  - tcp: { port: 9000, send: "HELLO\\n", expect: ^HELLO }
  - exec: { command: "test -f /srv/program.py" }
  - exec: { command: 'test -n "$CONTAINER" && test -n "$PORT_8000"', in: host }
  - log: { match: ^ready$ }
  - log: { not: panic }
  - file: { path: /srv/state/result, match: "done|nothing" }
  - tcp: { port: 1 }
    targets: [another-image]
`)
    const passed = (value: string) => ({ baseline: value, result: value, passed: true })
    expect(smokeChecks(hardening)).toEqual({
      'smoke http :8000/x': passed('200 text/plain'),
      'smoke tcp :9000': passed('answers ^HELLO'),
      'smoke test -f /srv/program.py': passed('exit 0'),
      'smoke test -n "$CONTAINER" && test -n "$PORT_8000"': passed('exit 0'),
      'smoke log with ^ready$': passed('logged'),
      'smoke log without panic': passed('not logged'),
      'smoke file /srv/state/result': passed('holds done|nothing'),
    })
    expect(hardening).toMatchObject({ code: 0, result: { verdict: 'hardened', proof: { passed: true } } })
    // There the file is in a tmpfs, which the engine copies nothing out of.
    expect(hardening.result.proof?.cells).toContainEqual(
      expect.objectContaining({ name: 'read-only root', outcome: 'pass' }),
    )
  })

  test('each kind of check, failed by a result that comes up and answers', async () => {
    const hardening = await proved(`smoke:
  - http: { path: /work, port: 8000 }
  - tcp: { port: 9000, send: "PING\\n", expect: ^PONG }
  - exec: { command: [sh, -c, 'test "$(id -u)" = 0'] }
    name: is root
  - log: { match: worker started }
  - log: { not: worker skipped }
  - file: { path: /srv/state/result, match: done }
`)
    const failed = (baseline: string, result: string) => ({ baseline, result, passed: false })
    expect(smokeChecks(hardening)).toEqual({
      'smoke http :8000/work': failed('200 text/plain', '500 text/plain'),
      'smoke tcp :9000': failed('answers ^PONG', 'another answer'),
      'smoke is root': failed('exit 0', 'exit 1'),
      'smoke log with worker started': failed('logged', 'not logged'),
      'smoke log without worker skipped': failed('not logged', 'logged'),
      'smoke file /srv/state/result': failed('holds done', 'does not hold done'),
    })
    const { proof, verdict } = hardening.result
    expect({ verdict, passed: proof?.passed, code: hardening.code }).toEqual({
      verdict: 'incomplete',
      passed: false,
      code: 1,
    })
    // It is up, without root, and answers as before: only the checks tell.
    expect(proof?.checks.filter(({ name, passed }) => !passed && !name.startsWith('smoke '))).toEqual([])
  })

  test('a check that the original does not pass either is a mistake of the check', async () => {
    const { code, result } = await proved('smoke:\n  - file: { path: /srv/none }\n')
    expect([code, result.verdict]).toEqual([0, 'rewritten'])
    expect(result.proof?.reason).toMatch(
      /smoke file \/srv\/none already fails on the original \(missing\).*correct the check/,
    )
  })
})
