import { expect, test } from '@jest/globals'
import { failureOf } from '../../src/engine/failure.ts'

test.each([
  ['max depth exceeded', 'the image has more layers than docker takes: max depth exceeded', 'make fewer of them'],
  ['write /x: no space left on device', "the engine's disk is full: ", 'docker system prune'],
])('%s: with what to do', (stderr, message, hint) => {
  const failure = failureOf('docker', 'load deep:1', stderr)
  expect(failure.message).toContain(message)
  expect(failure.hint).toContain(hint)
})
