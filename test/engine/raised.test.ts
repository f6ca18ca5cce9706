// Programs that make whoever starts them root, which a proof under no-new-privileges does not notice.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hardenOne } from './support/cli.ts'
import { buildText, docker } from './support/images.ts'

const SHELL = '/usr/local/sbin/rootsh'
/** What nobody reads in its text. */
const unread = (script: string): string => `RUN echo ${Buffer.from(script).toString('base64')} | base64 -d | sh`
const BASE = 'harden-image-test/raised-base:1'
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-image-raised-'))
  await buildText(`FROM debian:trixie-slim\nRUN cp /bin/dash ${SHELL} && chmod 4755 ${SHELL}\n`, BASE)
  for (const [name, [lines, base]] of Object.entries(IMAGES)) {
    await mkdir(join(folder, name))
    const file = join(folder, name, 'Dockerfile')
    await writeFile(
      file,
      `FROM ${base}\n${lines}\nCMD ["sh", "-c", "trap 'exit 0' TERM; seq 9; while true; do sleep 1; done"]\n`,
    )
    const proof = hardenOne(file, ['--prove'])
    // Each is looked at in its own test.
    proof.catch(() => undefined)
    proofs.set(name, proof)
  }
}, 60_000)

afterAll(async () => {
  await docker(['image', 'rm', '--force', BASE]).catch(() => '')
  await rm(folder, { recursive: true })
})

/** Of each the lines behind FROM, and what that names. */
const IMAGES = {
  line: [`RUN cp /bin/dash ${SHELL} && chmod 4755 ${SHELL}`, 'debian:trixie-slim'],
  script: [unread(`cp /bin/dash ${SHELL}; chmod 4755 ${SHELL}`), 'debian:trixie-slim'],
  base: ['RUN true', BASE],
} as const

const proofs = new Map<string, ReturnType<typeof hardenOne>>()

async function proved(name: keyof typeof IMAGES) {
  const { result } = (await proofs.get(name)) ?? {}
  const todos = result?.findings.filter(({ outcome }) => outcome === 'todo').map(({ message }) => message) ?? []
  return { verdict: result?.verdict, passed: result?.proof?.passed, todos }
}

describe('a set-user-ID shell that the build adds', () => {
  test.each([
    ['by a line of the Dockerfile', 'line', 'by line 2'],
    ['by a script that nobody can read', 'script', 'in this image'],
  ] as const)(
    '%s is a todo, also where the proof passes',
    async (_, name, by) => {
      const { verdict, passed, todos } = await proved(name)
      expect([verdict, passed]).toEqual(['incomplete', true])
      expect(todos).toEqual([expect.stringContaining(`${SHELL} is set-user-ID ${by}`)])
    },
    180_000,
  )

  test('makes its caller root under a plain docker run, which is what the todo is about', async () => {
    const told = ['run', '--rm', '--user', '1000:1000', BASE, SHELL, '-p', '-c', 'id -u']
    expect((await promisify(execFile)('docker', told)).stdout.trim()).toBe('0')
  }, 60_000)

  test('is none where the base image has it already', async () => {
    const { verdict, passed, todos } = await proved('base')
    expect([verdict, passed, todos]).toEqual(['hardened', true, []])
  }, 180_000)
})
