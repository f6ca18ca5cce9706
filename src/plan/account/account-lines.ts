import type { AccountChoice } from '../plan.ts'

/** The account's line of passwd(5). */
export function passwdLine(account: AccountChoice): string {
  return `${account.name}:x:${account.uid}:${account.gid}::${account.home}:/sbin/nologin`
}

/** Its group's line of group(5). */
export function groupLine(account: AccountChoice): string {
  return `${account.name}:x:${account.gid}:`
}

/** What Docker takes for a uid or gid in USER: runc refuses what lies above. */
export const largestId = 2 ** 31 - 1

/** A name that passwd(5), the tools that make accounts and a shell take for one word: of `x; rm` or `-R` they make more. */
export function isAccountName(name: string): boolean {
  return /^[a-z_A-Z][\w.-]{0,31}$/.test(name)
}
