import { bounds } from '../../src/bounds.ts'
import { composeFile, dockerRun } from '../../src/manifests/docker.ts'
import { kubernetesManifest } from '../../src/manifests/kubernetes/new-files.ts'
import type { Profile } from '../../src/manifests/profile.ts'
import { formatNames, formatOf } from '../../src/report/format.ts'
import type { ReportFinding, TargetResult } from '../../src/report/report.ts'
import { lines } from './dockerfiles.ts'
import type { Input } from './input.ts'

/** Results that are large because what they are of is. */
export const reports: readonly Input[] = [
  ...formatNames.flatMap((format): readonly Input[] => [
    report(format, 'of many findings', (n) => [resultOf({ findings: findings(n) })]),
    report(format, 'of many results', (n) =>
      Array.from({ length: n }, (_, i) => resultOf({ target: `d${i}/Dockerfile`, findings: findings(2) })),
    ),
    report(format, 'of a text that is wholly another', (n) => [
      resultOf(
        { output: lines(n, (i) => `RUN b${i}`) },
        lines(n, (i) => `RUN a${i}`),
      ),
    ]),
    report(format, 'of a text with many changes', (n) => [
      resultOf(
        { output: lines(n, (i) => `RUN ${i % 8 === 0 ? 'b' : 'a'}${i}`) },
        lines(n, (i) => `RUN a${i}`),
      ),
    ]),
    report(format, 'of a text of equal lines', (n) => [
      resultOf(
        { output: `x\n${lines(n, () => 'RUN a')}\ny` },
        lines(n, () => 'RUN a'),
      ),
    ]),
    // A message with what others wrote in it.
    report(format, 'of a long message', (n) => [
      resultOf({ findings: [{ ...finding(0), message: '<a`*_[\u202e '.repeat(n) }] }),
    ]),
  ]),
  profile('docker', (made) => void dockerRun(made, 'docker')),
  profile('compose', (made) => void composeFile(made, null)),
  profile('kubernetes', (made) => void kubernetesManifest(made)),
]

interface Shown {
  readonly result: TargetResult
  readonly source: string
}

function report(format: string, name: string, make: (n: number) => readonly Shown[]): Input {
  return {
    name: `report ${format}: ${name}`,
    prepare: (n) => {
      const renderings = make(n).map((shown) => ({ ...shown, path: shown.result.target }))
      return {
        bytes: JSON.stringify(renderings).length,
        work: async () => void (await formatOf(format))?.render(renderings, { colour: true }),
      }
    },
    most: 4 * 1024 * 1024,
  }
}

function resultOf(change: Partial<TargetResult>, source = 'FROM x\n'): Shown {
  const base: TargetResult = {
    target: 'Dockerfile',
    kind: 'dockerfile',
    verdict: 'incomplete',
    user: null,
    ports: [],
    stages: [],
    findings: [],
    output: 'FROM x\nUSER 1\n',
    changed: true,
    proof: null,
  }
  return { result: { ...base, ...change }, source }
}

function findings(n: number): readonly ReportFinding[] {
  return Array.from({ length: n }, (_, i) => finding(i))
}

function finding(i: number): ReportFinding {
  return {
    transform: 'own-writable-paths',
    outcome: i % 2 === 0 ? 'todo' : 'fixed',
    line: i + 1,
    column: 1,
    message: `grants write access to /srv/a${i}`,
    hint: 'name another with --writable',
    evidence: [{ source: 'observed', subject: `/srv/a${i}`, detail: 'the image writes it' }],
  }
}

function profile(kind: string, work: (profile: Profile) => void): Input {
  return {
    name: `profile ${kind}: of many places, volumes, ports and variables`,
    prepare: (n) => {
      const made = largeProfile(n)
      return { bytes: JSON.stringify(made).length, work: () => work(made) }
    },
    bound: bounds.volumes,
  }
}

export function largeProfile(n: number): Profile {
  const each = <T>(make: (i: number) => T): readonly T[] => Array.from({ length: n }, (_, i) => make(i))
  return {
    target: 'x:1',
    kind: 'image',
    image: { original: 'x:1', derived: true, name: 'x-nonroot:1', chown: 'x:1' },
    root: false,
    user: { value: { name: 'app', uid: 101, gid: 101 }, known: 'measured' },
    anyUid: false,
    capabilities: { value: [], known: 'measured' },
    noNewPrivileges: { value: true, known: 'measured' },
    readOnly: { value: true, known: 'measured' },
    writable: each((i) => ({ kind: 'tmpfs', path: `/srv/w${i}`, uid: 0, gid: 101, mode: 0o1777, filled: false })),
    owned: each((i) => `/srv/o${i}`),
    volumes: each((i) => ({ path: `/srv/v${i}`, uid: 101, gid: 101, prepared: true })),
    ports: each((i) => ({ from: 1 + (i % 1000), to: 8000 + i, protocol: 'tcp' })),
    sysctls: {},
    env: Object.fromEntries(each((i) => [`A${i}`, 'b'] as const)),
    given: [],
    programs: ['x'],
    changes: [],
    asIs: null,
    running: [],
    notes: each((i) => `note ${i}`),
  }
}
