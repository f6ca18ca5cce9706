import { describe, expect, test } from '@jest/globals'
import { editStack } from '../../../src/manifests/compose/edit-project.ts'
import type { Profile } from '../../../src/manifests/profile.ts'
import { composeRefuses, hasCompose } from './compose-config.ts'
import { meaning, mounted, noFiles, plainProfile, plannedOf, projectOf, raised } from './projects.ts'

const web = plainProfile({ ports: [raised(80)] })

/** All files of every project of these tests, before and after. */
const projects: {
  readonly before: Readonly<Record<string, string>>
  readonly after: Readonly<Record<string, string>>
}[] = []

const before = `# shop
x-common: &common
  restart: always # always

services:
  api:
    <<: *common
    build: .
    ports: ["80:80"]
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost/"]
    labels:
      - traefik.http.services.api.loadbalancer.server.port=80
  worker:
    <<: *common
    build: ./worker
    user: \${UID:-0}
    environment:
      API: http://api/v1 # the API
      API_HOST: api
      API_PORT: 80
    command: ["wait", "-z", api, "80"]
  proxy:
    image: nginx:1
    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]
`

describe('a project of one file', () => {
  const project = projectOf({ 'compose.yaml': before })
  const host = mounted({
    'nginx.conf':
      'upstream back {\n  server api;\n}\nserver { listen 80; location / { proxy_pass http://api:80/; } }\n',
  })
  const { files, findings } = editStack({
    project,
    planned: plannedOf(project, { api: web, worker: plainProfile() }),
    host,
  })
  projects.push({
    before: { 'compose.yaml': before },
    after: { 'compose.yaml': files.find(({ name }) => name === 'compose.yaml')?.after ?? '' },
  })

  test('each service gets its profile where it stands, and its port is followed', () => {
    expect(files.find(({ name }) => name === 'compose.yaml')?.after).toBe(`# shop
x-common: &common
  restart: always # always

services:
  api:
    <<: *common
    build: .
    ports: ["80:8080"]
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8080/"]
    labels:
      - traefik.http.services.api.loadbalancer.server.port=8080
    user: "10001:10001"
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
  worker:
    <<: *common
    build: ./worker
    user: \${UID:-10001}:10001
    environment:
      API: http://api:8080/v1 # the API
      API_HOST: api
      API_PORT: 8080
    command: ["wait", "-z", api, "8080"]
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
  proxy:
    image: nginx:1
    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]
`)
  })

  test('a proxy that is mounted asks where the port is now', () => {
    expect(files.find(({ name }) => name === 'nginx.conf')?.after).toBe(
      'upstream back {\n  server api:8080;\n}\nserver { listen 80; location / { proxy_pass http://api:8080/; } }\n',
    )
  })

  test('who may set the user is said', () => {
    expect(findings.map(({ service, outcome, message }) => [service, outcome, message])).toEqual([
      ['worker', 'note', expect.stringContaining('whoever sets the variable decides')],
    ])
  })
})

const plain = plainProfile()

/** Of the image that is built by then. */
function afterwards(profile: Profile): Profile {
  return { ...profile, ports: profile.ports.map((port) => ({ ...port, from: port.to })), changes: [] }
}

/** The files that change, by name. */
function edited(
  files: Readonly<Record<string, string>>,
  profiles: Parameters<typeof plannedOf>[1],
  change: Parameters<typeof plannedOf>[2] = {},
  host = mounted({}),
  isOwn = (_: string): boolean => true,
): {
  readonly texts: Readonly<Record<string, string>>
  readonly findings: readonly string[]
  readonly todos: readonly string[]
} {
  const project = projectOf(files, isOwn)
  const edit = editStack({ project, planned: plannedOf(project, profiles, change), host })
  // A second time there is nothing left to change: the image has moved, and so has all that speaks of it.
  const after = Object.fromEntries(
    project.files.map(({ path, name, text }) => [name, edit.files.find((one) => one.path === path)?.after ?? text]),
  )
  projects.push({ before: files, after: { ...files, ...after } })
  const again = projectOf(after, isOwn)
  const settled = Object.entries(profiles).map(([name, one]) => [name, one === null ? null : afterwards(one)] as const)
  const second = editStack({ project: again, planned: plannedOf(again, Object.fromEntries(settled)), host: noFiles })
  expect(second.files).toEqual([])
  const said = (todo: boolean): readonly string[] =>
    edit.findings.filter(({ outcome }) => !todo || outcome === 'todo').map(({ message }) => message)
  return {
    texts: Object.fromEntries(edit.files.map(({ name, after }) => [name, after])),
    findings: said(false),
    todos: said(true),
  }
}

