// What must hold for every Dockerfile: generated ones with every feature, and damaged versions of the cases.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Edit } from '../../src/edit.ts'
import { HardenError } from '../../src/errors.ts'
import type { Transform } from '../../src/transform.ts'
import { transforms } from '../../transforms/index.ts'
import { dockerfileText, mutatedText } from '../dockerfile/arbitrary.ts'
import { appBases, appText } from './support/arbitrary-app.ts'
import { type Case, hardenText, pipelineCases, transformCases } from './support/cases.ts'
import type { FactsFile } from './support/facts.ts'

const cases = [...transformCases(), ...pipelineCases()]
const RUNS = { numRuns: Number(process.env.FUZZ_RUNS ?? 300) }
const policy = fc.constantFrom<FactsFile['policy']>(
  {},
  { user: 'web' },
  { user: '20000:33' },
  { writable: ['/data', "/it's"] },
  { ports: 'keep' },
  { own: 'workdir', unsafe: true },
)

/** A line that is put in, doubled or taken out: what a hand that edits in a hurry does. */
const change = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('drop', 'double', 'insert', 'cut', 'crlf', 'lower'),
  line: fc.constantFrom(
    'USER root',
    'USER 1000',
    'VOLUME /data',
    'EXPOSE 80 443/udp',
    'ENV PORT=80 HOME=/root',
    'HEALTHCHECK CMD curl localhost',
    'CMD ["app", "-p", "80"]',
    'ENTRYPOINT exec app',
    'FROM debian:trixie-slim AS other',
    'FROM scratch',
    'COPY --from=0 a /b',
    'ARG X',
    'ONBUILD RUN x',
    '# a comment',
    '',
    'RUN a \\',
  ),
})

const damagedCase = fc
  .tuple(fc.constantFrom(...cases), fc.array(change, { minLength: 1, maxLength: 4 }))
  .map(([one, changes]) => ({ one, text: changes.reduce(damage, one.before) }))

function damage(text: string, { at, kind, line }: { at: number; kind: string; line: string }): string {
  const lines = text.split('\n')
  const index = at % lines.length
  switch (kind) {
    case 'drop':
      return lines.toSpliced(index, 1).join('\n')
    case 'double':
      return lines.toSpliced(index, 0, lines[index] ?? '').join('\n')
    case 'insert':
      return lines.toSpliced(index + 1, 0, line).join('\n')
    case 'cut':
      return text.slice(0, at % (text.length + 1))
    case 'crlf':
      return text.replace(/\r?\n/g, '\r\n')
    default:
      return text.replace(/^[A-Z]+(?= )/gm, (word) => word.toLowerCase())
  }
}

/** Everything at once; a text that is no Dockerfile is an error with a code, and nothing else is thrown. */
function check(text: string, facts: FactsFile): void {
  const edits: Edit[] = []
  const first = attempt(text, facts, recording(edits))
  if (first === null) return
  expect(remains(text, first, edits)).toBeNull()
  const crlf = /\r\n/.test(text) && !/[^\r]\n|^\n/.test(text)
  if (crlf) expect(first).not.toMatch(/[^\r]\n/)
  if (!text.includes('\r')) expect(first).not.toContain('\r')
  // It parses again, and there is nothing left to do.
  expect(attempt(first, facts, transforms)).toBe(first)
}

function attempt(text: string, facts: FactsFile, pipeline: readonly Transform[]): string | null {
  try {
    return hardenText(text, facts, pipeline).output
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
    // Two edits of one text are a bug of a transform, not of the user.
    expect(error.code).not.toBe('conflicting-edits')
    return null
  }
}

function recording(edits: Edit[]): readonly Transform[] {
  return transforms.map((transform) => ({
    ...transform,
    *run(dockerfile, context) {
      for (const finding of transform.run(dockerfile, context)) {
        edits.push(...finding.edits)
        yield finding
      }
    },
  }))
}

/** The first line that no edit asked to change and that is not in the result, in its order; null: all are. */
function remains(text: string, result: string, edits: readonly Edit[]): string | null {
  const after = linesOf(result)
  let next = 0
  let start = 0
  for (const line of linesOf(text)) {
    const end = start + line.length
    const touched = edits.some((edit) => edit.start < end && edit.end > start && !isBetween(edit, start))
    // A last line gets its line end when something follows it, and loses a continuation that continues nothing.
    const loose = end === text.length || /[\\`]\s*$/.test(line)
    start = end
    if (touched || loose) continue
    const found = after.indexOf(line, next)
    if (found < 0) return line
    next = found + 1
  }
  return null
}

/** Lines put in above a line change nothing of it. */
function isBetween(edit: Edit, start: number): boolean {
  return edit.start === edit.end && edit.start <= start
}

function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** Facts of bases that the damaged text no longer names are left out. */
function factsFor(text: string, one: Case, flags: FactsFile['policy']): FactsFile {
  const bases = Object.fromEntries(
    Object.entries(one.facts.bases ?? {}).filter(([reference]) =>
      new RegExp(`^\\s*from .*${reference}`, 'im').test(text),
    ),
  )
  return { ...one.facts, bases, policy: { ...one.facts.policy, ...flags } }
}

test('generated Dockerfiles keep every promise', () => {
  fc.assert(
    fc.property(dockerfileText, policy, (text, flags) => check(text, { policy: flags ?? {} })),
    RUNS,
  )
}, 900_000)

test('generated Dockerfiles, damaged', () => {
  fc.assert(
    fc.property(mutatedText, policy, (text, flags) => check(text, { policy: flags ?? {} })),
    RUNS,
  )
}, 900_000)

test('applications with every feature', () => {
  fc.assert(
    fc.property(appText, policy, (text, flags) => {
      const bases = Object.fromEntries(Object.entries(appBases).filter(([name]) => text.includes(`FROM ${name}`)))
      check(text, { bases, policy: flags ?? {} })
    }),
    RUNS,
  )
}, 900_000)

test('the cases, damaged', () => {
  fc.assert(
    fc.property(damagedCase, policy, ({ one, text }, flags) => {
      try {
        check(text, factsFor(text, one, flags))
      } catch (error) {
        if (error instanceof Error && /which no FROM names/.test(error.message)) return
        throw error
      }
    }),
    RUNS,
  )
}, 900_000)
