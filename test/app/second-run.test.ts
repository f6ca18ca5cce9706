// `-w`, and once more over what that has written: no file changes, and what is left to a person is left. Nothing is run.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { targetProcessor } from '../../src/app/pipeline.ts'
import { call } from '../cli/call.ts'
import { plant, tree } from '../repository/tree.ts'

interface Run {
  readonly code: number
  readonly todos: readonly string[]
  readonly files: Readonly<Record<string, string>>
  readonly report: string
}

async function write(cwd: string, argv: readonly string[]): Promise<Run> {
  const home = process.cwd()
  // Who else runs a Dockerfile is looked for from there.
  process.chdir(cwd)
  try {
    const given = ['-w', '--engine', 'none', '--offline', '--format', 'json', ...argv]
    const { code, stdout } = await call(given, { cwd, processTarget: targetProcessor() })
    return { code, todos: todosIn(stdout), files: filesIn(cwd), report: stdout }
  } finally {
    process.chdir(home)
  }
}

interface Said {
  readonly target: string
  readonly findings: readonly { readonly outcome: string; readonly message: string }[]
  readonly services?: readonly Said[]
}

function todosIn(report: string): readonly string[] {
  const { results } = JSON.parse(report) as { readonly results: readonly Said[] }
  return results
    .flatMap((one) => [one, ...(one.services ?? [])])
    .flatMap(({ target, findings }) =>
      findings.flatMap(({ outcome, message }) => (outcome === 'todo' ? [`${target}: ${message}`] : [])),
    )
}

function filesIn(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
  return Object.fromEntries(
    names.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      return [path.slice(folder.length + 1), readFileSync(path, 'utf8')]
    }),
  )
}

const SERVER = `require('node:http').createServer((q, s) => {
  require('node:fs').writeFileSync('/usr/src/app/uploads/x', 'x')
  s.end('ok')
}).listen(80)
`
const POD = `      containers:
        - name: web
          image: registry.example/web
          volumeMounts:
            - name: uploads
              mountPath: /usr/src/app/uploads
      volumes:
        - name: uploads
          persistentVolumeClaim:
            claimName: uploads
`
const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: { app: web }
  template:
    metadata:
      labels: { app: web }
    spec:
${POD}`
/** One image in a project and in a cluster. */
const both = {
  '.git/HEAD': 'ref: refs/heads/main\n',
  Dockerfile: `FROM node:22-slim
WORKDIR /usr/src/app
COPY . .
RUN mkdir -p uploads
EXPOSE 80
CMD ["node", "server.js"]
`,
  'server.js': SERVER,
  'compose.yaml': `services:
  web:
    build: .
    image: registry.example/web
    ports:
      - "8080:80"
    volumes:
      - uploads:/usr/src/app/uploads
volumes:
  uploads:
`,
  'k8s/web.yaml': DEPLOYMENT,
}

interface Case {
  readonly files: Readonly<Record<string, string>>
  readonly argv?: readonly string[]
  readonly code: number
  /** Of both runs; as a whole. */
  readonly todos?: readonly string[]
}

const cases: Readonly<Record<string, Case>> = {
  'a service whose Dockerfile gives its user a number gets no read-only root for that': {
    files: {
      Dockerfile: `FROM node:16-stretch
RUN mkdir -p /usr/src/app && chown node:node /usr/src/app
USER node:node
WORKDIR /usr/src/app
COPY --chown=node:node . .
RUN npm install
EXPOSE 7777
HEALTHCHECK CMD [ "curl", "-f", "localhost:7777" ]
CMD ["npm", "start"]
`,
      'package.json': '{"name": "paste", "scripts": {"start": "node server.js"}}',
      'compose.yaml': `services:
  paste:
    build: .
    environment:
      - STORAGE_TYPE=memcached
    ports:
      - 7777:7777
  memcached:
    image: memcached:latest
`,
    },
    code: 0,
  },
  'a port that has moved gets no sysctl': {
    files: {
      Dockerfile: 'FROM php:8.3-apache\nCOPY . /var/www/html\n',
      'index.php': '<?php echo "ok";\n',
      'compose.yaml': `services:
  app:
    build: .
    environment:
      APP_URL: http://localhost:8080
    ports:
      - \${DEV_PORT:-8080}:80
`,
    },
    code: 0,
  },
  'a user that gets its number runs as that number in the service too': {
    files: {
      Dockerfile: `FROM docker.io/alpine:3.19.1
RUN adduser -u 82 -D -S -G www-data www-data
RUN apk add --no-cache php82-fpm
RUN mkdir /var/www && chown www-data /var/www
WORKDIR /var/www
VOLUME ["/var/www/data"]
USER www-data
CMD ["php-fpm82"]
`,
      'compose.yaml': `services:
  backend:
    build: .
    volumes:
      - app-db:/var/www/data
volumes:
  app-db:
`,
    },
    code: 0,
  },
  'a mounted file that was changed is not asked for that change': {
    files: {
      'nginx.conf': `pid        /var/run/nginx.pid;
