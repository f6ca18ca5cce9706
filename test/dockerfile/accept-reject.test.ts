import { describe, expect, test } from '@jest/globals'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { HardenError } from '../../src/errors.ts'
import { accepted, refused } from './cases.ts'

function refusal(text: string): HardenError {
  try {
    parseDockerfile(text)
  } catch (error) {
    if (error instanceof HardenError) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('what BuildKit takes', () => {
  test.each(accepted)('$name', ({ text }) => {
    expect(parseDockerfile(text).stages.length).toBeGreaterThan(0)
  })
})

describe('what BuildKit refuses', () => {
  test.each(refused)('$name', ({ text }) => {
    const error = refusal(text)
    expect(error.code).toBe('not-a-dockerfile')
    expect(error.line).toBeGreaterThanOrEqual(1)
    expect(error.message).toMatch(/^line \d+: ./)
  })
})

describe('refusals say where and why', () => {
  test.each([
    ['FROM scratch\n\nFOO bar\n', 3, "unknown instruction 'FOO'", 'spelling'],
    ['FROM {{ .Base }}\nRUN a\n', 1, 'FROM takes an image', 'template'],
    ['FROM scratch\nRUN a \\\n# c\n  b\n{{ x }}\n', 5, "unknown instruction '{{'", 'template'],
    ['@BASE@\n', 1, "unknown instruction '@BASE@'", 'template'],
    ['ARG A\nUSER 1\n', 2, 'USER stands before the first FROM', ''],
    ['FROM scratch\nRUN true\nRUN <<EOF\na\n', 3, 'the heredoc <<EOF is not terminated', 'just EOF'],
    ['# escape=`\n# escape=`\nFROM a\n', 2, "the parser directive 'escape' stands twice", 'keep one'],
    ['FROM scratch\nCOPY --user=1 a b\n', 2, 'COPY has no flag --user', ''],
    ['FROM scratch\nCMD [1]\n', 2, 'may hold strings only', 'quote every item'],
    ['\n\nARG A\n', 3, 'no FROM', ''],
  ])('%j', (text, line, reason, hint) => {
    const error = refusal(text)
    expect(error.line).toBe(line)
    expect(error.message).toContain(reason)
    expect(error.hint ?? '').toContain(hint)
  })
})
