import { describe, expect, test } from '@jest/globals'
import { allInstructions, parseDockerfile } from '../../src/dockerfile/index.ts'
import { sourceOffset } from '../../src/dockerfile/words.ts'
import { only, slice } from './support.ts'

describe('instructions', () => {
  test('spans, lines and place of one between others', () => {
    const { instruction, dockerfile } = only('\n# c\n  run a \\\n  # d\n  && b  \nUSER 1\n')
    expect(instruction).toMatchObject({ keyword: 'RUN', line: 4, column: 3, text: 'a   && b', form: 'shell', stage: 0 })
    expect(slice(dockerfile, instruction.keywordSpan)).toBe('run')
    expect(slice(dockerfile, instruction.span)).toBe('run a \\\n  # d\n  && b  ')
    expect(slice(dockerfile, instruction.lines)).toBe('  run a \\\n  # d\n  && b  \n')
    expect(slice(dockerfile, instruction.rest)).toBe('a \\\n  # d\n  && b')
    expect(dockerfile.comments.map(({ text, line }) => [text, line])).toEqual([
      ['# c', 3],
      ['# d', 5],
    ])
  })

  test('every character of the joined text knows where it comes from', () => {
    const { instruction, dockerfile } = only('RUN one \\\n\n# c\n  two\\\nthree\n')
    expect(instruction.text).toBe('one   twothree')
    const found = Array.from(instruction.text, (_, at) => dockerfile.source[sourceOffset(instruction.pieces, at)])
    expect(found.join('')).toBe(instruction.text)
  })

  test('CRLF, a byte order mark and no final newline', () => {
    const dockerfile = parseDockerfile('\ufeffFROM scratch\r\nRUN a \\\r\n  b\r\nUSER 1')
    const [run, user] = dockerfile.stages[0]?.instructions ?? []
    expect(dockerfile.eol).toBe('\r\n')
    expect(run?.text).toBe('a   b')
    expect(slice(dockerfile, run?.lines ?? null)).toBe('RUN a \\\r\n  b\r\n')
    expect(slice(dockerfile, user?.lines ?? null)).toBe('USER 1')
    expect(slice(dockerfile, dockerfile.stages[0]?.from.lines ?? null)).toBe('FROM scratch\r\n')
  })

  test('the line end that most lines have', () => {
    expect(parseDockerfile('FROM a\r\nUSER 1\nUSER 2\n').eol).toBe('\n')
    expect(parseDockerfile('FROM a\r\nUSER 1\r\nUSER 2\n').eol).toBe('\r\n')
    expect(parseDockerfile('FROM a').eol).toBe('\n')
  })

  test('a keyword cut by a continuation', () => {
    const { instruction, dockerfile } = only('US\\\n# c\nER app\n')
    expect(instruction).toMatchObject({ keyword: 'USER', text: 'app' })
    expect(slice(dockerfile, instruction.rest)).toBe('app')
  })

  test('a dangling continuation takes what follows up to the end', () => {
    const { instruction, dockerfile } = only('RUN a \\\n\n# c\n')
    expect(slice(dockerfile, instruction.lines)).toBe('RUN a \\\n\n# c\n')
    expect(instruction.text).toBe('a')
  })

  test('the escape directive', () => {
    const dockerfile = parseDockerfile('# escape=`\n# check=skip=all\nFROM a\nRUN dir C:\\\nRUN a `\n  b\n')
    expect(dockerfile.escape).toBe('`')
    expect(dockerfile.directives.map(({ name, value }) => [name, value])).toEqual([
      ['escape', '`'],
      ['check', 'skip=all'],
    ])
    expect(dockerfile.comments).toEqual([])
    expect(dockerfile.stages[0]?.instructions.map(({ text }) => text)).toEqual(['dir C:\\', 'a   b'])
  })

  test('no arguments: an empty rest where they would stand', () => {
    const { instruction, dockerfile } = only('CMD  \nUSER 1\n')
    expect(instruction).toMatchObject({ text: '', json: null, words: [] })
    expect(instruction.rest).toEqual({ start: instruction.keywordSpan.end, end: instruction.keywordSpan.end })
    expect(slice(dockerfile, instruction.span)).toBe('CMD  ')
  })
})

