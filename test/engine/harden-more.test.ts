// What else people ship. Where a server is not hardened, that must be the honest answer and no false success.
import { afterAll, describe, expect, test } from '@jest/globals'
import { type Hardening, hardenOne } from './support/cli.ts'
import { buildOutput, expectProved, expectSmall, expectWorksUnprivileged } from './support/expect-hardened.ts'
import { docker, ensureImage } from './support/images.ts'
import { MORE_SERVERS } from './support/more-probes.ts'
import type { Server } from './support/probes.ts'

const HARDENED = [
  'memcached',
  'nats',
  'php-nginx',
  'ruby-app',
  'node-uploads-shipped',
  'secret-config',
  'nginx-tls',
  'webfs',
  'haproxy',
  'nginx-official',
  'lighttpd',
  'unbound',
  'slapd',
]

/** They switch user for each session, login or delivery. */
const NEEDS_ROOT = ['sshd', 'exim', 'vsftpd']

async function expectHardened(name: string, server: Server, hardening: Hardening): Promise<void> {
  expectProved(hardening)
  const tag = await buildOutput(hardening.result.output, `harden-image-test/proved-${name}`, null)
  await expectWorksUnprivileged(tag, server)
  await expectSmall(tag, await ensureImage(name))
}

describe('more servers', () => {
  afterAll(async () => {
    const images = await docker(['images', '--quiet', 'harden-image-test/proved-*'])
    if (images) await docker(['rmi', '--force', ...new Set(images.split('\n'))])
  })

  test('each has its expectation', () => {
    expect([...HARDENED, ...NEEDS_ROOT].sort()).toEqual(Object.keys(MORE_SERVERS).sort())
  })

  for (const [name, server] of Object.entries(MORE_SERVERS)) {
    if (HARDENED.includes(name)) {
      test(`${name} is hardened`, async () => {
        await expectHardened(name, server, await hardenOne(await ensureImage(name), ['--prove']))
      })
    } else {
      test(`${name} needs root`, async () => {
        const { code, result } = await hardenOne(await ensureImage(name), ['--prove'])
        expect({ code, verdict: result.verdict, changed: result.changed }).toEqual({
          code: 1,
          verdict: 'needs-root',
          changed: false,
        })
        expect(result.findings.filter(({ outcome }) => outcome === 'todo')).not.toEqual([])
      })
    }
  }

  test('mounts cannot be compared with an original that does not start', async () => {
    const { code, result } = await hardenOne(await ensureImage('mounts'), ['--prove'])
    expect({ code, verdict: result.verdict, passed: result.proof?.passed }).toEqual({
      code: 1,
      verdict: 'incomplete',
      passed: false,
    })
  })
})
