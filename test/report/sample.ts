import type { Rendering } from '../../src/report/format.ts'
import type { TargetResult } from '../../src/report/report.ts'

const base: TargetResult = {
  target: 'Dockerfile',
  kind: 'dockerfile',
  verdict: 'rewritten',
  user: { name: 'app', uid: 10001, gid: 10001, from: 'created' },
  ports: [{ from: 80, to: 8080, protocol: 'tcp' }],
  stages: [{ name: 'final', index: 1, userBefore: 'root', userAfter: '10001:10001' }],
  findings: [],
  output: 'FROM debian\nUSER 10001:10001\n',
  changed: true,
  proof: null,
}

export function sampleResult(change: Partial<TargetResult> = {}): TargetResult {
  return { ...base, ...(change.proof?.passed === true ? { verdict: 'hardened' } : {}), ...change }
}

/** A file at `path` whose text goes from `source` to `output`. */
export function sampleRendering(
  path: string,
  source: string,
  output: string,
  change: Partial<TargetResult> = {},
): Rendering {
  return { path, source, result: sampleResult({ target: path, output, changed: source !== output, ...change }) }
}

export const finding: TargetResult['findings'][number] = {
  transform: 'set-user',
  outcome: 'fixed',
  line: 12,
  column: 1,
  message: 'runs as app (10001:10001)',
  hint: 'name another with --user',
  evidence: [{ source: 'assumed', subject: '10001', detail: 'the image has no account of its own' }],
}

/** What a run would answer, with a place in the sources. */
export const question: TargetResult['findings'][number] = {
  transform: 'report-remarks',
  outcome: 'question',
  question: 'writes',
  line: 1,
  column: 1,
  message: 'app.py writes where an argument says',
  evidence: [{ source: 'config', subject: 'app.py:41', detail: 'open(path)' }],
}

/** A project of two services, of which one is built. */
export function sampleProject(change: Partial<TargetResult> = {}): TargetResult {
  const web = sampleResult({ target: 'web', file: 'web/Dockerfile', findings: [finding] })
  const db = sampleResult({
    target: 'db',
    kind: 'image',
    verdict: 'unchanged',
    user: null,
    ports: [],
    stages: [{ name: '0', index: 0, userBefore: '999:999', userAfter: '999:999' }],
    output: 'FROM postgres\n',
    changed: false,
  })
  return sampleResult({
    target: 'compose.yaml',
    kind: 'compose',
    user: null,
    ports: [],
    stages: [],
    output: 'services: {}\n',
    services: [web, db],
    files: [
      { path: 'compose.yaml', output: 'services: {}\n', changed: true },
      { path: 'web/Dockerfile', output: 'FROM debian\nUSER 10001:10001\n', changed: true },
    ],
    migration: { command: 'docker compose --profile migrate run --rm migrate', undo: './undo.sh' },
    ...change,
  })
}

export const proof: NonNullable<TargetResult['proof']> = {
  engine: 'docker 26.1.5',
  rounds: 2,
  passed: true,
  parity: true,
  baseline: { image: 'nginx:latest', uids: [0, 33], capabilities: ['CHOWN', 'DAC_OVERRIDE', 'KILL', 'SETUID'] },
  result: {
    image: 'harden-image/proof:1',
    uids: [33],
    capabilities: [],
    noNewPrivileges: true,
    readOnlyRootfs: true,
    tmpfs: ['/tmp'],
    addedBytes: 1536,
  },
  checks: [{ name: 'http :8080/', baseline: '200', result: '200', passed: true }],
  cells: [],
  remarks: [],
  phases: [
    { name: 'original', seconds: 2.1 },
    { name: 'build', seconds: 0.4 },
  ],
}
