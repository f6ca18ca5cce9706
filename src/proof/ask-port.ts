import { connect } from 'node:net'
import type { PortAnswer } from './run-record.ts'

const GREETING_WAIT = 400
/** Some compile a page when it is first asked for. */
const ANSWER_WAIT = 4000
/** For one that has answered elsewhere: on a busy machine it may have bound the port long before it serves. */
const KNOWN_WAIT = 20_000
/** For a port that was silent before. */
const SILENCE_WAIT = 600
const MOST_BYTES = 4096

/**
 * Asks a TCP port as a stranger would: does it accept, does it greet, does it speak HTTP? The class of the answer is
 * what is compared between the baseline and the result, never its whole text. `known`: what it was the last time, so
 * that nothing is waited for that will not come.
 */
export async function askPort(address: string, port: number, known: PortAnswer['kind'] | null): Promise<PortAnswer> {
  const wait = known === 'open' ? SILENCE_WAIT : known === 'http' ? KNOWN_WAIT : ANSWER_WAIT
  // Asked first: a server that takes one connection after the other would wait for the end of the silent one.
  const request = talk(address, port, { send: getRequest(address, port), wait, until: isAnswered })
  const silent = known === 'http' ? null : talk(address, port, { send: null, wait: GREETING_WAIT, until: () => false })
  try {
    const http = request.text.then((text) => httpAnswer(port, text))
    const greeting = silent?.text.then((text) => greetingAnswer(port, text)) ?? null
    const first = await Promise.race([http, ...(greeting === null ? [] : [greeting])])
    const answer = first ?? (await http) ?? (await greeting)
    if (answer !== null) return answer
    const accepts = (await request.text) !== null || (await silent?.text) != null
    return { port, protocol: 'tcp', kind: accepts ? 'open' : 'closed', detail: '' }
  } finally {
    request.end()
    silent?.end()
  }
}

function getRequest(address: string, port: number): string {
  return `GET / HTTP/1.1\r\nHost: ${address}:${port}\r\nUser-Agent: harden-image\r\nAccept: */*\r\nConnection: close\r\n\r\n`
}

/** The head of an HTTP answer is there, or it will never be one. */
function isAnswered(text: string): boolean {
  return text.includes('\r\n\r\n') || (text.length >= 5 && !text.startsWith('HTTP/'))
}

/** Null where it is none. */
function httpAnswer(port: number, text: string | null): PortAnswer | null {
  const status = /^HTTP\/[\d.]+ (\d{3})/.exec(text ?? '')?.[1]
  if (status === undefined) return null
  const type = /^content-type:\s*([^;\r\n]+)/im
    .exec(text ?? '')?.[1]
    ?.trim()
    .toLowerCase()
  return { port, protocol: 'tcp', kind: 'http', detail: type === undefined ? status : `${status} ${type}` }
}

function greetingAnswer(port: number, text: string | null): PortAnswer | null {
  return text === null || text === '' ? null : { port, protocol: 'tcp', kind: 'greeting', detail: firstWord(text) }
}

/** The printable start of a greeting, up to the first blank: `220`, `SSH-2.0-OpenSSH_10.0p2`, `+OK`. */
function firstWord(text: string): string {
  return /^[\x21-\x7e]{1,40}/.exec(text)?.[0].replace(/[\d.]{4,}.*$/, '') ?? 'binary'
}

interface Talk {
  /** Null when the port refuses; '' when it accepts and says nothing in time. */
  readonly text: Promise<string | null>
  end(): void
}

interface Manner {
  /** Null: it is waited for a greeting. */
  readonly send: string | null
  readonly wait: number
  readonly until: (text: string) => boolean
}

function talk(host: string, port: number, { send, wait, until }: Manner): Talk {
  let text = ''
  let connected = false
  const socket = connect({ host, port })
  const done = new Promise<string | null>((resolve) => {
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
      if (text.length > MOST_BYTES || until(text)) finish(text)
      // A server that greets does its work after the first answer: its own greeting, sent back, gets past that.
      else if (send === null && first) socket.write(chunk)
    })
    socket.on('end', () => finish(text))
    socket.on('close', () => finish(connected ? text : null))
    socket.on('error', () => finish(connected && text !== '' ? text : null))
  })
  return { text: done, end: () => socket.destroy() }
}
