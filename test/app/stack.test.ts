// One command for a whole Compose project, from its files to its report; nothing is run.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { withDefaults } from '../../src/app/api.ts'
import { targetProcessor } from '../../src/app/pipeline.ts'
import type { TargetOutcome } from '../../src/app/task.ts'
import { renderTargets } from '../../src/report/text.ts'
import { openProject } from '../../src/repository/open-project.ts'
import { composeSays, hasCompose } from '../manifests/compose/compose-config.ts'
import { plant, tree } from '../repository/tree.ts'

type Policy = NonNullable<Parameters<typeof withDefaults>[0]['policy']>

async function hardened(folder: string, policy: Partial<Policy> = {}): Promise<TargetOutcome> {
  const path = join(folder, 'compose.yaml')
  const place = { files: [path], named: [path], place: path }
  const flags = { files: [], profiles: null, envFiles: null, name: 'shop', env: {} }
  const project = await openProject(place, flags, folder, { found: () => true })
  const options = withDefaults({ engine: 'none', offline: true, policy })
  const hooks = { progress: () => undefined, onCleanUp: () => undefined, signal: new AbortController().signal }
  const item = {
    target: 'compose.yaml',
    kind: 'compose',
    path,
    reference: null,
    from: null,
    text: null,
    project,
  } as const
  return targetProcessor()(item, options, hooks)
}

/** As `-w` does. */
function write(folder: string, { files = [] }: TargetOutcome): void {
  plant(folder, Object.fromEntries(files.map(({ path, after }) => [path.slice(folder.length + 1), after])))
}

function names(folder: string, { files = [] }: TargetOutcome): readonly string[] {
  return files.map(({ path }) => path.slice(folder.length + 1))
}

function portsOf({ result }: TargetOutcome): Readonly<Record<string, string>> {
  const said = (result.services ?? []).map(({ target, ports }) => [
    target,
    ports.map(({ from, to }) => `${from} ${to === null ? 'stays' : `-> ${to}`}`).join(', '),
  ])
  return Object.fromEntries(said)
}

function verdictsOf({ result }: TargetOutcome): Readonly<Record<string, string>> {
  return Object.fromEntries((result.services ?? []).map(({ target, verdict }) => [target, verdict]))
}

function saidOf({ result: { findings, services = [] } }: TargetOutcome): readonly string[] {
  return [...findings, ...services.flatMap((service) => service.findings)].map(({ message }) => message)
}

const text = ({ files = [] }: TargetOutcome, name: string): string =>
  files.find(({ path }) => path.endsWith(name))?.after ?? ''

/** What is written is what a second run leaves alone. */
async function expectSettled(folder: string, outcome: TargetOutcome): Promise<TargetOutcome> {
  write(folder, outcome)
  if (hasCompose) expect(composeSays(folder, ['--project-name', 'shop']).error).toBe('')
  const again = await hardened(folder)
  expect(names(folder, again)).toEqual([])
  // Nothing was done about what is left to a person.
  expect(todosOf(again)).toEqual(todosOf(outcome))
  return again
}

function todosOf({ result: { findings, services = [] } }: TargetOutcome): readonly string[] {
  return [...findings, ...services.flatMap((service) => service.findings)].flatMap(({ outcome, message }) =>
    outcome === 'todo' ? [message] : [],
  )
}

const NGINX = '/etc/nginx/conf.d/default.conf:ro'
const SITE = 'server {\n  listen 80;\n  listen 443 ssl;\n}\n'

