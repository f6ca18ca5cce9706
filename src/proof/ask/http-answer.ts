import type { PortAnswer } from '../run/run-record.ts'
import { withoutOwnName } from '../without-numbers.ts'

export function getRequest(address: string, port: number): string {
  return `GET / HTTP/1.1\r\nHost: ${address}:${port}\r\nUser-Agent: harden-image\r\nAccept: */*\r\nConnection: close\r\n\r\n`
}

/** The head of an HTTP answer is there, or it will never be one. */
export function isAnswered(text: string): boolean {
  return text.includes('\r\n\r\n') || (text.length >= 5 && !text.startsWith('HTTP/'))
}

/** `200 text/html`, `302 to /login`; null where it is no HTTP. `address`: what the port was asked as. */
export function httpAnswer(address: string, port: number, text: string, tls: boolean): PortAnswer | null {
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
