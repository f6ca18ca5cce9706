// What is decided is data, and where its lines go follows from what it needs.
import { describe, expect, test } from '@jest/globals'
import { hardenDockerfile } from '../../src/app/harden.ts'
import { catalogueKnowledge, stageInputs } from '../../src/app/stage-inputs.ts'
import { type Dockerfile, parseDockerfile, type Stage } from '../../src/dockerfile/index.ts'
import { harden } from '../../src/index.ts'
import { decide, needsRoot } from '../../src/plan/plan.ts'
import { defaultPolicy, type Policy } from '../../src/plan/stage-input.ts'
import type { Transform } from '../../src/transform.ts'
import { insertLines, placeOf } from '../../transforms/edits/placement.ts'
import { transforms } from '../../transforms/index.ts'

const ENDS_AS_ROOT = 'FROM scratch\nUSER 7:7\nCOPY x /x\nUSER root\nCMD ["/x"]\n'

function planned(source: string, more: readonly Transform[] = [], asked: Partial<Policy> = {}) {
  const policy = { ...defaultPolicy, ...asked }
  const dockerfile = parseDockerfile(source)
  const stages = stageInputs(dockerfile, policy, {
    ...catalogueKnowledge,
    bases: new Map(),
    built: new Map(),
    observations: new Map(),
  })
  return hardenDockerfile({
    target: 'Dockerfile',
    kind: 'dockerfile',
    dockerfile,
    stages,
    policy,
    transforms: [...transforms, ...more],
  })
}

describe('a stage that says root at its end', () => {
  test('loses that line where nothing has to be done as root', () => {
    const { plan, result } = planned(ENDS_AS_ROOT)
    expect(plan.stages[0]?.decisions.filter((decision) => decision.needsRoot)).toEqual([])
    expect(plan.stages[0]?.end?.replace).toBe(true)
    expect(result.output).not.toContain('USER root')
  })

  test('keeps it above the lines of a decision that needs root, and USER comes below them', () => {
    const { plan, result } = planned(ENDS_AS_ROOT.replace('FROM scratch', 'FROM debian:12'), [], {
      writable: ['/data'],
    })
    expect(plan.stages[0]?.decisions.filter((decision) => decision.needsRoot).map(({ kind }) => kind)).toContain(
      'grant',
    )
    expect(plan.stages[0]?.end?.replace).toBe(false)
    const lines = result.output.split('\n')
    const at = (text: string) => lines.findIndex((line) => line.includes(text))
    expect(at('USER root')).toBeLessThan(at('install -d'))
    expect(lines.findLastIndex((line) => line.startsWith('USER '))).toBeGreaterThan(at('install -d'))
  })
})

describe('the lines of a decision', () => {
  const place = (dockerfile: Dockerfile, stage: Stage, kind: Parameters<typeof needsRoot>[0]): number =>
    placeOf(dockerfile, stage, { line: 2, rootBefore: false, replace: false }, kind).offset
  const dockerfile = parseDockerfile(ENDS_AS_ROOT)
  const stage = dockerfile.stages[0] as Stage

  test.each(['make-account', 'edit-file', 'drop-capabilities', 'grant'] as const)(
    '%s go below the line that says root',
    (kind) => {
      expect(needsRoot(kind)).toBe(true)
      const { source } = dockerfile
      expect(source.slice(0, place(dockerfile, stage, kind))).toMatch(/USER root\n$/)
    },
  )

  test('of a transform that nobody knows yet stand where its decision says', () => {
    const touch: Transform = {
      name: 'touch-root',
      summary: 'Do something as root.',
      *run(dockerfile, { stage, plan }) {
        const lines = ['RUN touch /by-root']
        yield {
          outcome: 'fixed',
          line: 1,
          column: 1,
          message: 'touches',
          evidence: [],
          edits: [insertLines(dockerfile, placeOf(dockerfile, stage, plan.end, 'grant'), lines)],
        }
      },
    }
    const { result } = planned('FROM debian:12\nUSER 7:7\nUSER root\nVOLUME /data\nCMD ["/x"]\n', [touch])
    const lines = result.output.split('\n')
    expect(lines.indexOf('RUN touch /by-root')).toBeLessThan(lines.findLastIndex((line) => line.startsWith('USER ')))
    expect(lines.indexOf('RUN touch /by-root')).toBeGreaterThan(lines.indexOf('USER root'))
  })
})

test('decisions are data: they survive JSON as they are', () => {
  const { plan } = planned('FROM nginx:latest\nVOLUME /data\n')
  expect(plan.stages[0]?.decisions.length).toBeGreaterThan(3)
  expect(JSON.parse(JSON.stringify(plan.stages[0]?.decisions))).toEqual(plan.stages[0]?.decisions)
})

test('a decision carries the evidence of what it decides', () => {
  const evidence = [{ source: 'given', subject: '/x', detail: 'asked for' }] as const
  expect(decide('grant', [{ path: '/x', kind: 'own-file', evidence }])).toEqual([
    { kind: 'grant', value: { path: '/x', kind: 'own-file', evidence }, needsRoot: true, evidence },
  ])
})

describe('the ports of a report', () => {
  const portsOf = (dockerfile: string, policy = {}) => harden({ dockerfile, policy }).ports

  test('are those that moved', () => {
    expect(portsOf('FROM nginx:latest\n')).toEqual([{ from: 80, to: 8080, protocol: 'tcp' }])
    expect(portsOf('FROM nginx:latest\n', { preferVendor: true })).toEqual([{ from: 80, to: 8080, protocol: 'tcp' }])
  })

  test('are those that stay below 1024, with nothing to go to', () => {
    expect(portsOf('FROM debian:12\nEXPOSE 53/udp 53 8080\nCMD ["/x"]\n')).toEqual([
      { from: 53, to: null, protocol: 'udp' },
      { from: 53, to: null, protocol: 'tcp' },
    ])
    expect(portsOf('FROM nginx:latest\n', { ports: 'keep' })).toEqual([{ from: 80, to: null, protocol: 'tcp' }])
  })

  test('are none where the change is only offered, or nothing is changed', () => {
    expect(portsOf('FROM debian:12\nEXPOSE 80\nUSER 7:7\nCMD ["/x"]\n')).toEqual([])
  })
})
