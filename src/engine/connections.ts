import { readFileSync } from 'node:fs'

/** What one network namespace shows of its TCP connections. Addresses are of IPv4, dotted. */
export interface NetworkSight {
  readonly addresses: readonly string[]
  readonly listens: readonly number[]
  /** Those that stand, and those that have ended within the last minute. */
  readonly connections: readonly TcpConnection[]
}

interface TcpConnection {
  readonly localPort: number
  readonly remote: string
  readonly remotePort: number
}

/** Of a process of this machine; null where it cannot be read. */
export function networkSightOf(pid: number): NetworkSight | null {
  try {
    const read = (name: string): string => readFileSync(`/proc/${pid}/net/${name}`, 'utf8')
    return parseSight(read('fib_trie'), [read('tcp'), readOptional(read, 'tcp6')])
  } catch {
    return null
  }
}

/** No IPv6 in the kernel, no table. */
function readOptional(read: (name: string) => string, name: string): string {
  try {
    return read(name)
  } catch {
    return ''
  }
}

// Socket states of include/net/tcp_states.h: established, closing in any way, and not yet forgotten (TIME_WAIT).
const CONNECTED = new Set(['01', '04', '05', '06', '08', '09', '0B'])
const LISTENS = '0A'

/** Reads /proc/net/fib_trie and /proc/net/{tcp,tcp6} of a little-endian machine. */
export function parseSight(trie: string, tables: readonly string[]): NetworkSight {
  const lines = trie.split('\n')
  const addresses = lines.flatMap((line, at) => {
    const [, address] = /\|-- ([\d.]+)$/.exec(line) ?? []
    const isLocal = lines[at + 1]?.includes('/32 host LOCAL') === true
    return isLocal && address !== undefined && !address.startsWith('127.') ? [address] : []
  })
  const rows = tables.flatMap((table) => table.split('\n').slice(1)).flatMap(rowOf)
  return {
    addresses: [...new Set(addresses)],
    listens: [...new Set(rows.filter(({ state }) => state === LISTENS).map(({ localPort }) => localPort))],
    connections: rows
      .filter(({ state, remote }) => CONNECTED.has(state) && !remote.startsWith('127.'))
      .map(({ localPort, remote, remotePort }) => ({ localPort, remote, remotePort })),
  }
}

interface Row extends TcpConnection {
  readonly state: string
}

function rowOf(line: string): readonly Row[] {
  const [, local = '', other = '', state = ''] = line.trim().split(/\s+/)
  const [, localPort] = local.split(':')
  const [address = '', remotePort] = other.split(':')
  const remote = dotted(address)
  if (localPort === undefined || remotePort === undefined || remote === null) return []
  return [{ state, remote, localPort: Number.parseInt(localPort, 16), remotePort: Number.parseInt(remotePort, 16) }]
}

/** Null for an address of IPv6 that stands for none of IPv4. */
function dotted(hex: string): string | null {
  const word = hex.length === 32 && /^0{16}(?:FFFF0000|0{8})/.test(hex) ? hex.slice(24) : hex
  if (!/^[\dA-F]{8}$/.test(word)) return null
  return [6, 4, 2, 0].map((at) => Number.parseInt(word.slice(at, at + 2), 16)).join('.')
}
