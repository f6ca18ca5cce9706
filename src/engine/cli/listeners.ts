import { readFileSync } from 'node:fs'
import { nameArgument } from '../arguments.ts'
import type { Listener } from '../engine.ts'
import type { Cli } from './process.ts'

const tables = ['tcp', 'tcp6', 'udp', 'udp6'] as const
type Table = (typeof tables)[number]

/** `pid`: the container's first process on this machine; null where /proc is not this machine's. */
export async function listeners(cli: Cli, container: string, pid: number | null): Promise<readonly Listener[] | null> {
  const found: Listener[] = []
  for (const table of tables) {
    const text = pid === null ? await readInside(cli, container, table) : readHere(pid, table)
    // No IPv6 in the kernel, no table; without the first ones nothing is known.
    if (text === null && !table.endsWith('6')) return null
    found.push(...parseTable(table, text ?? ''))
  }
  return merge(found)
}

/** Asked many times a second, and no waiting: to have another thread read the kernel's memory costs ten times as much. */
function readHere(pid: number, table: Table): string | null {
  return hasNone(pid, table) ? '' : textOf(pid, table)
}

/** Where there is none, that is told at once; for a table of TCP the kernel goes through the connections of the whole machine. */
function hasNone(pid: number, table: Table): boolean {
  if (table.startsWith('udp')) return false
  const counts = textOf(pid, table === 'tcp' ? 'sockstat' : 'sockstat6')
  return counts !== null && new RegExp(`^${table.toUpperCase()}: inuse 0\\b`, 'm').test(counts)
}

function textOf(pid: number, name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/net/${name}`, 'utf8')
  } catch {
    return null
  }
}

async function readInside(cli: Cli, container: string, table: Table): Promise<string | null> {
  const { exitCode, stdout } = await cli.run(['exec', nameArgument(container), 'cat', `/proc/net/${table}`])
  return exitCode === 0 ? stdout : null
}

// Socket states of include/net/tcp_states.h; an unconnected UDP socket is in the state of a closed one.
const listening = '0A'
const unconnected = '07'

/** Reads /proc/net/{tcp,tcp6,udp,udp6}. */
export function parseTable(table: Table, text: string): readonly Listener[] {
  const protocol = table.startsWith('tcp') ? 'tcp' : 'udp'
  const wanted = protocol === 'tcp' ? listening : unconnected
  return text
    .split('\n')
    .slice(1)
    .flatMap((row) => {
      const [, local, , state] = row.trim().split(/\s+/)
      const [address, port] = local?.split(':') ?? []
      if (state !== wanted || address === undefined || port === undefined) return []
      return [{ port: Number.parseInt(port, 16), protocol, loopback: isLoopback(address) }]
    })
}

/** Addresses are 32-bit words in the machine's byte order; both orders of 127.0.0.0/8 and ::1 are known here. */
function isLoopback(address: string): boolean {
  if (address.length === 8) return isLoopback4(address)
  const mapped = /^0{16}(?:FFFF0000|0000FFFF)([0-9A-F]{8})$/.exec(address)?.[1]
  return mapped === undefined ? /^0{24}(?:01000000|00000001)$/.test(address) : isLoopback4(mapped)
}

function isLoopback4(word: string): boolean {
  return word.endsWith('7F') || word.startsWith('7F')
}

/** One entry a port; it is loopback only if all sockets are. */
function merge(found: readonly Listener[]): readonly Listener[] {
  const byPort = new Map<string, Listener>()
  for (const listener of found) {
    const key = `${listener.protocol} ${listener.port}`
    const loopback = listener.loopback && (byPort.get(key)?.loopback ?? true)
    byPort.set(key, { ...listener, loopback })
  }
  return [...byPort.values()].sort((a, b) => a.port - b.port || a.protocol.localeCompare(b.protocol))
}
