import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Activity } from '../../engine/engine.ts'
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

interface Manner {
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

/** Between two looks at what it does, milliseconds. */
const LOOK = 40

/** Tells what the processes of a container do at this moment; null where that cannot be seen. */
export type Watched = () => Activity | null

interface Answer {
  /** A program that owes it has been off the CPU for so long, milliseconds. */
  readonly calm: number
  /** It may also wait for a time before it answers. */
  readonly slept: boolean
}

const ANSWERS = {
  /** It takes the program work alone. */
  work: { calm: 120, slept: false },
  /** Who speaks first asks nobody else, but some let their guest wait. */
  greeting: { calm: 120, slept: true },
  /** It may be another server that is asked for it. */
  any: { calm: 300, slept: true },
} satisfies Record<string, Answer>

interface Awaited {
  /** Until when it is waited for, milliseconds since 1970. */
  readonly end: number
  /** How much it has said so far. */
  readonly heard?: () => number
  /** Called once nothing is done about it: waiting for longer would be in vain. */
  readonly silent: () => void
}

/** Watches a program that was asked for as long as it owes an answer. Gives what ends the watch. */
export function onSilence(
  watched: Watched,
  by: keyof typeof ANSWERS,
  { end, heard = () => 0, silent }: Awaited,
): () => void {
  const calm = calmSince(Date.now())
  const looks = setInterval(() => {
    const activity = watched()
    calm.note(`${heard()}`, activity)
    if (activity === null || calm.calm() < ANSWERS[by].calm) return
    if (!ANSWERS[by].slept || activity.wakesIn > end - Date.now()) silent()
  }, LOOK)
  return () => clearInterval(looks)
}

/** The share of the time that a calm program may be on the CPU: heartbeats and the like. */
const IDLE_SHARE = 0.1

/** How long nothing has happened in a container, by looks at it one after the other. */
export interface Calm {
  /** `look`: all else that would tell of a change. */
  note(look: string, activity: Activity | null): void
  /** Milliseconds since `look` changed. */
  unchanged(): number
  /** Milliseconds since its processes were busy, or `look` changed. */
  calm(): number
  /** Of the looks since `look` changed, most found it busy: it is at something, and tells nobody. */
  works(): boolean
}

export function calmSince(start: number): Calm {
  let last = ''
  let changed = start
  let busy = start
  let looks = 0
  let busyLooks = 0
  let before: { readonly at: number; readonly cpu: number } | null = null
  return {
    note(look, activity) {
      const now = Date.now()
      if (look !== last) {
        changed = now
        looks = 0
        busyLooks = 0
      }
      last = look
      looks += 1
      const share = before === null || activity === null ? 1 : (activity.cpu - before.cpu) / 1e6 / (now - before.at)
      if (activity === null || activity.running || share > IDLE_SHARE) {
        busy = now
        busyLooks += activity === null ? 0 : 1
      }
      before = activity === null ? null : { at: now, cpu: activity.cpu }
    },
    unchanged: () => Date.now() - changed,
    calm: () => Date.now() - Math.max(busy, changed),
    works: () => busyLooks > looks / 2,
  }
}