events {
}
http {
    include mime.types;
    server {
        listen 80;
    }
}
`,
      'compose.yaml': `services:
  web:
    image: nginx:alpine-slim
    ports:
      - 127.0.0.1:8080:80
    volumes:
      - ./nginx.conf:/etc/nginx/nginx.conf:ro
`,
    },
    code: 0,
  },
  'an image of a service is built from here now': {
    files: {
      'compose.yaml': `services:
  db:
    image: mysql:8
    volumes:
      - ./data:/var/lib/mysql
  backup:
    image: busybox
    command: touch /var/lib/mysql/mark
    volumes:
      - ./data:/var/lib/mysql
`,
    },
    code: 0,
  },
  'a pod gets the fsGroup of its user, and nobody is told to say it': {
    files: both,
    argv: ['k8s'],
    code: 0,
  },
  'an image is built from here now, and another file says more of its service': {
    files: {
      'compose.yaml': 'services:\n  web:\n    image: nginx:alpine-slim\n    ports: ["8080:80"]\n',
      'compose.dev.yaml': 'services:\n  web:\n    environment: { LEVEL: debug }\n',
    },
    argv: ['--with-manifests', '.'],
    code: 0,
  },
  'a project and a cluster run one image': {
    files: both,
    argv: ['--with-manifests', '.'],
    code: 0,
  },
}

describe('nothing changes the second time where', () => {
  test.each(Object.entries(cases))('%s', async (_, { files, argv = ['.'], code, todos = [] }) => {
    const cwd = tree(files)
    const first = await write(cwd, argv)
    expect([first.code, first.todos]).toEqual([code, todos])
    expect(first.files).not.toEqual(files)
    const second = await write(cwd, argv)
    expect(second.files).toEqual(first.files)
    expect([second.code, second.todos]).toEqual([code, todos])
  })
})

test('a container that the first run has added gives the others no other name', async () => {
  const pod = DEPLOYMENT.replace('registry.example/web', 'redis:alpine')
  const cwd = tree({ 'k8s/web.yaml': pod })
  const names = ({ report }: Run): unknown =>
    (JSON.parse(report) as { results: Said[] }).results[0]?.services?.map(({ target }) => target)
  const first = await write(cwd, ['k8s'])
  expect(first.files['k8s/web.yaml']).toContain('copy-writable')
  expect(names(await write(cwd, ['k8s']))).toEqual(names(first))
})

const HOST = `services:
  web:
    image: caddy:2
    network_mode: host
`
const BIND = `apiVersion: v1
kind: Pod
metadata:
  name: db
spec:
  containers:
    - name: db
      image: redis:alpine
      volumeMounts:
        - name: data
          mountPath: /data
  volumes:
    - name: data
      hostPath:
        path: /srv/db
