import { describe, expect, test } from '@jest/globals'
import { parseDockerfile, shellCommands } from '../../src/dockerfile/index.ts'
import { parseShellScript, type ShellCommand } from '../../src/shell/index.ts'
import { first, only, slice } from '../dockerfile/support.ts'

function commandsOf(text: string, keyword = 'RUN') {
  const dockerfile = parseDockerfile(`FROM scratch\n${text}`)
  const script = shellCommands(first(dockerfile, keyword))
  if (script.kind === 'unparsed') throw new Error(script.reason)
  return { dockerfile, commands: script.commands }
}

function inScript(text: string): readonly ShellCommand[] {
  const script = parseShellScript(text)
  if (script.kind === 'unparsed') throw new Error(script.reason)
  return script.commands
}

const values = ({ words }: ShellCommand) => words.map((word) => word.value)

test.each<[string, readonly (readonly (string | null)[])[]]>([
  [
    "trap 'kill 1; b $C' TERM",
    [
      ['kill', '1'],
      ['b', null],
      ['trap', 'kill 1; b $C', 'TERM'],
    ],
  ],
  ['trap -- "a" EXIT', [['a'], ['trap', '--', 'a', 'EXIT']]],
  ['trap - TERM', [['trap', '-', 'TERM']]],
  ['trap -p TERM', [['trap', '-p', 'TERM']]],
  ['trap TERM', [['trap', 'TERM']]],
  ["trap '' TERM", [['trap', '', 'TERM']]],
])('what %s does on a signal', (text, found) => {
  const commands = inScript(text)
  expect(commands.map(values).sort()).toEqual([...found].sort())
  expect(commands.filter(({ within }) => within === 'trap').every(({ conditional }) => conditional)).toBe(true)
})

