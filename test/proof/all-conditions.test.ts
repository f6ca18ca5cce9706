// What holds of all conditions: a row in docs/reference/checks.md, and a program in test/engine/cells.test.ts that fails it. A new one is
// a value in its file and a line in src/proof/conditions/index.ts; what is forgotten beside that is said here.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { CONDITIONS } from '../../src/proof/conditions/index.ts'

/** The name, or the title, of a test of cells.test.ts in which it fails. */
const FAILED_BY: Readonly<Record<string, string | null>> = {
  plain: "['only-works-for-root', [",
  'capabilities dropped, no new privileges': "['helps-itself-to-root', [",
  'the same, low ports refused': 'a low port in its code is had as Docker gives it',
  'read-only root': 'what is written where no mount can be fails with a read-only root, which does not count',
  'arbitrary uid, group 0': 'a program that must know its user is not hardened for any uid, and its own words say why',
  // No run of its own: in the run that is compared each volume is new, and what fails with it fails the proof.
  'fresh volume': null,
  'volume previously written as root': 'a volume: new it works; filled by root it does once it is given to the user',
  'the same volume, given to the user once': 'what a volume says of who filled it, no change of owner mends',
  'volume of a pod (fsGroup)': 'a volume of a pod is not its own: one that sets the mode of it fails there',
}

const names = CONDITIONS.map(({ name }) => name)
const rows = readFileSync('docs/reference/checks.md', 'utf8').split('\n')
const help = readFileSync('docs/how-to/when-a-proof-fails.md', 'utf8').split('\n')
const cells = readFileSync('test/engine/cells.test.ts', 'utf8')

test('each condition has a name of its own, and what fails it is of a condition', () => {
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  expect(Object.keys(FAILED_BY).filter((name) => !names.includes(name))).toEqual([])
})

describe.each(CONDITIONS)('the condition $name', (condition) => {
  const { name, summary } = condition

  test('says what fails there, and has a row in docs/reference/checks.md', () => {
    expect(summary).toMatch(/^\S.{9,}[^.]$/)
    if (!rows.some((row) => row.trim().startsWith(`| ${name} `)))
      throw new Error(
        `docs/reference/checks.md does not say what fails under "${name}": add a row to its table of conditions`,
      )
  })

  test('has a row that says what to do in docs/how-to/when-a-proof-fails.md', () => {
    expect(help.filter((row) => row.startsWith(`| ${name} `))).toHaveLength(1)
  })

  test('is failed by a program of cells.test.ts', () => {
    const by = FAILED_BY[name]
    if (by === undefined)
      throw new Error(
        `nothing shows that "${name}" can fail: add a program to cells.test.ts, and its test to FAILED_BY`,
      )
    expect(by === null || cells.includes(by)).toBe(true)
  })

  test('waits for one that stands before it', () => {
    const after = condition.when === 'end' ? condition.after : undefined
    expect(after === undefined || names.slice(0, names.indexOf(name)).includes(after)).toBe(true)
  })
})
