import { describe, expect, test } from '@jest/globals'
import { startErrors } from '../../src/engine/failure.ts'

const daemon = 'Error response from daemon: '

describe('a container that does not start', () => {
  test.each([
    'unable to find user ghost: no matching entries in passwd file',
    'unable to find group ghosts: no matching entries in group file',
    'OCI runtime create failed: exec: "/nope": stat /nope: no such file or directory',
  ])('by its own fault: %s', (text) => {
    const errors = startErrors('docker')
    errors.add('c1', `${daemon}${text}`)
    expect(errors.of('c1')).toContain(text)
  })

  test("by the engine's", () => {
    expect(() => startErrors('docker').add('c1', `${daemon}address already in use`)).toThrow(/could not start/)
  })
})
