import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'

/** How the ports of a container are reached. */
export interface Reach {
  /** A connection that stands. Rejects where nobody takes it, and once the signal is aborted. */
  connect(address: string, port: number, signal: AbortSignal): Promise<Socket>
  /** Datagrams to one port, and from it. */
  exchange(address: string, port: number, on: DatagramEvents): Datagrams
  /** Commands of this machine do not get there by the address alone. */
  forwards(): boolean
}

interface DatagramEvents {
  readonly open: () => void
  readonly message: (message: Buffer) => void
  /** Nobody is there, as far as that can be told. */
  readonly error: () => void
}

export interface Datagrams {
  send(datagram: Buffer): void
  close(): void
}

/** Where this machine has a route to the address. */
export const directReach: Reach = {
  forwards: () => false,
  connect: (host, port, signal) => standing(connect({ host, port }), 'connect', signal),
  exchange(address, port, { open, message, error }) {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    socket.on('message', message)
    // The kernel tells a connected socket.
    socket.on('error', error)
    socket.connect(port, address, open)
    return { send: (datagram) => socket.send(datagram, () => {}), close: () => socket.close() }
  },
}

/** Once it has had that event; what is wrong with it later is told by its `close`. */
export function standing<S extends Socket>(socket: S, event: string, signal: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      socket.destroy()
      reject(signal.reason)
    }
    const settled = (): void => signal.removeEventListener('abort', aborted)
    socket.on('error', reject)
    socket.once('close', () => {
      settled()
      reject(new Error('closed'))
    })
    socket.once(event, () => {
      settled()
      resolve(socket)
    })
    if (signal.aborted) aborted()
    else signal.addEventListener('abort', aborted, { once: true })
  })
}
