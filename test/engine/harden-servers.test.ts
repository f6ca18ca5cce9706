// The main job: images of real servers, hardened by the command that users run, then looked at without it.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { hardenOne } from './support/cli.ts'
import { buildOutput, expectProved, expectSmall, expectWorksUnprivileged } from './support/expect-hardened.ts'
import { expectLeast } from './support/expect-least.ts'
import { docker, ensureImage, imageFolder } from './support/images.ts'
import { expectPrintedWork } from './support/printed.ts'
import { SERVERS } from './support/probes.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

/** Hardened from their own Dockerfile; all others from the image's name. */
const FROM_DOCKERFILE = ['python-sqlite', 'apache']

const { 'already-nonroot': nonroot, ...servers } = SERVERS

describe('hardened and proved', () => {
  afterAll(async () => {
    const images = await docker(['images', '--quiet', 'harden-image-test/hardened-*'])
    if (images) await docker(['rmi', '--force', ...new Set(images.split('\n'))])
  })

  for (const [name, server] of Object.entries(servers)) {
    const fromDockerfile = FROM_DOCKERFILE.includes(name)
    test(`${name}, from its ${fromDockerfile ? 'Dockerfile' : 'name'}`, async () => {
      const base = await ensureImage(name)
      const context = fromDockerfile ? imageFolder(name) : null
      const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
      try {
        const hardening =
          context === null
            ? await hardenOne(base, ['--prove', '-o', folder])
            : await hardenOne(join(context, 'Dockerfile'), ['--prove'])
        expectProved(hardening)
        const tag = await buildOutput(hardening.result.output, `harden-image-test/hardened-${name}`, context)
        await expectWorksUnprivileged(tag, server)
        await expectSmall(tag, base)
        if (context === null) await expectPrintedWork(folder, server)
      } finally {
        await rm(folder, { recursive: true })
      }
    })
  }
})

describe('left as it is', () => {
  test('an image that is not root already', async () => {
    const image = await ensureImage('already-nonroot')
    const { code, result } = await hardenOne(image, ['--prove'])
    expect({ code, ...result }).toMatchObject({
      code: 0,
      verdict: 'unchanged',
      changed: false,
      output: `FROM ${image}\n`,
      stages: [{ userBefore: '1000:1000', userAfter: '1000:1000' }],
      proof: { passed: true, baseline: { uids: [1000] }, result: { uids: [1000], noNewPrivileges: true } },
    })
    expect(result.proof?.cells.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['read-only root', 'arbitrary uid, group 0']),
    )
    // Not because nothing is ever seen: it does run so.
    if (nonroot) await expectWorksUnprivileged(image, nonroot)
  })

  test('its Dockerfile is as expected', async () => {
    const path = join(imageFolder('already-nonroot'), 'Dockerfile')
    const { code, result } = await hardenOne(path, ['--prove'])
    expect({ code, verdict: result.verdict, output: result.output, passed: result.proof?.passed }).toEqual({
      code: 0,
      verdict: 'unchanged',
      passed: true,
      output: await readFile(path, 'utf8'),
    })
  })

  test('cron, which needs root, with the least that its jobs take', async () => {
    await expectLeast(await ensureImage('cron'), ['test', '-s', '/tmp/heartbeat'], ['SETGID', 'SETUID'])
  })
})
