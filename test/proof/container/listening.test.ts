import { describe, expect, test } from '@jest/globals'
import { listening } from '../../../src/proof/container/lifecycle.ts'

const PID = 4242
const rest = (cpu: number) => ({ cpu, running: false, wakesIn: 1000 })

/** An engine whose container opens one more port at each look at it. */
function growing() {
  let reads = 0
  return listening(
    {
      listeners: async () => {
        reads += 1
        return Array.from({ length: reads }, (_, index) => ({ port: 8000 + index, protocol: 'tcp', loopback: false }))
      },
    },
    'c1',
  )
}

describe('listening', () => {
  test('what its processes did nothing since is not read again', async () => {
    const listens = growing()
    expect(await listens.now(PID, rest(7))).toHaveLength(1)
    expect(await listens.now(PID, rest(7))).toHaveLength(1)
    expect(await listens.now(PID, rest(8))).toHaveLength(2)
  })

  test.each([
    ['one that runs', { cpu: 7, running: true, wakesIn: 0 }, PID],
    ['one that cannot be seen', null, PID],
    ['one that was started again', rest(7), PID + 1],
  ] as const)('%s is', async (_, activity, pid) => {
    const listens = growing()
    await listens.now(PID, rest(7))
    expect(await listens.now(pid, activity)).toHaveLength(2)
    // What was read meanwhile may have changed by the time it rests.
    expect(await listens.now(PID, rest(7))).toHaveLength(3)
  })
})
