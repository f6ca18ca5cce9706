import { engineEntries, engineNumber, isRootUser, resolveUser } from '../../image/accounts.ts'
import type { ImageFacts } from '../../image/facts.ts'
import type { Created } from './created-accounts.ts'

/**
 * The USER text means uid 0 in this image, also by a second name of it (`toor`) that the image has, the Dockerfile makes, or
 * a passwd file brings that it copies. A name that none has is not root: the container fails to start.
 */
export function isRoot(text: string, facts: Pick<ImageFacts, 'accounts' | 'files'>, created?: Created): boolean {
  if (isRootUser(text)) return true
  const name = text.trim().split(':', 1)[0] ?? ''
  if (engineNumber(name) !== null) return false
  const made = created?.users.find((user) => user.name === name)
  if (made?.uid === 0) return true
  const passwd = facts.files.known ? facts.files.value.text('/etc/passwd') : null
  if (passwd !== null && engineEntries(passwd).find((user) => user.name === name)?.uid === 0) return true
  if (!facts.accounts.known) return false
  const resolved = resolveUser(text, facts.accounts.value)
  return resolved.known && resolved.value.uid === 0
}
