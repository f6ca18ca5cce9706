import { getRequest, httpAnswer, isAnswered } from './http-answer.ts'
import type { PortAnswer } from './run-record.ts'
import { type Said, talk } from './talk.ts'

const GREETING_WAIT = 400
/** Some compile a page when it is first asked for. */
const ANSWER_WAIT = 4000
/** For one that has answered elsewhere: on a busy machine it may have bound the port long before it serves. */
const KNOWN_WAIT = 20_000
/** For a port that was silent before. */
const SILENCE_WAIT = 600

type Kind = PortAnswer['kind']

/**
 * Asks a TCP port as a stranger would: does it accept, does it greet, does it speak HTTP, does it speak TLS? The class of
 * the answer is what is compared between the baseline and the result, never its whole text. `known`: what it was the
 * last time, so that nothing is waited for that will not come.
 */
export async function askPort(address: string, port: number, known: Kind | null): Promise<PortAnswer> {
  if (known === 'https' || known === 'tls') {
    const secure = await askTls(address, port, KNOWN_WAIT)
    if (secure !== null) return secure
  }
  const wait = known === 'open' ? SILENCE_WAIT : known === 'http' ? KNOWN_WAIT : ANSWER_WAIT
  // Asked first: a server that takes one connection after the other would wait for the end of the silent one.
  const request = talk(address, port, { send: getRequest(address, port), wait, until: isAnswered })
  const silent = known === 'http' ? null : talk(address, port, { send: null, wait: GREETING_WAIT, until: () => false })
  try {
    const http = request.said.then((said) => (said === null ? null : httpAnswer(address, port, said.text, false)))
    const greeting = silent?.said.then((said) => wordAnswer(port, 'greeting', said)) ?? null
    const first = await Promise.race([http, ...(greeting === null ? [] : [greeting])])
    const plain = first ?? (await http) ?? (await greeting)
    const asked = await request.said
    // What is said to who does not speak TLS: 400 and a remark, an alert of TLS itself, or nothing before it hangs up.
    const mayBeTls = plain === null ? isAlert(asked) : plain.kind === 'http' && plain.detail.startsWith('400')
    const secure = mayBeTls && known !== 'http' && known !== 'open' ? await askTls(address, port, ANSWER_WAIT) : null
    return secure ?? plain ?? wordAnswer(port, 'answer', asked) ?? bare(port, asked, (await silent?.said) ?? null)
  } finally {
    request.end()
    silent?.end()
  }
}

/** Null where no handshake comes about. */
async function askTls(address: string, port: number, wait: number): Promise<PortAnswer | null> {
  const request = { send: getRequest(address, port), wait, until: isAnswered, tls: true }
  const said = await talk(address, port, request).said
  if (said === null) return null
  return (
    httpAnswer(address, port, said.text, true) ??
    wordAnswer(port, 'tls', said) ?? { port, protocol: 'tcp', kind: 'tls', detail: '' }
  )
}

/** An alert record of TLS, or an end without a word. Source: RFC 8446, 5.1. */
function isAlert(said: Said | null): boolean {
  return said !== null && (said.text === '' ? said.ended : said.text.startsWith('\x15\x03'))
}

/** Null where it said nothing. */
function wordAnswer(port: number, kind: Kind, said: Said | null): PortAnswer | null {
  return said === null || said.text === '' ? null : { port, protocol: 'tcp', kind, detail: firstWord(said.text) }
}

/** It says nothing, but it may take a connection and drop it at once. */
function bare(port: number, asked: Said | null, silent: Said | null): PortAnswer {
  if (asked === null && silent === null) return { port, protocol: 'tcp', kind: 'closed', detail: '' }
  return { port, protocol: 'tcp', kind: 'open', detail: silent?.ended === true ? 'hangs up at once' : '' }
}

/** The printable start of a greeting, up to the first blank: `220`, `SSH-2.0-OpenSSH_10.0p2`, `+OK`. */
function firstWord(text: string): string {
  return /^[\x21-\x7e]{1,40}/.exec(text)?.[0].replace(/[\d.]{4,}.*$/, '') ?? 'binary'
}
