import { expect, test } from '@jest/globals'
import { docker, ensureImage, isRunning, waitFor, withContainer } from './images.ts'
import type { Server } from './probes.ts'

/** What the other tests build on: the originals work, and they run as root. Else a proof would prove nothing. */
export function describeOriginals(servers: Readonly<Record<string, Server>>): void {
  for (const [name, { port, probe }] of Object.entries(servers)) {
    const root = name !== 'already-nonroot'
    test(`${name} works ${root ? 'and starts as root' : 'without root'}`, async () => {
      const tag = await ensureImage(name)
      await withContainer(tag, [], async (container) => {
        await waitFor(() => probe(container, port))
        expect(await isRunning(container.id)).toBe(true)
      })
      const user = await docker(['image', 'inspect', '--format', '{{.Config.User}}', tag])
      expect(user).toBe(root ? '' : '1000:1000')
    })
  }
}
