import { expect, test } from '@jest/globals'
import { bounds } from '../../src/bounds.ts'
import { buildFailure, failureOf } from '../../src/engine/failure.ts'

test.each([
  ['max depth exceeded', 'the image has more layers than docker takes: max depth exceeded', 'make fewer of them'],
  ['write /x: no space left on device', "the engine's disk is full: ", 'docker system prune'],
])('%s: with what to do', (stderr, message, hint) => {
  const failure = failureOf('docker', 'load deep:1', stderr)
  expect(failure.message).toContain(message)
  expect(failure.hint).toContain(hint)
})

test('only the end of what an engine prints is looked through', () => {
  const reason = 'write /x: no space left on device'
  const said = 'another line\n'
  const longer = said.repeat(bounds.failureLength / said.length + 1)
  expect(failureOf('docker', 'load deep:1', `${reason}\n${longer}`).hint).toBeUndefined()
  expect(failureOf('docker', 'load deep:1', `${longer}${reason}`).hint).toContain('docker system prune')
})

test('a builder that ends in the midst of a build is none that answers, whatever a step prints', () => {
  const gone = 'failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF'
  const steps = '#5 [2/2] RUN make\n#5 0.2 ERROR: failed to dial: rpc error: code = Unavailable\n'
  expect(buildFailure('docker', `${steps}ERROR: ${gone}\n`)).toMatchObject({
    code: 'no-engine',
    message: `what builds has gone away: ${gone}`,
  })
  expect(buildFailure('docker', `${steps}ERROR: failed to solve: exit code: 2\n`).code).toBe('build-failed')
})
