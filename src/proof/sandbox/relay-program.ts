/** Where a relay listens, in its container. */
export const RELAY_FOLDER = '/relay/run'
export const RELAY_SOCKET = 'relay.sock'

/**
 * The program of a relay, for a Node.js that has nothing else. A guest says in one line what it wants: `tcp ADDRESS PORT`
 * or `udp ADDRESS PORT`. The answer is `+` once that stands, else `-`. Then the bytes go through as they are, datagrams
 * with their length before them (two bytes, big-endian). It ends with the guest that said `stay`, however that one ended.
 */
export const RELAY_PROGRAM = `
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
