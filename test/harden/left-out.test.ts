// What is beyond a bound is a question: nobody has looked at it.
import { describe, expect, test } from '@jest/globals'
import { harden } from '../../src/app/harden-text.ts'
import { bounds } from '../../src/bounds.ts'
import { parseGroup, parsePasswd } from '../../src/image/accounts.ts'
import { parseImageConfig } from '../../src/image/config.ts'
import type { ImageFacts } from '../../src/image/facts.ts'
import { createFileModel } from '../../src/image/file-index.ts'
import type { FileEntry } from '../../src/image/file-model.ts'
import type { PortSources } from '../../src/plan/ports/decide-port.ts'
import { freePort } from '../../src/plan/ports/low-ports.ts'
import { replay } from '../../src/plan/replay.ts'
import { parseDockerIgnore } from '../../src/repository/ignore-rules.ts'

const DEEP = 10_000

function lines(count: number, line: (index: number) => string, between = '\n'): string {
  return Array.from({ length: count }, (_, index) => line(index)).join(between)
}

const file: FileEntry = { type: 'file', uid: 0, gid: 0, mode: 0o755, size: 1, link: null }

/** An image that starts /start.sh. */
function image(texts: Readonly<Record<string, string>>, Cmd: readonly string[] = ['x']): ImageFacts {
  const passwd = 'root:x:0:0::/root:/bin/sh\napp:x:100:100::/srv:/bin/sh\n'
  const all = { '/etc/passwd': passwd, '/etc/group': 'root:x:0:\napp:x:100:\n', ...texts }
  const paths = ['/bin/sh', ...Object.keys(all)]
  return {
    reference: 'x',
    source: 'engine',
    digest: null,
    platform: { os: 'linux', architecture: 'amd64' },
    config: parseImageConfig({ Cmd, Entrypoint: '/start.sh' in texts ? ['/start.sh'] : null }),
    accounts: {
      known: true,
      value: { users: parsePasswd(passwd), groups: parseGroup(all['/etc/group']) },
    },
    files: {
      known: true,
      value: createFileModel(new Map(paths.map((path) => [path, file])), new Map(Object.entries(all))),
    },
    os: { known: true, value: { id: 'debian', idLike: [], versionId: '13' } },
  }
}

const ofRun = (run: string) => harden({ dockerfile: `FROM debian\n${run}\nCMD ["x"]\n` })
const ofImage = (facts: ImageFacts) => harden({ dockerfile: 'FROM x\nRUN y\n', facts: new Map([['x', facts]]) })
const ofScript = (script: string, more: Readonly<Record<string, string>> = {}) =>
  ofImage(image({ '/start.sh': `#!/bin/sh\n${script}\n`, ...more }))

function expectSaid({ findings }: ReturnType<typeof harden>, message: string): void {
  expect(findings).toContainEqual(
    expect.objectContaining({ outcome: 'question', message: expect.stringContaining(message) }),
  )
}

describe('of a RUN', () => {
  const writes = (count: number) => ofRun(`RUN ${lines(count, (i) => `echo x > /srv/a${i}`, ' && ')}`)

  test('more written texts than are followed', () => {
    expect(writes(bounds.writtenTexts).findings.map(({ question }) => question)).not.toContain('sources')
    expectSaid(writes(bounds.writtenTexts + 1), `it writes more than ${bounds.writtenTexts} files`)
  })

  test.each([
    ['in one word', `mkdir /${'a'.repeat(5000)}`],
    ['from a folder', `cd /${'a'.repeat(3000)} && mkdir ${'b'.repeat(3000)}`],
    ['a folder of others', `cd /${'a'.repeat(5000)} && mkdir b`],
    ['beside one that is followed', `mkdir /srv/b /${'a'.repeat(5000)}`],
  ])('a longer path than is followed: %s', (_, run) => {
    expectSaid(ofRun(`RUN ${run}`), 'it names a path of more than 4095 characters')
  })
})

test('more patterns of rm than are tried', () => {
  const removes = (count: number) => ofRun(lines(count, (i) => `RUN rm -rf /srv/a${i}*`))
  expect(removes(bounds.removedPatterns).findings.map(({ question }) => question)).not.toContain('sources')
  expectSaid(removes(bounds.removedPatterns + 1), `it is behind the first ${bounds.removedPatterns} patterns of rm`)
})

const nestings = [
  ['(\n', '\n)'],
  ['$(\n', '\n)'],
  ['if x; then\n', '\nfi'],
  ['[ -e /a ] &&\n', ''],
] as const

describe.each(nestings)('%j … %j, ten thousand levels deep', (open, close) => {
  const script = `${open.repeat(DEEP)}mkdir /srv/x${close.repeat(DEEP)}`

  test('in a RUN', () => {
    expectSaid(ofRun(`RUN <<E\n${script}\nE`), 'RUN in line 2 was not read to its end')
  })

  test('in a start script', () => {
    expectSaid(ofScript(script), '/start.sh was not understood')
  })

  test('in the text of sh -c', () => {
    expectSaid(ofImage(image({ '/a': 'a' }, ['sh', '-c', script])), 'the text of sh -c was not understood')
  })
})

describe('of what an image starts', () => {
  test('more scripts than are read', () => {
    const scripts = Object.fromEntries(
      Array.from({ length: bounds.scripts }, (_, i) => [`/s${i}.sh`, '#!/bin/sh\nx\n']),
    )
    const names = Object.keys(scripts)
    expectSaid(ofScript(names.join('\n'), scripts), `there are more than ${bounds.scripts} start scripts`)
  })

  test('more switches of user than are changed', () => {
    const switches = ofScript(lines(bounds.changedCommands + 1, (i) => `gosu u${i} x`))
    expectSaid(switches, `more than ${bounds.changedCommands} commands that it starts with need root`)
  })

  test('a variable that doubles until no text can hold it', () => {
    const script = `a0=b\n${lines(60, (i) => `a${i + 1}="$a${i}$a${i}"`)}\nmkdir "/srv/$a60"`
    expect(ofScript(script).verdict).not.toBe('failed')
  })

  test.each(['exec', 'busybox', 'gosu', 'env'])('a command of %s and nothing else', (word) => {
    expect(ofImage(image({ '/a': 'a' }, Array(5000).fill(word))).verdict).not.toBe('failed')
  })
})

test('a folder deeper than is followed is not given, and that is said', () => {
  const path = '/d'.repeat(bounds.writtenDepth + 1)
  const evidence = { source: 'observed', subject: path, detail: '' } as const
  const { grants, ungranted } = replay(
    [{ access: 'create-directory', path, certainty: 'observed', evidence }],
    createFileModel(new Map([['/srv', { ...file, type: 'directory' }]])),
    { uid: 100, gid: 100 },
  )
  expect(grants).toEqual([])
  expect(ungranted.map(({ closed }) => closed?.reason)).toEqual([
    `it lies more than ${bounds.writtenDepth} folders deep, and was not inspected`,
  ])
})

test('a port has no other one where all above it are in use', () => {
  const bound = Array.from({ length: 65_535 }, (_, i) => ({ port: i + 1, protocol: 'tcp' as const }))
  const sources = { facts: image({}), bound } as unknown as PortSources
  expect(freePort(80, sources, [])).toBeNull()
})

test('a pattern of .dockerignore that is longer than any path leaves nothing out', () => {
  const { leavesOut, isPartial } = parseDockerIgnore('a*/b?'.repeat(50_000))
  expect([leavesOut('a/b'), isPartial]).toEqual([false, true])
})