describe('a service that is written in several places', () => {
  const base = {
    'compose.yaml': `services:
  web:
    extends: { file: base/common.yaml, service: base }
  worker:
    extends: { file: base/common.yaml, service: base }
    command: [work]
`,
    'base/common.yaml': `services:
  base:
    build: .
    user: root # as ever
    privileged: true
    ports: ["80:80"]
`,
  }

  test('what all of them say is put right where it is written', () => {
    const { texts } = edited(base, { web, worker: web })
    expect(texts['base/common.yaml']).toContain(
      'user: 10001:10001 # as ever\n    privileged: false\n    ports: ["80:8080"]',
    )
    expect(texts['compose.yaml']).not.toContain('user:')
  })

  test('what would be wrong for another is said by the service itself', () => {
    const other = plainProfile({ user: { value: { name: '', uid: 7, gid: 7 }, known: 'planned' } })
    const { texts } = edited(base, { web, worker: other })
    expect(texts['base/common.yaml']).toContain('user: root # as ever')
    expect(texts['base/common.yaml']).toContain('ports: ["80:80"]')
    const { web: one, worker } = (meaning(texts['compose.yaml'] ?? '') as { services: Record<string, unknown> })
      .services
    expect(one).toMatchObject({ user: '10001:10001', ports: ['80:8080'] })
    expect(texts['compose.yaml']).toContain('ports: !override')
    expect(worker).toMatchObject({ user: '7:7' })
    expect(worker).not.toHaveProperty('ports')
  })

  test('an override is put right, and gets nothing else', () => {
    const { texts } = edited(
      {
        'compose.yaml': 'services:\n  web:\n    build: .\n',
        'compose.override.yaml': 'services:\n  web:\n    user: root\n    ports:\n      - 80:80 # here only\n',
      },
      { web },
    )
    expect(texts['compose.override.yaml']).toBe(
      'services:\n  web:\n    user: 10001:10001\n    ports:\n      - 80:8080 # here only\n',
    )
    expect(texts['compose.yaml']).toContain('no-new-privileges:true')
  })

  test('what an anchor shares is written out only where it is to differ', () => {
    const { texts } = edited(
      {
        'compose.yaml': `services:
  web: &web
    build: .
    ports: ["80:80"]
  other:
    <<: *web
    command: [other]
`,
      },
      { web, other: null },
    )
    const { services } = meaning(texts['compose.yaml'] ?? '') as { services: Record<string, Record<string, unknown>> }
    expect(services.web).toMatchObject({ ports: ['80:8080'], user: '10001:10001' })
    expect(services.other).toEqual({ build: '.', ports: ['80:80'], command: ['other'] })
  })

  test('a file of somebody else stays, and that is said', () => {
    const { texts, todos } = edited(base, { web, worker: web }, {}, mounted({}), (name) => name === 'compose.yaml')
    expect(texts).not.toHaveProperty('base/common.yaml')
    expect(todos).toEqual([])
    expect(texts['compose.yaml']).toContain('ports: !override')
    expect(texts['compose.yaml']).toContain('privileged: false')
  })
})

