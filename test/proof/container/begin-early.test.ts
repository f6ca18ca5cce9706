import { describe, expect, test } from '@jest/globals'
import type { Activity, ContainerState, Engine, Listener } from '../../../src/engine/engine.ts'
import { speculativeRuns } from '../../../src/proof/speculation.ts'

const AT_REST: Activity = { cpu: 0, running: false, wakesIn: Number.POSITIVE_INFINITY }
const UP = { status: 'running', running: true, pid: 1, health: null } as ContainerState

/** An engine whose containers run at once and listen on `open`. */
function engineWith(open: readonly number[], { fails = false } = {}) {
  const removed: string[] = []
  const engine = {
    run: async ({ image }: { readonly image: string }) => {
      if (fails) throw new Error('no space left on device')
      return `container of ${image}`
    },
    state: async () => UP,
    activity: () => AT_REST,
    listeners: async () => open.map((port): Listener => ({ port, protocol: 'tcp', loopback: false })),
    logs: async () => '',
    remove: async (container: string) => {
      removed.push(container)
    },
  } as unknown as Engine
  return { engine, removed }
}

const waitFor = (ports: readonly number[]) => ({ ports, patience: 60_000, signal: new AbortController().signal })
const LONG_ENOUGH = 400
const rest = () => new Promise((resolve) => setTimeout(resolve, LONG_ENOUGH))

describe('a container that was begun early', () => {
  test('is up for whom it opened the ports, since it was', async () => {
    const runs = speculativeRuns(engineWith([8080]).engine)
    runs.begin({ image: 'a' }, waitFor([8080]))
    await rest()
    const taken = await runs.take({ image: 'a' }, [8080])
    expect(taken?.started.container).toBe('container of a')
    expect(taken?.up?.ready.ready).toBe(true)
    expect(taken?.up?.since).toBeLessThan(Date.now())
  })

  test.each([
    ['that has not opened what it was waited for', [], [8080], [8080]],
    ['of which more is expected than it was waited for', [8080], [8080], [8080, 9090]],
  ])('is still to be waited for where it is one %s', async (_, open, waited, expected) => {
    const runs = speculativeRuns(engineWith(open).engine)
    runs.begin({ image: 'a' }, waitFor(waited))
    await rest()
    const taken = await runs.take({ image: 'a' }, expected)
    expect(taken?.started.container).toBe('container of a')
    expect(taken?.up).toBeNull()
  })

  test('is given once, and only to whom runs the same image in the same way', async () => {
    const runs = speculativeRuns(engineWith([]).engine)
    runs.begin({ image: 'a' }, waitFor([]))
    expect(await runs.take({ image: 'a', user: '1000:0' }, [])).toBeNull()
    expect(await runs.take({ image: 'b' }, [])).toBeNull()
    expect(await runs.take({ image: 'a' }, [])).not.toBeNull()
    expect(await runs.take({ image: 'a' }, [])).toBeNull()
  })

  test('is none where it could not be made: the run in its place tells why', async () => {
    const runs = speculativeRuns(engineWith([], { fails: true }).engine)
    runs.begin({ image: 'a' }, waitFor([]))
    expect(await runs.take({ image: 'a' }, [])).toBeNull()
  })

  test('is removed where nobody took it, and not where somebody did', async () => {
    const { engine, removed } = engineWith([])
    const runs = speculativeRuns(engine)
    runs.begin({ image: 'a' }, waitFor([1]))
    runs.begin({ image: 'b' }, waitFor([1]))
    await runs.take({ image: 'b' }, [])
    await runs.drop()
    await runs.drop()
    expect(removed).toEqual(['container of a'])
  })
})
