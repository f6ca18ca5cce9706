import { execFile } from 'node:child_process'
import { chmod, type FileHandle, mkdir, open, realpath } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Engine, Mount, RunSpec } from '../../engine/engine.ts'
import type { Datagrams, Reach } from '../../engine/reach.ts'
import { HardenError } from '../../errors.ts'
import { memoizeByObject } from '../../memoize.ts'
import { isBuiltHere, noteBuilt } from '../../run-list.ts'
import { removeFolder, temporaryFolder } from '../../temporary.ts'
import { sharedObjects } from '../trace/tracer.ts'

/** With nothing in it. Kept, as the tracer's is. */
export const RELAY_IMAGE = 'harden-image/relay:1'
const INSIDE = '/relay'
const MEMORY = 256 * 1024 ** 2
const PIDS = 64
/** Until it listens, milliseconds. */
const PATIENCE = 20_000
const POLL = 10

/** A container of ours on a network that this machine has no address on: what is to reach the others goes through it. */
export interface Relay {
  readonly reach: Reach
  /** Rejects with HardenError `engine-failed` where it does not come up. */
  readonly ready: Promise<void>
  close(): Promise<void>
}

/**
 * Begins one: it is this very Node.js, lent to an empty image, and listens on a Unix socket alone. Throws what the engine
 * or this machine says where there can be none.
 */
export async function openRelay(engine: Engine, network: string): Promise<Relay> {
  const spec = await nodeSpec(engine, RELAY_PROGRAM)
  // The outer folder keeps other users of this machine away; in the inner one the container's user makes the socket.
  const folder = await temporaryFolder('relay')
  const shared = join(folder, 'run')
  let container: string
  let opened: FileHandle | null = null
  try {
    await mkdir(shared)
    await chmod(shared, 0o777)
    opened = await open(shared)
    container = await engine.create({
      ...spec,
      network,
      mounts: [...(spec.mounts ?? []), { type: 'bind', source: shared, target: RELAY_FOLDER, writable: true }],
    })
  } catch (error) {
    await opened?.close()
    await removeFolder(folder)
    throw error
  }
  // By the descriptor: the path of a socket has at most 107 bytes (unix(7)), and $TMPDIR may be any.
  const path = join('/proc/self/fd', String(opened.fd), RELAY_SOCKET)
  const stay = comesUp(engine, container, path)
  const ready = stay.then(() => undefined)
  // Whoever needs it is told. A run that is interrupted before anybody did would end here, and leave all that it has made.
  ready.catch(() => undefined)
  return {
    reach: reachThrough(path, stay),
    ready,
    async close() {
      stay.then((socket) => socket.destroy()).catch(() => undefined)
      await engine.remove(container).finally(() => Promise.all([opened.close(), removeFolder(folder)]))
    },
  }
}

/** The connection that it lives for. */
async function comesUp(engine: Engine, container: string, path: string): Promise<Socket> {
  await engine.start(container)
  const end = performance.now() + PATIENCE
  for (;;) {
    const socket = await request(path, 'stay').catch(() => null)
    if (socket !== null) return socket
    const state = performance.now() > end || (await engine.state(container))
    if (state === true || !state.running) throw await failure(engine, container)
    await pause(POLL)
  }
}

async function failure(engine: Engine, container: string): Promise<HardenError> {
  const [state, said] = await Promise.all([engine.state(container), engine.logs(container)])
  const why = said.trim().split('\n').at(-1) || state.error || 'it does not answer'
  return new HardenError('engine-failed', `the relay into the proof's own network does not start: ${why}`, {
    hint: 'use --network to run the proof on the network of the engine',
  })
}

const ensureImage = memoizeByObject(async (engine: Engine): Promise<void> => {
  const image = await engine.inspectImage(RELAY_IMAGE)
  if (image !== null && isBuiltHere(image.id)) return
  // A build of nothing at all makes no image.
  const dockerfile = 'FROM scratch\nLABEL harden-image.relay=1\n'
  await engine.build({ dockerfile, context: null, tag: RELAY_IMAGE, keep: true })
  noteBuilt((await engine.inspectImage(RELAY_IMAGE))?.id ?? '')
})

/** This very Node.js with nothing else around it, which runs `program` with these arguments as nobody. */
export async function nodeSpec(engine: Engine, program: string, ...args: readonly string[]): Promise<RunSpec> {
  const [mounts] = await Promise.all([programMounts(), ensureImage(engine)])
  return {
    image: RELAY_IMAGE,
    user: '65534:65534',
    capDrop: ['ALL'],
    noNewPrivileges: true,
    readOnly: true,
    unlabelled: true,
    memoryBytes: MEMORY,
    pidsLimit: PIDS,
    mounts,
    entrypoint: `${INSIDE}/ld.so`,
    command: ['--library-path', `${INSIDE}/lib`, `${INSIDE}/node`, '--eval', program, ...args],
  }
}

/** This Node.js, its libraries and its loader, each on its own: nothing else of this machine is to be seen there. */
async function programMounts(): Promise<readonly Mount[]> {
  const program = await realpath(process.execPath)
  const { stdout } = await promisify(execFile)('ldd', [program])
  const { libraries, loader } = sharedObjects(stdout)
  if (loader === null) throw new Error(`${program} names no loader`)
  const files: readonly (readonly [string, string])[] = [
    [program, `${INSIDE}/node`],
    [loader, `${INSIDE}/ld.so`],
    ...libraries.map((library) => [library, `${INSIDE}/lib/${basename(library)}`] as const),
  ]
  return Promise.all(
    files.map(async ([path, target]) => ({ type: 'bind', source: await realpath(path), target }) as const),
  )
}

