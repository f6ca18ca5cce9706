// What is planned for the services of one project depends on each other: images, volumes, commands.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { withDefaults } from '../../src/app/api.ts'
import { targetProcessor } from '../../src/app/pipeline.ts'
import { stackVerdict } from '../../src/app/stack.ts'
import { planStack } from '../../src/app/stack-plan.ts'
import type { PlannedService, Project, Service, ServiceMount } from '../../src/manifests/project.ts'
import { survey } from '../../src/repository/surroundings.ts'
import { sampleService } from '../manifests/compose/sample-service.ts'
import { givenIn } from '../support/given.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const volume = (source: string, target: string, readOnly = false): ServiceMount => ({
  kind: 'volume',
  source,
  target,
  readOnly,
  isEmpty: false,
})

const built = (path: string, target: string | null = null): Service['build'] => ({
  dockerfile: join(folder, path, 'Dockerfile'),
  inline: null,
  context: join(folder, path),
  target,
  args: new Map(),
})

async function planned(
  files: Readonly<Record<string, string>>,
  services: Readonly<Record<string, Partial<Service>>>,
  portsStay: readonly string[] = [],
): Promise<Readonly<Record<string, PlannedService>>> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  const project: Project = {
    name: 'shop',
    folder,
    files: [],
    services: Object.entries(services).map(([name, service]) => sampleService(name, service)),
    volumes: new Map(),
    findings: [],
  }
  const hooks = { progress: () => undefined, onCleanUp: () => undefined, signal: new AbortController().signal }
  const options = withDefaults({ engine: 'none', offline: true })
  const all = await planStack({
    project,
    options,
    hooks,
    processTarget: targetProcessor(),
    surroundingsOf: survey(process.cwd()).surroundingsOf,
    host: { entries: new Map(), texts: [], variables: new Map() },
    seen: new Map(),
    facts: new Map(),
    portsStay: new Set(portsStay),
  })
  return Object.fromEntries(all.map((one) => [one.service.name, one]))
}

const user = ({ profile }: PlannedService): string => `${profile?.user?.value.uid}:${profile?.user?.value.gid}`

const PYTHON = 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD ["python", "app.py"]\n'

test('an image is changed once for all that services start in it', async () => {
  const { api, worker } = await planned(
    {
      'api/Dockerfile': PYTHON,
      'api/app.py': 'open("/var/lib/api/log", "a")\n',
      'api/worker.py': 'open("/srv/queue/jobs", "a")\n',
    },
    { api: { build: built('api') }, worker: { build: built('api'), command: ['python', 'worker.py'] } },
  )
  if (api === undefined || worker === undefined) throw new Error('both are planned')
  expect(api.result.output).toContain('chown 10001:10001 /srv/queue /var/lib/api')
  expect(worker.result.output).toBe(api.result.output)
  expect([api, worker].map(({ result }) => result.verdict)).toEqual(['rewritten', 'rewritten'])
  // What the service starts stays where it is said.
  expect(api.result.output).toMatch(/CMD \["python", "app.py"\]\n$/)
  expect(worker.start).toBeNull()
})

test('what a service starts is read with the variables that it sets', async () => {
  const { api } = await planned(
    { 'api/Dockerfile': PYTHON, 'api/app.py': 'import os\nopen(os.environ["STATE"] + "/log", "a")\n' },
    { api: { build: built('api'), env: new Map([['STATE', '/srv/state']]) } },
  )
  expect(givenIn(api?.result.output ?? '')).toContain('/srv/state')
})

test('services that write one volume run as one user, that of the image that nobody here builds', async () => {
  const { web, cache, reader } = await planned(
    { 'web/Dockerfile': PYTHON, 'web/app.py': 'open("/data/log", "a")\n' },
    {
      web: { build: built('web'), mounts: [volume('shared', '/data')] },
      cache: { image: 'redis:7', mounts: [volume('shared', '/data')] },
      reader: { build: built('web', null), command: ['sleep', '1'], image: 'reader', mounts: [] },
    },
  )
  if (web === undefined || cache === undefined || reader === undefined) throw new Error('all are planned')
  expect(user(cache)).toBe('999:999')
  expect(user(web)).toBe('999:999')
  // It runs the same image.
  expect(user(reader)).toBe('999:999')
  expect(web.result.output).toContain(', the user of cache')
})

