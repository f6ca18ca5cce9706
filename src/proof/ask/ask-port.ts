import type { Reach } from '../../engine/reach.ts'
import { type PortAnswer, withoutOwnName } from './answers.ts'
import { dnsAnswer, OPENINGS, type Opening } from './protocols.ts'
import { onSilence, type Said, type Talk, talk, type Watched } from './talk.ts'

const GREETING_WAIT = 400
/** Some compile a page when it is first asked for. */
const ANSWER_WAIT = 4000
/** Of first words, which take no work. */
const OPENING_WAIT = 1500
/** For one that has answered elsewhere: on a busy machine it may have bound the port long before it serves. */
const KNOWN_WAIT = 20_000
/** For a port that was silent before. */
const SILENCE_WAIT = 600

const HANGS_UP = 'hangs up at once'

type Kind = PortAnswer['kind']

/** What a port answered before. */
export type KnownAnswer = Pick<PortAnswer, 'kind' | 'detail' | 'variants'>

export interface Asking {
  /** So that nothing is waited for that will not come; null where it was not asked yet. */
  readonly known: KnownAnswer | null
  /** What the server's processes do; one that does nothing about a question is waited for no longer. */
  readonly watched: Watched
  /** Default: by the address alone. */
  readonly reach?: Reach
}

/**
 * Asks a TCP port as a stranger would: does it accept, does it greet, does it speak HTTP, does it speak TLS, does it
 * know the first words of a client of some other protocol? The class of the answer is what is compared between the
 * baseline and the result, never its whole text.
 */
export async function askPort(address: string, port: number, { known, watched, ...way }: Asking): Promise<PortAnswer> {
  const before = known?.kind ?? null
  if (known !== null && spokeTls(known)) {
    const secure = await askTls(address, port, KNOWN_WAIT, { watched: () => null, ...way })
    if (secure !== null) return secure
  }
  if (known?.kind === 'spoken') {
    const openings = OPENINGS.filter(({ protocol }) => known.detail.startsWith(`${protocol} `))
    const spoken = await askOpenings(address, port, openings, KNOWN_WAIT, { watched: () => null, ...way })
    if (spoken !== null) return spoken
  }
  const wait = before === 'open' ? SILENCE_WAIT : before === 'http' ? KNOWN_WAIT : ANSWER_WAIT
  // Asked first: a server that takes one connection after the other would wait for the end of the silent one.
  const request = talk(address, port, { send: getRequest(address, port), wait, until: isAnswered, ...way })
  const patience = known?.detail === HANGS_UP ? KNOWN_WAIT : GREETING_WAIT
  const silent =
    before === 'http' ? null : talk(address, port, { send: null, wait: patience, until: () => false, ...way })
  const end = Date.now() + wait
  const unwatch = before === 'http' ? () => {} : onSilence(watched, 'any', { end, silent: request.giveUp })
  const unwatchSilent = silent === null ? () => {} : watchSilent(silent, watched, known)
  try {
    const http = request.said.then((said) => (said === null ? null : httpAnswer(address, port, said.text, false)))
    const greeting = silent?.said.then((said) => wordAnswer(port, 'greeting', said)) ?? null
    const first = await Promise.race([http, ...(greeting === null ? [] : [greeting])])
    const plain = first ?? (await http) ?? (await greeting)
    const asked = await request.said
    // What is said to who does not speak TLS: 400 and a remark, an alert of TLS itself, or nothing before it hangs up.
    const mayBeTls = plain === null ? isAlert(asked) : plain.kind === 'http' && plain.detail.startsWith('400')
    const isNew = before !== 'http' && before !== 'open'
    const secure = mayBeTls && isNew ? await askTls(address, port, ANSWER_WAIT, { watched, ...way }) : null
    const said = secure ?? plain ?? wordAnswer(port, 'answer', asked)
    if (said !== null) return said
    const waited = (await silent?.said) ?? null
    // One that hangs up on who says nothing does not wait for anybody's words.
    const isOpenQuestion = known === null || known.kind === 'answer'
    const waits = isOpenQuestion && asked !== null && waited?.ended === false
    const spoken = waits ? await askOpenings(address, port, OPENINGS, OPENING_WAIT, { watched, ...way }) : null
    return spoken ?? bare(port, asked, waited)
  } finally {
    unwatch()
    unwatchSilent()
    request.giveUp()
    silent?.giveUp()
  }
}

/** Now and then only, too: one that is slow to shake hands may not say at once that nothing else is wanted. */
function spokeTls({ kind, variants = [kind] }: KnownAnswer): boolean {
  return variants.some((variant) => /^(https|tls)\b/.test(variant))
}

/** One that greeted or hung up before is given its time; what it does with its own greeting sent back takes it work alone. */
function watchSilent({ heard, giveUp }: Talk, watched: Watched, known: KnownAnswer | null): () => void {
  const before = known?.kind ?? null
  const hangsUp = known?.detail === HANGS_UP
  const end = Date.now() + (hangsUp ? KNOWN_WAIT : GREETING_WAIT)
  const greets = before === 'greeting' || before === 'answer'
  const ends = [
    greets ? () => {} : onSilence(watched, hangsUp ? 'any' : 'greeting', { end, heard, silent: giveUp }),
    onSilence(watched, 'work', { end, heard, silent: () => heard() > 0 && giveUp() }),
  ]
  return () => {
    for (const unwatch of ends) unwatch()
  }
}

