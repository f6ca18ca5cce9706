import { expect, test } from '@jest/globals'
import { lowPortsElsewhere } from '../../../src/proof/prove-root.ts'

const on = (...ports: readonly number[]) => ({
  listeners: ports.map((port) => ({ port, protocol: 'udp', loopback: false }) as const),
})

test('what keeps root on a low port is told the capability that Docker does not ask for', () => {
  expect(lowPortsElsewhere(on(69, 69, 8080), ['SETUID'])).toBe(
    '; on CRI-O, older containerd and host networking also --cap-add=NET_BIND_SERVICE for port 69',
  )
  expect(lowPortsElsewhere(on(69), ['NET_BIND_SERVICE'])).toBe('')
  expect(lowPortsElsewhere(on(8080), [])).toBe('')
  expect(lowPortsElsewhere({ listeners: null }, [])).toBe('')
})