describe('flags', () => {
  test.each([
    [
      'COPY --from=a --link b c',
      [
        ['from', 'a'],
        ['link', null],
      ],
      'b c',
    ],
    [
      'COPY --chown="1:1" --from=\'a\' b c',
      [
        ['chown', '1:1'],
        ['from', 'a'],
      ],
      'b c',
    ],
    ['RUN --mount=type=bind,source="a b",target=/x y', [['mount', 'type=bind,source=a b,target=/x']], 'y'],
    [
      'RUN --mount=type=cache,target=/c \\\n  --network=none \\\n# c\n  x',
      [
        ['mount', 'type=cache,target=/c'],
        ['network', 'none'],
      ],
      'x',
    ],
    ['COPY --chown=<<a b c', [['chown', '<<a']], 'b c'],
    ['RUN -- --x', [], '--x'],
    [
      'HEALTHCHECK --interval=1s --retries=2 CMD --x',
      [
        ['interval', '1s'],
        ['retries', '2'],
      ],
      'CMD --x',
    ],
  ])('%j', (text, flags, rest) => {
    const { instruction, dockerfile } = only(`${text}\n`)
    expect(instruction.flags.map(({ name, value }) => [name, value])).toEqual(flags)
    expect(instruction.text).toBe(rest)
    for (const flag of instruction.flags) {
      expect(slice(dockerfile, flag.span)).toMatch(new RegExp(`^--${flag.name}`))
      if (flag.value !== null) expect(slice(dockerfile, flag.valueSpan)?.replace(/["']/g, '')).toBe(flag.value)
    }
  })
})

describe('JSON forms', () => {
  test.each([
    ['CMD ["a", "b"]', ['a', 'b']],
    ['CMD [ ]', []],
    ['ENTRYPOINT ["\\"q\\"", "\\u00e4", "<<EOF", "a\\\\"]', ['"q"', 'ä', '<<EOF', 'a\\']],
    ['COPY --chown=1:1 ["a b","/c/"]', ['a b', '/c/']],
    ['HEALTHCHECK --interval=1s CMD ["a","b"]', ['a', 'b']],
    ['VOLUME ["/a"]', ['/a']],
    ['SHELL ["/bin/bash", "-c"]', ['/bin/bash', '-c']],
  ])('%s', (text, values) => {
    const { instruction, dockerfile } = only(`${text}\n`)
    expect(instruction.form).toBe('exec')
    expect(instruction.json?.map(({ value }) => value)).toEqual(values)
    expect(instruction.words).toEqual([])
    for (const item of instruction.json ?? []) expect(JSON.parse(slice(dockerfile, item.span) ?? '')).toBe(item.value)
  })

  test.each(["CMD ['a']", 'CMD ["a",]', 'CMD ["a"] b', 'RUN [ -f /x ]', 'USER ["a"]', 'ENTRYPOINT "a"'])(
    'the shell form: %s',
    (text) => {
      expect(only(`${text}\n`).instruction).toMatchObject({ form: 'shell', json: null })
    },
  )

  test('over several lines, with a comment between', () => {
    const { instruction, dockerfile } = only('CMD ["a", \\\n# c\n  "b"]\n')
    expect(instruction.json?.map(({ span }) => slice(dockerfile, span))).toEqual(['"a"', '"b"'])
  })
})

describe('words', () => {
  test.each([
    [
      'COPY "a b" c',
      [
        ['"a', '"a'],
        ['b"', 'b"'],
        ['c', 'c'],
      ],
    ],
    [
      'EXPOSE 80  443/tcp',
      [
        ['80', '80'],
        ['443/tcp', '443/tcp'],
      ],
    ],
    [
      'LABEL a="b c" d=\'$e\' f=g\\ h',
      [
        ['a="b c"', 'a=b c'],
        ["d='$e'", 'd=$e'],
        ['f=g\\ h', 'f=g h'],
      ],
    ],
    ['USER "$A b"', [['"$A b"', '$A b']]],
    [
      'ENV A="it\'s" B=x\\"y',
      [
        ['A="it\'s"', "A=it's"],
        ['B=x\\"y', 'B=x"y'],
      ],
    ],
    ['RUN echo a', []],
    ['CMD echo a', []],
    ['HEALTHCHECK CMD echo a', []],
    ['ONBUILD RUN echo a', []],
  ])('%s', (text, words) => {
    const { instruction, dockerfile } = only(`${text}\n`)
    expect(instruction.words.map((word) => [word.text, word.value])).toEqual(words)
    for (const word of instruction.words) expect(slice(dockerfile, word.span)).toBe(word.text)
  })
})

describe('heredocs', () => {
  test('name, quoting, body and places', () => {
    const { instruction, dockerfile } = only('RUN <<-"EOF" cat <<B >/x\n\ta\n\tEOF\n$b\nB\nUSER 1\n')
    const heredocs = instruction.heredocs.map(({ name, chomp, expand, content }) => ({ name, chomp, expand, content }))
    expect(heredocs).toEqual([
      { name: 'EOF', chomp: true, expand: false, content: '\ta\n' },
      { name: 'B', chomp: false, expand: true, content: '$b\n' },
    ])
    expect(instruction.heredocs.map(({ span }) => slice(dockerfile, span))).toEqual(['<<-"EOF"', '<<B'])
    expect(instruction.heredocs.map(({ contentSpan }) => slice(dockerfile, contentSpan))).toEqual(['\ta\n', '$b\n'])
    expect(instruction.text).toBe('<<-"EOF" cat <<B >/x')
    expect(slice(dockerfile, instruction.span)).toMatch(/\nB$/)
    expect(slice(dockerfile, instruction.lines)).toMatch(/\nB\n$/)
    expect(dockerfile.stages[0]?.instructions[1]).toMatchObject({ keyword: 'USER', text: '1' })
  })

  test('FACTS 34: what dockerfile-ast splits and what it swallows', () => {
    const spaced = parseDockerfile("FROM a\nRUN cat << 'EOF' > f\nx y\nz\nEOF\nUSER 1\n")
    expect(spaced.stages[0]?.instructions.map(({ keyword }) => keyword)).toEqual(['RUN', 'USER'])
    const quoted = parseDockerfile("FROM a\nRUN echo 'a <<EOF'\nUSER 1\n")
    expect(quoted.stages[0]?.instructions.map(({ keyword }) => keyword)).toEqual(['RUN', 'USER'])
    const lone = parseDockerfile('FROM a\nRUN x\rUSER 1\n')
    expect(lone.stages[0]?.instructions.map(({ keyword }) => keyword)).toEqual(['RUN'])
    expect(parseDockerfile('FROM host:5000/a/b:1@sha256:00\n').stages[0]?.base).toEqual({
      kind: 'image',
      reference: 'host:5000/a/b:1@sha256:00',
    })
  })

  test('instructions and comments in a body are text', () => {
    const dockerfile = parseDockerfile('FROM a\nCOPY <<EOF /Dockerfile\nFROM b\n# c\nUSER 1\nEOF\n')
    expect(dockerfile.stages).toHaveLength(1)
    expect(dockerfile.comments).toEqual([])
    expect(allInstructions(dockerfile)).toHaveLength(2)
  })
})

describe('ONBUILD', () => {
  test('the trigger is an instruction of its own', () => {
    const { instruction, dockerfile } = only('ONBUILD  COPY --chown=1:1 \\\n ["a", "b"]\n')
    const trigger = instruction.onbuild
    expect(trigger).toMatchObject({ keyword: 'COPY', form: 'exec', stage: 0, line: 2, column: 10 })
    expect(slice(dockerfile, trigger?.keywordSpan ?? null)).toBe('COPY')
    expect(slice(dockerfile, trigger?.flags[0]?.span ?? null)).toBe('--chown=1:1')
    expect(trigger?.json?.map(({ span }) => slice(dockerfile, span))).toEqual(['"a"', '"b"'])
    expect(instruction.text).toBe('COPY --chown=1:1  ["a", "b"]')
  })

  test('a heredoc of the trigger', () => {
    const { instruction } = only('ONBUILD RUN <<EOF\nx\nEOF\n')
    expect(instruction.onbuild?.heredocs[0]?.content).toBe('x\n')
  })
})

describe('stages', () => {
  test('names, bases, platforms and places', () => {
    const dockerfile = parseDockerfile(
      'ARG V=1\nFROM --platform=$BUILDPLATFORM a:$V AS Build\nRUN x\nFROM build AS two\nFROM scratch\nUSER 1\n',
    )
    expect(dockerfile.metaArgs.map(({ keyword, stage }) => [keyword, stage])).toEqual([['ARG', -1]])
    expect(dockerfile.stages.map(({ index, name, base, platform }) => ({ index, name, base, platform }))).toEqual([
      { index: 0, name: 'build', base: { kind: 'image', reference: 'a:1' }, platform: '$BUILDPLATFORM' },
      { index: 1, name: 'two', base: { kind: 'stage', index: 0 }, platform: null },
      { index: 2, name: null, base: { kind: 'scratch' }, platform: null },
    ])
    expect(dockerfile.stages.map(({ span }) => slice(dockerfile, span))).toEqual([
      'FROM --platform=$BUILDPLATFORM a:$V AS Build\nRUN x\n',
      'FROM build AS two\n',
      'FROM scratch\nUSER 1\n',
    ])
  })

  test.each([
    ['FROM $B', { kind: 'image', reference: 'img:2' }],
    [`FROM \${B}-x`, { kind: 'image', reference: 'img:2-x' }],
    [`FROM \${NO:-def}`, { kind: 'image', reference: 'def' }],
    [`FROM \${NO-def}`, { kind: 'image', reference: 'def' }],
    [`FROM \${EMPTY-def}x`, { kind: 'image', reference: 'x' }],
    [`FROM \${EMPTY:-def}`, { kind: 'image', reference: 'def' }],
    [`FROM \${B:+alt}`, { kind: 'image', reference: 'alt' }],
    [`FROM \${BARE:-def}`, { kind: 'image', reference: 'def' }],
    ['FROM "img"', { kind: 'image', reference: 'img' }],
    ['FROM $BARE', { kind: 'unresolved', text: '$BARE' }],
    ['FROM $NOWHERE', { kind: 'unresolved', text: '$NOWHERE' }],
    ['FROM a-$TARGETARCH', { kind: 'unresolved', text: 'a-$TARGETARCH' }],
    ['FROM $SCRATCH', { kind: 'scratch' }],
  ])('%s', (line, base) => {
    const { stages } = parseDockerfile(`ARG B=img:2 EMPTY=\nARG SCRATCH=scratch BARE\n${line}\n`)
    expect(stages[0]?.base).toMatchObject(base)
  })

  test('a stage is only one when it is defined before', () => {
    const { stages } = parseDockerfile('FROM b AS a\nFROM a AS b\nFROM c AS c\n')
    expect(stages.map(({ base }) => base)).toEqual([
      { kind: 'image', reference: 'b' },
      { kind: 'stage', index: 0 },
      { kind: 'image', reference: 'c' },
    ])
  })
})