describe('RUN', () => {
  test('words, connectors and places through continuations and comments', () => {
    const { dockerfile, commands } = commandsOf('RUN apt-get update \\\n# why\n && chown -R "a b":c /x \\\n ; y | z\n')
    expect(commands.map(values)).toEqual([['apt-get', 'update'], ['chown', '-R', 'a b:c', '/x'], ['y'], ['z']])
    expect(commands.map(({ connector }) => connector)).toEqual(['', '&&', ';', '|'])
    expect(commands.map(({ conditional }) => conditional)).toEqual([false, false, false, false])
    expect(slice(dockerfile, commands[1]?.span ?? null)).toBe('chown -R "a b":c /x')
    expect(commands[1]?.words.map(({ span }) => slice(dockerfile, span))).toEqual(['chown', '-R', '"a b":c', '/x'])
  })

  test('a word cut by a continuation', () => {
    const { dockerfile, commands } = commandsOf('RUN chown a /on\\\ne\n')
    expect(values(commands[0] as ShellCommand)).toEqual(['chown', 'a', '/one'])
    expect(slice(dockerfile, commands[0]?.words[2]?.span ?? null)).toBe('/on\\\ne')
  })

  test('what is not static has no value', () => {
    const { commands } = commandsOf(`RUN A=1 B=$X cmd "$X" \${Y:-z} *.c '$q' "q r"$(id -u) \\\n $'a\\n'\n`)
    const command = commands.at(-1)
    expect(command?.words.map(({ value }) => value)).toEqual(['cmd', null, null, null, '$q', null, 'a\n'])
    expect(command?.assignments.map(({ name, value }) => [name, value])).toEqual([
      ['A', '1'],
      ['B', null],
    ])
    expect(commands[0]).toMatchObject({ name: 'id', within: 'substitution' })
  })

  test('redirects are read with their file', () => {
    const { dockerfile, commands } = commandsOf('RUN a >/x 2>&1 && { b; } >>"/y"\n')
    expect(commands[0]?.redirects.map(({ operator, target }) => [operator, target?.value])).toEqual([
      ['>', '/x'],
      ['>&', '1'],
    ])
    expect(commands[1]).toMatchObject({ name: null, redirects: [{ operator: '>>', target: { value: '/y' } }] })
    expect(slice(dockerfile, commands[0]?.redirects[0]?.target?.span ?? null)).toBe('/x')
  })

  test.each([
    ['a || b', ['b'], ['! a']],
    ['a && b || c', ['c'], ['! b']],
    ['[ -x /f ] && b', ['b'], ['[ -x /f ]']],
    ['test -x /f && b && c', ['b', 'c'], ['test -x /f']],
    ['[[ -x /f ]] && b', ['b'], ['[[ -x /f ]]']],
    ['if a; then b; else c; fi', ['b'], ['a;']],
    ['for f in 1 2; do b; done', ['b'], ['for f in 1 2; do']],
    ['while a; do b; done', ['b'], ['a;']],
    ['case $X in q|r) b;; esac', ['b'], ['case $X in q | r']],
    ['f() { b; }; f', ['b'], []],
  ])('conditions of %s', (text, names, conditions) => {
    const { commands } = commandsOf(`RUN ${text}\n`)
    for (const name of names) {
      const command = commands.find((found) => found.name === name)
      expect(command?.conditional).toBe(true)
      expect(command?.conditions.map((condition) => condition.replace(/;$/, ''))).toEqual(
        conditions.map((condition) => condition.replace(/;$/, '')),
      )
    }
  })

  test('a heredoc is the script', () => {
    const { dockerfile, commands } = commandsOf('RUN <<EOF\nset -e\n# c\nchown a /b\nEOF\n')
    expect(commands.map(({ name }) => name)).toEqual(['set', 'chown'])
    expect(slice(dockerfile, commands[1]?.span ?? null)).toBe('chown a /b')
  })

  test('a heredoc for a shell, and one for another command', () => {
    const sh = commandsOf('RUN bash <<EOF && x\nchown a /b\nEOF\n')
    expect(sh.commands.map(({ name, within }) => [name, within])).toEqual([
      ['bash', 'script'],
      ['chown', 'heredoc'],
      ['x', 'script'],
    ])
    expect(slice(sh.dockerfile, sh.commands[1]?.span ?? null)).toBe('chown a /b')
    const cat = commandsOf('RUN cat <<EOF >/etc/x.conf\nuser root;\nEOF\n')
    expect(cat.commands).toHaveLength(1)
    expect(cat.commands[0]?.redirects.map(({ operator, body }) => [operator, body])).toEqual([
      ['<<', 'user root;\n'],
      ['>', null],
    ])
  })

  test('a heredoc for another interpreter is not read', () => {
    const { instruction } = only('RUN <<EOF\n#!/usr/bin/env python3\nprint(1)\nEOF\n')
    expect(shellCommands(instruction)).toEqual({ kind: 'unparsed', reason: 'the script is for python3' })
  })

  test.each([
    ["RUN sh -c 'a && chown x /y'", 'chown x /y'],
    ['RUN bash -ec "chown x $Y"', 'chown x $Y'],
    ['RUN ["sh", "-c", "chown x /y"]', 'chown x /y'],
    ['RUN ["/bin/bash", "-o", "pipefail", "-c", "chown x /y"]', 'chown x /y'],
  ])('%s is followed, with exact places', (text, source) => {
    const { dockerfile, commands } = commandsOf(`${text}\n`)
    const inner = commands.find(({ name }) => name === 'chown')
    expect(inner?.within).toBe('sh -c')
    expect(slice(dockerfile, inner?.span ?? null)).toBe(source)
  })

  test('where the quotes hide more, the whole word is the place', () => {
    const { dockerfile, commands } = commandsOf('RUN ["sh", "-c", "chown \\"a\\" /y"]\n')
    const inner = commands.find(({ name }) => name === 'chown')
    expect(inner?.words.map(({ value }) => value)).toEqual(['chown', 'a', '/y'])
    expect(slice(dockerfile, inner?.span ?? null)).toBe('"chown \\"a\\" /y"')
  })

  test.each(['RUN if a; then b\n', 'RUN a && (b\n', `RUN ${'$('.repeat(5_000)}\n`])(
    'no shell script: %.20s',
    (text) => {
      expect(shellCommands(only(text).instruction)).toMatchObject({ kind: 'unparsed', reason: expect.any(String) })
    },
  )

  test('another SHELL is not read as a POSIX shell', () => {
    const { instruction } = only('RUN Get-Item x\n')
    expect(shellCommands(instruction, ['powershell', '-Command'])).toEqual({
      kind: 'unparsed',
      reason: 'the shell is powershell',
    })
    expect(shellCommands(instruction, ['/bin/bash', '-c']).kind).toBe('parsed')
  })
})

