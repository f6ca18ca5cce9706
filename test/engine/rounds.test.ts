// Rounds of a proof, by what only some of them can know.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import { hardenOne } from './support/cli.ts'
import { docker } from './support/images.ts'
import { buildProgram } from './support/python-program.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

const HEAD = `import http.server, os, threading, time
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *args): pass
def serve(): http.server.ThreadingHTTPServer(("", 8000), Page).serve_forever(None)
def later(act): threading.Thread(target=lambda: (time.sleep(4), act()), daemon=True).start()
`

/** Writes into one folder when it is started for the first time, and into another when it finds what it wrote; shrugs when it can't. */
const SECOND_START = `${HEAD}
again = os.path.exists("/srv/state/seen")
try: open("/srv/again/log" if again else "/srv/state/seen", "a").close()
except OSError: pass
serve()
`

/** What it does after seconds, and the path that it needs. */
const LATE: readonly (readonly [string, string, string])[] = [
  [
    'writes, and says nothing where it may not',
    '/srv/notes',
    `${HEAD}
def write():
    try: open("/srv/notes/late", "a").write("x")
    except OSError: pass
later(write)
serve()
`,
  ],
  [
    'needs its secret, and dies without',
    '/srv/secret',
    `${HEAD}
def read():
    try: open("/srv/secret/key").read()
    except OSError: os._exit(1)
later(read)
serve()
`,
  ],
  [
    'reads its secret, and goes on without',
    '/srv/secret',
    `${HEAD}
def read():
    try: open("/srv/secret/key").read()
    except OSError: pass
later(read)
serve()
`,
  ],
  [
    'is asked for the tenth time, writes',
    '/srv/notes',
    `${HEAD}
count = 0
class Counting(Page):
    def do_GET(self):
        global count
        count += 1
        if count == 10:
            try: open("/srv/notes/batch", "a").write("x")
            except OSError: pass
        super().do_GET()
Page = Counting
serve()
`,
  ],
]
const tag = 'harden-image-test/second-start'

beforeAll(async () => {
  await buildProgram(tag, SECOND_START, { lines: ['RUN mkdir /srv/state /srv/again'] })
})

/** Reports when it has slept for longer than a program is watched. */
const SLEEPER = `${HEAD}
def report():
    time.sleep(13)
    try: open("/srv/stroper"[:5] + "stroper"[::-1] + "/first", "w").close()
    except OSError: pass
threading.Thread(target=report, daemon=True).start()
serve()
`

/** Reads where it would keep what nobody sends it. */
const KEEPS_LATER = `${HEAD}
open("/etc/notes.ini").read()
serve()
`

/** As root it is never the same: what it greets with, and whether it makes a file, is another matter in each of its two runs. */
const UNSTEADY = `import os, socket
open("/var/lib/notes/key").read()
traced = "TracerPid:\\t0\\n" not in open("/proc/self/status").read()
if traced and os.getuid() == 0: open("/var/lib/notes/chance", "w").write("x")
word = b"one" if traced or os.getuid() else b"two"
server = socket.create_server(("", 8000))
while True:
    client, _ = server.accept()
    try: client.sendall(word + b" ready\\r\\n"); client.recv(99)
    except OSError: pass
    client.close()
`

/** Its way without root needs one thing after the other, and ends at the first that it is refused. */
const OWN_WAY = `import os
if os.getuid() != 0:
    for name in "abcdefg": open(os.path.join("/srv", name, "own"), "w").close()
    if not os.access("/srv/h", os.W_OK): raise SystemExit("no /srv/h")
    open("/srv/h/own", "w").close()
    open("/srv/key").read()
${HEAD}serve()
`

afterAll(async () => {
  await docker([
    'image',
    'rm',
    '--force',
    tag,
    `${tag}-own`,
    `${tag}-sleeps`,
    `${tag}-unsteady`,
    ...LATE.map((_, index) => `${tag}-${index}`),
  ])
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

test('all that the way without root needs is seen in one run, where nothing is refused', async () => {
  const lines = ['RUN cd /srv && mkdir a b c d e f g h && install -m 600 /dev/null key']
  const { result, stderr } = await hardenOne(await buildProgram(`${tag}-own`, OWN_WAY, { lines }), ['--prove'])
  expect([result.verdict, result.proof?.passed, result.proof?.rounds]).toEqual(['hardened', true, 2])
  expect(result.output).toContain('chown 10001:10001 /srv/a /srv/b /srv/c /srv/d /srv/e /srv/f /srv/g /srv/h')
  expect(result.output).toContain('chmod 640 /srv/key')
  expect(stderr.match(/with nothing refused/g)).toHaveLength(1)
})

test('a sleep that is under way when it would be watched no longer is waited for', async () => {
  const image = await buildProgram(`${tag}-sleeps`, SLEEPER, { lines: ['RUN mkdir /srv/reports'] })
  // Without a trace there is no second proof that learns from it.
  const { result } = await hardenOne(image, ['--prove', '--no-trace'])
  expect(result.verdict).toBe('incomplete')
  expect(result.findings.map(({ message }) => message).join()).toContain('/srv/reports/first')
})

test('an empty folder that a configuration names is given, though no run wrote to it', async () => {
  const lines = ['RUN mkdir /srv/kept && echo "storage = /srv/kept" > /etc/notes.ini']
  const { result } = await hardenOne(await buildProgram(`${tag}-keeps`, KEEPS_LATER, { lines }), ['--prove'])
  expect([result.verdict, result.proof?.passed]).toEqual(['hardened', true])
  expect(result.output).toContain('chown 10001:10001 /srv/kept')
})

test('what differs between two runs of the original, and state that it only reads, hold no proof up', async () => {
  const lines = ['RUN mkdir /var/lib/notes && install -m 600 /dev/null /var/lib/notes/key']
  const { result } = await hardenOne(await buildProgram(`${tag}-unsteady`, UNSTEADY, { lines }), ['--prove'])
  expect([result.verdict, result.proof?.passed]).toEqual(['hardened', true])
  expect(result.proof?.remarks.join()).toContain('whether it also writes /var/lib/notes/key')
})

/** Mostly they wait: so many at a time. */
const room = pLimit(2)

test('a program that needs something only after seconds, or many requests, gets it', async () => {
  // Not by a line of it that names the folder.
  const lines = ['RUN install -d /srv/notes && install -d /srv/secret && install -m 600 /dev/null /srv/secret/key']
  const proved = LATE.map(([name, needed, program], index) =>
    room(async () => {
      const image = await buildProgram(`${tag}-${index}`, program, { lines })
      const { result } = await hardenOne(image, ['--prove'])
      const { verdict, proof, output } = result
      // A slow machine traces the first one for as long as it takes.
      const inTime = (proof?.rounds ?? 9) <= 2
      return [name, verdict, proof?.passed, output.includes(needed), inTime]
    }),
  )
  expect(await Promise.all(proved)).toEqual(LATE.map(([name]) => [name, 'hardened', true, true, true]))
})
