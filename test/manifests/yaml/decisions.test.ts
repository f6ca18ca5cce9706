// Comments above a key of YAML that leave something to a person, and what becomes of them when a run has passed.
import { expect, test } from '@jest/globals'
import { DECIDE } from '../../../src/decisions.ts'
import { decisionsAbove, withDecisions } from '../../../src/manifests/left-to-decide.ts'
import { parseYaml } from '../../../src/manifests/yaml/file.ts'

const web = { document: 0, path: ['services', 'web'] }
const service = '  web:\n    image: web\n'

function written(text: string, todos: readonly (readonly [message: string, isProvable: boolean])[], isProved = false) {
  const all = todos.map(([message, isProvable]) => ({ message, isProvable }))
  return withDecisions(parseYaml(text, 'compose.yaml'), [{ ...web, todos: all, isProved }])
}

test('what a run would answer says so, and goes with a run that has passed', () => {
  const before = `services:\n${service}`
  const once = written(before, [
    ['a script runs chown in line 3', true],
    ['name the port', false],
  ])
  expect(once).toBe(
    `services:\n  ${DECIDE}a script runs chown in line 3 (or prove it)\n  ${DECIDE}name the port\n${service}`,
  )
  expect(written(once, [['a script runs chown in line 5', true]])).toBe(once)
  expect(written(once, [], true)).toBe(`services:\n  ${DECIDE}name the port\n${service}`)
  expect(written(once, [['a script runs chown in line 3', true]], true)).toBe(once)
  expect(decisionsAbove(parseYaml(once, 'compose.yaml'), web).map(({ line }) => line)).toEqual([2, 3])
})