test('services that share nothing, or only read, keep users of their own', async () => {
  const { web, cache } = await planned(
    { 'web/Dockerfile': PYTHON, 'web/app.py': 'print(1)\n' },
    {
      web: { build: built('web'), mounts: [volume('shared', '/data', true)] },
      cache: { image: 'redis:7', mounts: [volume('shared', '/data')] },
    },
  )
  expect([web, cache].map((one) => one && user(one))).toEqual(['10001:10001', '999:999'])
})

test('a service that must keep root says so itself where others run its image without it', async () => {
  const { web, time } = await planned(
    {
      'web/Dockerfile':
        'FROM debian:12\nRUN apt-get update && apt-get install -y chrony python3\nCMD ["python3", "-m", "http.server", "8000"]\n',
    },
    { web: { build: built('web') }, time: { build: built('web'), command: ['chronyd', '-d'] } },
  )
  if (web === undefined || time === undefined) throw new Error('both are planned')
  expect(web.result.verdict).toBe('rewritten')
  expect({ verdict: time.result.verdict, keepsRoot: time.keepsRoot }).toEqual({
    verdict: 'needs-root',
    keepsRoot: true,
  })
  expect(time.result.output).toBe(web.result.output)
})

test('only the stages that services build are changed, each for its own', async () => {
  const stages =
    'FROM python:3.12-slim AS base\nWORKDIR /app\nFROM base AS dev\nCMD ["sh"]\nFROM base AS jobs\nCMD ["python", "jobs.py"]\nFROM base\nCMD ["python", "app.py"]\n'
  const { web, jobs } = await planned(
    { 'web/Dockerfile': stages },
    { web: { build: built('web') }, jobs: { build: built('web', 'jobs') } },
  )
  if (web === undefined || jobs === undefined) throw new Error('both are planned')
  expect(jobs.result.output).toBe(web.result.output)
  const users = web.result.output.split(/^FROM /m).map((stage) => /^USER (.*)$/m.exec(stage)?.[1] ?? '')
  expect(users).toEqual(['', '', '', '10001:10001', '10001:10001'])
  expect(web.dockerfile?.before).toBe(stages)
})

test('an image of somebody else that does with settings alone is not built upon', async () => {
  const { cache, proxy } = await planned({}, { cache: { image: 'redis:7' }, proxy: { image: 'nginx:1.27' } })
  expect(cache?.derived).toBeNull()
  expect(proxy?.derived?.path).toBe(join(folder, 'harden-image', 'proxy', 'Dockerfile'))
  expect(proxy?.derived?.text).toContain('USER 101:101')
})

test('an image that nobody can look at keeps no other service from being planned', async () => {
  const { own, cache } = await planned({}, { own: { image: 'example.com/unheard/of:1' }, cache: { image: 'redis:7' } })
  expect([own, cache].map((one) => one?.result.verdict)).toEqual(['incomplete', 'rewritten'])
  expect(own?.result.findings.map(({ question }) => question)).toEqual(['base-image'])
})

test('what is built from somewhere else is left to a person', async () => {
  const { web } = await planned(
    {},
    { web: { build: { dockerfile: null, inline: null, context: null, target: null, args: new Map() } } },
  )
  expect(web?.result.verdict).toBe('incomplete')
  expect(web?.result.findings.map(({ message }) => message)).toEqual([
    'the service web is built from somewhere else, which was not read',
  ])
})

