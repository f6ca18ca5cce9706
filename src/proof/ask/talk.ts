import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

const MOST_BYTES = 64 << 10

export interface Said {
  /** Latin-1, one character a byte; '' for one that accepted and said nothing. */
  readonly text: string
  /** The other side ended it, before the wait was over. */
  readonly ended: boolean
}

export interface Talk {
  /** Null where the port refuses, or where no TLS handshake came about. */
  readonly said: Promise<Said | null>
  /** Characters so far. */
  heard(): number
  /** Waits no longer. */
  giveUp(): void
}

export interface Manner {
  /** Null: it is waited for a greeting. */
  readonly send: string | Buffer | null
  /** Milliseconds. */
  readonly wait: number
  readonly until: (text: string) => boolean
  readonly tls?: boolean
}

/** One connection: sends, and reads until it is enough, the other side ends, or the wait is over. */
export function talk(host: string, port: number, { send, wait, until, tls = false }: Manner): Talk {
  let text = ''
  let connected = false
  const socket = tls ? overTls(host, port) : connect({ host, port })
  let giveUp = (): void => {}
  const said = new Promise<Said | null>((resolve) => {
    const finish = (ended: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(connected ? { text, ended } : null)
    }
    giveUp = () => finish(false)
    const timer = setTimeout(giveUp, wait)
    socket.on(tls ? 'secureConnect' : 'connect', () => {
      connected = true
      if (send !== null) socket.write(send)
    })
    socket.on('data', (chunk) => {
      const first = text === ''
      text += chunk.toString('latin1')
      if (text.length > MOST_BYTES || until(text)) finish(false)
      // A server that greets does its work after the first answer: its own greeting, sent back, gets past that.
      else if (send === null && first) socket.write(chunk)
    })
    for (const event of ['end', 'close', 'error']) socket.on(event, () => finish(true))
  })
  return { said, heard: () => text.length, giveUp }
}

/** Who it is does not matter, nor how old its ciphers are: it is asked whether it does what it did. */
function overTls(host: string, port: number): Socket {
  return connectTls({
    host,
    port,
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT:@SECLEVEL=0',
    checkServerIdentity: () => undefined,
  })
}
