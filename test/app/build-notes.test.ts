import { mkdirSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { withDefaults } from '../../src/app/api.ts'
import { targetProcessor } from '../../src/app/pipeline.ts'
import type { Options } from '../../src/app/task.ts'
import { discover } from '../../src/repository/discover.ts'
import { readText } from '../../src/repository/files.ts'
import { tree } from '../repository/tree.ts'
import { givenIn } from '../support/given.ts'

const dockerfile =
  'ARG NODE\nFROM node:$NODE AS dev\nARG SVC=x\nFROM dev\nCOPY services/api /app\nENTRYPOINT ["/app/start.sh"]\n'
const files = {
  'docker/Dockerfile': dockerfile,
  'web/Dockerfile': 'FROM nginx:1.27\n',
  'two/Dockerfile': 'FROM python:3.12 AS dev\nCMD ["python", "app.py"]\nFROM nginx:1.27\n',
  'done/Dockerfile': 'ARG BASE\nFROM $BASE\nUSER 1000:1000\nCMD ["node", "x.js"]\n',
  'services/api/start.sh': '#!/bin/sh\nmkdir -p /srv/state\nexec node /app/x.js\n',
}
const build = (more: string) =>
  `    build: { context: ., dockerfile: docker/Dockerfile, args: { NODE: 22, OTHER: 1 }${more} }\n`

async function worked(compose: string, options: Partial<Options> = {}, target = 'docker') {
  const cwd = tree({ ...files, 'compose.yaml': compose })
  mkdirSync(`${cwd}/.git`)
  const [item] = (await discover([target], cwd)).found
  if (item?.path == null) throw new Error('there is none')
  const asked = { ...withDefaults({ engine: 'none', offline: true }), ...options }
  const ports = { progress: () => {}, onCleanUp: () => {}, signal: new AbortController().signal }
  const outcome = await targetProcessor()({ ...item, text: await readText(item.path, item.target) }, asked, ports)
  const notes = outcome.result.findings.filter(({ transform }) => transform === 'read-build')
  return { cwd, outcome, result: outcome.result, notes: notes.map(({ message }) => message) }
}

test('the context and the arguments of a Compose file, as if they were given', async () => {
  const { cwd, outcome, result, notes } = await worked(`services:\n  api:\n${build('')}`)
  expect(result).toMatchObject({ verdict: 'rewritten', user: { name: 'node', uid: 1000 } })
  expect(givenIn(result.output)).toContain('/srv/state')
  expect(outcome.context).toBe(cwd)
  // The folder is called docker.
  expect(outcome.profile?.image.name).toBe('api')
  expect(notes).toEqual(['the context . and what NODE says: taken from service api of compose.yaml'])
})

test('what is given holds against it', async () => {
  const policy = withDefaults({}).policy
  const options = { buildArg: ['NODE=1'], context: tree(), policy: { ...policy, target: 'dev' } }
  const { outcome, notes } = await worked(`services:\n  api:\n${build(', target: dev')}`, options)
  expect(outcome.context).toBe(options.context)
  expect(notes).toEqual([])
})

test('of what is as it should be nothing is said', async () => {
  const compose =
    'services:\n  api:\n    build: { context: ., dockerfile: done/Dockerfile, args: { BASE: "node:22" } }\n'
  expect((await worked(compose, {}, 'done')).notes).toEqual([])
})

test('what it leaves open is said', async () => {
  const compose = `services:\n  api:\n${build(', target: dev')}  web:\n    build: { context: docker, args: [SVC=b, NODE=20] }\n`
  const by = 'service api of compose.yaml, service web of compose.yaml'
  expect((await worked(compose)).notes).toEqual([
    `what SVC says: taken from ${by}`,
    `the build context differs between ${by}: ., docker`,
    `NODE: set differently in ${by}, so the default of the Dockerfile is used`,
    `stage dev, built for ${by}, was not inspected`,
  ])
})

const raised: Partial<Options> = { policy: withDefaults({ policy: { ports: 'raise' } }).policy }

test('a port that a service publishes stays', async () => {
  const compose = `services:\n  web:\n    build: web\n    ports: ["8080:80"]\n`
  const { result } = await worked(compose, {}, 'web')
  expect(result).toMatchObject({ verdict: 'rewritten', ports: [{ from: 80, to: null }] })
  expect(result.findings.filter(({ transform }) => transform === 'raise-ports')).toMatchObject([
    {
      outcome: 'note',
      message: expect.stringMatching(/^port 80 stays: .*compose\.yaml:4 counts on it$/),
      hint: expect.stringMatching(/or move it with --ports raise, and what counts on it too$/),
    },
  ])
})

test('where it is to move all the same, who counts on it is left to do', async () => {
  const compose = `services:\n  web:\n    build: web\n    ports: ["8080:80"]\n`
  const { result } = await worked(compose, raised, 'web')
  expect(result).toMatchObject({ verdict: 'incomplete', ports: [{ from: 80, to: 8080 }] })
  expect(result.findings.filter(({ outcome }) => outcome === 'todo')).toMatchObject([
    {
      transform: 'raise-ports',
      message: expect.stringMatching(/^port 80 is 8080 now: change it in .*compose\.yaml:4 too$/),
    },
  ])
})

test('what a service publishes where it does not answer any more', async () => {
  const compose = `services:\n  web:\n    build: web\n    ports: ["8080:80", 9090:9090, {target: 80}]\n  other:\n    build: web\n    ports: ["81:81"]\n`
  const { result } = await worked(compose, raised, 'web')
  expect(result.findings.filter(({ transform }) => transform === 'read-build')).toMatchObject([
    {
      message: 'service web of compose.yaml publishes port 80, which is 8080 now',
      hint: expect.stringMatching(/^harden-image profile web\/Dockerfile --for compose --file compose.yaml shows/),
    },
    {
      message:
        'service other of compose.yaml does not publish its port: other services of compose.yaml reach it at 80, which is 8080 now',
      hint: 'change the port where they name it, or use --ports keep',
    },
  ])
})

test('what a service publishes of a stage that is not the last one is not told the port of that', async () => {
  const compose = `services:\n  web:\n    build: { context: two, target: dev }\n    ports: ["8080:80"]\n`
  const messages = async (text: string): Promise<readonly string[]> =>
    (await worked(text, raised, 'two')).result.findings.flatMap(({ message }) =>
      message.includes('publishes port') ? [message] : [],
    )
  expect(await messages(compose)).toEqual([])
  expect(await messages(compose.replace(', target: dev', ''))).toEqual([
    'service web of compose.yaml publishes port 80, which is 8080 now',
  ])
})

test.each<[string, Partial<Options>, string]>([
  ['cap_add: [cap_net_admin, SYS_NICE]', {}, 'service api of compose.yaml gives it NET_ADMIN, which only root can use'],
  ['privileged: true', {}, 'gives it all capabilities, which only root can use'],
  ['cap_add: [NET_ADMIN]', { capAdd: ['NET_ADMIN'] }, ''],
  ['cap_add: [NET_BIND_SERVICE, IPC_LOCK]', {}, ''],
])('a service with %s %j', async (line, options, said) => {
  const { result, notes } = await worked(`services:\n  api:\n${build('')}    ${line}\n`, options)
  expect(result.verdict).toBe(said === '' ? 'rewritten' : 'incomplete')
  expect(notes.slice(1).join('\n')).toContain(said)
  expect(notes).toHaveLength(said === '' ? 1 : 2)
})

test.each<[string, string]>([
  ['volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]', 'mounts /var/run/docker.sock, which belongs to root'],
  ['volumes: [{ type: bind, source: /run/podman/podman.sock, target: /x }]', 'mounts /run/podman/podman.sock'],
  ['volumes: ["/var/run/docker.sock:/s"]\n    group_add: ["998"]', ''],
  ['volumes: [/var/run/mysqld:/var/run/mysqld]', ''],
])('a service with %s', async (lines, said) => {
  const { result, notes } = await worked(`services:\n  api:\n${build('')}    ${lines}\n`)
  expect(result.verdict).toBe('rewritten')
  expect(notes.join('\n')).toContain(said)
  expect(result.findings.some(({ question }) => question === 'host-folder')).toBe(said !== '')
})

test('that one of two services has more rights says nothing of the image', async () => {
  const { result } = await worked(`services:\n  api:\n${build('')}  b:\n${build('')}    privileged: true\n`)
  expect(result.verdict).toBe('rewritten')
})