test.each([
  [['rewritten', 'unchanged'], [], 'rewritten'],
  [['unchanged'], [], 'unchanged'],
  [['hardened', 'needs-root'], [], 'needs-root'],
  [['rewritten', 'incomplete', 'needs-root'], [], 'incomplete'],
  [['rewritten', 'exempt'], [], 'exempt'],
  [['hardened'], ['todo'], 'incomplete'],
  [['hardened'], ['note'], 'hardened'],
  [['hardened', 'rewritten'], [], 'rewritten'],
] as const)('services %j with findings %j of the project are %s', (verdicts, outcomes, expected) => {
  const services = verdicts.map((verdict) => ({ verdict }))
  const findings = outcomes.map((outcome) => ({ outcome }))
  const of = (proof: Parameters<typeof stackVerdict>[1]['proof']) =>
    stackVerdict(services, { findings, changed: false, proof })
  expect(of({ passed: true })).toBe(expected)
  expect(of({ passed: false, reason: 'x' })).toBe(expected === 'hardened' ? 'rewritten' : expected)
})

test('who a service is already, it does not become', async () => {
  const all = await planned(
    {},
    {
      numbered: { image: 'redis:7', user: '999:999' },
      named: { image: 'postgres:16', user: 'postgres' },
      open: { image: 'redis:7', user: '999:999', userIsOpen: true },
      root: { image: 'redis:7', user: '0:0' },
    },
  )
  const said = Object.fromEntries(
    Object.entries(all).map(([name, { result }]) => [
      name,
      [result.verdict, result.stages.at(-1)?.userBefore, result.findings.some(({ outcome }) => outcome === 'fixed')],
    ]),
  )
  expect(said).toEqual({
    numbered: ['unchanged', '999:999', false],
    named: ['unchanged', 'postgres', false],
    open: ['rewritten', 'root', true],
    root: ['rewritten', 'root', true],
  })
})

test('settings count on no user whose Dockerfile is only offered to change', async () => {
  const base = 'FROM somebody/base:1\nCOPY . .\n'
  const { tool } = await planned({ 'tool/Dockerfile': base }, { tool: { build: built('tool') } })
  const { result, profile } = tool ?? {}
  expect(result?.findings.some((one) => one.transform === 'set-user' && one.outcome === 'offered')).toBe(true)
  expect(result?.output).toBe(base)
  expect(profile).toBeNull()
  expect(result?.stages.at(-1)?.userAfter).toBe(result?.stages.at(-1)?.userBefore)
})

test.each<[string, readonly string[], readonly string[] | null]>([
  [
    'says the port is changed',
    ['--entrypoints.front.address=:80', '--log'],
    ['--entrypoints.front.address=:8000', '--log'],
  ],
  ['says nothing of it is added to', ['--log'], ['--log', '--entrypoints.web.address=:8000']],
  ['says another one stays', ['--entrypoints.front.address=:9000'], null],
])('a command that %s', async (_, command, after) => {
  const { proxy } = await planned({}, { proxy: { image: 'traefik:3', command } })
  expect(proxy?.start?.command ?? null).toEqual(after)
})

test('a program with a capability of its own loses it where its port stays too', async () => {
  const { proxy } = await planned({}, { proxy: { image: 'caddy:2' } }, ['proxy'])
  expect(proxy?.derived?.text).toContain('setcap -r /usr/bin/caddy')
  expect(proxy?.profile?.sysctls).toEqual({ 'net.ipv4.ip_unprivileged_port_start': '80' })
})

test.each<[string, Partial<Service>, boolean | undefined]>([
  ['switches by itself', {}, true],
  ['is given arguments', { command: ['-c', 'fsync=off'] }, true],
  ['starts something else', { command: ['sh', '-c', 'postgres'] }, undefined],
  ['has another entrypoint', { entrypoint: ['/start.sh'] }, undefined],
])('what a vendor’s image has kept is its account’s where it %s', async (_, service, expected) => {
  const { db } = await planned({}, { db: { image: 'postgres:16', ...service } })
  expect(db?.profile?.image.stepsDown).toBe(expected)
})

const HAND_OVER = ['sh', '-c', 'mkdir -p /data && chown -R 1000:1000 /data']

test.each<[string, Partial<Service>, string]>([
  ['does nothing else', { command: HAND_OVER }, 'needs-root'],
  ['starts something then', { command: ['sh', '-c', 'chown 1000 /data; exec httpd -f'] }, 'rewritten'],
  ['has nothing mounted', { command: HAND_OVER, mounts: [] }, 'rewritten'],
])('a service that hands its mount to others keeps root where it %s', async (_, service, verdict) => {
  const { setup } = await planned({}, { setup: { image: 'busybox:1', mounts: [volume('data', '/data')], ...service } })
  expect(setup?.result.verdict).toBe(verdict)
  expect(setup?.profile === null).toBe(verdict === 'needs-root')
})

