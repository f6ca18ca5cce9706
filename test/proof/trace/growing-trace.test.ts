import { Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { growingTrace } from '../../../src/proof/trace/growing-trace.ts'
import { entry } from './support/tar.ts'

const OPTIONS = { cwd: '/srv', uid: 0, gid: 0, ignore: '/.harden-trace' }
const tar = (...lines: readonly string[]): Readable => Readable.from([entry('0', lines.join('\n'))])

const FIRST = '1     1000.000000 chdir("/data") = 0'
const BEGUN = '1     1001.000000 openat(AT_FDCWD, "a", O_RDONLY <unfinished ...>'
const RESUMED = '1     1002.000000 <... openat resumed>) = 3</data/a>'
const AGAIN = '1     1003.000000 openat(AT_FDCWD, "a", O_RDONLY) = 4</data/a>'

test('what has come since the last time is read with all that was known by then', async () => {
  const trace = growingTrace(OPTIONS)
  expect(trace.soFar({})).toBeNull()
  await trace.readOn(tar(FIRST, BEGUN, RESUMED.slice(0, 20)))
  expect(trace.soFar({})?.operations.map(({ access }) => access)).toEqual(['traverse'])
  await trace.readOn(tar(FIRST, BEGUN, RESUMED, AGAIN, ''))
  const now = trace.soFar({ since: 1003 })
  expect(now?.operations.map(({ access, path, times }) => ({ access, path, times }))).toEqual([
    { access: 'traverse', path: '/data', times: undefined },
    { access: 'read', path: '/data/a', times: 2 },
  ])
  expect(now?.within.map(({ path, times }) => [path, times])).toEqual([['/data/a', undefined]])
})

test('a folder that is reached step by step, deeper than any path, is lost, and that is said', async () => {
  const deep = growingTrace(OPTIONS)
  const steps = Array.from({ length: 5000 }, (_, i) => `1     1000.${String(i).padStart(6, '0')} chdir("d") = 0`)
  await deep.readOn(tar(...steps, ''))
  const now = deep.soFar({})
  expect(now?.lost).toBeGreaterThan(0)
  expect(Math.max(...(now?.operations ?? []).map(({ path }) => path?.length ?? 0))).toBeLessThan(4096)
})
