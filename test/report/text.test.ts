import { describe, expect, test } from '@jest/globals'
import type { Rendering } from '../../src/report/format.ts'
import type { TargetResult } from '../../src/report/report.ts'
import { summaryLine } from '../../src/report/summary.ts'
import { renderTargets, text } from '../../src/report/text.ts'
import { finding, proof, question, sampleProject, sampleResult } from './sample.ts'

const rendering = (result: Rendering['result']): Rendering => ({ result, source: '', path: 'Dockerfile' })
const render = (...results: Rendering['result'][]) => text.render(results.map(rendering), { colour: false })

test('says what, why and what to do, target by target', () => {
  const failed = sampleResult({
    target: 'b/Dockerfile',
    verdict: 'failed',
    user: null,
    stages: [],
    error: { code: 'not-a-dockerfile', message: 'there is no FROM', hint: 'is it a Dockerfile?', line: 3 },
  })
  expect(render(sampleResult({ target: 'a/Dockerfile', findings: [finding] }), failed)).toBe(
    `a/Dockerfile: rewritten, would run as app (10001:10001); a new account
  12:1    fix     runs as app (10001:10001) (set-user)
          do: name another with --user
          assumed 10001: the image has no account of its own

b/Dockerfile: failed
  line 3: there is no FROM
    is it a Dockerfile?

2 targets: 1 rewritten, 1 failed
`,
  )
})

test('a line of the configuration is not taken for one of the target', () => {
  const error = { code: 'bad-config' as const, message: '.harden-image.yaml:2: unknown setting "usr"', line: 2 }
  const failed = sampleResult({ target: 'b/Dockerfile', verdict: 'failed', user: null, stages: [], error })
  expect(render(failed)).toContain('\n  .harden-image.yaml:2: unknown setting')
})

test('shows the proof side by side', () => {
  expect(
    render(
      sampleResult({
        target: 'nginx',
        ports: [{ from: 80, to: 8080, protocol: 'tcp' }],
        proof: { ...proof, remarks: ['udp 53: nothing answered'] },
      }),
    ),
  ).toBe(
    `nginx: hardened, would run as app (10001:10001); a new account
  proof passed: does what the original does (docker 26.1.5, 2 rounds)
                        baseline        result
     http :80 → :8080/  200             200     ok
     uids               0 33            33
     capabilities       4 capabilities  none
     no-new-privileges                  yes
     read-only root                     yes
     tmpfs                              /tmp
     added                              1.5 kB
    not shown: udp 53: nothing answered
    2.5 s: original 2.1, build 0.4

1 target: 1 hardened
`,
  )
})

test('what a person has to decide is shown in its line, marked, and no control character of it', () => {
  const todo = {
    ...finding,
    outcome: 'todo',
    transform: 'own-writable-paths',
    line: 2,
    column: 5,
    evidence: [],
  } as const
  const source = `FROM debian\nRUN chmod\u001b[2J 777 /srv\n`
  const told = (changes: Partial<TargetResult>): string =>
    text.render([{ ...rendering(sampleResult({ findings: [todo], ...changes })), source }], { colour: false })
  expect(told({})).toContain(
    '          2 | RUN chmod\\u001b[2J 777 /srv\n            |     ^^^^^^^^^^^^^^\n          do: name another',
  )
  expect(told({ findings: [{ ...todo, outcome: 'note' }] })).not.toContain('2 |')
  expect(told({ findings: [{ ...todo, file: 'compose.yaml' }] })).not.toContain('2 |')
  expect(told({ kind: 'image' })).not.toContain('2 |')
})

