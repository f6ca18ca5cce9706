import { connect } from 'node:net'
import { assertAddress } from './images.ts'

/** Text or bytes are sent; a pattern waits until what came since the last one matches. */
export type Step = string | Buffer | RegExp

/** Goes through the steps on one TCP connection, closes it, and returns all that was said, a character a byte. */
export function converse(address: string, port: number, steps: readonly Step[]): Promise<string> {
  assertAddress(address)
  return new Promise((resolve, reject) => {
    const left = [...steps]
    let said = ''
    let seen = 0
    const socket = connect({ host: address, port, timeout: 5000 })
    socket.setEncoding('latin1')
    const advance = () => {
      for (let step = left[0]; step !== undefined; step = left[0]) {
        if (step instanceof RegExp) {
          if (!step.test(said.slice(seen))) return
          seen = said.length
        } else {
          socket.write(step)
        }
        left.shift()
      }
      resolve(said)
      socket.destroy()
    }
    const waiting = () => `port ${port}: waited for ${left[0]}, got ${JSON.stringify(said.slice(seen, seen + 120))}`
    socket.on('connect', advance)
    socket.on('data', (chunk: string) => {
      said += chunk
      advance()
    })
    socket.on('error', reject)
    socket.on('timeout', () => socket.destroy(new Error(waiting())))
    socket.on('close', () => reject(new Error(waiting())))
  })
}
