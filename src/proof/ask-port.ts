import { connect } from 'node:net'
import type { PortAnswer } from './run-record.ts'

const GREETING_WAIT = 400
const ANSWER_WAIT = 4000
const MOST_BYTES = 4096

/**
 * Asks a TCP port as a stranger would: does it accept, does it greet, does it speak HTTP? The class of the answer is
 * what is compared between the baseline and the result, never its whole text.
 */
export async function askPort(address: string, port: number): Promise<PortAnswer> {
  const greeting = await talk(address, port, null, GREETING_WAIT)
  if (greeting === null) return { port, protocol: 'tcp', kind: 'closed', detail: '' }
  if (greeting !== '') return { port, protocol: 'tcp', kind: 'greeting', detail: firstWord(greeting) }
  const answer = await talk(
    address,
    port,
    `GET / HTTP/1.1\r\nHost: ${address}:${port}\r\nUser-Agent: harden-image\r\nAccept: */*\r\nConnection: close\r\n\r\n`,
    ANSWER_WAIT,
  )
  const status = /^HTTP\/[\d.]+ (\d{3})/.exec(answer ?? '')?.[1]
  if (status === undefined) return { port, protocol: 'tcp', kind: 'open', detail: '' }
  const type = /^content-type:\s*([^;\r\n]+)/im
    .exec(answer ?? '')?.[1]
    ?.trim()
    .toLowerCase()
  return { port, protocol: 'tcp', kind: 'http', detail: type === undefined ? status : `${status} ${type}` }
}

/** The printable start of a greeting, up to the first blank: `220`, `SSH-2.0-OpenSSH_10.0p2`, `+OK`. */
function firstWord(text: string): string {
  return /^[\x21-\x7e]{1,40}/.exec(text)?.[0].replace(/[\d.]{4,}.*$/, '') ?? 'binary'
}

/** Null when the port refuses; '' when it accepts and says nothing in time. */
function talk(host: string, port: number, send: string | null, wait: number): Promise<string | null> {
  return new Promise((resolve) => {
    let text = ''
    let connected = false
    const socket = connect({ host, port })
    const finish = (value: string | null): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(value)
    }
    const timer = setTimeout(() => finish(connected ? text : null), wait)
    socket.on('connect', () => {
      connected = true
      if (send !== null) socket.write(send)
    })
    socket.on('data', (chunk) => {
      const first = text === ''
      text += chunk.toString('latin1')
      if (text.length > MOST_BYTES) finish(text)
      // A server that greets does its work after the first answer: its own greeting, sent back, gets past that.
      if (send === null && first) socket.write(chunk)
    })
    socket.on('end', () => finish(text))
    socket.on('close', () => finish(connected ? text : null))
    socket.on('error', () => finish(connected && text !== '' ? text : null))
  })
}
