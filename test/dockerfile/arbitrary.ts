/** Dockerfiles with every feature, and damaged ones. */
import fc from 'fast-check'

/** A logical instruction: its parts may stand on lines of their own; a body follows as it is. */
interface Sample {
  readonly parts: readonly string[]
  readonly body?: readonly string[]
}

const word = fc.constantFrom(
  'a',
  'b.c',
  '/x/y',
  '"q r"',
  "'s t'",
  '$V',
  'ä🐳',
  'k#h',
  '--long',
  '-f',
  'k=v',
  '<<<w',
  "'<<E'",
)
const plain = fc.constantFrom('a', 'b1', '/x', './y.txt', 'ä')
const name = fc.constantFrom('A', 'b_2', 'Path')
const quoted = fc.constantFrom('v', '"v w"', "'x y'", '', '$A', '"$A b"', 'a/b:c')
const json = fc.array(fc.constantFrom('sh', '-c', 'a "b"', 'ä\n', '\\', ''), { minLength: 1, maxLength: 4 })

const parts = (...all: fc.Arbitrary<string | readonly string[]>[]): fc.Arbitrary<Sample> =>
  fc.tuple(...all).map((values) => ({ parts: values.flat() }))
const key = (text: string): fc.Arbitrary<string> => fc.constantFrom(text, text, text.toLowerCase())
const optional = (text: fc.Arbitrary<string>): fc.Arbitrary<readonly string[]> => fc.array(text, { maxLength: 1 })
const some = (text: fc.Arbitrary<string>): fc.Arbitrary<readonly string[]> =>
  fc.array(text, { minLength: 1, maxLength: 5 })
const exec = json.map((values) => JSON.stringify(values))

/** A shell command whose first word cannot be a flag or a JSON array. */
const command = fc.tuple(plain, fc.array(word, { maxLength: 6 })).map(([first, rest]) => [first, ...rest])

const heredoc = fc
  .tuple(
    fc.constantFrom('<<EOF', '<<-EOF', '<<"EOF"', "3<<'EOF'"),
    fc.array(fc.constantFrom('x', '\ty', '# c', 'USER 9', '', 'z \\')),
  )
  .map(([start, body]) => ({ start, body: [...body, 'EOF'] }))

const instruction: fc.Arbitrary<Sample> = fc.oneof(
  parts(key('RUN'), optional(fc.constantFrom('--mount=type=cache,target=/c', '--network=none')), command),
  parts(key('RUN'), exec),
  heredoc.map(({ start, body }) => ({ parts: ['RUN', 'cat', start], body })),
  heredoc.map(({ start, body }) => ({ parts: ['COPY', start, '/dir/'], body })),
  parts(key('COPY'), optional(fc.constantFrom('--from=0', '--chown="1:1"', '--link')), plain, some(plain)),
  parts(key('ADD'), plain, plain),
  parts(key('CMD'), exec),
  parts(key('CMD'), command),
  parts(key('ENTRYPOINT'), exec),
  parts(key('SHELL'), exec),
  parts(key('VOLUME'), some(plain)),
  parts(key('USER'), fc.constantFrom('1', 'app', '1:1', '$A')),
  parts(key('WORKDIR'), plain),
  parts(key('EXPOSE'), some(fc.constantFrom('80', '443/tcp'))),
  parts(key('STOPSIGNAL'), fc.constant('SIGTERM')),
  parts(key('ENV'), some(fc.tuple(name, quoted).map(([left, right]) => `${left}=${right}`))),
  parts(key('ENV'), name, plain),
  parts(key('LABEL'), some(fc.tuple(name, quoted).map(([left, right]) => `${left}=${right}`))),
  parts(key('ARG'), some(fc.tuple(name, fc.constantFrom('', '=1', '="a b"')).map((both) => both.join('')))),
  parts(key('HEALTHCHECK'), optional(fc.constant('--interval=5s')), fc.constant('CMD'), command),
  parts(key('HEALTHCHECK'), fc.constant('NONE')),
  parts(key('ONBUILD'), key('RUN'), command),
  parts(key('ONBUILD'), fc.constant('USER'), fc.constant('7')),
  parts(
    key('FROM'),
    fc.constantFrom('scratch', 'a:1', 'host:5000/a/b:1@sha256:00'),
    optional(fc.constant('AS n')).map((as) => as.flatMap((text) => text.split(' '))),
  ),
)

interface Style {
  readonly eol: string
  readonly escape: string
  readonly bom: string
  readonly directive: boolean
  readonly final: boolean
}

const style: fc.Arbitrary<Style> = fc.record({
  eol: fc.constantFrom('\n', '\n', '\r\n'),
  escape: fc.constantFrom('\\', '\\', '`'),
  bom: fc.constantFrom('', '', '\ufeff'),
  directive: fc.boolean(),
  final: fc.boolean(),
})

/** What stands between two parts of an instruction. */
const gap = fc.constantFrom(' ', ' ', ' ', '  ', '\t', 'continued', 'comment', 'blank')
/** What stands between two instructions. */
const filler = fc.constantFrom('', '', '', '\n', '# c\n', '  # d\n', ' \n', '\n# e\n\n')

function write(samples: readonly Sample[], gaps: readonly string[], fillers: readonly string[], how: Style): string {
  const joints: Readonly<Record<string, string>> = {
    continued: ` ${how.escape}\n  `,
    comment: ` ${how.escape} \n  # in "between <<X\n  `,
    blank: ` ${how.escape}\n\n\t`,
  }
  let turn = 0
  const nextGap = (): string => {
    const chosen = gaps[turn++ % Math.max(gaps.length, 1)] ?? ' '
    return joints[chosen] ?? chosen
  }
  const texts = samples.map((sample, index) => {
    const line = sample.parts.reduce((text, part) => (text === '' ? part : text + nextGap() + part), '')
    const body = sample.body === undefined ? '' : `\n${sample.body.join('\n')}`
    return `${fillers[index % Math.max(fillers.length, 1)] ?? ''}${line}${body}`
  })
  const head = how.escape === '`' ? '# escape=`\n' : how.directive ? '# check=skip=all\n' : ''
  const text = `${head}${texts.join('\n')}${how.final ? '\n' : ''}`
  return how.bom + text.replaceAll('\n', how.eol)
}

const from: Sample = { parts: ['FROM', 'scratch'] }

/** Valid Dockerfiles. */
export const dockerfileText: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(instruction, { maxLength: 12 }),
    fc.array(gap, { minLength: 1 }),
    fc.array(filler, { minLength: 1 }),
    style,
  )
  .map(([samples, gaps, fillers, how]) => write([from, ...samples], gaps, fillers, how))

const damage = fc.constantFrom(
  '',
  '\\',
  '\n',
  '\\\n',
  '"',
  "'",
  '<<EOF',
  '<<-',
  '#',
  '$',
  '[',
  ']',
  '--',
  '=',
  '`',
  '\r',
  '{{',
  ' ',
  'ONBUILD ',
  '\u00a0',
)

/** Valid Dockerfiles, damaged in a few places. */
export const mutatedText: fc.Arbitrary<string> = fc
  .tuple(dockerfileText, fc.array(fc.tuple(fc.nat(), fc.nat(3), damage), { minLength: 1, maxLength: 3 }))
  .map(([text, changes]) =>
    changes.reduce((changed, [at, cut, put]) => {
      const start = at % (changed.length + 1)
      return changed.slice(0, start) + put + changed.slice(start + cut)
    }, text),
  )