describe('without -v a proof', () => {
  const short = (changes: Partial<TargetResult>): string =>
    renderTargets([rendering(sampleResult({ target: 'x', findings: [], ...changes }))], {
      colour: false,
      evidence: false,
    })
  const cell = { name: 'plain', required: true, outcome: 'pass', reason: '' } as const
  const cells = [
    cell,
    { ...cell, required: false },
    { ...cell, required: false, outcome: 'fail', reason: 'at Foo.bar (x.js:1)' },
    { ...cell, outcome: 'not asked' },
  ] as const

  test('that passed is a line with counts, and what it could not show', () => {
    expect(short({ proof: { ...proof, cells, remarks: ['udp 53: nothing answered'] } })).toBe(
      `x: hardened, would run as app (10001:10001); a new account
  proof passed: 1 check the same, 2 conditions hold, 1 fails and does not count (docker 26.1.5, 2 rounds, 2.5 s); -v shows them
    not shown: udp 53: nothing answered
`,
    )
  })

  test('of a project leaves the counts to its services', () => {
    expect(short({ proof: { ...proof, checks: [] } })).toContain('proof passed: the same in every service (docker')
  })

  test('of what keeps root says with what', () => {
    const result = { ...(proof.result ?? never()), uids: [0], capabilities: ['SETGID', 'SETUID'] }
    expect(short({ proof: { ...proof, result } })).toContain(
      'proof passed: as root with SETGID SETUID, 1 check the same',
    )
  })

  test('that failed leads with what the program said last, and shows what differs alone', () => {
    const checks = [...proof.checks, { name: 'still running', baseline: 'running', result: 'exit 1', passed: false }]
    const cause = {
      ...finding,
      transform: 'prove',
      outcome: 'todo',
      line: 99,
      message: 'ends with 1: bind: no',
      evidence: [],
    } as const
    const todo = { ...cause, transform: 'set-user', line: 1, message: 'decide' } as const
    const told = short({
      verdict: 'incomplete',
      findings: [todo, cause],
      proof: { ...proof, passed: false, parity: false, checks, cells },
    })
    expect(told.split('\n')[1]).toContain('ends with 1: bind: no (prove)')
    expect(told).toContain('still running  running   exit 1  differs')
    expect(told).not.toMatch(/:8080|does not count|plain/)
  })
})

test('what is long goes on below, and the marks stay where they are', () => {
  const long = {
    ...proof,
    result: {
      ...(proof.result ?? never()),
      tmpfs: ['/run/server', '/usr/share/server/webapps/one/work', '/usr/share/server/webapps/two/work', '/tmp'],
    },
  }
  const lines = render(sampleResult({ target: 'x', proof: long })).split('\n')
  const at = lines.findIndex((line) => line.includes('tmpfs'))
  expect(lines.slice(at, at + 4)).toEqual([
    '     tmpfs                              /run/server',
    '                                        /usr/share/server/webapps/one/work',
    '                                        /usr/share/server/webapps/two/work /tmp',
    '     added                              1.5 kB',
  ])
  expect(lines.find((line) => line.endsWith('ok'))?.length).toBeLessThan(90)
})

function never(): never {
  throw new Error('the sample has a result')
}

test('no control character of an image reaches the terminal', () => {
  const nasty = { ...finding, message: 'writes /tmp/\u001b[2J\u0007\u202ex' }
  const shown = render(sampleResult({ findings: [nasty] }))
  expect(shown).toContain('writes /tmp/\\u001b[2J\\u0007\\u202ex')
  expect(shown).not.toContain('\u001b')
})

test('the text is in colours where that is asked for', () => {
  const shown = text.render([rendering(sampleResult({ proof }))], { colour: true })
  expect(shown).toContain('\u001b[32mhardened\u001b[39m')
})

test('nothing to say about nothing', () => {
  expect(render()).toBe('')
})

describe('the sum', () => {
  test('counts by verdict and says what is left', () => {
    const results = [
      sampleResult(),
      sampleResult({
        verdict: 'incomplete',
        findings: [
          { ...finding, outcome: 'todo' },
          { ...finding, outcome: 'offered' },
        ],
      }),
      sampleResult({ verdict: 'unchanged', findings: [{ ...finding, outcome: 'note' }] }),
      sampleResult({ verdict: 'incomplete', proof: { ...proof, passed: false } }),
    ]
    expect(summaryLine(results)).toBe(
      '4 targets: 1 rewritten, 1 unchanged, 2 incomplete; 1 offered fix held back (--unsafe applies them); 1 finding needs a decision; 1 proof failed',
    )
  })
})

