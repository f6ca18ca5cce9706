import { describe, expect, test } from '@jest/globals'
import { appendArguments } from '../../src/plan/ports/port-arguments.ts'

type Argv = string[] | null

describe('more words behind a command', () => {
  test.each<[string, Argv, Argv, Argv, Argv]>([
    ['a CMD', null, ['d'], null, ['d', '-p', '8080']],
    ['an ENTRYPOINT alone', ['d'], null, ['d'], ['-p', '8080']],
    ['a CMD of arguments', ['d'], ['-f'], ['d'], ['-f', '-p', '8080']],
    ['shell form', null, ['/bin/sh', '-c', 'd -f '], null, ['/bin/sh', '-c', 'd -f -p 8080']],
    ['an ENTRYPOINT in shell form', ['sh', '-c', 'exec d'], null, ['sh', '-c', 'exec d -p 8080'], null],
  ])('%s', (_, entrypoint, cmd, newEntrypoint, newCmd) => {
    expect(appendArguments({ entrypoint, cmd }, ['-p', '8080'])).toEqual({ entrypoint: newEntrypoint, cmd: newCmd })
  })

  test.each(['a && d', 'd > /log', 'd; sleep 1', 'd &', '( d )', 'd $OPTIONS'])('not where %s is the text', (text) => {
    expect(appendArguments({ entrypoint: null, cmd: ['sh', '-c', text] }, ['-p', '8080'])).toBeNull()
  })
})
