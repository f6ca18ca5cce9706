import { expect, test } from '@jest/globals'
import { withDefaults } from '../../src/app/api.ts'
import { targetProcessor } from '../../src/app/pipeline.ts'
import type { Options } from '../../src/app/task.ts'
import { discover } from '../../src/repository/discover.ts'
import { readText } from '../../src/repository/files.ts'
import { tree } from '../repository/tree.ts'

const open = 'FROM node:22\nWORKDIR /app\nCOPY . .\n'
const start = '#!/bin/sh\nmkdir -p /srv/state\nexec node server.js\n'

/** What becomes of a Dockerfile that Compose services with these lines build. */
async function worked(text: string, services: readonly string[], options: Partial<Options> = {}) {
  const compose = services.map((lines, index) => `  s${index}:\n    build: .\n    ${lines}\n`).join('')
  const cwd = tree({ Dockerfile: text, 'compose.yaml': `services:\n${compose}`, 'start.sh': start })
  const [item] = (await discover(['.'], cwd)).found
  if (item?.path == null) throw new Error('there is none')
  const asked = { ...withDefaults({ engine: 'none', offline: true }), ...options }
  const ports = { progress: () => {}, onCleanUp: () => {}, signal: new AbortController().signal }
  const outcome = await targetProcessor()({ ...item, text: await readText(item.path, item.target) }, asked, ports)
  const notes = outcome.result.findings.filter(({ transform }) => transform === 'read-build')
  return { ...outcome, notes: notes.map(({ outcome: kind, message }) => `${kind}: ${message}`) }
}

const taken = (words: string) =>
  `note: the Dockerfile names no command: taken from service s0 of compose.yaml (${words})`

test.each([
  ['with a line end', open],
  ['without one', open.trimEnd()],
  ['with another', open.replaceAll('\n', '\r\n')],
])('what a service starts is what is hardened, and does not get into the file: %s', async (_, text) => {
  const { result, source, notes } = await worked(text, ['command: ./start.sh'])
  expect(notes).toEqual([taken('./start.sh')])
  expect(result).toMatchObject({ verdict: 'rewritten', user: { name: 'node' } })
  expect(result.output.startsWith(text.trimEnd())).toBe(true)
  // What it starts is known, and so what that writes.
  expect(result.output).toContain('/srv/state')
  expect(result.output).not.toContain('CMD')
  expect(result.output).toMatch(text.endsWith('\n') ? /\nUSER 1000:1000\r?\n$/ : /\nUSER 1000:1000$/)
  expect(source).toBe(text)
  const last = text.trimEnd().split('\n').length
  expect(result.findings.filter(({ line }) => line > last)).toEqual([])
})

test.each([
  ['with a line end', open],
  ['without one', open.trimEnd()],
])('a service starts in the folder that it says: %s', async (_, text) => {
  const { result, notes } = await worked(text, ['command: jekyll serve\n    working_dir: /site'])
  expect(notes).toEqual([taken('jekyll serve')])
  expect(result.output).toContain('/site/_site')
  expect(result.output).not.toContain('/app/_site')
  expect(result.output).not.toMatch(/WORKDIR \/site|CMD/)
  expect(result.output).toMatch(text.endsWith('\n') ? /\nUSER 1000:1000\r?\n$/ : /\nUSER 1000:1000$/)
})

test('its own ENTRYPOINT stays, and gets the command', async () => {
  const text = `${open}ENTRYPOINT ["node"]\n`
  const { notes, inspection } = await worked(text, ['command: server.js'], { mode: { kind: 'inspect' } })
  expect(notes).toEqual([taken('server.js')])
  expect(inspection?.[0]?.image).toMatchObject({ entrypoint: ['node'], cmd: ['server.js'] })
  expect((await worked(text, ['entrypoint: node\n    command: server.js'])).notes).toEqual([
    expect.stringContaining('note: service s0 of compose.yaml (node server.js): other commands that run in this image'),
  ])
})

test.each([
  ['it says a CMD', `${open}CMD ["node", "x.js"]\n`, ['command: node server.js'], null],
  [
    'what it is built upon does',
    `FROM node:22 AS b\nCMD ["node", "x.js"]\nFROM b\n`,
    ['command: node server.js'],
    null,
  ],
  ['one service starts what the image says', open, ['command: node server.js', 'restart: always'], null],
  ['another stage is built', `FROM node:22 AS b\n${open}`, ['command: node server.js'], 'b'],
  ['its last line goes on', 'FROM node:22\nRUN a \\\n', ['command: node server.js'], null],
])('not where %s', async (_, text, services, target) => {
  const { policy } = withDefaults({})
  const { notes } = await worked(text, services, { policy: { ...policy, target } })
  const other = 'service s0 of compose.yaml (node server.js)'
  expect(notes).toEqual([`note: ${other}: other commands that run in this image, not inspected`])
})

test.each(['CMD ["node", "server.js"]', 'CMD node server.js'])('nor where it says the same: %s', async (line) => {
  expect((await worked(`${open}${line}\n`, ['command: node server.js'])).notes).toEqual([])
})

test('of what is as it should be nothing is said', async () => {
  const { result, notes } = await worked(`${open}USER 1000:1000\n`, ['command: node server.js'])
  expect([result.verdict, notes]).toEqual(['unchanged', []])
})

test('where others start something else, that was not inspected', async () => {
  const services = ['command: node server.js', 'command: node worker.js', 'command: [node, server.js]']
  const { result, notes } = await worked(open, services)
  expect(result.verdict).toBe('rewritten')
  expect(notes).toEqual([
    taken('node server.js'),
    'question: other commands that run in this image were not tried: service s1 of compose.yaml (node worker.js)',
  ])
})

test('what has to change in the command is said, for it is not in the Dockerfile', async () => {
  const text = 'FROM nginx:1.27\nEXPOSE 81\n'
  const { result, notes } = await worked(text, ['command: ["/srv/server", "--port", "81"]'])
  expect(result.verdict).toBe('incomplete')
  expect(result.output).toContain('EXPOSE 8081')
  expect(result.output).not.toContain('CMD')
  expect(notes[0]).toBe(
    'todo: what service s0 of compose.yaml starts has to change with it: CMD ["/srv/server","--port","8081"]',
  )
})

test('and how a dollar sign is written there', async () => {
  const command = 'command: sh -c "chown node /srv/data && exec node x.js"'
  const { result } = await worked('FROM node:22\nRUN mkdir /srv/data\n', [command])
  const [todo] = result.findings.filter(({ outcome }) => outcome === 'todo')
  expect(todo?.message).toContain('[ \\"$(id -u)\\" != 0 ] || chown node /srv/data; } && exec node x.js')
  expect(todo?.hint).toContain('$$ for each $')
})