test('variables that a shared file has for others move no port of a server that is known', async () => {
  const env = new Map([
    ['LISTEN_PORT', '80'],
    ['SITE_ADDRESS', ':80'],
  ])
  const { db, own } = await planned(
    { 'own/Dockerfile': PYTHON, 'own/app.py': 'print(1)\n' },
    { db: { image: 'postgres:16', env }, own: { build: built('own'), env } },
  )
  expect(db?.result.ports).toEqual([])
  expect(own?.result.ports).toEqual([{ from: 80, to: 8080, protocol: 'tcp' }])
})

const DEPOT = `FROM debian:trixie-slim
RUN useradd -r depot && mkdir -p /var/lib/depot
COPY --chmod=755 start.sh /start.sh
`
const START = '#!/bin/sh\nset -eu\necho on > /etc/depot.conf\nchown depot /var/lib/depot\nexec su depot -c "depotd"\n'

test.each<readonly [start: string, service: Partial<Service>]>([
  ['CMD ["/start.sh"]\n', { entrypoint: ['/bin/sh'], command: ['-c', 'set -eu\necho hi\nexec /start.sh\n'] }],
  ['CMD ["/start.sh"]\n', { entrypoint: ['sh', '-c'], command: ['exec /start.sh'] }],
  ['CMD ["depotd"]\n', { entrypoint: ['/start.sh'], command: [] }],
  ['ENTRYPOINT ["/start.sh"]\n', { entrypoint: ['sleep', 'infinity'] }],
  ['ENTRYPOINT ["/bin/sh"]\nCMD ["-c", "exec /start.sh"]\n', {}],
])('an image is read as it starts itself and as a service starts it: %j %j', async (start, service) => {
  const { depot } = await planned(
    { 'depot/Dockerfile': DEPOT + start, 'depot/start.sh': START },
    { depot: { ...service, build: built('depot') } },
  )
  expect(depot?.result.output).toContain('/etc/depot.conf')
  expect(depot?.result.findings).toContainEqual(
    expect.objectContaining({ transform: 'skip-step-down', outcome: 'fixed' }),
  )
})

test.each<readonly [own: string, said: string]>([
  ['ENTRYPOINT ["gosu", "depot", "depotd"]', "the image's own start switches user with gosu, which only root can do"],
  [
    'CMD chown depot /var/lib/depot && exec depotd',
    "the image's own start runs chown, which only root can, and ends when it fails",
  ],
])('what only root can of an own command is said where its service starts something else: %s', async (own, said) => {
  const dockerfile = `FROM debian:trixie-slim\nRUN useradd -r depot\n${own}\n`
  const told = async (service: Partial<Service>): Promise<readonly string[]> => {
    const { depot } = await planned(
      { 'depot/Dockerfile': dockerfile },
      { depot: { ...service, build: built('depot') } },
    )
    return (depot?.result.findings ?? []).filter((one) => one.outcome === 'todo').map((one) => one.message)
  }
  expect(await told({ entrypoint: ['depotd'] })).toEqual([said])
  expect(await told({})).toEqual([])
})

test.each<readonly [service: Partial<Service>, said: readonly string[]]>([
  [{ command: ['python3', '/srv/bot.py'] }, []],
  [{}, ['it starts bash: whoever runs it says what that writes']],
])('a shell is not asked what is run in it where each service says it: %j', async (service, said) => {
  const dockerfile = 'FROM python:3.12-slim\nCOPY bot.py /srv/\nWORKDIR /srv\nCMD ["bash"]\n'
  const { bot } = await planned(
    { 'bot/Dockerfile': dockerfile, 'bot/bot.py': 'print("hello")\n' },
    { bot: { ...service, build: built('bot') } },
  )
  const asked = (bot?.result.findings ?? []).filter(({ question }) => question === 'writes')
  expect(asked.map(({ message }) => message)).toEqual(said)
})
