import { resolveUser } from '../../image/accounts.ts'
import type { ImageFacts } from '../../image/facts.ts'

/** The USER text means uid 0, in this image. A name that the image does not have is not root: the container fails to start. */
export function isRoot(text: string, facts: ImageFacts): boolean {
  const user = text.trim().split(':')[0] ?? ''
  if (user === '' || user === 'root' || /^0+$/.test(user)) return true
  if (!facts.accounts.known) return false
  const resolved = resolveUser(text, facts.accounts.value)
  return resolved.known && resolved.value.uid === 0
}
