import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { docker } from './support/images.ts'

/** Source: NET_ADDR_SET in the kernel's netdevice.h. */
const SET = '3'

// Else it is the lowest of its containers', and what the others send to the old one is lost until they ask anew: an
// answer that was on its way then comes up to twenty seconds later.
test('the address of the bridge that the tests run on does not change as containers come and go', async () => {
  const options = await docker(['network', 'inspect', '--format', '{{json .Options}}', 'bridge'])
  const bridge: string = JSON.parse(options)['com.docker.network.bridge.name']
  expect((await readFile(`/sys/class/net/${bridge}/addr_assign_type`, 'utf8')).trim()).toBe(SET)
})