describe('ports in the table of services are those of the result', () => {
  test('one that a mounted configuration keeps stays, in the image as well', async () => {
    const folder = tree({
      'compose.yaml': `services:\n  web:\n    image: nginx:1.27\n    ports: ["80:80"]\n    volumes: ["/etc/hostname:${NGINX}"]\n`,
    })
    const outcome = await hardened(folder)
    expect(portsOf(outcome)).toEqual({ web: '80 stays' })
    expect(text(outcome, 'web/Dockerfile')).not.toContain('8080')
    expect(text(outcome, 'compose.yaml')).toContain('net.ipv4.ip_unprivileged_port_start: "80"')
    expect(saidOf(outcome)).toContain('port 80 stays: /etc/hostname is mounted over /etc/nginx/conf.d/default.conf')
    expect(portsOf(await expectSettled(folder, outcome))).toEqual({ web: '80 stays' })
  })

  test('one that only the service speaks of is told too', async () => {
    const folder = tree({
      'compose.yaml': `services:\n  web:\n    image: nginx:1.27\n    ports: ["80:80", "443:443"]\n    volumes: ["./site.conf:${NGINX}"]\n`,
      'site.conf': SITE,
    })
    const outcome = await hardened(folder)
    expect(portsOf(outcome)).toEqual({ web: '80 -> 8080, 443 stays' })
    expect(text(outcome, 'compose.yaml')).toContain('net.ipv4.ip_unprivileged_port_start: "443"')
    expect(text(outcome, 'site.conf')).toBe(SITE.replace('listen 80;', 'listen 8080;'))
    await expectSettled(folder, outcome)
  })

  test('two services that read one configuration move together', async () => {
    const folder = tree({
      'compose.yaml': `services:
  web: { image: "nginx:1.27", ports: ["80:80"], volumes: ["./site.conf:${NGINX}"] }
  debug: { image: "nginx:1.27", entrypoint: [nginx-debug, -g, daemon off;], ports: ["81:80"], volumes: ["./site.conf:${NGINX}"] }
`,
      'site.conf': 'server {\n  listen 80;\n}\n',
    })
    const outcome = await hardened(folder)
    expect(portsOf(outcome)).toEqual({ web: '80 -> 8080', debug: '80 -> 8080' })
    expect(text(outcome, 'compose.yaml')).toContain('ports: ["81:8080"]')
    await expectSettled(folder, outcome)
  })
})

describe('where ports are not the project’s alone', () => {
  const nginx = (more: string, rest = ''): string =>
    tree({ 'compose.yaml': `services:\n  web:\n    image: nginx:1.27\n${more}${rest}` })
  const EXTERNAL = 'networks:\n  front:\n    external: true\n'

  test.each([
    ['host', '    network_mode: host\n', '', 'port 80 stays: network_mode: host makes it a port of the machine'],
    [
      'another container',
      '    network_mode: container:front\n',
      '',
      'port 80 stays: network_mode: container:front leaves its ports to whoever made that container',
    ],
    [
      'an external network',
      '    networks: [front]\n',
      EXTERNAL,
      'port 80 stays: network front is external, and who calls it there is not known here',
    ],
    [
      'that of a service on one',
      '    network_mode: service:pod\n',
      `  pod:\n    image: redis:7\n    networks: [front]\n${EXTERNAL}`,
      'port 80 stays: network front is external, and who calls it there is not known here',
    ],
  ])('those on the network of %s stay', async (_, more, rest, message) => {
    const folder = nginx(more, rest)
    const outcome = await hardened(folder)
    expect(portsOf(outcome)).toMatchObject({ web: '80 stays' })
    expect(saidOf(outcome)).toContain(message)
    await expectSettled(folder, outcome)
  })

  test('the machine has to allow it where they are its own, and its kernel is not set from a service', async () => {
    const outcome = await hardened(nginx('    network_mode: host\n'))
    expect(verdictsOf(outcome)).toEqual({ web: 'incomplete' })
    expect(text(outcome, 'compose.yaml')).not.toContain('sysctls')
    const open = outcome.result.services?.flatMap(({ findings }) => findings.filter((one) => one.outcome === 'todo'))
    expect(open?.map(({ message }) => message)).toEqual([
      expect.stringContaining('sysctl -w net.ipv4.ip_unprivileged_port_start=80'),
    ])
  })

  test.each([
    ['a proxy is told of it', '    networks: [front]\n    environment: { VIRTUAL_HOST: shop.example }\n', {}],
    ['somebody asks for it', '    networks: [front]\n', { ports: 'raise' }],
  ] as const)('one moves where %s', async (_, more, policy) => {
    expect(portsOf(await hardened(nginx(more, EXTERNAL), policy))).toEqual({ web: '80 -> 8080' })
  })
})