function reachThrough(path: string, up: Promise<unknown>): Reach {
  return {
    forwards: () => true,
    async connect(address, port, signal) {
      await up
      return request(path, `tcp ${address} ${port}`, signal)
    },
    exchange(address, port, { open, message, error }): Datagrams {
      let socket: Socket | null = null
      let over = false
      up.then(() => request(path, `udp ${address} ${port}`)).then((one) => {
        if (over) return one.destroy()
        socket = one
        one.on('data', datagramsTo(message))
        one.once('close', () => over || error())
        return open()
      }, error)
      return {
        send(datagram) {
          const length = Buffer.alloc(2)
          length.writeUInt16BE(datagram.length)
          socket?.write(Buffer.concat([length, datagram]))
        },
        close() {
          over = true
          socket?.destroy()
        },
      }
    },
  }
}

function datagramsTo(message: (message: Buffer) => void): (chunk: Buffer) => void {
  let held = Buffer.alloc(0)
  return (chunk) => {
    held = Buffer.concat([held, chunk])
    while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
      const end = 2 + held.readUInt16BE(0)
      message(held.subarray(2, end))
      held = held.subarray(end)
    }
  }
}

/** A connection for which the relay has said yes: what comes over it then is the other side's. */
function request(path: string, line: string, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    const refuse = (reason: unknown): void => {
      settle()
      socket.destroy()
      reject(reason)
    }
    const aborted = (): void => refuse(signal?.reason)
    const closed = (): void => refuse(refused())
    const read = (): void => {
      const answer: Buffer | null = socket.read(1)
      if (answer === null) return
      if (answer.toString() !== '+') return refuse(refused())
      settle()
      resolve(socket)
    }
    const settle = (): void => {
      socket.off('readable', read).off('close', closed)
      signal?.removeEventListener('abort', aborted)
    }
    // What is wrong with it later, its `close` tells.
    socket.on('error', (error) => reject(error))
    socket.on('readable', read)
    socket.once('close', closed)
    if (signal?.aborted) return aborted()
    signal?.addEventListener('abort', aborted, { once: true })
    socket.write(`${line}\n`)
  })
}

function refused(): NodeJS.ErrnoException {
  return Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' })
}

/** Where a relay listens, in its container. */
const RELAY_FOLDER = '/relay/run'
const RELAY_SOCKET = 'relay.sock'

/**
 * The program of a relay, for a Node.js that has nothing else. A guest says in one line what it wants: `tcp ADDRESS PORT`
 * or `udp ADDRESS PORT`. The answer is `+` once that stands, else `-`. Then the bytes go through as they are, datagrams
 * with their length before them (two bytes, big-endian). It ends with the guest that said `stay`, however that one ended.
 */
const RELAY_PROGRAM = `
const net = require('node:net'), dgram = require('node:dgram'), fs = require('node:fs')
process.on('uncaughtException', () => {})
const kinds = {
  stay(guest) {
    guest.write('+')
    guest.resume()
    guest.on('end', () => process.exit(0))
    guest.on('close', () => process.exit(0))
  },
  tcp(guest, host, port) {
    let stands = false
    const far = net.connect({ host, port, allowHalfOpen: true })
    far.on('connect', () => {
      stands = true
      guest.write('+')
      guest.pipe(far)
      far.pipe(guest)
    })
    far.on('error', () => {})
    far.on('close', () => guest.end(stands ? undefined : '-'))
    guest.on('close', () => far.destroy())
  },
  udp(guest, host, port) {
    const far = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4')
    let held = Buffer.alloc(0)
    far.on('error', () => guest.destroy())
    far.on('message', (message) => {
      if (guest.writableLength > 1 << 20) return
      const length = Buffer.alloc(2)
      length.writeUInt16BE(message.length)
      guest.write(Buffer.concat([length, message]))
    })
    guest.on('data', (chunk) => {
      held = Buffer.concat([held, chunk])
      while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
        const end = 2 + held.readUInt16BE(0)
        far.send(held.subarray(2, end), () => {})
        held = held.subarray(end)
      }
    })
    guest.on('end', () => guest.end())
    guest.on('close', () => far.close())
    far.connect(port, host, () => guest.write('+'))
  },
}
const server = net.createServer({ allowHalfOpen: true }, (guest) => {
  let head = Buffer.alloc(0)
  const read = (chunk) => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf(10)
    if (end < 0) return head.length > 200 && guest.destroy()
    guest.off('data', read)
    guest.pause()
    if (head.length > end + 1) guest.unshift(head.subarray(end + 1))
    const [kind, host, port] = head.toString('latin1', 0, end).split(' ')
    if (!Object.hasOwn(kinds, kind) || (kind !== 'stay' && net.isIP(host) === 0)) return guest.destroy()
    kinds[kind](guest, host, Number(port))
    guest.resume()
  }
  guest.on('error', () => guest.destroy())
  guest.on('data', read)
})
server.listen('${RELAY_FOLDER}/${RELAY_SOCKET}', () => fs.chmodSync('${RELAY_FOLDER}/${RELAY_SOCKET}', 0o777))
`
