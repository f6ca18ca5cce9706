import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  inPlanOrder,
  linesOfShard,
  type PlanLine,
  parsePlanLine,
  planText,
  shardOf,
  weightOf,
} from '../../src/fleet/plan.ts'
import { tool } from '../../src/report/report.ts'

function line(number: number, weight = 1): PlanLine {
  return {
    tool,
    repository: null,
    from: 'repos',
    target: `repos/${number}/Dockerfile`,
    kind: 'dockerfile',
    path: `repos/${number}/Dockerfile`,
    context: `repos/${number}`,
    arguments: ['--offline'],
    images: {},
    weight,
    key: number.toString(16).padStart(64, '0'),
  }
}

test('a plan is the same bytes in whatever order its targets were found, each once', () => {
  const lines = [line(3), line(1), line(2)]
  expect(planText(lines)).toBe(planText([...lines.toReversed(), line(1)]))
  const texts = planText(lines).trimEnd().split('\n')
  expect(texts.map((text) => parsePlanLine(text, 'here'))).toEqual(inPlanOrder(lines))
})

test('every target is in one shard, and no shard has much more to do than another one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 2000 }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 12 }),
      (weights, count) => {
        const lines = weights.map((weight, index) => line(index, weight))
        const shards = Array.from({ length: count }, (_, at) => linesOfShard(lines, { index: at + 1, count }))
        expect(inPlanOrder(shards.flat())).toEqual(inPlanOrder(lines))
        const loads = shards.map((shard) => shard.reduce((sum, { weight }) => sum + weight, 0))
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(Math.max(0, ...weights))
        expect(linesOfShard(lines.toReversed(), { index: 1, count })).toEqual(shards[0])
      },
    ),
  )
})

test('a proof weighs more than any plan, and a project as much as its services', () => {
  const target = { isRun: false, size: 4096, contextBytes: 0, services: 1 }
  expect(weightOf(target)).toBe(2)
  expect(weightOf({ ...target, isRun: true, contextBytes: 5 * 1024 * 1024 })).toBe(1005)
  expect(weightOf({ ...target, isRun: true, services: 3 })).toBe(3000)
})

test.each([
  ['{', 'it is not JSON'],
  ['[]', 'it is no object'],
  ['{}', 'it has no tool'],
  [
    JSON.stringify({ ...line(1), tool: 'harden-image 0.0.1' }),
    `it was made by harden-image 0.0.1, and this is ${tool}`,
  ],
  [JSON.stringify({ ...line(1), key: '../../etc/passwd' }), 'its key is not 64 hex digits'],
  [JSON.stringify({ ...line(1), weight: 0 }), 'its weight is not a whole number above 0'],
  [JSON.stringify({ ...line(1), arguments: ['rm'] }), 'its arguments is not a list of flags'],
  [JSON.stringify({ ...line(1), more: 1 }), 'it has a field "more", which no plan has'],
  [`"${'x'.repeat(70_000)}"`, 'it is longer than 65536 characters'],
])('a line of a plan that is none is refused with its number: %.40s', (text, message) => {
  expect(() => parsePlanLine(text, 'plan.ndjson, line 7')).toThrow(`plan.ndjson, line 7: ${message}`)
})

const none = { shard: null, shards: null }

test.each([
  ['nothing', none, {}, '1/1'],
  ['--shard', { shard: '2/7', shards: null }, { CI_NODE_INDEX: '5', CI_NODE_TOTAL: '9' }, '2/7'],
  ['an Indexed Job, from 0', { shard: null, shards: 3 }, { JOB_COMPLETION_INDEX: '0' }, '1/3'],
  ['the last pod of it', { shard: null, shards: 3 }, { JOB_COMPLETION_INDEX: '2' }, '3/3'],
  [
    'an array of Slurm',
    none,
    { SLURM_ARRAY_TASK_ID: '6', SLURM_ARRAY_TASK_MIN: '4', SLURM_ARRAY_TASK_COUNT: '5' },
    '3/5',
  ],
  [
    'one with a step',
    none,
    { SLURM_ARRAY_TASK_ID: '8', SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_COUNT: '5', SLURM_ARRAY_TASK_STEP: '4' },
    '3/5',
  ],
  [
    'some tasks of an array, sent again',
    { shard: null, shards: 7 },
    { SLURM_ARRAY_TASK_ID: '5', SLURM_ARRAY_TASK_MIN: '3', SLURM_ARRAY_TASK_COUNT: '2' },
    '5/7',
  ],
  ['jobs of GitLab, from 1', none, { CI_NODE_INDEX: '1', CI_NODE_TOTAL: '4' }, '1/4'],
])('the shard of %s', (_, given, env, expected) => {
  const { index, count } = shardOf(given, env as Readonly<Record<string, string>>)
  expect(`${index}/${count}`).toBe(expected)
})

test.each([
  [{ shard: '0/3', shards: null }, {}, '--shard 0/3 is none of 3 shards'],
  [{ shard: '4/3', shards: null }, {}, '--shard 4/3 is none of 3 shards'],
  [{ shard: 'x', shards: null }, {}, '--shard x is no shard'],
  [{ shard: '1/2', shards: 2 }, {}, '--shard and --shards exclude each other'],
  [none, { JOB_COMPLETION_INDEX: '3' }, 'JOB_COMPLETION_INDEX is set, and nothing says how many there are'],
  [{ shard: null, shards: 3 }, { JOB_COMPLETION_INDEX: '3' }, 'JOB_COMPLETION_INDEX 3 is none of 3 shards'],
  [{ shard: null, shards: 3 }, { SLURM_ARRAY_TASK_ID: '0' }, 'SLURM_ARRAY_TASK_ID 0 is none of 3 shards'],
  [none, { SLURM_ARRAY_TASK_ID: 'one' }, 'SLURM_ARRAY_TASK_ID is not a number: "one"'],
  [{ shard: null, shards: 3 }, {}, '--shards 3 is given, and nothing says which of them this is'],
])('no part of a plan is guessed: %j %j', (given, env, message) => {
  expect(() => shardOf(given, env as Readonly<Record<string, string>>)).toThrow(message)
})