describe('what a plan asks for', () => {
  test('an image of somebody else gets a build and a name of its own', () => {
    const derived = { path: '/repo/harden-image/web/Dockerfile', text: 'FROM nginx:1\n' }
    const image = { original: 'nginx:1', derived: true, name: 'nginx-nonroot:1', chown: 'nginx:1' }
    const { texts } = edited(
      { 'compose.yaml': 'services:\n  web:\n    image: nginx:1\n    pull_policy: always\n' },
      { web: plainProfile({ image, kind: 'image' }) },
      { web: { derived } },
    )
    expect(meaning(texts['compose.yaml'] ?? '')).toMatchObject({
      services: { web: { image: 'nginx-nonroot:1', build: './harden-image/web', pull_policy: 'build' } },
    })
  })

  test('a command is a list of words, and its dollars are no variables', () => {
    const { texts } = edited(
      { 'compose.yaml': 'services:\n  web:\n    build: .\n    command: old\n' },
      { web: plain },
      { web: { start: { entrypoint: null, command: ['sh', '-c', 'echo $HOME'] } } },
    )
    expect(meaning(texts['compose.yaml'] ?? '')).toMatchObject({
      services: { web: { command: ['sh', '-c', 'echo $$HOME'] } },
    })
  })

  test('the words of a command that stay are written as they were, variables and all', () => {
    const { texts } = edited(
      { 'compose.yaml': `services:\n  web:\n    build: .\n    command: [serve, "--mail=\${MAIL-}", --port=80]\n` },
      { web: plain },
      { web: { start: { entrypoint: null, command: ['serve', '--mail=', '--port=8080', '--cost=$1'] } } },
    )
    expect(texts['compose.yaml']).toContain(`command: [serve, "--mail=\${MAIL-}", --port=8080, --cost=$$1]\n`)
  })

  test('of two files each keeps its own command, and the port moves in both', () => {
    const { texts } = edited(
      {
        'compose.yaml':
          'services:\n  web:\n    build: .\n    command: [serve, --port=80, --quiet]\n  job:\n    build: .\n',
        'compose.override.yaml':
          'services:\n  web:\n    command: [serve, --port=80, --debug, --insecure]\n  job:\n    command: [work, --port=80]\n',
      },
      { web: plain, job: plain },
      {
        web: { start: { entrypoint: null, command: ['serve', '--port=8080', '--debug', '--insecure'] } },
        job: { start: { entrypoint: null, command: ['work', '--port=8080'] } },
      },
    )
    const said = ['compose.yaml', 'compose.override.yaml'].map((name) => meaning(texts[name] ?? ''))
    expect(said).toMatchObject([
      { services: { web: { command: ['serve', '--port=8080', '--quiet'] }, job: { build: '.' } } },
      {
        services: {
          web: { command: ['serve', '--port=8080', '--debug', '--insecure'] },
          job: { command: ['work', '--port=8080'] },
        },
      },
    ])
    expect(said[0]).not.toHaveProperty('services.job.command')
  })

  test('a place that is mounted by its other name is not mounted twice, and belongs to the user', () => {
    const place = { kind: 'tmpfs' as const, uid: 70, gid: 70, mode: 0o755, filled: false }
    const writable = ['/run/db', '/run/cache', '/run/log'].map((path) => ({ ...place, path }))
    const { texts } = edited(
      {
        'compose.yaml':
          'services:\n  web:\n    build: .\n    tmpfs: [/var/run/db, "/run/log:mode=700"]\n    volumes: [cache:/var/run/cache]\nvolumes: { cache: {} }\n',
      },
      { web: plainProfile({ readOnly: { value: true, known: 'planned' }, writable }) },
    )
    expect(meaning(texts['compose.yaml'] ?? '')).toMatchObject({
      services: {
        web: {
          tmpfs: ['/var/run/db:uid=70,gid=70,mode=755', '/run/log:mode=700'],
          volumes: ['cache:/var/run/cache'],
        },
      },
    })
  })

  test('one that is locked down already stays as it is', () => {
    const text = `services:
  web:
    build: .
    user: "10001:10001"
    cap_drop: [ALL]
    security_opt: [no-new-privileges]
`
    expect(edited({ 'compose.yaml': text }, { web: plain }).texts).toEqual({})
  })

  test('one that keeps root in an image of others says so', () => {
    const root = plainProfile({ root: true, user: null, capabilities: { value: ['CHOWN'], known: 'planned' } })
    const { texts } = edited(
      { 'compose.yaml': 'services:\n  web:\n    build: .\n' },
      { web: root },
      { web: { keepsRoot: true } },
    )
    expect(texts['compose.yaml']).toContain('user: "0:0"')
    expect(texts['compose.yaml']).toContain('cap_add:\n      - CHOWN')
  })
})

