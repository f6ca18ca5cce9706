// Every folder below test/transforms/NAME and test/harden/cases is a case; see support/cases.ts for what is in it.
import { describe, expect, test } from '@jest/globals'
import { transforms } from '../../transforms/index.ts'
import { type Case, describeResult, hardenText, pipelineCases, transformCases, update } from './support/cases.ts'

const all = [...transformCases(), ...pipelineCases()]

describe.each(all.map((one) => [one.path, one] as const))('%s', (_, one: Case) => {
  test('comes out as it should', () => {
    const result = hardenText(one.before, one.facts)
    if (process.env.UPDATE_CASES === '1') return update(one, result)
    expect(result.output).toBe(one.after ?? one.before)
    if (one.findings !== null) expect(describeResult(result, one.transform)).toBe(one.findings)
  })

  test('is unchanged only where nothing changes', () => {
    const { verdict, changed } = hardenText(one.before, one.facts)
    expect(verdict === 'unchanged' && changed).toBe(false)
  })

  test('a second run changes nothing', () => {
    const text = one.after ?? one.before
    const again = hardenText(text, one.facts)
    expect(again.output).toBe(text)
    expect(again.changed).toBe(false)
  })

  test('says all in the name of a transform', () => {
    const names = transforms.map((transform) => transform.name)
    for (const { transform } of hardenText(one.before, one.facts).findings) expect(names).toContain(transform)
  })

  test('is about what it is named for', () => {
    if (one.transform === null) {
      expect(one.findings).not.toBeNull()
      return
    }
    // A case with findings may show that it has nothing to say.
    if (one.after === null || one.findings !== null) return
    const result = hardenText(one.before, one.facts)
    expect(result.findings.map((finding) => finding.transform)).toContain(one.transform)
  })
})

test('no case is of a transform that does not exist', () => {
  const names = transforms.map((transform) => transform.name)
  expect(transformCases().filter((one) => !names.includes(one.transform ?? ''))).toEqual([])
})

test.each(transforms.map((transform) => transform.name))('%s has cases', (name) => {
  const own = transformCases().filter((one) => one.transform === name)
  expect(own.map((one) => one.name)).toContain('basic')
  expect(own.some((one) => one.after !== null || one.findings !== null)).toBe(true)
})
