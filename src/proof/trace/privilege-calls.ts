import { table } from '../../table.ts'
import { type Handler, idOf, pathOf, type Scene, type Told } from './scene.ts'
import { type Call, socketInode } from './trace-line.ts'

/** Calls that change who a process is, or that only a privileged one may make. */
export const PRIVILEGE_CALLS: Readonly<Record<string, Handler>> = table({
  setuid: (call, scene) => switchedUser(call, scene, idOf(call.args[0])),
  setreuid: (call, scene) => switchedUser(call, scene, idOf(call.args[1]) ?? idOf(call.args[0])),
  setresuid: (call, scene) => switchedUser(call, scene, idOf(call.args[1]) ?? idOf(call.args[0])),
  setfsuid: (call, scene) => switchedUser(call, scene, idOf(call.args[0]), false),
  setgid: (call, scene) => switchedGroup(call, scene, idOf(call.args[0])),
  setregid: (call, scene) => switchedGroup(call, scene, idOf(call.args[1]) ?? idOf(call.args[0])),
  setresgid: (call, scene) => switchedGroup(call, scene, idOf(call.args[1]) ?? idOf(call.args[0])),
  setfsgid: (call, scene) => switchedGroup(call, scene, idOf(call.args[0]), false),
  setgroups: (call) => {
    const groups = (call.args[1] ?? '').match(/\d+/g)?.map(Number) ?? []
    return [{ access: 'switch-user', path: null, groups, capability: 'SETGID' }]
  },
  /** Every program that a setuid bit made root asks for it, and no other call in the trace shows that. */
  geteuid: (call, scene) => {
    if (call.result.done) scene.process.uid = call.result.value
    return []
  },

  mount: (call, scene) => [{ access: 'mount', path: pathOf(scene, call.args[1]), capability: 'SYS_ADMIN' }],
  umount2: (call, scene) => [{ access: 'mount', path: pathOf(scene, call.args[0]), capability: 'SYS_ADMIN' }],
  pivot_root: (call, scene) => [{ access: 'mount', path: pathOf(scene, call.args[0]), capability: 'SYS_ADMIN' }],
  move_mount: (call, scene) => [
    { access: 'mount', path: pathOf(scene, call.args[3], call.args[2]), capability: 'SYS_ADMIN' },
  ],
  // The newer way to mount begins with this call, and ends here where it is refused.
  fsopen: () => used('SYS_ADMIN'),
  unshare: (call) => (newNamespace(call.args[0]) ? used('SYS_ADMIN') : []),
  setns: () => used('SYS_ADMIN'),
  sethostname: () => used('SYS_ADMIN'),
  setdomainname: () => used('SYS_ADMIN'),
  settimeofday: () => used('SYS_TIME'),
  clock_settime: () => used('SYS_TIME'),
  clock_adjtime: (call) => (call.args[1]?.startsWith('{modes=0,') ? [] : used('SYS_TIME')),
  adjtimex: (call) => (call.args[0]?.startsWith('{modes=0,') ? [] : used('SYS_TIME')),
  init_module: () => used('SYS_MODULE'),
  finit_module: () => used('SYS_MODULE'),
  reboot: () => used('SYS_BOOT'),
  setpriority: (call) => (call.args[2]?.startsWith('-') ? used('SYS_NICE') : []),
  sched_setscheduler: (call) => (/SCHED_(FIFO|RR)/.test(call.args[1] ?? '') ? used('SYS_NICE') : []),
  prctl: (call) => (/^PR_(CAPBSET_DROP|SET_SECUREBITS)$/.test(call.args[0] ?? '') ? used('SETPCAP') : []),
  capset: (call) => (call.result.done ? [] : used('SETPCAP')),
  setrlimit: (call, scene) => limited(call, scene, call.args[0], call.args[1]),
  prlimit64: (call, scene) => limited(call, scene, call.args[1], call.args[2], call.args[3]),
  kill: (call, scene) => {
    const target = scene.processes.uidOf(Number(call.args[0]))
    const mine = scene.process.uid
    return target === null || mine === null || target === mine ? [] : used('KILL')
  },
})

export function newNamespace(flags: string | undefined): boolean {
  // A process that makes a user namespace first has all capabilities in it.
  return /CLONE_NEW/.test(flags ?? '') && !/CLONE_NEWUSER/.test(flags ?? '')
}

function used(capability: string): readonly Told[] {
  return [{ access: 'use-capability', path: null, capability }]
}

function* switchedUser(call: Call, scene: Scene, uid: number | undefined, effective = true): Iterable<Told> {
  if (uid === undefined) return
  yield { access: 'switch-user', path: null, uid, capability: 'SETUID' }
  if (call.result.done && effective) scene.process.uid = uid
}

function* switchedGroup(call: Call, scene: Scene, gid: number | undefined, effective = true): Iterable<Told> {
  if (gid === undefined) return
  yield { access: 'switch-user', path: null, gid, capability: 'SETGID' }
  if (call.result.done && effective) scene.process.gid = gid
}

/** Only raising a hard limit takes a capability. */
function limited(call: Call, scene: Scene, resource = '', to = '', before = ''): readonly Told[] {
  const known = hardLimit(before) ?? scene.limits.get(resource)
  const wanted = hardLimit(to)
  if (call.result.done) scene.limits.set(resource, wanted ?? known ?? Number.POSITIVE_INFINITY)
  if (wanted === null) return []
  return !call.result.done || (known !== undefined && wanted > known) ? used('SYS_RESOURCE') : []
}

/** `{rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}` → Infinity. */
function hardLimit(argument: string): number | null {
  const text = /rlim_max=([^}]+)/.exec(argument)?.[1]
  if (text === undefined) return null
  const [number = '', factor = '1'] = text.split('*')
  return /^\d/.test(number) ? Number(number) * Number(factor) : Number.POSITIVE_INFINITY
}

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
  accept: (call, scene) => accepted(call, scene),
  accept4: (call, scene) => accepted(call, scene),
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

/** A connection through a socket file is not one of a client. */
function accepted(call: Call, { sockets, accepted, process }: Scene): readonly Told[] {
  const isInternet = /\bAF_INET6?\b/.test(call.args[1] ?? '') || sockets.has(socketInode(call.args[0]) ?? '')
  if (!call.result.done || !isInternet) return []
  const before = accepted.get(process.pid)
  if (before === undefined || (before !== null && before !== 0)) accepted.set(process.pid, process.uid)
  return []
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
