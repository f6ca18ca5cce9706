import { describe, expect, test } from '@jest/globals'
import {
  docker,
  ensureImage,
  imageFolder,
  isRunning,
  logsOf,
  processesOf,
  waitFor,
  withContainer,
} from './support/images.ts'
import { describeOriginals } from './support/originals.ts'
import { SERVERS } from './support/probes.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

describe('the test images', () => {
  describeOriginals(SERVERS)

  test('cron runs as root with capabilities', async () => {
    await withContainer(await ensureImage('cron'), [], async ({ id }) => {
      // Its first job ends on its own.
      const cron = await waitFor(async () => {
        const [first, ...others] = await processesOf(id)
        expect(others).toEqual([])
        return first
      })
      expect(cron).toMatchObject({ name: 'cron', uids: [0, 0, 0, 0], noNewPrivileges: false })
      expect(cron?.capabilities.effective).toMatch(/[^0]/)
    })
  })

  test('never-answers runs and listens nowhere', async () => {
    await withContainer(await ensureImage('never-answers'), [], async ({ id, address }) => {
      expect(await isRunning(id)).toBe(true)
      await expect(fetch(`http://${address}:8080/`)).rejects.toThrow('fetch failed')
    })
  })

  test('mounts runs with SYS_ADMIN only', async () => {
    const tag = await ensureImage('mounts')
    await withContainer(tag, ['--cap-add=SYS_ADMIN'], async ({ id }) => {
      await waitFor(async () => {
        expect((await processesOf(id)).map(({ name }) => name)).toEqual(['sleep'])
      })
    })
    await withContainer(tag, [], async ({ id }) => {
      await waitFor(async () => expect(await isRunning(id)).toBe(false))
      expect(await logsOf(id)).toContain('permission denied')
    })
  })

  test('broken-build does not build', async () => {
    await expect(docker(['build', '--quiet', imageFolder('broken-build')])).rejects.toThrow(
      'did not complete successfully',
    )
  })
})

describe('processesOf', () => {
  test('sees every process, its ids, groups, capabilities and no-new-privileges', async () => {
    const options = ['--user', '33:33', '--group-add', '5', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']
    await withContainer(await ensureImage('never-answers'), options, async ({ id }) => {
      await docker(['exec', '--detach', '--user', '1234:5678', id, 'sleep', '60'])
      const found = await waitFor(async () => {
        const processes = await processesOf(id)
        expect(processes.filter(({ name }) => name === 'sleep')).toHaveLength(2)
        return processes
      })
      expect(found.map(({ uids }) => uids[1]).sort()).toEqual([1234, 33])
      const none = '0000000000000000'
      expect(found.find(({ uids }) => uids[0] === 33)).toEqual({
        pid: expect.any(Number),
        name: 'sleep',
        uids: [33, 33, 33, 33],
        gids: [33, 33, 33, 33],
        groups: expect.arrayContaining([5]),
        capabilities: { effective: none, permitted: none, inheritable: none, ambient: none, bounding: none },
        noNewPrivileges: true,
      })
    })
  })
})
