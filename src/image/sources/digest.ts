import { createHash } from 'node:crypto'

/** `sha256:…`, as registries and engines name what they hold. */
export function digestOf(text: string | Buffer): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
