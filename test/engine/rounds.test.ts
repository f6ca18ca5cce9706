// Rounds of a proof, by what only some of them can know.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { hardenOne } from './support/cli.ts'
import { docker } from './support/images.ts'
import { buildProgram } from './support/python-program.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

/** Writes into one folder when it is started for the first time, and into another when it finds what it wrote; shrugs when it can't. */
const PROGRAM = `import http.server, os
again = os.path.exists("/srv/state/seen")
try: open("/srv/again/log" if again else "/srv/state/seen", "a").close()
except OSError: pass
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("", 8000), Page).serve_forever(None)
`
const tag = 'harden-image-test/second-start'

beforeAll(async () => {
  await buildProgram(tag, PROGRAM, { lines: ['RUN mkdir /srv/state /srv/again'] })
})

afterAll(async () => {
  await docker(['image', 'rm', '--force', tag])
})

test('what only the second start of the original shows is granted, though the first round began before it', async () => {
  const { result } = await hardenOne(tag, ['--prove'])
  expect([result.verdict, result.proof?.passed]).toEqual(['hardened', true])
  expect(result.proof?.rounds).toBeLessThanOrEqual(2)
  expect(result.output).toContain('/srv/state')
  expect(result.output).toContain('/srv/again')
  const phases = (result.proof?.phases ?? []).map(({ name }) => name)
  expect(phases.sort()).toEqual(['build', 'conditions', 'end', 'facts', 'original', 'result'])
})
