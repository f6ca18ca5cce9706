import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  allInstructions,
  type Dockerfile,
  type Instruction,
  parseDockerfile,
  type Span,
  shellCommands,
  stageWalks,
} from '../../src/dockerfile/index.ts'
import { sourceOffset } from '../../src/dockerfile/words.ts'
import { HardenError } from '../../src/errors.ts'
import { dockerfileText, mutatedText } from './arbitrary.ts'
import { slice } from './support.ts'

/** As often as `npm run fuzz` says. */
function runs(usual: number): number {
  return Number(process.env.FUZZ_RUNS ?? usual)
}

/** The model, or null for a refusal; anything else thrown fails the test. */
function read(text: string): Dockerfile | null {
  try {
    return parseDockerfile(text)
  } catch (error) {
    if (error instanceof HardenError && error.code === 'not-a-dockerfile' && error.line !== undefined) return null
    throw error
  }
}

function inside(inner: Span, outer: Span): boolean {
  return outer.start <= inner.start && inner.start <= inner.end && inner.end <= outer.end
}

function checkInstruction(dockerfile: Dockerfile, instruction: Instruction): void {
  const { source } = dockerfile
  expect(inside(instruction.span, instruction.lines)).toBe(true)
  expect(inside(instruction.keywordSpan, instruction.span)).toBe(true)
  expect(inside(instruction.rest, instruction.span)).toBe(true)
  expect(instruction.text).not.toMatch(/^[ \t\r]|[ \t\r]$/)
  const joined = Array.from(
    { length: instruction.text.length },
    (_, at) => source[sourceOffset(instruction.pieces, at)],
  )
  expect(joined.join('')).toBe(instruction.text)
  for (const flag of instruction.flags) {
    expect(inside(flag.span, instruction.span)).toBe(true)
    expect(slice(dockerfile, flag.span)?.startsWith('--')).toBe(true)
  }
  for (const item of instruction.json ?? []) {
    expect(slice(dockerfile, item.span)).toMatch(/^"[\s\S]*"$/)
    expect(inside(item.span, instruction.rest)).toBe(true)
  }
  for (const word of instruction.words) {
    expect(inside(word.span, instruction.rest)).toBe(true)
    expect(source[word.span.start]).toBe(word.text[0])
    expect(source[word.span.end - 1]).toBe(word.text.at(-1))
  }
  for (const heredoc of instruction.heredocs) {
    expect(slice(dockerfile, heredoc.contentSpan)).toBe(heredoc.content)
    expect(slice(dockerfile, heredoc.span)).toContain('<<')
  }
  if (instruction.onbuild !== null) checkInstruction(dockerfile, instruction.onbuild)
}

function checkModel(dockerfile: Dockerfile): void {
  const { source } = dockerfile
  let at = 0
  let outside = ''
  for (const instruction of allInstructions(dockerfile)) {
    checkInstruction(dockerfile, instruction)
    expect(instruction.lines.start).toBeGreaterThanOrEqual(at)
    outside += source.slice(at, instruction.lines.start)
    at = instruction.lines.end
  }
  outside += source.slice(at)
  // Whatever is no instruction is a comment, a directive or blank.
  for (const line of outside.replace(/^\ufeff/, '').split('\n')) expect(line.trim()).toMatch(/^(?:#[\s\S]*)?$/)
  for (const comment of dockerfile.comments) expect(slice(dockerfile, comment.span)).toBe(comment.text)
}

test('generated Dockerfiles are read, and every place in the model is right', () => {
  fc.assert(
    fc.property(dockerfileText, (text) => {
      const dockerfile = parseDockerfile(text)
      expect(dockerfile.source).toBe(text)
      checkModel(dockerfile)
    }),
    { numRuns: runs(400) },
  )
})

test('damaged Dockerfiles are read rightly or refused', () => {
  fc.assert(
    fc.property(mutatedText, (text) => {
      const dockerfile = read(text)
      if (dockerfile !== null) checkModel(dockerfile)
    }),
    { numRuns: runs(800) },
  )
})

const noise = fc.array(
  fc.constantFrom(
    'FROM',
    'RUN',
    ' ',
    '\n',
    '\\',
    '"',
    "'",
    '[',
    ']',
    '<<E',
    'E',
    '#',
    '$',
    '{',
    '}',
    ':-',
    '--a',
    '=',
    ',',
    '`',
    '\r',
    '\0',
    '\ufeff',
    'ä',
    '\ud83d',
  ),
)

test('no text makes the parser throw anything but a refusal', () => {
  const any = fc.oneof(
    fc.string({ unit: 'binary' }),
    noise.map((parts) => parts.join('')),
    noise.map((parts) => `FROM a\nRUN ${parts.join('')}`),
    noise.map((parts) => `FROM a${parts.join('')}\nONBUILD COPY ${parts.join('')}\n`),
  )
  fc.assert(
    fc.property(any, (text) => {
      const dockerfile = read(text)
      if (dockerfile !== null) checkModel(dockerfile)
    }),
    { numRuns: runs(3000) },
  )
})

test('what is read further never throws: shell commands, state of the stages', () => {
  fc.assert(
    fc.property(mutatedText, (text) => {
      const dockerfile = read(text)
      if (dockerfile === null) return
      for (const instruction of allInstructions(dockerfile)) {
        const script = shellCommands(instruction)
        if (script.kind !== 'parsed') continue
        for (const command of script.commands) expect(inside(command.span, instruction.span)).toBe(true)
      }
      const unknown = () => ({ known: false as const, reason: 'no engine' })
      for (const stage of dockerfile.stages) expect(stageWalks(dockerfile, unknown).end(stage.index).user).toBeDefined()
    }),
    { numRuns: runs(400) },
  )
})

test('deeply nested and very long text ends in time', () => {
  const started = process.cpuUsage()
  for (const text of [
    `FROM a\nRUN cat <<E ${`\${a:-`.repeat(50_000 / 5)}\n`.slice(0, 60_000),
    `FROM a\nRUN ${'$('.repeat(20_000)}\n`,
    `FROM a\n${'RUN a << b\n'.repeat(5_000)}`,
    `FROM a\n${'ENV a=$a$a b="c"\n'.repeat(20)}${'RUN a \\\n'.repeat(20_000)}b\n`,
    `FROM a\n${'# c\n'.repeat(50_000)}USER 1\n`,
    `FROM ${`\${a:-`.repeat(5_000)}\n`,
    `FROM a\nCMD ${'['.repeat(30_000)}\n`,
    `FROM a AS s0\n${Array.from({ length: 1_000 }, (_, index) => `FROM s${index} AS s${index + 1}\n`).join('')}`,
  ]) {
    const dockerfile = read(text)
    if (dockerfile === null) continue
    for (const instruction of allInstructions(dockerfile)) shellCommands(instruction)
  }
  // Of the processor's time: a busy machine takes longer and is no bug.
  expect(process.cpuUsage(started).user / 1000).toBeLessThan(10_000)
})
