// Texts of a few hundred bytes that took minutes, or all memory: each test ends in time, or jest ends it.
import { describe, expect, test } from '@jest/globals'
import { harden } from '../../src/app/harden-text.ts'
import { bounds } from '../../src/bounds.ts'
import { parseDockerfile, stageWalks } from '../../src/dockerfile/index.ts'
import { expand } from '../../src/dockerfile/variables.ts'
import type { Need } from '../../src/evidence/claim.ts'
import { parseGroup, parsePasswd, userWithUid } from '../../src/image/accounts.ts'
import { parseImageConfig } from '../../src/image/config.ts'
import type { ImageFacts } from '../../src/image/facts.ts'
import { createFileModel } from '../../src/image/file-index.ts'
import type { FileEntry } from '../../src/image/file-model.ts'
import { replay } from '../../src/plan/replay.ts'

const file: FileEntry = { type: 'file', uid: 0, gid: 0, mode: 0o755, size: 1, link: null }

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n')
}

function image(config: object, texts: Readonly<Record<string, string>> = {}): ImageFacts {
  const all = { '/etc/passwd': 'root:x:0:0::/root:/bin/sh\n', '/etc/group': 'root:x:0:\n', ...texts }
  return {
    reference: 'x',
    source: 'engine',
    digest: null,
    platform: { os: 'linux', architecture: 'amd64' },
    config: parseImageConfig({ Cmd: ['x'], ...config }),
    accounts: {
      known: true,
      value: { users: parsePasswd(all['/etc/passwd']), groups: parseGroup(all['/etc/group']) },
    },
    files: {
      known: true,
      value: createFileModel(
        new Map([['/bin/sh', file], ...Object.keys(all).map((path) => [path, file] as const)]),
        new Map(Object.entries(all)),
      ),
    },
    os: { known: true, value: { id: 'debian', idLike: [], versionId: '13' } },
  }
}

const hardened = (facts: ImageFacts) => harden({ dockerfile: 'FROM x\nRUN y\n', facts: new Map([['x', facts]]) })

describe('a variable that holds itself twice', () => {
  const doubled = (keyword: string, times: number, end: string) =>
    parseDockerfile(`FROM scratch\n${keyword} A=ab\n${lines(times, () => `${keyword} A=$A$A`)}\n${end}\n`)
  const last = (text: ReturnType<typeof doubled>) =>
    stageWalks(text, () => ({ known: false, reason: 'x' }))
      .own(0)
      .at(-1)

  test.each(['ENV', 'ARG'])('%s: is not known beyond the bound, and the reason is said', (keyword) => {
    const step = last(doubled(keyword, 40, 'USER $A'))
    expect(step?.environment.values.has('A')).toBe(false)
    expect(step && expand('$A', step.environment, '\\')).toEqual({
      kind: 'unresolved',
      variable: 'A',
      reason: `A is unknown: '$A$A': its variables make it longer than ${bounds.expandedLength} characters`,
    })
  })

  test('up to the bound it has its value', () => {
    const times = Math.log2(bounds.expandedLength) - 1
    expect(last(doubled('ENV', times, 'USER $A'))?.environment.values.get('A')).toHaveLength(bounds.expandedLength)
  })

  test('in ARG, FROM and LABEL, thousands of times', () => {
    const many = lines(3000, () => 'ARG A=$A$A')
    const text = `ARG A=ab\n${many}\nFROM x$A\nENV A=ab\n${lines(3000, () => 'ENV A=$A$A\nLABEL a=$A')}\nCMD ["x"]\n`
    expect(harden({ dockerfile: text }).stages).toMatchObject([{ userBefore: 'root' }])
  })
})

