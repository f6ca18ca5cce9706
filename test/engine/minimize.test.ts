import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { hardenOne } from './support/cli.ts'
import { expectVerdict } from './support/expect-verdict.ts'
import { docker } from './support/images.ts'
import { buildProgram } from './support/python-program.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

/** Shrugs when it can write neither; only one of the two is lost by that. */
const PROGRAM = `import http.server, os
def write(path, text):
    try:
        with open(path, "a") as f: f.write(text)
    except OSError: pass
write("/run/page.pid", "1")
os.makedirs("/srv/visits", exist_ok=True)
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        write("/srv/visits/all", "x")
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("", 8000), Page).serve_forever(None)
`
const tag = 'harden-image-test/minimize'

beforeAll(async () => {
  await buildProgram(tag, PROGRAM, { lines: ['RUN mkdir -m 755 /srv/visits'] })
})

afterAll(async () => {
  await docker(['image', 'rm', '--force', tag])
})

test('without --minimize it may write both', async () => {
  const { result } = await hardenOne(tag, ['--prove'])
  expect(result.verdict).toBe('hardened')
  expect(result.output).toContain('/run/page.pid')
  expect(result.output).toContain('/srv/visits')
})

test('--minimize leaves out what it works without, keeps what it would lose, and says both', async () => {
  const result = expectVerdict(await hardenOne(tag, ['--prove', '--minimize']), {
    code: 0,
    verdict: 'hardened',
    passed: true,
  })
  expect(result.output).not.toContain('/run/page.pid')
  expect(result.output).toContain('/srv/visits')
  const said = result.proof?.remarks.join('\n')
  expect(said).toContain('left out, since it was shown to work without: create-file /run/page.pid')
  expect(said).toContain('shown to be needed: own-directory /srv/visits')
})
