import { expect, test } from '@jest/globals'
import { containersOf } from '../../src/engine/compose.ts'
import { parseSight } from '../../src/engine/connections.ts'

const TRIE = `Main:
  +-- 0.0.0.0/0 2 0 2
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 172.18.0.0
        /16 link UNICAST
     |-- 172.18.0.3
        /32 host LOCAL
     |-- 172.18.255.255
        /32 link BROADCAST
`
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 030012AC:B0C4 040012AC:1538 01 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 030012AC:B0C5 050012AC:0050 06 00000000:00000000 00:00000000 00000000     0        0 3 1
   3: 030012AC:B0C6 060012AC:0050 02 00000000:00000000 00:00000000 00000000     0        0 4 1
   4: 0100007F:B0C7 0100007F:1538 01 00000000:00000000 00:00000000 00000000     0        0 5 1
`
const TCP6 = `  sl  local_address                         remote_address                        st
   0: 0000000000000000FFFF0000030012AC:1F90 0000000000000000FFFF0000070012AC:D431 01 00000000:00000000
`

test('connections that stand or have just ended are read, those to oneself and those in vain are not', () => {
  expect(parseSight(TRIE, [TCP, TCP6])).toEqual({
    addresses: ['172.18.0.3'],
    listens: [5432],
    connections: [
      { localPort: 45252, remote: '172.18.0.4', remotePort: 5432 },
      { localPort: 45253, remote: '172.18.0.5', remotePort: 80 },
      { localPort: 8080, remote: '172.18.0.7', remotePort: 54321 },
    ],
  })
})

test('containers of a project are read from lines and, of an older Compose, from a list', () => {
  const [web, db] = ['{"ID":"a1","Service":"web","State":"running"}', '{"ID":"b2","Service":"db"}']
  const both = [
    { id: 'a1', service: 'web' },
    { id: 'b2', service: 'db' },
  ]
  expect(containersOf(`${web}\n${db}\n`)).toEqual(both)
  expect(containersOf(`[${web},${db}]`)).toEqual(both)
  expect(containersOf('')).toEqual([])
})
