// A stack of five services that answers over two hops and keeps its state in a volume, made by hand.
import type { Project, Service } from '../../../src/manifests/project.ts'
import { sampleService } from '../../manifests/compose/sample-service.ts'
import { buildImage, buildText, withLists } from './images.ts'

const PROGRAM = `import json, os, socket, socketserver, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
role, port = sys.argv[1], int(os.environ.get('PORT', '80'))
store = os.environ.get('STORE', 'store:80').split(':')
def ask(line):
    with socket.create_connection((store[0], int(store[1])), 5) as s:
        s.sendall(line.encode() + b'\\n')
        return s.makefile().readline().strip()
if role == 'store':
    path = '/data/counts.json'
    lock = threading.Lock()
    class H(socketserver.StreamRequestHandler):
        def handle(self):
            word = self.rfile.readline().decode().split()
            with lock:
                counts = json.load(open(path)) if os.path.exists(path) else {}
                if word and word[0] == 'add':
                    counts[word[1]] = counts.get(word[1], 0) + 1
                    open(path, 'w').write(json.dumps(counts))
                self.wfile.write((str(counts.get(word[1], 0) if len(word) > 1 else 'what?') + '\\n').encode())
    class S(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
    S(('', port), H).serve_forever()
if role == 'api':
    class A(BaseHTTPRequestHandler):
        def log_message(self, *a): pass
        def do_GET(self):
            if self.path == '/health': body = b'ok'
            elif self.path == '/secret': body = open('/run/secrets/key').read().encode()
            else: body = json.dumps({'visits': int(ask('add visits')), 'at': time.time()}).encode()
            self.send_response(200)
            self.send_header('Content-Type', 'application/json')
            self.end_headers()
            self.wfile.write(body)
    ThreadingHTTPServer(('', port), A).serve_forever()
if role == 'worker':
    while True:
        ask('add work')
        time.sleep(0.5)
if role == 'job':
    ask('add job')
    open('/data/job.done', 'w').write('done')
    print('done')
`

/** Tag of the image of all services, as root. */
export async function stackImage(): Promise<string> {
  const tag = 'harden-image-test/small-stack:latest'
  const text = `FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*
COPY <<'EOF' /app/program.py
${PROGRAM}EOF
RUN mkdir -p /data
ENV PYTHONUNBUFFERED=1
ENTRYPOINT ["python3", "/app/program.py"]
`
  return buildImage(tag, [...(await withLists()), '-'], text)
}

/** The same, and more. Built anew under a name of its own. */
export function upon(image: string, name: string, lines: string): Promise<string> {
  return buildText(`FROM ${image}\n${lines}\n`, `harden-image-test/${name}:latest`)
}

export function project(folder: string, services: readonly Service[]): Project {
  const named = services.flatMap(({ mounts }) =>
    mounts.filter(({ kind, source }) => kind === 'volume' && source !== ''),
  )
  const volumes = new Map(named.map(({ source }) => [source, { external: false, device: null }] as const))
  return { name: 'small', folder, files: [], services, volumes, findings: [] }
}

/** Five services; `port` is that of the store and of the api. */
export function smallStack(folder: string, port: number, change: (one: Service) => Service = (one) => one): Project {
  const data = { kind: 'volume', source: 'data', target: '/data', readOnly: false, isEmpty: false } as const
  const env = new Map([
    ['PORT', String(port)],
    ['STORE', `store:${port}`],
  ])
  const services = [
    sampleService('store', { command: ['store'], env, mounts: [data], settings: { networks: ['back'] } }),
    sampleService('job', {
      command: ['job'],
      env,
      mounts: [data],
      settings: { networks: ['back'] },
      dependsOn: [{ service: 'store', condition: 'started' }],
    }),
    sampleService('api', {
      command: ['api'],
      env,
      ports: [{ published: '8080', target: port, protocol: 'tcp' }],
      settings: {
        networks: ['back', 'front'],
        healthcheck: {
          test: ['CMD', 'python3', '-c', `import urllib.request as u; u.urlopen('http://127.0.0.1:${port}/health')`],
          interval: '1s',
          timeout: '5s',
          retries: 10,
        },
      },
      dependsOn: [
        { service: 'store', condition: 'started' },
        { service: 'job', condition: 'completed' },
      ],
    }),
    sampleService('worker', {
      command: ['worker'],
      env,
      settings: { networks: ['back'], restart: 'always' },
      dependsOn: [{ service: 'store', condition: 'started' }],
    }),
    sampleService('front', {
      entrypoint: ['sleep', 'infinity'],
      command: [],
      settings: { networks: { front: { aliases: ['www'] } } },
      dependsOn: [{ service: 'api', condition: 'healthy' }],
    }),
  ]
  return project(folder, services.map(change))
}

/** Runs all services of a project on one image, but for those that are given another. */
export function imagesOf(
  { services }: Project,
  image: string,
  others: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, string> {
  return new Map(services.map(({ name }) => [name, others[name] ?? image] as const))
}
