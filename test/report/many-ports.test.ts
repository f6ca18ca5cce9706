// An image of a thousand ports: people read of the first twenty and how many more there are, and programs of all.
import { expect, test } from '@jest/globals'
import { bounds } from '../../src/bounds.ts'
import { html } from '../../src/report/html.ts'
import { json } from '../../src/report/json.ts'
import { laidOut } from '../../src/report/layout.ts'
import { listedPorts } from '../../src/report/many-ports.ts'
import { markdown } from '../../src/report/markdown.ts'
import type { ReportFinding } from '../../src/report/report.ts'
import { sarif } from '../../src/report/sarif.ts'
import { inspectionLines, text } from '../../src/report/text.ts'
import { finding, proof, sampleResult } from './sample.ts'

const PORTS = Array.from({ length: 1000 }, (_, at) => 8000 + at)
const stays = (port: number): ReportFinding => ({
  ...finding,
  transform: 'raise-ports',
  outcome: 'note',
  message: `port ${port} stays: nobody says where it is set`,
  hint: `set net.ipv4.ip_unprivileged_port_start=${port}`,
  evidence: [{ source: 'declared', subject: String(port), detail: 'named by EXPOSE' }],
})
const check = (port: number) => ({
  name: port % 2 === 0 ? `http :${port}/` : `tcp :${port}`,
  baseline: '200',
  result: port < 8500 ? '200' : 'closed',
  passed: port < 8500,
})
const own = { name: 'smoke test', baseline: 'exit 0', result: 'exit 0', passed: true }
const result = sampleResult({
  findings: [...PORTS.map(stays), finding],
  proof: { ...proof, checks: [...PORTS.map(check), own] },
})
const renderings = [{ result, source: '', path: 'Dockerfile' }]
const NO_COLOUR = { colour: false }

test('the text names twenty that go alike, and says how many more there are', () => {
  const lines = text.render(renderings, NO_COLOUR).split('\n')
  const rows = lines
    .filter((line) => /^ {5}(?:http|tcp|and) /.test(line))
    .map((line) => line.replace(/ +/g, ' ').trim())
  expect(rows).toHaveLength(42)
  expect([rows[0], rows[19], rows[20], rows[21], rows[41]]).toEqual([
    'http :8000/ 200 200 ok',
    'tcp :8019 200 200 ok',
    'and 480 more ports ok',
    'http :8500/ 200 closed differs',
    'and 480 more ports differs',
  ])
  expect(lines.filter((line) => line.includes(' note '))).toHaveLength(21)
  expect(lines).toContain('  12:1    note    and 980 more ports, likewise; --format json names them all (raise-ports)')
  // What is of no port is all there.
  expect(lines.join('\n')).toMatch(/smoke test +exit 0 +exit 0 +ok/)
  expect(lines.join('\n')).toContain('runs as app (10001:10001) (set-user)')
  expect(lines.length).toBeLessThan(130)
})

test.each([markdown, html])('$name is as short', (format) => {
  const page = format.render(renderings, NO_COLOUR)
  expect(page).toContain('and 980 more ports, likewise')
  expect(page.match(/and 480 more ports/g)).toHaveLength(2)
  expect(page.match(/\bstays:/g)).toHaveLength(20)
})

test('JSON and SARIF have each of them', () => {
  const told = JSON.parse(json.render(renderings, NO_COLOUR)).results[0]
  expect(told.findings).toHaveLength(1001)
  expect(told.proof.checks).toHaveLength(1001)
  expect(sarif.render(renderings, NO_COLOUR).match(/\bstays:/g)?.length).toBeGreaterThanOrEqual(1000)
})

test('twenty ports and those that go differently are all named', () => {
  const few = sampleResult({
    findings: [
      ...PORTS.slice(0, 20).map(stays),
      ...PORTS.slice(0, 20).map((port) => ({
        ...stays(port),
        message: `port ${port} stays: it is /etc/x.conf that sets it`,
      })),
    ],
  })
  const said = text.render([{ result: few, source: '', path: 'Dockerfile' }], NO_COLOUR)
  expect(said.match(/ stays: /g)).toHaveLength(40)
  expect(said).not.toContain('more port')
})

test('what inspect says of an image and its plan is as short', () => {
  const lines = laidOut(
    inspectionLines({
      stage: '0',
      image: {
        reference: 'x',
        source: 'engine',
        digest: null,
        platform: { os: 'linux', architecture: 'amd64' },
        os: 'debian 13',
        user: '',
        entrypoint: null,
        cmd: null,
        workdir: '/',
        env: {},
        exposedPorts: PORTS.map((port) => `${port}/tcp`),
        volumes: [],
        healthcheck: null,
        accounts: [],
        files: 'indexed',
      },
      plan: {
        outcome: 'harden',
        reason: '',
        userBefore: 'root',
        account: null,
        grants: [],
        ports: PORTS.map((from) => ({
          from,
          to: null,
          protocol: 'tcp',
          exposed: true,
          reason: 'it is kept',
          evidence: [],
        })),
        fileEdits: [],
        env: [],
        command: null,
        healthcheck: null,
        remarks: [],
      },
    }),
    null,
  )
  expect(lines.find((line) => line.startsWith('    ports'))).toMatch(/ 8019\/tcp and 980 more$/)
  expect(lines.filter((line) => line.startsWith('    port '))).toHaveLength(21)
  expect(lines.join('\n')).toContain('and 980 more ports, likewise')
})

test('a list of as many as are shown has no more', () => {
  const names = PORTS.map(String)
  expect(listedPorts(names.slice(0, bounds.shownPorts))).toBe(names.slice(0, bounds.shownPorts).join(', '))
  expect(listedPorts(names.slice(0, bounds.shownPorts + 1))).toMatch(/, 8019 and 1 more$/)
})