/** Null where no handshake comes about. */
async function askTls(
  address: string,
  port: number,
  wait: number,
  { watched, ...way }: Omit<Asking, 'known'>,
): Promise<PortAnswer | null> {
  const request = talk(address, port, { send: getRequest(address, port), wait, until: isAnswered, tls: true, ...way })
  // A handshake is work, and nothing that a server sleeps over.
  const unwatch = onSilence(watched, 'work', { end: Date.now() + wait, silent: request.giveUp })
  const said = await request.said.finally(unwatch)
  if (said === null) return null
  return (
    httpAnswer(address, port, said.text, true) ??
    wordAnswer(port, 'tls', said) ?? { port, protocol: 'tcp', kind: 'tls', detail: '' }
  )
}

/** Null where none of them is answered. */
async function askOpenings(
  address: string,
  port: number,
  openings: readonly Opening[],
  wait: number,
  { watched, ...way }: Omit<Asking, 'known'>,
): Promise<PortAnswer | null> {
  const talks = openings.map(({ words }) =>
    talk(address, port, { send: words, wait, until: (text) => text !== '', ...way }),
  )
  const unwatch = onSilence(watched, 'work', {
    end: Date.now() + wait,
    silent: () => {
      for (const one of talks) one.giveUp()
    },
  })
  const said = await Promise.all(talks.map((one) => one.said)).finally(unwatch)
  // A web server that says nothing to a request of its own language says what it thinks of others.
  const answers = said.map((one) => (one === null || one.text.startsWith('HTTP/') ? '' : one.text))
  const spoken = answers.findIndex((text, at) => text !== '' && openings[at]?.isAnswer(text))
  if (spoken < 0) return wordAnswer(port, 'answer', { text: answers.find((text) => text !== '') ?? '', ended: false })
  const text = answers[spoken] ?? ''
  // A byte that only looks like a letter is no word.
  const word =
    dnsAnswer(Buffer.from(text.slice(2), 'latin1')) ??
    (/^[\x21-\x7e]+(?=[ \r\n]|$)/.test(text) ? firstWord(text) : 'binary')
  return { port, protocol: 'tcp', kind: 'spoken', detail: `${openings[spoken]?.protocol} ${word}` }
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
  return { port, protocol: 'tcp', kind: 'open', detail: silent?.ended === true ? HANGS_UP : '' }
}

/** Of so many of its first bytes. */
const LOOKED_AT = 64
/** What ends earlier may well be chance. */
const SHORTEST_LINE = 4

/** The printable start of a greeting, up to the first blank: `220`, `SSH-2.0-OpenSSH_10.0p2`, `+OK`. */
function firstWord(text: string): string {
  const word = isText(text) ? /^[\x21-\x7e]{1,40}/.exec(text)?.[0] : undefined
  return word === undefined ? 'binary' : withoutOwnName(word).replace(/(?<![\d.])[\d.]{4,}.*/, '')
}

/**
 * What is encrypted from the first byte on is another each time, and now and then begins with a letter. Of a line only
 * that line counts: after its banner SSH goes on in bytes, which come with it or do not.
 */
function isText(text: string): boolean {
  const [line = ''] = text.split(/\r?\n/, 1)
  const start = (line.length < SHORTEST_LINE ? text : line).slice(0, LOOKED_AT)
  const others = [...start].filter((letter) => !/[\t\r\n -~]/.test(letter))
  return others.length * 4 <= start.length
}

function getRequest(address: string, port: number): string {
  return `GET / HTTP/1.1\r\nHost: ${address}:${port}\r\nUser-Agent: harden-image\r\nAccept: */*\r\nConnection: close\r\n\r\n`
}

/** The head of an HTTP answer is there, or it will never be one. */
function isAnswered(text: string): boolean {
  return text.includes('\r\n\r\n') || (text.length >= 5 && !text.startsWith('HTTP/'))
}

/** `200 text/html`, `302 to /login`; null where it is no HTTP. `address`: what the port was asked as. */
function httpAnswer(address: string, port: number, text: string, tls: boolean): PortAnswer | null {
  const status = /^HTTP\/[\d.]+ (\d{3})/.exec(text)?.[1]
  if (status === undefined) return null
  const type = header(text, 'content-type')?.split(';')[0]?.trim().toLowerCase()
  const to = header(text, 'location')
  const detail = [status, ...(type ? [type] : []), ...(to ? [`to ${placeOf(to, address)}`] : [])].join(' ')
  return { port, protocol: 'tcp', kind: tls ? 'https' : 'http', detail }
}

function header(text: string, name: string): string | undefined {
  const [head = ''] = text.split('\r\n\r\n', 1)
  return new RegExp(`^${name}:[ \\t]*([^\\r\\n]+)`, 'im').exec(head)?.[1]?.trim()
}

/** Where a redirect leads, without its own address and port, and without what differs from visitor to visitor. */
function placeOf(location: string, address: string): string {
  const path = location.replace(/[?#;].*$/s, '')
  const own = /^[a-z]+:\/\/([^/:]+|\[[^\]]*\])(:\d+)?(.*)$/is.exec(path)
  const place = own === null ? path : own[1] === address ? own[3] || '/' : path
  return withoutOwnName(place).slice(0, 80)
}
