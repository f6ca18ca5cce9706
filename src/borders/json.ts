import { bounds } from '../bounds.ts'

const [QUOTE, BACKSLASH, LIST, LIST_END, OBJECT, OBJECT_END] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d]

/** Whether JSON has more levels of brackets than `most`: JSON.parse takes 500 MB for a million of them. */
export function isDeeper(bytes: Uint8Array, most: number): boolean {
  let depth = 0
  let inText = false
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    if (inText) {
      if (byte === BACKSLASH) at += 1
      else if (byte === QUOTE) inText = false
    } else if (byte === QUOTE) inText = true
    else if (byte === LIST || byte === OBJECT) depth += 1
    else if (byte === LIST_END || byte === OBJECT_END) depth -= 1
    if (depth > most) return true
  }
  return false
}

/**
 * A key that an object of JSON has twice, letter for letter; null for none. Go puts both into one value where JSON.parse
 * keeps the last alone. `text` is JSON.
 */
export function repeatedKey(text: string): string | null {
  const open: (Set<string> | null)[] = []
  let word = ''
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[{}[\]:]/gs)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(null)
    else if (token === '}' || token === ']') open.pop()
    else if (token !== ':') word = token
    else {
      const key = String(JSON.parse(word))
      const keys = open.at(-1)
      if (keys?.has(key)) return key
      keys?.add(key)
    }
  }
  return null
}

/** What a text of somebody else says; undefined for what is no JSON, or is nested deeper than any document. */
export function jsonIn(text: string): unknown {
  if (isDeeper(new TextEncoder().encode(text), bounds.documentDepth)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
