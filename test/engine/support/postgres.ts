import { connect } from 'node:net'
import { assertAddress } from './images.ts'

/**
 * Runs one simple query as user `postgres` over the wire protocol (version 3, trust authentication) and returns the
 * first column of all rows. Rejects with the server's own message.
 */
export function postgresQuery(address: string, port: number, sql: string): Promise<readonly string[]> {
  assertAddress(address)
  return new Promise((resolve, reject) => {
    const rows: string[] = []
    let pending = Buffer.alloc(0)
    let asked = false
    const socket = connect({ host: address, port, timeout: 10_000 })
    const fail = (error: Error) => {
      socket.destroy()
      reject(error)
    }
    socket.on('error', fail)
    socket.on('timeout', () => fail(new Error('postgres: no answer')))
    socket.on('close', () => reject(new Error('postgres: connection closed')))
    socket.on('connect', () => socket.write(startup()))
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= 5) {
        const length = pending.readUInt32BE(1) + 1
        if (pending.length < length) return
        const kind = String.fromCharCode(pending.readUInt8(0))
        const body = pending.subarray(5, length)
        pending = pending.subarray(length)
        if (kind === 'E') return fail(new Error(`postgres: ${errorText(body)}`))
        if (kind === 'D') rows.push(firstColumn(body))
        if (kind !== 'Z') continue
        if (asked) {
          resolve(rows)
          socket.end()
          return
        }
        asked = true
        socket.write(message('Q', `${sql}\0`))
      }
    })
  })
}

function startup(): Buffer {
  const parameters = Buffer.from('user\0postgres\0database\0postgres\0\0')
  const head = Buffer.alloc(8)
  head.writeUInt32BE(head.length + parameters.length, 0)
  head.writeUInt32BE(0x0003_0000, 4)
  return Buffer.concat([head, parameters])
}

function message(kind: string, text: string): Buffer {
  const body = Buffer.from(text)
  const head = Buffer.alloc(5)
  head.write(kind, 0)
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

function firstColumn(body: Buffer): string {
  const length = body.readInt32BE(2)
  return length < 0 ? '' : body.subarray(6, 6 + length).toString()
}

/** The fields are `<letter><text>\0`; `M` is the message for people. */
function errorText(body: Buffer): string {
  const fields = body.toString().split('\0')
  return (fields.find((field) => field.startsWith('M')) ?? 'error').slice(1)
}
