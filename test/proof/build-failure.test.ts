import { expect, test } from '@jest/globals'
import { buildFailure } from '../../src/engine/failure.ts'

/** What buildx prints in plain progress; `repeated` stands again at its end. */
function output(repeated: readonly string[]): string {
  return [
    '#6 [3/3] RUN make install',
    '#6 0.214 make: *** No rule to make target',
    '#7 [internal] load metadata',
    '#7 0.310 of no interest',
    '#6 ERROR: process "/bin/sh -c make install" did not complete successfully: exit code: 2',
    '------',
    ' > [3/3] RUN make install:',
    ...repeated,
    '------',
    'Dockerfile:5',
    'ERROR: failed to solve: process "/bin/sh -c make install" did not complete successfully: exit code: 2',
    '',
  ].join('\n')
}

test.each([
  ['that are repeated at the end', ['0.214 make: *** No rule to make target']],
  ['that came too late to be repeated', []],
  ['that end as those of a terminal', ['0.214 make: *** No rule to make target\r']],
])('the last words of the step that failed: those %s', (_, repeated) => {
  const { message, line } = buildFailure('docker', output(repeated))
  expect(message).toBe('the build failed at [3/3] RUN make install: exit code: 2\n  make: *** No rule to make target')
  expect(line).toBe(5)
})

test('where the build looked for what it copies, and what a FROM has no value for', () => {
  const copied = output([])
    .replaceAll('RUN make install', 'COPY nope /x')
    .replaceAll('exit code: 2', '"/nope": not found')
  expect(buildFailure('docker', copied, 'services/api').hint).toMatch(/^its build context is services\/api: --context/)
  expect(buildFailure('docker', copied).hint).toBeUndefined()
  const blank = `Dockerfile:2\nERROR: failed to solve: base name ($BASE) should not be blank\n`
  expect(buildFailure('docker', blank, '.').hint).toMatch(/^--build-arg BASE=VALUE/)
  expect(buildFailure('docker', output([]), '.').hint).toBeUndefined()
})