test('says what a proof was run in, and which limit was reached', () => {
  const sandbox = {
    ...({ network: 'closed', hostReachable: false, cpus: 1.5, memoryBytes: 2 ** 31, pids: null } as const),
    ...{ logBytes: 2 ** 24, diskBytes: 2 ** 32, reached: ['app:1 ran out of its memory'] },
  }
  const lines = render(sampleResult({ target: 'x', proof: { ...proof, sandbox } })).split('\n')
  expect(lines).toContain('    limit      app:1 ran out of its memory')
  expect(lines).toContain(
    '    run in a network of its own, without a way out; 1.5 CPUs, 2 GiB of memory, processes without a limit, 16 MiB of log, 4 GiB of disk',
  )
  const host = render(sampleResult({ target: 'x', proof: { ...proof, sandbox: { ...sandbox, hostReachable: true } } }))
  expect(host).toContain("without a way out, where the engine's machine is reached too;")
})

test('a path with a line break in it does not begin a line of its own', () => {
  const evidence = [
    { source: 'declared' as const, subject: '/data\nb/Dockerfile: hardened', detail: 'declared by VOLUME' },
  ]
  const shown = render(sampleResult({ target: 'a', findings: [{ ...finding, evidence }] }))
  expect(shown).toContain('declared /data\\nb/Dockerfile: hardened: declared by VOLUME')
  expect(shown).not.toMatch(/^b\/Dockerfile/m)
})

test('a question is said at its line with the evidence, and else its kind, with a place in the file of the service', () => {
  const asked = { ...question, evidence: [] }
  const services = [sampleResult({ target: 'web', file: 'web/Dockerfile', findings: [asked, asked] })]
  const project = sampleProject({ services, migration: null, files: [] })
  const [brief, whole] = [false, true].map((evidence) =>
    renderTargets([rendering(project)], { colour: false, evidence }),
  )
  const words = '  a run would answer: writes whose path only a run tells: 2, such as web/Dockerfile:1\n'
  expect(brief).toContain(words)
  expect(brief).not.toContain(question.message)
  expect(whole).toContain(`  1:1     ask     ${question.message}`)
  expect(whole).not.toContain(words)
})

test('a project is a table of its services, what is said of each, and what to run once', () => {
  const left = { ...finding, outcome: 'todo', file: 'compose.override.yaml', evidence: [] } as const
  expect(render(sampleProject({ findings: [left] }))).toBe(
    `compose.yaml: rewritten
  service  verdict    user                 ports
  web      rewritten  root -> 10001:10001  80 -> 8080
  db       unchanged  999:999
  compose.override.yaml:12:1 todo    runs as app (10001:10001) (set-user)
          do: name another with --user
  web (web/Dockerfile)
  12:1    fix     runs as app (10001:10001) (set-user)
          do: name another with --user
          assumed 10001: the image has no account of its own
  changes compose.yaml, web/Dockerfile
  once: docker compose --profile migrate run --rm migrate
  back: ./undo.sh

1 target: 1 rewritten; 1 finding needs a decision
`,
  )
})

test('beside a decision what follows from a change is said, and of the rest how much there is', () => {
  const { hint: _, ...plain } = { ...finding, message: 'runs as app' }
  const findings = [
    { ...finding, outcome: 'todo' as const, message: 'name a user', hint: 'a: app; b: nobody' },
    { ...finding, message: 'gives it a number', hint: 'files in volumes have another owner then' },
    plain,
  ]
  const told = renderTargets([rendering(sampleResult({ findings }))], { colour: false, evidence: false })
  expect(told).toContain('files in volumes have another owner then')
  expect(told).not.toContain('runs as app (')
  expect(told).toContain('1 more: -v shows it')
})