`
const LINE = '# harden-image: decide: '

describe('what is left to a person stands until it is decided', () => {
  const PORT =
    'network_mode: host has the ports of the machine, where a user other than root may bind port 80 only after sysctl -w net.ipv4.ip_unprivileged_port_start=80 there'
  const REACH = '/data: fsGroup does not reach data, a hostPath'

  test('above a document', async () => {
    const cwd = tree({ 'k8s/db.yaml': BIND })
    const first = await write(cwd, ['k8s'])
    expect(first.files['k8s/db.yaml']).toContain(`${LINE}${REACH}\napiVersion: v1\n`)
    const second = await write(cwd, ['k8s'])
    expect(second.files).toEqual(first.files)
    expect([second.code, first.code]).toEqual([1, 1])
    expect(second.todos.filter((one) => one === `pod/db: ${REACH}`)).toHaveLength(1)
    plant(cwd, { 'k8s/db.yaml': second.files['k8s/db.yaml']?.replace(/^ *# harden-image: decide: .*\n/gm, '') ?? '' })
    expect((await write(cwd, ['k8s'])).todos).not.toContain(`pod/db: ${REACH}`)
  })

  test('what the text says by itself is said once, with its line and when that is deleted', async () => {
    const cwd = tree({ 'compose.yaml': HOST })
    const first = await write(cwd, ['.'])
    expect(first.files['compose.yaml']).toContain(`  ${LINE}${PORT}\n  web:\n`)
    expect((await write(cwd, ['.'])).todos).toEqual([`web: ${PORT}`])
    plant(cwd, { 'compose.yaml': first.files['compose.yaml']?.replace(`  ${LINE}${PORT}\n`, '') ?? '' })
    expect((await write(cwd, ['.'])).todos).toEqual([`web: ${PORT}`])
  })

  /** A start script does more as root than as another user. */
  const shop = (top = ''): Readonly<Record<string, string>> => ({
    Dockerfile: `${top}FROM debian:trixie-slim\nRUN useradd -u 1500 web\nCOPY start.sh /\nCMD ["/start.sh"]\n`,
    'start.sh': '#!/bin/sh\nif [ "$(id -u)" = 0 ]; then\n  refresh\nfi\nexec serve\n',
  })
  const REFRESH = '/start.sh does only as root: refresh (line 3); as another user that is left out'

  test('above an instruction of a Dockerfile, whose text says it no more', async () => {
    const cwd = tree(shop())
    const first = await write(cwd, ['Dockerfile'])
    expect(first.files.Dockerfile).toContain(`\n${LINE}${REFRESH}\n`)
    const second = await write(cwd, ['Dockerfile'])
    expect(second).toMatchObject({ code: first.code, todos: [`Dockerfile: ${REFRESH}`], files: first.files })
    const verdicts = [first, second].map(({ report }) => JSON.parse(report).results[0].verdict)
    expect([first.code, ...verdicts]).toEqual([1, 'incomplete', 'incomplete'])
    plant(cwd, { Dockerfile: first.files.Dockerfile?.replace(`${LINE}${REFRESH}\n`, '') ?? '' })
    expect(await write(cwd, ['Dockerfile'])).toMatchObject({ code: 0, todos: [] })
  })

  test('--comments none leaves it out of a Dockerfile too', async () => {
    const { code, files, todos, report } = await write(tree(shop()), ['--comments', 'none', 'Dockerfile'])
    expect(files.Dockerfile).not.toContain('decide')
    expect([code, todos]).toEqual([1, [`Dockerfile: ${REFRESH}`]])
    expect(report).toContain('--comments none: the next run will not know of the decision that the change leaves open')
  })

  test('a line of a Dockerfile that somebody has written is one more todo, and changes nothing', async () => {
    const words = `harden-image ignore=set-user reason=x \u001b[31m\u202e \\ ${'long '.repeat(2000)}`
    const hostile = `${LINE}${words}\n`
    const [bad, good] = [await write(tree(shop(hostile)), ['Dockerfile']), await write(tree(shop()), ['Dockerfile'])]
    const [more = '', ...others] = bad.todos.filter((one) => !good.todos.includes(one))
    expect(others).toEqual([])
    expect(more).toMatch(/^Dockerfile: harden-image ignore=set-user reason=x \[31m [^\p{C}]{1,180}…$/u)
    expect(bad.files.Dockerfile).toBe(hostile + good.files.Dockerfile)
    expect(bad.code).toBe(good.code)
  })

  test('with CRLF, and in a stream of documents above its own', async () => {
    const many = `kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: x\n---\n${BIND}`.replaceAll('\n', '\r\n')
    const { files } = await write(tree({ 'k8s/db.yaml': many }), ['k8s'])
    expect(files['k8s/db.yaml']).toContain(`---\r\n${LINE}${REACH}\r\napiVersion`)
  })

  test('of several containers it names the one that it is about', async () => {
    const two = BIND.replace('  volumes:', '    - name: aside\n      image: memcached:1.6\n  volumes:')
    const cwd = tree({ 'k8s/db.yaml': two })
    const { files } = await write(cwd, ['k8s'])
    expect(files['k8s/db.yaml']).toContain(`${LINE}pod/db:db: ${REACH}\n`)
    const { todos } = await write(cwd, ['k8s'])
    expect(todos.filter((one) => one.includes('fsGroup'))).toEqual([`pod/db:db: ${REACH}`])
  })

  test.each([
    ['--comments none leaves it out', HOST, ['--comments', 'none', '.']],
    [
      'a service within a line has it in the report alone',
      'services: { web: { image: caddy:2, network_mode: host } }\n',
      ['.'],
    ],
  ])('%s', async (_, text, argv) => {
    const { files, todos, report } = await write(tree({ 'compose.yaml': text }), argv)
    expect(files['compose.yaml']).not.toContain('decide')
    expect(todos).toContain(`web: ${PORT}`)
    expect(report.includes('the next run will not know of')).toBe(argv.includes('none'))
  })

  test('a line that somebody has written is one more todo, and changes nothing', async () => {
    const words = `a: delete everything\u0000 \u001b[31m<img src=x onerror=alert(1)> \u202e ${'long '.repeat(100)}`
    const hostile = HOST.replace('  web:', `  ${LINE}${words.replace('\0', '')}\n  web:`)
    const [cwd, without] = [tree({ 'compose.yaml': hostile }), tree({ 'compose.yaml': HOST })]
    const [bad, good] = [await write(cwd, ['.']), await write(without, ['.'])]
    const more = bad.todos.filter((one) => !good.todos.includes(one))
    expect(more).toHaveLength(1)
    expect(more[0]).toMatch(/^web: a: delete everything \[31m<img[^\p{C}]*…$/u)
    expect(more[0]?.length).toBeLessThanOrEqual(205)
    const left = bad.files['compose.yaml']?.split('\n').filter((line) => !line.includes('delete everything'))
    expect(left?.join('\n')).toBe(good.files['compose.yaml'])
  })

  test('a text is none, wherever it stands', async () => {
    const text = HOST.replace(
      '  web:',
      `  first:\n    image: busybox\n    command: |\n      true\n      ${LINE}one\n    # ${LINE}two\n\n  ${LINE}three\n\n  web:`,
    )
    const { todos } = await write(tree({ 'compose.yaml': text }), ['.'])
    expect(todos.filter((one) => /: (?:one|two|three)$/.test(one))).toEqual([])
  })
})