test('all variables of a stage hold no more than the bound', () => {
  const long = 'x'.repeat(60_000)
  const text = `FROM scratch\nENV L=${long}\n${lines(50, (i) => `ENV A${i}=$L`)}\nUSER root\n`
  const { values } = stageWalks(parseDockerfile(text), () => ({ known: false, reason: '' }))
    .own(0)
    .at(-1)?.environment ?? { values: new Map<string, string>() }
  const size = [...values.values()].reduce((sum, value) => sum + value.length, 0)
  expect(size).toBeGreaterThan(bounds.environmentLength / 2)
  expect(size).toBeLessThanOrEqual(bounds.environmentLength)
})

describe('ports', () => {
  const all = Object.fromEntries(Array.from({ length: 65535 }, (_, index) => [`${65535 - index}/tcp`, {}]))
  test.each([
    ['each by itself', all],
    ['as a range', { '1-65535/tcp': {} }],
  ])('of an image, all of them, %s: no more than the bound are taken', (_, ExposedPorts) => {
    const facts = image({ ExposedPorts })
    expect(facts.config.exposedPorts).toHaveLength(bounds.ports)
    expect(hardened(facts).verdict).toBe('rewritten')
  })

  test('low ones that are left out are said', () => {
    const messages = hardened(image({ ExposedPorts: all })).findings.map(({ message }) => message)
    expect(messages).toContainEqual(expect.stringMatching(/^more than 1024 ports are exposed: ports below 1024 among/))
  })

  test('of EXPOSE, in one wide range: what is left out is said', () => {
    const { findings } = harden({ dockerfile: 'FROM debian\nEXPOSE 1-65535\nCMD ["x"]\n' })
    expect(findings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^'1-65535' is too wide a range of ports: /),
    )
  })

  test('more low ones than are looked for stay, with the reason', () => {
    const { findings } = harden({ dockerfile: `FROM debian\nEXPOSE 1-200\nCMD ["x"]\n` })
    expect(findings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining(`no more than ${bounds.movedPorts} low ports are looked for`),
    )
  })
})

test('WORKDIR below itself ends at the longest path that the kernel takes', () => {
  const text = `FROM scratch\n${lines(9000, () => 'WORKDIR abc')}\nUSER root\n`
  const { workdir } = stageWalks(parseDockerfile(text), () => ({ known: false, reason: '' })).end(0)
  expect(workdir.value).toEqual({ known: false, reason: expect.stringContaining('WORKDIR is longer than 4095') })
})

test('a start script of thousands of cd, mkdir and writes', () => {
  const script = `#!/bin/sh\n${lines(2000, () => 'cd /a; mkdir x; echo > y')}\n`
  expect(hardened(image({ Entrypoint: ['/start.sh'] }, { '/start.sh': script })).verdict).not.toBe('failed')
}, 30_000)

test('a passwd file of 1 MB', () => {
  const passwd = lines(26_000, (i) => `user${i}:x:${i}:${i}::/home/user${i}:/bin/sh`)
  const facts = image({}, { '/etc/passwd': passwd })
  expect(hardened(facts).user).not.toBeNull()
  expect(facts.accounts.known && userWithUid(facts.accounts.value, 25_999)?.name).toBe('user25999')
}, 30_000)

test('60,000 files that are created at start', () => {
  const files = createFileModel(new Map([['/opt/app', { ...file, type: 'directory' }]]))
  const evidence = { source: 'observed', subject: '/opt/app', detail: 'created' } as const
  const needs = Array.from(
    { length: 60_000 },
    (_, i): Need => ({ access: 'create-file', path: `/opt/app/f${i}`, certainty: 'observed', evidence }),
  )
  const { grants } = replay(needs, files, { uid: 1000, gid: 1000 })
  expect(grants.slice(0, 3).map(({ path, kind }) => `${kind} ${path}`)).toEqual(['own-directory /opt/app'])
}, 30_000)