describe('a service that is root over an image that is not', () => {
  const folderOf = (dockerfile: string): string =>
    tree({
      'compose.yaml':
        'services:\n  api:\n    build: ./api\n    user: root\n    volumes: ["data:/data"]\nvolumes: { data: }\n',
      'api/Dockerfile': dockerfile,
      'api/app.py': 'open("/data/log", "a")\n',
    })
  const PYTHON = (more = ''): string =>
    `FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n${more}USER 1000:1000\nCMD ["python", "app.py"]\n`

  test('is hardened by its user, and what root has left goes over', async () => {
    const folder = folderOf(PYTHON('RUN mkdir /data && chown 1000:1000 /data\n'))
    const outcome = await hardened(folder)
    expect(verdictsOf(outcome)).toEqual({ api: 'rewritten' })
    expect(text(outcome, 'compose.yaml')).toContain('user: 1000:1000')
    expect(outcome.result.services?.[0]?.stages.map((one) => [one.userBefore, one.userAfter])).toEqual([
      ['root', '1000:1000'],
    ])
    expect(outcome.result.migration).not.toBeNull()
    const again = await expectSettled(folder, outcome)
    expect(verdictsOf(again)).toEqual({ api: 'unchanged' })
  })

  test('stays so until the image gives its user what it writes', async () => {
    const folder = folderOf(PYTHON())
    const outcome = await hardened(folder)
    expect(verdictsOf(outcome)).toEqual({ api: 'incomplete' })
    expect(names(folder, outcome)).toEqual([])
    expect(saidOf(outcome)).toContain('user: root stays over an image that runs as 1000:1000: it writes /data')
  })
})

test('a service of which a line changes is not called unchanged', async () => {
  const folder = tree({
    'compose.yaml': 'services:\n  api:\n    build: ./api\n',
    'api/Dockerfile': 'FROM python:3.12-slim\nUSER 1000:1000\nCMD ["python", "-c", "print(1)"]\n',
  })
  const outcome = await hardened(folder)
  expect(names(folder, outcome)).toEqual(['compose.yaml'])
  expect(verdictsOf(outcome)).toEqual({ api: 'rewritten' })
  expect(outcome.result.services?.map(({ changed }) => changed)).toEqual([true])
  expect(verdictsOf(await expectSettled(folder, outcome))).toEqual({ api: 'unchanged' })
})

describe('a Dockerfile that is there already where one is to be made', () => {
  const COMPOSE = 'services:\n  web:\n    image: nginx:1.27\n    ports: ["80:80"]\n'
  const MADE = 'harden-image/web/Dockerfile'

  test('is taken again where an earlier run has made it, and renewed', async () => {
    const folder = tree({ 'compose.yaml': COMPOSE })
    const first = await hardened(folder)
    write(folder, first)
    plant(folder, { 'compose.yaml': COMPOSE })
    const second = await hardened(folder)
    expect(names(folder, second)).toEqual(['compose.yaml'])
    plant(folder, { 'compose.yaml': COMPOSE, [MADE]: text(first, MADE).replace('nginx:1.27', 'nginx:1.26') })
    const third = await hardened(folder)
    expect(third.files?.find(({ path }) => path.endsWith(MADE))?.before).toContain('nginx:1.26')
    await expectSettled(folder, third)
  })

  test('stays what it is where it is somebody else’s, and another one is made beside it', async () => {
    const theirs = 'FROM nginx:1.27\nRUN echo mine\n'
    const folder = tree({ 'compose.yaml': COMPOSE, [MADE]: theirs })
    const outcome = await hardened(folder)
    expect(names(folder, outcome)).toEqual(['compose.yaml', `${MADE}.harden-image`])
    expect(text(outcome, 'compose.yaml')).toContain('dockerfile: Dockerfile.harden-image')
    expect(saidOf(outcome)).toContain(
      `${MADE} is not from harden-image and stays as it is: the image is built from ${MADE}.harden-image`,
    )
    await expectSettled(folder, outcome)
    expect(readFileSync(join(folder, MADE), 'utf8')).toBe(theirs)
  })

  test('nothing is made where both places are taken', async () => {
    const theirs = 'FROM nginx:1.27\nRUN echo mine\n'
    const folder = tree({ 'compose.yaml': COMPOSE, [MADE]: theirs, [`${MADE}.harden-image`]: theirs })
    await expect(hardened(folder)).rejects.toThrow('are there already and not from harden-image')
  })
})

