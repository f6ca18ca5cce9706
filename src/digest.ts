import { createHash } from 'node:crypto'

/** In hex, of bytes, or of a text in UTF-8. */
export function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex')
}