describe('what is mounted', () => {
  const compose = (more: string): Readonly<Record<string, string>> => ({
    'compose.yaml': `services:\n  web:\n    build: .\n    volumes: [${more}]\n`,
  })
  const nginx = plainProfile({
    ports: [raised(80)],
    changes: [{ kind: 'file', name: '/etc/nginx/conf.d/default.conf', reason: 'listen above 1024', ports: [80] }],
  })
  const conf = 'server {\n  listen 80;\n}\n'

  test('configuration that sets the port is changed in the tree', () => {
    const { texts, todos } = edited(
      compose('./site.conf:/etc/nginx/conf.d/default.conf:ro'),
      { web: nginx },
      {},
      mounted({ 'site.conf': conf }),
    )
    expect(texts['site.conf']).toBe('server {\n  listen 8080;\n}\n')
    expect(todos).toEqual([])
  })

  test('one that cannot be changed keeps the port', () => {
    const { texts, findings } = edited(
      compose('./site.conf:/etc/nginx/conf.d/default.conf:ro'),
      { web: nginx },
      {},
      mounted({ 'site.conf': { text: null } }),
    )
    expect(texts['site.conf']).toBeUndefined()
    expect(findings.join()).toContain('port 80 stays 80')
  })

  test('a tree of sources is worked on by its owner', () => {
    const mine = plainProfile({ user: { value: { name: '', uid: 1000, gid: 1000 }, known: 'planned' } })
    const host = mounted({ src: { kind: 'folder', mode: 0o755, isCheckout: true } })
    const { texts } = edited(compose('./src:/app'), { web: mine }, {}, host)
    expect(texts['compose.yaml']).toContain(`user: \${UID:-1000}:\${GID:-1000}`)
  })

  test.each([
    ['a file of its owner alone', { mode: 0o600 }, 'sudo chgrp 10001 ./key && sudo chmod g+r ./key'],
    ['one of root', { mode: 0o640, uid: 0, gid: 0 }, 'sudo chgrp 10001 ./key && sudo chmod g+r ./key'],
  ])('%s is said, with the least that helps', (_, entry, command) => {
    const project = projectOf(compose('./key:/run/key:ro'))
    const { findings } = editStack({
      project,
      planned: plannedOf(project, { web: plain }),
      host: mounted({ key: entry }),
    })
    const [finding] = findings.filter(({ outcome }) => outcome === 'todo')
    expect(finding?.hint).toContain(command)
  })

  test('a file that its group may read gives the service that group', () => {
    const { texts, todos } = edited(
      compose('./key:/run/key:ro'),
      { web: plain },
      {},
      mounted({ key: { mode: 0o640, gid: 27 } }),
    )
    expect(texts['compose.yaml']).toContain('group_add:\n      - "27"')
    expect(todos).toEqual([])
  })

  test('whoever may use the engine is root of the machine, and gets its group', () => {
    const project = projectOf(compose('/var/run/docker.sock:/var/run/docker.sock'))
    const socket = {
      kind: 'socket' as const,
      uid: 0,
      gid: 998,
      mode: 0o660,
      text: null,
      children: [],
      isCheckout: false,
    }
    const host = { ...mounted({}), entries: new Map([['/var/run/docker.sock', socket]]) }
    const { files, findings } = editStack({ project, planned: plannedOf(project, { web: plain }), host })
    expect(files[0]?.after).toContain('group_add:\n      - "998"')
    expect(findings.map(({ message }) => message).join()).toContain('is root of the machine')
  })
})

describe('a volume that one service fills and another only reads', () => {
  const compose = (reader: string): Readonly<Record<string, string>> => ({
    'compose.yaml': `services:
  app:
    build: .
    volumes: [static:/srv/static]
  web:
    image: httpd
${reader}volumes: { static: }
`,
  })
  const reads = (mount: string): string => `    volumes:\n      - ${mount}\n`

  test.each([
    ['static:/usr/share/html:ro', '- static:/usr/share/html:ro,nocopy\n'],
    ['{ type: volume, source: static, target: /html, read_only: true }', 'volume: {nocopy: true}'],
  ])('is not filled by the image of the reader: %s', (mount, after) => {
    const { texts, findings, todos } = edited(compose(reads(mount)), { app: plain, web: plain })
    expect(texts['compose.yaml']).toContain(after)
    expect(findings.join('\n')).toContain("would fill it as root's, where app writes: it is mounted with nocopy")
    expect(todos).toEqual([])
  })

  test.each([
    ['who writes too', 'static:/html', plain],
    ['who takes nothing from the image already', 'static:/html:ro,nocopy', plain],
    ['where root goes on writing', 'static:/html:ro', plainProfile({ root: true, user: null })],
  ])('stays as it is for one %s', (_, mount, app) => {
    expect(edited(compose(reads(mount)), { app, web: plain }).texts['compose.yaml']).toContain(`- ${mount}\n`)
  })

  test('is left to a person where it is there for what the image has', () => {
    const change = { kind: 'file', name: '/html/site.conf', reason: 'listen above 1024', ports: [] } as const
    const project = projectOf(compose(reads('static:/html:ro')))
    const plans = plannedOf(project, { app: plain, web: plainProfile({ changes: [change] }) })
    const { files, findings } = editStack({ project, planned: plans, host: noFiles })
    expect(files[0]?.after).toContain('- static:/html:ro\n')
    expect(findings.map(({ outcome, message }) => [outcome, message])).toEqual([
      ['todo', expect.stringContaining('would fill it as root')],
    ])
  })
})

