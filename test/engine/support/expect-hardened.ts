import { expect } from '@jest/globals'
import type { Hardening } from './cli.ts'
import { expectVerdict } from './expect-verdict.ts'
import { buildImage, docker, isRunning, processesOf, waitFor, withContainer } from './images.ts'
import { listeningPorts } from './listening.ts'
import type { Server } from './probes.ts'

/** What a strict cluster leaves to a container. */
export const LOCKED_DOWN = [
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  '--sysctl=net.ipv4.ip_unprivileged_port_start=1024',
]

/** What every server is to stand: see docs/proof.md. */
const FIRST_CELLS = [
  'plain',
  'capabilities dropped, no new privileges',
  'the same, low ports refused',
  'read-only root',
]
const MOST_BYTES = 100_000
const NO_CAPABILITY = '0000000000000000'

/** What the report of a proved target says. */
export function expectProved(hardening: Hardening): void {
  const result = expectVerdict(hardening, { code: 0, verdict: 'hardened', passed: true })
  expect(result.proof).toMatchObject({ parity: true, result: { capabilities: [], noNewPrivileges: true } })
  expect(result.proof?.result?.uids).not.toContain(0)
  expect(result.proof?.result?.uids).not.toEqual([])
  expect(result.proof?.result?.addedBytes).toBeLessThanOrEqual(MOST_BYTES)
  expect(result.proof?.rounds).toBeLessThanOrEqual(3)
  const cells = result.proof?.cells.slice(0, 4).map(({ name, outcome, reason }) => ({ name, outcome, reason }))
  expect(cells?.map(({ name }) => name)).toEqual(FIRST_CELLS)
  expect(cells?.filter(({ outcome }) => outcome !== 'pass')).toEqual([])
  for (const { name, passed } of result.proof?.checks ?? []) expect({ name, passed }).toEqual({ name, passed: true })
}

/** Builds a resulting Dockerfile as anybody would: `context` is its folder, null for an image's. */
export function buildOutput(dockerfile: string, tag: string, context: string | null): Promise<string> {
  const from = context === null ? ['-'] : ['--file', '-', context]
  return buildImage(tag, from, dockerfile)
}

/**
 * Runs an image locked down, asks it what its users ask, and looks at every process. Nothing of the product is used:
 * neither its report nor its code.
 */
export async function expectWorksUnprivileged(
  image: string,
  { port, probe }: Server,
  options: readonly string[] = [],
): Promise<void> {
  await withContainer(image, [...LOCKED_DOWN, ...options], async ({ id, address }) => {
    await waitFor(async () => {
      const ports = await listeningPorts(id)
      // The original's own port where a user may bind it, else the one that it moved to.
      const [moved = port] = port < 1024 ? ports : [port]
      await probe({ id, address }, moved)
    })
    for (const open of await listeningPorts(id)) expect(open).toBeGreaterThanOrEqual(1024)
    await expectUnprivileged(id)
    expect(await isRunning(id)).toBe(true)
  })
}

/** No process of a container has uid or gid 0 among its ids, or any capability. */
export async function expectUnprivileged(id: string): Promise<void> {
  const processes = await processesOf(id)
  expect(processes).not.toEqual([])
  for (const { name, uids, gids, groups, capabilities, noNewPrivileges } of processes) {
    const what = { name, root: [...uids, ...gids, ...groups].includes(0), capabilities, noNewPrivileges }
    const none = {
      effective: NO_CAPABILITY,
      permitted: NO_CAPABILITY,
      inheritable: NO_CAPABILITY,
      ambient: NO_CAPABILITY,
      bounding: NO_CAPABILITY,
    }
    expect(what).toEqual({ name, root: false, capabilities: none, noNewPrivileges: true })
  }
}

/** Bytes that an image has more than another. */
export async function expectSmall(image: string, than: string): Promise<void> {
  const size = async (name: string) => Number(await docker(['image', 'inspect', '--format', '{{.Size}}', name]))
  expect((await size(image)) - (await size(than))).toBeLessThanOrEqual(MOST_BYTES)
}
