import { table } from '../../table.ts'

const NAMED: Readonly<Record<string, number>> = table({ n: 10, t: 9, r: 13, v: 11, f: 12, a: 7, b: 8, e: 27, '0': 0 })

/** Undoes strace's escapes (`\n`, `\303\251`, `\x41`, `\"`). Bytes that are no UTF-8 become U+FFFD. */
function unescapeText(text: string): string {
  if (!text.includes('\\')) return text
  const bytes: number[] = []
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] !== '\\') {
      bytes.push(text.charCodeAt(i) & 0xff)
      continue
    }
    const numeric = /^(?:x([0-9a-f]{2})|([0-7]{1,3}))/i.exec(text.slice(i + 1, i + 4))
    if (numeric) {
      bytes.push(
        numeric[1] === undefined ? Number.parseInt(numeric[2] ?? '0', 8) & 0xff : Number.parseInt(numeric[1], 16),
      )
      i += numeric[0].length
      continue
    }
    const next = text[i + 1] ?? '\\'
    bytes.push(NAMED[next] ?? next.charCodeAt(0))
    i += 1
  }
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

/** The text of a quoted argument; null where it is none (a raw pointer, NULL) or was cut short (`"…"...`). */
export function quotedText(argument: string | undefined): string | null {
  if (argument === undefined || argument.length < 2 || argument[0] !== '"' || !argument.endsWith('"')) return null
  return unescapeText(argument.slice(1, -1))
}

/** `5</var/lib/x>`: the path behind a descriptor, null for a pipe, a socket or what strace could not look up. */
export function annotatedPath(argument: string | undefined): string | null {
  const start = argument?.indexOf('</') ?? -1
  if (argument === undefined || start < 0) return null
  const end = argument.lastIndexOf('>')
  return end < start ? null : unescapeText(argument.slice(start + 1, end))
}

/** `5<socket:[1234]>` → `1234`, which names the socket whoever holds it. */
export function socketInode(argument: string | undefined): string | null {
  return /<socket:\[(\d+)\]>/.exec(argument ?? '')?.[1] ?? null
}