describe('other instructions', () => {
  test.each([
    ['CMD', 'CMD exec nginx -g "daemon off;"', ['exec', 'nginx', '-g', 'daemon off;']],
    ['CMD', 'CMD ["nginx", "-g", "daemon off;"]', ['nginx', '-g', 'daemon off;']],
    ['ENTRYPOINT', 'ENTRYPOINT gosu app x', ['gosu', 'app', 'x']],
    ['HEALTHCHECK', 'HEALTHCHECK --interval=1s CMD curl -f http://localhost', ['curl', '-f', 'http://localhost']],
    ['ONBUILD', 'ONBUILD RUN a b', ['a', 'b']],
  ])('%s: %s', (keyword, text, words) => {
    const { dockerfile, commands } = commandsOf(`${text}\n`, keyword)
    expect(values(commands[0] as ShellCommand)).toEqual(words)
    expect(text).toContain(slice(dockerfile, commands[0]?.span ?? null))
  })

  test.each(['USER a\n', 'HEALTHCHECK NONE\n'])('no command: %j', (text) => {
    expect(shellCommands(only(text).instruction).kind).toBe('unparsed')
  })
})

describe('scripts of their own', () => {
  const script = `#!/bin/sh
set -e
main() {
  if [ "$(id -u)" = 0 ]; then
    chown -R app /data
    exec gosu app "$0" "$@"
  fi
}
main "$@"
[ "$1" = x ] || exec su-exec app "$@"
`

  test('a step-down stands under its condition, in its function', () => {
    const commands = inScript(script)
    const gosu = commands.find(({ words }) => words[1]?.value === 'gosu')
    expect(gosu).toMatchObject({ name: 'exec', functionName: 'main', conditional: true })
    expect(gosu?.conditions[0]).toContain('[ "$(id -u)" = 0 ]')
    expect(script.slice(gosu?.span.start, gosu?.span.end)).toBe('exec gosu app "$0" "$@"')
    const other = commands.find(({ words }) => words[1]?.value === 'su-exec')
    expect(other).toMatchObject({ functionName: null, conditions: ['! [ "$1" = x ]'], connector: '||' })
    expect(commands.find(({ name }) => name === 'id')).toMatchObject({ within: 'substitution', functionName: 'main' })
  })

  test('the branches of an if', () => {
    const commands = inScript('if a; then b; elif c; then d; else e; fi\n')
    const conditions = commands.map(({ name, conditions: all }) => [
      name,
      ...all.map((text) => text.replace(/;\s*$/, '')),
    ])
    expect(conditions).toEqual([['a'], ['b', 'a'], ['c', '! a'], ['d', '! a', 'c'], ['e', '! a', '! c']])
  })

  test('a script for another interpreter is not read', () => {
    expect(parseShellScript('#!/usr/bin/env python3\nx\n')).toEqual({
      kind: 'unparsed',
      reason: 'the script is for python3',
    })
    expect(parseShellScript('#!/usr/bin/env -S bash -e\na\n').kind).toBe('parsed')
    expect(parseShellScript('#!/bin/busybox sh\na\n').kind).toBe('parsed')
  })
})
