import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import { nobody } from '../proof/support/nobody.ts'
import { hardenOne } from './support/cli.ts'
import { docker } from './support/images.ts'
import { buildProgram } from './support/python-program.ts'

/** Programs that work as root, and as another user only seem to. Each is a web server on 8000. */
const HEAD = `import http.server, os, sys, threading, time
root = os.getuid() == 0
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = answer()
        self.send_response(status); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *args): pass
def serve(port): http.server.ThreadingHTTPServer(("", port), Page).serve_forever()
`

const programs: Readonly<Record<string, string>> = {
  'dies after ten seconds': `${HEAD}
def answer(): return 200
if not root: threading.Timer(10, lambda: os._exit(3)).start()
serve(8000)
`,
  'waits for nothing but its alarm': `${HEAD}
import signal, socket
def answer(): return 200
if not root:
    # The first process of a container has to ask for it: a signal without a handler does not reach it.
    signal.signal(signal.SIGALRM, lambda *_: os._exit(3))
    signal.alarm(10)
listening = socket.create_server(("", 8000))
while True:
    peer, _ = listening.accept()
    peer.recv(1000)
    peer.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nok"); peer.close()
`,
  'answers only sometimes': `${HEAD}
count = 0
def answer():
    global count
    count += 1
    return 200 if root or count % 3 else 500
serve(8000)
`,
  'opens its real port later, and only as root': `${HEAD}
def answer(): return 200
def late():
    time.sleep(5)
    if root: serve(9000)
threading.Thread(target=late, daemon=True).start()
serve(8000)
`,
  'has somebody who would do it later, and only as root': `${HEAD}
def answer(): return 200
def late():
    time.sleep(8)
    serve(9000)
# Else there is nothing that the result could wait for: it rests at once.
if root: threading.Thread(target=late, daemon=True).start()
http.server.ThreadingHTTPServer(("", 8000), Page).serve_forever(None)
`,
  'fails behind its TLS': `${HEAD}
import ssl
def answer(): return 200 if root else 500
with open("/tmp/pem", "w") as f: f.write("""${nobody.key}${nobody.cert}""")
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/tmp/pem")
server = http.server.ThreadingHTTPServer(("", 8000), Page)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
`,
  'has a worker that dies again and again': `${HEAD}
def answer(): return 200
def work():
    while root: time.sleep(1)
    time.sleep(0.5)
def keep():
    while True:
        worker = os.fork()
        if worker == 0:
            work()
            os._exit(1)
        os.waitpid(worker, 0)
        time.sleep(0.5)
threading.Thread(target=keep, daemon=True).start()
serve(8000)
`,
  'ends as it should without its work': `${HEAD}
os.makedirs("/srv/out", exist_ok=True)
if root:
    with open("/srv/out/report", "w") as f: f.write("1")
`,
  'cannot read what it wrote': `${HEAD}
path = "/srv/state/count"
def answer(): return 200
os.makedirs("/srv/state", exist_ok=True)
try:
    with open(path) as f: f.read()
except OSError: pass
try:
    with open(path, "w") as f: f.write("1")
    os.chmod(path, 0o200)
except OSError: pass
serve(8000)
`,
}

const tags = new Map<string, string>()
const proofs = new Map<string, ReturnType<typeof hardenOne>>()
/** Mostly they wait: so many at a time. */
const room = pLimit(2)

beforeAll(async () => {
  for (const [index, [name, source]] of Object.entries(programs).entries())
    tags.set(name, await buildProgram(`harden-image-test/deceptive-${index}`, source))
  for (const [name, tag] of tags) {
    const proof = room(() => hardenOne(tag, ['--prove']))
    // It is waited for by its test.
    proof.catch(() => undefined)
    proofs.set(name, proof)
  }
})

afterAll(async () => {
  for (const tag of tags.values()) await docker(['image', 'rm', '--force', tag])
})

describe('what only seems to work as non-root is never called hardened', () => {
  test.each(Object.keys(programs))('a program that %s', async (name) => {
    const { result, code } = (await proofs.get(name)) ?? {}
    // What ends without any work that could be compared was not shown to fail either.
    const isCompared = result?.proof?.reason === undefined
    expect(result?.verdict).toBe(isCompared ? 'incomplete' : 'rewritten')
    expect(result?.proof?.passed).toBe(false)
    expect(code).toBe(isCompared ? 1 : 0)
  })
})
