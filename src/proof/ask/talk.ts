import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { directReach, type Reach, standing } from '../../engine/reach.ts'

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
  /** Default: by the address alone. */
  readonly reach?: Reach
}

/** One connection: sends, and reads until it is enough, the other side ends, or the wait is over. */
export function talk(host: string, port: number, manner: Manner): Talk {
  const { send, wait, until, tls = false, reach = directReach } = manner
  const over = new AbortController()
  let text = ''
  let socket: Socket | null = null
  let giveUp = (): void => {}
  const said = new Promise<Said | null>((resolve) => {
    const finish = (ended: boolean): void => {
      clearTimeout(timer)
      over.abort()
      socket?.destroy()
      resolve(socket === null ? null : { text, ended })
    }
    giveUp = () => finish(false)
    const timer = setTimeout(giveUp, wait)
    const hear = (one: Socket): void => {
      socket = one
      // It was given up in the moment in which it stood.
      if (over.signal.aborted) one.destroy()
      one.on('data', (chunk) => {
        const first = text === ''
        text += chunk.toString('latin1')
        if (text.length > MOST_BYTES || until(text)) finish(false)
        // A server that greets does its work after the first answer: its own greeting, sent back, gets past that.
        else if (send === null && first) one.write(chunk)
      })
      for (const event of ['end', 'close']) one.on(event, () => finish(true))
      if (send !== null) one.write(send)
    }
    const plain = reach.connect(host, port, over.signal)
    const standing = tls ? plain.then((one) => overTls(one, over.signal)) : plain
    standing.then(hear, () => finish(true))
  })
  return { said, heard: () => text.length, giveUp }
}

/** Who it is does not matter, nor how old its ciphers are: it is asked whether it does what it did. */
function overTls(socket: Socket, signal: AbortSignal): Promise<Socket> {
  const secure = connectTls({
    socket,
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT:@SECLEVEL=0',
    checkServerIdentity: () => undefined,
  })
  return standing(secure, 'secureConnect', signal)
}
