import { createHash } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Datagrams, Reach } from '../../engine/reach.ts'

/** At a time, of one UDP port. */
const MOST_GUESTS = 64

export interface Port {
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
}

/** A container's ports on this machine's loopback, for a command that is run here. */
export interface Forwarded {
  readonly host: string
  /** Where a TCP port is there: mostly the same. */
  port(port: number): number
  close(): void
}

/** An address of its own for each container, so that a port keeps its number where this user may bind it. */
export async function forwardPorts(
  reach: Reach,
  { container, address }: { readonly container: string; readonly address: string },
  ports: readonly Port[],
): Promise<Forwarded> {
  const host = loopbackOf(container)
  const over = new AbortController()
  const open = new Map<number, number>()
  const servers = await Promise.all(
    ports.map(async ({ protocol, port }) => {
      if (protocol === 'udp') return forwardUdp(reach, address, port, host)
      const server = tcpServer(reach, address, port, over.signal)
      const bound = (await listening(server, host, port)) ?? (await listening(server, host, 0))
      if (bound !== null) open.set(port, bound)
      return server
    }),
  )
  return {
    host,
    port: (port) => open.get(port) ?? port,
    close() {
      over.abort()
      for (const server of servers) server?.close()
    },
  }
}

/** In 127.0.0.0/8, which is all this machine. */
function loopbackOf(container: string): string {
  const [a = 0, b = 0, c = 0] = createHash('sha256').update(container).digest()
  return `127.${1 + (a % 254)}.${b}.${1 + (c % 254)}`
}

function tcpServer(reach: Reach, address: string, port: number, signal: AbortSignal): Server {
  const server = createServer({ allowHalfOpen: true }, (guest: Socket) => {
    guest.on('error', () => guest.destroy())
    const end = (): void => void guest.destroy()
    signal.addEventListener('abort', end, { once: true })
    guest.once('close', () => signal.removeEventListener('abort', end))
    reach.connect(address, port, signal).then((far) => {
      far.on('close', () => guest.end())
      guest.on('close', () => far.destroy())
      guest.pipe(far)
      far.pipe(guest)
    }, end)
  })
  return server
}

/** The port that it got; null where this user may not have that one, or somebody has it. */
async function listening(server: Server, host: string, port: number): Promise<number | null> {
  try {
    server.listen({ host, port })
    await once(server, 'listening')
    const bound = server.address()
    return typeof bound === 'object' ? (bound?.port ?? null) : null
  } catch {
    return null
  }
}

/** Null where this user may not have that port. */
async function forwardUdp(reach: Reach, address: string, port: number, host: string): Promise<UdpSocket | null> {
  const socket = createSocket('udp4')
  const guests = new Map<string, Datagrams>()
  const guestOf = ({ address: from, port: its }: RemoteInfo, first: Buffer): void => {
    const far = reach.exchange(address, port, {
      open: () => far.send(first),
      message: (message) => socket.send(message, its, from, () => {}),
      error: () => void guests.delete(`${from} ${its}`),
    })
    guests.set(`${from} ${its}`, far)
  }
  socket.on('message', (message, from) => {
    const known = guests.get(`${from.address} ${from.port}`)
    if (known !== undefined) known.send(message)
    else if (guests.size < MOST_GUESTS) guestOf(from, message)
  })
  socket.once('close', () => {
    for (const far of guests.values()) far.close()
  })
  try {
    socket.bind(port, host)
    await once(socket, 'listening')
    socket.on('error', () => {})
    return socket
  } catch {
    return null
  }
}
