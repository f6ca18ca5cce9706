// Kubernetes' schemas are those of the package kubernetes-models, which is made from its published OpenAPI.
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { parseArguments } from '../../src/cli/arguments.ts'
import { shardOf } from '../../src/fleet/plan.ts'
import { expectKubernetes, expectRestricted } from '../manifests/schemas.ts'

const job = parse(readFileSync('examples/fleet/kubernetes-job.yaml', 'utf8'))

test('the Indexed Job fits the schema of Kubernetes, and is restricted', () => {
  expectKubernetes(job)
  expectRestricted(job.spec.template.spec)
  expect(() => expectKubernetes({ ...job, spec: { ...job.spec, completions: 'seven' } })).toThrow()
})

test('each of its pods has another shard, and all of them the plan', () => {
  const [{ command }] = job.spec.template.spec.containers
  const request = parseArguments(command.slice(1))
  if (request.kind !== 'fleet' || request.action !== 'run') throw new Error('it runs no shard')
  const shards = Array.from({ length: job.spec.completions }, (_, index) =>
    shardOf(request, { JOB_COMPLETION_INDEX: String(index) }),
  )
  expect(shards.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(new Set(shards.map(({ count }) => count))).toEqual(new Set([job.spec.completions]))
})

test('every call of the examples is one that the command line takes', () => {
  const texts = ['slurm-array.sh', 'github-matrix.yaml'].map((name) => readFileSync(`examples/fleet/${name}`, 'utf8'))
  const calls = texts.flatMap((text) =>
    [...text.matchAll(/harden-image (fleet [^\n&]+)/g)].map(([, call = '']) => call.trim()),
  )
  const words = calls.map((call) =>
    call
      .replace(/\$\{\{ matrix\.shard \}\}/g, '2')
      .replaceAll('"', '')
      .split(' '),
  )
  expect(words.map((argv) => parseArguments(argv).kind)).toEqual(calls.map(() => 'fleet'))
  expect(calls.length).toBe(4)
})
