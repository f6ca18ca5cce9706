/** The borders of a Dockerfile, asked of BuildKit: it reads back what was written, and no line more. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { copyPaths, execForm, heredocCopy, quotedWord, shellWord, unwritable } from '../../src/borders/dockerfile.ts'
import { healthcheckText } from '../../src/plan/ports/healthcheck.ts'
import { reason } from '../../transforms/edits/lines.ts'
import { TEST_LABEL } from './support/images.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'harden-image-borders-'))
  mkdirSync(join(folder, 'context'))
})
const images: string[] = []
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  if (images.length > 0) await docker('image', 'rm', '--force', ...images)
})

async function docker(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, DOCKER_BUILDKIT: '1' }
  const { stdout } = await promisify(execFile)('docker', args, { env, encoding: 'utf8', maxBuffer: 1e8 })
  return stdout
}

/** Builds a text and gives the image. */
async function build(lines: readonly string[], ...flags: readonly string[]): Promise<string> {
  const file = join(folder, 'Dockerfile')
  writeFileSync(file, `${lines.join('\n')}\n`)
  const id = (
    await docker('build', '--quiet', '--label', TEST_LABEL, ...flags, '-f', file, join(folder, 'context'))
  ).trim()
  images.push(id)
  return id
}

async function configOf(image: string): Promise<Record<string, unknown>> {
  return JSON.parse(await docker('image', 'inspect', '--format', '{{json .Config}}', image))
}

const sign = fc.constantFrom(
  ...`'"\\$\`#&|;<>()[]{}*?!~^%@=:,.-/ \tab1`,
  '$HOME',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's variable
  '${PATH}',
  '<<EOF',
  '# escape=`',
  'ä',
  '日',
  '\\n',
)
const texts = (count: number): readonly string[] =>
  fc
    .sample(fc.array(fc.oneof(sign, fc.string()), { minLength: 1, maxLength: 10 }), count * 2)
    .map((parts) => parts.join(''))
    .filter((text) => unwritable(text) === null)
    .slice(0, count)

/** Names of files: no slash in them, none that means a folder. */
const names = (count: number): readonly string[] =>
  [...new Set(texts(count * 2).map((text) => text.replaceAll('/', '')))]
    .filter((name) => !/^\.{0,2}$/.test(name))
    .slice(0, count)

const DIRECTIVES: Readonly<Record<string, readonly string[]>> = { '\\': [], '`': ['# escape=`'] }

test.each(['\\', '`'])('values of ENV, comments and words of JSON, where %s escapes', async (escapeChar) => {
  const values = texts(150)
  const script = 'curl http://localhost/ \\'
  const lines = values.flatMap((value, index) => [
    ...reason(value)[0].lines,
    `ENV V${index}=${quotedWord(value, escapeChar)}`,
  ])
  const image = await build([
    ...(DIRECTIVES[escapeChar] ?? []),
    'FROM scratch',
    ...lines,
    `CMD ${execForm([...values, 'a\nUSER root', '\u202e\u200b'])}`,
    `HEALTHCHECK ${healthcheckText({ test: ['CMD-SHELL', script] })}`,
    'USER 5:5',
  ])
  const config = await configOf(image)
  const own = (config.Env as readonly string[]).filter((pair) => /^V\d/.test(pair))
  expect(own).toEqual(values.map((value, index) => `V${index}=${value}`))
  expect(config.Cmd).toEqual([...values, 'a\nUSER root', '\u202e\u200b'])
  expect(config.Healthcheck).toMatchObject({ Test: ['CMD', '/bin/sh', '-c', script] })
  expect(config.User).toBe('5:5')
})

test.each(['\\', '`'])(
  'words of a RUN line, paths of COPY and WORKDIR, and heredocs, where %s escapes',
  async (escapeChar) => {
    const words = texts(150)
    const folders = names(25)
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's variable
    const hostile = 'a\nHARDEN_IMAGE\r\nHARDEN_IMAGE_2\nUSER root\n\tx \\\n`\n$HOME ${PATH}\n# escape=`\n<<EOF\r\nlast'
    const image = await build([
      ...(DIRECTIVES[escapeChar] ?? []),
      'FROM scratch AS made',
      ...folders.map((name) => `WORKDIR ${quotedWord(`/from/${name}`, escapeChar)}`),
      'FROM debian:trixie-slim',
      `RUN for word in ${words.map(shellWord).join(' ')}; do printf '%s\\0' "$word"; done > /words`,
      ...folders.map((name, index) => `COPY --from=made ${copyPaths('/from/', `/to/${index}/${name}/`, escapeChar)}`),
      ...heredocCopy('COPY', hostile, '/text', escapeChar),
      ...heredocCopy('COPY', '', `/em'p"t$y\\`, escapeChar),
      'USER 5:5',
    ])
    expect((await configOf(image)).User).toBe('5:5')
    const parts = [
      'cat /words',
      'cat /text',
      "find /to -mindepth 2 -maxdepth 2 -printf '%f\\0'",
      "find /to/0 -mindepth 2 -maxdepth 2 -printf '%f\\0'",
      'ls -d /em*',
    ]
    const out = await docker('run', '--rm', '--network', 'none', image, 'sh', '-c', parts.join("; printf '===\\0'; "))
    const [read, text, targets, made, empty] = out.split('===\0')
    const list = (found: string | undefined): readonly string[] => found?.split('\0').slice(0, -1).toSorted() ?? []
    expect(read?.split('\0').slice(0, -1)).toEqual(words)
    expect(text).toBe(`${hostile}\n`)
    expect(list(targets)).toEqual(folders.toSorted())
    expect(list(made)).toEqual(folders.toSorted())
    expect(empty).toBe(`/em'p"t$y\\\n`)
  },
)