describe('a secret that is no file', () => {
  const compose = (secret: string): Readonly<Record<string, string>> => ({
    'compose.yaml': `services:
  web:
    build: .
    secrets:
      - ${secret}
secrets: { key: { environment: KEY } }
`,
  })
  const lockedDown = plainProfile({
    readOnly: { value: true, known: 'planned' },
    writable: [{ kind: 'tmpfs', path: '/tmp', uid: 0, gid: 0, mode: 0o1777, filled: false }],
  })

  test('needs a root that can be written, into which Compose copies it', () => {
    const { texts, findings, todos } = edited(compose('key'), { web: lockedDown })
    expect(texts['compose.yaml']).not.toMatch(/read_only|tmpfs/)
    expect(findings.join()).toContain('not made read-only, since Compose copies /run/secrets/key into it')
    expect(todos).toEqual([])
  })

  test.each([
    ['{ source: key, mode: 0444 }', []],
    [
      '{ source: key, mode: 0400 }',
      ["secret /run/secrets/key is root's with mode 0400 in the container, which 10001:10001 cannot read"],
    ],
    [
      '{ source: key, mode: "0440" }',
      ["secret /run/secrets/key is root's with mode 0440 in the container, which 10001:10001 cannot read"],
    ],
    [
      '{ source: key, uid: "33" }',
      ['secret /run/secrets/key has an owner, which Docker does not find for user 10001:10001: it does not start'],
    ],
  ])('%s', (secret, expected) => {
    expect(edited(compose(secret), { web: plain }).todos).toEqual(expected)
  })
})

test('the long form of a secret gives a file neither owner nor mode', () => {
  const project = projectOf({
    'compose.yaml':
      'services:\n  web:\n    build: .\n    secrets:\n      - { source: key, uid: "10001", mode: 0444 }\nsecrets: { key: { file: ./key } }\n',
  })
  const host = mounted({ key: { mode: 0o600 } })
  const { findings } = editStack({ project, planned: plannedOf(project, { web: plain }), host })
  expect(findings.map(({ outcome, message }) => [outcome, message])).toEqual([
    [
      'todo',
      './key (/run/secrets/key) is of 1000:1000 with mode 0600, which 10001:10001 cannot read; Compose ignores uid, gid and mode of a file',
    ],
  ])
})

test.each([
  ['a variable of the project', `ports: ["\${P:-80}:\${APP_PORT:-80}"]`, `ports: ["\${P:-80}:8080"]`],
  ['Caddy by labels', 'labels: { caddy.reverse_proxy: "{{upstreams 80}}" }', '"{{upstreams 8080}}"'],
  ['nginx-proxy', 'environment: { VIRTUAL_HOST: a.example, VIRTUAL_PORT: 80 }', 'VIRTUAL_PORT: 8080'],
  ['nginx-proxy that guesses', 'environment: { VIRTUAL_HOST: a.example }', 'VIRTUAL_PORT: "8080"'],
])('%s follows the port', (_, before, after) => {
  const { texts, todos } = edited({ 'compose.yaml': `services:\n  web:\n    build: .\n    ${before}\n` }, { web })
  expect(texts['compose.yaml']).toContain(after)
  expect(todos).toEqual([])
})

test('a network that is shared shares its ports', () => {
  const { texts } = edited(
    {
      'compose.yaml': `services:
  pod: { image: pause, ports: ["80:80"] }
  web: { build: ., network_mode: "service:pod" }
  other: { image: x, environment: { URL: "http://pod/" } }
`,
    },
    { web, pod: plain },
  )
  expect(texts['compose.yaml']).toContain('ports: ["80:8080"]')
  expect(texts['compose.yaml']).toContain('http://pod:8080/')
})

const testCompose = hasCompose ? test : test.skip

testCompose(
  'Compose reads every edited project that it has read before',
  () => {
    const read = projects.filter(({ before }) => composeRefuses(before) === '')
    expect(read.length).toBeGreaterThan(projects.length / 2)
    expect(read.map(({ after }) => ({ after, refused: composeRefuses(after) }))).toEqual(
      read.map(({ after }) => ({ after, refused: '' })),
    )
  },
  60_000,
)