test('what holds of all services of an image is told once, with their names', async () => {
  const folder = tree({
    'compose.yaml': 'services:\n  api: { build: ./api }\n  worker: { build: ./api, command: [python, work.py] }\n',
    'api/Dockerfile': 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD ["python", "app.py"]\n',
    'api/app.py': 'open("/srv/log", "a")\n',
    'api/work.py': '',
  })
  const { result, source } = await hardened(folder)
  const said = renderTargets([{ result, source, path: 'compose.yaml' }], { colour: false, evidence: true })
  expect(said.match(/grants write access to \/srv/g)).toHaveLength(1)
  expect(said).toMatch(/^ {2}api, worker \(/m)
})

describe('folders of the machine that a service mounts', () => {
  const dockerfile = 'FROM node:22\nWORKDIR /app\nCOPY server.js .\nCMD ["node", "server.js"]\n'
  const project = (volume: string): string =>
    tree({
      'compose.yaml': `services:\n  api:\n    build: ./api\n    volumes: ["${volume}"]\n`,
      'api/Dockerfile': dockerfile,
      'api/server.js': '',
    })

  test('what is called like state is made ready, and moves once', async () => {
    const outcome = await hardened(project('./pieces:/data/pieces'))
    expect(outcome.files?.find(({ path }) => path.endsWith('Dockerfile'))?.after).toContain(
      'install -d -o 1000 -g 1000 /data/pieces',
    )
    expect(saidOf(outcome).join('\n')).toContain('changes its owner once: api runs as 1000:1000 now')
  })

  test('of what nothing shows to be written it is a question', async () => {
    const { result } = await hardened(project('./dev:/srv/api'))
    expect(result.verdict).toBe('rewritten')
    const message = expect.stringMatching(/dev \(api\): it keeps its owner; .* writes \/srv\/api/)
    expect(result.findings).toContainEqual(expect.objectContaining({ question: 'host-folder', message }))
  })

  test.each(['./dev:/srv/api:ro', './api/server.js:/app/server.js', '/etc/localtime:/etc/localtime'])(
    'nor of %s',
    async (volume) => {
      expect(saidOf(await hardened(project(volume))).join('\n')).not.toContain('it keeps its owner')
    },
  )
})

const NODE = 'FROM node:22\nWORKDIR /app\nCOPY server.js .\nCMD ["node", "server.js"]\n'

test('what a project asks about a checkout that it mounts is no todo of the service', async () => {
  const folder = tree()
  plant(folder, {
    'compose.yaml': 'services:\n  api:\n    build: .\n    volumes: [".:/app"]\n',
    Dockerfile: NODE,
    'server.js': "require('fs').mkdirSync('/app/logs')\n",
    '.git/HEAD': '',
  })
  const { result } = await hardened(folder)
  const asked = result.findings.filter(({ question }) => question === 'host-folder')
  expect(asked).toMatchObject([{ message: expect.stringContaining(' (api): it') }])
  expect(saidOf({ result } as TargetOutcome).join()).not.toContain('has todos about')
})

test('what a document says of the image of a service counts beside what its project says', async () => {
  const folder = `${tree()}/shop`
  plant(folder, {
    'compose.yaml': 'services:\n  api:\n    build: .\n    volumes: ["data:/data"]\nvolumes: { data: }\n',
    Dockerfile: NODE,
    'server.js': '',
    'README.md': 'docker run -v /srv/x:/data acme/shop\n',
  })
  const { result } = await hardened(folder)
  expect(saidOf({ result } as TargetOutcome).join('\n')).toMatch(/README\.md line 1 mounts \/srv\/x over \/data/)
  expect(result.services?.[0]?.verdict).toBe('rewritten')
})

test('a private key that a service binds from the host is told of, not where the service says its user', async () => {
  const service = (name: string, more = ''): string =>
    `  ${name}:\n    build: ./app\n${more}    volumes: ["/nowhere/site.key:/tls/site.key:ro"]\n`
  const folder = tree({
    'app/Dockerfile': 'FROM node:22\nWORKDIR /app\nCOPY s.js .\nCMD ["node", "s.js"]\n',
    'app/s.js': '',
    'compose.yaml': `services:\n${service('web')}${service('api', '    user: "1000:1000"\n')}`,
  })
  const { result } = await hardened(folder)
  const said = [result, ...(result.services ?? [])].flatMap(({ findings }) =>
    findings.filter(({ question }) => question === 'host-folder'),
  )
  expect(said.map(({ message }) => message)).toEqual([
    'service web mounts /nowhere/site.key over /tls/site.key: a private key is for its owner alone',
  ])
})
