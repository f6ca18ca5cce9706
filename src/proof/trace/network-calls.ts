import { table } from '../../table.ts'
import { type Handler, pathOf, type Scene, type Told } from './scene.ts'
import { socketInode } from './strace-text.ts'
import type { Call } from './trace-line.ts'

export const NETWORK_CALLS: Readonly<Record<string, Handler>> = table({
  socket: function* (call, scene) {
    const [family = '', type = ''] = call.args
    if (family === 'AF_PACKET' || (/^AF_INET6?$/.test(family) && type.includes('SOCK_RAW')))
      yield { access: 'use-capability', path: null, capability: 'NET_RAW' }
    const inode = socketInode(call.result.text)
    if (inode === null || !/^AF_INET6?$/.test(family)) return
    scene.sockets.set(inode, { protocol: protocolOf(type), port: 0 })
  },
  bind: (call, scene) => bound(call, scene),
  listen: function* (call, scene) {
    const socket = socketOf(call, scene)
    if (socket && socket.port > 0 && call.result.done)
      yield { access: 'listen', path: null, ...portOf(socket, socket.port) }
  },
  connect: function* (call, scene) {
    const path = unixPath(call, scene)
    if (path !== undefined) yield { access: 'write', path }
  },
})

function* bound(call: Call, scene: Scene): Iterable<Told> {
  const path = unixPath(call, scene)
  if (path !== undefined) {
    yield { access: 'create-socket', path }
    if (call.result.done && path !== null) scene.history.made(path)
    return
  }
  const port = Number(/sin6?_port=htons\((\d+)\)/.exec(call.args[1] ?? '')?.[1] ?? 0)
  // Port 0 lets the kernel choose: nothing to move, nothing to grant.
  if (port === 0) return
  const socket = socketOf(call, scene)
  if (socket && call.result.done) socket.port = port
  yield {
    access: 'bind',
    path: null,
    ...portOf(socket, port),
    ...(port < 1024 ? { capability: 'NET_BIND_SERVICE' } : {}),
  }
}

/** Undefined for another family and for a socket without a file (`@"name"`). */
function unixPath(call: Call, scene: Scene): string | null | undefined {
  const address = call.args[1] ?? ''
  if (!address.includes('sa_family=AF_UNIX, sun_path="')) return undefined
  return pathOf(scene, /^(?=.*"\}$).*?sun_path=(".*")\}$/.exec(address)?.[1])
}

function socketOf(call: Call, scene: Scene): { protocol: 'tcp' | 'udp' | null; port: number } | undefined {
  const inode = socketInode(call.args[0])
  return inode === null ? undefined : scene.sockets.get(inode)
}

function portOf(
  socket: { readonly protocol: 'tcp' | 'udp' | null } | undefined,
  port: number,
): { port: number; protocol?: 'tcp' | 'udp' } {
  return socket?.protocol ? { port, protocol: socket.protocol } : { port }
}

function protocolOf(type: string): 'tcp' | 'udp' | null {
  if (type.includes('SOCK_STREAM')) return 'tcp'
  return type.includes('SOCK_DGRAM') ? 'udp' : null
}
