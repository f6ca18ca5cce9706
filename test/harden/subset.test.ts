// What a reviewer accepts of a result: any part of it is a Dockerfile, none is worse than what was there.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { HardenError } from '../../src/errors.ts'
import { isRootUser } from '../../src/image/accounts.ts'
import { type ChangeSet, subset, unprepared, withNeeds } from '../../src/report/changes.ts'
import type { Hardened } from '../../src/report/report.ts'
import { transforms } from '../../transforms/index.ts'
import { appBases, appText } from './support/arbitrary-app.ts'
import { type Case, hardenCase, pipelineCases, transformCases } from './support/cases.ts'

const RUNS = { numRuns: Number(process.env.FUZZ_RUNS ?? 300) }

const hardened = (one: Pick<Case, 'before' | 'facts'>): Hardened => hardenCase(one.before, one.facts)
/** Those that there is a choice in. */
const cases = [...transformCases(), ...pipelineCases()].filter(({ after }) => after !== null)
const texts = fc.oneof(
  fc.constantFrom(...cases),
  appText.map((before): Pick<Case, 'before' | 'facts'> => {
    const bases = Object.entries(appBases).filter(([name]) => before.includes(`FROM ${name}`))
    return { before, facts: { bases: Object.fromEntries(bases) } }
  }),
)

/** A generated text may be none. */
function changesFrom(one: Pick<Case, 'before' | 'facts'>): ChangeSet {
  try {
    return hardened(one).changes
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
    fc.pre(false)
    throw error
  }
}

/** Of the stages that somebody wrote, the USER that each ends with. */
const usersOf = (text: string): readonly (string | null)[] =>
  parseDockerfile(text)
    .stages.filter(({ name }) => !isOurs(name ?? ''))
    .map(({ instructions }) => instructions.findLast(({ keyword }) => keyword === 'USER')?.text ?? null)

const isOurs = (name: string): boolean => name.startsWith('harden-image')

/** Of our own stages those that are copied from and are not there. */
const missingStages = (text: string): readonly string[] => {
  const { stages } = parseDockerfile(text)
  const copied = stages.flatMap(({ instructions }) =>
    instructions.flatMap(({ flags }) => flags.flatMap(({ name, value }) => (name === 'from' && value ? [value] : []))),
  )
  return copied.filter((name) => isOurs(name) && !stages.some((stage) => stage.name === name))
}

test('of each case everything gives the result, and nothing the text as it was', () => {
  for (const one of cases) {
    const { changes, result } = hardened(one)
    expect(subset(changes, changes.all.keys())).toBe(result.output)
    expect(subset(changes, [])).toBe(one.before)
  }
})

test('any subset of the changes parses, and has the stages of the text as it was', () => {
  fc.assert(
    fc.property(texts, fc.infiniteStream(fc.boolean()), (one, choice) => {
      const changes = changesFrom(one)
      const text = subset(changes, chosen(changes.all, choice))
      expect(usersOf(text)).toHaveLength(usersOf(one.before).length)
      expect(missingStages(text)).toEqual([])
    }),
    RUNS,
  )
})

test('no subset ends a stage as root that neither the text nor the whole change ends so', () => {
  fc.assert(
    fc.property(texts, fc.infiniteStream(fc.boolean()), (one, choice) => {
      const changes = changesFrom(one)
      const before = usersOf(one.before)
      const after = usersOf(subset(changes, chosen(changes.all, choice)))
      // A stage that goes on as root, since the one that it is built upon is changed, ended so by its base.
      const whole = usersOf(subset(changes, changes.all.keys()))
      // Without a USER of its own it ends as its base does, which may be somebody.
      for (const [stage, user] of after.entries())
        if (user !== null && isRootUser(user) && !isRootUser(whole[stage] ?? 'somebody'))
          expect(isRootUser(before[stage] ?? 'somebody')).toBe(true)
    }),
    RUNS,
  )
})

function chosen(all: readonly unknown[], choice: Iterator<boolean>): readonly number[] {
  return all.flatMap((_, index) => (choice.next().value ? [index] : []))
}

/** By the names of their transforms, in the case of that folder below test/transforms. */
function changesOf(path: string): { readonly changes: ChangeSet; of(name: string): number } {
  const one = cases.find((each) => each.path === `test/transforms/${path}`)
  if (one === undefined) throw new Error(`there is no case ${path}`)
  const { changes } = hardened(one)
  return { changes, of: (name) => changes.all.findIndex(({ finding }) => finding.transform === name) }
}

test('what a change needs comes along, and what needs nothing comes alone', () => {
  const { changes, of } = changesOf('own-writable-paths/basic')
  expect(of('create-user')).toBeGreaterThanOrEqual(0)
  expect(withNeeds(changes, [of('set-user')])).toEqual([of('create-user'), of('set-user')])
  expect(withNeeds(changes, [of('create-user')])).toEqual([of('create-user')])
  expect(withNeeds(changes, [999, -1])).toEqual([])
})

test('a USER without what was planned for it says what it goes without', () => {
  const { changes, of } = changesOf('own-writable-paths/basic')
  expect(unprepared(changes, [of('set-user')]).get(of('set-user'))).toContain(of('own-writable-paths'))
  expect(unprepared(changes, changes.all.keys()).size).toBe(0)
  expect(unprepared(changes, [of('create-user')]).size).toBe(0)
})

test('what a transform needs is the name of another one', () => {
  const names = new Set(transforms.map(({ name }) => name))
  for (const { name, needs = [] } of transforms)
    for (const other of needs) {
      expect(names).toContain(other)
      expect(other).not.toBe(name)
    }
})