describe('thousands of instructions of one stage', () => {
  test.each([
    ['RUN that removes', (i: number) => `RUN rm -rf /srv/d${i}`],
    ['RUN that makes and hands over', (i: number) => `RUN mkdir -p /srv/d${i} && chown -R app /srv/d${i}`],
    ['RUN that creates an account and gives it files', (i: number) => `RUN useradd u${i} && chown u${i} /srv/app`],
    ['RUN that rewrites a text', (i: number) => `COPY <<E /srv/f${i}\nx\nE\nRUN sed -i s/x/y/ /srv/f${i}`],
    ['VOLUME', (i: number) => `VOLUME /srv/v${i}`],
  ])(
    '%s',
    (_, line) => {
      const instructions = (line(0).match(/^(COPY|RUN|VOLUME)/gm) ?? []).length
      const many = lines(8000 / instructions, line)
      expect(harden({ dockerfile: `FROM debian\n${many}\nCMD ["x"]\n` }).stages).toHaveLength(1)
    },
    60_000,
  )
})

test('a text that commands name again and again is not known, once', () => {
  const text = `FROM debian\nRUN echo x > /srv/a; ${lines(60, () => 'foo /srv/a').replaceAll('\n', '; ')}\nCMD ["x"]\n`
  expect(harden({ dockerfile: text }).stages).toHaveLength(1)
})

test('stages that copy their accounts from one another twice are read once each', () => {
  const text = `FROM debian AS s0\n${lines(
    60,
    (i) => `FROM debian AS s${i + 1}\n${lines(2, () => `COPY --from=s${i} /etc/passwd /etc/passwd`)}`,
  )}\nCMD ["x"]\n`
  expect(harden({ dockerfile: text }).stages.at(-1)).toMatchObject({ index: 60 })
})

test.each([
  ['stages', bounds.stages, (i: number) => `FROM debian AS s${i}\nCOPY --from=s${i - 1} /a /b`],
  ['instructions', bounds.instructions, (i: number) => (i === 0 ? 'FROM debian' : 'RUN true')],
])('more %s than are read are refused, with the number and the line', (what, most, line) => {
  const text = lines(most + 1, line)
  expect(() => parseDockerfile(text)).toThrow(
    expect.objectContaining({
      code: 'too-large',
      message: expect.stringMatching(new RegExp(`^line \\d+: more than ${most} ${what}`)),
    }),
  )
})

test('volumes that are left out, by number or depth, are a question', () => {
  for (const Volumes of [
    Object.fromEntries(Array.from({ length: bounds.volumes + 1 }, (_, i) => [`/srv/v${i}`, {}])),
    { ['/a'.repeat(2000)]: {} },
  ]) {
    const facts = image({ Volumes })
    expect(facts.config.volumes.length).toBeLessThanOrEqual(bounds.volumes)
    const result = hardened(facts)
    expect(result.findings).toContainEqual(
      expect.objectContaining({
        question: 'writes',
        message: `only the first ${bounds.volumes} volumes, and no too long paths, were read`,
      }),
    )
  }
}, 30_000)

test('a start script of more commands than are read is said', () => {
  const script = `#!/bin/sh\n${lines(bounds.scriptCommands + 1, (i) => `echo ${i}`)}\n`
  const { findings } = hardened(image({ Entrypoint: ['/start.sh'] }, { '/start.sh': script }))
  expect(findings.map(({ message }) => message).join('\n')).toContain(`more than ${bounds.scriptCommands} commands`)
})

test('a start script of more heredocs than are read is said', () => {
  const words = (count: number): string => {
    const script = `#!/bin/sh\ncat ${lines(count, () => '<<E').replaceAll('\n', ' ')}\n${lines(count, () => 'E')}\n`
    const { findings } = hardened(image({ Entrypoint: ['/start.sh'] }, { '/start.sh': script }))
    return findings.map(({ message }) => message).join('\n')
  }
  expect(words(bounds.heredocs + 1)).toContain(`more than ${bounds.heredocs} heredocs`)
  expect(words(bounds.heredocs)).not.toContain('heredocs')
})
