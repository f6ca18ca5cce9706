import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, test } from '@jest/globals'
import { hardenOne } from './cli.ts'
import { buildOutput, expectProved, expectSmall, expectWorksUnprivileged } from './expect-hardened.ts'
import { expectLeast } from './expect-least.ts'
import { docker, ensureImage } from './images.ts'
import { MORE_SERVERS } from './more-probes.ts'
import { expectPrintedWork } from './printed.ts'
import type { Server } from './probes.ts'

/** The second list, in parts for files of their own: so they run beside each other. */
export const GROUPS = {
  web: ['nginx-official', 'nginx-tls', 'php-nginx', 'lighttpd', 'webfs', 'haproxy'],
  apps: ['ruby-app', 'node-uploads-shipped', 'secret-config', 'memcached', 'nats', 'tomcat'],
  daemons: ['unbound', 'slapd', 'sshd', 'exim', 'vsftpd'],
} as const

/** Its own program is set-user-id: with it the mail becomes its user's, in their mailbox. */
const DELIVERY = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID']
const LOGIN = ['ssh', '-q', '-i', '/root/key', '-o', 'StrictHostKeyChecking=no', 'deploy@127.0.0.1', 'true']

export function describeMore(group: keyof typeof GROUPS): void {
  const names = GROUPS[group]
  describe(group, () => {
    afterAll(async () => {
      for (const name of names) {
        const image = await docker(['images', '--quiet', tagFor(name)])
        if (image) await docker(['rmi', '--force', image])
      }
    })

    for (const name of names) {
      const server = MORE_SERVERS[name]
      if (server === undefined) throw new Error(`${name} is no server of the second list`)
      if (name === 'sshd')
        test('sshd needs root, with the least that a login takes', async () =>
          expectLeast(await ensureImage(name), LOGIN, ['SETGID', 'SETUID', 'SYS_CHROOT']))
      else if (name === 'vsftpd')
        test('vsftpd needs root, with the least that a visitor takes', async () =>
          expectLeast(await ensureImage(name), ['fetch'], ['SETGID', 'SETUID', 'SYS_CHROOT']))
      else if (name === 'exim')
        test('exim needs root, with the least that a delivery takes, and not with no-new-privileges', async () =>
          expectLeast(await ensureImage(name), ['deliver'], DELIVERY, false))
      else test(`${name} is hardened`, () => expectHardened(name, server))
    }
  })
}

function tagFor(name: string): string {
  return `harden-image-test/proved-${name}`
}

async function expectHardened(name: string, server: Server): Promise<void> {
  const base = await ensureImage(name)
  const folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  try {
    const hardening = await hardenOne(base, ['--prove', '-o', folder])
    expectProved(hardening)
    const tag = await buildOutput(hardening.result.output, tagFor(name), null)
    await expectWorksUnprivileged(tag, server)
    await expectSmall(tag, base)
    await expectPrintedWork(folder, server)
  } finally {
    await rm(folder, { recursive: true })
  }
}
