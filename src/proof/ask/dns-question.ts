const ID = 0x4869

/** `version.bind CH TXT`: each name server answers it itself, if only to refuse. Source: RFC 4892. */
export const DNS_QUESTION = Buffer.from([
  ...[ID >> 8, ID & 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
  ...[7, ...Buffer.from('version'), 4, ...Buffer.from('bind'), 0, 0, 16, 0, 3],
])

/** `DNS, code 5`; null where it is no answer to the question. */
export function dnsAnswer(message: Buffer): string | null {
  const isDns = message.length >= 12 && message.readUInt16BE(0) === ID && (message[2] ?? 0) >= 0x80
  return isDns ? `DNS, code ${(message[3] ?? 0) & 15}` : null
}
