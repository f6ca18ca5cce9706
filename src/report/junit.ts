import { xmlText } from '../borders/html.ts'
import { allVisible } from '../borders/terminal.ts'
import type { Format, Rendering, RenderOptions } from './format.ts'
import { isDone, type LocatedFinding, levelOf, locatedFindings, messageOf, wholeMessage } from './located.ts'
import type { TargetResult } from './report.ts'
import { allFindings } from './services.ts'
import { counted, outcomeWord } from './summary.ts'

/**
 * JUnit's XML as Ant's task writes it, which is the narrowest of its dialects: a suite for each target, in which the verdict, each
 * finding but notes and questions, and each check of a proof is a test. Source: the XSD of Windy Road for Ant's JUnit report.
 */
export const junit: Format = {
  name: 'junit',
  tells: 'data',
  render(renderings, options) {
    const suites = renderings.map((rendering, id) => suite(allVisible(rendering), id, options))
    return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('')}</testsuites>\n`
  },
}

interface Case {
  readonly name: string
  /** Null where it passes. */
  readonly problem: {
    readonly tag: 'failure' | 'error'
    readonly type: string
    readonly message: string
    readonly text: string
  } | null
}

function suite(rendering: Rendering, id: number, options: RenderOptions): string {
  const { result } = rendering
  const located = locatedFindings([rendering])
  const notes = located.filter(({ finding }) => /^(note|question)$/.test(finding.outcome))
  const cases = [
    verdictCase(result),
    ...located.filter((one) => !notes.includes(one)).map((one) => findingCase(one, options)),
    ...[result, ...(result.services ?? [])].flatMap(proofCases),
  ]
  const count = (tag: string): number => cases.filter(({ problem }) => problem?.tag === tag).length
  const attributes = {
    package: 'harden-image',
    id,
    name: result.target.trim() || '-',
    // No clock: two runs of one tree are equal.
    timestamp: '1970-01-01T00:00:00',
    hostname: 'localhost',
    tests: cases.length,
    failures: count('failure'),
    errors: count('error'),
    time: 0,
  }
  const said = notes.map((note) => `${note.path}:${note.region.startLine}: ${wholeMessage(note, options)}\n`).join('')
  return [
    `  <testsuite ${attributesOf(attributes)}>`,
    '    <properties/>',
    ...cases.map((one) => caseElement(one, result.target)),
    `    <system-out>${xmlText(said)}</system-out>`,
    '    <system-err/>',
    '  </testsuite>\n',
  ].join('\n')
}

function verdictCase(result: TargetResult): Case {
  const { verdict, error } = result
  const name = 'verdict'
  if (error !== undefined) {
    const text = [error.message, error.hint ?? ''].filter(Boolean).join('\n')
    return { name, problem: { tag: 'error', type: error.code, message: error.message, text } }
  }
  if (verdict !== 'incomplete' && verdict !== 'needs-root') return { name, problem: null }
  const left = allFindings(result).filter(({ outcome }) => outcome === 'todo')
  const message = `${verdict}: ${counted(left.length, 'finding needs a decision', 'findings need a decision')}`
  const text = left.map((one) => one.message).join('\n')
  return { name, problem: { tag: 'failure', type: verdict, message, text } }
}

function findingCase(located: LocatedFinding, options: RenderOptions): Case {
  const { finding, path, region } = located
  const { transform, outcome } = finding
  const message = messageOf(located, options)
  const name = `${transform}: ${message} (${path}:${region.startLine})`
  if (levelOf(located, options) === 'note' || options.isKnown?.(located.fingerprint)) return { name, problem: null }
  const text = `${path}:${region.startLine}:${region.startColumn}\n${wholeMessage(located, options)}`
  return {
    name,
    problem: { tag: 'failure', type: `${transform} ${outcomeWord(outcome, isDone(located, options))}`, message, text },
  }
}

function proofCases({ target, proof }: TargetResult): readonly Case[] {
  if (proof === null) return []
  const failed = { tag: 'failure', type: 'prove' } as const
  const checks = proof.checks.map(({ name, baseline, result, passed }): Case => {
    const message = `was ${baseline}, is ${result}`
    return { name: `proof of ${target}: ${name}`, problem: passed ? null : { ...failed, message, text: message } }
  })
  // The schema has no word for what was not shown: a note says it.
  if (proof.reason !== undefined) return checks
  const text = proof.remarks.join('\n')
  const whole: Case = {
    name: `proof of ${target}`,
    problem: proof.passed ? null : { ...failed, message: 'the proof failed', text },
  }
  return [whole, ...checks]
}

function caseElement({ name, problem }: Case, target: string): string {
  const attributes = attributesOf({ name, classname: target, time: 0 })
  if (problem === null) return `    <testcase ${attributes}/>`
  const { tag, type, message, text } = problem
  return `    <testcase ${attributes}><${tag} ${attributesOf({ message, type })}>${xmlText(text)}</${tag}></testcase>`
}

function attributesOf(values: Readonly<Record<string, string | number>>): string {
  // A line break as it is would be a blank.
  const value = (text: string): string => xmlText(text).replace(/[\t\n\r]/g, (mark) => `&#${mark.charCodeAt(0)};`)
  return Object.entries(values)
    .map(([name, given]) => `${name}="${value(String(given))}"`)
    .join(' ')
}
