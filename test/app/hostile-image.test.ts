/** What a stranger has put into an image's config and accounts becomes no instruction of the Dockerfile. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { withDefaults } from '../../src/app/api.ts'
import { targetProcessor } from '../../src/app/pipeline.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { healthcheckText } from '../../src/plan/ports/healthcheck.ts'
import type { TargetResult } from '../../src/report/report.ts'
import { imageItem } from '../../src/repository/discover.ts'
import { type Entry, imageOf, layoutOf, named, tarOf, writeFolder } from '../image/support/stored.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const ROOT = 'root:x:0:0::/root:/bin/sh\n'

async function hardened(config: object, files: readonly Entry[] = [], shell = true): Promise<TargetResult> {
  const layer = await tarOf([
    { name: 'etc/passwd', content: ROOT },
    { name: 'etc/group', content: 'root:x:0:\n' },
    ...(shell ? ['bin/sh', 'bin/sed', 'usr/sbin/useradd', 'usr/sbin/groupadd'] : []).map((name) => ({
      name,
      mode: 0o755,
      content: 'x',
    })),
    { name: 'srv/web', mode: 0o755, content: 'x' },
    ...files,
  ])
  const image = imageOf([layer], { Cmd: ['/srv/web'], ...config })
  await writeFolder(join(folder, 'layout'), layoutOf([{ ...image, descriptor: named('2') }]))
  const ports = { progress: () => {}, onCleanUp: () => {}, signal: new AbortController().signal }
  const options = withDefaults({ engine: 'none', offline: true })
  const item = { ...imageItem('oci:layout', folder), text: null }
  return (await targetProcessor()(item, options, ports)).result
}

/** Every instruction, as BuildKit cuts them. */
function instructions({ output }: TargetResult): readonly string[] {
  return parseDockerfile(output).stages.flatMap(({ from, instructions }) =>
    [from, ...instructions].map(({ keyword }) => keyword),
  )
}

const said = ({ findings }: TargetResult): readonly string[] =>
  findings.filter(({ outcome }) => outcome === 'todo').map(({ message }) => message)

const LINE_BREAK = 'there is a line break in it, which ends an instruction'

describe('a VOLUME that no line can say is left out, and said', () => {
  const long = `/${'x'.repeat(5000)}`
  test.each([
    ['/data\nUSER root', '/data\\nUSER root', LINE_BREAK],
    ['/data\r', '/data\\u000d', LINE_BREAK],
    ['/data\0x', '/data\\u0000x', 'there is a NUL in it'],
    ['/data\u2028x', '/data\\u2028x', 'there is an invisible character in it (U+2028)'],
    ['/data\u202eatad', '/data\\u202eatad', 'there is an invisible character in it (U+202E)'],
    ['/data\u001b[2J', '/data\\u001b[2J', 'there is an invisible character in it (U+001B)'],
    ['/data\ud800', '/data\\ud800', 'it is not valid UTF-8'],
    [long, long, 'it is longer than 4096 characters'],
  ])('%# %.20j', async (path, shown, why) => {
    const result = await hardened({ Volumes: { [path]: {}, '/kept': {} } })
    expect(said(result)).toEqual([`${shown} is not granted: ${why}`])
    expect(result.verdict).toBe('incomplete')
    expect(instructions(result)).toEqual(['FROM', 'RUN', 'RUN', 'USER'])
    expect(result.output).toContain('/kept')
    const decided = result.output.split('\n').filter((line) => line.includes('/data') || line.includes('xxx'))
    expect(decided).toHaveLength(1)
    expect(decided[0]).toMatch(/^# harden-image: decide: [^\p{C}]{1,200}$/u)
  })
})

test.each(["/it's", '/$HOME', '/a`b', '/a b', '/a\\', '/-R', '/a*', '/<<EOF', '/#x', '/{{.X}}', '/a;reboot', '/ä'])(
  'a VOLUME %j is one word of the shell',
  async (path) => {
    const result = await hardened({ Volumes: { [path]: {} } })
    expect(result.verdict).toBe('rewritten')
    expect(instructions(result)).toEqual(['FROM', 'RUN', 'RUN', 'USER'])
    const quoted = /^\/[\w-]+$/.test(path) ? path : `'${path.replace("'", "'\\''")}'`
    expect(result.output).toContain(`chown 10001:10001 ${quoted}\n`)
  },
)

test.each(['/data\nUSER root', '/data\0'])('a VOLUME %j in an image without a shell', async (path) => {
  const result = await hardened({ Volumes: { [path]: {} } }, [], false)
  expect(result.verdict).toBe('incomplete')
  // The folder of its home is made in a stage of its own.
  expect(instructions(result)).toEqual(['FROM', 'WORKDIR', 'FROM', 'COPY', 'COPY', 'COPY', 'USER'])
})

test.each(['/srv/x\nRUN touch /owned', '/srv/x\r\nUSER root'])('a WORKDIR %j adds no line', async (workdir) => {
  const result = await hardened({ WorkingDir: workdir, Volumes: { [workdir]: {} }, ExposedPorts: { '80/tcp': {} } })
  expect(result.output).not.toMatch(/^(RUN touch|USER root)/m)
  expect(instructions(result).filter((keyword) => keyword === 'USER')).toHaveLength(1)
  expect(result.verdict).toBe('incomplete')
})

test('a line of passwd that is our delimiter does not end the heredoc that copies it', async () => {
  const passwd = `${ROOT}HARDEN_IMAGE\nHARDEN_IMAGE_2\r\nUSER root\nRUN touch /owned\n`
  const result = await hardened({}, [{ name: 'etc/passwd', content: passwd }], false)
  expect(instructions(result)).toEqual(['FROM', 'WORKDIR', 'FROM', 'COPY', 'COPY', 'COPY', 'USER'])
  const [copy] = parseDockerfile(result.output).stages[1]?.instructions ?? []
  expect(copy?.heredocs[0]?.content).toBe(`${passwd}app:x:10001:10001::/home/app:/sbin/nologin\n`)
})

test.each([
  ['no UTF-8', Buffer.from(`${ROOT}m\xfcller:x:1:1::/:\n`, 'latin1'), 'it is not valid UTF-8'],
  ['a line longer than BuildKit reads', `${ROOT}#${'x'.repeat(70_000)}\n`, 'a line of it is longer than'],
])('a passwd with %s is not copied, and the stage stays as it is', async (_, passwd, why) => {
  const result = await hardened({}, [{ name: 'etc/passwd', content: passwd }], false)
  expect(said(result).join()).toContain(`the text of "/etc/passwd" cannot be written into a Dockerfile: ${why}`)
  expect(result).toMatchObject({ verdict: 'incomplete', changed: false })
})

test.each(['x; touch /owned', '-R', '$(reboot)', "it's", 'a b', '../x'])(
  'the account %j of an image is said by its number, and its name is nothing but a comment',
  async (name) => {
    const passwd = `${ROOT}${name}:x:77:77::/srv/data:/bin/sh\n`
    const result = await hardened({ Volumes: { '/srv/data': {} } }, [
      { name: 'etc/passwd', content: passwd },
      { name: 'srv/data/', type: 'directory', uid: 77, gid: 77 },
    ])
    const lines = result.output.split('\n').filter((line) => line.includes(name))
    expect(lines.every((line) => line.startsWith('#'))).toBe(true)
    expect(result.output).toMatch(/^USER 77:77$/m)
  },
)

test('an id that USER does not take is none to run as', async () => {
  const passwd = `${ROOT}big:x:4294967294:4294967294::/srv/data:/bin/sh\n`
  const result = await hardened({ Volumes: { '/srv/data': {} } }, [
    { name: 'etc/passwd', content: passwd },
    { name: 'srv/data/', type: 'directory', uid: 4294967294, gid: 4294967294 },
  ])
  expect(result.output).not.toMatch(/^USER 4294967294/m)
})

test.each([
  ['curl http://localhost/', 'CMD curl http://localhost/'],
  ['curl http://localhost/ \\', String.raw`CMD ["/bin/sh","-c","curl http://localhost/ \\"]`],
  ['curl `', 'CMD ["/bin/sh","-c","curl `"]'],
  ['["curl"]', String.raw`CMD ["/bin/sh","-c","[\"curl\"]"]`],
  ['curl\nUSER root', String.raw`CMD ["/bin/sh","-c","curl\nUSER root"]`],
  ['curl \u202ex', String.raw`CMD ["/bin/sh","-c","curl \u202ex"]`],
])('the script %j of a health check ends with its line', (script, text) => {
  expect(healthcheckText({ test: ['CMD-SHELL', script] })).toBe(text)
})

test('a comment of ours is no comment that this program obeys', async () => {
  const path = `/${'x'.repeat(60)} ${'y'.repeat(30)} harden-image ignore=set-user`
  const result = await hardened({ Volumes: { [path]: {} } })
  expect(result.output).not.toMatch(/^#\s*harden-image\s+ignore=/m)
})
